//! A semaphore cannot be closed, but a program wants to be rid of those who wait for it when it
//! shuts down. So it adds a flag beside the semaphore. Who wants a permit looks at the flag, and
//! acquires if it is not set. Who closes sets the flag and releases as many permits as there are
//! waiters, so that each of them gets one, looks at the flag again, and leaves.
//!
//! A thread looks at the flag, and it is not set. Now the semaphore is closed: there are no waiters,
//! and nothing is released. Then the thread acquires, and waits for a permit that never comes. A
//! library for asynchronous programs warns of it since it was met (asyncband PR #34, the class of
//! tokio PR #3065, where a close was added for this reason).
//!
//! The flag belongs to the state that a waiter tests, under the lock under which it begins to wait.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "closed-semaphore",
    group: Group::Trackers,
    lesson: "That a thing is closed belongs to what its waiters test, not beside it",
    source: include_str!("closed_semaphore.rs"),
    variants: &[
        Variant::new(
            "flag-beside-it",
            &FlagBesideIt,
            "The close comes between the look at the flag and the wait for a permit.",
        )
        .deadlocks("`main` waits for changed"),
        Variant::new(
            "part-of-the-state",
            &PartOfTheState,
            "A thread waits while there is no permit and the semaphore is open.",
        ),
    ],
};

/// A semaphore whose permits are all in use.
struct Semaphore<B: Backend> {
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    permits: usize,
    waiters: usize,
    closed: bool,
}

impl<B: Backend> Semaphore<B> {
    /// Waits for a permit, and if `heeds_close` for the close, too.
    fn acquire(&self, heeds_close: bool) {
        if self.state.lock().closed {
            return;
        }
        let mut state = self.state.lock();
        state.waiters += 1;
        let no_permit = |state: &mut State| state.permits == 0 && !(heeds_close && state.closed);
        let mut state = self.changed.wait_while(state, no_permit);
        state.waiters -= 1;
        state.permits = state.permits.saturating_sub(1);
    }

    fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.permits += state.waiters;
        self.changed.notify_all();
    }

    fn run(heeds_close: bool) {
        let state = Mutex::named("semaphore", State::default());
        let semaphore = Arc::new(Self { state, changed: Condvar::named("changed") });
        let closer = B::spawn("closer", sharing(&semaphore, Self::close));
        semaphore.acquire(heeds_close);
        closer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct FlagBesideIt;

impl Program for FlagBesideIt {
    fn run<B: Backend>(&self) {
        Semaphore::<B>::run(false);
    }
}

#[derive(Debug)]
struct PartOfTheState;

impl Program for PartOfTheState {
    fn run<B: Backend>(&self) {
        Semaphore::<B>::run(true);
    }
}
