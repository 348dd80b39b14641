//! The promises of an event between processes: those of any [`event`].

use super::event::{self, Kind, Subject};
use crate::{backend::Backend, primitives::process::Event, program::Scenario};
use std::time::Duration;

/// The contracts of [`Event`].
pub static SCENARIO: Scenario = event::scenario::<Real>("process-event");

/// Names [`Event`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Event<B>;
}

impl<B: Backend> Subject for Event<B> {
    fn new() -> Self {
        Self::new()
    }
    fn set(&self) {
        self.set().expect("it is here");
    }
    fn clear(&self) {
        self.clear().expect("it is here");
    }
    fn is_set(&self) -> bool {
        self.is_set() == Ok(true)
    }
    fn wait(&self) {
        self.wait().expect("it is here");
    }
    fn wait_timeout(&self) -> bool {
        self.wait_timeout(Duration::from_millis(1)) == Ok(true)
    }
    fn n_waiting(&self) -> usize {
        self.n_waiting().expect("it is here")
    }
}
