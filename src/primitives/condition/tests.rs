//! The plain sequential cases.

use super::*;
use crate::{
    backend::{AtomicBool, Std},
    primitives::Lock,
};
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn misuse_is_refused() {
    let condition = Condition::<Std>::new();
    assert_eq!(condition.wait(), Err(NotHeld::Wait));
    assert_eq!(condition.wait_timeout(Duration::ZERO), Err(NotHeld::Wait));
    assert_eq!(condition.wait_for(|| true), Err(NotHeld::Wait));
    assert_eq!(condition.wait_for_timeout(Duration::ZERO, || true), Err(NotHeld::Wait));
    assert_eq!(condition.notify(1), Err(NotHeld::Notify));
    assert_eq!(condition.notify_all(), Err(NotHeld::Notify));
    assert!(!condition.locked());
}

#[test]
fn a_timed_wait_gives_up_every_level_and_takes_them_back() {
    let condition = Condition::<Std>::new();
    condition.acquire();
    condition.acquire();
    let short = Duration::from_millis(1);
    assert_eq!(condition.wait_timeout(short), Ok(false));
    assert_eq!(condition.wait_for_timeout(short, || false), Ok(false));
    assert_eq!(condition.wait_for_timeout(Duration::ZERO, || true), Ok(true));
    assert_eq!(condition.wait_for(|| true), Ok(()));
    assert_eq!([condition.release(), condition.release()], [Ok(()), Ok(())]);
    assert!(!condition.locked());
}

#[test]
fn a_condition_over_a_plain_lock() {
    let lock = Arc::new(Lock::<Std>::new());
    let condition = Condition::<Std, _>::over(Arc::clone(&lock));
    let held = lock.lock();
    assert_eq!(condition.notify(3), Ok(()));
    assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
    drop(held);
    assert_eq!(condition.notify_all(), Err(NotHeld::Notify));
}

#[test]
fn a_timed_wait_for_a_predicate_sees_it_come_true() {
    let shared = Arc::new((Condition::<Std>::new(), AtomicBool::<Std>::new(false)));
    let held = shared.0.lock();
    let notifier = {
        let shared = Arc::clone(&shared);
        Std::spawn("notifier", move || {
            let _held = shared.0.lock();
            shared.1.store(true, SeqCst);
            shared.0.notify(1)
        })
    };
    assert_eq!(shared.0.wait_for_timeout(Duration::MAX, || shared.1.load(SeqCst)), Ok(true));
    drop(held);
    assert_eq!(notifier.join(), Ok(Ok(())));
}
