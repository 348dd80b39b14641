//! A flag that threads wait for.
//!
//! Unlike a [`Condition`](super::Condition) it has a state: a thread that waits after it was set does
//! not block.

use crate::{
    backend::{Backend, Condvar, Mutex},
    primitives::waiting,
};
use std::{borrow::Cow, fmt, time::Duration};

/// A flag that one thread sets and others wait for.
///
/// Like Python's `threading.Event`. A set wakes every thread that waits at that moment, even if the
/// flag is cleared again before those threads run. std has no equivalent.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Event};
/// use std::time::Duration;
///
/// let ready = Event::<Std>::new();
/// assert!(!ready.wait_timeout(Duration::ZERO));
/// ready.set();
/// ready.wait();
/// ready.clear();
/// assert!(!ready.is_set());
/// ```
pub struct Event<B: Backend> {
    state: Mutex<B, State>,
    /// The flag has been set.
    was_set: Condvar<B>,
}

#[derive(Default)]
struct State {
    set: bool,
    /// The number of times the flag went from clear to set. A waiter that sees this number change
    /// was waiting during a set, even if the flag is clear again by then.
    sets: u64,
    /// How many threads are in a wait, woken ones included until they run.
    waiting: usize,
}

impl State {
    fn waiters(&mut self) -> &mut usize {
        &mut self.waiting
    }
}

impl<B: Backend> Event<B> {
    /// A flag that is not set.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// assert!(!Event::new().is_set());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("event")
    }

    /// A flag that is not set and that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// let ready = Event::named("ready");
    /// assert!(format!("{ready:?}").contains("ready"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            was_set: Condvar::named(format!("{name} was set")),
            state: Mutex::named(name, State::default()),
        }
    }

    /// Sets the flag and wakes every thread that waits for it. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Event};
    /// # use std::sync::Arc;
    /// let ready = Arc::new(Event::new());
    /// let other = Arc::clone(&ready);
    /// let waiter = Std::spawn("waiter", move || other.wait());
    /// ready.set();
    /// assert_eq!(waiter.join(), Ok(()));
    /// ```
    #[track_caller]
    pub fn set(&self) {
        let mut state = self.state.lock();
        if state.set {
            return;
        }
        state.set = true;
        state.sets += 1;
        // A thread that waits counted itself under the mutex before this set, and sees that `sets`
        // has changed; a thread that comes later sees the flag.
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.was_set.notify_all();
        }
    }

    /// Clears the flag: from now on threads wait for the next set. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// let ready = Event::new();
    /// ready.set();
    /// ready.clear();
    /// assert!(!ready.is_set());
    /// ```
    #[track_caller]
    pub fn clear(&self) {
        self.state.lock().set = false;
    }

    /// Whether the flag is set at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// let ready = Event::new();
    /// ready.set();
    /// assert!(ready.is_set());
    /// ```
    #[track_caller]
    pub fn is_set(&self) -> bool {
        self.state.lock().set
    }

    /// How many threads wait at this moment; those that were woken count until they run.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// let ready = Event::new();
    /// assert_eq!(ready.n_waiting(), 0);
    /// ```
    #[track_caller]
    pub fn n_waiting(&self) -> usize {
        self.state.lock().waiting
    }

    /// Blocks until the flag is set. Returns at once if it is set already.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// let ready = Event::new();
    /// ready.set();
    /// ready.wait();
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        let state = self.state.lock();
        if state.set {
            return;
        }
        let seen = state.sets;
        let unchanged = |state: &State| state.sets == seen;
        drop(waiting::wait_while(&self.was_set, state, State::waiters, unchanged));
    }

    /// Blocks until the flag is set, for at most `timeout`, and returns whether it was set.
    ///
    /// ```
    /// # use raceproof_suite::native::Event;
    /// # use std::time::Duration;
    /// let ready = Event::new();
    /// assert!(!ready.wait_timeout(Duration::from_millis(1)));
    /// ready.set();
    /// assert!(ready.wait_timeout(Duration::ZERO));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let (state, waiters) = (self.state.lock(), State::waiters);
        if state.set {
            return true;
        }
        let seen = state.sets;
        let unchanged = |state: &State| state.sets == seen;
        !waiting::wait_timeout_while(&self.was_set, state, timeout, waiters, unchanged).1
    }

    /// How often it has been set, unless it is set now.
    #[track_caller]
    pub(in crate::primitives) fn sets_unless_set(&self) -> Option<u64> {
        let state = self.state.lock();
        (!state.set).then_some(state.sets)
    }

    /// Blocks for at most `timeout` until it has been set once more than `seen`; returns whether it was.
    #[track_caller]
    pub(in crate::primitives) fn wait_past(&self, seen: u64, timeout: Duration) -> bool {
        let (state, waiters) = (self.state.lock(), State::waiters);
        let unchanged = |state: &State| state.sets == seen;
        !waiting::wait_timeout_while(&self.was_set, state, timeout, waiters, unchanged).1
    }
}

impl<B: Backend> Default for Event<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> fmt::Debug for Event<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    #[test]
    fn a_set_event_lets_all_pass_until_cleared() {
        let event = Event::<Std>::new();
        assert!(!event.is_set());
        assert!(!event.wait_timeout(Duration::from_millis(1)));
        event.set();
        event.set();
        event.wait();
        assert!(event.wait_timeout(Duration::ZERO));
        event.clear();
        assert!(!event.wait_timeout(Duration::ZERO));
    }
}
