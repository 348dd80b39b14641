#![doc = include_str!("../README.md")]

pub mod backend;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod contracts;
pub mod dpor;
pub mod linearizability;
pub mod primitives;
pub mod program;
#[cfg(feature = "cli")]
pub mod report;
pub mod scenarios;

pub use primitives::native;
