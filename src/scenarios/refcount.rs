//! Two owners of one object release it at the same time; the last one must free it.
//!
//! The object counts its owners. An owner that releases it decrements the count, checks whether it
//! is zero, and frees the object if so. With a plain count that goes wrong in two ways. If both
//! owners read 2 and both write 1, neither sees zero: the object is *never* freed, a leak. If both
//! have decremented the count to 0 before either checks, both see zero: it is freed *twice*, which
//! corrupts memory.
//!
//! The decrement and the check must be one atomic step that returns the old count: only one owner
//! can be told "it was one, and now it is zero". `Arc` does this with `fetch_sub`. CPython's counts
//! are plain, and one global lock around every bytecode protects them, which is why that lock was
//! so hard to remove.

use super::{SKIPS, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "refcount",
    group: Group::Counters,
    lesson: "The decrement itself must tell which owner is last, not a look afterwards",
    source: include_str!("refcount.rs"),
    variants: &[
        Variant::new(
            "plain",
            &Plain { owners: 2 },
            "The count is decremented and checked in three steps, with room for the other owner in \
             between.",
        )
        .fails(FailureKind::Assertion, "freed")
        .outcomes(&["0", "1", "2"])
        .outcomes_missed_by(Engine::Loom, &["2"], SKIPS)
        .swept(sizes!(Plain { owners: 1..=3 } if owners > 1)),
        Variant::new(
            "atomic",
            &Atomic { owners: 2 },
            "`fetch_sub` decrements the count and returns the old one, and only one owner gets \
             \"one\".",
        )
        .outcomes(&["1"])
        .sized(&[(Engine::Dpor, &Atomic { owners: 5 }), (Engine::Loom, &Atomic { owners: 3 })])
        .swept(sizes!(Atomic { owners: 1..=4 })),
        Variant::new(
            "global-lock",
            &GlobalLock { owners: 2 },
            "The owner that holds the global lock decrements and checks the plain count \
             undisturbed.",
        )
        .outcomes(&["1"])
        .sized(&[
            (Engine::Dpor, &GlobalLock { owners: 5 }),
            (Engine::Loom, &GlobalLock { owners: 3 }),
        ])
        .swept(sizes!(GlobalLock { owners: 1..=4 })),
    ],
};

/// An object that counts its owners.
struct Object<B: Backend> {
    owners: AtomicI64<B>,
    freed: AtomicI64<B>,
}

impl<B: Backend> Object<B> {
    fn new(owners: i64) -> Arc<Self> {
        let (owners, freed) = (AtomicI64::named("owners", owners), AtomicI64::named("freed", 0));
        Arc::new(Self { owners, freed })
    }

    fn free(&self) {
        self.freed.fetch_add(1, SeqCst);
    }

    fn check(&self) {
        let freed = self.freed.load(SeqCst);
        outcome(freed);
        assert_eq!(freed, 1, "freed {freed} times");
    }
}

#[derive(Debug)]
struct Plain {
    owners: i64,
}

impl Program for Plain {
    fn run<B: Backend>(&self) {
        let object = Object::<B>::new(self.owners);
        join_all((0..self.owners).map(|n| {
            let body = sharing(&object, |object: &Object<B>| {
                let owners = object.owners.load(SeqCst);
                object.owners.store(owners - 1, SeqCst);
                if object.owners.load(SeqCst) == 0 {
                    object.free();
                }
            });
            B::spawn(format!("owner {n}"), body)
        }));
        object.check();
    }
}

#[derive(Debug)]
struct Atomic {
    owners: i64,
}

impl Program for Atomic {
    fn run<B: Backend>(&self) {
        let object = Object::<B>::new(self.owners);
        join_all((0..self.owners).map(|n| {
            let body = sharing(&object, |object: &Object<B>| {
                if object.owners.fetch_sub(1, SeqCst) == 1 {
                    object.free();
                }
            });
            B::spawn(format!("owner {n}"), body)
        }));
        object.check();
    }
}

#[derive(Debug)]
struct GlobalLock {
    owners: i64,
}

impl Program for GlobalLock {
    fn run<B: Backend>(&self) {
        let object = Object::<B>::new(0);
        let owners = Arc::new(Mutex::<B, _>::named("global lock", self.owners));
        join_all((0..self.owners).map(|n| {
            let (object, owners) = (Arc::clone(&object), Arc::clone(&owners));
            B::spawn(format!("owner {n}"), move || {
                let mut owners = owners.lock();
                *owners -= 1;
                if *owners == 0 {
                    object.free();
                }
            })
        }));
        object.check();
    }
}
