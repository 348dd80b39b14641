//! Several threads wait for work. One of them waits for a limited time only. Work comes, and one
//! waiter is notified: that one.
//!
//! At this very moment its time is over. When it has the lock again, it looks at the clock, finds
//! that it is late, and leaves, as it was told to. It has been notified, and does nothing with it: the
//! work lies there, the other waiters sleep, and nobody will be notified again. With tasks in the
//! place of threads, a cancellation does the same (cpython gh-112202, `asyncio.Condition`; anyio PR
//! #1075; bpo-27585 for a lock).
//!
//! A notification is handed to one waiter, and with it the duty to act. So look first for what one
//! waited for, and at the clock only then; or hand the notification on when leaving.

use super::sharing;
use crate::backend::Capability::{Choice, Timeouts};
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};
use std::time::Duration;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "late-waiter",
    group: Group::Trackers,
    lesson: "Who is notified and leaves all the same must pass the notification on",
    source: include_str!("late_waiter.rs"),
    variants: &[
        Variant::new(
            "clock-first",
            &ClockFirst,
            "The hasty thread is notified and late, and leaves the work to a thread that sleeps.",
        )
        .deadlocks("`patient` waits for work")
        .needs(&[Timeouts, Choice]),
        Variant::new(
            "work-first",
            &WorkFirst,
            "Who has been notified does the work, even if its time is over.",
        )
        .needs(&[Timeouts, Choice]),
    ],
};

struct Queue<B: Backend> {
    items: Mutex<B, usize>,
    work: Condvar<B>,
}

impl<B: Backend> Queue<B> {
    fn put(&self) {
        *self.items.lock() += 1;
        self.work.notify_one();
    }

    fn get(&self) {
        let mut items = self.work.wait_while(self.items.lock(), |items| *items == 0);
        *items -= 1;
    }

    /// Takes an item if it comes in time; whether it did.
    fn get_in_time(&self, clock_first: bool) -> bool {
        let mut items = self.items.lock();
        if *items == 0 {
            let (again, timed_out) = self.work.wait_timeout(items, Duration::from_millis(1));
            items = again;
            // A thread that was notified may be late, too, until it has the lock.
            let late = timed_out || B::choose(2) == 1;
            if (clock_first && late) || *items == 0 {
                return false;
            }
        }
        *items -= 1;
        true
    }

    fn run(clock_first: bool) {
        let items = Mutex::named("items", 0);
        let queue = Arc::new(Self { items, work: Condvar::named("work") });
        let in_time = sharing(&queue, move |queue: &Self| queue.get_in_time(clock_first));
        let hasty = B::spawn("hasty", in_time);
        let patient = B::spawn("patient", sharing(&queue, Self::get));
        queue.put();
        if hasty.join().expect("no panic") {
            queue.put();
        }
        patient.join().expect("no panic");
    }
}

#[derive(Debug)]
struct ClockFirst;

impl Program for ClockFirst {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(true);
    }
}

#[derive(Debug)]
struct WorkFirst;

impl Program for WorkFirst {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(false);
    }
}
