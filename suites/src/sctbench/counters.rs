//! Programs that share numbers.

use crate::goker::{go, kernels};
use raceproof_suite::backend::{AtomicBool, AtomicI64, Backend, Mutex, join_all};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "counters.rs"
    Account = account "account" assertion("the balance is wrong")
        "A check of a sum must add what was added"
        "The check takes the deposit off, and runs last."
        "It adds the deposit."
    Bluetooth = bluetooth "bluetooth-driver" assertion("stopped while it is used")
        "Count yourself in before you look whether you are still welcome"
        "The driver is stopped between the look at the flag and the count."
        "The request counts itself in, then looks, and counts itself out if it comes too late."
    Lazy = lazy "lazy01" assertion("as much as both add")
        "A claim about a sum must hold whichever thread comes last"
        "Both have added when the third thread looks."
        "The third thread expects no more than both add."
    Reorder3 = reorder_3 "reorder-3" assertion("one of two is set")
        "Two variables that change together must change under a lock"
        "The checker looks between the two stores."
        "Both are set, and looked at, under a lock."
    Reorder4 = reorder_4 "reorder-4" assertion("one of two is set")
        "Two variables that change together must change under a lock, with three threads that set them"
        "The checker looks between the two stores of the first that sets them."
        "Both are set, and looked at, under a lock."
    Reorder5 = reorder_5 "reorder-5" assertion("one of two is set")
        "Two variables that change together must change under a lock, with four threads that set them"
        "The checker looks between the two stores of the first that sets them."
        "Both are set, and looked at, under a lock."
    TokenRing = token_ring "token-ring" assertion("not the same all round")
        "A ring of copies is consistent only if each copies after the one before it"
        "A thread copies a value before the thread before it has set it."
        "A thread whose predecessor has not come yet does nothing."
    TwoStage = twostage "twostage" assertion("the second stage is missing")
        "Two stages under a lock each are not one change"
        "The reader comes between the first stage and the second."
        "The first lock is kept until the second stage is done."
    WrongLock3 = wrong_lock_3 "wronglock-3" assertion("somebody else counted")
        "A lock guards only against those who take the same one"
        "One thread counts under its lock, three others under another."
        "All take the same lock."
}

fn account<B: Backend>(fixed: bool) {
    const BEFORE: i64 = 1;
    const IN: i64 = 2;
    const OUT: i64 = 4;
    // The balance, and whether each has been booked.
    let account = Arc::new(Mutex::<B, _>::named("account", (BEFORE, false, false)));
    let deposit = go::<B, _>("deposit", &account, |account| {
        let mut account = account.lock();
        account.0 += IN;
        account.1 = true;
    });
    let withdraw = go::<B, _>("withdraw", &account, |account| {
        let mut account = account.lock();
        account.0 -= OUT;
        account.2 = true;
    });
    let check = go::<B, _>("check", &account, move |account| {
        let account = account.lock();
        if account.1 && account.2 {
            let expected = if fixed { BEFORE + IN - OUT } else { BEFORE - IN - OUT };
            assert_eq!(account.0, expected, "the balance is wrong");
        }
    });
    join_all([deposit, withdraw, check]);
}

struct Device<B: Backend> {
    /// Who uses it: the driver itself, and each request.
    pending: AtomicI64<B>,
    stopping: AtomicBool<B>,
    /// All have gone.
    idle: AtomicBool<B>,
    stopped: AtomicBool<B>,
}

impl<B: Backend> Device<B> {
    fn leave(&self) {
        if self.pending.fetch_sub(1, SeqCst) == 1 {
            self.idle.store(true, SeqCst);
        }
    }
}

fn bluetooth<B: Backend>(fixed: bool) {
    let device = Arc::new(Device::<B> {
        pending: AtomicI64::named("pending", 1),
        stopping: AtomicBool::named("stopping", false),
        idle: AtomicBool::named("idle", false),
        stopped: AtomicBool::named("stopped", false),
    });
    let stop = go::<B, _>("stop", &device, |device| {
        device.stopping.store(true, SeqCst);
        device.leave();
        if device.idle.load(SeqCst) {
            device.stopped.store(true, SeqCst);
        }
    });
    let request = go::<B, _>("request", &device, move |device| {
        let enter = || device.pending.fetch_add(1, SeqCst);
        if fixed {
            enter();
        }
        let welcome = !device.stopping.load(SeqCst);
        if welcome && !fixed {
            enter();
        }
        if welcome {
            assert!(!device.stopped.load(SeqCst), "stopped while it is used");
        }
        if welcome || fixed {
            device.leave();
        }
    });
    join_all([stop, request]);
}

fn lazy<B: Backend>(fixed: bool) {
    let sum = Arc::new(Mutex::<B, i64>::named("sum", 0));
    let adders = [("adds 1", 1), ("adds 2", 2)]
        .map(|(name, n)| go::<B, _>(name, &sum, move |sum| *sum.lock() += n));
    let check = go::<B, _>("check", &sum, move |sum| {
        let limit = if fixed { 4 } else { 3 };
        assert!(*sum.lock() < limit, "as much as both add");
    });
    join_all(adders);
    join_all([check]);
}

struct Pair<B: Backend> {
    lock: Mutex<B, ()>,
    values: [AtomicI64<B>; 2],
}

/// So many threads set two values, and one looks at them.
fn reorder<B: Backend>(setters: usize, fixed: bool) {
    let pair = Arc::new(Pair::<B> {
        lock: Mutex::named("lock", ()),
        values: ["a", "b"].map(|name| AtomicI64::named(name, 0)),
    });
    let setters: Vec<_> = (0..setters)
        .map(|n| {
            go::<B, _>(&format!("setter {n}"), &pair, move |pair| {
                let _held = fixed.then(|| pair.lock.lock());
                pair.values[0].store(1, SeqCst);
                pair.values[1].store(-1, SeqCst);
            })
        })
        .collect();
    let check = go::<B, _>("check", &pair, move |pair| {
        let _held = fixed.then(|| pair.lock.lock());
        let seen = [0, 1].map(|n| pair.values[n].load(SeqCst));
        assert!(seen == [0, 0] || seen == [1, -1], "one of two is set");
    });
    join_all(setters);
    join_all([check]);
}

fn reorder_3<B: Backend>(fixed: bool) {
    reorder::<B>(2, fixed);
}

fn reorder_4<B: Backend>(fixed: bool) {
    reorder::<B>(3, fixed);
}

fn reorder_5<B: Backend>(fixed: bool) {
    reorder::<B>(4, fixed);
}

fn token_ring<B: Backend>(fixed: bool) {
    // The values, and which have been set.
    let ring = Arc::new(Mutex::<B, _>::named("ring", ([1, 2, 1], [false; 3])));
    let threads = [0, 1, 2].map(|n| {
        go::<B, _>(&format!("node {n}"), &ring, move |ring| {
            let mut ring = ring.lock();
            let (values, set) = &mut *ring;
            if fixed && n > 0 && !set[n - 1] {
                return;
            }
            values[n] = if n == 0 { (values[2] + 1) % 4 } else { values[n - 1] };
            set[n] = true;
        })
    });
    let check = go::<B, _>("check", &ring, |ring| {
        let (values, set) = &*ring.lock();
        let same = values.iter().all(|value| *value == values[0]);
        assert!(same || set.contains(&false), "not the same all round");
    });
    join_all(threads);
    join_all([check]);
}

fn twostage<B: Backend>(fixed: bool) {
    let stages =
        Arc::new(["first stage", "second stage"].map(|name| Mutex::<B, i64>::named(name, 0)));
    let writer = go::<B, _>("writer", &stages, move |[first, second]| {
        let mut value = first.lock();
        *value = 1;
        let next = *value + 1;
        let held = fixed.then_some(value);
        *second.lock() = next;
        drop(held);
    });
    let reader = go::<B, _>("reader", &stages, |[first, second]| {
        let value = *first.lock();
        if value != 0 {
            assert_eq!(*second.lock(), value + 1, "the second stage is missing");
        }
    });
    join_all([writer, reader]);
}

struct Locked<B: Backend> {
    value: AtomicI64<B>,
    locks: [Mutex<B, ()>; 2],
}

fn wrong_lock_3<B: Backend>(fixed: bool) {
    wrong_lock::<B>(3, fixed);
}

/// One thread counts under its lock, and so many others under another, or under the same.
pub(super) fn wrong_lock<B: Backend>(others: usize, fixed: bool) {
    let locked = Arc::new(Locked::<B> {
        value: AtomicI64::named("value", 0),
        locks: ["data lock", "this lock"].map(|name| Mutex::named(name, ())),
    });
    let counter = go::<B, _>("counter", &locked, |locked| {
        let _held = locked.locks[0].lock();
        let before = locked.value.load(SeqCst);
        locked.value.store(before + 1, SeqCst);
        assert_eq!(locked.value.load(SeqCst), before + 1, "somebody else counted");
    });
    let others: Vec<_> = (0..others)
        .map(|n| {
            go::<B, _>(&format!("other {n}"), &locked, move |locked| {
                let _held = locked.locks[usize::from(!fixed)].lock();
                let before = locked.value.load(SeqCst);
                locked.value.store(before + 1, SeqCst);
            })
        })
        .collect();
    join_all([counter]);
    join_all(others);
}
