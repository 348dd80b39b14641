//! How much is explored.

use super::{Explorer, Search};
use std::time::Duration;

impl Explorer {
    /// Stops after this many executions.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = Some(executions);
        self
    }

    /// Fails an execution that takes more steps than this; 10,000 unless told otherwise.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.limits.steps = steps;
        self
    }

    /// Stops after this much time, at the end of the execution under way.
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = Some(time);
        self
    }

    /// Keeps about so many bytes for what is still to be explored, and no more.
    ///
    /// Under sequential consistency that is the memory of wakeup trees, which grow with the number of executions. When they have
    /// reached it, the search begins again by execution graphs, as under [`Memory::C11`](crate::Memory::C11). These take longer for each execution,
    /// and memory for the one that is under way alone; the proof then [assumes](crate::Assumption::EndsAfterUses)
    /// that no object ends too early. Where a program does what is not explored by graphs (loops that wait, read-write locks under a
    /// policy other than [`ReadersPass`](crate::RwLockPolicy::ReadersPass), and what [`memory`](Explorer::memory) names), or
    /// graphs reach the limit as well, the search is [bounded](crate::Outcome::Bounded).
    ///
    /// What the model itself takes does not count. It is looked at after every few executions, so the limit may be passed by as much as these
    /// add. Each of several [workers](Explorer::workers) counts what it shares with others.
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub fn max_memory(mut self, bytes: u64) -> Self {
        assert!(bytes > 0, "a search keeps something: `max_memory(0)` allows it nothing");
        self.max_memory = Some(bytes);
        self
    }

    /// Estimates how large a search for a proof is while it is under way, so that the
    /// [line](Explorer::environment) that shows how far it is can say so, and the
    /// [result](crate::Exploration::estimate) if it comes to a limit.
    ///
    /// The model is run some more times along random paths: 512 times if the search is longer than a twentieth of a second
    /// or comes to a limit, and then for about a thirtieth of the time. These executions count for nothing else. `docs/large.md` has a table of how good the estimates are.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, thread};
    ///
    /// let increments = || {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 6].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || count.fetch_add(1, SeqCst))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// };
    /// let found = Explorer::new().estimate().max_executions(100).check(increments);
    /// let estimate = found.estimate.unwrap();
    /// assert!((360..=1_440).contains(&estimate.executions), "6 increments have 720 orders");
    /// ```
    pub fn estimate(mut self) -> Self {
        self.estimate = true;
        self
    }

    /// Explores every schedule with at most this many preemptions, one for all that are equivalent, and no other.
    ///
    /// A schedule whose beginning is known to be equivalent to that of another with as few preemptions is left there, and
    /// counts as redundant. What is known takes at most 300 MB; beyond that, and where loops wait by looking, equivalent schedules
    /// are run as well.
    pub fn preemption_bound(mut self, preemptions: usize) -> Self {
        self.search = Search::Bounded(preemptions);
        self
    }

    /// Explores every schedule without a preemption, then with at most one, two, and so on, until a bound leaves nothing out:
    /// then the search for a proof follows. A failure is the one with the fewest preemptions; few bugs need more than
    /// two. Where [`time_limit`](Explorer::time_limit) or [`max_executions`](Explorer::max_executions), which are those of all
    /// bounds together, end it earlier, it says which bound was explored as a whole.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Outcome, thread};
    ///
    /// let found = Explorer::new().iterate_bounds().max_executions(1_000).check(|| {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 6].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || (0..3).for_each(|_| drop(count.fetch_add(1, SeqCst))))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    ///     assert_eq!(count.load(SeqCst), 18);
    /// });
    /// let Outcome::Bounded(bound) = found.outcome else { panic!("{found:?}") };
    /// assert_eq!(bound, "1,000 executions, every schedule with at most 0 preemptions among them");
    /// ```
    pub fn iterate_bounds(mut self) -> Self {
        self.search = Search::Iterated;
        self
    }

    /// Bounds preemptions no longer.
    #[doc(hidden)]
    pub fn without_preemption_bound(mut self) -> Self {
        self.search = Search::Traces;
        self
    }
}
