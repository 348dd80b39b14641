//! What an exploration allocates: nothing for a step once warm, nothing that grows.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::Arc;

use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, Outcome, Quarantine, thread};

/// Counts what this OS thread allocates. (Some programs of other tests use what they have freed.)
struct Counting;

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
    static ALIVE: Cell<i64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to another allocator; the counters are plain
// thread-local cells without destructors, which allocate nothing themselves.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MADE.set(MADE.get() + 1);
        ALIVE.set(ALIVE.get() + layout.size() as i64);
        // SAFETY: the caller's promises are the other allocator's.
        unsafe { Quarantine.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALIVE.set(ALIVE.get() - layout.size() as i64);
        // SAFETY: likewise.
        unsafe { Quarantine.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes that this OS thread has allocated and not freed.
pub(crate) fn held() -> i64 {
    ALIVE.get()
}

/// Two threads that race `races` times and else take `steps` steps of their own.
fn program(races: usize, steps: usize) -> impl Fn() {
    move || {
        let shared = Arc::new(Mutex::new(0));
        let threads: [_; 2] = std::array::from_fn(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let own = AtomicUsize::new(0);
                for _ in 0..races {
                    *shared.lock().unwrap() += 1;
                }
                for _ in 0..steps {
                    own.fetch_add(1, SeqCst);
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Allocations for each execution after the first thousand, and bytes kept meanwhile.
fn measure(races: usize, steps: usize, executions: u64) -> (u64, i64) {
    let (count, made, alive) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let model = program(races, steps);
    let result = Explorer::new().max_executions(executions).check(|| {
        count.set(count.get() + 1);
        if count.get() == 1_000 {
            made.set(MADE.get());
            alive.set(ALIVE.get());
        }
        if count.get() == executions {
            made.set(MADE.get() - made.get());
            alive.set(ALIVE.get() - alive.get());
        }
        model();
    });
    assert!(matches!(result.outcome, Outcome::Bounded(_)));
    (made.get() / (executions - 1_000), alive.get())
}

#[test]
fn a_step_allocates_nothing_once_warm() {
    let (few, _) = measure(8, 1, 5_000);
    let (many, _) = measure(8, 200, 5_000);
    assert_eq!(
        few, many,
        "allocations for each execution, with 1 and with 200 steps more in each thread"
    );
}

#[test]
fn memory_stays_flat() {
    let (_, kept) = measure(12, 0, 1_000_000);
    assert!(kept < 4_096, "{kept} bytes more after a million executions than after 1,000");
}
