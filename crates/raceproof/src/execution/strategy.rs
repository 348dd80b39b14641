//! What decides which step comes next, and which execution.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::piece::Piece;
use crate::kernel::{Kernel, Op};

/// A step of an atomic whose outcome the strategy chooses.
pub(crate) struct WeakAccess<'a> {
    pub(crate) op: Op,
    pub(crate) object: u32,
    /// Its ordering if it writes, and if it only reads.
    pub(crate) orders: (Ordering, Ordering),
    /// The value that a compare-and-swap expects.
    pub(crate) expected: u64,
    /// What it makes of a value, if anything.
    pub(crate) make: &'a dyn Fn(u64) -> Option<u64>,
}

/// What came of it.
pub(crate) struct Accessed {
    /// The value that it read, or put another in the place of.
    pub(crate) old: u64,
    /// The value that it wrote.
    pub(crate) new: Option<u64>,
    /// Whether it wrote the last value in modification order, of those that have been written by now.
    pub(crate) latest: bool,
    /// If the execution is run again and it is stale: the step that wrote another, newer value.
    pub(crate) newer: Option<u32>,
}

/// An execution that is to be tried because an object may end in it before a use of it.
#[derive(Debug)]
pub(crate) struct Probe {
    /// The threads and alternatives of its steps, up to the object's end.
    pub(crate) steps: Vec<(u16, u16)>,
    /// The thread that is held back at one of its accesses of cells, and the access's number.
    pub(crate) held: Option<(u16, u32)>,
}

/// Ends a search that several workers share: those that wait for a subtree get none.
pub(crate) trait Halt: Send + Sync {
    fn halt(&self);
}

/// Makes a strategy, on the OS thread where it is used.
pub(crate) type MakeStrategy = Box<dyn FnOnce() -> Box<dyn Strategy> + Send>;

/// The other workers of a search.
pub(crate) struct Crew {
    /// Make their strategies, each on its own OS thread.
    pub(crate) helpers: Vec<MakeStrategy>,
    pub(crate) pool: Arc<dyn Halt>,
}

/// Chooses the steps of executions, one after the other.
///
/// A session tells it everything that orders steps: the steps themselves, spawns and joins.
pub(crate) trait Strategy {
    /// Another execution begins.
    fn begin(&mut self, _: &mut Kernel) {}

    /// The thread that takes the next step, and which of its alternatives; its step is enabled.
    /// `None` if no thread can, or none is to.
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)>;

    /// The kernel has taken a step: the last of its events.
    fn step(&mut self, _: &mut Kernel) {}

    /// What has happened before a thread's next step now happens before another's: the parent
    /// of a thread that starts, a thread that has ended and was waited for.
    fn inherit(&mut self, _: &mut Kernel, _to: u16, _from: u16) {}

    /// The closure of a scoped thread is over, and the thread goes on: with its thread-local values.
    fn close(&mut self, _thread: u16) {}

    /// What had happened before the end of a [closed](Strategy::close) thread's closure now happens
    /// before another's next step.
    fn inherit_closure(&mut self, _to: u16, _from: u16) {}

    /// A thread starts, the child of another or, with `None`, the root.
    fn start(&mut self, _: &mut Kernel, _child: u16, _parent: Option<u16>) {}

    /// An object ends in the running thread, or, if it stays, is that thread's alone for a while. No
    /// other thread is in a use of it.
    fn ends(&mut self, _: &mut Kernel, _object: u32, _stays: bool) {}

    /// The running thread accesses a cell that was another's alone, when the execution had so many
    /// steps; nothing orders the two.
    fn touches_owned(&mut self, _: &mut Kernel, _owner: u16, _owned: u32) {}

    /// The next execution, of those like the one that has just ended, in which an object may end
    /// while it is used. Asked until there is none.
    fn probe(&mut self, _: &Kernel) -> Option<Probe> {
        None
    }

    /// The running thread makes an atomic. Told, as the next four, only if memory is weaker than
    /// sequentially consistent.
    fn create(&mut self, _object: u32, _value: u64) {}

    /// The value of the last write of an atomic that the running thread has for itself.
    fn last_written(&self, _object: u32) -> u64 {
        unreachable!("an atomic has its value where memory is sequentially consistent")
    }

    /// That value is another one now: an owner has changed it. Whatever reads that write comes after this.
    fn rewrite(&mut self, _object: u32, _value: u64) {}

    /// The running thread's step of an atomic was chosen: chooses what comes of it. The
    /// kernel takes the step after that.
    fn access(&mut self, _: &mut Kernel, access: &WeakAccess<'_>) -> Accessed {
        unreachable!("{:?} has one outcome where memory is sequentially consistent", access.op)
    }

    /// The running thread comes to a fence.
    fn fence(&mut self, _: &mut Kernel, _: Ordering) {}

    /// The running thread yields, in these calls. Whether it is to do nothing else.
    fn yields(
        &mut self,
        _: &mut Kernel,
        _at: &'static Location<'static>,
        _calls: &dyn Fn() -> u64,
    ) -> bool {
        unreachable!("yields are the kernel's where memory is sequentially consistent")
    }

    /// The execution is over, or was stopped, and it may yet be [given up](Strategy::give_up).
    fn stops(&mut self, _: &mut Kernel) {}

    /// The execution is over, or was stopped.
    fn end(&mut self, _: &mut Kernel) {}

    /// The execution was given up: its steps from `len` on go for nothing, and the next one
    /// begins with those before.
    fn give_up(&mut self, kernel: &mut Kernel, len: usize);

    /// The execution that is over is to be run once more as it was, before it counts. False if that
    /// cannot be.
    fn again(&mut self, _: &mut Kernel) -> bool {
        false
    }

    /// Was the execution stopped because nothing but what has been explored could follow?
    fn cut(&self) -> bool {
        false
    }

    /// The steps of the execution that has just ended in an order in which it is told better, if there
    /// may be one.
    fn in_telling_order(&self) -> Option<Vec<(u16, u16)>> {
        None
    }

    /// From now on shares what is left with so many others: each plans executions as this one does, and none is
    /// planned twice. None if that cannot be. Called when an execution has been planned.
    fn recruit(&mut self, _: &mut Kernel, _helpers: usize) -> Option<Crew> {
        None
    }

    /// How large a part of the search is explored, as far as can be told from the tree of what is and what is owed:
    /// each branch of a node is taken for as large as another. Asked when an execution has been planned.
    fn explored(&self, _: &Kernel) -> Option<f64> {
        None
    }

    /// How many bytes it keeps for what is owed, about, and in how many parts these are.
    fn kept(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Is the execution under way, or planned, run only to come to others, and counts nothing?
    fn is_passing(&self) -> bool {
        false
    }

    /// The execution under way, or planned, and all below it, if that can be told in pieces.
    fn way(&self) -> Option<Piece> {
        None
    }

    /// What is left to be explored, the execution that has been planned among it, if that can be told in pieces.
    fn pieces_left(&self) -> Vec<Piece> {
        Vec::new()
    }

    /// Has its bound left something out?
    fn leaves_out(&self) -> bool {
        false
    }

    /// Has something been found out about loops that decides what is explored?
    fn knows_of_loops(&self) -> bool {
        false
    }

    /// Plans another execution. False if there is none; of a strategy that shares a search, if none is left in all of
    /// it, for which it may wait.
    fn next(&mut self, kernel: &mut Kernel) -> bool;
}
