//! The promises of a lock: one holder at a time, no thread waits forever for a free lock, and an
//! acquire that is refused or gives up changes nothing.

use super::{Of, aside, excludes};
use crate::{
    backend::{Arc, Backend, Capability::Timeouts, Engine, execution::outcome, join_all},
    primitives::Lock,
    program::{Group, Scenario, Variant},
};
use std::{fmt, time::Duration};

/// The contracts of [`Lock`].
pub static SCENARIO: Scenario = scenario::<Real>("lock");

/// Names a lock type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Lock`].
pub trait Subject: Send + Sync + 'static {
    /// An unlocked lock.
    fn new() -> Self;
    /// Blocks until it is free, and acquires it.
    fn acquire(&self);
    /// Acquires it if it is free, without blocking; returns whether it did.
    fn try_acquire(&self) -> bool;
    /// Blocks until it is free, for at most a short time; returns whether it acquired it.
    fn acquire_timeout(&self) -> bool;
    /// Releases it, whichever thread acquired it; returns whether it was held.
    fn release(&self) -> bool;
    /// Whether a thread holds it.
    fn locked(&self) -> bool;
}

/// Names [`Lock`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Lock<B>;
}

impl<B: Backend> Subject for Lock<B> {
    fn new() -> Self {
        Self::new()
    }
    fn acquire(&self) {
        self.acquire();
    }
    fn try_acquire(&self) -> bool {
        self.try_acquire()
    }
    fn acquire_timeout(&self) -> bool {
        self.acquire_timeout(Duration::from_millis(1))
    }
    fn release(&self) -> bool {
        self.release().is_ok()
    }
    fn locked(&self) -> bool {
        self.locked()
    }
}

/// The contracts of locks of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "One holder at a time, and no thread waits forever for a free lock";
    let source = include_str!("lock.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "excludes",
            &Excludes::<K>(Of::THIS, 2),
            "The thread inside has the lock, and only one can have it.",
        )
        .sized(&[
            (Engine::Dpor, &Excludes::<K>(Of::THIS, 3)),
            (Engine::Shuttle, &Excludes::<K>(Of::THIS, 3)),
        ]),
        Variant::new(
            "one-after-another",
            &OneAfterAnother::<K>(Of::THIS),
            "Each release lets one of the waiting threads go on, and that one the next.",
        ),
        Variant::new(
            "any-thread-releases",
            &AnyThread::<K>(Of::THIS),
            "The lock has no owner, so another thread may release it.",
        ),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "Neither a release of a free lock nor an acquire of a held one changes anything.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed acquire gets the lock or gives up, and then it has changed nothing.",
        )
        .needs(&[Timeouts])
        .outcomes(&["acquired", "gave up"]),
        Variant::new(
            "gives-up-without-loss",
            &GivesUp::<K>(Of::THIS),
            "A wake-up for a thread that gives up at this moment is not lost to the other waiter.",
        )
        .needs(&[Timeouts]),
    ];
}

programs! {
    <K: Kind>;

    Excludes(threads: usize)<B> {
        let lock = K::On::<B>::new();
        let section = excludes::<B, _>(threads, lock, K::On::<B>::acquire, |lock| {
            assert!(lock.release(), "another thread released it");
        });
        assert!(!section.guard.locked(), "locked without a holder");
    }

    OneAfterAnother<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let waiters = [0, 1].map(|_| aside::<B, _, _>(&lock, "waiter", |lock| {
            lock.acquire();
            assert!(lock.release(), "another thread released it");
        }));
        assert!(lock.release(), "lost by its holder");
        join_all(waiters);
    }

    AnyThread<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let child = aside::<B, _, _>(&lock, "other", |lock| {
            assert!(lock.release(), "refused another thread's release");
        });
        lock.acquire();
        child.join().unwrap();
        assert!(lock.locked(), "free after an acquire");
    }

    Refuses<B> {
        let lock = Arc::new(K::On::<B>::new());
        assert!(!lock.release(), "released a free lock");
        lock.acquire();
        let child = aside::<B, _, _>(&lock, "other", |lock| lock.try_acquire());
        assert!(!child.join().unwrap(), "acquired a held lock");
        assert!(lock.release(), "refused a held lock's release");
        assert!(lock.try_acquire(), "refused a free lock");
        assert!(lock.locked(), "free after an acquire");
    }

    Timed<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let child = aside::<B, _, _>(&lock, "impatient", |lock| lock.acquire_timeout());
        assert!(lock.release(), "lost by its holder");
        let acquired = child.join().unwrap();
        assert_eq!(lock.locked(), acquired, "gave up and took it, or the reverse");
        outcome(if acquired { "acquired" } else { "gave up" });
    }

    GivesUp<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let impatient = aside::<B, _, _>(&lock, "impatient", |lock| {
            if lock.acquire_timeout() {
                assert!(lock.release(), "another thread released it");
            }
        });
        let patient = aside::<B, _, _>(&lock, "patient", |lock| lock.acquire());
        assert!(lock.release(), "lost by its holder");
        patient.join().unwrap();
        impatient.join().unwrap();
        assert!(lock.locked(), "free after an acquire");
    }
}
