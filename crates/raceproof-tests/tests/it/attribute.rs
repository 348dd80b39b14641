//! Tests made by `#[raceproof::test]`.

use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::thread;

fn increment_twice(increment: fn(&AtomicU32)) {
    let count = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&count);
    let other = thread::spawn(move || increment(&theirs));
    increment(&count);
    other.join().unwrap();
    assert_eq!(count.load(SeqCst), 2, "lost update");
}

#[raceproof_macros::test]
fn the_body_is_a_model() {
    increment_twice(|count| {
        count.fetch_add(1, SeqCst);
    });
}

#[raceproof_macros::test(should_fail = "lost update (left: 1, right: 2)")]
fn a_failure_may_be_wanted() {
    increment_twice(|count| count.store(count.load(SeqCst) + 1, SeqCst));
}

#[raceproof_macros::test(preemptions = 0)]
fn a_bound_may_be_enough() {
    increment_twice(|count| count.store(count.load(SeqCst) + 1, SeqCst));
}

#[raceproof_macros::test(max_executions = 1)]
fn a_few_executions_may_be_enough() {
    increment_twice(|count| count.store(count.load(SeqCst) + 1, SeqCst));
}

#[raceproof_macros::test(spurious, should_fail = "no item")]
fn waits_may_wake_for_no_reason() {
    let shared = Arc::new((Mutex::new(None), Condvar::new()));
    let theirs = Arc::clone(&shared);
    let producer = thread::spawn(move || {
        *theirs.0.lock().unwrap() = Some(1);
        theirs.1.notify_one();
    });
    let mut item = shared.0.lock().unwrap();
    if item.is_none() {
        item = shared.1.wait(item).unwrap();
    }
    item.take().expect("no item");
    drop(item);
    producer.join().unwrap();
}

#[raceproof_macros::test(readers_pass)]
fn readers_may_be_known_to_pass() {
    let lock = Arc::new(RwLock::new(0));
    let theirs = Arc::clone(&lock);
    let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
    let (first, second) = (lock.read().unwrap(), lock.read().unwrap());
    drop((first, second));
    writer.join().unwrap();
}
