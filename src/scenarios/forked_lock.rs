//! A server forks a child for each job. The child has a copy of the parent's memory and one thread:
//! the one that has called `fork`. Another thread of the parent is writing a line of the log just
//! then, and holds the log's lock.
//!
//! The lock is part of the memory, and is copied as it is: held. In the child there is no thread that
//! holds it and will release it, and the first line that the child writes to the log waits for ever
//! (openvas-scanner PR #491, logcabin #121, cpython bpo-6721). The parent runs on, the child does
//! nothing, and nobody sees why.
//!
//! Who forks takes the lock first, so that the copy is held by the thread that the child has, and
//! both release theirs; that is what `pthread_atfork` is for.

use crate::{
    backend::{Arc, Backend, Condvar, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "forked-lock",
    group: Group::Trackers,
    lesson: "A fork copies a held lock and not its holder: take the lock before you fork",
    source: include_str!("forked_lock.rs"),
    variants: &[
        Variant::new(
            "just-forks",
            &JustForks,
            "The child's copy of the lock is held by a thread that the child does not have.",
        )
        .deadlocks("`child` waits for released in the child"),
        Variant::new(
            "holds-the-lock",
            &HoldsTheLock,
            "No other thread holds the lock while it is copied.",
        ),
    ],
};

/// A lock whose memory can be copied.
struct Lock<B: Backend> {
    held: Mutex<B, bool>,
    released: Condvar<B>,
}

impl<B: Backend> Lock<B> {
    fn acquire(&self) {
        let mut held = self.released.wait_while(self.held.lock(), |held| *held);
        *held = true;
    }

    fn release(&self) {
        *self.held.lock() = false;
        self.released.notify_one();
    }

    /// The child's copy.
    fn fork(&self) -> Self {
        let held = *self.held.lock();
        Self {
            held: Mutex::named("lock in the child", held),
            released: Condvar::named("released in the child"),
        }
    }

    /// Forks while another thread writes to the log, with the lock held or not.
    fn run(holds: bool) {
        let log = Arc::new(Self {
            held: Mutex::named("lock", false),
            released: Condvar::named("released"),
        });
        let shared = Arc::clone(&log);
        let writer = B::spawn("writer", move || {
            shared.acquire();
            shared.release();
        });
        if holds {
            log.acquire();
        }
        let copy = log.fork();
        let child = B::spawn("child", move || {
            if holds {
                copy.release();
            }
            copy.acquire();
        });
        if holds {
            log.release();
        }
        join_all([writer, child]);
    }
}

#[derive(Debug)]
struct JustForks;

impl Program for JustForks {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(false);
    }
}

#[derive(Debug)]
struct HoldsTheLock;

impl Program for HoldsTheLock {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(true);
    }
}
