//! Work lies in two queues, one for each of two priorities. A thread that wants work looks into the
//! first, and if that is empty into the second. Another thread moves an item that has waited for
//! long from the second queue to the first. There is one item, and it is always in one of the two.
//!
//! The looker finds the first queue empty. Now the item is moved. The looker finds the second queue
//! empty, too, and reports that there is no work. The pool of buffers of Lucene was read in this
//! way: a poll over several queues returned nothing although an item was there all the time (lucene
//! #12916).
//!
//! Two true answers about two moments do not add up to an answer about one. Either both queues are
//! looked at in one step, or an item is moved so that it is in both for a moment and never in
//! neither; or the looker looks again until nothing has moved meanwhile.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "moving-item",
    group: Group::Trackers,
    lesson: "Empty and empty does not mean that both were empty at once",
    source: include_str!("moving_item.rs"),
    variants: &[
        Variant::new(
            "one-after-the-other",
            &OneAfterTheOther,
            "The item is moved from the queue yet to be seen to the one that has been seen.",
        )
        .fails(FailureKind::Assertion, "no work, though there is an item"),
        Variant::new(
            "both-locked",
            &BothLocked,
            "With both queues locked the item is in one of them.",
        ),
    ],
};

/// How many items there are, by priority.
struct Queues<B: Backend> {
    urgent: Mutex<B, usize>,
    patient: Mutex<B, usize>,
}

impl<B: Backend> Queues<B> {
    fn with_an_item() -> Arc<Self> {
        Arc::new(Self { urgent: Mutex::named("urgent", 0), patient: Mutex::named("patient", 1) })
    }

    /// Moves an item to the urgent ones, if there is one. It locks the urgent ones first.
    fn promote(&self) {
        let mut urgent = self.urgent.lock();
        let mut patient = self.patient.lock();
        *urgent += *patient;
        *patient = 0;
    }
}

#[derive(Debug)]
struct OneAfterTheOther;

impl Program for OneAfterTheOther {
    fn run<B: Backend>(&self) {
        let queues = Queues::<B>::with_an_item();
        let promoter = B::spawn("promoter", sharing(&queues, Queues::promote));
        let urgent = *queues.urgent.lock();
        let patient = *queues.patient.lock();
        assert!(urgent + patient > 0, "no work, though there is an item");
        promoter.join().expect("no panic");
    }
}

#[derive(Debug)]
struct BothLocked;

impl Program for BothLocked {
    fn run<B: Backend>(&self) {
        let queues = Queues::<B>::with_an_item();
        let promoter = B::spawn("promoter", sharing(&queues, Queues::promote));
        let urgent = queues.urgent.lock();
        let patient = queues.patient.lock();
        assert!(*urgent + *patient > 0, "no work, though there is an item");
        drop((urgent, patient));
        promoter.join().expect("no panic");
    }
}
