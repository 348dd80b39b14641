//! What a person is told.

pub(crate) mod failure;
pub mod oracle;
pub(crate) mod recorder;
pub(crate) mod schedule;
pub(crate) mod trace;
