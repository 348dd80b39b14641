// The front page shows a test.
#![allow(clippy::test_attr_in_doctest)]
#![doc = include_str!("../README.md")]
//!
//! # Finding the way
//!
//! [`model()`] is the whole of a test; [`Explorer::model`] is the same with limits, and
//! [`Explorer::check`] returns what it finds as data. [`Explorer::environment`] lists the variables of the
//! environment. [`telling`] has the types of a trace, and draws them.

use std::fmt::Display;
use std::panic::Location;

pub mod cell;
mod execution;
mod exploration;
mod explorer;
pub mod future;
pub mod hint;
mod kernel;
pub mod linearizable;
mod model;
pub mod parking_lot;
mod random;
mod regressions;
mod settings;
mod sheets;
mod statics;
pub mod sync;
pub mod telling;
pub mod thread;
pub mod time;

pub use crate::raceproof_thread_local as thread_local;
pub use execution::Quarantine;
pub use exploration::{ParseSamplingError, Sampling};
pub use explorer::{Equivalence, Exploration, Explorer, Outcome, Share, Unit, UnitError};
pub use kernel::Assumption;
pub use kernel::FailureKind;
pub use kernel::Memory;
pub use kernel::Note;
pub use kernel::RwLockPolicy;
pub use model::model;
#[cfg(feature = "macros")]
pub use raceproof_macros::test;
pub use settings::SettingError;
pub use statics::Static;
pub use telling::estimate::Estimate;
pub use telling::failure::{Failure, TooWeak};
#[doc(hidden)]
pub use telling::oracle;
pub use telling::schedule::{ParseScheduleError, Schedule};
pub use telling::states::{StateGraph, Unstepped};
pub use telling::trace::{Blocked, Operation, Place, Step, Trace, Value, WaitingWriter};
pub use telling::weaker::{Weakening, Weaker};

use execution::{misuse, panics, perform};
use kernel::owners::Turn;
use kernel::{Op, Pending};

/// Picks one of `0..n`: every value is explored.
#[track_caller]
pub fn choose(n: usize) -> usize {
    if !(1..=usize::from(Turn::FIRST)).contains(&n) {
        misuse(&format!("choose takes between 1 and {} alternatives, not {n}", Turn::FIRST));
    }
    perform(Pending { op: Op::Choose(n as u16), at: Location::caller() }) as usize
}

/// Adds to what this execution comes to: [`Exploration::outcomes`] counts executions by it.
#[track_caller]
pub fn outcome(value: impl Display) {
    use std::fmt::Write as _;
    let text = value.to_string();
    execution::kernel(|kernel| {
        kernel.look_around();
        let separator = if kernel.now.outcome.is_empty() { "" } else { ", " };
        write!(kernel.now.outcome, "{separator}{text}").expect("a string takes text");
    });
}

/// A number that looks random: of the seed's, the one at this place.
#[doc(hidden)]
#[must_use]
pub fn random_number(seed: u64, nth: u64) -> u64 {
    random::Random::nth(seed, nth).next()
}

/// Whether no model runs on this OS thread.
#[doc(hidden)]
#[must_use]
pub fn is_outside() -> bool {
    execution::is_outside()
}

/// Whether a caught panic is how an execution that is over unwinds its threads; it must be passed on.
#[must_use]
pub fn is_teardown(payload: &(dyn std::any::Any + Send)) -> bool {
    payload.is::<panics::Teardown>()
}
