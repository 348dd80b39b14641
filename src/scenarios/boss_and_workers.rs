//! A boss gives a signal twice, once for each of two shifts. A worker waits, clears the signal, and
//! waits again.
//!
//! One event is reused for both shifts: `go.wait()`, work, `go.clear()`, `go.wait()`. The boss
//! calls `go.set()` for each shift. But nothing makes the boss wait for the worker. If the second
//! `set` comes before the worker's `clear`, it sets a flag that is already set, and then the worker
//! clears it. Two signals were given, one was seen, and the worker waits forever for the second.
//! Several workers make it worse: one of them may clear the signal before another has seen it.
//!
//! An event is one bit: it records *whether* it was set, not *how often*. Either use a new event
//! for each occasion, or count: keep a generation number that only grows, and let each waiter wait
//! until it reaches the number it needs. Nothing is ever cleared, so nothing can be cleared too
//! early.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, join_all},
    primitives::Event,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "boss-and-workers",
    group: Group::Events,
    lesson: "An event is one bit: two signals before a clear count as one",
    source: include_str!("boss_and_workers.rs"),
    variants: &[
        Variant::new(
            "clear-races-set",
            &ClearRacesSet { workers: 1 },
            "The worker clears the signal after the boss has given it for the second time.",
        )
        .deadlocks("`worker 0` waits for go was set")
        .swept(sizes!(ClearRacesSet { workers: 1..=3 })),
        Variant::new(
            "two-events",
            &TwoEvents { workers: 1 },
            "Each shift has its own event, which is never cleared.",
        )
        .sized(&[(Engine::Dpor, &TwoEvents { workers: 3 })])
        .swept(sizes!(TwoEvents { workers: 1..=3 })),
        Variant::new(
            "generation",
            &Generation { workers: 1 },
            "The shift number only grows, so a worker that comes late finds it large enough.",
        )
        .sized(&[(Engine::Dpor, &Generation { workers: 2 })])
        .swept(sizes!(Generation { workers: 1..=2 })),
    ],
};

#[derive(Debug)]
struct ClearRacesSet {
    workers: usize,
}

impl Program for ClearRacesSet {
    fn run<B: Backend>(&self) {
        let go = Arc::new(Event::<B>::named("go"));
        let workers: Vec<_> = (0..self.workers)
            .map(|n| {
                let body = sharing(&go, |go: &Event<B>| {
                    go.wait();
                    go.clear();
                    go.wait();
                });
                B::spawn(format!("worker {n}"), body)
            })
            .collect();
        go.set();
        go.set();
        join_all(workers);
    }
}

#[derive(Debug)]
struct TwoEvents {
    workers: usize,
}

impl Program for TwoEvents {
    fn run<B: Backend>(&self) {
        let shifts = Arc::new([Event::<B>::named("early shift"), Event::named("late shift")]);
        let workers: Vec<_> = (0..self.workers)
            .map(|n| {
                let body = sharing(&shifts, |shifts: &[Event<B>; 2]| {
                    shifts.iter().for_each(Event::wait);
                });
                B::spawn(format!("worker {n}"), body)
            })
            .collect();
        shifts.iter().for_each(Event::set);
        join_all(workers);
    }
}

#[derive(Debug)]
struct Generation {
    workers: usize,
}

struct Shift<B: Backend> {
    /// How many shifts have begun.
    number: Mutex<B, usize>,
    begins: Condvar<B>,
}

impl<B: Backend> Shift<B> {
    fn begin(&self) {
        *self.number.lock() += 1;
        self.begins.notify_all();
    }

    fn await_number(&self, number: usize) {
        let mut current = self.number.lock();
        while *current < number {
            current = self.begins.wait(current);
        }
    }
}

impl Program for Generation {
    fn run<B: Backend>(&self) {
        let (number, begins) = (Mutex::named("shift", 0), Condvar::named("shift begins"));
        let shift = Arc::new(Shift::<B> { number, begins });
        let workers: Vec<_> = (0..self.workers)
            .map(|n| {
                let body = sharing(&shift, |shift: &Shift<B>| {
                    shift.await_number(1);
                    shift.await_number(2);
                });
                B::spawn(format!("worker {n}"), body)
            })
            .collect();
        shift.begin();
        shift.begin();
        join_all(workers);
    }
}
