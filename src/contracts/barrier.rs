//! The promises of a barrier: no party passes before all have come, each gets a different index,
//! round after round; and when the barrier breaks, no thread is left waiting.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Timeouts, Engine, execution::outcome},
    primitives::Barrier,
    program::{Group, Scenario, Variant},
};
use std::{fmt, sync::atomic::Ordering::SeqCst, time::Duration};

/// The contracts of [`Barrier`].
pub static SCENARIO: Scenario = scenario::<Real>("barrier");

/// Names a barrier type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Barrier`].
pub trait Subject: Sized + Send + Sync + 'static {
    /// A barrier for `parties` threads, with an action that the last one runs before any passes.
    fn new(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self;
    /// Blocks until all have come; returns the index, or `None` if the barrier is broken.
    fn wait(&self) -> Option<usize>;
    /// Like [`wait`](Self::wait), but breaks the barrier after a short time.
    fn wait_timeout(&self) -> Option<usize>;
    /// Breaks it: threads that wait, or come before a reset, get `None`.
    fn abort(&self);
    /// Resets it: threads that wait get `None`.
    fn reset(&self);
    /// The number of threads that wait.
    fn n_waiting(&self) -> usize;
    /// Whether it is broken.
    fn is_broken(&self) -> bool;
}

/// Names [`Barrier`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Barrier<B>;
}

impl<B: Backend> Subject for Barrier<B> {
    fn new(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self::new(parties).expect("some parties").with_action(action)
    }
    fn wait(&self) -> Option<usize> {
        self.wait().ok()
    }
    fn wait_timeout(&self) -> Option<usize> {
        self.wait_timeout(Duration::from_millis(1)).ok()
    }
    fn abort(&self) {
        self.abort();
    }
    fn reset(&self) {
        self.reset();
    }
    fn n_waiting(&self) -> usize {
        self.n_waiting()
    }
    fn is_broken(&self) -> bool {
        self.is_broken()
    }
}

/// The contracts of barriers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "No party passes before all have come, and none waits once the barrier is broken";
    let source = include_str!("barrier.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "separates",
            &Separates::<K>(Of::THIS, 3),
            "No thread is past the barrier before all have come, and all indices differ.",
        )
        .sized(&[(Engine::Loom, &Separates::<K>(Of::THIS, 2))]),
        Variant::new(
            "rounds",
            &Rounds::<K>(Of::THIS),
            "A thread that is quick to begin the next round does not hold up one that still \
             leaves.",
        ),
        Variant::new(
            "action",
            &Action::<K>(Of::THIS),
            "The action has run, once, before any thread passes.",
        ),
        Variant::new(
            "abort",
            &Abort::<K>(Of::THIS),
            "An abort wakes every waiting thread, with an error.",
        ),
        Variant::new(
            "reset",
            &Reset::<K>(Of::THIS),
            "A reset wakes the waiting thread with an error, and the next round is a full one.",
        )
        .outcomes(&["late", "waited"]),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "Either both pass, or one times out and the barrier is broken for the other too.",
        )
        .needs(&[Timeouts])
        .outcomes(&["both passed", "broken"]),
    ];
}

programs! {
    <K: Kind>;

    Separates(parties: usize)<B> {
        let barrier = K::On::<B>::new(parties, || ());
        let shared = Arc::new((barrier, AtomicUsize::<B>::named("came", 0), parties));
        let mut indices = together::<B, _, _>(&shared, parties, |(barrier, came, parties), _| {
            came.fetch_add(1, SeqCst);
            let index = barrier.wait().expect("no thread breaks it");
            assert_eq!(came.load(SeqCst), *parties, "passed before all had come");
            index
        });
        indices.sort_unstable();
        assert!(indices.iter().copied().eq(0..parties), "indices not distinct: {indices:?}");
    }

    Rounds<B> {
        let shared = Arc::new((K::On::<B>::new(2, || ()), AtomicUsize::<B>::named("came", 0)));
        together::<B, _, _>(&shared, 2, |(barrier, came), _| {
            for round in 1..=2 {
                came.fetch_add(1, SeqCst);
                assert!(barrier.wait().is_some(), "broken by no thread");
                assert!(came.load(SeqCst) >= 2 * round, "passed before all had come");
            }
        });
        assert_eq!(shared.0.n_waiting(), 0, "a thread still counts as waiting");
    }

    Action<B> {
        let ran = Arc::new(AtomicUsize::<B>::named("ran", 0));
        let counted = Arc::clone(&ran);
        let action = move || {
            counted.fetch_add(1, SeqCst);
        };
        let shared = Arc::new((K::On::<B>::new(2, action), ran));
        together::<B, _, _>(&shared, 2, |(barrier, ran), _| {
            assert!(barrier.wait().is_some(), "broken by no thread");
            assert_eq!(ran.load(SeqCst), 1, "passed before the action, or it ran again");
        });
    }

    Abort<B> {
        let barrier = Arc::new(K::On::<B>::new(3, || ()));
        let waiters =
            [0, 1].map(|_| aside::<B, _, _>(&barrier, "waiter", |barrier| barrier.wait()));
        barrier.abort();
        for waiter in waiters {
            assert_eq!(waiter.join(), Ok(None), "passed an aborted barrier");
        }
        assert!(barrier.is_broken() && barrier.wait().is_none(), "whole after an abort");
    }

    Reset<B> {
        let barrier = Arc::new(K::On::<B>::new(2, || ()));
        let waiter = aside::<B, _, _>(&barrier, "waiter", |barrier| barrier.wait());
        let waited = barrier.n_waiting() == 1;
        if waited {
            barrier.reset();
            assert_eq!(waiter.join(), Ok(None), "passed a barrier that was reset");
            let next = aside::<B, _, _>(&barrier, "next", |barrier| barrier.wait());
            assert!(barrier.wait().is_some(), "broken after a reset");
            assert!(next.join().unwrap().is_some(), "broken after a reset for the next thread");
        } else {
            assert!(barrier.wait().is_some(), "broken by no thread, seen by the first");
            assert!(waiter.join().unwrap().is_some(), "broken by no thread, seen by the waiter");
        }
        assert!(!barrier.is_broken(), "broken after a reset for ever");
        outcome(if waited { "waited" } else { "late" });
    }

    Timed<B> {
        let barrier = Arc::new(K::On::<B>::new(2, || ()));
        let waiter = aside::<B, _, _>(&barrier, "waiter", |barrier| barrier.wait());
        let mine = barrier.wait_timeout();
        let other = waiter.join().unwrap();
        assert_eq!(mine.is_none(), barrier.is_broken(), "gave up and left it whole");
        assert_eq!(mine.is_none(), other.is_none(), "one passed and one did not");
        outcome(if mine.is_some() { "both passed" } else { "broken" });
    }
}
