//! Trying again before falling asleep, where threads are real: to be put to sleep and woken takes longer than
//! most of what a thread waits for.
//!
//! All of it changes nothing but when a thread comes, and to come later is a schedule that an exploring
//! environment has anyway: what is proved without patience holds with it.

use super::{Backend, Mutex, MutexGuard, execution};
use std::{
    hint,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

/// How soon a thread looks again for what it lacks.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// At once, and then ever later: what comes is wanted the moment it is there.
    Soon,
    /// Not before others had time to do a good deal, or came to a halt themselves: there will be the more,
    /// and to look in between takes the value from the processor that works on it.
    Late,
}

/// How often a thread tries again.
const ATTEMPTS: u32 = 10;
/// Before so many of these it spins, for twice as long each time; then it lets others run.
const SPINNING: u32 = 6;
/// How long a thread spins that found a mutex taken: it leaves the other to work undisturbed rather than to
/// have the value go back and forth between their processors with each operation.
const STAND_BACK: u32 = 64;
/// How long a thread spins that looks late.
const LATE: u32 = 128;

/// How often a thread came to a halt for want of something that a mutex's value lacked. To the others that wait
/// it is the sign that theirs may be there.
#[derive(Default)]
pub(super) struct Halts(AtomicU32);

impl Halts {
    /// Whether a thread ever came to one.
    #[inline]
    fn any(&self) -> bool {
        self.0.load(Relaxed) > 0
    }

    /// Counts one more, and says how many there are.
    fn add(&self) -> u32 {
        self.0.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Spins for a while, as long as there are `known`. Returns how many there are.
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
    /// Blocks until the raw mutex is free, and takes it.
    #[track_caller]
    #[inline]
    pub(super) fn take(&self) -> B::Guard<'_, T> {
        // To try costs more than to lock, so it is kept for where threads wait for each other.
        if B::PATIENT && self.halts.any() {
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
    /// Gives the mutex away and takes it again, a few times at most, as long as `blocked` is true.
    #[track_caller]
    #[inline]
    pub(crate) fn linger(self, look: Look, blocked: impl Fn(&T) -> bool) -> Self {
        // Whoever looks at a record wants to see none of this.
        if !B::PATIENT || execution::records::<B>() {
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

/// A moment for others, before the next attempt.
fn pause(attempt: u32) {
    if attempt < SPINNING {
        (0..1 << attempt).for_each(|_| hint::spin_loop());
    } else {
        thread::yield_now();
    }
}
