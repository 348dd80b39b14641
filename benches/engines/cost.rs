//! The cost of one step of dpor.
#![allow(unsafe_code)]

use raceproof::Explorer;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counting.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Nanoseconds for a switch to a fiber and back.
fn bare_switch() -> f64 {
    const SWITCHES: u32 = 2_000_000;
    let mut fiber = corosensei::Coroutine::new(|yielder, ()| {
        loop {
            yielder.suspend(());
        }
    });
    let start = Instant::now();
    for _ in 0..SWITCHES {
        let _: corosensei::CoroutineResult<(), ()> = fiber.resume(());
    }
    let nanos = start.elapsed().as_nanos() as f64 / f64::from(SWITCHES);
    // The fiber never ends by itself; unwinding it is not measured.
    std::mem::forget(fiber);
    nanos
}

/// The number of times a program and the bare switch are measured, in turns.
const ROUNDS: usize = 25;

/// The shortest time for which the program is explored in one round.
const ROUND: Duration = Duration::from_millis(50);

/// The measurements of one round.
struct Round {
    switch: f64,
    step: f64,
    execution: f64,
}

/// Explores a program again and again, warm, and reports the median of the rounds.
fn measure(name: &str) {
    let program = super::dpor::ALL.iter().find(|row| row.0 == name).expect("a program").2;
    let warm = Explorer::new().check(program);
    let allocations = ALLOCATIONS.load(Relaxed);
    let mut all = 0;
    let mut rounds: Vec<Round> = (0..ROUNDS)
        .map(|_| {
            let switch = bare_switch();
            let start = Instant::now();
            let (mut steps, mut executions) = (0, 0);
            while start.elapsed() < ROUND {
                let found = Explorer::new().check(program);
                steps += found.steps;
                executions += found.executions;
            }
            all += executions;
            let nanos = start.elapsed().as_nanos() as f64;
            Round { switch, step: nanos / steps as f64, execution: nanos / executions as f64 }
        })
        .collect();
    let allocations = (ALLOCATIONS.load(Relaxed) - allocations) as f64;
    rounds.sort_by(|a, b| (a.step / a.switch).total_cmp(&(b.step / b.switch)));
    let Round { switch, step, execution } = rounds[ROUNDS / 2];
    println!(
        "{name:<20} {step:.1} ns a step = {:.1} bare switches of {switch:.2} ns; {execution:.0} \
         ns and {:.1} allocations an execution of {:.1} steps, those of the program included",
        step / switch,
        allocations / all as f64,
        warm.steps as f64 / warm.executions as f64,
    );
}

pub(crate) fn report() {
    for name in ["locked counter 4x2", "unlocked counter 4", "lastzero 10", "indexer 14"] {
        measure(name);
    }
}
