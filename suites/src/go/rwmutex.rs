//! Go's `sync.RWMutex`.

use raceproof_suite::backend::{Backend, Condvar, Mutex};
use std::borrow::Cow;

/// A read-write lock that prefers writers, as Go's does: once a thread waits to write, later readers wait behind
/// it, also those that hold the lock for reading already. When the writer is done, the readers that wait go first.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::RwMutex;
///
/// let lock = RwMutex::<Std>::named("lock");
/// drop((lock.read(), lock.read()));
/// drop(lock.write());
/// ```
#[derive(Debug)]
pub struct RwMutex<B: Backend> {
    state: Mutex<B, State>,
    /// Readers wait here for the writer that was before them.
    readable: Condvar<B>,
    /// The writer whose turn it is waits here for the readers that were before it.
    drained: Condvar<B>,
    /// Writers wait here for their turn.
    turn: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    /// How many threads hold it for reading.
    readers: usize,
    /// How many wait to read.
    waiting: usize,
    /// A thread holds it for writing, or is the next to do so.
    writer: bool,
    /// How often a writer has let it go: a reader that waits is let in with the next change.
    writes: usize,
}

/// Holds a [`RwMutex`] for reading.
#[derive(Debug)]
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct Reading<'a, B: Backend>(&'a RwMutex<B>);

/// Holds a [`RwMutex`] for writing.
#[derive(Debug)]
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct Writing<'a, B: Backend>(&'a RwMutex<B>);

impl<B: Backend> RwMutex<B> {
    /// A free lock of this name.
    #[track_caller]
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            state: Mutex::named(format!("state of {name}"), State::default()),
            readable: Condvar::named(format!("{name} to be readable")),
            drained: Condvar::named(format!("the readers of {name}")),
            turn: Condvar::named(format!("{name} to be writable")),
        }
    }

    /// Locks for reading. Blocks while a thread writes or waits to write.
    #[track_caller]
    pub fn read(&self) -> Reading<'_, B> {
        let mut state = self.state.lock();
        if state.writer {
            state.waiting += 1;
            let writes = state.writes;
            // The writer counts it as a reader when it lets it in.
            drop(self.readable.wait_while(state, |state| state.writes == writes));
        } else {
            state.readers += 1;
        }
        Reading(self)
    }

    /// Locks for writing. Blocks while any other thread holds the lock; from the moment on when only readers are
    /// in the way, later readers wait.
    #[track_caller]
    pub fn write(&self) -> Writing<'_, B> {
        let state = self.state.lock();
        let mut state = self.turn.wait_while(state, |state| state.writer);
        state.writer = true;
        drop(self.drained.wait_while(state, |state| state.readers > 0));
        Writing(self)
    }
}

impl<B: Backend> Drop for Reading<'_, B> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.readers -= 1;
        if state.readers == 0 && state.writer {
            self.0.drained.notify_one();
        }
    }
}

impl<B: Backend> Drop for Writing<'_, B> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.writer = false;
        state.writes += 1;
        state.readers += std::mem::take(&mut state.waiting);
        self.0.readable.notify_all();
        self.0.turn.notify_one();
    }
}
