//! The promises of a coroutine: it runs from one of its yields to the next and no further, values go
//! both ways, and closing it runs its destructors.

use super::Of;
use crate::{
    backend::{Arc, AtomicI64, Backend, Capability::PanicWhileLocked, Condvar, Mutex, join_all},
    primitives::{Coroutine, CoroutineState},
    program::{Group, Scenario, Variant},
};
use CoroutineState::{Returned, Yielded};
use std::{fmt, sync::atomic::Ordering::SeqCst};

/// The contracts of [`Coroutine`].
pub static SCENARIO: Scenario = scenario::<Real>("coroutine");

/// Names a coroutine type for numbers.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The body of a coroutine: it receives the handle that suspends it, and the first value.
pub type Body = Box<dyn FnOnce(&dyn Fn(i64) -> i64, i64) -> i64 + Send>;

/// The methods that the contracts call; meanings as for [`Coroutine`]. Dropping it closes it.
pub trait Subject: 'static {
    /// A coroutine that has not begun.
    fn new(body: Body) -> Self;
    /// Runs it to its next yield or its end; `None` if it has ended.
    fn resume(&mut self, value: i64) -> Option<CoroutineState<i64, i64>>;
}

/// Names [`Coroutine`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Coroutine<B, i64, i64, i64>;
}

impl<B: Backend> Subject for Coroutine<B, i64, i64, i64> {
    fn new(body: Body) -> Self {
        Self::new(|yielder, first| body(&|value| yielder.suspend(value), first))
    }
    fn resume(&mut self, value: i64) -> Option<CoroutineState<i64, i64>> {
        self.resume(value).ok()
    }
}

/// The contracts of coroutines of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "A coroutine runs from one of its yields to the next and no further";
    let source = include_str!("coroutine.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "both-ways",
            &BothWays::<K>(Of::THIS),
            "The value given to a resume is what the yield returns, and the other way round.",
        ),
        Variant::new(
            "turns",
            &Turns::<K>(Of::THIS),
            "It has done nothing before its first resume, and nothing between a yield and the \
             next.",
        ),
        Variant::new(
            "ended",
            &Ended::<K>(Of::THIS),
            "A coroutine that has returned or panicked refuses to be resumed, and a panic comes \
             out.",
        ),
        Variant::new(
            "holds-a-lock",
            &HoldsALock::<K>(Of::THIS),
            "A mutex that is locked inside stays locked while the coroutine is suspended.",
        ),
        Variant::new(
            "waits",
            &Waits::<K>(Of::THIS),
            "A coroutine that waits blocks its own thread and no other.",
        ),
        Variant::new(
            "closed",
            &Closed::<K>(Of::THIS),
            "When it is dropped, the values on its stack are dropped.",
        )
        .needs(&[PanicWhileLocked]),
    ];
}

programs! {
    <K: Kind>;

    BothWays<B> {
        let mut sums = K::On::<B>::new(Box::new(|suspend, first| {
            let second = suspend(first + 1);
            let third = suspend(first + second);
            first + second + third
        }));
        let said = [1, 20, 300].map(|value| sums.resume(value));
        let expected = [Some(Yielded(2)), Some(Yielded(21)), Some(Returned(321))];
        assert_eq!(said, expected, "another value");
    }

    Turns<B> {
        let steps = Arc::new(AtomicI64::<B>::named("steps", 0));
        let theirs = Arc::clone(&steps);
        let mut stepping = K::On::<B>::new(Box::new(move |suspend, _| {
            for n in 1..=2 {
                theirs.fetch_add(1, SeqCst);
                suspend(n);
            }
            theirs.fetch_add(1, SeqCst)
        }));
        for n in 0..3 {
            assert_eq!(steps.load(SeqCst), n, "it ran between its yields");
            assert!(stepping.resume(0).is_some(), "it ended early");
        }
        assert_eq!(steps.load(SeqCst), 3, "it ran between its yields, at its end");
    }

    Ended<B> {
        let mut returns = K::On::<B>::new(Box::new(|_, first| first));
        let said = [1, 2].map(|value| returns.resume(value));
        assert_eq!(said, [Some(Returned(1)), None], "resumed after its end");
        let resumer = B::spawn("resumer", || {
            let mut panics = K::On::<B>::new(Box::new(|_, _| panic!("of the body")));
            panics.resume(1)
        });
        let message = resumer.join().map_err(|panicked| panicked.message);
        assert_eq!(message, Err("of the body".into()), "another end");
    }

    HoldsALock<B> {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        join_all((0..2).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("thread {n}"), move || {
                let mut locking = K::On::<B>::new(Box::new(move |suspend, _| {
                    let mut held = count.lock();
                    let seen = *held;
                    suspend(0);
                    *held = seen + 1;
                    0
                }));
                while let Some(Yielded(_)) = locking.resume(0) {}
            })
        }));
        assert_eq!(*count.lock(), 2, "two held the mutex");
    }

    Waits<B> {
        let gate = Arc::new((Mutex::<B, _>::named("open", false), Condvar::<B>::named("opened")));
        let theirs = Arc::clone(&gate);
        let waiter = B::spawn("waiter", move || {
            let mut waiting = K::On::<B>::new(Box::new(move |suspend, first| {
                drop(theirs.1.wait_while(theirs.0.lock(), |open| !*open));
                suspend(first)
            }));
            waiting.resume(5)
        });
        let mut opening = K::On::<B>::new(Box::new(move |_, _| {
            *gate.0.lock() = true;
            gate.1.notify_all();
            0
        }));
        assert_eq!(opening.resume(0), Some(Returned(0)), "another value from the opening one");
        assert_eq!(waiter.join(), Ok(Some(Yielded(5))), "another value from the waiting one");
    }

    Closed<B> {
        let mutex = Arc::new(Mutex::<B, _>::named("mutex", 0));
        let theirs = Arc::clone(&mutex);
        let other = B::spawn("other", move || {
            let mut locking = K::On::<B>::new(Box::new(move |suspend, first| {
                let mut held = theirs.lock();
                *held += 1;
                suspend(first)
            }));
            assert_eq!(locking.resume(1), Some(Yielded(1)), "another value");
        });
        *mutex.lock() += 1;
        other.join().unwrap();
        assert_eq!(*mutex.lock(), 2, "closed before it began");
    }
}
