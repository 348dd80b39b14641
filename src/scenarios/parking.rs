//! A thread without work goes to sleep. It says that it sleeps, looks once more for work, and
//! parks. Another thread brings work, and wakes the sleeper if it says that it sleeps; the flag
//! spares the wake-up, a system call, when nobody sleeps.
//!
//! The last look before parking is there so that no work is missed, and it misses some all the
//! same. The sleeper stores its flag and loads the work, the other stores the work and loads the
//! flag: both loads may come too early. Then the sleeper finds no work, the other finds nobody
//! asleep, and the sleeper sleeps for good beside a full queue. Executors and channels have had
//! this bug many times. It shows on x86, and it hides under load, since the next piece of work
//! wakes the sleeper after all.
//!
//! Each side needs a `SeqCst` fence between its store and its load.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "parking",
    group: Group::Memory,
    lesson: "Say that you sleep, fence, look once more: without the fence the wake-up is missed",
    source: include_str!("parking.rs"),
    variants: &[
        Variant::new(
            "no-fences",
            &NoFences,
            "The sleeper sees no work and the other sees nobody asleep: there is no wake-up.",
        )
        .under_c11(Claim::fails(FailureKind::Deadlock, "`main` waits for unparked")),
        Variant::new(
            "fence-of-the-sleeper",
            &FenceOfTheSleeper,
            "The other may look at the flag before its work is seen.",
        )
        .under_c11(Claim::fails(FailureKind::Deadlock, "`main` waits for unparked")),
        Variant::new(
            "fences",
            &Fences,
            "Of the work and the flag, at least one is seen by the other side.",
        ),
    ],
};

/// Work for a thread that may sleep.
struct Handshake<B: Backend> {
    work: AtomicBool<B>,
    asleep: AtomicBool<B>,
}

impl<B: Backend> Handshake<B> {
    /// Sleeps until there is work.
    fn await_work(&self, fenced: bool) {
        while !self.work.load(Acquire) {
            self.asleep.store(true, Release);
            if fenced {
                B::fence(SeqCst);
            }
            if self.work.load(Acquire) {
                break;
            }
            B::park();
        }
    }

    fn run(sleeper_fenced: bool, other_fenced: bool) {
        let handshake = Arc::new(Self {
            work: AtomicBool::named("work", false),
            asleep: AtomicBool::named("asleep", false),
        });
        let sleeper = B::current();
        let bring = sharing(&handshake, move |handshake: &Self| {
            handshake.work.store(true, Release);
            if other_fenced {
                B::fence(SeqCst);
            }
            if handshake.asleep.load(Acquire) {
                sleeper.unpark();
            }
        });
        let other = B::spawn("other", bring);
        handshake.await_work(sleeper_fenced);
        other.join().expect("no panic");
    }
}

#[derive(Debug)]
struct NoFences;

impl Program for NoFences {
    fn run<B: Backend>(&self) {
        Handshake::<B>::run(false, false);
    }
}

#[derive(Debug)]
struct FenceOfTheSleeper;

impl Program for FenceOfTheSleeper {
    fn run<B: Backend>(&self) {
        Handshake::<B>::run(true, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        Handshake::<B>::run(true, true);
    }
}
