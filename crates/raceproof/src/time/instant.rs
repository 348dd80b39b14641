//! The clock that never goes back.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use super::reading::{Reading, Real, time};
use crate::execution::clock;
use crate::kernel::time::Point;

/// A time of the clock that never goes back, as `std::time::Instant`.
///
/// An instant that was taken before the exploration began keeps its distance to it, and comes before those of a model. One of
/// another execution is refused. How long an instant is after another is a [length](super#lengths-of-time).
#[derive(Clone, Copy)]
pub struct Instant(Reading<std::time::Instant>);

impl Real for std::time::Instant {
    fn point(self) -> Option<Point> {
        clock::real_moment(self)
    }

    fn add(self, duration: Duration) -> Option<Self> {
        self.checked_add(duration)
    }

    fn sub(self, duration: Duration) -> Option<Self> {
        self.checked_sub(duration)
    }

    fn since(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}

time!(Instant, "instant");

impl Instant {
    /// The time now.
    #[must_use]
    pub fn now() -> Self {
        Instant(Reading::now(std::time::Instant::now))
    }

    /// How long it is after another; nothing if it is before.
    #[track_caller]
    #[must_use]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.since(earlier.0)
    }

    /// How long it is after another; `None` if it is before.
    #[track_caller]
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        let before = self.0.is_before(earlier.0);
        (!before).then(|| self.0.since(earlier.0))
    }

    /// How long it is after another; nothing if it is before.
    #[track_caller]
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.since(earlier.0)
    }

    /// How long ago it is.
    #[track_caller]
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Instant::now().0.since(self.0)
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    /// How long it is after another; nothing if it is before.
    #[track_caller]
    fn sub(self, earlier: Instant) -> Duration {
        self.0.since(earlier.0)
    }
}
