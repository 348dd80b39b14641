//! A model checker: every inequivalent interleaving of a closure's threads, each once.
//!
//! Code moves here from `std` by changing its `use` lines: [`sync`], [`thread`], [`cell`]
//! and [`hint`] mirror std's modules. [`model`] explores a closure and panics with the
//! first failure; [`Explorer`] does the same with limits, counts and data.
//!
//! ```
//! use raceproof::sync::{Arc, Mutex};
//! use raceproof::{Explorer, Outcome, thread};
//!
//! let result = Explorer::new().check(|| {
//!     let count = Arc::new(Mutex::named("count", 0));
//!     let theirs = Arc::clone(&count);
//!     let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
//!     *count.lock().unwrap() += 1;
//!     other.join().unwrap();
//!     assert_eq!(*count.lock().unwrap(), 2);
//! });
//! assert!(matches!(result.outcome, Outcome::Proved));
//! assert_eq!(result.executions, 2);
//! ```
//!
//! # How it works
//!
//! The threads of a model are fibers (`fiber`). A fiber *announces* its next visible
//! operation and suspends; the `kernel` knows every announced operation, says which are
//! enabled, and takes one *step* after the other (`step`, `effects`). What a thread
//! does between two operations is nobody else's business, so a new thread runs to its
//! first operation at once, and neither spawning nor joining nor ending needs a step.
//!
//! Two steps are *dependent* if they belong to one thread or access a common object and
//! one writes it (`op`). Executions that differ only in the order of independent steps
//! are one *Mazurkiewicz trace*: nothing can tell them apart, so one of them is enough.
//! The exploration is the optimal one of Abdulla, Aronis, Jonsson and Sagonas ("Optimal
//! Dynamic Partial Order Reduction", POPL 2014; "Source Sets", J. ACM 64(4), 2017):
//!
//! 1. Run an execution to its end. Each step gets a vector clock of what *happens before*
//!    it (`history`). Two dependent steps that nothing else orders are a *race*.
//! 2. For each race, an execution is owed in which the second step comes first: the steps
//!    after the first that do not happen after it, and then the second (`races`). It is
//!    noted in the *wakeup tree* of the node before the first step (`wakeup`), unless a
//!    step of the *sleep set* there could begin it: that step has been explored from there,
//!    and with it everything that it can begin (`path`).
//! 3. Go back to the last node that owes something, put the step taken there to sleep,
//!    and follow the tree's first branch. Below a branch's end every choice is free, and
//!    the sleep set is empty there; so no execution is ever begun in vain.
//!
//! # Where it differs from the papers
//!
//! * **Locks.** A lock cannot be taken before the release it waits for, but before the
//!   whole critical section it can. So it races with the acquisition before it, not with
//!   the release. A thread that is still blocked at the end races like one that got the
//!   lock: else a deadlock would hide the executions that avoid it, and the other way
//!   round. A writer may pass readers only if all of them have left: those that would
//!   still be inside are taken out of the sequence, with what happens after them.
//! * **Alternatives.** A choice, a notification with several waiters, a wait that may wake
//!   for no reason are several steps that exclude each other. Where a step is chosen freely
//!   all its alternatives are owed; where a race puts it first, all that it has there;
//!   inside a sequence it keeps the one it had, because the executions with the others
//!   have the same race and ask for theirs.
//! * **Tries.** A failed try-lock or compare-and-swap only reads. When a race puts it
//!   first it may succeed and write, so what it touches there is worked out anew.
//! * **Time.** A timed wait is two steps, waiting and waking, and waking is always enabled:
//!   it times out unless a notification came before it. The two race like any other pair,
//!   so nothing is ever disabled by a notification. `park_timeout` is one such step.
//! * **Condition variables.** Joining and leaving the waiters are independent of each other
//!   and depend on notifications. Two `unpark`s of one thread are independent as well.
//! * **Daemons** are stopped by one step that depends on every other and is taken as late as
//!   possible: see `daemons`. So is a process killed, that is, some of the threads: see `processes`.
//! * **Yields** wait for a change if a loop does nothing else: see `yields`.
//!
//! # What a proof does not cover
//!
//! Values are sequentially consistent; orderings weaker than that only decide what is a
//! data race. A pass proves nothing about weak memory beyond that, nor about input that
//! the closure does not get from [`choose`]. The closure must do the same whenever the
//! same steps are taken: time, randomness and addresses must not decide anything.

use std::fmt::Display;
use std::panic::Location;

pub mod cell;
mod execution;
mod exploration;
mod explorer;
pub mod hint;
mod kernel;
pub mod linearizable;
mod model;
mod regressions;
mod settings;
pub mod sync;
pub mod telling;
pub mod thread;

pub use crate::raceproof_thread_local as thread_local;
pub use execution::teardown::unwinding;
pub use explorer::{Exploration, Explorer, Outcome};
pub use kernel::FailureKind;
pub use model::model;
#[cfg(feature = "macros")]
pub use raceproof_macros::test;
pub use settings::SettingError;
pub use telling::failure::Failure;
#[doc(hidden)]
pub use telling::oracle;
pub use telling::schedule::{ParseScheduleError, Schedule};
pub use telling::trace::{Blocked, Operation, Place, Step, Trace, Value};

use execution::{misuse, panics, perform};
use kernel::{Op, Pending};

/// Picks one of `0..n`: every value is explored.
#[track_caller]
pub fn choose(n: usize) -> usize {
    if !(1..=usize::from(u16::MAX)).contains(&n) {
        misuse(&format!("choose takes between 1 and 65535 alternatives, not {n}"));
    }
    perform(Pending { op: Op::Choose(n as u16), at: Location::caller() }) as usize
}

/// Adds to what this execution comes to: [`Exploration::outcomes`] counts executions by it.
#[track_caller]
pub fn outcome(value: impl Display) {
    use std::fmt::Write as _;
    let text = value.to_string();
    execution::kernel(|kernel| {
        let separator = if kernel.now.outcome.is_empty() { "" } else { ", " };
        write!(kernel.now.outcome, "{separator}{text}").expect("a string takes text");
    });
}

/// Whether a caught panic is how an execution that is over unwinds its threads; it must be passed on.
#[must_use]
pub fn is_teardown(payload: &(dyn std::any::Any + Send)) -> bool {
    payload.is::<panics::Teardown>()
}
