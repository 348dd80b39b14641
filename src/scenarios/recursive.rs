//! A method that holds its object's lock calls another method of the same object, which takes the
//! lock too.
//!
//! `withdraw` locks the account. Later `withdraw_with_fee` is added: it locks the account so that
//! the amount and the fee go together, and reuses `withdraw`, as good style demands. With a plain
//! lock the inner call waits forever for the outer one to release. Each method is right on its own;
//! the problem is that nothing in the signature of `withdraw` says that it locks.
//!
//! With a reentrant lock the inner call goes through, and its release does not free the lock: the
//! lock is free only after the *last* release, so an auditor never sees the amount gone and the fee
//! still there. The other fix, common in Rust, is to split the method: a private one that expects
//! the lock to be held, and a public one that takes it.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, execution::outcome},
    primitives::{Lock, RLock},
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "recursive",
    group: Group::Bank,
    lesson: "A method that locks cannot call another that locks, unless the lock is reentrant",
    source: include_str!("recursive.rs"),
    variants: &[
        Variant::new(
            "lock",
            &WithLock { amount: 100, fee: 10 },
            "`withdraw` waits for the lock that `withdraw_with_fee` holds, in the same thread.",
        )
        .deadlocks("waits for account released")
        .swept(sizes!(WithLock { amount: [100], fee: [10] })),
        Variant::new(
            "rlock",
            &WithRLock { auditors: 1 },
            "The inner call goes one level deeper and back, and the auditor waits for the outer \
             release.",
        )
        .outcomes(&["890", "1000"])
        .sized(&[(Engine::Dpor, &WithRLock { auditors: 3 })])
        .swept(sizes!(WithRLock { auditors: 1..=3 })),
    ],
};

#[derive(Debug)]
struct WithLock {
    amount: i64,
    fee: i64,
}

struct Account<B: Backend> {
    lock: Lock<B>,
    balance: AtomicI64<B>,
}

impl<B: Backend> Account<B> {
    fn withdraw(&self, amount: i64) {
        let _held = self.lock.lock();
        self.balance.fetch_sub(amount, SeqCst);
    }

    fn withdraw_with_fee(&self, amount: i64, fee: i64) {
        let _held = self.lock.lock();
        self.withdraw(amount);
        self.withdraw(fee);
    }
}

impl Program for WithLock {
    fn run<B: Backend>(&self) {
        let (lock, balance) = (Lock::named("account"), AtomicI64::named("balance", 1000));
        let account = Arc::new(Account::<B> { lock, balance });
        let (amount, fee) = (self.amount, self.fee);
        let body = sharing(&account, move |account| account.withdraw_with_fee(amount, fee));
        B::spawn("customer", body).join().expect("no panic");
    }
}

#[derive(Debug)]
struct WithRLock {
    auditors: usize,
}

struct Reentrant<B: Backend> {
    lock: RLock<B>,
    balance: AtomicI64<B>,
}

impl<B: Backend> Reentrant<B> {
    fn withdraw(&self, amount: i64) {
        let _held = self.lock.lock();
        self.balance.fetch_sub(amount, SeqCst);
    }

    fn withdraw_with_fee(&self, amount: i64, fee: i64) {
        let _held = self.lock.lock();
        self.withdraw(amount);
        self.withdraw(fee);
    }

    fn audit(&self) -> i64 {
        let _held = self.lock.lock();
        self.balance.load(SeqCst)
    }
}

impl Program for WithRLock {
    fn run<B: Backend>(&self) {
        let (lock, balance) = (RLock::named("account"), AtomicI64::named("balance", 1000));
        let account = Arc::new(Reentrant::<B> { lock, balance });
        let body = sharing(&account, |account: &Reentrant<B>| account.withdraw_with_fee(100, 10));
        let customer = B::spawn("customer", body);
        let auditors: Vec<_> = (0..self.auditors)
            .map(|n| B::spawn(format!("auditor {n}"), sharing(&account, Reentrant::audit)))
            .collect();
        for auditor in auditors {
            let seen = auditor.join().expect("no panic");
            outcome(seen);
            assert!([890, 1000].contains(&seen), "the amount without the fee: {seen}");
        }
        customer.join().expect("no panic");
        assert!(!account.lock.locked(), "a level was not released");
    }
}
