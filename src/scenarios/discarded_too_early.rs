//! A channel without limit keeps its messages in blocks. The first block is made by the first send:
//! it stores the block, then writes its message into it. When the last receiver goes, it discards
//! what lies in the channel, so that nothing is kept that nobody will read.
//!
//! The receiver may go while the first block is being stored. It finds that there is no block, has
//! nothing to discard, and leaves. The sender stores its block and writes its message, and the
//! message is never dropped (crossbeam PR #972). The mirror image, a block that is discarded while
//! a sender still writes into it, frees the message twice.
//!
//! Who leaves and who comes must meet at one variable. Here the receiver leaves a mark in the place
//! of the block, and a sender that does not find the place empty knows that nobody reads any more.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "discarded-too-early",
    group: Group::Trackers,
    lesson: "A clean-up that finds nothing yet must leave a mark for what comes later",
    source: include_str!("discarded_too_early.rs"),
    variants: &[
        Variant::new(
            "nothing-to-discard",
            &NothingToDiscard,
            "The receiver leaves before the block is stored, and the message stays in it.",
        )
        .fails(FailureKind::Assertion, "a message is left behind"),
        Variant::new(
            "leaves-a-mark",
            &LeavesAMark,
            "Either the receiver finds the block, or the sender finds the mark.",
        ),
    ],
};

/// There is no block yet.
const EMPTY: usize = 0;
/// There is a block with a message.
const BLOCK: usize = 1;
/// The receiver has gone.
const GONE: usize = 2;

struct Channel<B: Backend> {
    first: AtomicUsize<B>,
    /// How many messages there are that have not been dropped.
    messages: AtomicUsize<B>,
}

impl<B: Backend> Channel<B> {
    /// One thread sends a message while the receiver goes.
    fn run(leaves_a_mark: bool) {
        let channel = Arc::new(Self {
            first: AtomicUsize::named("first block", EMPTY),
            messages: AtomicUsize::named("messages", 1),
        });
        let sender = B::spawn("sender", sharing(&channel, Self::send));
        let found = match leaves_a_mark {
            true => channel.first.swap(GONE, SeqCst),
            false => channel.first.load(SeqCst),
        };
        if found == BLOCK {
            channel.messages.fetch_sub(1, SeqCst);
        }
        sender.join().expect("no panic");
        assert_eq!(channel.messages.load(SeqCst), 0, "a message is left behind");
    }

    /// Stores the message in a block, or drops it if nobody will read it.
    fn send(&self) {
        if self.first.compare_exchange(EMPTY, BLOCK, SeqCst, SeqCst) == Err(GONE) {
            self.messages.fetch_sub(1, SeqCst);
        }
    }
}

#[derive(Debug)]
struct NothingToDiscard;

impl Program for NothingToDiscard {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(false);
    }
}

#[derive(Debug)]
struct LeavesAMark;

impl Program for LeavesAMark {
    fn run<B: Backend>(&self) {
        Channel::<B>::run(true);
    }
}
