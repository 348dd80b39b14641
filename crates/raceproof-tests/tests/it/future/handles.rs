//! Handles to tasks: results, panics, aborts.

use std::future::pending;

use raceproof::future::{block_on, spawn, yield_now};
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{Explorer, cell::UnsafeCell, outcome};

use super::{fails, holds, outcomes};

#[test]
fn a_handle_returns_what_its_task_comes_to() {
    holds(&Explorer::new(), || {
        let tasks = [1, 2].map(|n| spawn(async move { n }));
        block_on(async {
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            assert_eq!(sum, 3);
        });
    });
}

#[test]
fn the_end_of_a_task_orders_memory() {
    let model = |awaits: bool| {
        move || {
            let cell = Arc::new(UnsafeCell::new(0));
            let theirs = Arc::clone(&cell);
            let task = spawn(async move { theirs.write(1) });
            if awaits {
                block_on(task).unwrap();
            }
            _ = cell.read();
        }
    };
    holds(&Explorer::new(), model(true));
    fails(&Explorer::new(), "data race", model(false));
}

#[test]
fn a_panic_comes_back_through_the_handle_or_fails() {
    let panics = || spawn(async { panic!("ouch") });
    holds(&Explorer::new(), || {
        let error = block_on(panics()).unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled());
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "ouch");
    });
    fails(&Explorer::new(), "ouch", || panics().detach());
    fails(&Explorer::new(), "ouch", || block_on(panics()).unwrap());
}

#[test]
fn a_task_that_waits_for_ever_is_a_deadlock() {
    fails(&Explorer::new(), "deadlock", || spawn(pending::<()>()).detach());
    holds(&Explorer::new(), || spawn(async {}).detach());
}

#[test]
fn an_abort_comes_before_any_poll_or_at_a_wait() {
    let model = || {
        let reached = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&reached);
        let task = spawn(async move {
            theirs.store(1, SeqCst);
            yield_now().await;
            theirs.store(2, SeqCst);
        });
        task.abort();
        let result = block_on(task);
        outcome(format!("{} {}", reached.load(SeqCst), result.is_ok()));
    };
    assert_eq!(outcomes(&Explorer::new(), model), ["0 false", "1 false", "2 true"]);
}

#[test]
fn an_abort_after_the_end_changes_nothing() {
    holds(&Explorer::new(), || {
        let task = spawn(async { 5 });
        let abort = task.abort_handle();
        assert_eq!(block_on(task).unwrap(), 5);
        assert!(abort.is_finished());
        abort.abort();
    });
}

#[test]
fn an_aborted_future_is_dropped_before_its_handle_is_ready() {
    struct Guard(Arc<Mutex<bool>>);
    impl Drop for Guard {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }
    holds(&Explorer::new(), || {
        let dropped = Arc::new(Mutex::new(false));
        let guard = Guard(Arc::clone(&dropped));
        let task = spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        task.abort();
        block_on(task).unwrap_err();
        assert!(*dropped.lock().unwrap());
    });
}

#[test]
fn a_task_may_be_finished_or_not() {
    let model = || {
        let task = spawn(async {});
        outcome(task.is_finished());
        block_on(task).unwrap();
    };
    assert_eq!(outcomes(&Explorer::new(), model), ["false", "true"]);
    fails(&Explorer::new(), "not yet", || {
        let task = spawn(async {});
        assert!(task.is_finished(), "not yet");
    });
}

#[test]
fn a_handle_may_be_awaited_by_another_task() {
    holds(&Explorer::new(), || {
        let inner = spawn(async { 1 });
        let outer = spawn(async move { inner.await.unwrap() + 1 });
        assert_eq!(block_on(outer).unwrap(), 2);
    });
}
