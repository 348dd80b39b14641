//! Trying again before falling asleep, on real threads: putting a thread to sleep and waking it takes longer
//! than most waits.
//!
//! This changes only when a thread comes. An exploring environment explores later arrivals anyway, so a
//! proof without patience also holds with it.

use super::{Backend, Mutex, MutexGuard, execution};
use std::{
    hint,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

/// How soon a thread looks again.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// At once, and then ever later: an item is wanted the moment it is there.
    Soon,
    /// Not before other threads had time to do a good deal, or halted themselves: there will be more to
    /// take, and a look in between moves the value away from the processor that works on it.
    Late,
}

/// How often a thread tries again.
const ATTEMPTS: u32 = 10;
/// Up to this many attempts it spins, twice as long each time; after that it yields.
const SPINNING: u32 = 6;
/// How long a thread spins that found a mutex locked. The other thread then works undisturbed, and the
/// value does not move between their processors with each operation.
const STAND_BACK: u32 = 64;
/// How long a thread spins that looks late.
const LATE: u32 = 128;

/// How often a thread halted because a mutex's value was not as it needed. For other waiting threads it is a
/// sign that the value they need may be there.
#[derive(Default)]
pub(super) struct Halts(AtomicU32);

impl Halts {
    /// Whether a thread ever halted.
    #[inline]
    fn any(&self) -> bool {
        self.0.load(Relaxed) > 0
    }

    /// Counts one more, and returns the count.
    fn add(&self) -> u32 {
        self.0.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Spins for a while, as long as the count is `known`. Returns the count.
    fn watch(&self, known: u32) -> u32 {
        for _ in 0..LATE {
            hint::spin_loop();
            let halts = self.0.load(Relaxed);
            if halts != known {
                return halts;
            }
        }
        known
    }
}

impl<B: Backend, T: Send> Mutex<B, T> {
    /// Blocks until the raw mutex is free, and locks it.
    #[track_caller]
    #[inline]
    pub(super) fn take(&self) -> B::Guard<'_, T> {
        // A try costs more than a lock, so it is used only where threads wait for each other.
        if B::engine().is_native() && self.halts.any() {
            return B::raw_try_lock(&self.raw).unwrap_or_else(|| self.take_later());
        }
        B::raw_lock(&self.raw)
    }

    #[cold]
    fn take_later(&self) -> B::Guard<'_, T> {
        for _ in 0..ATTEMPTS {
            (0..STAND_BACK).for_each(|_| hint::spin_loop());
            if let Some(guard) = B::raw_try_lock(&self.raw) {
                return guard;
            }
        }
        B::raw_lock(&self.raw)
    }
}

impl<B: Backend, T: Send> MutexGuard<'_, B, T> {
    /// Unlocks and locks the mutex again, a few times at most, while `blocked` is true.
    #[track_caller]
    #[inline]
    pub(crate) fn linger(self, look: Look, blocked: impl Fn(&T) -> bool) -> Self {
        // A reader of a record does not want to see this.
        if !B::engine().is_native() || execution::records::<B>() {
            return self;
        }
        let halts = &self.mutex.halts;
        let mut known = halts.add();
        match look {
            Look::Soon => self.retry(blocked, pause),
            Look::Late => self.retry(blocked, |_| known = halts.watch(known)),
        }
    }

    #[track_caller]
    #[inline]
    fn retry(mut self, blocked: impl Fn(&T) -> bool, mut pause: impl FnMut(u32)) -> Self {
        for attempt in 0..ATTEMPTS {
            if !blocked(&self) {
                break;
            }
            let mutex = self.mutex;
            drop(self);
            pause(attempt);
            self = mutex.lock();
        }
        self
    }
}

/// A moment for other threads, before the next attempt.
fn pause(attempt: u32) {
    if attempt < SPINNING {
        (0..1 << attempt).for_each(|_| hint::spin_loop());
    } else {
        thread::yield_now();
    }
}
