//! The expected result of checking a program.

pub use crate::dpor::FailureKind;
use std::fmt;

/// The expected result of checking a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No interleaving goes wrong.
    Holds,
    /// Some interleaving fails in this way.
    Fails {
        /// The kind of failure.
        kind: FailureKind,
        /// A text that the failure's message contains.
        message: &'static str,
    },
    /// Every interleaving ends well and [reports](crate::backend::execution::refused) that the
    /// misuse was refused with this error, and nothing else.
    Refuses {
        /// The error's text.
        error: &'static str,
    },
    /// Every interleaving ends well, and some interleaving reaches this
    /// [point](crate::backend::execution::reach).
    Reaches {
        /// The point.
        point: &'static str,
    },
    /// Every interleaving ends well, and none reaches this point.
    NeverReaches {
        /// The point.
        point: &'static str,
    },
}

impl Expect {
    /// Whether some interleaving is expected to fail.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Fails { .. })
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Fails { kind: FailureKind::Deadlock, .. } => f.write_str("deadlock"),
            Self::Fails { kind, message } => write!(f, "{kind}: {message}"),
            Self::Refuses { error } => write!(f, "refuses: {error}"),
            Self::Reaches { point } => write!(f, "reaches: {point}"),
            Self::NeverReaches { point } => write!(f, "never reaches: {point}"),
        }
    }
}

/// The expected end, with the expected outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The expected end.
    pub expect: Expect,
    /// The exact set of [outcomes](crate::backend::execution::outcome) over all interleavings;
    /// empty if the program reports none.
    pub outcomes: &'static [&'static str],
}

impl Claim {
    /// It fails in this way, with a message that contains `message`, which distinguishes this failure from
    /// others.
    ///
    /// # Panics
    ///
    /// Panics if `message` is empty, because then any failure would do. In a `static`, where
    /// variants are written, that is a compile error.
    ///
    /// ```compile_fail,E0080
    /// # use raceproof_suite::{backend::Backend, program::{FailureKind::Assertion, Program, Variant}};
    /// # #[derive(Debug)]
    /// # struct Sells;
    /// # impl Program for Sells {
    /// #     fn run<B: Backend>(&self) {}
    /// # }
    /// static SELLS: Variant = Variant::new("sells", &Sells, "Twice.").fails(Assertion, "");
    /// ```
    #[must_use]
    pub const fn fails(kind: FailureKind, message: &'static str) -> Self {
        assert!(!message.is_empty(), "any failure has an empty message");
        Self { expect: Expect::Fails { kind, message }, outcomes: &[] }
    }

    /// Its outcomes are exactly these.
    #[must_use]
    pub const fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.outcomes = outcomes;
        self
    }
}
