//! Ending an execution early: every fiber still alive is unwound.
//!
//! A fiber is resumed once and unwinds from the operation it was waiting in. While it
//! does, the kernel is *inert*: nothing is recorded or explored, waits return at once,
//! locks are still exclusive. Destructors can therefore run to their end, and a lock
//! never panics because of poison, so none panics while its thread unwinds already. A
//! fiber that cannot end is abandoned: its stack is leaked, and nothing that other
//! fibers may still use is freed under them.

use std::cell::Cell;
use std::panic::resume_unwind;

use crate::execution::fiber::{self, Fiber};
use crate::execution::panics::Teardown;
use crate::kernel::op::{Op, Pending};
use crate::kernel::state::{Kernel, NOBODY, Status, with};

thread_local! {
    static UNDER_WAY: Cell<bool> = const { Cell::new(false) };
}

/// How many operations a fiber may still do while it is unwound.
const PATIENCE: u32 = 10_000;

/// Are the fibers being unwound?
#[inline]
pub(crate) fn under_way() -> bool {
    UNDER_WAY.get()
}

/// Is the running thread unwinding? `std::thread::panicking` speaks for all fibers.
#[inline]
pub(crate) fn is_unwinding() -> bool {
    std::thread::panicking() && with(|kernel| kernel.me().unwinding)
}

/// Notes that the running thread panics.
pub(crate) fn panicked() {
    crate::kernel::state::try_with(|kernel| kernel.me().unwinding = true);
}

/// Runs `f`, which unwinds a part of the running thread's stack for a reason of its own, such as to close
/// a coroutine. Should the execution end in one of the destructors, they run to their end before the
/// thread itself is unwound.
///
/// ```
/// use raceproof::unwinding;
/// use std::panic::{catch_unwind, resume_unwind};
///
/// let closed = unwinding(|| catch_unwind(|| resume_unwind(Box::new("closed"))));
/// assert!(closed.is_err());
/// ```
pub fn unwinding<R>(f: impl FnOnce() -> R) -> R {
    let mark = |unwinding| {
        crate::kernel::state::try_with(|kernel| {
            std::mem::replace(&mut kernel.me().unwinding, unwinding)
        })
    };
    let before = mark(true);
    let result = f();
    before.map(mark);
    result
}

/// Unwinds or abandons every fiber that is still alive.
pub(crate) fn unwind_all() {
    UNDER_WAY.set(true);
    loop {
        let mut progress = false;
        for (thread, fiber) in alive() {
            with(|kernel| kernel.current = thread);
            fiber.resume();
            progress |= !fiber.is_busy();
        }
        if !progress {
            break;
        }
    }
    for (thread, _) in alive() {
        with(|kernel| kernel.threads[usize::from(thread)].fiber = fiber::take());
    }
    UNDER_WAY.set(false);
}

/// Every thread whose fiber's body has not ended.
fn alive() -> Vec<(u16, Fiber)> {
    with(|kernel| {
        let fibers = kernel.threads.iter().map(|thread| thread.fiber);
        (0..).zip(fibers).filter(|(_, fiber)| fiber.is_busy()).collect()
    })
}

/// Gives control away until the running thread may go on. Under teardown it unwinds
/// instead, or returns false if it does so already.
#[inline(always)]
pub(crate) fn pause() -> bool {
    fiber::switch_out();
    !under_way() || {
        unwind();
        false
    }
}

/// Unwinds the running thread, unless it does so already.
#[cold]
fn unwind() {
    if !is_unwinding() {
        with(|kernel| kernel.me().unwinding = true);
        resume_unwind(Box::new(Teardown));
    }
}

/// Under teardown, unwinds the running thread unless it does so already.
pub(crate) fn leave() {
    if under_way() {
        unwind();
    }
}

/// Under teardown, gives control away until a thread has ended, or for ever.
pub(crate) fn outlast(thread: u16) {
    while with(|kernel| kernel.threads[usize::from(thread)].status != Status::Done) {
        fiber::switch_out();
    }
}

/// Does an operation under teardown.
#[cold]
pub(crate) fn inert(pending: Pending) -> u32 {
    unwind();
    let spent = with(|kernel| {
        let thread = kernel.me();
        thread.steps = thread.steps.saturating_add(1);
        thread.steps > PATIENCE
    });
    loop {
        if !spent && let Some(result) = with(|kernel| kernel.inert(pending)) {
            return result;
        }
        fiber::switch_out();
    }
}

impl Kernel {
    /// What the operation comes to, or `None` while it must wait for another fiber.
    fn inert(&mut self, pending: Pending) -> Option<u32> {
        let me = self.current;
        let Pending { op, obj, aux, .. } = pending;
        if matches!(op, Op::Join | Op::IsFinished) {
            let done = self.threads[aux as usize].status == Status::Done;
            return (done || op == Op::IsFinished).then_some(u32::from(done));
        }
        let obj = if op == Op::Asleep { aux } else { obj };
        let object = &mut self.objects[obj as usize];
        let free = object.owner == NOBODY;
        match op {
            Op::Lock | Op::Relock | Op::Asleep => {
                if !free && object.owner != me {
                    return None;
                }
                object.owner = me;
            }
            Op::WriteLock | Op::TryLock | Op::TryWrite => {
                if !free || !object.threads.is_empty() {
                    return (op != Op::WriteLock).then_some(0);
                }
                object.owner = me;
                return Some(1);
            }
            Op::ReadLock | Op::TryRead => {
                if !free {
                    return (op == Op::TryRead).then_some(0);
                }
                object.threads.push(me);
                return Some(1);
            }
            Op::Unlock | Op::WriteUnlock => object.owner = NOBODY,
            Op::ReadUnlock => {
                if let Some(at) = object.threads.iter().position(|reader| *reader == me) {
                    object.threads.swap_remove(at);
                }
            }
            _ => {}
        }
        Some(0)
    }
}
