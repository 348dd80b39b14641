//! Kernels that are about order and not about blocking: data races, and channels that are used too late or too often.

mod databases;
mod kubernetes;
mod services;

use raceproof_suite::program::Scenario;

/// The kernels, by project.
pub(super) fn all() -> Vec<&'static Scenario> {
    [databases::ALL, kubernetes::ALL, services::ALL].concat()
}
