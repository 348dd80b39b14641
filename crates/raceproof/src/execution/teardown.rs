//! Ending an execution early: every fiber still alive is unwound, if it does not [run out](super::running_out).
//!
//! Where the program has cells or atomic pointers, what threads share may be in a state that no thread ever finds,
//! and a destructor may follow a pointer that leads nowhere. Fibers are forgotten there: what they have on their
//! stacks is leaked, and what they share.
//!
//! A fiber is resumed once and unwinds from the operation it was waiting in. While it
//! does, the kernel is *inert*: nothing is recorded or explored, waits return at once,
//! locks are still exclusive, and a lock never panics because of poison, so most destructors
//! run to their end. A fiber that cannot end is abandoned, and so is one in which a destructor
//! panics: its stack is leaked, and nothing that other fibers may still use is freed under them.

use std::cell::Cell;
use std::panic::resume_unwind;

use super::fiber::{self, Fiber};
use super::installed::{kernel, with};
use super::panics::Teardown;
use super::result::Discarded;
use super::session::Session;
use crate::kernel::{Kernel, NOBODY, Note, Op, Pending, Status};

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

/// Unwinds or abandons every fiber that is still alive.
pub(crate) fn unwind_all() {
    UNDER_WAY.set(true);
    loop {
        let mut progress = false;
        for (thread, fiber) in alive() {
            kernel(|kernel| kernel.current = thread);
            fiber.resume();
            progress |= !fiber.is_busy();
        }
        if !progress {
            break;
        }
    }
    for (thread, _) in alive() {
        with(|session| session.bodies[usize::from(thread)].fiber = None);
    }
    UNDER_WAY.set(false);
}

/// Drops a thread's result for which no thread has asked, in place of that thread.
pub(super) fn discard(thread: u16, result: Discarded) {
    UNDER_WAY.set(true);
    let fiber = with(|session| {
        session.kernel.current = thread;
        session.take_fiber(None)
    });
    let fiber = fiber.expect("memory for a fiber's stack");
    fiber.unwind(result, Box::new(Teardown));
    with(|session| session.take_back(fiber));
    UNDER_WAY.set(false);
}

impl Session {
    /// Notes the last panic of the running thread, whose execution is over.
    pub(super) fn note_afterwards(&mut self) {
        /// So many tell enough.
        const MOST: usize = 8;
        let thread = self.kernel.current;
        if let Some(panic) = self.bodies[usize::from(thread)].panics.last()
            && self.afterwards.len() < MOST
        {
            self.afterwards.push(Note {
                kind: panic.kind(),
                thread: self.kernel.thread_name(thread),
                message: panic.message.clone(),
                location: panic.location.clone(),
            });
        }
    }
}

/// Every thread whose fiber's body has not ended.
pub(super) fn alive() -> Vec<(u16, Fiber)> {
    with(|session| {
        let fibers = (0..).zip(&session.bodies);
        fibers.filter_map(|(thread, body)| Some((thread, body.fiber?))).collect()
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
    if std::thread::panicking() {
        return;
    }
    // A thread may catch every unwinding and go on.
    while is_spent() {
        fiber::switch_out();
    }
    resume_unwind(Box::new(Teardown));
}

/// Counts one more operation of the running thread under teardown. Were there too many?
fn is_spent() -> bool {
    with(|session| {
        let body = &mut session.bodies[usize::from(session.kernel.current)];
        body.inert = body.inert.saturating_add(1);
        body.inert > PATIENCE
    })
}

/// Under teardown, unwinds the running thread unless it does so already.
pub(crate) fn leave() {
    if under_way() {
        unwind();
    }
}

/// Under teardown, gives control away until a thread has ended, or for ever.
pub(crate) fn outlast(thread: u16) {
    while kernel(|kernel| kernel.thread(thread).status != Status::Done) {
        fiber::switch_out();
    }
}

/// Does an operation under teardown.
#[cold]
pub(crate) fn inert(pending: Pending) -> u32 {
    unwind();
    let spent = is_spent();
    loop {
        if !spent && let Some(result) = kernel(|kernel| kernel.inert(pending.op)) {
            return result;
        }
        fiber::switch_out();
    }
}

impl Kernel {
    /// What the operation comes to, or `None` while it must wait for another fiber.
    fn inert(&mut self, op: Op) -> Option<u32> {
        let me = self.current;
        let is_done = |thread: u16| self.thread(thread).status == Status::Done;
        match op {
            Op::Join(thread) | Op::JoinClosure(thread) => is_done(thread).then_some(1),
            Op::IsFinished { thread, .. } => Some(u32::from(is_done(thread))),
            Op::Lock(mutex) | Op::Relock(mutex) | Op::Asleep { mutex, .. } => {
                let owner = &mut self.objects[mutex as usize].owner;
                let free = *owner == NOBODY || *owner == me;
                free.then(|| *owner = me).map(|()| 0)
            }
            Op::WriteLock(lock) | Op::TryLock(lock) | Op::TryWrite(lock) => {
                let lock = &mut self.objects[lock as usize];
                if lock.owner != NOBODY || !lock.threads.is_empty() {
                    return (!matches!(op, Op::WriteLock(_))).then_some(0);
                }
                lock.owner = me;
                Some(1)
            }
            Op::ReadLock(lock) | Op::ReadBehind(lock) | Op::TryRead(lock) => {
                let lock = &mut self.objects[lock as usize];
                if lock.owner != NOBODY {
                    return matches!(op, Op::TryRead(_)).then_some(0);
                }
                lock.threads.push(me);
                Some(1)
            }
            Op::Unlock(lock) | Op::WriteUnlock(lock) => {
                self.objects[lock as usize].owner = NOBODY;
                Some(0)
            }
            Op::Downgrade(lock) => {
                let lock = &mut self.objects[lock as usize];
                lock.owner = NOBODY;
                lock.threads.push(me);
                Some(0)
            }
            Op::ReadUnlock(lock) => {
                self.objects[lock as usize].remove_reader(me);
                Some(0)
            }
            Op::Act { object, act } => self.inert_act(object, act),
            Op::Wait { .. }
            | Op::Wake(_)
            | Op::NotifyOne(_)
            | Op::NotifyAll(_)
            | Op::Load(_)
            | Op::Store(_)
            | Op::Rmw(_)
            | Op::CompareExchange(_)
            | Op::WeakExchange(_)
            | Op::BeginPark { .. }
            | Op::Park { .. }
            | Op::ParkTimeout { .. }
            | Op::Unpark { .. }
            | Op::Choose(_)
            | Op::Touch { .. }
            | Op::Compare
            | Op::Yield
            | Op::End { .. }
            | Op::Poison { .. }
            | Op::IsPoisoned { .. }
            | Op::SeePoison { .. }
            | Op::ClearPoison { .. }
            | Op::Count { .. }
            | Op::StopDaemons
            | Op::GiveWay(_)
            | Op::Arrive(_)
            | Op::Kill(_) => Some(0),
        }
    }
}
