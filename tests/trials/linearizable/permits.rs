//! Locks and semaphores: a number of permits.

use super::MOMENT;
use raceproof::{
    linearizable,
    linearizable::Checked,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};
use raceproof_suite::{
    backend::Dpor,
    primitives::{BoundedSemaphore, Lock},
};
use std::mem;

pub(super) fn lock() -> Checked {
    linearizable! { @clients
        object: Lock<Dpor> = Lock::new();
        spec: bool = false;
        fn acquire(&self) { waits: |held| (!*held).then(|| *held = true) }
        fn try_acquire(&self) -> bool { spec: |held| !mem::replace(held, true) }
        // The time limit may pass just before the release.
        fn acquire_timeout(&self, limit in [MOMENT]) -> bool { spec: |held| !mem::replace(held, true) }
        fn release(&self) -> bool { spec: mem::take, does: |lock| lock.release().is_ok() }
        fn locked(&self) -> bool { spec: |held| *held }
    }
    .check()
}

pub(super) fn semaphore() -> Checked {
    const MOST: usize = 2;
    fn take(left: &mut usize) -> bool {
        let some = *left > 0;
        *left -= usize::from(some);
        some
    }
    linearizable! { @clients
        object: BoundedSemaphore<Dpor> = BoundedSemaphore::new(MOST);
        spec: usize = MOST;
        fn acquire(&self) { waits: |left| take(left).then_some(()) }
        fn try_acquire(&self) -> bool { spec: take }
        fn acquire_timeout(&self, limit in [MOMENT]) -> bool { spec: take }
        fn release(&self) -> bool {
            spec: |left| { let some = *left < MOST; *left += usize::from(some); some },
            does: |semaphore| semaphore.release().is_ok()
        }
        fn permits(&self) -> usize { spec: |left| *left }
    }
    .check()
}

/// A lock whose check and whose change are two steps, which must be rejected.
pub(super) fn torn() -> Result<(), String> {
    let checked = linearizable! { @clients
        object: AtomicBool = AtomicBool::new(false);
        spec: bool = false;
        fn try_acquire(&self) -> bool {
            spec: |held| !mem::replace(held, true),
            does: |lock| { let held = lock.load(SeqCst); lock.store(true, SeqCst); !held }
        }
        fn locked(&self) -> bool { spec: |held| *held, does: |lock| lock.load(SeqCst) }
    }
    .check();
    match &checked.counterexample {
        Some(found) if found.operations == 2 => Ok(()),
        _ => Err(checked.to_string()),
    }
}
