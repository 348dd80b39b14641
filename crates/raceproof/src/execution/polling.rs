//! Yields of the running thread.

use std::panic::Location;

use super::callers::callers;
use super::installed::{kernel, try_kernel, with};
use super::step::perform;
use super::teardown;
use crate::kernel::{Memory, Op, Pending};

/// Yields the running thread: a step only if it waits for a change.
#[inline(never)]
pub(crate) fn yield_at(at: &'static Location<'static>) {
    let here = 0_u8;
    let calls = || callers((&raw const here).addr());
    if !teardown::under_way() && kernel(|kernel| kernel.now.runs_out) {
        // Others may come between.
        perform(Pending { op: Op::Choose(1), at });
        return;
    }
    if !teardown::under_way() && kernel(|kernel| kernel.limits.memory != Memory::Sequential) {
        return weak_yield(at, &calls);
    }
    if teardown::under_way() || kernel(|kernel| kernel.begin_yield(at, &calls)) {
        perform(Pending { op: Op::Yield, at });
    }
}

/// A yield under a weak memory model. A step only if nothing comes after it.
#[cold]
fn weak_yield(at: &'static Location<'static>, calls: &dyn Fn() -> u64) {
    if with(|session| session.strategy.yields(&mut session.kernel, at, calls)) {
        perform(Pending { op: Op::Yield, at });
    }
}

/// Notes that the running thread changes something by other means than a step.
#[inline]
pub(crate) fn note_effect() {
    try_kernel(|kernel| kernel.me().poll.note_effect());
}
