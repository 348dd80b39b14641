//! How a test is run.

use std::path::PathBuf;
use std::time::Duration;

/// How a test is run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How many bytes of stack a thread has in shuttle. Not looked at: it has 2 MiB, or what `RUST_MIN_STACK` says.
    pub stack_size: usize,

    /// What becomes of the schedule of an execution that fails. It is printed in any case, and in the case of a file it is
    /// written there, too.
    pub failure_persistence: FailurePersistence,

    /// How many steps an execution may take.
    pub max_steps: MaxSteps,

    /// How long the test may take. One that is not over by then passes, and says that it is no proof.
    pub max_time: Option<Duration>,

    /// Whether shuttle warns. Not looked at: there is nothing to warn of.
    pub silence_warnings: bool,

    /// How shuttle tells steps by the crate tracing. Not looked at.
    pub record_steps_in_span: bool,
}

impl Config {
    /// What holds unless it is changed.
    pub fn new() -> Self {
        Config {
            stack_size: 0xf000,
            failure_persistence: FailurePersistence::Print,
            max_steps: MaxSteps::FailAfter(1_000_000),
            max_time: None,
            silence_warnings: false,
            record_steps_in_span: false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

/// What becomes of the schedule of an execution that fails.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FailurePersistence {
    /// It is printed.
    None,
    /// It is printed.
    Print,
    /// It is printed, and written to a new file in this folder, or in the current one.
    File(Option<PathBuf>),
}

/// How many steps an execution may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MaxSteps {
    /// As many as there are.
    None,
    /// An execution with more fails.
    FailAfter(usize),
    /// As [`FailAfter`](Self::FailAfter). In shuttle the execution is left, and the next one begins; but a proof cannot
    /// leave any out.
    ContinueAfter(usize),
}

impl MaxSteps {
    pub(crate) fn most(self) -> usize {
        match self {
            MaxSteps::None => usize::MAX,
            MaxSteps::FailAfter(most) | MaxSteps::ContinueAfter(most) => most,
        }
    }
}
