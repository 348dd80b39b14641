//! The promises of a lock between processes: those of any [`lock`].

use super::lock::{self, Kind, Subject};
use crate::{backend::Backend, primitives::process::Lock, program::Scenario};
use std::time::Duration;

/// The contracts of [`Lock`].
pub static SCENARIO: Scenario = lock::scenario::<Real>("process-lock");

/// Names [`Lock`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Lock<B>;
}

impl<B: Backend> Subject for Lock<B> {
    fn new() -> Self {
        Self::new()
    }
    fn acquire(&self) {
        self.acquire().expect("it is here");
    }
    fn try_acquire(&self) -> bool {
        self.try_acquire() == Ok(true)
    }
    fn acquire_timeout(&self) -> bool {
        self.acquire_timeout(Duration::from_millis(1)) == Ok(true)
    }
    fn release(&self) -> bool {
        self.release().is_ok()
    }
    fn locked(&self) -> bool {
        self.locked() == Ok(true)
    }
}
