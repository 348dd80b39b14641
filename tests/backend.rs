//! What every backend promises, as small programs checked on each of them: one and the same suite.

#[path = "../models/support.rs"]
mod support;

use raceproof::{
    backend::{
        Atomic, AtomicBool, AtomicI64, AtomicUsize, AtomicValue, Backend,
        Capability::{
            AnyWaiter, Choice, DataRaces, Deterministic, PanicWhileLocked, Timeouts,
            TryLock as CanTryLock, WeakMemory,
        },
        Condvar, Engine, Mutex, Shared,
        execution::outcome,
        join_all,
    },
    check::Limits,
    program::{
        FailureKind::{Assertion, DataRace},
        Group, Program, Scenario, Variant,
    },
};
use std::{
    sync::{
        Arc,
        atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst},
    },
    time::Duration,
};

fn main() -> std::process::ExitCode {
    let limits = Limits { stall: Duration::from_millis(500), ..Limits::default() };
    support::run(SUITE, &Engine::ALL, limits, false)
}

static SUITE: &[&Scenario] = &[&MUTEXES, &CONDVARS, &ATOMICS, &MEMORY, &THREADS];

const fn suite(id: &'static str, variants: &'static [Variant]) -> Scenario {
    Scenario { id, group: Group::Counters, lesson: "", source: "", variants }
}

/// Makes a `Program` of a generic function.
macro_rules! programs {
    ($($name:ident<$backend:ident> $body:block)*) => {$(
        #[derive(Debug)]
        struct $name;
        impl Program for $name {
            fn run<$backend: Backend>(&self) $body
        }
    )*};
}

static MUTEXES: Scenario = suite(
    "mutex",
    &[
        Variant::new("excludes", &Excludes, "").outcomes(&["2"]),
        Variant::new("try-lock", &TryLock, "").outcomes(&["free", "taken"]).needs(&[CanTryLock]),
        Variant::new("try-lock-held", &TryLockHeld, ""),
        Variant::new("released-by-a-panic", &ReleasedByPanic, "")
            .outcomes(&["half done"])
            .needs(&[PanicWhileLocked]),
        Variant::new("twice", &LockTwice, "")
            .deadlocks("`main` waits for m, which it holds itself"),
        Variant::new("forgotten", &ForgottenGuard, "")
            .deadlocks("`main` waits for m, held by `child`"),
    ],
);

programs! {
    Excludes<B> {
        let inside = Arc::new((Mutex::<B, _>::new(0), AtomicBool::<B>::new(false)));
        join_all((0..2).map(|_| {
            let inside = Arc::clone(&inside);
            B::spawn("visitor", move || {
                let mut visits = inside.0.lock();
                assert!(!inside.1.swap(true, Relaxed), "two inside");
                *visits += 1;
                inside.1.store(false, Relaxed);
            })
        }));
        outcome(*inside.0.lock());
    }

    TryLock<B> {
        let m = Arc::new(Mutex::<B, _>::named("m", ()));
        let other = Arc::clone(&m);
        let child = B::spawn("child", move || drop(other.lock()));
        let got = m.try_lock();
        outcome(if got.is_some() { "free" } else { "taken" });
        drop(got);
        child.join().unwrap();
    }

    TryLockHeld<B> {
        let m = Mutex::<B, _>::new(1);
        let held = m.lock();
        assert!(m.try_lock().is_none());
        drop(held);
        assert_eq!(m.try_lock().map(|guard| *guard), Some(1));
    }

    ReleasedByPanic<B> {
        let m = Arc::new(Mutex::<B, _>::new("untouched"));
        let other = Arc::clone(&m);
        let child = B::spawn("child", move || {
            let mut guard = other.lock();
            *guard = "half done";
            panic!("in the middle");
        });
        let panicked = child.join().unwrap_err();
        assert_eq!(panicked.to_string(), "thread `child` panicked: in the middle");
        outcome(*m.lock());
    }

    LockTwice<B> {
        let m = Mutex::<B, _>::named("m", ());
        let _first = m.lock();
        let _second = m.lock();
    }

    ForgottenGuard<B> {
        let m = Arc::new(Mutex::<B, _>::named("m", ()));
        let other = Arc::clone(&m);
        B::spawn("child", move || std::mem::forget(other.lock())).join().unwrap();
        let _mine = m.lock();
    }
}

static CONDVARS: Scenario = suite(
    "condvar",
    &[
        Variant::new("hand-over", &HandOver, "").outcomes(&["7"]),
        Variant::new("notify-with-nobody-waiting", &NotifyFirst, "").deadlocks("waits for ready"),
        Variant::new("notify-one-wakes-one", &NotifyOneOfTwo, "").deadlocks("waits for ready"),
        Variant::new("notify-all-wakes-all", &NotifyAllOfTwo, ""),
        Variant::new("any-waiter", &AnyOfTwo, "").outcomes(&["0", "1"]).needs(&[AnyWaiter]),
        Variant::new("timed-out", &TimedOut, "").needs(&[Timeouts]),
        Variant::new("timed-or-notified", &TimedOrNotified, "")
            .outcomes(&["notified", "timed out"])
            .needs(&[Timeouts]),
        Variant::new("timeout-wakes-nobody-else", &TimeoutWakesOne, "")
            .deadlocks("waits for ready")
            .needs(&[Timeouts]),
        Variant::new("wait-timeout-while", &WaitTimeoutWhile, "").needs(&[Timeouts]),
    ],
);

/// A flag and its condition variable.
struct Gate<B: Backend> {
    open: Mutex<B, bool>,
    ready: Condvar<B>,
}

impl<B: Backend> Gate<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: Mutex::named("open", false), ready: Condvar::named("ready") })
    }

    /// Waits for one notification, whether or not the gate is open. Spurious wake-ups, which native
    /// backends allow, are waited through.
    fn pass(&self, waiting: &AtomicUsize<B>) {
        let mut open = self.open.lock();
        waiting.fetch_add(1, SeqCst);
        while !*open {
            open = self.ready.wait(open);
        }
    }
}

programs! {
    HandOver<B> {
        let slot = Arc::new((Mutex::<B, _>::new(None), Condvar::<B>::new()));
        let other = Arc::clone(&slot);
        let child = B::spawn("giver", move || {
            *other.0.lock() = Some(7);
            other.1.notify_one();
        });
        let mut value = slot.1.wait_while(slot.0.lock(), |value| value.is_none());
        outcome(value.take().unwrap());
        drop(value);
        child.join().unwrap();
    }

    NotifyFirst<B> {
        let gate = Gate::<B>::new();
        gate.ready.notify_one();
        gate.ready.notify_all();
        let guard = gate.open.lock();
        drop(gate.ready.wait_while(guard, |open| !*open));
    }

    NotifyOneOfTwo<B> {
        two_waiters::<B>(|gate| gate.ready.notify_one());
    }

    NotifyAllOfTwo<B> {
        two_waiters::<B>(|gate| gate.ready.notify_all());
    }

    AnyOfTwo<B> {
        let gate = Gate::<B>::new();
        let order = Arc::new((AtomicUsize::<B>::new(0), AtomicUsize::<B>::new(9)));
        let waiters: Vec<_> = (0..2).map(|n| {
            let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
            let (waiting, go) = (Arc::clone(&gate), Arc::clone(&order));
            let child = B::spawn(format!("waiter {n}"), move || {
                let mut guard = gate.open.lock();
                order.0.fetch_add(1, SeqCst);
                while order.1.load(SeqCst) == 9 {
                    guard = gate.ready.wait(guard);
                    if order.1.load(SeqCst) == 9 {
                        order.1.store(n, SeqCst);
                    }
                }
            });
            // Waiter 0 waits before waiter 1 is even started.
            while go.0.load(SeqCst) <= n {
                B::yield_now();
            }
            drop(waiting.open.lock());
            child
        }).collect();
        gate.ready.notify_one();
        while order.1.load(SeqCst) == 9 {
            B::yield_now();
        }
        outcome(order.1.load(SeqCst));
        gate.ready.notify_all();
        join_all(waiters);
    }

    TimedOut<B> {
        let gate = Gate::<B>::new();
        let (_guard, timed_out) = gate.ready.wait_timeout(gate.open.lock(), Duration::from_millis(1));
        assert!(timed_out, "nobody notifies");
    }

    TimedOrNotified<B> {
        let gate = Gate::<B>::new();
        let other = Arc::clone(&gate);
        let child = B::spawn("notifier", move || {
            *other.open.lock() = true;
            other.ready.notify_one();
        });
        let (guard, timed_out) = gate.ready.wait_timeout_while(
            gate.open.lock(),
            Duration::from_micros(50),
            |open| !*open,
        );
        assert_eq!(*guard, !timed_out);
        outcome(if timed_out { "timed out" } else { "notified" });
        drop(guard);
        child.join().unwrap();
    }

    TimeoutWakesOne<B> {
        let gate = Gate::<B>::new();
        let other = Arc::clone(&gate);
        let child = B::spawn("waiter", move || other.pass(&AtomicUsize::new(0)));
        drop(gate.ready.wait_timeout(gate.open.lock(), Duration::from_millis(1)));
        child.join().unwrap();
    }

    WaitTimeoutWhile<B> {
        let gate = Gate::<B>::new();
        let wait = |timeout| gate.ready.wait_timeout_while(gate.open.lock(), timeout, |open| !*open);
        assert!(wait(Duration::ZERO).1);
        assert!(wait(Duration::from_millis(1)).1);
        *gate.open.lock() = true;
        assert!(!wait(Duration::ZERO).1);
    }
}

/// Opens the gate for two threads that both wait for sure, and joins them.
fn two_waiters<B: Backend>(notify: fn(&Gate<B>)) {
    let gate = Gate::<B>::new();
    let waiting = Arc::new(AtomicUsize::<B>::new(0));
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let (gate, waiting) = (Arc::clone(&gate), Arc::clone(&waiting));
            B::spawn("waiter", move || gate.pass(&waiting))
        })
        .collect();
    while waiting.load(SeqCst) < 2 {
        B::yield_now();
    }
    // Who counted itself holds the mutex until it waits.
    *gate.open.lock() = true;
    notify(&gate);
    join_all(waiters);
}

static ATOMICS: Scenario = suite(
    "atomic",
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

static MEMORY: Scenario = suite(
    "memory",
    &[
        Variant::new("two-writes", &TwoWrites, "").fails(DataRace, "").needs(&[DataRaces]),
        Variant::new("in-turn", &InTurn, "").outcomes(&["2"]),
        Variant::new("flag-relaxed", &Flag { release: Relaxed, acquire: Relaxed }, "")
            .fails(DataRace, "")
            .needs(&[DataRaces]),
        Variant::new("flag-release-acquire", &Flag { release: Release, acquire: Acquire }, ""),
    ],
);

programs! {
    TwoWrites<B> {
        let place = Arc::new(Shared::<B, i64>::named("place", 0));
        join_all((0..2).map(|n| {
            let place = Arc::clone(&place);
            B::spawn("writer", move || place.set(n))
        }));
    }

    InTurn<B> {
        let place = Arc::new((Mutex::<B, _>::new(()), Shared::<B, i64>::named("place", 0)));
        join_all((0..2).map(|_| {
            let place = Arc::clone(&place);
            B::spawn("adder", move || {
                let _turn = place.0.lock();
                place.1.set(place.1.get() + 1);
            })
        }));
        outcome(place.1.get());
    }
}

#[derive(Debug)]
struct Flag {
    release: Ordering,
    acquire: Ordering,
}

impl Program for Flag {
    fn run<B: Backend>(&self) {
        let shared = Arc::new((Shared::<B, i64>::named("data", 0), AtomicBool::<B>::new(false)));
        let other = Arc::clone(&shared);
        let release = self.release;
        let writer = B::spawn("writer", move || {
            other.0.set(42);
            other.1.store(true, release);
        });
        if shared.1.load(self.acquire) {
            assert_eq!(shared.0.get(), 42);
        }
        writer.join().unwrap();
    }
}

static THREADS: Scenario = suite(
    "thread",
    &[
        Variant::new("values", &Values, ""),
        Variant::new("names", &Names, ""),
        Variant::new("unclaimed-panic", &UnclaimedPanic, "").fails(Assertion, "nobody joins"),
        Variant::new("late-panic", &LatePanic, "")
            .fails(Assertion, "after main")
            .needs(&[Deterministic]),
        Variant::new("dropped-handle", &DroppedHandle, "").fails(Assertion, "seen in the drop"),
        Variant::new("claimed-panic", &ClaimedPanic, "").fails(Assertion, "from the child"),
        Variant::new("token-first", &TokenFirst, ""),
        Variant::new("token-once", &TokenOnce, "").deadlocks("waits for unparked"),
        Variant::new("park-waits", &ParkWaits, "").outcomes(&["1"]),
        Variant::new("unpark-wakes-no-condvar", &UnparkInWait, "").deadlocks("waits for ready"),
        Variant::new("choose", &Choose, "").outcomes(&["0", "1", "2"]).needs(&[Choice]),
        Variant::new("sleep-orders-nothing", &Sleep, "").outcomes(&["0", "1"]),
        Variant::new("yield", &Yield, ""),
    ],
);

programs! {
    Values<B> {
        let children: Vec<_> = (0..2).map(|n| B::spawn("child", move || n * 10)).collect();
        assert_eq!(join_all(children), [0, 10]);
    }

    Names<B> {
        let main = B::current();
        assert_eq!(main.name(), "main");
        let parent = main.id();
        let child = B::spawn("a child", move || {
            assert_eq!(B::current().name(), "a child");
            assert_ne!(B::current().id(), parent);
            B::current().id()
        });
        let id = child.thread().id();
        assert_eq!(child.thread().name(), "a child");
        assert_eq!(child.join(), Ok(id));
        assert_eq!(B::current().id(), parent);
    }

    UnclaimedPanic<B> {
        let done = Arc::new(AtomicBool::<B>::new(false));
        let seen = Arc::clone(&done);
        drop(B::spawn("child", move || {
            seen.store(true, SeqCst);
            panic!("nobody joins");
        }));
        while !done.load(SeqCst) {
            B::yield_now();
        }
    }

    LatePanic<B> {
        drop(B::spawn("child", || panic!("after main")));
    }

    DroppedHandle<B> {
        let child = B::spawn("child", || panic!("seen in the drop"));
        while !child.is_finished() {
            B::yield_now();
        }
    }

    ClaimedPanic<B> {
        join_all([B::spawn("child", || panic!("from the child"))]).into_iter().for_each(|()| ());
    }

    TokenFirst<B> {
        B::current().unpark();
        B::park();
    }

    TokenOnce<B> {
        B::current().unpark();
        B::current().unpark();
        B::park();
        B::park();
    }

    ParkWaits<B> {
        let value = Arc::new(AtomicI64::<B>::new(0));
        let (other, main) = (Arc::clone(&value), B::current());
        let child = B::spawn("waker", move || {
            other.store(1, SeqCst);
            main.unpark();
        });
        B::park();
        outcome(value.load(SeqCst));
        child.join().unwrap();
    }

    UnparkInWait<B> {
        let gate = Gate::<B>::new();
        let main = B::current();
        let child = B::spawn("waker", move || main.unpark());
        drop(gate.ready.wait_while(gate.open.lock(), |open| !*open));
        child.join().unwrap();
    }

    Choose<B> {
        let chosen = B::choose(3);
        assert!(chosen < 3);
        assert_eq!(B::choose(1), 0);
        outcome(chosen);
    }

    Sleep<B> {
        let value = Arc::new(AtomicI64::<B>::new(0));
        let other = Arc::clone(&value);
        let child = B::spawn("setter", move || other.store(1, SeqCst));
        B::sleep(Duration::from_millis(1));
        outcome(value.load(SeqCst));
        child.join().unwrap();
    }

    Yield<B> {
        let flag = Arc::new(AtomicBool::<B>::new(false));
        let other = Arc::clone(&flag);
        let child = B::spawn("setter", move || other.store(true, SeqCst));
        while !flag.load(SeqCst) {
            B::yield_now();
        }
        child.join().unwrap();
    }
}
