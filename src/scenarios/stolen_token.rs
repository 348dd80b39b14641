//! Each thread has one parking token: `unpark` leaves it, and the thread's next `park` takes it and
//! returns. Code that waits for an answer looks whether it is there and parks if not.
//!
//! Between the look and the park it calls a library: it writes a log line, say. The library waits
//! for something of its own, by parking, too. If the answer comes meanwhile, the library takes the
//! token that was meant for its caller. It notices that its own condition does not hold yet, parks
//! again, and returns in the end as if nothing had happened. Then the caller parks, for an answer
//! that has long been there. Runtimes and their users have met this in many forms (feldera PR
//! #4496, reqwest #1131, futures-rs PR #2010).
//!
//! The token belongs to the whole thread. So nothing that may park stands between the look and the
//! park: look again directly before it.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, join_all},
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "stolen-token",
    group: Group::Trackers,
    lesson: "A library that parks may take your token: look again directly before you park",
    source: include_str!("stolen_token.rs"),
    variants: &[
        Variant::new(
            "logs-between",
            &LogsBetween,
            "The library takes the token of the answer, and the caller parks for another one.",
        )
        .deadlocks("`main` waits for unparked"),
        Variant::new(
            "looks-again",
            &LooksAgain { one_helper: false },
            "The answer is looked for after the call of the library, directly before the park.",
        )
        .sized(&[(Engine::Loom, &LooksAgain { one_helper: true })])
        .swept(sizes!(LooksAgain { one_helper: [false, true] })),
    ],
};

/// What a helper does, and then wakes the caller.
enum Step {
    Answer,
    Log,
}

struct Flags<B: Backend> {
    answered: AtomicBool<B>,
    logged: AtomicBool<B>,
}

impl<B: Backend> Flags<B> {
    /// What a library does on behalf of its caller: it waits for the log to be written.
    fn log(&self) {
        while !self.logged.load(SeqCst) {
            B::park();
        }
    }

    fn run(looks_again: bool, one_helper: bool) {
        let flags = Arc::new(Self {
            answered: AtomicBool::named("answered", false),
            logged: AtomicBool::named("logged", false),
        });
        let helpers: &[&[Step]] = if one_helper {
            &[&[Step::Answer, Step::Log]]
        } else {
            &[&[Step::Answer], &[Step::Log]]
        };
        let helpers = helpers.iter().map(|&steps| {
            let caller = B::current();
            let help = move |flags: &Self| {
                for step in steps {
                    match step {
                        Step::Answer => flags.answered.store(true, SeqCst),
                        Step::Log => flags.logged.store(true, SeqCst),
                    }
                    caller.unpark();
                }
            };
            B::spawn("helper", sharing(&flags, help))
        });
        let helpers: Vec<_> = helpers.collect();
        while !flags.answered.load(SeqCst) {
            flags.log();
            if looks_again && flags.answered.load(SeqCst) {
                break;
            }
            B::park();
        }
        join_all(helpers);
    }
}

#[derive(Debug)]
struct LogsBetween;

impl Program for LogsBetween {
    fn run<B: Backend>(&self) {
        Flags::<B>::run(false, false);
    }
}

#[derive(Debug)]
struct LooksAgain {
    /// The answer and the log line come from one thread, in this order.
    one_helper: bool,
}

impl Program for LooksAgain {
    fn run<B: Backend>(&self) {
        Flags::<B>::run(true, self.one_helper);
    }
}
