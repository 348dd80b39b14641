//! A barrier for several processes.

use super::{
    BarrierError, handles,
    meeting::{Action, Meeting, Reply, Request},
};
use crate::{
    backend::Backend,
    primitives::{
        Broken, NoParties,
        process::{
            Unreachable,
            lease::Lease,
            patience::Patience,
            remote::{Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc, time::Duration};

/// A point at which threads of several processes wait for one another.
///
/// Like Python's `multiprocessing.Barrier`. The barrier, with its action, is in the process that made it. A
/// process that is killed while it waits breaks the barrier, so that the other parties do not wait for it in
/// the next round, or forever in this one. A clone is the same barrier.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std}, primitives::process::Barrier};
///
/// let barrier = Barrier::<Std>::new(2)?;
/// let theirs = barrier.clone();
/// let other = Std::spawn("other", move || theirs.wait());
/// let indices = [barrier.wait()?, other.join().unwrap()?];
/// assert_eq!(indices.iter().sum::<usize>(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Barrier<B: Backend>(Remote<B, Meeting<B>>);

handles!(Barrier "Barrier");

impl<B: Backend> Barrier<B> {
    /// A barrier for this number of parties.
    ///
    /// # Errors
    ///
    /// [`NoParties`] if `parties` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::new(1).unwrap().wait(), Ok(0));
    /// assert!(Barrier::new(0).is_err());
    /// ```
    #[track_caller]
    pub fn new(parties: usize) -> Result<Self, NoParties> {
        Self::named("process barrier", parties)
    }

    /// Like [`new`](Self::new); traces call the barrier `name`.
    ///
    /// # Errors
    ///
    /// [`NoParties`] if `parties` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::named("start", 3).unwrap().parties(), Ok(3));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, parties: usize) -> Result<Self, NoParties> {
        Self::make(&name.into(), parties, None, None)
    }

    /// A barrier that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(
        name: &str,
        parties: usize,
        lease: Option<Arc<Lease<B>>>,
    ) -> Result<Self, NoParties> {
        Self::make(name, parties, None, lease)
    }

    /// Like [`named`](Self::named); whenever all parties have come, `action` runs before any passes, in
    /// the process that owns the barrier. (In Python it runs in the last party's.)
    ///
    /// # Errors
    ///
    /// [`NoParties`] if `parties` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// let barrier = Barrier::with_action("start", 1, || println!("all here")).unwrap();
    /// assert_eq!(barrier.wait(), Ok(0));
    /// ```
    #[track_caller]
    pub fn with_action(
        name: impl Into<Cow<'static, str>>,
        parties: usize,
        action: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, NoParties> {
        Self::make(&name.into(), parties, Some(Box::new(action)), None)
    }

    #[track_caller]
    fn make(
        name: &str,
        parties: usize,
        action: Option<Action>,
        lease: Option<Arc<Lease<B>>>,
    ) -> Result<Self, NoParties> {
        if parties == 0 {
            return Err(NoParties);
        }
        Ok(Self(Remote::owned(Meeting::new(name, parties, action), lease)))
    }

    /// Blocks until all parties have come; returns in which place this one came, from zero.
    ///
    /// # Errors
    ///
    /// [`BarrierError::Broken`] if the barrier is broken or breaks meanwhile.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::new(1).unwrap().wait(), Ok(0));
    /// ```
    #[track_caller]
    pub fn wait(&self) -> Result<usize, BarrierError> {
        self.arrive(Patience::Endless)
    }

    /// Like [`wait`](Self::wait), but breaks the barrier if the others have not come after `timeout`.
    ///
    /// # Errors
    ///
    /// [`BarrierError::Broken`] in that case, too.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// # use std::time::Duration;
    /// let barrier = Barrier::new(2).unwrap();
    /// assert!(barrier.wait_timeout(Duration::from_millis(1)).is_err());
    /// assert_eq!(barrier.is_broken(), Ok(true));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, BarrierError> {
        self.arrive(Patience::For(timeout))
    }

    #[track_caller]
    fn arrive(&self, patience: Patience) -> Result<usize, BarrierError> {
        match self.0.ask(Request::Wait(patience))? {
            Reply::Passed(index) => Ok(index.ok_or(Broken)?),
            _ => mismatch(),
        }
    }

    /// Breaks the barrier: every wait fails, until it is [reset](Self::reset).
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// let barrier = Barrier::new(1).unwrap();
    /// barrier.abort()?;
    /// assert!(barrier.wait().is_err());
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn abort(&self) -> Result<(), Unreachable> {
        self.0.ask(Request::Abort).map(drop)
    }

    /// Makes the barrier whole and empty. Waits under way fail.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// let barrier = Barrier::new(1).unwrap();
    /// barrier.abort()?;
    /// barrier.reset()?;
    /// assert_eq!(barrier.wait(), Ok(0));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn reset(&self) -> Result<(), Unreachable> {
        self.0.ask(Request::Reset).map(drop)
    }

    #[track_caller]
    fn look<R>(&self, what: fn(usize, usize, bool) -> R) -> Result<R, Unreachable> {
        match self.0.ask(Request::Look)? {
            Reply::Looked { parties, waiting, broken } => Ok(what(parties, waiting, broken)),
            _ => mismatch(),
        }
    }

    /// The number of parties.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::new(2).unwrap().parties(), Ok(2));
    /// ```
    #[track_caller]
    pub fn parties(&self) -> Result<usize, Unreachable> {
        self.look(|parties, _, _| parties)
    }

    /// The number of parties that wait at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::new(2).unwrap().n_waiting(), Ok(0));
    /// ```
    #[track_caller]
    pub fn n_waiting(&self) -> Result<usize, Unreachable> {
        self.look(|_, waiting, _| waiting)
    }

    /// Whether it is broken.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Barrier;
    /// assert_eq!(Barrier::new(2).unwrap().is_broken(), Ok(false));
    /// ```
    #[track_caller]
    pub fn is_broken(&self) -> Result<bool, Unreachable> {
        self.look(|_, _, broken| broken)
    }
}
