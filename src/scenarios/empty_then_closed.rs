//! A receiver takes messages from a channel until the channel is empty and all senders are gone. So
//! it looks into the queue, and if nothing is there, whether there are still senders. If not, it
//! reports the end.
//!
//! A sender sends its last message and leaves, between the two looks. The queue was empty, the senders
//! are gone: both is true, and "empty and gone" never was. The last message, which is often the one
//! that says how it all went, is lost without an error (crossfire #70, nexus #737; rust #34711 was
//! the same in std, though it needed no race there).
//!
//! Once the senders are gone, the queue does not grow any more: look whether they are gone first, or
//! look into the queue once more afterwards.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, AtomicUsize, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "empty-then-closed",
    group: Group::Trackers,
    lesson: "Empty, then closed, is not the end: look into the queue once more",
    source: include_str!("empty_then_closed.rs"),
    variants: &[
        Variant::new(
            "believes-both",
            &BelievesBoth,
            "The last message is sent between the look into the queue and the look at the sender.",
        )
        .fails(FailureKind::Assertion, "the last message is lost"),
        Variant::new(
            "looks-again",
            &LooksAgain,
            "What the sender has sent before it left is there in the second look.",
        ),
    ],
};

struct Channel<B: Backend> {
    /// How many messages were sent.
    messages: AtomicUsize<B>,
    closed: AtomicBool<B>,
}

impl<B: Backend> Channel<B> {
    /// What the receiver does until the end: how many messages it has got.
    fn receive(&self, looks_again: bool) -> usize {
        loop {
            let received = self.messages.load(Acquire);
            if self.closed.load(Acquire) {
                return if looks_again { self.messages.load(Acquire) } else { received };
            }
            B::yield_now();
        }
    }

    fn run(looks_again: bool) {
        let messages = AtomicUsize::named("messages", 0);
        let channel = Arc::new(Self { messages, closed: AtomicBool::named("closed", false) });
        let send = sharing(&channel, |channel: &Self| {
            channel.messages.fetch_add(1, Release);
            channel.closed.store(true, Release);
        });
        let sender = B::spawn("sender", send);
        assert_eq!(channel.receive(looks_again), 1, "the last message is lost");
        sender.join().expect("no panic");
    }
}

#[derive(Debug)]
struct BelievesBoth;

impl Program for BelievesBoth {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(false);
    }
}

#[derive(Debug)]
struct LooksAgain;

impl Program for LooksAgain {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(true);
    }
}
