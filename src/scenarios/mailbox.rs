//! A mailbox with two slots, guarded by a lock that is acquired and released by hand.
//!
//! `put` acquires the lock, finds the mailbox full, releases the lock, and returns. Here the branch
//! for "full" releases, and the end of the method releases again. In a single thread the second
//! release is refused, with an error that a test would see. The trouble begins when it is *not*
//! refused. If another thread has acquired the lock in the meantime, the second release succeeds
//! and frees *that thread's* lock, because a lock does not know which thread holds it. Now a third
//! thread enters, two are inside at once, and neither made a mistake.
//!
//! Each path has to release exactly once, which is easy to say and hard to keep with every `if`
//! that is added. A guard does it by construction. A reentrant lock, which knows its owner, at
//! least always refuses a release by another thread.

use super::sharing;
use crate::{
    backend::{
        Arc, AtomicI64, Backend, Engine, Mutex,
        execution::{outcome, refused},
        join_all,
    },
    primitives::Lock,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "mailbox",
    group: Group::Conditions,
    lesson: "One release too many is an error at best; at worst it unlocks another thread's lock",
    source: include_str!("mailbox.rs"),
    variants: &[
        Variant::new(
            "unbalanced-release",
            &UnbalancedRelease { letters: 3 },
            "No other thread holds the lock, so the second release of the third letter is refused.",
        )
        .refuses("release of an unlocked lock")
        .swept(sizes!(UnbalancedRelease { letters: 1..=3 } if letters > 2)),
        Variant::new(
            "releases-anothers",
            &ReleasesAnothers { owners: 2 },
            "Another thread holds the lock when the second release comes, and loses it unawares.",
        )
        .fails(FailureKind::Assertion, "inside at once")
        .swept(sizes!(ReleasesAnothers { owners: 1..=3 } if owners > 1)),
        Variant::new(
            "fixed",
            &Fixed { letters: 2 },
            "The guard releases once on every path, and letters come out in the order they went \
             in.",
        )
        .outcomes(&["[]", "[0]", "[0, 1]"])
        .sized(&[(Engine::Dpor, &Fixed { letters: 3 })])
        .swept(sizes!(Fixed { letters: 1..=3 })),
    ],
};

/// How many letters the mailbox holds.
const SLOTS: usize = 2;

#[derive(Debug)]
struct UnbalancedRelease {
    letters: usize,
}

impl Program for UnbalancedRelease {
    fn run<B: Backend>(&self) {
        let (lock, slots) = (Lock::<B>::named("lock"), Mutex::<B, _>::named("slots", Vec::new()));
        for letter in 0..self.letters {
            lock.acquire();
            let full = slots.lock().len() == SLOTS;
            if full {
                lock.release().expect("acquired above");
            } else {
                slots.lock().push(letter);
            }
            if let Err(error) = lock.release() {
                refused(error);
            }
        }
    }
}

#[derive(Debug)]
struct ReleasesAnothers {
    owners: usize,
}

impl Program for ReleasesAnothers {
    fn run<B: Backend>(&self) {
        let mailbox = Arc::new((Lock::<B>::named("lock"), AtomicI64::<B>::named("inside", 0)));
        let owners: Vec<_> = (0..self.owners)
            .map(|n| {
                let body = sharing(&mailbox, |(lock, inside): &(Lock<B>, AtomicI64<B>)| {
                    let _held = lock.lock();
                    assert_eq!(inside.fetch_add(1, SeqCst), 0, "two are inside at once");
                    inside.fetch_sub(1, SeqCst);
                });
                B::spawn(format!("owner {n}"), body)
            })
            .collect();
        mailbox.0.acquire();
        mailbox.0.release().expect("acquired above");
        let _ = mailbox.0.release();
        join_all(owners);
    }
}

#[derive(Debug)]
struct Fixed {
    letters: usize,
}

impl Program for Fixed {
    fn run<B: Backend>(&self) {
        let lock = Lock::<B>::named("lock");
        let mailbox = Arc::new((lock, Mutex::<B, _>::named("slots", Vec::new())));
        let letters = self.letters;
        let sender = sharing(&mailbox, move |(lock, slots): &(Lock<B>, Mutex<B, Vec<_>>)| {
            for letter in 0..letters {
                let _held = lock.lock();
                let mut slots = slots.lock();
                if slots.len() < SLOTS {
                    slots.push(letter);
                }
            }
        });
        let receiver = sharing(&mailbox, move |(lock, slots): &(Lock<B>, Mutex<B, Vec<_>>)| {
            let _held = lock.lock();
            std::mem::take(&mut *slots.lock())
        });
        let sender = B::spawn("sender", sender);
        let received = B::spawn("receiver", receiver).join().expect("no panic");
        sender.join().expect("no panic");
        outcome(format!("{received:?}"));
        assert!(received.is_sorted(), "letters out of order");
        assert!(!mailbox.0.locked(), "a thread left with the lock");
    }
}
