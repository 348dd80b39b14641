//! The recording of native executions, which have no checker that runs one thread at a time.

use super::{Event, History};
use crate::backend::Backend;
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// Whether native executions are recorded in this process, which orders their threads.
static NATIVE: AtomicBool = AtomicBool::new(false);
/// Makes a native operation and its record one step for other threads.
static STEP: Mutex<()> = Mutex::new(());
/// The limit of the record of a native execution, which may run for any time.
const MOST: usize = 100_000;

/// Whether operations are recorded. Natively only the program `raceproof` asks for that; a library without
/// it skips the check.
#[inline]
pub(in crate::backend) fn records<B: Backend>() -> bool {
    B::engine().is_recorded()
        || cfg!(feature = "cli") && B::engine().is_native() && NATIVE.load(Relaxed)
}

/// From now on native executions of this process are recorded. This is for an execution that is
/// shown, not checked: its threads do one thing at a time.
pub(crate) fn record_native() {
    NATIVE.store(true, Relaxed);
}

/// A native operation that never blocks, done while this is held, is recorded in the order in which it was
/// done.
#[inline]
pub(in crate::backend) fn step<B: Backend>() -> Option<MutexGuard<'static, ()>> {
    (!B::engine().is_recorded() && records::<B>()).then(begin_step)
}

#[cold]
fn begin_step() -> MutexGuard<'static, ()> {
    dawdle();
    STEP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A short program may end before two of its threads have met; now and then a pause makes them meet.
pub(super) fn dawdle() {
    if fastrand::u8(..4) == 0 {
        thread::sleep(Duration::from_micros(50));
    }
}

/// Adds to the record, unless the record is full.
pub(super) fn push(history: &mut History, event: Event) {
    if history.events.len() < MOST || !NATIVE.load(Relaxed) {
        history.events.push(event);
    }
}
