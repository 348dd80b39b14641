//! Tells people and programs what a run of checks finds.
//!
//! The runner emits [`Event`]s and a [`Reporter`] writes them in its format; they know nothing else
//! of each other.

pub mod failure;
pub mod github;
pub mod json;
pub mod junit;
pub mod progress;
pub mod sarif;
pub mod sink;
pub mod style;
pub mod sweep;
pub mod table;
pub mod text;
pub mod words;

use crate::{
    check::{Mismatch, Report, Verdict},
    program::{Expect, Variant},
};
use std::{io, time::Duration};

pub use crate::check::Job;

/// The result of a job.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was checked.
    pub variant: &'static Variant,
    /// What came out.
    pub report: Report,
    /// Whether that is what had to come out.
    pub comparison: Result<(), Mismatch>,
}

impl Row {
    /// The result `report` of checking `variant`.
    #[must_use]
    pub fn new(variant: &'static Variant, report: Report) -> Self {
        let comparison = report.compare(variant);
        Self { variant, report, comparison }
    }

    /// What had to come out on this engine.
    #[must_use]
    pub fn expected(&self) -> Expect {
        self.variant.claim_on(self.report.engine).expect
    }

    /// Whether the engine passed what goes wrong, as it is known to.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        let passed = matches!(self.report.verdict, Verdict::Proved { .. } | Verdict::Passed { .. });
        passed && self.variant.why_missed_on(self.report.engine).is_some()
    }

    /// Whether the engine reports a failure that cannot happen, as it is known to.
    #[must_use]
    pub fn is_imagined(&self) -> bool {
        let failed = matches!(self.report.verdict, Verdict::Failed(_));
        failed && self.variant.why_imagined_on(self.report.engine).is_some()
    }

    /// The variant's full name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.report.scenario, self.report.variant)
    }
}

/// What happens in a run of checks.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The run begins; these are its jobs, in the order in which a reader expects their results.
    Started {
        /// The jobs.
        jobs: &'a [Job],
    },
    /// A job is done. The order is that of time.
    Finished {
        /// The job's index.
        job: usize,
        /// Its result.
        row: &'a Row,
    },
    /// No further job will be done.
    Ended {
        /// How long the run took.
        elapsed: Duration,
    },
}

/// Writes the events of a run in some format.
pub trait Reporter: Send {
    /// Takes notice of one event. After an error it is not called again.
    ///
    /// # Errors
    ///
    /// What it writes to cannot be written to.
    fn on(&mut self, event: &Event<'_>) -> io::Result<()>;
}

/// How many results there were of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that had to come out.
    pub as_expected: usize,
    /// Those that had not.
    pub unexpected: usize,
    /// Those where the engine cannot check the program.
    pub not_applicable: usize,
}

impl Tally {
    /// Counts one more result.
    pub fn add(&mut self, row: &Row) {
        match (&row.report.verdict, &row.comparison) {
            (Verdict::NotApplicable { .. }, _) => self.not_applicable += 1,
            (_, Ok(())) => self.as_expected += 1,
            (_, Err(_)) => self.unexpected += 1,
        }
    }

    /// The checks that were made.
    #[must_use]
    pub const fn made(&self) -> usize {
        self.as_expected + self.unexpected
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.made() + self.not_applicable
    }
}

#[cfg(test)]
mod samples;
