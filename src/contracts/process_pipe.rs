//! What a pipe between processes promises: all that any [`pipe`] does.

use super::pipe::{self, Kind, Subject};
use crate::{
    backend::Backend,
    primitives::process::{Pipe, PipeEnd, SendError},
    program::Scenario,
};
use std::time::Duration;

/// The contracts of [`Pipe`].
pub static SCENARIO: Scenario = pipe::scenario::<Real>("process-pipe");

/// Names [`Pipe`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = PipeEnd<B, i64>;
}

/// Long enough for real threads to do something, short enough to run out of.
const MOMENT: Duration = Duration::from_micros(20);

impl<B: Backend> Subject for PipeEnd<B, i64> {
    fn duplex(capacity: usize) -> (Self, Self) {
        Pipe::duplex(capacity).expect("there is room")
    }
    fn send(&self, message: i64) -> Result<(), i64> {
        self.send(message).map_err(SendError::into_inner)
    }
    fn send_timeout(&self, message: i64) -> Result<(), i64> {
        self.send_timeout(message, MOMENT).map_err(SendError::into_inner)
    }
    fn recv(&self) -> Option<i64> {
        self.recv().ok()
    }
    fn try_recv(&self) -> Option<i64> {
        self.try_recv().ok()
    }
    fn poll_timeout(&self) -> bool {
        self.poll_timeout(MOMENT) == Ok(true)
    }
    fn close(&self) {
        self.close();
    }
}
