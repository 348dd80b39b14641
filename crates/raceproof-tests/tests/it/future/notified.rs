//! `Notify`.

use std::pin::pin;

use raceproof::Explorer;
use raceproof::future::{Notify, block_on, spawn};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::{fails, holds};

fn shared() -> [Arc<Notify>; 2] {
    let notify = Arc::new(Notify::new());
    [Arc::clone(&notify), notify]
}

#[test]
fn one_is_kept_and_two_are_one() {
    let notifies = |times: usize| {
        move || {
            let notify = Notify::new();
            for _ in 0..times {
                notify.notify_one();
            }
            block_on(async {
                notify.notified().await;
                if times == 2 {
                    notify.notified().await;
                }
            });
        }
    };
    holds(&Explorer::new(), notifies(1));
    fails(&Explorer::new(), "deadlock", notifies(2));
}

#[test]
fn a_notification_of_all_is_not_kept() {
    let model = |makes_first: bool| {
        move || {
            let [notify, theirs] = shared();
            let early = makes_first.then(|| notify.notified());
            let other = spawn(async move { theirs.notify_waiters() });
            block_on(async {
                match early {
                    Some(early) => early.await,
                    None => notify.notified().await,
                }
                other.await.unwrap();
            });
        }
    };
    holds(&Explorer::new(), model(true));
    fails(&Explorer::new(), "deadlock", model(false));
}

#[test]
fn one_wakes_one_and_all_wake_all() {
    let model = |all: bool| {
        move || {
            let [notify, theirs] = shared();
            let waiters = [notify.notified(), notify.notified()];
            let other =
                spawn(
                    async move { if all { theirs.notify_waiters() } else { theirs.notify_one() } },
                );
            block_on(async {
                for waiter in waiters {
                    waiter.await;
                }
                other.await.unwrap();
            });
        }
    };
    holds(&Explorer::new(), model(true));
    fails(&Explorer::new(), "deadlock", model(false));
}

#[test]
fn a_waiter_that_is_dropped_passes_its_notification_on() {
    let model = |notifications: usize| {
        move || {
            let notify = Notify::new();
            let mut first = Box::pin(notify.notified());
            let mut second = pin!(notify.notified());
            assert!(!first.as_mut().enable() && !second.as_mut().enable());
            for _ in 0..notifications {
                notify.notify_one();
            }
            drop(first);
            block_on(second);
        }
    };
    holds(&Explorer::new(), model(1));
    holds(&Explorer::new(), model(2));
    fails(&Explorer::new(), "deadlock", model(0));
}

#[test]
fn a_cancelled_waiter_takes_no_notification_with_it() {
    holds(&Explorer::new().cancellation(true), || {
        let [notify, theirs] = shared();
        let task = spawn(async move {
            theirs.notified().await;
            theirs.notify_one();
        });
        notify.notify_one();
        // Whoever takes it gives it back, unless it is cancelled before it has taken it.
        _ = block_on(task);
        block_on(notify.notified());
    });
}

#[test]
fn enabled_before_the_look_it_misses_nothing() {
    let model = |enables: bool| {
        move || {
            let shared = Arc::new((Notify::new(), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = spawn(async move {
                theirs.1.store(true, SeqCst);
                theirs.0.notify_waiters();
            });
            block_on(async {
                loop {
                    if enables {
                        let mut notified = pin!(shared.0.notified());
                        notified.as_mut().enable();
                        if shared.1.load(SeqCst) {
                            break;
                        }
                        notified.await;
                    } else {
                        if shared.1.load(SeqCst) {
                            break;
                        }
                        shared.0.notified().await;
                    }
                }
                other.await.unwrap();
            });
        }
    };
    holds(&Explorer::new(), model(true));
    fails(&Explorer::new(), "deadlock", model(false));
}
