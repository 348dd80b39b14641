//! Parking, built once for all backends from a mutex and a condition variable.
//!
//! The checkers' own parking differs: loom's wakes a thread that waits on a condition variable, and
//! has no step for an unpark.

use super::{Backend, Condvar, Mutex};
use std::sync::OnceLock;

/// A thread's token: `unpark` makes it available, `park` waits for it and takes it.
pub(super) struct Parker<B: Backend>(OnceLock<Token<B>>);

struct Token<B: Backend> {
    /// Whether there has been an unpark since the last park.
    available: Mutex<B, bool>,
    changed: Condvar<B>,
}

impl<B: Backend> Default for Parker<B> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<B: Backend> Parker<B> {
    /// The token, created when it is first needed: most threads never park.
    fn token(&self) -> &Token<B> {
        self.0.get_or_init(|| Token {
            available: Mutex::named("park token", false),
            changed: Condvar::named("unparked"),
        })
    }

    #[track_caller]
    pub(super) fn park(&self) {
        let token = self.token();
        let mut available = token.available.lock();
        while !*available {
            available = token.changed.wait(available);
        }
        *available = false;
    }

    #[track_caller]
    pub(super) fn unpark(&self) {
        let token = self.token();
        // The token is set under the mutex under which `park` tests it, so the thread either sees
        // the token or is already waiting.
        *token.available.lock() = true;
        token.changed.notify_one();
    }
}
