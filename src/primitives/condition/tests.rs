//! The plain sequential cases.

use super::*;
use crate::{backend::Std, primitives::Lock};

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
