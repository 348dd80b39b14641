//! Parking, built once for all backends from a mutex and a condition variable.
//!
//! The checkers' own parking differs: loom's wakes a thread that waits on a condition variable, and
//! has no step for an unpark.

use super::{Backend, Condvar, Engine, Mutex};
use std::{any::Any, sync::OnceLock};

/// A thread's token: `unpark` makes it available, `park` waits for it and takes it. It is a [`Token`] of the
/// thread's backend, created when it is first needed: most threads never park. Under the project's own checker,
/// which sees who makes an object and what orders its use after that, it is there from the beginning.
#[derive(Default)]
pub(super) struct Parker(OnceLock<Box<dyn Any + Send + Sync>>);

struct Token<B: Backend> {
    /// Whether there has been an unpark since the last park.
    available: Mutex<B, bool>,
    changed: Condvar<B>,
}

impl Parker {
    /// That of a thread that another one starts, or of the main thread.
    #[track_caller]
    pub(super) fn new<B: Backend>() -> Self {
        let parker = Self::default();
        if matches!(B::engine(), Engine::Dpor | Engine::C11) {
            parker.token::<B>();
        }
        parker
    }

    fn token<B: Backend>(&self) -> &Token<B> {
        let new = || {
            let (available, changed) =
                (Mutex::named("park token", false), Condvar::named("unparked"));
            Box::new(Token::<B> { available, changed }) as _
        };
        self.0.get_or_init(new).downcast_ref().expect("a thread has one backend")
    }

    #[track_caller]
    pub(super) fn park<B: Backend>(&self) {
        let token = self.token::<B>();
        let mut available = token.available.lock();
        while !*available {
            available = token.changed.wait(available);
        }
        *available = false;
    }

    #[track_caller]
    pub(super) fn unpark<B: Backend>(&self) {
        let token = self.token::<B>();
        // The token is set under the mutex under which `park` tests it, so the thread either sees
        // the token or is already waiting.
        *token.available.lock() = true;
        token.changed.notify_one();
    }
}
