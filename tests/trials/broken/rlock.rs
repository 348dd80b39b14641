//! Broken reentrant locks.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex, ThreadId},
    contracts::rlock::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    FIRST_RELEASE_FREES: "excludes" Assertion "lost the last level",
    ANYBODY_RELEASES: "owner-only" Assertion "another thread's lock",
    NO_NOTIFY: "one-after-another" Deadlock "released",
    ONE_LEVEL_GIVEN_UP: "saved-and-restored" Deadlock "`other` waits for released",
    ONE_LEVEL_RESTORED: "saved-and-restored" Assertion "held at another depth",
    OWNER_WAITS: "excludes" Deadlock "released",
    TAKEN_ANYWAY: "timed" Assertion "lost by its owner",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = RLock<B>;
}

/// The owner, and the number of levels it holds.
type State = (Option<ThreadId>, usize);

struct RLock<B: Backend> {
    state: Mutex<B, State>,
    released: Condvar<B>,
}

impl<B: Backend> RLock<B> {
    fn blocked(state: &State) -> bool {
        let foreign = state.0.is_some_and(|owner| owner != B::current().id());
        foreign || (made(OWNER_WAITS) && state.1 > 0)
    }

    fn acquire_levels(&self, levels: usize) {
        let mut state = self.released.wait_while(self.state.lock(), |state| Self::blocked(state));
        *state = (Some(B::current().id()), state.1 + levels);
    }

    fn release_levels(&self, levels: Option<usize>) -> Option<usize> {
        let mut state = self.state.lock();
        let mine = state.0 == Some(B::current().id()) || made(ANYBODY_RELEASES);
        let depth = Some(state.1).filter(|&depth| mine && depth > 0)?;
        state.1 -= levels.unwrap_or(depth);
        if made(FIRST_RELEASE_FREES) {
            state.1 = 0;
        }
        if state.1 == 0 {
            state.0 = None;
            if !made(NO_NOTIFY) {
                self.released.notify_one();
            }
        }
        Some(depth)
    }
}

impl<B: Backend> Subject for RLock<B> {
    type Saved = usize;

    fn new() -> Self {
        Self { state: Mutex::new((None, 0)), released: Condvar::named("released") }
    }

    fn acquire(&self) {
        self.acquire_levels(1);
    }

    fn try_acquire(&self) -> bool {
        let mut state = self.state.lock();
        if Self::blocked(&state) {
            return false;
        }
        *state = (Some(B::current().id()), state.1 + 1);
        true
    }

    fn acquire_timeout(&self) -> bool {
        let blocked = |state: &mut State| Self::blocked(state);
        let moment = Duration::from_millis(1);
        let (mut state, timed_out) =
            self.released.wait_timeout_while(self.state.lock(), moment, blocked);
        if !timed_out || made(TAKEN_ANYWAY) {
            *state = (Some(B::current().id()), state.1 + 1);
        }
        !timed_out
    }

    fn release(&self) -> bool {
        self.release_levels(Some(1)).is_some()
    }

    fn release_all(&self) -> Option<usize> {
        self.release_levels((made(ONE_LEVEL_GIVEN_UP)).then_some(1))
    }

    fn restore(&self, depth: usize) {
        self.acquire_levels(if made(ONE_LEVEL_RESTORED) { 1 } else { depth });
    }
}
