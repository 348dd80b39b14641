//! A barrier.

use std::fmt;
use std::panic::Location;

use crate::execution::{Life, perform, teardown, try_kernel};
use crate::kernel::machine::barrier::{LEADS, UNKNOWN};
use crate::kernel::{Act, Kernel, Op, Pending};

/// A point that a number of threads reach together, as `std::sync::Barrier`.
///
/// In what order threads arrive that pass it together is no difference, so they are explored in one order:
///
/// ```
/// use raceproof::sync::{Arc, Barrier};
/// use raceproof::{Explorer, thread};
///
/// let exploration = Explorer::new().check(|| {
///     let barrier = Arc::new(Barrier::new(5));
///     for _ in 0..4 {
///         let theirs = Arc::clone(&barrier);
///         thread::spawn(move || theirs.wait());
///     }
///     barrier.wait();
/// });
/// assert_eq!(exploration.executions, 1);
/// ```
///
/// Outside of a model it is std's.
pub struct Barrier {
    id: Life,
    /// Outside of a model.
    real: Option<std::sync::Barrier>,
}

/// Whether this thread is the one of its round that is told apart.
pub struct BarrierWaitResult {
    /// None as long as no thread has asked.
    leads: Option<bool>,
}

impl BarrierWaitResult {
    /// Is it the leader? Any thread of a round may be: where it is asked for, each is explored.
    pub fn is_leader(&self) -> bool {
        if self.leads.is_none() && !teardown::under_way() {
            // Only now it matters which thread leads.
            try_kernel(Kernel::begin_with_leaders);
        }
        self.leads == Some(true)
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}

impl Barrier {
    /// A barrier for this many threads; 0 is as 1.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        let at = Location::caller();
        let id = Life::begin(at, |kernel| kernel.create_barrier(parties, at));
        let real = id.is_outside().then(|| std::sync::Barrier::new(parties));
        Barrier { id, real }
    }

    /// Waits until all parties are here.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let at = Location::caller();
        let (object, real) = (self.id.number(), self.real.as_ref());
        let Some(object) = object else {
            return BarrierWaitResult { leads: real.map(|real| real.wait().is_leader()) };
        };
        perform(Pending { op: Op::Act { object, act: Act::Meet }, at });
        let result = perform(Pending { op: Op::Act { object, act: Act::Pass }, at });
        BarrierWaitResult { leads: (result != UNKNOWN).then_some(result == LEADS) }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}
