//! The promises of a reentrant lock between processes: those of any [`rlock`].

use super::rlock::{self, Kind, Subject};
use crate::{
    backend::Backend,
    primitives::{Depth, process::RLock},
    program::Scenario,
};
use std::time::Duration;

/// The contracts of [`RLock`].
pub static SCENARIO: Scenario = rlock::scenario::<Real>("process-rlock");

/// Names [`RLock`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = RLock<B>;
}

impl<B: Backend> Subject for RLock<B> {
    type Saved = Depth;

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
    fn release_all(&self) -> Option<Depth> {
        self.release_all().ok()
    }
    fn restore(&self, depth: Depth) {
        self.restore(depth).expect("it is here");
    }
}
