//! Seeing that nothing goes on in this process.

use crate::backend::Awaited;
use std::time::Duration;

/// So many glances in a row must find nothing. Glances are counted and not the time, because on a busy machine
/// whoever glances starves like the rest.
const GLANCES: u32 = 30;
/// What the process may have computed since the last glance: less than any step of a program, more than two
/// clocks differ by.
const NOTHING: Duration = Duration::from_micros(200);

/// What the last glances found.
#[derive(Default)]
pub(super) struct Idle {
    /// What other threads had computed at the last glance.
    computed: Duration,
    glances: u32,
}

impl Idle {
    /// How long to wait for the next glance.
    pub(super) const GLANCE: Duration = Duration::from_millis(10);

    /// Glances at the other threads. Returns whether they have all been waiting for a while, and for each
    /// other: for nothing that comes by itself.
    pub(super) fn glance(&mut self) -> bool {
        let Some(computed) = computed_by_others() else { return false };
        let busy = computed > self.computed + NOTHING || Awaited::any();
        self.glances = if busy { 0 } else { self.glances + 1 };
        self.computed = computed;
        self.glances >= GLANCES
    }
}

/// The processor time that threads other than this one have used so far.
#[cfg(unix)]
fn computed_by_others() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let time = |clock| Duration::try_from(clock_gettime(clock)).ok();
    let all = time(ClockId::ProcessCPUTime)?;
    Some(all.saturating_sub(time(ClockId::ThreadCPUTime)?))
}

#[cfg(not(unix))]
fn computed_by_others() -> Option<Duration> {
    None
}
