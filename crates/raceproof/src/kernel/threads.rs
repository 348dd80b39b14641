//! Threads, as the kernel sees them.

use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

use crate::execution::fiber::Fiber;
use crate::execution::result::Left;
use crate::kernel::op::Pending;
use crate::kernel::yields::Spin;

/// No thread.
pub(crate) const NOBODY: u16 = u16::MAX;

/// No step has ended the thread.
pub(crate) const ALIVE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// Not spawned in this execution.
    Absent,
    /// Between two operations: runs, or is about to.
    Local,
    /// Has announced an operation.
    Pending,
    /// Has ended.
    Done,
    /// Takes no more steps: a daemon, or one whose process was killed.
    Stopped,
}

/// What a thread is among the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Role {
    /// One more of its parent's process.
    #[default]
    Plain,
    /// One that nobody waits for.
    Daemon,
    /// The first of a process of its own.
    Process,
}

pub(crate) struct Thread {
    pub(crate) status: Status,
    pub(crate) pending: Pending,
    /// Nobody waits for its end.
    pub(crate) daemon: bool,
    /// Its process was killed while it held a lock: it goes on until it holds none.
    pub(crate) doomed: bool,
    /// The first thread of its process; the root's is 0.
    pub(crate) process: u16,
    /// The step that stopped it, or killed its process; [`ALIVE`]: none.
    pub(crate) ended_by: u32,
    /// The steps that it could have taken a lock before, when it was stopped while it waited for that.
    pub(crate) rivals: Vec<u32>,
    /// Steps taken.
    pub(crate) steps: u32,
    /// Children spawned in this execution.
    pub(crate) children: u32,
    /// Objects made in this execution.
    pub(crate) objects: u32,
    /// Who waits in `join` for this one's end.
    pub(crate) joiner: u16,
    /// The notification that ended this thread's timed wait, plus one; 0: none.
    pub(crate) notified: u32,
    /// The condition variable whose last wait by this thread woke for no reason, plus one.
    pub(crate) woken_spuriously: u32,
    /// The object that is this thread's token, for `park`.
    pub(crate) token: u32,
    /// The object that is this thread's end.
    pub(crate) end: u32,
    /// Its conflict clock: that of its last step, or of its parent's before its spawn, as
    /// a row of the events' clocks, and the rows of what else it has waited for since.
    pub(crate) past: u32,
    pub(crate) also: Vec<u32>,
    pub(crate) child_ids: Vec<u16>,
    pub(crate) object_ids: Vec<u32>,
    pub(crate) name: Option<Cow<'static, str>>,
    /// Its place in the order of this execution's spawns; the root is 0.
    pub(crate) order: u16,
    /// Whether it has panicked: see [`crate::execution::teardown`].
    pub(crate) unwinding: bool,
    pub(crate) spin: Spin,
    /// Its result, once it has ended.
    pub(crate) left: Left,
    /// Its thread-local values, by the address of their key.
    pub(crate) locals: Vec<(usize, Rc<dyn Any>)>,
    /// What it runs in.
    pub(crate) fiber: Fiber,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.fiber.give_back();
    }
}

impl Thread {
    /// Does the execution not wait for its end?
    pub(crate) fn is_unawaited(&self) -> bool {
        self.daemon || self.ended_by != ALIVE
    }

    /// Makes what row `row` of the clocks knows happen before the thread's next step.
    pub(crate) fn happened(&mut self, row: u32) {
        if row != 0 && row != self.past {
            self.also.push(row);
        }
    }
}
