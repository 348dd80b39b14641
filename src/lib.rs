#![doc = include_str!("../README.md")]
#![expect(clippy::test_attr_in_doctest, reason = "the front page shows a test")]

pub mod backend;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod contracts;
pub mod primitives;
pub mod program;
#[cfg(feature = "cli")]
pub mod report;
pub mod scenarios;

pub use primitives::native;
/// The model checker below, by the name of its engine.
pub use raceproof as dpor;
