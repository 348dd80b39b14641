//! `notify_waiters` ends the waits of all tasks that wait at this moment. There may be thousands,
//! and to wake one runs foreign code, so the waiters are not woken under the lock: the
//! implementation takes a batch out of the list, unlocks, wakes them, locks again, takes the next
//! batch, until the list is empty.
//!
//! A task of the first batch wakes up, sees that it must wait again, and enters the list, while the
//! notifier is between two batches. It is in the list that the notifier empties, so it is woken
//! again, by a notification that came before its wait. One call has ended two waits in sequence
//! (tokio #5396, corrected in PR #5458), and whoever counts on a notification for each step takes
//! two steps.
//!
//! What is to be notified is decided in one step: take the whole list, or note a number that only
//! earlier waiters have below theirs. Then wake in as many batches as you like.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "notify-in-batches",
    group: Group::Trackers,
    lesson: "Decide in one step whom a notification is for, then wake them one by one",
    source: include_str!("notify_in_batches.rs"),
    variants: &[
        Variant::new(
            "until-empty",
            &UntilEmpty,
            "A waiter of the first batch waits again and is in the list for the second one.",
        )
        .fails(FailureKind::Assertion, "one notification ended two waits"),
        Variant::new(
            "taken-at-once",
            &TakenAtOnce,
            "Who waits later is not among those who were taken out.",
        ),
    ],
};

/// Tickets of waits: how many were given out, which wait, and which were woken.
#[derive(Debug, Default)]
struct State {
    next: usize,
    waiting: Vec<usize>,
    woken: Vec<usize>,
    /// The notifier is done.
    over: bool,
}

struct Notify<B: Backend> {
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

impl<B: Backend> Notify<B> {
    /// Waits, and says whether a notification ended the wait, and not the end of the program.
    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        let ticket = state.next;
        state.next += 1;
        state.waiting.push(ticket);
        self.changed.notify_all();
        let until = |state: &mut State| !state.over && !state.woken.contains(&ticket);
        let state = self.changed.wait_while(state, until);
        state.woken.contains(&ticket)
    }

    /// Wakes all, in batches of one.
    fn notify_waiters(&self, at_once: bool) {
        let nobody_waits = |state: &mut State| state.waiting.is_empty();
        let mut state = self.changed.wait_while(self.state.lock(), nobody_waits);
        let mut taken = if at_once { std::mem::take(&mut state.waiting) } else { Vec::new() };
        loop {
            let from = if at_once { &mut taken } else { &mut state.waiting };
            let Some(ticket) = from.pop() else { break };
            state.woken.push(ticket);
            drop(state);
            self.changed.notify_all();
            state = self.state.lock();
        }
        state.over = true;
        drop(state);
        self.changed.notify_all();
    }

    /// A thread waits twice, and there is one notification.
    fn run(at_once: bool) {
        let state = Mutex::named("waiters", State::default());
        let notify = Arc::new(Self { state, changed: Condvar::named("changed") });
        let waits = sharing(&notify, |notify: &Self| notify.wait() && notify.wait());
        let waiter = B::spawn("waiter", waits);
        notify.notify_waiters(at_once);
        assert!(!waiter.join().expect("no panic"), "one notification ended two waits");
    }
}

#[derive(Debug)]
struct UntilEmpty;

impl Program for UntilEmpty {
    fn run<B: Backend>(&self) {
        Notify::<B>::run(false);
    }
}

#[derive(Debug)]
struct TakenAtOnce;

impl Program for TakenAtOnce {
    fn run<B: Backend>(&self) {
        Notify::<B>::run(true);
    }
}
