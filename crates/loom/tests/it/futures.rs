//! Futures and wakers.

use std::future::poll_fn;
use std::task::Poll;

use loom::future::{AtomicWaker, block_on};
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::fails_with;

/// A flag that a task waits for; registers its waker before it looks, or after.
fn wait_for_flag(registers_first: bool) {
    let shared = Arc::new((AtomicBool::new(false), AtomicWaker::new()));
    let theirs = shared.clone();
    let other = thread::spawn(move || {
        theirs.0.store(true, SeqCst);
        theirs.1.wake();
    });
    block_on(poll_fn(|context| {
        if registers_first {
            shared.1.register_by_ref(context.waker());
        }
        if shared.0.load(SeqCst) {
            return Poll::Ready(());
        }
        if !registers_first {
            shared.1.register_by_ref(context.waker());
        }
        Poll::Pending
    }));
    other.join().unwrap();
}

#[test]
fn a_waker_that_is_registered_too_late_is_not_woken() {
    loom::model(|| wait_for_flag(true));
    fails_with("deadlock", || wait_for_flag(false));
}

#[test]
fn a_future_may_be_polled_for_no_reason() {
    fails_with("for no reason", || {
        let mut polls = 0;
        let woken = Arc::new(AtomicBool::new(false));
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                let (theirs, waker) = (woken.clone(), context.waker().clone());
                thread::spawn(move || {
                    theirs.store(true, SeqCst);
                    waker.wake();
                });
                return Poll::Pending;
            }
            assert!(woken.load(SeqCst), "for no reason");
            Poll::Ready(())
        }));
    });
}

#[test]
fn a_waker_that_is_left_is_a_leak() {
    fails_with("leak", || {
        block_on(poll_fn(|context| {
            std::mem::forget(context.waker().clone());
            Poll::Ready(())
        }));
    });
}

#[test]
fn a_park_inside_takes_no_wake() {
    loom::model(|| {
        let main = thread::current();
        let slot = Arc::new(Mutex::new(None::<std::task::Waker>));
        let theirs = slot.clone();
        let other = thread::spawn(move || {
            main.unpark();
            if let Some(waker) = theirs.lock().unwrap().take() {
                waker.wake_by_ref();
            }
        });
        let mut first = true;
        block_on(poll_fn(|context| {
            if std::mem::take(&mut first) {
                *slot.lock().unwrap() = Some(context.waker().clone());
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            thread::park();
            Poll::Ready(())
        }));
        other.join().unwrap();
        slot.lock().unwrap().take();
    });
}
