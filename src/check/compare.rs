//! Whether a result is the one that was to come out.

use super::verdict::{Failure, Report, Verdict};
use crate::program::{Expect, FailureKind, Variant};

impl Report {
    /// Compares the result with what `variant` expects.
    ///
    /// Real threads find a failure by luck, so there "nothing found" never contradicts an expected
    /// failure; a checker must find it, unless it is known to miss it, and then it must miss it.
    ///
    /// # Errors
    ///
    /// What is not as expected.
    pub fn compare(&self, variant: &Variant) -> Result<(), Mismatch> {
        let claim = variant.claim_on(self.engine);
        match &self.verdict {
            Verdict::NotApplicable { .. } if variant.missing_on(self.engine).is_some() => {
                return Ok(());
            }
            Verdict::NotApplicable { reason } => return self.compare_refusal(reason, variant),
            Verdict::Inconclusive { reason } => {
                return Err(Mismatch::Inconclusive(reason.clone()));
            }
            _ if let Some(what) = variant.refused_on(self.engine) => {
                return Err(Mismatch::NotRefused(what.into()));
            }
            Verdict::Failed(failure) => self.compare_failure(failure, variant, claim.expect)?,
            Verdict::Proved { .. } | Verdict::Passed { .. } => {
                self.compare_pass(variant, claim.expect)?;
            }
        }
        // Declared outcomes are those of the declared sizes.
        if claim.outcomes.is_empty() || self.program != format!("{:?}", variant.program) {
            return Ok(());
        }
        let all = self.outcomes_complete && variant.why_missed_on(self.engine).is_none();
        let Some((missed, why)) = variant.outcomes_missed_on(self.engine) else {
            return self.compare_outcomes(claim.outcomes, all);
        };
        if missed.iter().any(|&outcome| self.outcomes.contains_key(outcome)) {
            return Err(Mismatch::NotMissed(why.into()));
        }
        let found = claim.outcomes.iter().copied().filter(|outcome| !missed.contains(outcome));
        self.compare_outcomes(&found.collect::<Vec<_>>(), all)
    }

    /// An engine that does not explore a program must be known not to.
    fn compare_refusal(&self, reason: &str, variant: &Variant) -> Result<(), Mismatch> {
        match variant.refused_on(self.engine) {
            Some(what) if reason.contains(what) => Ok(()),
            _ => Err(Mismatch::Refused(reason.into())),
        }
    }

    fn compare_failure(
        &self,
        failure: &Failure,
        variant: &Variant,
        expect: Expect,
    ) -> Result<(), Mismatch> {
        let (found, said) = (failure.kind, failure.message.clone());
        let Expect::Fails { kind, message } = expect else {
            return Err(Mismatch::Fails { kind: found, message: said });
        };
        // Real threads that hang cannot say what they wait for.
        let silent = self.engine.is_native() && kind == FailureKind::Deadlock;
        if found != kind || !(silent || said.contains(message)) {
            return Err(Mismatch::OtherFailure { kind: found, message: said });
        }
        match variant.why_missed_on(self.engine) {
            Some(why) => Err(Mismatch::NotMissed(why.into())),
            None => Ok(()),
        }
    }

    fn compare_pass(&self, variant: &Variant, expect: Expect) -> Result<(), Mismatch> {
        let must_find = !self.engine.is_native() && variant.why_missed_on(self.engine).is_none();
        match expect {
            Expect::Fails { .. } if must_find => Err(Mismatch::Holds),
            Expect::Refuses { error } => {
                self.compare_outcomes(&[&format!("refused: {error}")], true)
            }
            Expect::Reaches { point } if must_find && !self.reached.contains_key(point) => {
                Err(Mismatch::NotReached(point.into()))
            }
            Expect::NeverReaches { point } if self.reached.contains_key(point) => {
                Err(Mismatch::Reached(point.into()))
            }
            _ => Ok(()),
        }
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
    /// It fails, on an engine that is known to miss the failure, for this reason.
    #[error("is found by an engine that is known to miss it: {0}")]
    NotMissed(String),
    /// The engine does not explore it, and is not known not to.
    #[error("is not explored: {0}")]
    Refused(String),
    /// The engine explores it, and is known not to explore this.
    #[error("is explored by an engine that is known not to: {0}")]
    NotRefused(String),
    /// No execution comes to the point.
    #[error("no interleaving reaches `{0}`")]
    NotReached(String),
    /// Some execution comes to the point.
    #[error("some interleaving reaches `{0}`")]
    Reached(String),
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
    use crate::{
        backend::{Backend, Engine},
        check::Trace,
        program::{Claim, Group, Program, Scenario},
    };

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
        report.outcomes_complete = !matches!(report.verdict, Verdict::Passed { .. });
        report
    }

    fn failed(kind: FailureKind, message: &str) -> Verdict {
        Verdict::Failed(Box::new(Failure {
            kind,
            message: message.into(),
            location: None,
            trace: Trace::default(),
            notes: Vec::new(),
            too_weak: Vec::new(),
            schedule: None,
            executions: 1,
            preemptions: None,
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
    fn the_memory_model_decides_what_is_expected() {
        let variant = HOLDS
            .outcomes(&["1"])
            .under_c11(Claim::fails(FailureKind::Assertion, "stale").outcomes(&["0", "1"]));
        let compare = |engine, verdict, outcomes: &[&str]| {
            report(engine, verdict, outcomes).compare(&variant)
        };
        let stale = || failed(FailureKind::Assertion, "stale data");
        assert_eq!(compare(Engine::Dpor, PROVED, &["1"]), Ok(()));
        assert!(compare(Engine::Dpor, stale(), &["0", "1"]).is_err());
        assert_eq!(compare(Engine::Loom, stale(), &["0", "1"]), Ok(()));
        assert_eq!(compare(Engine::Loom, PROVED, &["1"]), Err(Mismatch::Holds));
        let luck = Verdict::Passed { executions: 9, coverage: "by luck".into() };
        assert_eq!(compare(Engine::Std, luck, &["1"]), Ok(()), "none of it");
    }

    #[test]
    fn an_engine_that_misses_a_failure_must_go_on_missing_it() {
        let variant = FAILS.missed_by(&[(Engine::Loom, "it looks away")]);
        let found = || failed(FailureKind::Assertion, "lost update");
        assert_eq!(report(Engine::Loom, PROVED, &[]).compare(&variant), Ok(()));
        assert_eq!(
            report(Engine::Loom, found(), &[]).compare(&variant),
            Err(Mismatch::NotMissed("it looks away".into()))
        );
        assert_eq!(report(Engine::Dpor, found(), &[]).compare(&variant), Ok(()));
        assert_eq!(report(Engine::Dpor, PROVED, &[]).compare(&variant), Err(Mismatch::Holds));
    }

    #[test]
    fn an_engine_that_imagines_a_failure_must_go_on_imagining_it() {
        let claim = Claim::fails(FailureKind::Assertion, "lost").outcomes(&["0", "1"]);
        let variant =
            HOLDS.outcomes(&["1"]).imagined_by(Engine::Loom, claim, "it takes it for less");
        let compare = |engine, verdict, outcomes: &[&str]| {
            report(engine, verdict, outcomes).compare(&variant)
        };
        let found = || failed(FailureKind::Assertion, "lost update");
        assert_eq!(compare(Engine::Loom, found(), &["0", "1"]), Ok(()));
        assert_eq!(compare(Engine::Loom, PROVED, &["1"]), Err(Mismatch::Holds));
        assert_eq!(compare(Engine::C11, PROVED, &["1"]), Ok(()));
        assert!(compare(Engine::C11, found(), &["0", "1"]).is_err());
    }

    #[test]
    fn an_engine_refuses_what_it_is_known_to_refuse_and_nothing_else() {
        let variant = HOLDS.without_outcomes().refused_by(Engine::C11, "daemons");
        let refused = |what: &str| Verdict::NotApplicable { reason: format!("not yet: {what}") };
        let compare = |engine, verdict| report(engine, verdict, &[]).compare(&variant);
        assert_eq!(compare(Engine::C11, refused("daemons")), Ok(()));
        assert!(compare(Engine::C11, refused("locks")).is_err());
        assert!(compare(Engine::Dpor, refused("daemons")).is_err());
        assert_eq!(compare(Engine::C11, PROVED), Err(Mismatch::NotRefused("daemons".into())));
        assert_eq!(compare(Engine::Dpor, PROVED), Ok(()));
    }

    #[test]
    fn an_engine_that_misses_outcomes_must_go_on_missing_them() {
        let variant = HOLDS.outcomes_missed_by(Engine::Loom, &["2"], "it looks away");
        let compare =
            |engine, outcomes: &[&str]| report(engine, PROVED, outcomes).compare(&variant);
        assert_eq!(compare(Engine::Loom, &["1"]), Ok(()));
        assert_eq!(
            compare(Engine::Loom, &["1", "2"]),
            Err(Mismatch::NotMissed("it looks away".into()))
        );
        assert_eq!(compare(Engine::Loom, &[]), Err(Mismatch::MissingOutcome("1".into())));
        assert_eq!(compare(Engine::Dpor, &["1"]), Err(Mismatch::MissingOutcome("2".into())));
    }

    #[test]
    fn a_point_is_reached_or_it_is_not() {
        let variant = Variant::new("v", &Nothing, "");
        let compare = |engine, reached: &[&str], variant: &Variant| {
            let mut report = report(engine, PROVED, &[]);
            report.reached = reached.iter().map(|&point| (point.into(), 1)).collect();
            report.compare(variant)
        };
        let (some, none) = (variant.reaches("both"), variant.never_reaches("both"));
        assert_eq!(compare(Engine::Dpor, &["both", "more"], &some), Ok(()));
        assert_eq!(compare(Engine::Dpor, &[], &some), Err(Mismatch::NotReached("both".into())));
        assert_eq!(compare(Engine::Std, &[], &some), Ok(()), "no luck");
        assert_eq!(compare(Engine::Dpor, &["more"], &none), Ok(()));
        assert_eq!(compare(Engine::Std, &["both"], &none), Err(Mismatch::Reached("both".into())));
        let failed = report(Engine::Dpor, failed(FailureKind::Deadlock, ""), &[]);
        assert!(failed.compare(&some).is_err() && failed.compare(&none).is_err());
    }

    #[test]
    fn a_refusal_is_in_every_execution() {
        let compare = |outcomes: &[&str]| report(Engine::Loom, PROVED, outcomes).compare(&REFUSES);
        assert_eq!(compare(&["refused: no"]), Ok(()));
        assert!(compare(&[]).is_err());
        assert!(compare(&["refused: no", "accepted"]).is_err());
    }
}
