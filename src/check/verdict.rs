//! What a check says: plain data.

use crate::{
    backend::Engine,
    dpor::{Note, Place, TooWeak, Trace},
    program::{FailureKind, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Every inequivalent interleaving was explored, and none goes wrong.
    Proved {
        /// How many executions that took.
        executions: u64,
    },
    /// Nothing went wrong in the executions that were run, and there are others.
    Passed {
        /// How many were run.
        executions: u64,
        /// Which ones: a bound, or a way of sampling.
        coverage: String,
    },
    /// Some execution goes wrong.
    Failed(Box<Failure>),
    /// There is no answer: this build lacks the engine, it ran out of time, executions or memory, or
    /// it broke.
    Inconclusive {
        /// Why.
        reason: String,
    },
    /// The variant declares that it [needs](Variant::needs) something that the engine lacks, or its program does
    /// something that the engine does not explore yet.
    NotApplicable {
        /// What that is.
        reason: String,
    },
}

/// An execution that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In what way.
    pub kind: FailureKind,
    /// What the program, or the engine, says about it.
    pub message: String,
    /// The failing assertion's line, if it is one of the program's.
    pub location: Option<Place>,
    /// What happened; empty on real threads, where watching would change it.
    pub trace: Trace,
    /// What went wrong after it, while the threads of the execution were unwound: on dpor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Accesses of atomics, and fences, that together keep the program from failing if they are so strong, and
    /// no weaker: on c11, where orderings are to blame and that was found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub too_weak: Vec<TooWeak>,
    /// What makes the same engine run the same execution again, if it can.
    pub schedule: Option<String>,
    /// Which execution of the search it was, counted from one.
    pub executions: u64,
    /// How many of its steps preempt a thread that could have gone on, where that is known. On dpor
    /// these are the fewest with which it fails in this way.
    pub preemptions: Option<usize>,
}

/// One run on real threads, with what they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The steps, in the order in which they were done.
    pub trace: Trace,
    /// What the program reported, if it did.
    pub outcome: Option<String>,
    /// How it went wrong, if it did.
    pub failure: Option<Failure>,
}

/// How one of many runs ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It ended well, with this outcome if it reported one.
    Well(Option<String>),
    /// It went wrong in this way, with this message.
    Failed(FailureKind, String),
}

/// One check with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The scenario's id.
    pub scenario: String,
    /// The variant's id.
    pub variant: String,
    /// What ran it.
    pub engine: Engine,
    /// The program with its sizes.
    pub program: String,
    /// How it ended.
    pub verdict: Verdict,
    /// The outcomes that the program reported, and in how many executions.
    pub outcomes: BTreeMap<String, u64>,
    /// Whether these are the outcomes of all interleavings.
    pub outcomes_complete: bool,
    /// The points that the program came to, and in how many executions.
    pub reached: BTreeMap<String, u64>,
    /// What a proof assumes of the program or its scheduler, each in words; a proof without any assumes
    /// nothing beyond the memory model.
    pub assumptions: Vec<String>,
    /// How the runs of a stress test ended, and how many in each way; empty for a check.
    pub endings: Vec<(Ending, u64)>,
    /// How long the check took.
    pub elapsed: Duration,
}

impl Verdict {
    /// The verdict's name in reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Proved { .. } => "proved",
            Self::Passed { .. } => "passed",
            Self::Failed(_) => "failed",
            Self::Inconclusive { .. } => "inconclusive",
            Self::NotApplicable { .. } => "not-applicable",
        }
    }

    /// How many executions were run, as far as is known.
    #[must_use]
    pub fn executions(&self) -> Option<u64> {
        match self {
            Self::Proved { executions } | Self::Passed { executions, .. } => Some(*executions),
            Self::Failed(failure) => Some(failure.executions),
            Self::Inconclusive { .. } | Self::NotApplicable { .. } => None,
        }
    }
}

impl Report {
    /// A report whose check has not been run.
    #[must_use]
    pub fn new(scenario: &Scenario, variant: &Variant, engine: Engine, verdict: Verdict) -> Self {
        Self {
            scenario: scenario.id.into(),
            variant: variant.id.into(),
            engine,
            program: format!("{:?}", variant.program_for(engine)),
            verdict,
            outcomes: BTreeMap::new(),
            outcomes_complete: false,
            reached: BTreeMap::new(),
            assumptions: Vec::new(),
            endings: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }
}
