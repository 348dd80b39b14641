//! Locks, condition variables, channels, notifications.

use std::time::Duration;

use loom::sync::{Arc, Barrier, Condvar, Mutex, Notify, RwLock, mpsc};
use loom::thread;

use super::fails_with;

#[test]
fn two_locks_in_two_orders_deadlock() {
    fails_with("deadlock", || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = locks.clone();
        thread::spawn(move || {
            let _first = theirs.1.lock().unwrap();
            let _second = theirs.0.lock().unwrap();
        });
        let _first = locks.0.lock().unwrap();
        let _second = locks.1.lock().unwrap();
    });
}

#[test]
fn a_notification_before_the_wait_is_lost() {
    fails_with("deadlock", || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = shared.clone();
        thread::spawn(move || theirs.1.notify_one());
        let guard = shared.0.lock().unwrap();
        drop(shared.1.wait(guard).unwrap());
    });
}

#[test]
fn a_timed_wait_times_out() {
    fails_with("out of time", || {
        let shared = (Mutex::new(()), Condvar::new());
        let guard = shared.0.lock().unwrap();
        let (_guard, result) = shared.1.wait_timeout(guard, Duration::from_secs(1)).unwrap();
        assert!(!result.timed_out(), "out of time");
    });
}

#[test]
fn a_read_write_lock_is_read_by_many() {
    loom::model(|| {
        let lock = Arc::new(RwLock::new(1));
        let theirs = lock.clone();
        let other = thread::spawn(move || *theirs.write().unwrap() += 1);
        let seen = *lock.read().unwrap();
        assert!(seen == 1 || seen == 2);
        other.join().unwrap();
        assert!(lock.try_write().is_ok());
    });
}

#[test]
fn channels_and_barriers_are_there() {
    loom::model(|| {
        let (sender, receiver) = mpsc::channel();
        let barrier = Arc::new(Barrier::new(2));
        let theirs = barrier.clone();
        thread::spawn(move || {
            sender.send(1).unwrap();
            theirs.wait();
        });
        barrier.wait();
        assert_eq!(receiver.try_recv(), Ok(1));
        assert!(receiver.recv().is_err());
    });
}

#[test]
fn a_notification_is_kept() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let theirs = notify.clone();
        thread::spawn(move || theirs.notify());
        notify.wait();
    });
    fails_with("deadlock", || Notify::default().wait());
}
