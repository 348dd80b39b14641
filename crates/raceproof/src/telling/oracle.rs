//! For tests of the explorer: every execution's steps, as plain data.

use crate::kernel::{Footprint, Kernel, Op, Status};
use crate::telling::trace::Operation;

/// One step of an execution, by names that equivalent executions share.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObservedStep {
    /// Whose it is.
    pub thread: u16,
    /// What it is.
    pub operation: Operation,
    /// The objects it is about.
    pub objects: [Option<u32>; 2],
    /// It is about every object: a yield that has looked at several.
    pub everything: bool,
    /// Which alternative was taken.
    pub alternative: u16,
    /// What came out of a try, a timed wait, a compare-and-swap.
    pub succeeded: bool,
}

/// An execution that has ended.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Observation {
    /// Its steps in order.
    pub steps: Vec<ObservedStep>,
    /// The threads that were blocked at its end.
    pub blocked: Vec<u16>,
    /// What it reported with `outcome`.
    pub outcome: String,
}

/// The execution that has just ended.
pub(crate) fn observe(kernel: &Kernel) -> Observation {
    let steps = kernel.events.all().iter().map(|event| {
        let mut objects = Vec::new();
        if let Op::Wake(condvar) = event.op {
            objects.push(condvar);
        } else {
            event.footprint.each_access(|obj, _| objects.push(obj));
        }
        ObservedStep {
            thread: event.thread,
            operation: event.op.into(),
            objects: [objects.first().copied(), objects.get(1).copied()],
            everything: event.footprint == Footprint::EVERYTHING,
            alternative: event.alt,
            succeeded: event.succeeded(),
        }
    });
    let waiting = |thread: &u16| kernel.thread(*thread).status == Status::Pending;
    Observation {
        steps: steps.collect(),
        blocked: kernel.ids().filter(waiting).collect(),
        outcome: kernel.now.outcome.clone(),
    }
}
