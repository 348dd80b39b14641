//! Two owners share a value and count themselves. Each reads the value, and then gives its share
//! back; the one that gives back the last frees it.
//!
//! Only one of them finds the count at one, so the value is freed once. But is it freed *after* the
//! other has read it? The other's reads come before its decrement in its own program; the decrement
//! must *release* them, and the last owner must *acquire* them before it frees. `fetch_sub` with
//! `Release` does half of it, and on x86 it seems to do all: there every read-modify-write is a
//! fence. What is missing is an `Acquire` on the path of the last owner alone. `Arc` of the
//! standard library has it: a fence, so that the other owners do not pay for it.
//!
//! The value is plain memory, so this is a data race under any memory model.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Shared, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "last-drop",
    group: Group::Memory,
    lesson: "The last owner frees what the others have used: it must acquire their releases",
    source: include_str!("last_drop.rs"),
    variants: &[
        Variant::new(
            "relaxed",
            &WithRelaxed { owners: 2 },
            "Nothing orders the reads of one owner before the other frees the value.",
        )
        .fails(FailureKind::DataRace, "value")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(WithRelaxed { owners: 1..=3 } if owners > 1)),
        Variant::new(
            "release",
            &WithRelease { owners: 2 },
            "Each owner releases its reads, and the last one does not acquire them.",
        )
        .fails(FailureKind::DataRace, "value")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(WithRelease { owners: 1..=3 } if owners > 1)),
        Variant::new(
            "acquire-fence",
            &WithFence { owners: 2 },
            "The last owner's fence acquires what all other owners have released.",
        )
        .sized(&[(Engine::Dpor, &WithFence { owners: 3 })])
        .swept(sizes!(WithFence { owners: 1..=3 })),
        Variant::new(
            "acquire-release",
            &WithAcqRel { owners: 2 },
            "Every decrement acquires, and so does the last: right, and dearer than need be.",
        )
        .sized(&[(Engine::Dpor, &WithAcqRel { owners: 3 })])
        .swept(sizes!(WithAcqRel { owners: 1..=3 })),
    ],
};

/// A value that its owners count.
struct Counted<B: Backend> {
    owners: AtomicI64<B>,
    value: Shared<B, i64>,
}

impl<B: Backend> Counted<B> {
    /// Reads the value, and gives a share back.
    fn drop_one(&self, order: Ordering, fenced: bool) {
        assert_eq!(self.value.get(), 42, "it is freed already");
        if self.owners.fetch_sub(1, order) == 1 {
            if fenced {
                B::fence(Acquire);
            }
            self.value.set(0);
        }
    }

    fn run(owners: usize, order: Ordering, fenced: bool) {
        let value = Shared::named("value", 42);
        let shared = Arc::new(Self { owners: AtomicI64::named("owners", owners as i64), value });
        join_all((0..owners).map(|n| {
            let body = sharing(&shared, move |shared: &Self| shared.drop_one(order, fenced));
            B::spawn(format!("owner {n}"), body)
        }));
        assert_eq!(shared.value.get(), 0, "it is never freed");
    }
}

#[derive(Debug)]
struct WithRelaxed {
    owners: usize,
}

impl Program for WithRelaxed {
    fn run<B: Backend>(&self) {
        Counted::<B>::run(self.owners, Relaxed, false);
    }
}

#[derive(Debug)]
struct WithRelease {
    owners: usize,
}

impl Program for WithRelease {
    fn run<B: Backend>(&self) {
        Counted::<B>::run(self.owners, Release, false);
    }
}

#[derive(Debug)]
struct WithFence {
    owners: usize,
}

impl Program for WithFence {
    fn run<B: Backend>(&self) {
        Counted::<B>::run(self.owners, Release, true);
    }
}

#[derive(Debug)]
struct WithAcqRel {
    owners: usize,
}

impl Program for WithAcqRel {
    fn run<B: Backend>(&self) {
        Counted::<B>::run(self.owners, AcqRel, false);
    }
}
