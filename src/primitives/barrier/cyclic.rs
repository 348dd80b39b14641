//! The barrier itself.

use super::{Broken, NoParties, round::State};
use crate::backend::{Backend, Condvar, Look, Mutex, MutexGuard};
use std::{
    borrow::Cow,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

/// Makes each of its parties wait for all the others, round after round.
///
/// Like Python's `threading.Barrier`. [`std::sync::Barrier`] cannot break and has no action, and tells
/// one party only that it is the leader. There are two differences from Python: each wait has its own
/// time limit, and a thread that comes while others still leave the last round joins the next round at
/// once.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std, join_all}, primitives::Barrier};
/// use std::sync::Arc;
///
/// let barrier = Arc::new(Barrier::<Std>::new(2)?);
/// let mut indices = join_all((0..2).map(|n| {
///     let barrier = Arc::clone(&barrier);
///     Std::spawn(format!("party {n}"), move || barrier.wait().unwrap())
/// }));
/// indices.sort();
/// assert_eq!(indices, [0, 1]);
/// # Ok::<(), raceproof_suite::primitives::NoParties>(())
/// ```
pub struct Barrier<B: Backend> {
    parties: usize,
    /// The action that the last party of each round runs before any party goes on.
    action: Option<Box<dyn Fn() + Send + Sync>>,
    state: Mutex<B, State>,
    /// A round has ended.
    ended: Condvar<B>,
}

impl<B: Backend> Barrier<B> {
    /// A barrier for `parties` threads.
    ///
    /// # Errors
    ///
    /// [`NoParties`] if `parties` is zero.
    ///
    /// ```
    /// # use raceproof_suite::{native::Barrier, primitives::NoParties};
    /// assert!(Barrier::new(2).is_ok());
    /// assert_eq!(Barrier::new(0).err(), Some(NoParties));
    /// ```
    #[track_caller]
    pub fn new(parties: usize) -> Result<Self, NoParties> {
        Self::named("barrier", parties)
    }

    /// A barrier for `parties` threads that traces call `name`.
    ///
    /// # Errors
    ///
    /// [`NoParties`] if `parties` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::Barrier;
    /// let start = Barrier::named("start", 2)?;
    /// assert!(format!("{start:?}").contains("start"));
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, parties: usize) -> Result<Self, NoParties> {
        if parties == 0 {
            return Err(NoParties);
        }
        let name = name.into();
        Ok(Self {
            parties,
            action: None,
            ended: Condvar::named(format!("{name} opens")),
            state: Mutex::named(name, State::default()),
        })
    }

    /// Adds an `action` that the last party of each round runs before any party goes on.
    ///
    /// The action must not use the barrier, which waits for it. If it panics, the barrier breaks,
    /// and the panic continues in that party.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::Barrier};
    /// # use std::sync::{Arc, atomic::{AtomicU32, Ordering::Relaxed}};
    /// let rounds = Arc::new(AtomicU32::new(0));
    /// let counted = Arc::clone(&rounds);
    /// let barrier = Barrier::<Std>::new(1)?.with_action(move || {
    ///     counted.fetch_add(1, Relaxed);
    /// });
    /// assert_eq!(barrier.wait(), Ok(0));
    /// assert_eq!(rounds.load(Relaxed), 1);
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[must_use]
    pub fn with_action(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.action = Some(Box::new(action));
        self
    }

    /// Blocks until all parties of this round wait, and returns the number of parties that came
    /// before this one. It is different for each party, and largest for the one that ran the action.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the barrier is broken, or breaks or is reset during the wait.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Barrier};
    /// # use std::sync::Arc;
    /// let barrier = Arc::new(Barrier::new(2)?);
    /// let other = Arc::clone(&barrier);
    /// let other = Std::spawn("other", move || other.wait());
    /// let mine = barrier.wait().expect("no party breaks it");
    /// assert_eq!(other.join(), Ok(Ok(1 - mine)));
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn wait(&self) -> Result<usize, Broken> {
        self.arrive(None)
    }

    /// Like [`wait`](Self::wait), but blocks for at most `timeout`; after that the barrier breaks
    /// for all parties.
    ///
    /// # Errors
    ///
    /// [`Broken`], also if the time limit has passed.
    ///
    /// ```
    /// # use raceproof_suite::{native::Barrier, primitives::Broken};
    /// # use std::time::Duration;
    /// let barrier = Barrier::new(2)?;
    /// assert_eq!(barrier.wait_timeout(Duration::from_millis(1)), Err(Broken));
    /// assert!(barrier.is_broken());
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, Broken> {
        self.arrive(Some(timeout))
    }

    #[track_caller]
    fn arrive(&self, timeout: Option<Duration>) -> Result<usize, Broken> {
        let mut state = self.state.lock();
        if state.broken {
            return Err(Broken);
        }
        let index = state.arrived;
        if index + 1 == self.parties {
            self.complete(state);
            return Ok(index);
        }
        state.arrived += 1;
        let round = state.round;
        // Wait for the round, not for the number of threads: that number is small again when the
        // next round has begun, and a thread that looks late would wait forever.
        let same_round = |state: &mut State| state.round == round;
        let timed_out;
        (state, timed_out) = match timeout {
            None => {
                let state = state.linger(Look::Soon, |state| state.round == round);
                (self.ended.wait_while(state, same_round), false)
            }
            Some(timeout) => self.ended.wait_timeout_while(state, timeout, same_round),
        };
        if timed_out {
            self.break_up(&mut state);
        }
        state.outcome(round).map(|()| index)
    }

    /// Ends the current round, as its last party.
    #[track_caller]
    fn complete(&self, mut state: MutexGuard<'_, B, State>) {
        if let Some(action) = &self.action
            && let Err(payload) = catch_unwind(AssertUnwindSafe(action))
        {
            self.break_up(&mut state);
            drop(state);
            resume_unwind(payload);
        }
        let wake = state.arrived > 0;
        state.arrived = 0;
        state.round += 1;
        drop(state);
        if wake {
            self.ended.notify_all();
        }
    }

    /// Breaks the barrier. Its waiters count themselves under the mutex, so each is woken.
    #[track_caller]
    fn break_up(&self, state: &mut State) {
        state.broken = true;
        state.fail_round();
        self.ended.notify_all();
    }

    /// Breaks the barrier: threads that wait, now or later, get [`Broken`]. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::{Barrier, Broken}};
    /// let barrier = Barrier::<Std>::new(2)?;
    /// barrier.abort();
    /// assert_eq!(barrier.wait(), Err(Broken));
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn abort(&self) {
        self.break_up(&mut self.state.lock());
    }

    /// Resets the barrier: threads that wait get [`Broken`], threads that come later wait for a full
    /// round. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::{native::Barrier, primitives::Broken};
    /// let barrier = Barrier::new(1)?;
    /// barrier.abort();
    /// barrier.reset();
    /// assert_eq!(barrier.wait(), Ok(0));
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.broken = false;
        state.fail_round();
        self.ended.notify_all();
    }

    /// The number of threads in a round.
    ///
    /// ```
    /// # use raceproof_suite::native::Barrier;
    /// assert_eq!(Barrier::new(3)?.parties(), 3);
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// The number of threads that wait at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Barrier;
    /// assert_eq!(Barrier::new(3)?.n_waiting(), 0);
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn n_waiting(&self) -> usize {
        self.state.lock().arrived
    }

    /// Whether the barrier is broken at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Barrier;
    /// let barrier = Barrier::new(3)?;
    /// barrier.abort();
    /// assert!(barrier.is_broken());
    /// # Ok::<(), raceproof_suite::primitives::NoParties>(())
    /// ```
    #[track_caller]
    pub fn is_broken(&self) -> bool {
        self.state.lock().broken
    }
}

impl<B: Backend> fmt::Debug for Barrier<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Barrier").field(&self.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Std, panic_message};
    use std::sync::Arc;

    #[test]
    fn no_parties_are_refused() {
        assert_eq!(Barrier::<Std>::new(0).err(), Some(NoParties));
    }

    #[test]
    fn rounds_follow_one_another() {
        let barrier = Arc::new(Barrier::<Std>::new(2).unwrap());
        let other = Arc::clone(&barrier);
        let child = Std::spawn("child", move || [other.wait().unwrap(), other.wait().unwrap()]);
        let mine = [barrier.wait().unwrap(), barrier.wait().unwrap()];
        let theirs = child.join().unwrap();
        assert_eq!([mine[0] + theirs[0], mine[1] + theirs[1]], [1, 1]);
        assert_eq!((barrier.parties(), barrier.n_waiting()), (2, 0));
    }

    #[test]
    fn a_wait_that_times_out_breaks_the_barrier_until_reset() {
        let barrier = Barrier::<Std>::new(2).unwrap();
        assert_eq!(barrier.wait_timeout(Duration::from_millis(1)), Err(Broken));
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait(), Err(Broken));
        assert_eq!(barrier.n_waiting(), 0);
        barrier.reset();
        assert!(!barrier.is_broken());
        assert!(barrier.state.lock().failed.is_empty());
    }

    #[test]
    fn an_action_that_panics_breaks_the_barrier() {
        let barrier = Barrier::<Std>::new(1).unwrap().with_action(|| panic!("no"));
        let payload = catch_unwind(AssertUnwindSafe(|| barrier.wait())).unwrap_err();
        assert_eq!(panic_message(&*payload), "no");
        assert_eq!(barrier.wait(), Err(Broken));
    }

    #[test]
    fn waiters_of_a_reset_round_hear_of_it() {
        let barrier = Arc::new(Barrier::<Std>::new(2).unwrap());
        let other = Arc::clone(&barrier);
        let child = Std::spawn("child", move || other.wait());
        while barrier.n_waiting() == 0 {
            Std::yield_now();
        }
        barrier.reset();
        assert_eq!(child.join(), Ok(Err(Broken)));
        assert!(!barrier.is_broken());
    }
}
