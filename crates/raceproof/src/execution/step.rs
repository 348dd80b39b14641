//! Announcing operations and doing them.

use std::panic::Location;

use super::installed::{try_with, with};
use super::session::Session;
use super::strategy::{Accessed, WeakAccess};
use super::teardown;
use crate::kernel::{Access, Id, Memory, Op, Pending};

/// Announces an operation of the running thread and returns once it is chosen. False
/// means that the execution is being torn down and the operation must have no effect
/// on the kernel.
///
/// Inlined as far as the program's own code, so that a fiber is left and comes back at one
/// depth of calls: processors predict where a function returns to by counting calls, and
/// lose count where fibers are switched at different depths.
#[inline(always)]
pub(crate) fn announce(pending: Pending) -> bool {
    let live = !teardown::under_way() && (may_go_on(pending.op, pending.at) || teardown::pause());
    if !live {
        teardown::inert(pending);
    }
    live
}

/// Announces an operation, and does it once it is chosen. Inlined as [`announce`].
#[inline(always)]
pub(crate) fn perform(pending: Pending) -> u32 {
    if teardown::under_way() {
        return teardown::inert(pending);
    }
    match go_on_with(pending.op, pending.at) {
        Some(result) => result,
        None if teardown::pause() => execute(),
        None => teardown::inert(pending),
    }
}

/// Notes what the step of an atomic did that was announced. Returns whether a trace is wanted.
#[inline(never)]
pub(crate) fn access(access: &Access) -> bool {
    with(|session| session.access(access))
}

/// As [`access`], if the strategy chooses what comes of it. Returns that as well.
#[cold]
pub(crate) fn weak_access(access: &WeakAccess<'_>, pointer: bool) -> (Accessed, bool) {
    with(|session| session.weak_access(access, pointer))
}

/// Does the strategy choose what steps of atomics come to?
#[inline]
pub(crate) fn is_memory_weak() -> bool {
    try_with(|session| session.kernel.limits.memory != Memory::Sequential).unwrap_or(false)
}

/// Notes that the running thread makes an atomic. Returns whether the strategy chooses what comes of
/// its steps.
pub(crate) fn made_atomic(id: Id, value: u64) -> bool {
    with(|session| {
        let weak = session.kernel.limits.memory != Memory::Sequential;
        if weak {
            session.weak_create(id.index, value);
        }
        weak
    })
}

/// The value of the last write of an atomic that the running thread has for itself, under a weak memory model.
pub(crate) fn last_written(object: u32) -> u64 {
    with(|session| session.strategy.last_written(object))
}

/// That value has been changed since.
pub(crate) fn rewritten(object: u32, value: u64) {
    with(|session| session.strategy.rewrite(object, value));
}

// What is announced goes from hand to hand in registers.
#[inline(never)]
fn may_go_on(op: Op, at: &'static Location<'static>) -> bool {
    with(|session| session.announce(Pending { op, at }))
}

/// Announces an operation and, if it is chosen at once, does it.
#[inline(never)]
fn go_on_with(op: Op, at: &'static Location<'static>) -> Option<u32> {
    with(|session| session.announce(Pending { op, at }).then(|| session.execute()))
}

#[inline(never)]
fn execute() -> u32 {
    with(Session::execute)
}

/// Waits for the end of a thread, which becomes part of the running thread's past.
#[inline]
pub(crate) fn await_end(thread: u16, at: &'static Location<'static>) {
    wait_for(thread, Pending { op: Op::Join(thread), at });
}

/// As [`await_end`], but for the end of a scoped thread's closure.
pub(crate) fn await_closure(thread: u16, at: &'static Location<'static>) {
    wait_for(thread, Pending { op: Op::JoinClosure(thread), at });
}

#[inline]
fn wait_for(thread: u16, pending: Pending) {
    let over = || has_ended(thread, pending) || (teardown::pause() && joined(thread, pending));
    if teardown::under_way() || !over() {
        teardown::inert(pending);
    }
}

#[inline(never)]
fn has_ended(thread: u16, pending: Pending) -> bool {
    with(|session| session.join(thread, pending))
}

#[inline(never)]
fn joined(thread: u16, pending: Pending) -> bool {
    with(|session| session.joined(thread, pending));
    true
}
