//! What a program tells of its own execution.

use super::with_history;
use std::fmt;

/// The text of this file, whose functions the programs of many scenarios call.
pub const SOURCE: &str = include_str!("told.rs");

/// Adds `value` to the outcome of this execution.
///
/// A check collects the outcomes of all executions and compares their set with the expected one.
pub fn outcome(value: impl fmt::Display) {
    with_history(|history| history.outcomes.push(value.to_string()));
}

/// Adds to the outcome of this execution that a misuse was refused with `error`.
pub fn refused(error: impl fmt::Display) {
    outcome(format_args!("refused: {error}"));
}

/// Records that this execution has reached `point`.
///
/// A check collects the points that any execution reaches. A variant can declare that a point is
/// [reached](crate::program::Expect::Reaches), or never reached. It is no step and orders nothing.
pub fn reach(point: &'static str) {
    with_history(|history| history.reached.insert(point));
}
