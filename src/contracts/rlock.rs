//! The promises of a reentrant lock: its owner acquires it again to any depth, other threads wait until
//! the last level is released, and only the owner releases.

use super::{Of, aside, excludes};
use crate::{
    backend::{Arc, Backend, Capability::Timeouts, Condvar, Mutex, execution::outcome, join_all},
    primitives::{Depth, NotOwner, RLock},
    program::{Group, Scenario, Variant},
};
use std::{fmt, time::Duration};

/// The contracts of [`RLock`].
pub static SCENARIO: Scenario = scenario::<Real>("rlock");

/// Names a reentrant lock type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`RLock`].
pub trait Subject: Send + Sync + 'static {
    /// The value that [`restore`](Self::restore) needs.
    type Saved;
    /// A free lock.
    fn new() -> Self;
    /// Blocks until it is free or held by the caller, and acquires one level.
    fn acquire(&self);
    /// Acquires one level if it need not block; returns whether it did.
    fn try_acquire(&self) -> bool;
    /// Like [`acquire`](Self::acquire), but for at most a short time; returns whether it acquired a
    /// level.
    fn acquire_timeout(&self) -> bool;
    /// Releases one level; returns whether it was the caller's.
    fn release(&self) -> bool;
    /// Releases every level; returns `None` if it is not the caller's.
    fn release_all(&self) -> Option<Self::Saved>;
    /// Blocks until it is free, and acquires every level again.
    fn restore(&self, saved: Self::Saved);
}

/// Names [`RLock`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = RLock<B>;
}

impl<B: Backend> Subject for RLock<B> {
    type Saved = Depth;

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
        self.release() != Err(NotOwner)
    }
    fn release_all(&self) -> Option<Depth> {
        self.release_all().ok()
    }
    fn restore(&self, depth: Depth) {
        self.restore(depth);
    }
}

/// The contracts of reentrant locks of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Its owner passes, and other threads wait for the last release";
    let source = include_str!("rlock.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "excludes",
            &Excludes::<K>(Of::THIS),
            "Between its first acquire and its last release the owner is alone inside.",
        ),
        Variant::new(
            "one-after-another",
            &OneAfterAnother::<K>(Of::THIS),
            "The last release lets one of the waiting threads go on, and that one the next.",
        ),
        Variant::new(
            "owner-only",
            &OwnerOnly::<K>(Of::THIS),
            "Another thread can neither release the lock nor acquire it.",
        ),
        Variant::new(
            "saved-and-restored",
            &Saved::<K>(Of::THIS),
            "However deep it is held, it can be released and reacquired as it was.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed acquire gets the lock or gives up, and then it has changed nothing.",
        )
        .needs(&[Timeouts])
        .outcomes(&["acquired", "gave up"]),
    ];
}

/// The caller holds `lock` at this depth; afterwards it does not hold it any more.
#[track_caller]
fn assert_levels<B: Backend, K: Kind>(lock: &K::On<B>, depth: usize) {
    let levels = std::iter::repeat_with(|| lock.release()).take(depth + 1);
    assert_eq!(levels.filter(|&held| held).count(), depth, "held at another depth");
}

programs! {
    <K: Kind>;

    Excludes<B> {
        let twice_and_once_back = |lock: &K::On<B>| {
            lock.acquire();
            lock.acquire();
            assert!(lock.release(), "lost a level");
        };
        excludes::<B, _>(2, K::On::<B>::new(), twice_and_once_back, |lock| {
            assert!(lock.release(), "lost the last level");
            assert!(!lock.release(), "more levels than were acquired");
        });
    }

    OneAfterAnother<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let waiters = [0, 1].map(|_| aside::<B, _, _>(&lock, "waiter", |lock| {
            lock.acquire();
            assert!(lock.release(), "lost by its owner, a waiter");
        }));
        assert!(lock.release(), "lost by its owner, the main thread");
        join_all(waiters);
    }

    OwnerOnly<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let other = aside::<B, _, _>(&lock, "other", |lock| {
            assert!(!lock.release(), "released another thread's lock");
            assert!(lock.release_all().is_none(), "gave up another thread's lock");
            lock.try_acquire()
        });
        assert!(!other.join().unwrap(), "acquired another thread's lock");
        assert!(lock.try_acquire(), "refused its owner");
        assert_levels::<B, K>(&lock, 2);
    }

    Saved<B> {
        let shared = Arc::new((
            K::On::<B>::new(),
            Mutex::<B, _>::named("turn", false),
            Condvar::<B>::named("turn came"),
        ));
        let (lock, turn, came) = &*shared;
        lock.acquire();
        lock.acquire();
        let other = aside::<B, _, _>(&shared, "other", |(lock, turn, came)| {
            lock.acquire();
            *turn.lock() = true;
            came.notify_one();
            assert!(lock.release(), "lost by its owner");
        });
        let saved = lock.release_all().expect("it is the owner");
        drop(came.wait_while(turn.lock(), |turn| !*turn));
        lock.restore(saved);
        assert_levels::<B, K>(lock, 2);
        other.join().unwrap();
    }

    Timed<B> {
        let lock = Arc::new(K::On::<B>::new());
        lock.acquire();
        let child = aside::<B, _, _>(&lock, "impatient", |lock| {
            let acquired = lock.acquire_timeout();
            assert_eq!(lock.release(), acquired, "gave up and took it, or the reverse");
            acquired
        });
        assert!(lock.release(), "lost by its owner");
        outcome(if child.join().unwrap() { "acquired" } else { "gave up" });
        assert!(lock.try_acquire(), "refused a free lock");
    }
}
