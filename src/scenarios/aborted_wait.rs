//! A channel counts the receivers that sleep, so that a sender need not wake anybody if the count
//! is zero. A sender that wakes a receiver takes it off the count, because the receiver is as good
//! as awake. A receiver that gives up after its time limit takes itself off the count.
//!
//! What if both happen? The sender has counted the receiver out and woken it; the receiver's time
//! limit passes at this very moment, before it has seen that it was woken. It counts itself out
//! once more. In std's `mpsc` the next receive then panicked in an assertion about the count (rust
//! #94518, #39364): `recv_timeout` worked in every test and failed once in a million waits.
//!
//! A wait that is given up ends in one of two ways, and which it was is decided under the lock: it
//! was woken, then somebody else has done the accounts; or it was not, then it must do them itself.

use super::sharing;
use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::time::Duration;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "aborted-wait",
    group: Group::Trackers,
    lesson: "A wait that times out may have been notified all the same: ask under the lock",
    source: include_str!("aborted_wait.rs"),
    variants: &[
        Variant::new(
            "counts-itself-out",
            &CountsItselfOut,
            "The sender has counted the receiver out, which does so itself when its time is over.",
        )
        .fails(FailureKind::Assertion, "more were counted out than slept")
        .needs(&[Timeouts]),
        Variant::new(
            "asks-whether-it-was-woken",
            &AsksWhetherItWasWoken,
            "Exactly one of the two counts the receiver out.",
        )
        .needs(&[Timeouts]),
    ],
};

struct Channel<B: Backend> {
    state: Mutex<B, State>,
    sent: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    items: usize,
    /// How many receivers sleep and have not been woken.
    asleep: i64,
}

impl<B: Backend> Channel<B> {
    fn send(&self) {
        let mut state = self.state.lock();
        state.items += 1;
        if state.asleep > 0 {
            state.asleep -= 1;
            self.sent.notify_one();
        }
    }

    /// Takes an item if one comes in time.
    fn receive(&self, asks: bool) {
        let mut state = self.state.lock();
        if state.items == 0 {
            state.asleep += 1;
            let (again, timed_out) = self.sent.wait_timeout(state, Duration::from_millis(1));
            state = again;
            // There is one receiver: it was woken if it sleeps no more.
            if timed_out && (!asks || state.asleep > 0) {
                state.asleep -= 1;
            }
        }
        state.items = state.items.saturating_sub(1);
        assert!(state.asleep >= 0, "more were counted out than slept");
    }

    fn run(asks: bool) {
        let state = Mutex::named("channel", State::default());
        let channel = Arc::new(Self { state, sent: Condvar::named("sent") });
        let sender = B::spawn("sender", sharing(&channel, Self::send));
        channel.receive(asks);
        sender.join().expect("no panic");
    }
}

#[derive(Debug)]
struct CountsItselfOut;

impl Program for CountsItselfOut {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(false);
    }
}

#[derive(Debug)]
struct AsksWhetherItWasWoken;

impl Program for AsksWhetherItWasWoken {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(true);
    }
}
