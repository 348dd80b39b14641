//! Threads: names, results and panics, parking, choices, and that sleeping orders nothing.

use super::{condvar::Gate, programs, suite};
use raceproof_suite::{
    backend::{
        AtomicBool, AtomicI64, Backend,
        Capability::{Choice, Deterministic, Kill},
        execution::outcome,
        join_all,
    },
    program::{FailureKind::Assertion, Scenario, Variant},
};
use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

pub(crate) static SUITE: Scenario = suite(
    "backend-thread",
    &[
        Variant::new("values", &Values, ""),
        Variant::new("names", &Names, ""),
        Variant::new("unclaimed-panic", &UnclaimedPanic, "").fails(Assertion, "no thread joins"),
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
        Variant::new("processes", &Processes, ""),
        Variant::new("kill", &Killed, "").outcomes(&["0", "1", "2"]).needs(&[Kill]),
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

    Processes<B> {
        let main = B::current_process();
        let own = B::spawn("thread", move || assert_eq!(B::current_process(), main));
        let gate = Gate::<B>::new();
        let opener = Arc::clone(&gate);
        let process = B::spawn_process("process", move || {
            let own = B::current_process();
            assert_ne!(own, main);
            let child = B::spawn("child", move || assert_eq!(B::current_process(), own));
            child.join().unwrap();
            *opener.open.lock() = true;
            opener.ready.notify_one();
        });
        assert_ne!(process.id(), main);
        assert_eq!(own.join(), Ok(()));
        drop(gate.ready.wait_while(gate.open.lock(), |open| !*open));
    }

    Killed<B> {
        let count = Arc::new(AtomicI64::<B>::named("count", 0));
        let theirs = Arc::clone(&count);
        let process = B::spawn_process("process", move || {
            theirs.fetch_add(1, SeqCst);
            B::spawn("child", move || theirs.fetch_add(1, SeqCst)).join().unwrap();
        });
        process.kill();
        outcome(count.load(SeqCst));
    }

    UnclaimedPanic<B> {
        let done = Arc::new(AtomicBool::<B>::new(false));
        let seen = Arc::clone(&done);
        drop(B::spawn("child", move || {
            seen.store(true, SeqCst);
            panic!("no thread joins");
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
