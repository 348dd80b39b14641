//! Two customers withdraw 600 each from an account that holds 1000.
//!
//! Each looks at the balance first and takes the money only if there is enough. One after the other,
//! the second is refused. But if both look before either takes, both see 1000, both find it enough,
//! and the account ends at -200: an *overdraft* that no line of the program allows. The check was
//! right when it was made and out of date when it was acted upon. This pattern, *check then act*, is
//! behind double bookings, oversold stock and many security holes (time of check, time of use).
//!
//! The subtraction is already atomic, and that does not help. The check and the act must be one
//! critical section, so that nothing changes between them.

use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "withdraw",
    group: Group::Bank,
    lesson: "A check is worth nothing if another thread can act before you do",
    source: include_str!("withdraw.rs"),
    variants: &[
        Variant::new(
            "unlocked",
            &Unlocked { customers: 2, balance: 1000, amount: 600 },
            "Both customers see 1000 before either has taken anything.",
        )
        .fails(FailureKind::Assertion, "overdraft")
        .outcomes(&["400", "-200"])
        .swept(
            sizes!(Unlocked { customers: 1..=2, balance: [1000], amount: [600] } if customers > 1),
        ),
        Variant::new(
            "locked",
            &Locked { customers: 2, balance: 1000, amount: 600 },
            "The balance cannot change between the check and the withdrawal: both hold the lock.",
        )
        .outcomes(&["400"])
        .sized(&[
            (Engine::Dpor, &Locked { customers: 5, balance: 1000, amount: 600 }),
            (Engine::Loom, &Locked { customers: 3, balance: 1000, amount: 600 }),
        ])
        .swept(sizes!(Locked { customers: 1..=3, balance: [1000], amount: [600] })),
    ],
};

fn check(balance: i64) {
    outcome(balance);
    assert!(balance >= 0, "overdraft: the balance is {balance}");
}

#[derive(Debug)]
struct Unlocked {
    customers: usize,
    balance: i64,
    amount: i64,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let balance = Arc::new(AtomicI64::<B>::named("balance", self.balance));
        let amount = self.amount;
        join_all((0..self.customers).map(|n| {
            let balance = Arc::clone(&balance);
            B::spawn(format!("customer {n}"), move || {
                if balance.load(SeqCst) >= amount {
                    balance.fetch_sub(amount, SeqCst);
                }
            })
        }));
        check(balance.load(SeqCst));
    }
}

#[derive(Debug)]
struct Locked {
    customers: usize,
    balance: i64,
    amount: i64,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let balance = Arc::new(Mutex::<B, _>::named("balance", self.balance));
        let amount = self.amount;
        join_all((0..self.customers).map(|n| {
            let balance = Arc::clone(&balance);
            B::spawn(format!("customer {n}"), move || {
                let mut balance = balance.lock();
                if *balance >= amount {
                    *balance -= amount;
                }
            })
        }));
        check(*balance.lock());
    }
}
