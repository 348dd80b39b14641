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
    sizes,
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
            &NotifyOne { putters: 2, puts: 2, takers: 2, takes: 2 },
            "A change wakes a thread that cannot use it, while the one that could sleeps on.",
        )
        .deadlocks("waits for balance changed")
        .sized(&[(Engine::Loom, &NotifyOne { putters: 1, puts: 2, takers: 1, takes: 1 })])
        .missed_by(&[(
            Engine::Loom,
            "four threads with two rounds each are too many for it, and fewer are never stuck",
        )])
        .swept(sizes!(
            NotifyOne { putters: 1..=2, puts: 1..=2, takers: 1..=2, takes: 1..=2 }
            if may_be_stuck(putters * puts, takers * takes) || putters * puts * takers * takes == 16
        )),
        Variant::new(
            "too-few-takes",
            &NotifyAll { putters: 2, puts: 2, takers: 2, takes: 1 },
            "The balance stays at 110, too high for the last putter, and no taker is left.",
        )
        .deadlocks("waits for balance changed")
        .swept(sizes!(
            NotifyAll { putters: 1..=2, puts: 1..=2, takers: 1..=2, takes: 1..=2 }
            if may_be_stuck(putters * puts, takers * takes)
        )),
        Variant::new(
            "notify-all",
            &NotifyAll { putters: 2, puts: 2, takers: 2, takes: 2 },
            "All threads are woken, so those that can act at the new balance do.",
        )
        .outcomes(&["120"])
        .sized(&[(Engine::Loom, &NotifyAll { putters: 1, puts: 2, takers: 1, takes: 1 })])
        .swept(sizes!(
            NotifyAll { putters: 1..=2, puts: 1..=2, takers: 1..=2, takes: 1..=2 }
            if !may_be_stuck(putters * puts, takers * takes)
        )),
    ],
};

/// May all threads come to wait, whatever is notified: is there an order of so many puts and takes after which
/// none of those left is allowed?
fn may_be_stuck(puts: i64, takes: i64) -> bool {
    let mut next = vec![(0, puts, takes)];
    while let Some((balance, puts, takes)) = next.pop() {
        let (may_put, may_take) = (puts > 0 && balance <= 100, takes > 0 && balance >= 100);
        if puts + takes > 0 && !may_put && !may_take {
            return true;
        }
        next.extend(may_put.then_some((balance + 50, puts - 1, takes)));
        next.extend(may_take.then_some((balance - 20, puts, takes - 1)));
    }
    false
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

    fn run([putters, puts, takers, takes]: [i64; 4], wake: fn(&Condvar<B>)) {
        let (balance, changed) = (Mutex::named("balance", 0), Condvar::named("balance changed"));
        let account = Arc::new(Self { balance, changed });
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
struct NotifyOne {
    putters: i64,
    puts: i64,
    takers: i64,
    takes: i64,
}

impl Program for NotifyOne {
    fn run<B: Backend>(&self) {
        let Self { putters, puts, takers, takes } = *self;
        Account::<B>::run([putters, puts, takers, takes], |changed| changed.notify_one());
    }
}

#[derive(Debug)]
struct NotifyAll {
    putters: i64,
    puts: i64,
    takers: i64,
    takes: i64,
}

impl Program for NotifyAll {
    fn run<B: Backend>(&self) {
        let Self { putters, puts, takers, takes } = *self;
        Account::<B>::run([putters, puts, takers, takes], |changed| changed.notify_all());
    }
}
