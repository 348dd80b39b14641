//! Which executions are taken for one.

use std::time::Instant;

use super::run::Failing;
use super::{Exploration, Explorer, Model, Search};
use crate::kernel::{Assumption, FailureKind, Fault, Limits, Memory, RwLockPolicy};
use crate::telling::oracle::Observation;

/// Which executions are equivalent, so that one of them is explored for all. See [`Explorer::equivalence`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Equivalence {
    /// Those that differ in the order of steps alone that do not touch the same object, or only read it: Mazurkiewicz
    /// traces, and under [`Memory::C11`] execution graphs with their modification order.
    #[default]
    Traces,
    /// As traces, by execution graphs under sequential consistency as well: for tests, and for nothing else.
    #[doc(hidden)]
    Graphs,
    /// Those in which every load reads the same store, and locks and other objects have the same history. Two stores that
    /// nobody reads in between are in one order or the other.
    ReadsFrom,
}

impl Explorer {
    /// Explores one of all executions that are equivalent in this sense, [`Equivalence::Traces`] unless told otherwise.
    ///
    /// [`Equivalence::ReadsFrom`] is the coarser one: programs with many stores that few loads see have far fewer
    /// executions, each of which takes longer. What a program can see is the same, so the same failures are found, but for
    /// those that [`Memory::C11`] does not look for: under sequential consistency, too, ends of objects that come too early
    /// are assumed to be in order ([`Assumption::EndsAfterUses`]). Programs with loops that wait, with read-write locks under a
    /// policy other than [`ReadersPass`](crate::RwLockPolicy::ReadersPass), which ask for the last of several
    /// unordered stores without a load (`into_inner`, say), or use what is not explored under [`Memory::C11`], are
    /// explored by traces all the same.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Equivalence, Explorer, thread};
    ///
    /// let writers = || {
    ///     let last = Arc::new(AtomicU32::new(0));
    ///     for writer in 1..=4 {
    ///         let last = Arc::clone(&last);
    ///         thread::spawn(move || last.store(writer, SeqCst));
    ///     }
    ///     last.load(SeqCst);
    /// };
    /// let executions = |equivalence| Explorer::new().equivalence(equivalence).check(writers).executions;
    /// assert_eq!(executions(Equivalence::Traces), 120);
    /// assert_eq!(executions(Equivalence::ReadsFrom), 5);
    /// ```
    pub fn equivalence(mut self, equivalence: Equivalence) -> Self {
        self.equivalence = equivalence;
        self
    }

    /// This explorer, by traces.
    pub(super) fn by_traces(&self) -> Self {
        Explorer { equivalence: Equivalence::Traces, ..self.clone() }
    }

    /// Does a search for a proof go by graphs under any memory model?
    pub(super) fn goes_by_graphs(&self) -> bool {
        self.equivalence != Equivalence::Traces && matches!(self.search, Search::Traces)
    }

    /// Explores by execution graphs, also where memory is sequentially consistent: the graphs are those of interleavings then.
    /// None if that cannot be.
    pub(super) fn search_graphs(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> Option<(Exploration, Option<Failing>)> {
        let interleavings = self.limits.memory == Memory::Sequential;
        let limits = Limits { memory: Memory::C11, interleavings, ..self.limits };
        let (found, failure) = self.search_if_explored(limits, model, seen, begun, wanted).ok()?;
        if failure.as_ref().is_some_and(|failing| failing.fault.kind == FailureKind::StepLimit) {
            return None;
        }
        let passes = self.limits.rwlock == RwLockPolicy::ReadersPass;
        let is_narrow = interleavings
            && failure.is_none()
            && !passes
            && found.assumptions.contains(&Assumption::ReadersPass);
        (!is_narrow).then_some((found, failure))
    }

    /// As [`search`](Explorer::search), by graphs; or else what the program does that is not explored by them.
    pub(super) fn search_if_explored(
        &self,
        limits: Limits,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> Result<(Exploration, Option<Failing>), &'static str> {
        let mut limits = Limits { tentative: true, ..limits };
        loop {
            if let Some(seen) = seen {
                seen.clear();
            }
            match self.search_within(limits, model, seen, begun, wanted) {
                Ok(found) => return Ok(found),
                Err(Limits { unexplored: Some(what), .. }) => return Err(what),
                Err(others) => limits = others,
            }
        }
    }
}
