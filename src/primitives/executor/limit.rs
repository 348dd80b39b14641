//! A time limit for several waits.

use crate::backend::Backend;
use std::time::{Duration, Instant};

/// A time limit for several waits together.
#[derive(Debug)]
pub(in crate::primitives) struct Limit {
    /// When it began, if there is a clock; without one, each wait decides for itself.
    start: Option<Instant>,
    timeout: Duration,
}

impl Limit {
    /// A limit that begins now.
    pub(in crate::primitives) fn of<B: Backend>(timeout: Duration) -> Self {
        Self { start: B::raw_now(), timeout }
    }

    /// The time left for the next wait.
    pub(super) fn left(&self) -> Duration {
        self.rest().unwrap_or_default()
    }

    /// What is left, perhaps nothing, if the limit has not passed. Where there is no clock, all of it: the
    /// environment alone decides when the time is over.
    pub(in crate::primitives) fn rest(&self) -> Option<Duration> {
        let passed = self.start.map_or(Duration::ZERO, |start| start.elapsed());
        self.timeout.checked_sub(passed)
    }
}
