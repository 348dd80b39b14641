//! Cancellation on demand.

use raceproof::future::{block_on, spawn, yield_now};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, outcome};

use super::{BOTH, fails, holds, outcomes};

fn cancelling() -> Explorer {
    Explorer::new().cancellation(true)
}

/// A task that waits a number of times, and says how far it came.
fn waits(times: usize) {
    let reached = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&reached);
    let task = spawn(async move {
        for n in 0..times {
            theirs.store(n + 1, SeqCst);
            yield_now().await;
        }
        theirs.store(times + 1, SeqCst);
    });
    let result = block_on(task);
    let cancelled = result.is_err_and(|error| error.is_cancelled());
    outcome(format!("{}{}", reached.load(SeqCst), if cancelled { " cancelled" } else { "" }));
}

#[test]
fn a_task_is_dropped_at_each_wait_or_at_none() {
    let every = ["0 cancelled", "1 cancelled", "2 cancelled", "3"];
    for memory in BOTH {
        assert_eq!(outcomes(&Explorer::new().memory(memory), || waits(2)), ["3"]);
        assert_eq!(outcomes(&cancelling().memory(memory), || waits(2)), every);
    }
}

#[test]
fn only_tasks_are_cancelled() {
    holds(&cancelling(), || {
        let mut done = false;
        block_on(async {
            yield_now().await;
            done = true;
        });
        assert!(done);
    });
}

#[test]
fn what_others_do_comes_before_or_after_the_drop() {
    struct Look(Arc<AtomicUsize>);
    impl Drop for Look {
        fn drop(&mut self) {
            outcome(self.0.load(SeqCst));
        }
    }
    let model = || {
        let count = Arc::new(AtomicUsize::new(0));
        let look = Look(Arc::clone(&count));
        let task = spawn(async move {
            let _look = look;
            std::future::pending::<()>().await;
        });
        task.abort();
        count.store(1, SeqCst);
        _ = block_on(task);
    };
    assert_eq!(outcomes(&Explorer::new(), model), ["0", "1"]);
    assert_eq!(outcomes(&cancelling(), model), ["0", "1"]);
}

#[test]
fn the_lanes_say_where_it_is_cancelled() {
    let [failure, _] = fails(&cancelling(), "cancelled", || {
        let task = spawn(async { yield_now().await });
        assert!(block_on(task).is_ok(), "cancelled");
    });
    assert_eq!(failure.kind, FailureKind::Assertion);
    assert!(failure.to_string().contains("chooses to be cancelled here"), "{failure}");
}

#[test]
fn a_panicking_drop_of_a_cancelled_future_is_a_panic() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }
    let model = || {
        let panics = Panics;
        let task = spawn(async move {
            let panics = panics;
            yield_now().await;
            std::mem::forget(panics);
        });
        _ = block_on(task);
    };
    holds(&Explorer::new(), model);
    holds(&cancelling(), model);
    fails(&cancelling(), "in a drop", || {
        let panics = Panics;
        spawn(async move {
            let panics = panics;
            yield_now().await;
            std::mem::forget(panics);
        });
    });
}
