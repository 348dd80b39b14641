//! An event for several processes.

use super::handles;
use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            Unreachable,
            lease::Lease,
            patience::{Client, Patience},
            remote::{Object, Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc, time::Duration};

/// A flag that threads of several processes wait for.
///
/// Like Python's `multiprocessing.Event`, but a set lets every thread pass that waits at that moment, even if
/// the flag is cleared before it runs. The event is in the process that made it; a process that is killed
/// while it waits leaves nothing behind. A clone is the same event.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::Event};
///
/// let ready = Event::<Std>::new();
/// assert_eq!(ready.is_set(), Ok(false));
/// ready.clone().set()?;
/// ready.wait()?;
/// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Event<B: Backend>(Remote<B, Flag<B>>);

handles!(Event "Event");

/// The event, in the process that owns it.
struct Flag<B: Backend>(primitives::Event<B>);

#[derive(Serialize, Deserialize)]
enum Request {
    Set,
    Clear,
    Wait(Patience),
    Waiting,
}

#[derive(Serialize, Deserialize)]
enum Reply {
    Set(bool),
    Waiting(usize),
}

impl<B: Backend> Object for Flag<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Set => {
                self.0.set();
                Reply::Set(true)
            }
            Request::Clear => {
                self.0.clear();
                Reply::Set(false)
            }
            Request::Wait(patience) => Reply::Set(self.wait(patience, client)),
            Request::Waiting => Reply::Waiting(self.0.n_waiting()),
        }
    }

    #[track_caller]
    fn close(&self) {
        self.0.set();
    }
}

impl<B: Backend> Flag<B> {
    #[track_caller]
    fn wait(&self, patience: Patience, client: &Client<'_>) -> bool {
        match (client, patience) {
            (_, Patience::None) => self.0.is_set(),
            (Client::Here, Patience::Endless) => {
                self.0.wait();
                true
            }
            (Client::Here, Patience::For(timeout)) => self.0.wait_timeout(timeout),
            (Client::Afar(_), patience) => {
                // Many short waits: one of them notices a set that came between two of them.
                let Some(seen) = self.0.sets_unless_set() else { return true };
                let attempt = |patience| match patience {
                    Patience::For(slice) => self.0.wait_past(seen, slice),
                    _ => self.0.wait_past(seen, Duration::ZERO),
                };
                client.wait(patience, attempt, |set| !set)
            }
        }
    }
}

impl<B: Backend> Event<B> {
    /// An event that is not set.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// assert_eq!(Event::new().is_set(), Ok(false));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("process event")
    }

    /// Like [`new`](Self::new); traces call the event `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// assert_eq!(Event::named("ready").is_set(), Ok(false));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::owned(name, None)
    }

    /// An event that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(
        name: impl Into<Cow<'static, str>>,
        lease: Option<Arc<Lease<B>>>,
    ) -> Self {
        Self(Remote::owned(Flag(primitives::Event::named(name)), lease))
    }

    #[track_caller]
    fn ask(&self, request: Request) -> Result<bool, Unreachable> {
        match self.0.ask(request)? {
            Reply::Set(set) => Ok(set),
            Reply::Waiting(_) => mismatch(),
        }
    }

    /// Sets the flag. Every thread that waits passes.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// let ready = Event::new();
    /// ready.set()?;
    /// assert_eq!(ready.is_set(), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn set(&self) -> Result<(), Unreachable> {
        self.ask(Request::Set).map(drop)
    }

    /// Clears the flag. Later waits block until the next set.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// let ready = Event::new();
    /// ready.set()?;
    /// ready.clear()?;
    /// assert_eq!(ready.is_set(), Ok(false));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn clear(&self) -> Result<(), Unreachable> {
        self.ask(Request::Clear).map(drop)
    }

    /// Whether the flag is set at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// assert_eq!(Event::new().is_set(), Ok(false));
    /// ```
    #[track_caller]
    pub fn is_set(&self) -> Result<bool, Unreachable> {
        self.ask(Request::Wait(Patience::None))
    }

    /// Blocks until the flag is set.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// let ready = Event::new();
    /// ready.set()?;
    /// ready.wait()?;
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn wait(&self) -> Result<(), Unreachable> {
        self.ask(Request::Wait(Patience::Endless)).map(drop)
    }

    /// Like [`wait`](Self::wait), but blocks for at most `timeout`; returns whether the flag was set.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// # use std::time::Duration;
    /// assert_eq!(Event::new().wait_timeout(Duration::from_millis(1)), Ok(false));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.ask(Request::Wait(Patience::For(timeout)))
    }

    /// How many threads wait, as far as the event's process knows: one whose process was killed is counted
    /// until that is noticed, and under a checker always.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Event;
    /// assert_eq!(Event::new().n_waiting(), Ok(0));
    /// ```
    #[track_caller]
    pub fn n_waiting(&self) -> Result<usize, Unreachable> {
        match self.0.ask(Request::Waiting)? {
            Reply::Waiting(waiting) => Ok(waiting),
            Reply::Set(_) => mismatch(),
        }
    }
}

impl<B: Backend> Default for Event<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
