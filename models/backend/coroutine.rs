//! Coroutines in the threads of a program: an operation on a coroutine's stack is one of the thread that
//! resumes it, and an execution may end while a coroutine is suspended, runs, blocks or is being closed.

use super::{programs, suite};
use raceproof_suite::{
    backend::{
        AtomicI64, Backend,
        Capability::{Daemons, PanicWhileLocked},
        Condvar, Mutex,
        execution::outcome,
        join_all,
    },
    primitives::{Coroutine, CoroutineState::Yielded},
    program::{FailureKind::Assertion, Scenario, Variant},
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

pub(crate) static SUITE: Scenario = suite(
    "backend-coroutine",
    &[
        Variant::new("its-thread", &ItsThread, ""),
        Variant::new("locks-over-a-yield", &LocksOverAYield, ""),
        Variant::new("waits", &Waits, ""),
        Variant::new("spawns", &Spawns, ""),
        Variant::new("races", &Races, "").outcomes(&["1", "2"]),
        Variant::new("nested", &Nested, ""),
        Variant::new("panics", &Panics, "").fails(Assertion, "on the inner stack"),
        Variant::new("claimed-panic", &ClaimedPanic, "").outcomes(&["on the inner stack"]),
        Variant::new("blocked-for-good", &BlockedForGood, "")
            .deadlocks("waits for b, held by `two`"),
        Variant::new("suspended-at-a-deadlock", &SuspendedAtADeadlock, "")
            .deadlocks("waits for gate"),
        Variant::new("suspended-at-a-failure", &SuspendedAtAFailure, "").fails(Assertion, "early"),
        Variant::new("suspended-in-its-panic", &SuspendedInItsPanic, "").fails(Assertion, "own"),
        Variant::new("close-unlocks", &CloseUnlocks, "").needs(&[PanicWhileLocked]),
        Variant::new("failure-in-a-close", &FailureInAClose, "")
            .fails(Assertion, "a close is under way"),
        Variant::new("deadlock-in-a-close", &DeadlockInAClose, "").deadlocks("waits for gate"),
        Variant::new("in-a-daemon", &InADaemon, "").needs(&[Daemons]),
        Variant::new("detached", &Detached, ""),
        Variant::new("leaked", &Leaked, ""),
    ],
);

/// Does something visible to others when it is dropped, as guards and handles do.
struct Tell<B: Backend>(Arc<(Mutex<B, i64>, Condvar<B>)>);

impl<B: Backend> Tell<B> {
    fn gate() -> Arc<(Mutex<B, i64>, Condvar<B>)> {
        Arc::new((Mutex::named("gate", 0), Condvar::named("gate opened")))
    }
}

impl<B: Backend> Drop for Tell<B> {
    fn drop(&mut self) {
        *self.0.0.lock() += 1;
        self.0.1.notify_all();
    }
}

/// A coroutine that is suspended with a value that has a destructor.
fn suspended<B: Backend>(tell: Tell<B>) -> Coroutine<B, (), (), ()> {
    let mut coroutine = Coroutine::new(move |yielder, ()| {
        let _tell = tell;
        yielder.suspend(());
    });
    assert_eq!(coroutine.resume(()), Ok(Yielded(())));
    coroutine
}

fn taking_turns<B: Backend>(count: &Arc<Mutex<B, i64>>) {
    let count = Arc::clone(count);
    let mut inside = Coroutine::<B, _, _, _>::new(move |yielder, ()| {
        let mut held = count.lock();
        let seen = *held;
        yielder.suspend(());
        *held = seen + 1;
    });
    while inside.resume(()) == Ok(Yielded(())) {}
}

/// Locks `first` on its own stack and `second` on that of a coroutine.
fn crosswise<B: Backend>(first: Arc<Mutex<B, ()>>, second: Arc<Mutex<B, ()>>) {
    let _held = first.lock();
    let mut inside = Coroutine::<B, _, (), _>::new(move |_, ()| drop(second.lock()));
    assert!(inside.resume(()).is_ok());
}

programs! {
    ItsThread<B> {
        join_all((0..2).map(|n| B::spawn(format!("thread {n}"), move || {
            let mut inside = Coroutine::<B, _, _, _>::new(|yielder, ()| {
                yielder.suspend((B::current_id(), B::current().name().to_owned()));
            });
            let me = (B::current_id(), format!("thread {n}"));
            assert_eq!(inside.resume(()), Ok(Yielded(me)));
        })));
    }

    LocksOverAYield<B> {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        join_all((0..2).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("thread {n}"), move || taking_turns(&count))
        }));
        assert_eq!(*count.lock(), 2, "two held the mutex");
    }

    Waits<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let waiter = B::spawn("waiter", move || {
            let mut inside = Coroutine::<B, _, _, _>::new(move |yielder, ()| {
                let opened = theirs.1.wait_while(theirs.0.lock(), |n| *n == 0);
                yielder.suspend(*opened);
            });
            inside.resume(())
        });
        drop(Tell(gate));
        assert_eq!(waiter.join(), Ok(Ok(Yielded(1))));
    }

    Spawns<B> {
        let mut inside = Coroutine::<B, _, _, _>::new(|yielder, n| {
            let child = B::spawn("child", move || n + 1);
            let more = yielder.suspend(());
            child.join().unwrap() + more
        });
        assert_eq!(inside.resume(1), Ok(Yielded(())));
        assert_eq!(inside.resume(10), Ok(raceproof_suite::primitives::CoroutineState::Returned(12)));
    }

    Races<B> {
        let count = Arc::new(AtomicI64::<B>::named("count", 0));
        join_all((0..2).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("thread {n}"), move || {
                let mut inside = Coroutine::<B, _, (), _>::new(move |_, ()| {
                    count.store(count.load(SeqCst) + 1, SeqCst);
                });
                assert!(inside.resume(()).is_ok());
            })
        }));
        outcome(count.load(SeqCst));
    }

    Nested<B> {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        let theirs = Arc::clone(&count);
        let other = B::spawn("other", move || {
            let mut outer = Coroutine::<B, _, _, _>::new(move |yielder, ()| {
                taking_turns(&theirs);
                yielder.suspend(());
                taking_turns(&theirs);
            });
            while outer.resume(()) == Ok(Yielded(())) {}
        });
        taking_turns(&count);
        other.join().unwrap();
        assert_eq!(*count.lock(), 3);
    }

    Panics<B> {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        let theirs = Arc::clone(&count);
        let other = B::spawn("other", move || {
            let mut inside = Coroutine::<B, _, (), ()>::new(move |_, ()| {
                assert!(*theirs.lock() < 0, "on the inner stack");
            });
            let _ = inside.resume(());
        });
        *count.lock() += 1;
        if let Err(panicked) = other.join() {
            panic!("{}", panicked.message);
        }
    }

    ClaimedPanic<B> {
        let other = B::spawn("other", || {
            let mut inside = Coroutine::<B, _, (), ()>::new(|_, ()| panic!("on the inner stack"));
            let _ = inside.resume(());
        });
        outcome(other.join().unwrap_err().message);
    }

    BlockedForGood<B> {
        let [a, b] = ["a", "b"].map(|name| Arc::new(Mutex::<B, _>::named(name, ())));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let one = B::spawn("one", move || crosswise(a, b));
        let two = B::spawn("two", move || crosswise(b2, a2));
        join_all([one, two]);
    }

    SuspendedAtADeadlock<B> {
        let gate = Tell::<B>::gate();
        let _alive = suspended(Tell(Arc::clone(&gate)));
        let theirs = Arc::clone(&gate);
        let other = B::spawn("other", move || {
            let _alive = suspended(Tell(Arc::clone(&theirs)));
            drop(theirs.1.wait_while(theirs.0.lock(), |n| *n == 0));
        });
        other.join().unwrap();
    }

    SuspendedAtAFailure<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let other = B::spawn("other", move || {
            let _alive = suspended(Tell(Arc::clone(&theirs)));
            *theirs.0.lock() += 1;
        });
        let _alive = suspended(Tell(Arc::clone(&gate)));
        assert!(*gate.0.lock() > 0, "too early");
        other.join().unwrap();
    }

    SuspendedInItsPanic<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let other = B::spawn("other", move || -> () {
            let _alive = suspended(Tell(theirs));
            panic!("of its own");
        });
        drop(gate.1.wait_while(gate.0.lock(), |n| *n == 0));
        if let Err(panicked) = other.join() {
            panic!("{}", panicked.message);
        }
    }

    CloseUnlocks<B> {
        let mutex = Arc::new(Mutex::<B, _>::named("mutex", 0));
        join_all((0..2).map(|n| {
            let mutex = Arc::clone(&mutex);
            B::spawn(format!("thread {n}"), move || {
                let mut inside = Coroutine::<B, _, _, ()>::new(move |yielder, ()| {
                    let mut held = mutex.lock();
                    *held += 1;
                    yielder.suspend(());
                    unreachable!("it is closed");
                });
                assert_eq!(inside.resume(()), Ok(Yielded(())));
            })
        }));
        assert_eq!(*mutex.lock(), 2);
    }

    FailureInAClose<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let other = B::spawn("other", move || {
            drop(suspended(Tell(theirs)));
        });
        assert_eq!(*gate.0.lock(), 0, "a close is under way");
        other.join().unwrap();
    }

    DeadlockInAClose<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let held = gate.0.lock();
        let other = B::spawn("other", move || drop(suspended(Tell(theirs))));
        other.join().unwrap();
        drop(held);
    }

    InADaemon<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        B::spawn_daemon("daemon", move || {
            let mut inside = Coroutine::<B, _, _, ()>::new(move |yielder, ()| loop {
                *theirs.0.lock() += 1;
                yielder.suspend(());
                drop(theirs.1.wait(theirs.0.lock()));
            });
            while inside.resume(()).is_ok() {}
        });
        *gate.0.lock() += 1;
    }

    Detached<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        // On some engines an execution ends with its main thread, wherever this thread is then.
        drop(B::spawn("detached", move || {
            let _alive = suspended(Tell(Arc::clone(&theirs)));
            drop(suspended(Tell(theirs)));
        }));
        *gate.0.lock() += 1;
    }

    Leaked<B> {
        let gate = Tell::<B>::gate();
        let theirs = Arc::clone(&gate);
        let other = B::spawn("other", move || std::mem::forget(suspended(Tell(theirs))));
        other.join().unwrap();
        assert_eq!(*gate.0.lock(), 0);
    }
}
