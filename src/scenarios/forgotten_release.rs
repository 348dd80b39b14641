//! A customer leaves the counter of a bank without giving the lock back.
//!
//! With separate calls of `acquire` and `release`, every way out of the code between them has to
//! release: the normal end, the early return for a refused withdrawal, and the panic in the middle.
//! If one of them is forgotten, the first customer who leaves that way keeps the lock. Nothing
//! happens to that customer. The *next* one waits forever. A forgotten path is rarely taken, so the
//! program runs for weeks before it hangs, and it hangs in a place that is not at fault.
//!
//! A guard releases the lock when it goes out of scope, whichever way that happens, so there is
//! nothing left to forget. Python's `with lock:` does this, and so does every Rust mutex.

use crate::{
    backend::{Arc, Backend, Engine, Mutex, join_all},
    primitives::Lock,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "forgotten-release",
    group: Group::Bank,
    lesson: "A lock that one path forgets to release blocks every later thread",
    source: include_str!("forgotten_release.rs"),
    variants: &[
        Variant::new(
            "no-release",
            &NoRelease { customers: 2 },
            "The first customer never releases, so the second waits forever.",
        )
        .deadlocks("waits for counter released")
        .swept(sizes!(NoRelease { customers: 1..=3 } if customers > 1)),
        Variant::new(
            "release-on-success-only",
            &ReleaseOnSuccessOnly { balance: 1000, amounts: [1200, 300] },
            "The refused customer returns early, past the release.",
        )
        .deadlocks("waits for counter released")
        .swept(sizes!(ReleaseOnSuccessOnly { balance: [1000], amounts: [[1200, 300]] })),
        Variant::new(
            "guard",
            &Guard { amounts: &[1200, 300] },
            "The guard releases on every way out: one customer is refused, one panics, and the \
             next is still served.",
        )
        .sized(&[(Engine::Loom, &Guard { amounts: &[1200] })])
        .swept(sizes!(Guard { amounts: [&[1200][..], &[1200, 300]] })),
    ],
};

#[derive(Debug)]
struct NoRelease {
    customers: usize,
}

impl Program for NoRelease {
    fn run<B: Backend>(&self) {
        let counter = Arc::new(Lock::<B>::named("counter"));
        let balance = Arc::new(Mutex::<B, _>::named("balance", 1000));
        join_all((0..self.customers).map(|n| {
            let (counter, balance) = (Arc::clone(&counter), Arc::clone(&balance));
            B::spawn(format!("customer {n}"), move || {
                counter.acquire();
                *balance.lock() -= 100;
            })
        }));
    }
}

#[derive(Debug)]
struct ReleaseOnSuccessOnly {
    balance: i64,
    amounts: [i64; 2],
}

impl Program for ReleaseOnSuccessOnly {
    fn run<B: Backend>(&self) {
        let counter = Arc::new(Lock::<B>::named("counter"));
        let balance = Arc::new(Mutex::<B, _>::named("balance", self.balance));
        join_all(self.amounts.map(|amount| {
            let (counter, balance) = (Arc::clone(&counter), Arc::clone(&balance));
            B::spawn(format!("customer who wants {amount}"), move || {
                counter.acquire();
                let mut balance = balance.lock();
                if *balance < amount {
                    return;
                }
                *balance -= amount;
                counter.release().expect("acquired above");
            })
        }));
    }
}

#[derive(Debug)]
struct Guard {
    /// What each customer wants, besides the one that panics.
    amounts: &'static [i64],
}

impl Program for Guard {
    fn run<B: Backend>(&self) {
        let counter = Arc::new(Lock::<B>::named("counter"));
        let balance = Arc::new(Mutex::<B, _>::named("balance", 1000));
        let angry = {
            let counter = Arc::clone(&counter);
            B::spawn("angry customer", move || {
                let _held = counter.lock();
                panic!("this is taking too long");
            })
        };
        join_all(self.amounts.iter().map(|&amount| {
            let (counter, balance) = (Arc::clone(&counter), Arc::clone(&balance));
            B::spawn(format!("customer who wants {amount}"), move || {
                let _held = counter.lock();
                let mut balance = balance.lock();
                if *balance < amount {
                    return;
                }
                *balance -= amount;
            })
        }));
        let panicked = angry.join().expect_err("this customer panics");
        assert_eq!(panicked.message, "this is taking too long");
        assert!(!counter.locked(), "a thread left with the lock");
    }
}
