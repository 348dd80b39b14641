//! The promises of a condition between processes: those of any [`condition`].

use super::condition::{self, Kind, Subject};
use crate::{backend::Backend, primitives::process::Condition, program::Scenario};
use std::time::Duration;

/// The contracts of [`Condition`].
pub static SCENARIO: Scenario = condition::scenario::<Real>("process-condition");

/// Names [`Condition`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Condition<B>;
}

impl<B: Backend> Subject for Condition<B> {
    fn new() -> Self {
        Self::new()
    }
    fn acquire(&self) {
        (**self).acquire().expect("it is here");
    }
    fn release(&self) -> bool {
        (**self).release().is_ok()
    }
    fn wait(&self) -> bool {
        self.wait().is_ok()
    }
    fn wait_timeout(&self) -> Option<bool> {
        self.wait_timeout(Duration::from_millis(1)).ok()
    }
    fn wait_for(&self, predicate: impl FnMut() -> bool) -> bool {
        self.wait_for(predicate).is_ok()
    }
    fn notify(&self, n: usize) -> bool {
        self.notify(n).is_ok()
    }
    fn notify_all(&self) -> bool {
        self.notify_all().is_ok()
    }
}
