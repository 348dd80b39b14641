//! For tests of the explorer: every execution's steps, as plain data.

use std::collections::HashMap;

use crate::kernel::{Footprint, Kernel, Op, Status};
use crate::telling::trace::Operation;

/// In the names of objects that threads make.
const MADE: u32 = 1 << 31;

/// One step of an execution, by names that equivalent executions share.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObservedStep {
    /// Whose it is.
    pub thread: u16,
    /// What it is.
    pub operation: Operation,
    /// The objects it is about. Those that threads make are named by who makes them and in which order, since
    /// their numbers depend on which execution was the first to make them.
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
    let mut names = HashMap::new();
    for id in kernel.ids() {
        let made = kernel.thread(id).objects.made().iter();
        names.extend(
            (0..).zip(made).map(|(nth, object)| (*object, MADE | u32::from(id) << 15 | nth)),
        );
    }
    let named = |object: &u32| names.get(object).copied().unwrap_or(*object);
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
            objects: [objects.first().map(named), objects.get(1).map(named)],
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
