//! What happens once.

use crate::sync;

/// Runs a closure once, as `parking_lot::Once`.
#[derive(Debug)]
pub struct Once(sync::Once);

/// What has become of the closures so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnceState {
    /// None was run.
    New,
    /// One has panicked.
    Poisoned,
    /// One runs.
    InProgress,
    /// One has run to its end.
    Done,
}

impl OnceState {
    /// Did a closure panic?
    pub fn poisoned(self) -> bool {
        self == OnceState::Poisoned
    }

    /// Has one run to its end?
    pub fn done(self) -> bool {
        self == OnceState::Done
    }
}

impl Once {
    /// A `Once` that has not run.
    #[track_caller]
    #[allow(clippy::new_without_default)] // As parking_lot's, which is const.
    pub fn new() -> Self {
        Once(sync::Once::new())
    }

    /// Runs `f` unless a closure has run before; waits for one that runs.
    ///
    /// # Panics
    ///
    /// If an earlier closure panicked.
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        self.0.call_once(f);
    }

    /// As [`call_once`](Self::call_once), also after a panic.
    #[track_caller]
    pub fn call_once_force(&self, f: impl FnOnce(OnceState)) {
        self.0.call_once_force(|state| {
            f(if state.is_poisoned() { OnceState::Poisoned } else { OnceState::New });
        });
    }
}
