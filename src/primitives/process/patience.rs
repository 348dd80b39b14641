//! How long to wait, and for which client.

use super::native::socket::Connection;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long to wait for something that is not there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::primitives) enum Patience {
    None,
    For(Duration),
    Endless,
}

/// How often a call that blocks for another process checks whether that process still waits for it.
const GLANCE: Duration = Duration::from_millis(50);

/// The maker of a request.
pub(in crate::primitives) enum Client<'a> {
    /// A thread of the process that owns the object, or of a checked program: it makes the call itself.
    Here,
    /// Another process, for which a thread of this one makes the call.
    Afar(&'a Connection),
}

impl Patience {
    /// Does what belongs to this patience.
    pub(in crate::primitives) fn choose<T>(
        self,
        at_once: impl FnOnce() -> T,
        timed: impl FnOnce(Duration) -> T,
        endless: impl FnOnce() -> T,
    ) -> T {
        match self {
            Self::None => at_once(),
            Self::For(timeout) => timed(timeout),
            Self::Endless => endless(),
        }
    }
}

impl Client<'_> {
    /// Whether the client still waits for the answer.
    pub(in crate::primitives) fn is_there(&self) -> bool {
        match self {
            Self::Here => true,
            Self::Afar(connection) => connection.is_open(),
        }
    }

    /// Attempts a call that may block, with limited patience, until it succeeds, `patience` is used up or
    /// the client is gone. `blocked` counts the attempts that failed only for lack of time.
    pub(in crate::primitives) fn wait<T>(
        &self,
        patience: Patience,
        mut attempt: impl FnMut(Patience) -> T,
        blocked: impl Fn(&T) -> bool,
    ) -> T {
        if let (Self::Here, _) | (_, Patience::None) = (self, patience) {
            return attempt(patience);
        }
        let end = match patience {
            Patience::For(timeout) => Instant::now().checked_add(timeout),
            _ => None,
        };
        loop {
            let left = end.map_or(GLANCE, |end| end.saturating_duration_since(Instant::now()));
            let result = attempt(Patience::For(left.min(GLANCE)));
            if !blocked(&result) || left.is_zero() || !self.is_there() {
                return result;
            }
        }
    }

    /// Waits until `attempt` has acquired something, as [`wait`](Self::wait) does; returns whether it has. If the
    /// client is gone by then, no other process would give that back, so `give_back` does.
    #[track_caller]
    pub(in crate::primitives) fn acquire<R>(
        &self,
        patience: Patience,
        attempt: impl FnMut(Patience) -> bool,
        give_back: impl FnOnce() -> R,
    ) -> bool {
        let acquired = self.wait(patience, attempt, |acquired| !acquired);
        if acquired && !self.is_there() {
            // It may have been given back by another.
            let _ = give_back();
        }
        acquired
    }
}
