//! A pair of numbers that is read often and written rarely, guarded by a counter instead of a lock.
//!
//! The writer makes the counter odd, writes the pair, and makes the counter even again. A reader
//! looks at the counter, copies the pair, and looks at the counter again: if both looks find the
//! same even number, nothing was written in between, and the copy is a whole one. Otherwise it
//! tries again. Readers write nothing, so they do not disturb each other.
//!
//! It is the second look that goes wrong. An `Acquire` load keeps what comes *after* it from moving
//! before it, and says nothing of what comes before; so the pair may be read after the second look.
//! On the writer's side the store of the odd number may be seen after the stores to the pair, for a
//! `Release` store orders what comes *before* it. Both directions need a fence: a `Release` fence
//! after the counter is made odd, and an `Acquire` fence before the second look. Either of them
//! alone is not enough.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, execution::outcome},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "seqlock",
    group: Group::Memory,
    lesson: "A seqlock needs a fence on either side: Acquire and Release order the other way",
    source: include_str!("seqlock.rs"),
    variants: &[
        Variant::new(
            "no-fences",
            &NoFences,
            "The reader may copy half of a new pair between two looks that find nothing changed.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "half a pair")),
        Variant::new(
            "writer-without-fence",
            &WriterWithoutFence,
            "A store to the pair may be seen before the counter is odd.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "half a pair")),
        Variant::new(
            "reader-without-fence",
            &ReaderWithoutFence,
            "The pair may be read after the second look at the counter.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "half a pair")),
        Variant::new(
            "fences",
            &Fences,
            "A reader that sees a part of the new pair sees the odd number in its second look.",
        )
        .outcomes(&["0, 0", "1, 1", "again"]),
    ],
};

/// A pair behind a counter, which is odd while the pair is being written.
struct Pair<B: Backend> {
    counter: AtomicI64<B>,
    halves: [AtomicI64<B>; 2],
}

impl<B: Backend> Pair<B> {
    fn write(&self, value: i64, fenced: bool) {
        self.counter.store(1, Relaxed);
        if fenced {
            B::fence(Release);
        }
        self.halves.iter().for_each(|half| half.store(value, Relaxed));
        self.counter.store(2, Release);
    }

    /// One attempt to read the pair.
    fn read(&self, fenced: bool) -> Option<[i64; 2]> {
        let before = self.counter.load(Acquire);
        let copy = self.halves.each_ref().map(|half| half.load(Relaxed));
        if fenced {
            B::fence(Acquire);
        }
        let after = self.counter.load(Relaxed);
        (before == after && before % 2 == 0).then_some(copy)
    }

    fn run(writer_fenced: bool, reader_fenced: bool) {
        let halves = ["first half", "second half"].map(|name| AtomicI64::named(name, 0));
        let pair = Arc::new(Self { counter: AtomicI64::named("counter", 0), halves });
        let writer = sharing(&pair, move |pair: &Self| pair.write(1, writer_fenced));
        let writer = B::spawn("writer", writer);
        let read = pair.read(reader_fenced);
        writer.join().expect("no panic");
        outcome(read.map_or("again".into(), |[first, second]| format!("{first}, {second}")));
        assert!(read.is_none_or(|[first, second]| first == second), "half a pair: {read:?}");
    }
}

#[derive(Debug)]
struct NoFences;

impl Program for NoFences {
    fn run<B: Backend>(&self) {
        Pair::<B>::run(false, false);
    }
}

#[derive(Debug)]
struct WriterWithoutFence;

impl Program for WriterWithoutFence {
    fn run<B: Backend>(&self) {
        Pair::<B>::run(false, true);
    }
}

#[derive(Debug)]
struct ReaderWithoutFence;

impl Program for ReaderWithoutFence {
    fn run<B: Backend>(&self) {
        Pair::<B>::run(true, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        Pair::<B>::run(true, true);
    }
}
