//! Wakers: when a task is taken up again.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use raceproof::future::{AtomicWaker, block_on, spawn, yield_now};
use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{Assumption, Explorer, FailureKind, thread};

use super::{BOTH, fails, holds};

/// A flag that a task waits for; registers its waker before it looks, or after.
pub(super) fn wait_for_flag(registers_first: bool) {
    let shared = Arc::new((AtomicBool::new(false), AtomicWaker::new()));
    let theirs = Arc::clone(&shared);
    let other = spawn(async move {
        theirs.0.store(true, SeqCst);
        theirs.1.wake();
    });
    block_on(poll_fn(|context| {
        if registers_first {
            shared.1.register(context.waker());
        }
        if shared.0.load(SeqCst) {
            return Poll::Ready(());
        }
        if !registers_first {
            shared.1.register(context.waker());
        }
        Poll::Pending
    }));
    block_on(other).unwrap();
}

#[test]
fn a_waker_is_registered_before_the_look() {
    holds(&Explorer::new(), || wait_for_flag(true));
    let [failure, _] = fails(&Explorer::new(), "deadlock", || wait_for_flag(false));
    assert_eq!(failure.message, "`main` waits for its waker");
    let drawn = failure.to_string();
    assert!(drawn.contains("✗ waits for its waker (wakes.rs:"), "{drawn}");
    assert!(!drawn.contains("abort"), "{drawn}");
}

#[test]
fn lanes_tell_who_wakes_whom() {
    let [failure, _] = fails(&Explorer::new(), "woken", || {
        let task = spawn(async {});
        block_on(task).unwrap();
        panic!("woken");
    });
    assert_eq!(failure.kind, FailureKind::Assertion);
    let [failure, _] = fails(&Explorer::new(), "after the wake", || {
        let slot = Arc::new(Mutex::named("slot", None::<Waker>));
        let theirs = Arc::clone(&slot);
        thread::spawn(move || {
            let waker = theirs.lock().unwrap().take();
            waker.into_iter().for_each(Waker::wake);
        });
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            assert!(polls == 1, "after the wake");
            *slot.lock().unwrap() = Some(context.waker().clone());
            Poll::<()>::Pending
        }));
    });
    let drawn = failure.to_string();
    assert!(drawn.contains("wakes main") && drawn.contains("is woken"), "{drawn}");
}

/// Polls twice, and says whether the second poll came of the wake.
fn poll_until_woken() {
    let woken = Arc::new(AtomicBool::new(false));
    let mut polls = 0;
    block_on(poll_fn(|context| {
        polls += 1;
        if polls == 1 {
            let (theirs, waker) = (Arc::clone(&woken), context.waker().clone());
            thread::spawn(move || {
                theirs.store(true, SeqCst);
                waker.wake();
            });
            return Poll::Pending;
        }
        assert!(woken.load(SeqCst), "for no reason");
        Poll::Ready(())
    }));
}

#[test]
fn polls_come_for_no_reason_on_demand() {
    holds(&Explorer::new(), poll_until_woken);
    let spurious = Explorer::new().spurious_wakeups(true).memory(raceproof::Memory::Sequential);
    let failure = spurious.expect_failure("for no reason", poll_until_woken);
    assert!(failure.to_string().contains("wakes for no reason"), "{failure}");
    holds(&Explorer::new().spurious_wakeups(true), || wait_for_flag(true));
}

#[test]
fn a_proof_assumes_that_no_poll_comes_for_no_reason() {
    let assumed = |explorer: Explorer| explorer.check(|| wait_for_flag(true)).assumptions;
    assert_eq!(assumed(Explorer::new()), [Assumption::NoSpuriousWakeups]);
    assert_eq!(assumed(Explorer::new().spurious_wakeups(true)), [Assumption::RareSpuriousWakeups]);
    assert_eq!(Explorer::new().check(|| block_on(async {})).assumptions, []);
}

#[test]
fn a_wake_that_comes_while_the_task_is_polled_is_kept() {
    holds(&Explorer::new(), || {
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
        }));
    });
}

#[test]
fn a_clone_wakes_the_same_task() {
    holds(&Explorer::new(), || {
        let mut first = true;
        block_on(poll_fn(|context| {
            let waker = context.waker().clone();
            assert!(waker.will_wake(context.waker()));
            thread::spawn(move || waker.wake_by_ref());
            if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
        }));
    });
}

#[test]
fn a_waker_that_is_left_is_a_leak() {
    let forgets = |forgets: bool| {
        move || {
            block_on(poll_fn(|context| {
                let waker = context.waker().clone();
                if forgets {
                    std::mem::forget(waker);
                }
                Poll::Ready(())
            }));
        }
    };
    let leaks = Explorer::new().leaks(true);
    holds(&leaks, forgets(false));
    fails(&leaks, "leak", forgets(true));
}

#[test]
fn a_loop_that_yields_waits_for_a_change() {
    let waits_for = |wanted: usize| {
        move || {
            let count = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&count);
            let other = spawn(async move { theirs.store(1, SeqCst) });
            block_on(async {
                while count.load(SeqCst) != wanted {
                    yield_now().await;
                }
                other.await.unwrap();
            });
        }
    };
    holds(&Explorer::new(), waits_for(1));
    for memory in BOTH {
        Explorer::new().memory(memory).expect_failure("livelock", waits_for(2));
    }
}

#[test]
fn a_yield_lets_the_other_futures_of_its_task_go_on() {
    holds(&Explorer::new(), || {
        let flag = std::cell::Cell::new(false);
        let mut looks = Box::pin(async {
            while !flag.get() {
                yield_now().await;
            }
        });
        let mut polls = 0;
        block_on(poll_fn(|context| {
            let looked = looks.as_mut().poll(context);
            polls += 1;
            flag.set(polls == 3);
            looked
        }));
    });
}

#[test]
fn outside_of_a_model_tasks_are_threads_of_the_system() {
    wait_for_flag(true);
    let counted = Arc::new(AtomicUsize::new(0));
    let tasks = [(); 4].map(|()| {
        let counted = Arc::clone(&counted);
        spawn(async move {
            yield_now().await;
            counted.fetch_add(1, SeqCst)
        })
    });
    let mut sum = 0;
    for task in tasks {
        sum += block_on(task).unwrap();
    }
    assert_eq!((sum, counted.load(SeqCst)), (6, 4));
    let never = spawn(std::future::pending::<()>());
    never.abort();
    assert!(block_on(never).unwrap_err().is_cancelled());
}
