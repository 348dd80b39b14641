//! A queue for many senders and one receiver is a list. A sender puts its node in the place of the
//! last one by a swap, and then links the node that was the last to its own. The receiver follows the
//! links; where there is none, the queue is empty.
//!
//! Between the swap and the link the list is in two pieces. A second sender adds its node to the
//! second piece, quickly and completely, and says so. The receiver comes, follows the first piece to
//! its end, and finds nothing: "empty", though a message was sent and nobody has received it. A
//! scheduler of fibers missed a wake-up in this way (helio PR #337), and an event loop found nothing
//! in a queue whose length was two (mio #216).
//!
//! An end that is not the last node is not the end. Tell "empty" from "not linked yet" by a look at
//! the last node, and come again.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "unlinked-node",
    group: Group::Trackers,
    lesson: "A list that is linked after the swap is in two pieces for a while: that is not its end",
    source: include_str!("unlinked_node.rs"),
    variants: &[
        Variant::new(
            "no-link-is-the-end",
            &NoLinkIsTheEnd,
            "A node that is sent completely hangs on one that is not linked yet.",
        )
        .fails(FailureKind::Assertion, "nothing was received of what was sent"),
        Variant::new(
            "last-is-the-end",
            &LastIsTheEnd,
            "The receiver waits for the link of a node that is not the last.",
        ),
    ],
};

/// There is no next node.
const NONE: usize = 0;

/// A list of the nodes 1 and 2 behind the node 0, which is empty.
struct Queue<B: Backend> {
    last: AtomicUsize<B>,
    next: [AtomicUsize<B>; 3],
}

impl<B: Backend> Queue<B> {
    fn send(&self, node: usize) {
        let before = self.last.swap(node, AcqRel);
        self.next[before].store(node, Release);
    }

    /// The first node, if there is one.
    fn receive(&self, looks_at_last: bool) -> Option<usize> {
        loop {
            match self.next[0].load(Acquire) {
                NONE if looks_at_last && self.last.load(Acquire) != NONE => B::yield_now(),
                NONE => return None,
                node => return Some(node),
            }
        }
    }

    /// A thread sends, and receives while another sends.
    fn run(looks_at_last: bool) {
        let next = ["first", "after 1", "after 2"].map(|name| AtomicUsize::named(name, NONE));
        let queue = Arc::new(Self { last: AtomicUsize::named("last", 0), next });
        let other = B::spawn("other sender", sharing(&queue, |queue: &Self| queue.send(1)));
        queue.send(2);
        let received = queue.receive(looks_at_last);
        assert!(received.is_some(), "nothing was received of what was sent");
        other.join().expect("no panic");
    }
}

#[derive(Debug)]
struct NoLinkIsTheEnd;

impl Program for NoLinkIsTheEnd {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(false);
    }
}

#[derive(Debug)]
struct LastIsTheEnd;

impl Program for LastIsTheEnd {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(true);
    }
}
