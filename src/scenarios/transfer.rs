//! One thread moves money from account a to account b while another moves some from b to a.
//!
//! A transfer needs both accounts to itself, so it locks both: first the source, then the target.
//! For a→b that is a, then b; for b→a it is b, then a. If each thread gets its first lock before
//! either gets its second, each holds the lock that the other needs, and neither ever releases it:
//! a *deadlock*. A deadlock needs four things at once: locks that exclude each other, threads that
//! hold one while they wait for another, locks that cannot be taken away, and a cycle of waiting
//! threads. Each fix removes one of the four.
//!
//! - *ordered* removes the cycle: every thread locks the account with the smaller number first, so
//!   no two threads can wait for each other. This is the usual answer.
//! - *single-lock* holds nothing while waiting: there is one lock for the whole bank. It is simple,
//!   and no two transfers ever run side by side.
//! - *try-and-back-off* and *timed-acquire* do not hold a lock while they wait, or not forever: a
//!   thread that does not get the second lock releases the first one and tries again, or gives up
//!   after so many attempts: two threads that release and try again in step would go on forever.
//! - *wait-for-graph* lets a manager look for the cycle before a thread enters it, as databases do,
//!   and refuse the request that would close it.
//!
//! Whatever the method, money is neither made nor lost: whenever no transfer is under way, the two
//! balances add up to the initial total.

use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, join_all},
    primitives::Lock,
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::time::Duration;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "transfer",
    group: Group::Bank,
    lesson: "Two locks taken in opposite orders deadlock; taken in one order they cannot",
    source: include_str!("transfer.rs"),
    variants: &[
        Variant::new(
            "opposite-order",
            &OppositeOrder { amount: 100 },
            "Each thread holds the account it takes from and waits for the other account.",
        )
        .deadlocks("`a to b` waits for account b, held by `b to a`")
        .swept(sizes!(OppositeOrder { amount: [100] })),
        Variant::new(
            "ordered",
            &Ordered { transfers: 2 },
            "Both threads lock account a first. The one that holds it gets b too, since a thread \
             without a never holds b.",
        )
        .sized(&[
            (Engine::Dpor, &Ordered { transfers: 5 }),
            (Engine::Loom, &Ordered { transfers: 2 }),
        ])
        .swept(sizes!(Ordered { transfers: 1..=4 })),
        Variant::new(
            "single-lock",
            &SingleLock { transfers: 2 },
            "There is only one lock, so no thread waits while holding another.",
        )
        .sized(&[
            (Engine::Dpor, &SingleLock { transfers: 5 }),
            (Engine::Loom, &SingleLock { transfers: 3 }),
        ])
        .swept(sizes!(SingleLock { transfers: 1..=4 })),
        Variant::new(
            "try-and-back-off",
            &TryAndBackOff { transfers: 2, attempts: 2 },
            "A thread that cannot have the second lock at once releases the first one.",
        )
        .swept(sizes!(TryAndBackOff { attempts: 1..=2, transfers: 1..=4 - attempts })),
        Variant::new(
            "timed-acquire",
            &TimedAcquire { transfers: 2, attempts: 1 },
            "A thread waits only a limited time for the second lock, then releases the first one.",
        )
        .needs(&[Timeouts])
        .sized(&[(Engine::Dpor, &TimedAcquire { transfers: 2, attempts: 2 })])
        .swept(sizes!(TimedAcquire { attempts: 1..=2, transfers: 1..=4 - attempts })),
        Variant::new(
            "wait-for-graph",
            &WaitForGraph { transfers: 2 },
            "The manager refuses the request that would close a cycle of waiting threads, and the \
             refused thread releases its locks.",
        )
        .sized(&[(Engine::Dpor, &WaitForGraph { transfers: 3 })])
        .swept(sizes!(WaitForGraph { transfers: 1..=2 })),
    ],
};

/// The total of both accounts.
const TOTAL: i64 = 1000;

/// The source and the target of transfer number `n`: every second one goes the other way.
fn direction(n: usize) -> (usize, usize) {
    if n.is_multiple_of(2) { (0, 1) } else { (1, 0) }
}

fn name(n: usize) -> &'static str {
    if n.is_multiple_of(2) { "a to b" } else { "b to a" }
}

/// The two accounts, each behind its own mutex.
struct Accounts<B: Backend>([Mutex<B, i64>; 2]);

impl<B: Backend> Accounts<B> {
    fn open() -> Arc<Self> {
        Arc::new(Self([Mutex::named("account a", TOTAL / 2), Mutex::named("account b", TOTAL / 2)]))
    }

    /// Moves 100, for a thread that has exclusive access to both accounts by other means.
    fn transfer(&self, from: usize, to: usize) {
        *self.0[from].lock() -= 100;
        *self.0[to].lock() += 100;
    }

    /// Checks that no money was made or lost. Locks both accounts, a first, so no transfer that
    /// locks both can be half done.
    fn audit(&self) {
        let [a, b] = &self.0;
        let a = a.lock();
        let b = b.lock();
        assert_eq!(*a + *b, TOTAL, "money made or lost");
    }
}

#[derive(Debug)]
struct OppositeOrder {
    amount: i64,
}

impl Program for OppositeOrder {
    fn run<B: Backend>(&self) {
        let accounts = Accounts::<B>::open();
        let amount = self.amount;
        join_all([0, 1].map(|n| {
            let accounts = Arc::clone(&accounts);
            B::spawn(name(n), move || {
                let (from, to) = direction(n);
                let mut source = accounts.0[from].lock();
                let mut target = accounts.0[to].lock();
                *source -= amount;
                *target += amount;
            })
        }));
        accounts.audit();
    }
}

#[derive(Debug)]
struct Ordered {
    transfers: usize,
}

impl Program for Ordered {
    fn run<B: Backend>(&self) {
        let accounts = Accounts::<B>::open();
        let transfers: Vec<_> = (0..self.transfers)
            .map(|n| {
                let accounts = Arc::clone(&accounts);
                B::spawn(name(n), move || {
                    let (from, _) = direction(n);
                    let mut a = accounts.0[0].lock();
                    let mut b = accounts.0[1].lock();
                    let amount = if from == 0 { 100 } else { -100 };
                    *a -= amount;
                    *b += amount;
                })
            })
            .collect();
        accounts.audit();
        join_all(transfers);
    }
}

#[derive(Debug)]
struct SingleLock {
    transfers: usize,
}

impl Program for SingleLock {
    fn run<B: Backend>(&self) {
        let bank = Arc::new(Mutex::<B, _>::shown("bank", [TOTAL / 2; 2]));
        let transfers: Vec<_> = (0..self.transfers)
            .map(|n| {
                let bank = Arc::clone(&bank);
                B::spawn(name(n), move || {
                    let (from, to) = direction(n);
                    let mut balances = bank.lock();
                    balances[from] -= 100;
                    balances[to] += 100;
                })
            })
            .collect();
        assert_eq!(bank.lock().iter().sum::<i64>(), TOTAL, "money made or lost");
        join_all(transfers);
    }
}

#[derive(Debug)]
struct TryAndBackOff {
    transfers: usize,
    attempts: usize,
}

impl Program for TryAndBackOff {
    fn run<B: Backend>(&self) {
        let locks = Arc::new([Lock::<B>::named("lock a"), Lock::named("lock b")]);
        let accounts = Accounts::<B>::open();
        let attempts = self.attempts;
        join_all((0..self.transfers).map(|n| {
            let (locks, accounts) = (Arc::clone(&locks), Arc::clone(&accounts));
            B::spawn(name(n), move || {
                let (from, to) = direction(n);
                for _ in 0..attempts {
                    let _first = locks[from].lock();
                    if locks[to].try_acquire() {
                        accounts.transfer(from, to);
                        locks[to].release().expect("acquired above");
                        return;
                    }
                }
            })
        }));
        assert!(!locks[0].locked() && !locks[1].locked(), "a lock was not given back");
        accounts.audit();
    }
}

#[derive(Debug)]
struct TimedAcquire {
    transfers: usize,
    attempts: usize,
}

impl Program for TimedAcquire {
    fn run<B: Backend>(&self) {
        let locks = Arc::new([Lock::<B>::named("lock a"), Lock::named("lock b")]);
        let accounts = Accounts::<B>::open();
        let attempts = self.attempts;
        join_all((0..self.transfers).map(|n| {
            let (locks, accounts) = (Arc::clone(&locks), Arc::clone(&accounts));
            B::spawn(name(n), move || {
                let (from, to) = direction(n);
                for _ in 0..attempts {
                    let _first = locks[from].lock();
                    if locks[to].acquire_timeout(Duration::from_millis(1)) {
                        accounts.transfer(from, to);
                        locks[to].release().expect("acquired above");
                        return;
                    }
                }
            })
        }));
        assert!(!locks[0].locked() && !locks[1].locked(), "a lock was not given back");
        accounts.audit();
    }
}

/// Grants locks on two accounts, and knows which transfer waits for which account.
struct Manager<B: Backend> {
    state: Mutex<B, Graph>,
    changed: Condvar<B>,
}

/// Which transfer holds which account, and which transfer waits for which account.
struct Graph {
    /// For each account, the transfer that holds it.
    holder: [Option<usize>; 2],
    /// For each transfer, the account it waits for.
    wanted: Vec<Option<usize>>,
}

impl Graph {
    fn of(transfers: usize) -> Self {
        Self { holder: [None; 2], wanted: vec![None; transfers] }
    }

    /// Whether `transfer` would wait for itself, directly or through others, if it waited for
    /// `account`.
    fn closes_a_circle(&self, transfer: usize, mut account: usize) -> bool {
        while let Some(holder) = self.holder[account] {
            if holder == transfer {
                return true;
            }
            match self.wanted[holder] {
                Some(next) => account = next,
                None => return false,
            }
        }
        false
    }
}

impl<B: Backend> Manager<B> {
    /// Blocks until `account` is free. Refuses, without waiting, if that would close a cycle.
    fn acquire(&self, transfer: usize, account: usize) -> bool {
        let mut graph = self.state.lock();
        while graph.holder[account].is_some() {
            if graph.closes_a_circle(transfer, account) {
                graph.wanted[transfer] = None;
                return false;
            }
            graph.wanted[transfer] = Some(account);
            graph = self.changed.wait(graph);
        }
        graph.wanted[transfer] = None;
        graph.holder[account] = Some(transfer);
        true
    }

    fn release(&self, account: usize) {
        self.state.lock().holder[account] = None;
        self.changed.notify_all();
    }
}

#[derive(Debug)]
struct WaitForGraph {
    transfers: usize,
}

impl Program for WaitForGraph {
    fn run<B: Backend>(&self) {
        let manager = Arc::new(Manager::<B> {
            state: Mutex::named("manager", Graph::of(self.transfers)),
            changed: Condvar::named("an account is free"),
        });
        let accounts = Accounts::<B>::open();
        join_all((0..self.transfers).map(|n| {
            let (manager, accounts) = (Arc::clone(&manager), Arc::clone(&accounts));
            B::spawn(name(n), move || {
                let (from, to) = direction(n);
                assert!(manager.acquire(n, from), "a transfer that holds nothing closes no cycle");
                if manager.acquire(n, to) {
                    accounts.transfer(from, to);
                    manager.release(to);
                }
                manager.release(from);
            })
        }));
        accounts.audit();
    }
}
