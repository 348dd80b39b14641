//! A writer publishes a message and then counts on: it stores 1 with `Release`, and soon after, for
//! another purpose, 2 with `Relaxed`. A reader acquires the 2. Does it see the message?
//!
//! Until C++17 it did: a later store of the same thread continued the *release sequence* that the
//! release began. C++20, and Rust with it, has done away with that. A release sequence is continued
//! by read-modify-writes alone, of whatever thread and ordering. So a reader that acquires the
//! result of a `Relaxed` `fetch_add` on top of the release sees the message, and one that acquires
//! a plain relaxed store does not, whoever has stored it. The second store must release as well.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, execution::outcome},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "release-sequence",
    group: Group::Memory,
    lesson: "A relaxed store on top of a release publishes nothing; a read-modify-write does",
    source: include_str!("release_sequence.rs"),
    variants: &[
        Variant::new(
            "relaxed-store",
            &RelaxedStore,
            "Who acquires the second store acquires no release.",
        )
        .outcomes(&["0: 0", "0: 42", "1: 42", "2: 42"])
        .under_c11(
            Claim::fails(FailureKind::Assertion, "an old message")
                .outcomes(&["0: 0", "0: 42", "1: 42", "2: 0", "2: 42"]),
        ),
        Variant::new(
            "read-modify-write",
            &ReadModifyWrite,
            "It continues the release sequence of the store that it reads.",
        )
        .outcomes(&["0: 0", "0: 42", "1: 42", "2: 42"]),
        Variant::new("release-again", &ReleaseAgain, "Each store is a release of its own.")
            .outcomes(&["0: 0", "0: 42", "1: 42", "2: 42"]),
    ],
};

/// The second write of the flag.
#[derive(Clone, Copy)]
enum Second {
    Relaxed,
    Release,
    Add,
}

/// The message and the flag.
type Mail<B> = [AtomicI64<B>; 2];

fn run<B: Backend>(second: Second) {
    let mail: Arc<Mail<B>> = Arc::new(["message", "flag"].map(|name| AtomicI64::named(name, 0)));
    let writer = sharing(&mail, move |[message, flag]: &Mail<B>| {
        message.store(42, Relaxed);
        flag.store(1, Release);
        match second {
            Second::Relaxed => flag.store(2, Relaxed),
            Second::Release => flag.store(2, Release),
            Second::Add => {
                flag.fetch_add(1, Relaxed);
            }
        }
    });
    let writer = B::spawn("writer", writer);
    let flag = mail[1].load(Acquire);
    let message = mail[0].load(Relaxed);
    writer.join().expect("no panic");
    outcome(format!("{flag}: {message}"));
    assert!(flag == 0 || message == 42, "an old message");
}

#[derive(Debug)]
struct RelaxedStore;

impl Program for RelaxedStore {
    fn run<B: Backend>(&self) {
        run::<B>(Second::Relaxed);
    }
}

#[derive(Debug)]
struct ReadModifyWrite;

impl Program for ReadModifyWrite {
    fn run<B: Backend>(&self) {
        run::<B>(Second::Add);
    }
}

#[derive(Debug)]
struct ReleaseAgain;

impl Program for ReleaseAgain {
    fn run<B: Backend>(&self) {
        run::<B>(Second::Release);
    }
}
