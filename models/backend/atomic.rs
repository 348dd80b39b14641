//! Atomics: each operation is one step, with std's meaning, and orderings count where an engine has weak
//! memory.

use super::{programs, suite};
use raceproof_suite::{
    backend::{
        Atomic, AtomicBool, AtomicI64, AtomicUsize, AtomicValue, Backend,
        Capability::{AnyWaiter, WeakMemory},
        execution::outcome,
        join_all,
    },
    program::{Program, Scenario, Variant},
};
use std::sync::{
    Arc,
    atomic::Ordering::{self, Relaxed, SeqCst},
};

pub(crate) static SUITE: Scenario = suite(
    "backend-atomic",
    &[
        Variant::new("operations", &Operations, ""),
        Variant::new("indivisible", &Indivisible, "").outcomes(&["2"]),
        Variant::new("one-winner", &OneWinner, "").outcomes(&["1"]),
        Variant::new("store-buffering", &StoreBuffering { order: SeqCst }, "")
            .needs(&[AnyWaiter])
            .outcomes(&["0, 1", "1, 0", "1, 1"]),
        Variant::new("store-buffering-relaxed", &StoreBuffering { order: Relaxed }, "")
            .needs(&[WeakMemory])
            .outcomes(&["0, 0", "0, 1", "1, 0", "1, 1"]),
    ],
);

fn swaps<B: Backend, V: AtomicValue + PartialEq>(a: V, b: V) {
    let atomic = Atomic::<B, V>::new(a);
    assert_eq!(atomic.load(SeqCst), a);
    atomic.store(b, SeqCst);
    assert_eq!(atomic.swap(a, SeqCst), b);
    assert_eq!(atomic.compare_exchange(b, a, SeqCst, SeqCst), Err(a));
    assert_eq!(atomic.compare_exchange(a, b, SeqCst, SeqCst), Ok(a));
    assert_eq!(atomic.load(SeqCst), b);
}

programs! {
    Operations<B> {
        swaps::<B, bool>(false, true);
        swaps::<B, i64>(-1, i64::MAX);
        swaps::<B, usize>(0, usize::MAX);
        let signed = AtomicI64::<B>::new(i64::MAX);
        assert_eq!(signed.fetch_add(1, SeqCst), i64::MAX);
        assert_eq!(signed.fetch_sub(1, SeqCst), i64::MIN);
        assert_eq!(signed.load(SeqCst), i64::MAX);
        let unsigned = AtomicUsize::<B>::new(0);
        assert_eq!(unsigned.fetch_sub(2, SeqCst), 0);
        assert_eq!(unsigned.fetch_add(5, SeqCst), usize::MAX - 1);
        assert_eq!(unsigned.load(SeqCst), 3);
    }

    Indivisible<B> {
        let count = Arc::new(AtomicI64::<B>::new(0));
        join_all((0..2).map(|_| {
            let count = Arc::clone(&count);
            B::spawn("adder", move || { count.fetch_add(1, Relaxed); })
        }));
        outcome(count.load(Relaxed));
    }

    OneWinner<B> {
        let flag = Arc::new(AtomicBool::<B>::new(false));
        let won = join_all((0..2).map(|_| {
            let flag = Arc::clone(&flag);
            B::spawn("racer", move || flag.compare_exchange(false, true, SeqCst, SeqCst).is_ok())
        }));
        outcome(won.into_iter().filter(|&won| won).count());
    }
}

#[derive(Debug)]
struct StoreBuffering {
    order: Ordering,
}

impl Program for StoreBuffering {
    fn run<B: Backend>(&self) {
        let (load, store) = match self.order {
            SeqCst => (SeqCst, SeqCst),
            _ => (Relaxed, Relaxed),
        };
        let flags = Arc::new([AtomicI64::<B>::named("x", 0), AtomicI64::named("y", 0)]);
        let seen = join_all((0..2).map(|n| {
            let flags = Arc::clone(&flags);
            B::spawn(format!("thread {n}"), move || {
                flags[n].store(1, store);
                flags[1 - n].load(load)
            })
        }));
        outcome(seen[0]);
        outcome(seen[1]);
    }
}
