//! What the lock, the wait group, the context and `Once` promise.

use super::{Cancellation, Countdown, DoneOnce, Kind, Of, ReadWrite};
use raceproof_suite::{
    backend::{Backend, Shared, join_all},
    program::Program,
};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct WriterAlone<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for WriterAlone<K> {
    fn run<B: Backend>(&self) {
        let parts = Arc::new((K::Lock::<B>::free(), Shared::<B, i64>::named("value", 0)));
        let writers = ["first writer", "second writer"].map(|name| {
            let parts = Arc::clone(&parts);
            B::spawn(name, move || parts.0.writing(|| parts.1.set(parts.1.get() + 1)))
        });
        parts.0.reading(|| {
            let seen = parts.1.get();
            assert_eq!(seen, parts.1.get(), "written while it was read");
        });
        join_all(writers);
        assert_eq!(parts.1.get(), 2, "lost update");
    }
}

#[derive(Debug)]
pub(super) struct WritersTakeTurns<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for WritersTakeTurns<K> {
    fn run<B: Backend>(&self) {
        let lock = Arc::new(K::Lock::<B>::free());
        let threads = ["writer 0", "writer 1", "reader"].map(|name| {
            let lock = Arc::clone(&lock);
            B::spawn(name, move || match name {
                "reader" => lock.reading(|| ()),
                _ => lock.writing(|| ()),
            })
        });
        join_all(threads);
    }
}

#[derive(Debug)]
pub(super) struct WaitForAll<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for WaitForAll<K> {
    fn run<B: Backend>(&self) {
        let parts = Arc::new((
            K::Group::<B>::of(2),
            [Shared::<B, i64>::named("first's", 0), Shared::named("second's", 0)],
        ));
        let workers = [(0, "first"), (1, "second")].map(|(n, name)| {
            let parts = Arc::clone(&parts);
            B::spawn(name, move || {
                parts.1[n].set(1);
                parts.0.done();
            })
        });
        let shared = Arc::clone(&parts);
        let waiter = B::spawn("waiter", move || {
            shared.0.wait();
            shared.1[0].get() + shared.1[1].get()
        });
        parts.0.wait();
        assert_eq!(parts.1[0].get() + parts.1[1].get(), 2, "the wait was over too early");
        assert_eq!(join_all([waiter]), [2], "the other wait was over too early");
        join_all(workers);
    }
}

#[derive(Debug)]
pub(super) struct CancelReachesAll<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for CancelReachesAll<K> {
    fn run<B: Backend>(&self) {
        let root = K::Context::<B>::root();
        let early = root.child();
        let waiter = B::spawn("waiter", {
            let root = root.clone();
            move || {
                early.wait();
                root.wait();
            }
        });
        let late = B::spawn("late", {
            let root = root.clone();
            move || root.child().wait()
        });
        root.cancel();
        join_all([waiter, late]);
    }
}

#[derive(Debug)]
pub(super) struct CancelTwice<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for CancelTwice<K> {
    fn run<B: Backend>(&self) {
        let root = K::Context::<B>::root();
        let child = root.child();
        let cancels = [("cancels all", root.clone()), ("cancels the part", child)];
        join_all(cancels.map(|(name, context)| B::spawn(name, move || context.cancel())));
        root.wait();
    }
}

#[derive(Debug)]
pub(super) struct OnceForAll<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for OnceForAll<K> {
    fn run<B: Backend>(&self) {
        let parts = Arc::new((K::Once::<B>::not_yet(), Shared::<B, i64>::named("value", 0)));
        let threads = ["first", "second"].map(|name| {
            let parts = Arc::clone(&parts);
            B::spawn(name, move || {
                parts.0.call(|| parts.1.set(parts.1.get() + 1));
                parts.1.get()
            })
        });
        assert_eq!(join_all(threads), [1, 1], "not done once");
    }
}
