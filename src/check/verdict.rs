//! What a check says: plain data.

use super::trace::Trace;
use crate::{
    backend::Engine,
    program::{Expect, FailureKind, Scenario, Variant},
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
    /// There is no answer: out of time, executions or memory, or the engine broke.
    Inconclusive {
        /// Why.
        reason: String,
    },
    /// The engine cannot check this program.
    NotApplicable {
        /// What it lacks.
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
    /// The failing assertion's line, as `file:line`, if there is one.
    pub location: Option<String>,
    /// What happened; empty on real threads, where watching would change it.
    pub trace: Trace,
    /// What makes the same engine run the same execution again, if it can.
    pub schedule: Option<String>,
    /// Which execution of the search it was, counted from one.
    pub executions: u64,
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
            elapsed: Duration::ZERO,
        }
    }

    /// Compares the result with what `variant` expects.
    ///
    /// Real threads find a failure by luck, so there "nothing found" never contradicts an expected
    /// failure; a checker must find it.
    ///
    /// # Errors
    ///
    /// What is not as expected.
    pub fn compare(&self, variant: &Variant) -> Result<(), Mismatch> {
        match (&self.verdict, variant.expect) {
            (Verdict::NotApplicable { .. }, _) => return Ok(()),
            (Verdict::Inconclusive { reason }, _) => {
                return Err(Mismatch::Inconclusive(reason.clone()));
            }
            (Verdict::Failed(failure), Expect::Fails { kind, message }) => {
                // Real threads that hang cannot say what they wait for.
                let silent = self.engine.is_native() && kind == FailureKind::Deadlock;
                if failure.kind != kind || !(silent || failure.message.contains(message)) {
                    return Err(Mismatch::OtherFailure {
                        kind: failure.kind,
                        message: failure.message.clone(),
                    });
                }
            }
            (Verdict::Failed(failure), Expect::Holds | Expect::Refuses { .. }) => {
                return Err(Mismatch::Fails {
                    kind: failure.kind,
                    message: failure.message.clone(),
                });
            }
            (Verdict::Proved { .. } | Verdict::Passed { .. }, Expect::Fails { .. }) => {
                if !self.engine.is_native() {
                    return Err(Mismatch::Holds);
                }
            }
            (Verdict::Proved { .. } | Verdict::Passed { .. }, Expect::Refuses { error }) => {
                return self.compare_outcomes(&[&format!("refused: {error}")], true);
            }
            (Verdict::Proved { .. } | Verdict::Passed { .. }, Expect::Holds) => {}
        }
        // Declared outcomes are those of the declared sizes.
        if variant.outcomes.is_empty() || self.program != format!("{:?}", variant.program) {
            return Ok(());
        }
        let exhaustive = !self.engine.is_native()
            && matches!(self.verdict, Verdict::Proved { .. } | Verdict::Failed(_));
        self.compare_outcomes(variant.outcomes, exhaustive)
    }

    /// Compares the outcomes seen: all of `expected` must be there if the search was exhaustive, and
    /// nothing else in any case.
    fn compare_outcomes(&self, expected: &[&str], exhaustive: bool) -> Result<(), Mismatch> {
        for outcome in self.outcomes.keys() {
            if !expected.contains(&outcome.as_str()) {
                return Err(Mismatch::UnexpectedOutcome(outcome.clone()));
            }
        }
        match expected.iter().find(|&&outcome| !self.outcomes.contains_key(outcome)) {
            Some(&missing) if exhaustive => Err(Mismatch::MissingOutcome(missing.into())),
            _ => Ok(()),
        }
    }
}

/// In what way a result is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// There is no result.
    #[error("no verdict: {0}")]
    Inconclusive(String),
    /// It fails and should not.
    #[error("fails and should hold: {kind}: {message}")]
    Fails {
        /// In what way.
        kind: FailureKind,
        /// With what message.
        message: String,
    },
    /// It fails as it should not.
    #[error("fails in another way than expected: {kind}: {message}")]
    OtherFailure {
        /// In what way.
        kind: FailureKind,
        /// With what message.
        message: String,
    },
    /// It should fail and does not.
    #[error("holds and should fail")]
    Holds,
    /// An outcome that was not expected.
    #[error("unexpected outcome `{0}`")]
    UnexpectedOutcome(String),
    /// An expected outcome that no interleaving has.
    #[error("no interleaving has the outcome `{0}`")]
    MissingOutcome(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::program::{Group, Program};

    #[derive(Debug)]
    struct Nothing;
    impl Program for Nothing {
        fn run<B: Backend>(&self) {}
    }

    const HOLDS: Variant = Variant::new("v", &Nothing, "").outcomes(&["1", "2"]);
    const FAILS: Variant = Variant::new("v", &Nothing, "").fails(FailureKind::Assertion, "lost");
    const REFUSES: Variant = Variant::new("v", &Nothing, "").refuses("no");
    const SCENARIO: Scenario =
        Scenario { id: "s", group: Group::Bank, lesson: "", source: "", variants: &[HOLDS] };

    fn report(engine: Engine, verdict: Verdict, outcomes: &[&str]) -> Report {
        let mut report = Report::new(&SCENARIO, &HOLDS, engine, verdict);
        report.outcomes = outcomes.iter().map(|&outcome| (outcome.into(), 1)).collect();
        report
    }

    fn failed(kind: FailureKind, message: &str) -> Verdict {
        Verdict::Failed(Box::new(Failure {
            kind,
            message: message.into(),
            location: None,
            trace: Trace::default(),
            schedule: None,
            executions: 1,
        }))
    }

    const PROVED: Verdict = Verdict::Proved { executions: 3 };

    #[test]
    fn a_proof_needs_exactly_the_declared_outcomes() {
        let compare = |outcomes: &[&str]| report(Engine::Loom, PROVED, outcomes).compare(&HOLDS);
        assert_eq!(compare(&["1", "2"]), Ok(()));
        assert_eq!(compare(&["1"]), Err(Mismatch::MissingOutcome("2".into())));
        assert_eq!(compare(&["1", "2", "3"]), Err(Mismatch::UnexpectedOutcome("3".into())));
    }

    #[test]
    fn a_sample_may_miss_outcomes_but_not_add_any() {
        let passed = || Verdict::Passed { executions: 1, coverage: "some".into() };
        assert_eq!(report(Engine::Shuttle, passed(), &["1"]).compare(&HOLDS), Ok(()));
        assert_eq!(
            report(Engine::Shuttle, passed(), &["3"]).compare(&HOLDS),
            Err(Mismatch::UnexpectedOutcome("3".into()))
        );
    }

    #[test]
    fn a_failure_must_have_the_kind_and_the_message() {
        let compare = |verdict| report(Engine::Loom, verdict, &[]).compare(&FAILS);
        assert_eq!(compare(failed(FailureKind::Assertion, "lost update")), Ok(()));
        assert!(compare(failed(FailureKind::Assertion, "overdraft")).is_err());
        assert!(compare(failed(FailureKind::Deadlock, "lost update")).is_err());
        assert_eq!(compare(PROVED), Err(Mismatch::Holds));
        assert_eq!(report(Engine::Std, PROVED, &[]).compare(&FAILS), Ok(()));
    }

    #[test]
    fn no_verdict_is_never_as_expected() {
        let verdict = Verdict::Inconclusive { reason: "out of time".into() };
        for variant in [HOLDS, FAILS, REFUSES] {
            assert!(report(Engine::Std, verdict.clone(), &[]).compare(&variant).is_err());
        }
    }

    #[test]
    fn a_refusal_is_in_every_execution() {
        let compare = |outcomes: &[&str]| report(Engine::Loom, PROVED, outcomes).compare(&REFUSES);
        assert_eq!(compare(&["refused: no"]), Ok(()));
        assert!(compare(&[]).is_err());
        assert!(compare(&["refused: no", "accepted"]).is_err());
    }
}
