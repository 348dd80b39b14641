//! Kernels from CockroachDB.

mod channels;
mod locks;

use raceproof_suite::program::Scenario;

/// The kernels.
pub(super) fn all() -> Vec<&'static Scenario> {
    [locks::ALL, channels::ALL].concat()
}
