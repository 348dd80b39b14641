//! The mirror outside of a model, on real threads.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use raceproof::parking_lot::{
    Condvar, Mutex, MutexGuard, ReentrantMutex, RwLock, RwLockUpgradableReadGuard,
};
use raceproof::sync::Arc;
use raceproof::thread;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(5);

#[test]
fn mutexes_and_condition_variables() {
    let shared = Arc::new((Mutex::new(0), Condvar::new()));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || {
        for _ in 0..1_000 {
            *theirs.0.lock() += 1;
        }
        assert_eq!(theirs.1.notify_all(), 1);
        assert!(theirs.1.notify_one());
    });
    let mut count = shared.0.lock();
    assert!(shared.0.try_lock_for(SHORT).is_none());
    assert!(shared.1.wait_for(&mut count, SHORT).timed_out() || *count > 0);
    assert!(!shared.1.wait_while_for(&mut count, |count| *count < 1_000, LONG).timed_out());
    MutexGuard::unlocked(&mut count, || assert!(shared.0.try_lock_for(LONG).is_some()));
    assert_eq!(*MutexGuard::map(count, |count| count), 1_000);
    other.join().unwrap();
}

#[test]
fn read_write_locks() {
    let lock = Arc::new(RwLock::new(0));
    let threads = [(); 4].map(|()| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || {
            for _ in 0..100 {
                let looked = lock.upgradable_read();
                let before = *looked;
                *RwLockUpgradableReadGuard::upgrade(looked) = before + 1;
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*lock.read(), 400);
    assert!(lock.try_write_for(LONG).is_some());
}

#[test]
fn reentrant_mutexes() {
    let mutex = Arc::new(ReentrantMutex::new(AtomicUsize::new(0)));
    let threads = [(); 4].map(|()| {
        let mutex = Arc::clone(&mutex);
        thread::spawn(move || {
            for _ in 0..100 {
                let first = mutex.lock();
                let before = first.load(SeqCst);
                mutex.lock().store(before + 1, SeqCst);
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(mutex.lock().load(SeqCst), 400);
}
