//! Putters add 50 to an account as long as it holds at most 100; takers take 20 as long as it holds
//! at least 100. A thread that has changed the balance wakes one waiting thread.
//!
//! At first sight no thread can be stuck: below 100 the putters may act, above 100 the takers, at
//! 100 both, and each change wakes a thread. But it wakes *some* thread, not one that can act.
//! Suppose takers wait because the balance is low, and a putter comes to wait because it is high.
//! Now both kinds wait on the same condition, left over from different balances. A change that only
//! one kind can use may wake the other, which looks, and waits again, silently. The wake-up is
//! spent, and the thread that could have gone on sleeps forever.
//!
//! The number of threads and rounds that this takes is hard to guess, so the checker tried the
//! sizes. The smallest program that hangs when one thread is woken, and not when all are, has two
//! putters and two takers with two rounds each. Most other sizes hang whatever is notified, by
//! plain arithmetic: if four times 50 go in and only two times 20 come out, the last putter finds
//! 110 and no taker left.
//!
//! Waking all threads cures the lost wake-up. So would two conditions, "not too low" and "not too
//! high", because each then has one kind of waiter. Only other numbers cure the arithmetic.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "thresholds",
    group: Group::Conditions,
    lesson: "Waiters from different states share a condition: one wake-up may reach the wrong one",
    source: include_str!("thresholds.rs"),
    variants: &[
        Variant::new(
            "notify-one",
            &NotifyOne(Sizes { putters: 2, puts: 2, takers: 2, takes: 2 }),
            "A change wakes a thread that cannot use it, while the one that could sleeps on.",
        )
        .deadlocks("waits for balance changed")
        .sized(&[(Engine::Loom, &NotifyOne(Sizes { putters: 1, puts: 2, takers: 1, takes: 1 }))])
        .missed_by(&[(
            Engine::Loom,
            "four threads with two rounds each are too many for it, and fewer are never stuck",
        )]),
        Variant::new(
            "too-few-takes",
            &NotifyAll(Sizes { putters: 2, puts: 2, takers: 2, takes: 1 }),
            "The balance stays at 110, too high for the last putter, and no taker is left.",
        )
        .deadlocks("waits for balance changed"),
        Variant::new(
            "notify-all",
            &NotifyAll(Sizes { putters: 2, puts: 2, takers: 2, takes: 2 }),
            "All threads are woken, so those that can act at the new balance do.",
        )
        .outcomes(&["120"])
        .sized(&[(Engine::Loom, &NotifyAll(Sizes { putters: 1, puts: 2, takers: 1, takes: 1 }))]),
    ],
};

#[derive(Clone, Copy, Debug)]
struct Sizes {
    putters: i64,
    puts: i64,
    takers: i64,
    takes: i64,
}

struct Account<B: Backend> {
    balance: Mutex<B, i64>,
    changed: Condvar<B>,
}

impl<B: Backend> Account<B> {
    /// Changes the balance by `amount` when `allowed`, and wakes waiters with `wake`.
    fn change(&self, allowed: fn(i64) -> bool, amount: i64, wake: fn(&Condvar<B>)) {
        let mut balance = self.balance.lock();
        while !allowed(*balance) {
            balance = self.changed.wait(balance);
        }
        *balance += amount;
        wake(&self.changed);
    }

    fn run(sizes: Sizes, wake: fn(&Condvar<B>)) {
        let (balance, changed) = (Mutex::named("balance", 0), Condvar::named("balance changed"));
        let account = Arc::new(Self { balance, changed });
        let Sizes { putters, puts, takers, takes } = sizes;
        let putters = (0..putters).map(|n| {
            let body = sharing(&account, move |account| {
                (0..puts).for_each(|_| account.change(|balance| balance <= 100, 50, wake));
            });
            B::spawn(format!("putter {n}"), body)
        });
        let takers = (0..takers).map(|n| {
            let body = sharing(&account, move |account| {
                (0..takes).for_each(|_| account.change(|balance| balance >= 100, -20, wake));
            });
            B::spawn(format!("taker {n}"), body)
        });
        join_all(putters.chain(takers).collect::<Vec<_>>());
        outcome(*account.balance.lock());
    }
}

#[derive(Debug)]
struct NotifyOne(Sizes);

impl Program for NotifyOne {
    fn run<B: Backend>(&self) {
        Account::<B>::run(self.0, |changed| changed.notify_one());
    }
}

#[derive(Debug)]
struct NotifyAll(Sizes);

impl Program for NotifyAll {
    fn run<B: Backend>(&self) {
        Account::<B>::run(self.0, |changed| changed.notify_all());
    }
}
