//! The system's clock.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTimeError};

use super::reading::{Reading, Real, time};
use crate::execution::clock;
use crate::kernel::time::{Point, nanos};

/// A time of the system's clock, as `std::time::SystemTime`.
///
/// In a model it goes as the clock of [`Instant`](super::Instant) does. A model begins with the year 2026.
#[derive(Clone, Copy)]
pub struct SystemTime(Reading<std::time::SystemTime>);

/// 1970-01-01 00:00:00 UTC.
pub const UNIX_EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

/// When a model begins, after [`UNIX_EPOCH`]: 2026-01-01 00:00:00 UTC.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

impl Real for std::time::SystemTime {
    fn point(self) -> Option<Point> {
        let after = self.duration_since(std::time::UNIX_EPOCH).map(nanos);
        let after = after.unwrap_or_else(|before| -nanos(before.duration()));
        clock::is_running().then(|| Point { moment: 0, offset: after - nanos(BEGINNING) })
    }

    fn add(self, duration: Duration) -> Option<Self> {
        self.checked_add(duration)
    }

    fn sub(self, duration: Duration) -> Option<Self> {
        self.checked_sub(duration)
    }

    fn since(self, earlier: Self) -> Duration {
        self.duration_since(earlier).unwrap_or_default()
    }
}

time!(SystemTime, "instant");

impl SystemTime {
    /// 1970-01-01 00:00:00 UTC.
    pub const UNIX_EPOCH: SystemTime = SystemTime(Reading::Real(std::time::UNIX_EPOCH));

    /// The time now.
    #[must_use]
    pub fn now() -> Self {
        clock::assume_system_clock();
        SystemTime(Reading::now(std::time::SystemTime::now))
    }

    /// How long it is after another.
    ///
    /// # Errors
    ///
    /// If it is before; the error says how long.
    #[track_caller]
    pub fn duration_since(&self, earlier: SystemTime) -> Result<Duration, SystemTimeError> {
        if !self.0.is_before(earlier.0) {
            return Ok(self.0.since(earlier.0));
        }
        let ahead = earlier.0.since(self.0);
        let epoch = std::time::UNIX_EPOCH;
        epoch.duration_since(epoch + ahead).map(|_| Duration::ZERO)
    }

    /// How long ago it is.
    ///
    /// # Errors
    ///
    /// If it is yet to come; the error says in how long.
    #[track_caller]
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        SystemTime::now().duration_since(*self)
    }
}
