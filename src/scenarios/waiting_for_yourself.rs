//! A thread waits for money in an empty account. It is the thread that would have paid the money
//! in.
//!
//! `take` waits until the account is funded: with a condition variable, correctly, in a loop. `put`
//! wakes the waiters. Both are right. But the program calls `take(100)` and *then* `put(100)`, in
//! one thread, and never reaches the second line. A wait relies on another thread to act; here
//! there is no other thread. The same happens to a consumer that fills its own queue, a task that
//! waits for a task of the same single worker, and an event loop that blocks in a callback.
//!
//! With two threads the order in which they start does not matter: that is the purpose of the wait.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "waiting-for-yourself",
    group: Group::Bank,
    lesson: "A wait needs another thread that acts: no thread can wait for its own next line",
    source: include_str!("waiting_for_yourself.rs"),
    variants: &[
        Variant::new(
            "one-thread",
            &OneThread { amount: 100 },
            "The thread waits for the money that it would pay in itself on the next line.",
        )
        .deadlocks("waits for funded")
        .swept(sizes!(OneThread { amount: [100] })),
        Variant::new(
            "two-threads",
            &TwoThreads { takers: 1 },
            "In either order, the taker finds the money or is woken when it comes.",
        )
        .outcomes(&["0"])
        .sized(&[(Engine::Dpor, &TwoThreads { takers: 3 })])
        .swept(sizes!(TwoThreads { takers: 1..=3 })),
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

    /// Waits until there is enough, and takes it.
    fn take(&self, amount: i64) {
        let mut balance = self.balance.lock();
        while *balance < amount {
            balance = self.funded.wait(balance);
        }
        *balance -= amount;
    }

    fn put(&self, amount: i64) {
        *self.balance.lock() += amount;
        self.funded.notify_all();
    }
}

#[derive(Debug)]
struct OneThread {
    amount: i64,
}

impl Program for OneThread {
    fn run<B: Backend>(&self) {
        let amount = self.amount;
        let body = sharing(&Account::empty(), move |account: &Account<B>| {
            account.take(amount);
            account.put(amount);
        });
        B::spawn("customer", body).join().expect("no panic");
    }
}

#[derive(Debug)]
struct TwoThreads {
    takers: usize,
}

impl Program for TwoThreads {
    fn run<B: Backend>(&self) {
        let account = Account::<B>::empty();
        let takers: Vec<_> = (0..self.takers)
            .map(|n| B::spawn(format!("taker {n}"), sharing(&account, |account| account.take(100))))
            .collect();
        for _ in 0..self.takers {
            account.put(100);
        }
        join_all(takers);
        outcome(*account.balance.lock());
    }
}
