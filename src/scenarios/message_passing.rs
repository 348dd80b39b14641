//! One thread writes a message and then raises a flag; the other sees the flag and reads the
//! message.
//!
//! In program order the message comes first, so a thread that sees the flag should see the message.
//! That is true only if the machine keeps the program's order, and neither compiler nor processor
//! promises to. With `Relaxed` accesses the write of the flag may become visible before the write
//! of the message, or the reader may have fetched the message early. On x86 it happens to work; on
//! ARM, and after the next optimisation, the reader gets the old message, once in a million runs.
//!
//! A `Release` store of the flag and an `Acquire` load of it form a pair: everything before the
//! store is visible to a thread that has loaded its value. A mutex does the same in its unlock and
//! lock, which is why programs that use mutexes never have to think of it.
//!
//! Whether the first form fails depends on the memory model. Under sequential consistency, where
//! all accesses are in one order, it holds, and dpor proves that; the proof says nothing about real
//! machines. Under C11, which c11 and loom explore, it fails. If the message is plain memory the first
//! form is a *data race*, which is an error under either model, whatever values are read.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicBool, AtomicI64, Backend, Engine, Shared, execution::outcome, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "message-passing",
    group: Group::Memory,
    lesson: "A relaxed flag publishes nothing: store it with Release and load it with Acquire",
    source: include_str!("message_passing.rs"),
    variants: &[
        Variant::new(
            "relaxed",
            &WithRelaxed { readers: 1 },
            "Nothing orders the message and the flag: the reader may see the flag without the \
             message.",
        )
        .outcomes(&["42", "not yet"])
        .under_c11(
            Claim::fails(FailureKind::Assertion, "an old message")
                .outcomes(&["0", "42", "not yet"]),
        )
        .swept(sizes!(WithRelaxed { readers: 1..=3 })),
        Variant::new(
            "relaxed-plain",
            &Plain { readers: 1 },
            "The message is plain memory, and the flag does not order the two accesses to it.",
        )
        .fails(FailureKind::DataRace, "message")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(Plain { readers: 1..=3 })),
        Variant::new(
            "release-acquire",
            &ReleaseAcquire { readers: 1 },
            "A thread that acquires the released flag sees everything written before the release.",
        )
        .outcomes(&["42", "not yet"])
        .sized(&[
            (Engine::Dpor, &ReleaseAcquire { readers: 4 }),
            (Engine::Loom, &ReleaseAcquire { readers: 2 }),
        ])
        .swept(sizes!(ReleaseAcquire { readers: 1..=4 })),
    ],
};

/// Sends the message; each reader reads it if it sees the flag up.
fn pass<B: Backend>(readers: usize, raise: Ordering, look: Ordering) {
    let message = AtomicI64::<B>::named("message", 0);
    let mail = Arc::new((message, AtomicBool::<B>::named("flag", false)));
    let writer = sharing(&mail, move |(message, flag): &(AtomicI64<B>, AtomicBool<B>)| {
        message.store(42, Relaxed);
        flag.store(true, raise);
    });
    let writer = B::spawn("writer", writer);
    let readers = join_all((0..readers).map(|n| {
        let body = sharing(&mail, move |(message, flag): &(AtomicI64<B>, AtomicBool<B>)| {
            flag.load(look).then(|| message.load(Relaxed))
        });
        B::spawn(format!("reader {n}"), body)
    }));
    writer.join().expect("no panic");
    // One reader is as good as another.
    outcome(readers[0].map_or("not yet".into(), |message| message.to_string()));
    assert!(!readers.contains(&Some(0)), "an old message");
}

#[derive(Debug)]
struct WithRelaxed {
    readers: usize,
}

impl Program for WithRelaxed {
    fn run<B: Backend>(&self) {
        pass::<B>(self.readers, Relaxed, Relaxed);
    }
}

#[derive(Debug)]
struct ReleaseAcquire {
    readers: usize,
}

impl Program for ReleaseAcquire {
    fn run<B: Backend>(&self) {
        pass::<B>(self.readers, Release, Acquire);
    }
}

#[derive(Debug)]
struct Plain {
    readers: usize,
}

impl Program for Plain {
    fn run<B: Backend>(&self) {
        let message = Shared::<B, i64>::named("message", 0);
        let mail = Arc::new((message, AtomicBool::<B>::named("flag", false)));
        let writer = sharing(&mail, |(message, flag): &(Shared<B, i64>, AtomicBool<B>)| {
            message.set(42);
            flag.store(true, Relaxed);
        });
        let writer = B::spawn("writer", writer);
        join_all((0..self.readers).map(|n| {
            let body = sharing(&mail, |(message, flag): &(Shared<B, i64>, AtomicBool<B>)| {
                flag.load(Relaxed).then(|| message.get())
            });
            B::spawn(format!("reader {n}"), body)
        }));
        writer.join().expect("no panic");
    }
}
