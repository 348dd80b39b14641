//! An ordering can stand on an access or on a fence of its own, and it does not mean the same.
//!
//! `Release` on a store orders everything before *that store* for a thread that acquires *its*
//! value. A `Release` fence orders everything before the fence for a thread that acquires *any*
//! later store: it stands before the store that publishes, and behind what is published. An
//! `Acquire` fence stands behind the load that finds the flag. On the other side, behind the store
//! and before the load, where `volatile` habits put them, two fences order nothing at all.
//!
//! The opposite mistake is to take an ordering on an access for a fence: a message that is stored
//! with `Release` is no earlier than the relaxed flag behind it. The ordering belongs on the flag,
//! for the flag is what is waited for.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, AtomicI64, Backend, execution::outcome},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "fence-or-access",
    group: Group::Memory,
    lesson: "A fence goes between message and flag; an ordering on an access goes on the flag",
    source: include_str!("fence_or_access.rs"),
    variants: &[
        Variant::new(
            "fences-outside",
            &FencesOutside,
            "The fences stand behind the flag's store and before its load, where they order nothing.",
        )
        .outcomes(&["42", "not yet"])
        .under_c11(Claim::fails(FailureKind::Assertion, "an old message").outcomes(OLD)),
        Variant::new(
            "ordered-message",
            &OrderedMessage,
            "Release and Acquire are on the message, and what orders is the flag.",
        )
        .outcomes(&["42", "not yet"])
        .under_c11(Claim::fails(FailureKind::Assertion, "an old message").outcomes(OLD)),
        Variant::new(
            "fences-between",
            &FencesBetween,
            "The message is before the one fence and the flag behind it, and the other way round.",
        )
        .outcomes(&["42", "not yet"]),
        Variant::new("ordered-flag", &OrderedFlag, "The flag is released and acquired.")
            .outcomes(&["42", "not yet"]),
    ],
};

/// The outcomes if the message may be old.
const OLD: &[&str] = &["0", "42", "not yet"];

/// The message and the flag.
struct Mail<B: Backend> {
    message: AtomicI64<B>,
    flag: AtomicBool<B>,
}

impl<B: Backend> Mail<B> {
    /// Sends the message in one way, and reads it in another if it is there.
    fn run(send: fn(&Self), read: fn(&Self) -> Option<i64>) {
        let message = AtomicI64::named("message", 0);
        let mail = Arc::new(Self { message, flag: AtomicBool::named("flag", false) });
        let writer = B::spawn("writer", sharing(&mail, send));
        let read = read(&mail);
        writer.join().expect("no panic");
        outcome(read.map_or("not yet".into(), |message| message.to_string()));
        assert_ne!(read, Some(0), "an old message");
    }
}

#[derive(Debug)]
struct FencesOutside;

impl Program for FencesOutside {
    fn run<B: Backend>(&self) {
        let send = |mail: &Mail<B>| {
            mail.message.store(42, Relaxed);
            mail.flag.store(true, Relaxed);
            B::fence(Release);
        };
        Mail::run(send, |mail| {
            B::fence(Acquire);
            mail.flag.load(Relaxed).then(|| mail.message.load(Relaxed))
        });
    }
}

#[derive(Debug)]
struct OrderedMessage;

impl Program for OrderedMessage {
    fn run<B: Backend>(&self) {
        let send = |mail: &Mail<B>| {
            mail.message.store(42, Release);
            mail.flag.store(true, Relaxed);
        };
        Mail::run(send, |mail| mail.flag.load(Relaxed).then(|| mail.message.load(Acquire)));
    }
}

#[derive(Debug)]
struct FencesBetween;

impl Program for FencesBetween {
    fn run<B: Backend>(&self) {
        let send = |mail: &Mail<B>| {
            mail.message.store(42, Relaxed);
            B::fence(Release);
            mail.flag.store(true, Relaxed);
        };
        Mail::run(send, |mail| {
            mail.flag.load(Relaxed).then(|| {
                B::fence(Acquire);
                mail.message.load(Relaxed)
            })
        });
    }
}

#[derive(Debug)]
struct OrderedFlag;

impl Program for OrderedFlag {
    fn run<B: Backend>(&self) {
        let send = |mail: &Mail<B>| {
            mail.message.store(42, Relaxed);
            mail.flag.store(true, Release);
        };
        Mail::run(send, |mail| mail.flag.load(Acquire).then(|| mail.message.load(Relaxed)));
    }
}
