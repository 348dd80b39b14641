//! The promises of a condition: no thread can notify between the release of the lock and the wait, a
//! notification wakes a thread that waited before it, and the lock is held again afterwards, as deep
//! as before.

use super::{Of, aside};
use crate::{
    backend::{
        Arc, Atomic, AtomicUsize, Backend, Capability::Timeouts, execution::outcome, join_all,
    },
    primitives::{Condition, NotHeld},
    program::{Group, Scenario, Variant},
};
use std::{fmt, sync::atomic::Ordering::SeqCst, time::Duration};

/// The contracts of [`Condition`].
pub static SCENARIO: Scenario = scenario::<Real>("condition");

/// Names a condition type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Condition`].
pub trait Subject: Send + Sync + 'static {
    /// A condition with its own lock.
    fn new() -> Self;
    /// Acquires the lock.
    fn acquire(&self);
    /// Releases the lock; returns whether it was held.
    fn release(&self) -> bool;
    /// Waits for a notification; returns whether the lock was held.
    fn wait(&self) -> bool;
    /// Waits for a while; returns whether it was notified, or `None` if the lock was not held.
    fn wait_timeout(&self) -> Option<bool>;
    /// Waits for `predicate`; returns whether the lock was held.
    fn wait_for(&self, predicate: impl FnMut() -> bool) -> bool;
    /// Notifies `n`; returns whether the lock was held.
    fn notify(&self, n: usize) -> bool;
    /// Notifies all; returns whether the lock was held.
    fn notify_all(&self) -> bool;
}

/// Names [`Condition`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Condition<B>;
}

impl<B: Backend> Subject for Condition<B> {
    fn new() -> Self {
        Self::new()
    }
    fn acquire(&self) {
        (**self).acquire();
    }
    fn release(&self) -> bool {
        (**self).release().is_ok()
    }
    fn wait(&self) -> bool {
        self.wait() != Err(NotHeld::Wait)
    }
    fn wait_timeout(&self) -> Option<bool> {
        self.wait_timeout(Duration::from_millis(1)).ok()
    }
    fn wait_for(&self, predicate: impl FnMut() -> bool) -> bool {
        self.wait_for(predicate) != Err(NotHeld::Wait)
    }
    fn notify(&self, n: usize) -> bool {
        self.notify(n) != Err(NotHeld::Notify)
    }
    fn notify_all(&self) -> bool {
        self.notify_all() != Err(NotHeld::Notify)
    }
}

/// The contracts of conditions of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "No notification comes between the release of the lock and the wait";
    let source = include_str!("condition.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "hand-over",
            &HandOver::<K>(Of::THIS),
            "A thread that waits for a fact returns when it is true, whenever it became so.",
        ),
        Variant::new(
            "wakes-one-for-each",
            &OneForEach::<K>(Of::THIS),
            "Two notifications, or one notification of two, let both waiting threads go on.",
        ),
        Variant::new(
            "wakes-all",
            &WakesAll::<K>(Of::THIS),
            "A notification of all lets every waiting thread go on.",
        ),
        Variant::new(
            "not-for-latecomers",
            &PingPong::<K>(Of::THIS),
            "A notification wakes a thread that waits already; a later waiter, even the notifier, \
             gets none.",
        ),
        Variant::new(
            "gives-up-every-level",
            &EveryLevel::<K>(Of::THIS),
            "A wait releases the lock at any depth, and reacquires it at the same depth.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed wait is notified or gives up, and holds the lock either way.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "notified"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "Neither a wait nor a notification is possible without the lock.",
        ),
    ];
}

/// A condition with a number that grows.
struct Counted<B: Backend, C>(C, AtomicUsize<B>);

impl<B: Backend, C: Subject> Counted<B, C> {
    fn new() -> Arc<Self> {
        Arc::new(Self(C::new(), Atomic::named("number", 0)))
    }

    /// Waits until the number is `n`.
    fn await_number(&self, n: usize) {
        assert!(self.0.wait_for(|| self.1.load(SeqCst) == n), "the waiter lost the lock");
        assert_eq!(self.1.load(SeqCst), n, "returned with its predicate false");
    }
}

programs! {
    <K: Kind>;

    HandOver<B> {
        let shared = Counted::<B, K::On<B>>::new();
        let giver = aside::<B, _, _>(&shared, "giver", |Counted(condition, number)| {
            condition.acquire();
            number.store(1, SeqCst);
            assert!(condition.notify(1), "the notifier lost the lock before it notified");
            assert!(condition.release(), "the notifier lost the lock by notifying");
        });
        shared.0.acquire();
        shared.await_number(1);
        assert!(shared.0.release(), "came back without the lock");
        giver.join().unwrap();
    }

    OneForEach<B> {
        let shared = Counted::<B, K::On<B>>::new();
        let waiters = [0, 1].map(|_| aside::<B, _, _>(&shared, "waiter", |shared| {
            shared.0.acquire();
            shared.await_number(1);
            assert!(shared.0.release(), "came back without the lock");
        }));
        shared.0.acquire();
        shared.1.store(1, SeqCst);
        assert!(shared.0.notify(2), "the notifier lost the lock");
        assert!(shared.0.release(), "the notifier came back without the lock");
        join_all(waiters);
    }

    WakesAll<B> {
        let shared = Counted::<B, K::On<B>>::new();
        let waiters = [0, 1].map(|_| aside::<B, _, _>(&shared, "waiter", |shared| {
            shared.0.acquire();
            shared.await_number(1);
            assert!(shared.0.release(), "came back without the lock");
        }));
        shared.0.acquire();
        shared.1.store(1, SeqCst);
        assert!(shared.0.notify_all(), "the notifier lost the lock");
        assert!(shared.0.release(), "the notifier came back without the lock");
        join_all(waiters);
    }

    PingPong<B> {
        let shared = Counted::<B, K::On<B>>::new();
        let ponger = aside::<B, _, _>(&shared, "ponger", |shared| {
            shared.0.acquire();
            shared.await_number(1);
            shared.1.store(2, SeqCst);
            assert!(shared.0.notify(1), "the notifier lost the lock as ponger");
            assert!(shared.0.release(), "the ponger came back without the lock");
        });
        shared.0.acquire();
        shared.1.store(1, SeqCst);
        assert!(shared.0.notify(1), "the notifier lost the lock as pinger");
        shared.await_number(2);
        assert!(shared.0.release(), "the pinger came back without the lock");
        ponger.join().unwrap();
    }

    EveryLevel<B> {
        let shared = Counted::<B, K::On<B>>::new();
        let giver = aside::<B, _, _>(&shared, "giver", |Counted(condition, number)| {
            condition.acquire();
            number.store(1, SeqCst);
            assert!(condition.notify(1), "the notifier lost the lock before it notified");
            assert!(condition.release(), "the notifier lost the lock by notifying");
        });
        shared.0.acquire();
        shared.0.acquire();
        shared.await_number(1);
        assert!(shared.0.release() && shared.0.release(), "came back with a level less");
        assert!(!shared.0.release(), "came back with a level more");
        giver.join().unwrap();
    }

    Timed<B> {
        let condition = Arc::new(K::On::<B>::new());
        condition.acquire();
        let notifier = aside::<B, _, _>(&condition, "notifier", |condition| {
            condition.acquire();
            assert!(condition.notify(1), "the notifier lost the lock before it notified");
            assert!(condition.release(), "the notifier lost the lock by notifying");
        });
        let notified = condition.wait_timeout().expect("the lock is held");
        assert!(condition.release(), "came back without the lock");
        outcome(if notified { "notified" } else { "gave up" });
        notifier.join().unwrap();
    }

    Refuses<B> {
        let condition = K::On::<B>::new();
        assert!(!condition.wait(), "waited without the lock");
        assert!(!condition.wait_for(|| true), "looked without the lock");
        assert_eq!(condition.wait_timeout(), None, "waited without the lock for a while");
        assert!(!condition.notify(1) && !condition.notify_all(), "notified without the lock");
        condition.acquire();
        assert!(condition.notify(1) && condition.notify_all(), "refused the lock's owner");
        assert!(condition.release() && !condition.release(), "held at another depth");
    }
}
