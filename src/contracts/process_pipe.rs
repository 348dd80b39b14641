//! The promises of a pipe between processes: those of any [`pipe`].

use super::pipe::{self, Kind, MOMENT, Subject, subject};
use crate::{
    backend::Backend,
    primitives::process::{Pipe, PipeEnd, SendError},
    program::Scenario,
};

/// The contracts of [`Pipe`].
pub static SCENARIO: Scenario = pipe::scenario::<Real>("process-pipe");

/// Names [`Pipe`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = PipeEnd<B, i64>;
}

subject!();
