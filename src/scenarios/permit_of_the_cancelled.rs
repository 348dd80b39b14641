//! A semaphore hands its permits on: who releases one gives it to the first waiter, so that no
//! latecomer overtakes it. The waiter wakes up with the permit in its hands.
//!
//! A waiter can be cancelled. If it still waits, it leaves the queue. But it may have been given a
//! permit and not have woken yet: then it is cancelled as the owner of a permit, of which it knows
//! nothing. It leaves, the permit goes with it, and the semaphore has one less for good. That was so
//! in `asyncio` (#270, later cpython gh-90155), in anyio (PR #388) and in cats-effect (PR #403): after
//! days, a service stood still with all permits lost.
//!
//! Who is cancelled looks whether it was given something, and gives it back.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "permit-of-the-cancelled",
    group: Group::Trackers,
    lesson: "A wait that is cancelled may have been granted already: give back what it got",
    source: include_str!("permit_of_the_cancelled.rs"),
    variants: &[
        Variant::new(
            "just-leaves",
            &JustLeaves,
            "The task is cancelled with a permit in its hands, and the permit is lost.",
        )
        .deadlocks("`main` waits for changed"),
        Variant::new(
            "gives-back",
            &GivesBack,
            "A permit that was granted to a cancelled task goes to the next one.",
        ),
    ],
};

struct Semaphore<B: Backend> {
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    permits: usize,
    /// The task is in the queue: there is one.
    waits: bool,
    /// The task has been given a permit.
    granted: bool,
    cancelled: bool,
}

impl<B: Backend> Semaphore<B> {
    fn release(&self) {
        let mut state = self.state.lock();
        if state.waits {
            state.waits = false;
            state.granted = true;
        } else {
            state.permits += 1;
        }
        self.changed.notify_all();
    }

    fn cancel(&self) {
        self.state.lock().cancelled = true;
        self.changed.notify_all();
    }

    /// What the task does: it acquires a permit, and releases it unless it is cancelled before.
    fn work(&self, gives_back: bool) {
        let mut state = self.state.lock();
        state.waits = true;
        let waits = |state: &mut State| !state.granted && !state.cancelled;
        let mut state = self.changed.wait_while(state, waits);
        state.waits = false;
        let (granted, cancelled) = (state.granted, state.cancelled);
        drop(state);
        if granted && (gives_back || !cancelled) {
            self.release();
        }
    }

    /// The task is given a permit and cancelled; then another one is wanted.
    fn run(gives_back: bool) {
        let state = Mutex::named("semaphore", State::default());
        let semaphore = Arc::new(Self { state, changed: Condvar::named("changed") });
        let work = sharing(&semaphore, move |semaphore: &Self| semaphore.work(gives_back));
        let task = B::spawn("task", work);
        semaphore.release();
        semaphore.cancel();
        let state = semaphore.state.lock();
        drop(semaphore.changed.wait_while(state, |state| state.permits == 0));
        task.join().expect("no panic");
    }
}

#[derive(Debug)]
struct JustLeaves;

impl Program for JustLeaves {
    fn run<B: Backend>(&self) {
        Semaphore::<B>::run(false);
    }
}

#[derive(Debug)]
struct GivesBack;

impl Program for GivesBack {
    fn run<B: Backend>(&self) {
        Semaphore::<B>::run(true);
    }
}
