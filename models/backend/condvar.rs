//! Condition variables: a notification wakes threads that wait already, one or all, and a timed wait
//! can time out.

use super::{programs, suite};
use raceproof_suite::{
    backend::{
        AtomicUsize, Backend,
        Capability::{AnyWaiter, Timeouts},
        Condvar, Mutex,
        execution::outcome,
        join_all,
    },
    program::{Scenario, Variant},
};
use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

pub(crate) static SUITE: Scenario = suite(
    "backend-condvar",
    &[
        Variant::new("hand-over", &HandOver, "").outcomes(&["7"]),
        Variant::new("notify-with-nobody-waiting", &NotifyFirst, "").deadlocks("waits for ready"),
        Variant::new("notify-one-wakes-one", &NotifyOneOfTwo, "").deadlocks("waits for ready"),
        Variant::new("notify-all-wakes-all", &NotifyAllOfTwo, ""),
        Variant::new("any-waiter", &AnyOfTwo, "").outcomes(&["0", "1"]).needs(&[AnyWaiter]),
        Variant::new("timed-out", &TimedOut, "").needs(&[Timeouts]),
        Variant::new("timed-or-notified", &TimedOrNotified, "")
            .outcomes(&["notified", "timed out"])
            .needs(&[Timeouts]),
        Variant::new("timeout-wakes-nobody-else", &TimeoutWakesOne, "")
            .deadlocks("waits for ready")
            .needs(&[Timeouts]),
        Variant::new("wait-timeout-while", &WaitTimeoutWhile, "").needs(&[Timeouts]),
    ],
);

/// A flag and its condition variable.
pub(crate) struct Gate<B: Backend> {
    pub(crate) open: Mutex<B, bool>,
    pub(crate) ready: Condvar<B>,
}

impl<B: Backend> Gate<B> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { open: Mutex::named("open", false), ready: Condvar::named("ready") })
    }

    /// Waits for one notification, whether or not the gate is open. Spurious wake-ups, which native
    /// backends allow, are waited through.
    fn pass(&self, waiting: &AtomicUsize<B>) {
        let mut open = self.open.lock();
        waiting.fetch_add(1, SeqCst);
        while !*open {
            open = self.ready.wait(open);
        }
    }
}

programs! {
    HandOver<B> {
        let slot = Arc::new((Mutex::<B, _>::new(None), Condvar::<B>::new()));
        let other = Arc::clone(&slot);
        let child = B::spawn("giver", move || {
            *other.0.lock() = Some(7);
            other.1.notify_one();
        });
        let mut value = slot.1.wait_while(slot.0.lock(), |value| value.is_none());
        outcome(value.take().unwrap());
        drop(value);
        child.join().unwrap();
    }

    NotifyFirst<B> {
        let gate = Gate::<B>::new();
        gate.ready.notify_one();
        gate.ready.notify_all();
        let guard = gate.open.lock();
        drop(gate.ready.wait_while(guard, |open| !*open));
    }

    NotifyOneOfTwo<B> {
        two_waiters::<B>(|gate| gate.ready.notify_one());
    }

    NotifyAllOfTwo<B> {
        two_waiters::<B>(|gate| gate.ready.notify_all());
    }

    AnyOfTwo<B> {
        let gate = Gate::<B>::new();
        let order = Arc::new((AtomicUsize::<B>::new(0), AtomicUsize::<B>::new(9)));
        let waiters: Vec<_> = (0..2).map(|n| {
            let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
            let (waiting, go) = (Arc::clone(&gate), Arc::clone(&order));
            let child = B::spawn(format!("waiter {n}"), move || {
                let mut guard = gate.open.lock();
                order.0.fetch_add(1, SeqCst);
                while order.1.load(SeqCst) == 9 {
                    guard = gate.ready.wait(guard);
                    if order.1.load(SeqCst) == 9 {
                        order.1.store(n, SeqCst);
                    }
                }
            });
            // Waiter 0 waits before waiter 1 is even started.
            while go.0.load(SeqCst) <= n {
                B::yield_now();
            }
            drop(waiting.open.lock());
            child
        }).collect();
        gate.ready.notify_one();
        while order.1.load(SeqCst) == 9 {
            B::yield_now();
        }
        outcome(order.1.load(SeqCst));
        gate.ready.notify_all();
        join_all(waiters);
    }

    TimedOut<B> {
        let gate = Gate::<B>::new();
        let (_guard, timed_out) = gate.ready.wait_timeout(gate.open.lock(), Duration::from_millis(1));
        assert!(timed_out, "no thread notifies");
    }

    TimedOrNotified<B> {
        let gate = Gate::<B>::new();
        let other = Arc::clone(&gate);
        let child = B::spawn("notifier", move || {
            *other.open.lock() = true;
            other.ready.notify_one();
        });
        let (guard, timed_out) = gate.ready.wait_timeout_while(
            gate.open.lock(),
            Duration::from_micros(50),
            |open| !*open,
        );
        assert_eq!(*guard, !timed_out);
        outcome(if timed_out { "timed out" } else { "notified" });
        drop(guard);
        child.join().unwrap();
    }

    TimeoutWakesOne<B> {
        let gate = Gate::<B>::new();
        let other = Arc::clone(&gate);
        let child = B::spawn("waiter", move || other.pass(&AtomicUsize::new(0)));
        drop(gate.ready.wait_timeout(gate.open.lock(), Duration::from_millis(1)));
        child.join().unwrap();
    }

    WaitTimeoutWhile<B> {
        let gate = Gate::<B>::new();
        let wait = |timeout| gate.ready.wait_timeout_while(gate.open.lock(), timeout, |open| !*open);
        assert!(wait(Duration::ZERO).1);
        assert!(wait(Duration::from_millis(1)).1);
        *gate.open.lock() = true;
        assert!(!wait(Duration::ZERO).1);
    }
}

/// Opens the gate for two threads that certainly both wait, and joins them.
fn two_waiters<B: Backend>(notify: fn(&Gate<B>)) {
    let gate = Gate::<B>::new();
    let waiting = Arc::new(AtomicUsize::<B>::new(0));
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let (gate, waiting) = (Arc::clone(&gate), Arc::clone(&waiting));
            B::spawn("waiter", move || gate.pass(&waiting))
        })
        .collect();
    while waiting.load(SeqCst) < 2 {
        B::yield_now();
    }
    // A thread that has counted itself holds the mutex until it waits.
    *gate.open.lock() = true;
    notify(&gate);
    join_all(waiters);
}
