//! The promises of a semaphore: no more threads inside than it has permits, no permit is left while a
//! thread waits for one, and a refused call changes nothing.

use super::{Of, aside, excludes, together};
use crate::{
    backend::{Arc, Backend, Capability::Timeouts, Engine, execution::outcome, join_all},
    primitives::{BoundedSemaphore, Semaphore},
    program::{Group, Scenario, Variant},
};
use std::{fmt, time::Duration};

/// The contracts of [`Semaphore`] and [`BoundedSemaphore`].
pub static SCENARIO: Scenario = scenario::<Real>("semaphore");

/// Names a semaphore type, and its bounded form.
pub trait Kind: fmt::Debug + 'static {
    /// The plain type.
    type On<B: Backend>: Subject;
    /// The bounded type.
    type Bounded<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Semaphore`].
pub trait Subject: Send + Sync + 'static {
    /// A semaphore with `permits` permits.
    fn new(permits: usize) -> Self;
    /// Blocks until there is a permit, and takes it.
    fn acquire(&self);
    /// Takes a permit if there is one, without blocking; returns whether it did.
    fn try_acquire(&self) -> bool;
    /// Blocks until there is a permit, for at most a short time; returns whether it took one.
    fn acquire_timeout(&self) -> bool;
    /// Returns `n` permits; refuses zero, and more than the limit.
    fn release_many(&self, n: usize) -> bool;
    /// The number of free permits.
    fn permits(&self) -> usize;
}

/// Names [`Semaphore`] and [`BoundedSemaphore`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Semaphore<B>;
    type Bounded<B: Backend> = BoundedSemaphore<B>;
}

/// Implements [`Subject`] for a type with the methods of [`Semaphore`].
macro_rules! subject {
    ($($name:ident),*) => {$(
        impl<B: Backend> Subject for $name<B> {
            fn new(permits: usize) -> Self {
                Self::new(permits)
            }
            fn acquire(&self) {
                Semaphore::acquire(self);
            }
            fn try_acquire(&self) -> bool {
                Semaphore::try_acquire(self)
            }
            fn acquire_timeout(&self) -> bool {
                Semaphore::acquire_timeout(self, Duration::from_millis(1))
            }
            fn release_many(&self, n: usize) -> bool {
                Semaphore::release_many(self, n).is_ok()
            }
            fn permits(&self) -> usize {
                Semaphore::permits(self)
            }
        }
    )*};
}
subject!(Semaphore, BoundedSemaphore);

/// The contracts of semaphores of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Never more threads inside than permits, and no permit is left while a thread \
                  waits";
    let source = include_str!("semaphore.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "limits",
            &Limits::<K>(Of::THIS, 2),
            "The thread inside has the permit, and there is only one.",
        )
        .sized(&[
            (Engine::Dpor, &Limits::<K>(Of::THIS, 3)),
            (Engine::Shuttle, &Limits::<K>(Of::THIS, 3)),
        ]),
        Variant::new(
            "admits-as-many-as-permits",
            &Admits::<K>(Of::THIS),
            "Two permits let two of three threads in; the third waits for one of them to leave.",
        ),
        Variant::new(
            "one-release-for-each",
            &OneForEach::<K>(Of::THIS),
            "Two releases, one after the other, let both waiting threads go on.",
        ),
        Variant::new(
            "one-release-for-all",
            &OneForAll::<K>(Of::THIS),
            "Two permits released in one call let both waiting threads go on.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed acquire takes a permit or gives up, and then it has changed nothing.",
        )
        .needs(&[Timeouts])
        .outcomes(&["acquired", "gave up"]),
        Variant::new(
            "gives-up-without-loss",
            &GivesUp::<K>(Of::THIS),
            "A wake-up for a thread that gives up at this moment is not lost to the other waiter.",
        )
        .needs(&[Timeouts]),
        Variant::new(
            "bounded",
            &Bounded::<K>(Of::THIS),
            "Of two releases of one permit the bounded form refuses one, and the limit holds.",
        ),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "A release of no permits, or of too many, changes nothing.",
        ),
    ];
}

programs! {
    <K: Kind>;

    Limits(threads: usize)<B> {
        let semaphore = K::On::<B>::new(1);
        let section = excludes::<B, _>(threads, semaphore, K::On::<B>::acquire, |semaphore| {
            assert!(semaphore.release_many(1), "refused a release");
        });
        assert_eq!(section.guard.permits(), 1, "a permit was lost or made");
    }

    Admits<B> {
        let semaphore = Arc::new(K::On::<B>::new(2));
        semaphore.acquire();
        assert!(semaphore.try_acquire(), "refused a permit that is there");
        assert!(!semaphore.try_acquire(), "took a permit that is not there");
        let waiter = aside::<B, _, _>(&semaphore, "waiter", |semaphore| semaphore.acquire());
        assert!(semaphore.release_many(1), "refused a release");
        waiter.join().unwrap();
        assert_eq!(semaphore.permits(), 0, "a permit was lost or made");
    }

    OneForEach<B> {
        let semaphore = Arc::new(K::On::<B>::new(0));
        let waiters =
            [0, 1].map(|_| aside::<B, _, _>(&semaphore, "waiter", |semaphore| semaphore.acquire()));
        assert!(semaphore.release_many(1), "refused a release, the first");
        assert!(semaphore.release_many(1), "refused a release, the second");
        join_all(waiters);
        assert_eq!(semaphore.permits(), 0, "a permit was lost or made");
    }

    OneForAll<B> {
        let semaphore = Arc::new(K::On::<B>::new(0));
        let waiters =
            [0, 1].map(|_| aside::<B, _, _>(&semaphore, "waiter", |semaphore| semaphore.acquire()));
        assert!(semaphore.release_many(2), "refused a release");
        join_all(waiters);
        assert_eq!(semaphore.permits(), 0, "a permit was lost or made");
    }

    Timed<B> {
        let semaphore = Arc::new(K::On::<B>::new(0));
        let child =
            aside::<B, _, _>(&semaphore, "impatient", |semaphore| semaphore.acquire_timeout());
        assert!(semaphore.release_many(1), "refused a release");
        let acquired = child.join().unwrap();
        assert_eq!(semaphore.permits(), usize::from(!acquired), "gave up and took it, or the reverse");
        outcome(if acquired { "acquired" } else { "gave up" });
    }

    GivesUp<B> {
        let semaphore = Arc::new(K::On::<B>::new(0));
        let impatient = aside::<B, _, _>(&semaphore, "impatient", |semaphore| {
            if semaphore.acquire_timeout() {
                assert!(semaphore.release_many(1), "refused a release by the impatient thread");
            }
        });
        let patient = aside::<B, _, _>(&semaphore, "patient", |semaphore| semaphore.acquire());
        assert!(semaphore.release_many(1), "refused a release by the main thread");
        patient.join().unwrap();
        impatient.join().unwrap();
        assert_eq!(semaphore.permits(), 0, "a permit was lost or made");
    }

    Bounded<B> {
        let semaphore = Arc::new(K::Bounded::<B>::new(1));
        semaphore.acquire();
        let released =
            together::<B, _, _>(&semaphore, 2, |semaphore, _| semaphore.release_many(1));
        let allowed = released.iter().filter(|&&released| released).count();
        assert_eq!(allowed, 1, "one of two releases goes beyond the limit");
        assert_eq!(semaphore.permits(), 1, "above the limit");
    }

    Refuses<B> {
        let semaphore = K::Bounded::<B>::new(2);
        assert!(semaphore.try_acquire(), "refused a permit that is there");
        assert!(!semaphore.release_many(0), "released nothing");
        assert!(!semaphore.release_many(2), "released more than the limit");
        assert_eq!(semaphore.permits(), 1, "a permit was lost or made");
    }
}
