//! Shared ownership.
#![allow(unsafe_code)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread;

use super::fails_with;

#[test]
fn a_forgotten_owner_is_a_leak() {
    fails_with("leak", || std::mem::forget(Arc::new(1)));
}

#[test]
fn owners_are_counted() {
    loom::model(|| {
        let mut mine = Arc::new(1);
        *Arc::get_mut(&mut mine).unwrap() += 1;
        let theirs = Arc::clone(&mine);
        assert_eq!(Arc::strong_count(&mine), 2);
        let other = thread::spawn(move || Arc::try_unwrap(theirs).is_ok());
        let mine = Arc::try_unwrap(mine).is_ok();
        // Both may find that the other still has it.
        assert!(!(mine && other.join().unwrap()));
    });
}

#[test]
fn an_owner_is_a_pointer() {
    loom::model(|| {
        let value = Arc::into_raw(Arc::new(AtomicBool::new(false)));
        // SAFETY: it is of `into_raw`, and each owner is dropped once.
        let (one, other) = unsafe {
            Arc::increment_strong_count(value);
            (Arc::from_raw(value), Arc::from_raw(value))
        };
        let other = thread::spawn(move || other.store(true, SeqCst));
        other.join().unwrap();
        assert!(one.load(SeqCst));
    });
}

#[test]
fn an_owner_of_an_unsized_value_is_made_of_std_s() {
    loom::model(|| {
        let value: Arc<dyn Fn() -> u32> = Arc::from_std(std::sync::Arc::new(|| 5));
        assert_eq!(value(), 5);
        assert_eq!(*Arc::pin(6), 6);
    });
}
