//! The promises of a barrier between processes: those of any [`barrier`].

use super::barrier::{self, Kind, Subject};
use crate::{backend::Backend, primitives::process::Barrier, program::Scenario};
use std::time::Duration;

/// The contracts of [`Barrier`].
pub static SCENARIO: Scenario = barrier::scenario::<Real>("process-barrier");

/// Names [`Barrier`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Barrier<B>;
}

impl<B: Backend> Subject for Barrier<B> {
    fn new(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self::with_action("barrier", parties, action).expect("some parties")
    }
    fn wait(&self) -> Option<usize> {
        self.wait().ok()
    }
    fn wait_timeout(&self) -> Option<usize> {
        self.wait_timeout(Duration::from_millis(1)).ok()
    }
    fn abort(&self) {
        self.abort().expect("it is here");
    }
    fn reset(&self) {
        self.reset().expect("it is here");
    }
    fn n_waiting(&self) -> usize {
        self.n_waiting().expect("it is here")
    }
    fn is_broken(&self) -> bool {
        self.is_broken() == Ok(true)
    }
}
