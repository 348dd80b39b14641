//! A customer waits for money, is woken when it comes, and goes home without taking it.
//!
//! `take` first refused when there was too little: `if balance < amount { return }`. Later a wait
//! was put in front of the `return`, and the `return` stayed. Now a customer who comes too early
//! waits for the deposit, wakes, and leaves the method: the balance is never lowered, and the
//! caller, who got no error, hands out the money. If the deposit comes first all is well, so every
//! test that sets up the account before it withdraws passes.
//!
//! Being woken does not mean that the work is done. After a wait, start again: look, and act if the
//! condition holds. The loop `while not enough { wait }; take` does just that, and is the only form
//! in which to write a wait.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "return-after-wait",
    group: Group::Bank,
    lesson: "Being woken does not mean that the work is done: look again, then act",
    source: include_str!("return_after_wait.rs"),
    variants: &[
        Variant::new(
            "return",
            &Return { customers: 1 },
            "The customer who had to wait leaves when woken, and the money stays in the account.",
        )
        .fails(FailureKind::Assertion, "withdrawal lost")
        .outcomes(&["0", "100"])
        .swept(sizes!(Return { customers: 1..=3 })),
        Variant::new(
            "retry-loop",
            &RetryLoop { customers: 1 },
            "The woken customer tests the balance again, and takes the money if it is there.",
        )
        .outcomes(&["0"])
        .sized(&[
            (Engine::Dpor, &RetryLoop { customers: 4 }),
            (Engine::Loom, &RetryLoop { customers: 2 }),
        ])
        .swept(sizes!(RetryLoop { customers: 1..=4 })),
    ],
};

struct Account<B: Backend> {
    balance: Mutex<B, i64>,
    funded: Condvar<B>,
}

impl<B: Backend> Account<B> {
    fn empty() -> Arc<Self> {
        Arc::new(Self { balance: Mutex::named("account", 0), funded: Condvar::named("funded") })
    }

    fn put(&self, amount: i64) {
        *self.balance.lock() += amount;
        self.funded.notify_all();
    }

    /// Every customer has withdrawn 100, and as much was paid in.
    fn check(&self) {
        let balance = *self.balance.lock();
        outcome(balance);
        assert_eq!(balance, 0, "withdrawal lost");
    }
}

#[derive(Debug)]
struct Return {
    customers: i64,
}

impl Program for Return {
    fn run<B: Backend>(&self) {
        let account = Account::<B>::empty();
        let customers: Vec<_> = (0..self.customers)
            .map(|n| {
                let body = sharing(&account, |account: &Account<B>| {
                    let mut balance = account.balance.lock();
                    if *balance < 100 {
                        let _woken = account.funded.wait(balance);
                        return;
                    }
                    *balance -= 100;
                });
                B::spawn(format!("customer {n}"), body)
            })
            .collect();
        account.put(100 * self.customers);
        join_all(customers);
        account.check();
    }
}

#[derive(Debug)]
struct RetryLoop {
    customers: i64,
}

impl Program for RetryLoop {
    fn run<B: Backend>(&self) {
        let account = Account::<B>::empty();
        let customers: Vec<_> = (0..self.customers)
            .map(|n| {
                let body = sharing(&account, |account: &Account<B>| {
                    let mut balance = account.balance.lock();
                    while *balance < 100 {
                        balance = account.funded.wait(balance);
                    }
                    *balance -= 100;
                });
                B::spawn(format!("customer {n}"), body)
            })
            .collect();
        account.put(100 * self.customers);
        join_all(customers);
        account.check();
    }
}
