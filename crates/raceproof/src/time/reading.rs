//! What both kinds of time have in common: a reading of the real clock, or of a model's.

use std::cmp::Ordering;
use std::hash::Hash;
use std::panic::Location;
use std::time::Duration;

use crate::execution::{clock, look_around};
use crate::kernel::Id;
use crate::kernel::time::{Point, Question, Wanted, nanos};

/// A clock of std's.
pub(super) trait Real: Copy + Ord + Hash {
    /// What a reading is in the execution under way; `None` outside of a model.
    fn point(self) -> Option<Point>;

    fn add(self, duration: Duration) -> Option<Self>;

    fn sub(self, duration: Duration) -> Option<Self>;

    /// How long it is after another; none if it is before.
    fn since(self, earlier: Self) -> Duration;
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Reading<R> {
    Real(R),
    Model {
        /// The execution in which it was taken.
        epoch: u64,
        point: Point,
    },
}

/// The greatest offset, as std's: 64 bits of seconds.
const MOST: i128 = i64::MAX as i128 * 1_000_000_000;

impl<R: Real> Reading<R> {
    /// The time now.
    pub(super) fn now(real: impl FnOnce() -> R) -> Self {
        look_around();
        match clock::moment() {
            Some(Id { epoch, index }) => {
                Reading::Model { epoch, point: Point { moment: index, offset: 0 } }
            }
            None => Reading::Real(real()),
        }
    }

    pub(super) fn checked_add(self, duration: Duration) -> Option<Self> {
        match self {
            Reading::Real(real) => real.add(duration).map(Reading::Real),
            Reading::Model { .. } => self.moved(nanos(duration)),
        }
    }

    pub(super) fn checked_sub(self, duration: Duration) -> Option<Self> {
        match self {
            Reading::Real(real) => real.sub(duration).map(Reading::Real),
            Reading::Model { .. } => self.moved(-nanos(duration)),
        }
    }

    fn moved(self, by: i128) -> Option<Self> {
        let Reading::Model { epoch, point } = self else { return None };
        let offset = point.offset.checked_add(by).filter(|offset| offset.abs() <= MOST)?;
        Some(Reading::Model { epoch, point: Point { offset, ..point } })
    }

    /// The point in the execution under way.
    #[track_caller]
    fn point(self) -> Point {
        match self {
            Reading::Real(real) => real.point().unwrap_or_else(|| clock::foreign_moment()),
            Reading::Model { epoch, point } => {
                if !crate::execution::belongs(Id { epoch, index: point.moment }) {
                    clock::foreign_moment();
                }
                point
            }
        }
    }

    #[track_caller]
    fn ask(self, other: Self, wanted: Wanted) -> i128 {
        let at = Location::caller();
        clock::ask(Question { a: self.point(), b: other.point(), wanted }, at)
    }

    #[track_caller]
    pub(super) fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Reading::Real(a), Reading::Real(b)) => a.cmp(&b),
            _ => self.ask(other, Wanted::Order).cmp(&0),
        }
    }

    #[track_caller]
    pub(super) fn is_before(self, other: Self) -> bool {
        match (self, other) {
            (Reading::Real(a), Reading::Real(b)) => a < b,
            _ => self.ask(other, Wanted::Before) < 0,
        }
    }

    /// How long it is after another; none if it is before.
    #[track_caller]
    pub(super) fn since(self, earlier: Self) -> Duration {
        match (self, earlier) {
            (Reading::Real(a), Reading::Real(b)) => a.since(b),
            _ => duration(self.ask(earlier, Wanted::Length)),
        }
    }
}

/// So many nanoseconds, which are not negative.
pub(super) fn duration(nanos: i128) -> Duration {
    let nanos = nanos.unsigned_abs();
    let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::new(seconds, (nanos % 1_000_000_000) as u32)
}

/// The traits that both kinds of time have.
macro_rules! time {
    ($name:ident, $text:literal) => {
        impl $name {
            /// The time so much later, unless it is too late to tell.
            pub fn checked_add(&self, duration: Duration) -> Option<Self> {
                self.0.checked_add(duration).map($name)
            }

            /// The time so much earlier, unless it is too early to tell.
            pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
                self.0.checked_sub(duration).map($name)
            }
        }

        impl PartialEq for $name {
            #[track_caller]
            fn eq(&self, other: &Self) -> bool {
                self.0.order(other.0).is_eq()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            #[track_caller]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }

            #[track_caller]
            fn lt(&self, other: &Self) -> bool {
                self.0.is_before(other.0)
            }

            #[track_caller]
            fn le(&self, other: &Self) -> bool {
                !other.0.is_before(self.0)
            }

            #[track_caller]
            fn gt(&self, other: &Self) -> bool {
                other.0.is_before(self.0)
            }

            #[track_caller]
            fn ge(&self, other: &Self) -> bool {
                !self.0.is_before(other.0)
            }
        }

        impl Ord for $name {
            #[track_caller]
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.order(other.0)
            }
        }

        /// Two times of a model may turn out equal whenever they are compared.
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                if let Reading::Real(real) = self.0 {
                    real.hash(state);
                }
            }
        }

        impl Add<Duration> for $name {
            type Output = Self;

            #[track_caller]
            fn add(self, duration: Duration) -> Self {
                self.checked_add(duration)
                    .expect(concat!("overflow when adding duration to ", $text))
            }
        }

        impl AddAssign<Duration> for $name {
            #[track_caller]
            fn add_assign(&mut self, duration: Duration) {
                *self = *self + duration;
            }
        }

        impl Sub<Duration> for $name {
            type Output = Self;

            #[track_caller]
            fn sub(self, duration: Duration) -> Self {
                self.checked_sub(duration)
                    .expect(concat!("overflow when subtracting duration from ", $text))
            }
        }

        impl SubAssign<Duration> for $name {
            #[track_caller]
            fn sub_assign(&mut self, duration: Duration) {
                *self = *self - duration;
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Reading::Real(real) => real.fmt(f),
                    Reading::Model { point, .. } => f
                        .debug_struct(stringify!($name))
                        .field("moment", &point.moment)
                        .field("offset", &point.offset)
                        .finish(),
                }
            }
        }
    };
}

pub(super) use time;
