//! Threads, as the kernel sees them.

use std::borrow::Cow;

use super::op::{Op, Pending};
use super::polling::Poll;
use super::seen::Seen;

/// No thread.
pub(crate) const NOBODY: u16 = u16::MAX;

/// No step.
pub(crate) const NEVER: u32 = u32::MAX;

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
    /// One that no thread waits for.
    Daemon,
    /// The first of a process of its own.
    Process,
    /// As a plain one; a scope waits for its closure.
    Scoped,
}

/// A thread: its place in the tables, which outlives executions, and what it is in this one.
pub(crate) struct Thread {
    /// The object that is its token, for `park`.
    pub(crate) token: u32,
    /// The object that is its end.
    pub(crate) end: u32,
    /// The threads that it has made in any execution, in order.
    pub(crate) child_ids: Vec<u16>,
    /// The objects that it makes.
    pub(crate) objects: Numbers,
    /// The first ones of the pairs that it makes.
    pub(crate) pairs: Numbers,
    pub(crate) status: Status,
    pub(crate) pending: Pending,
    /// No thread waits for its end.
    pub(crate) daemon: bool,
    /// Its process was killed while it held a lock: it goes on until it holds none.
    pub(crate) doomed: bool,
    /// The first thread of its process; the root's is 0.
    pub(crate) process: u16,
    /// The first step that killed its process, or [`NEVER`].
    pub(crate) killed_by: u32,
    /// The step after which it took none, or [`NEVER`].
    pub(crate) stopped_by: u32,
    /// Children spawned in this execution.
    pub(crate) children: u32,
    /// Accesses of cells that have begun in this execution.
    pub(crate) touches: u32,
    /// A scope waits for its closure.
    pub(crate) scoped: bool,
    /// Its closure is over, and it destroys its thread-local values: the scope waits no more.
    pub(crate) closed: bool,
    /// Its closure is over, as others see by a step. It may have thread-local values yet.
    pub(crate) finished: bool,
    /// Some thread has waited for its end.
    pub(crate) awaited: bool,
    /// Operations on counts of `Arc`s that were no steps, since the last one that was.
    pub(crate) free_counts: u16,
    /// The threads that wait for its end, or for that of its closure.
    pub(crate) joiners: Vec<u16>,
    /// The notification that ended its timed wait, plus one; 0: none.
    pub(crate) notified: u32,
    /// The objects on which an operation of its has ended for no reason, and none since for one.
    pub(crate) spurious: Vec<u32>,
    pub(crate) name: Option<Cow<'static, str>>,
    /// Its place in the order of this execution's spawns; the root is 0.
    pub(crate) order: u16,
    /// Its chain: threads of which each has ended, and was waited for, before the next was started. All
    /// that they do happens one after the other, so a clock has one entry for all of them.
    pub(crate) chain: u16,
    /// The chains that its next children can go on with.
    pub(crate) ended_chains: Vec<u16>,
    pub(crate) poll: Poll,
    /// What it has seen so far.
    pub(crate) seen: Seen,
    /// Whether it is one of several threads that are alike, if that makes a difference.
    pub(crate) alike: Option<Alike>,
}

/// A thread's place among threads that are alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alike {
    First,
    /// It was started after this one.
    After(u16),
}

/// The numbers of what a thread makes, in order, in any execution: its n-th always has the same.
#[derive(Default)]
pub(crate) struct Numbers {
    known: Vec<u32>,
    /// How many of them are made in this execution.
    made: u32,
}

impl Numbers {
    /// The number of the next one, which `fresh` gives to the `nth` if there has been none.
    pub(crate) fn next(&mut self, fresh: impl FnOnce(u32) -> u32) -> u32 {
        let nth = self.made as usize;
        if nth == self.known.len() {
            self.known.push(fresh(self.made));
        }
        self.made += 1;
        self.known[nth]
    }

    /// None of them is made yet, in another execution.
    pub(super) fn rewind(&mut self) {
        self.made = 0;
    }

    /// Those made in any execution.
    pub(super) fn known(&self) -> &[u32] {
        &self.known
    }

    /// Those made in this execution.
    pub(crate) fn made(&self) -> &[u32] {
        &self.known[..self.made as usize]
    }
}

impl Thread {
    /// A thread of this place that has not been spawned.
    pub(crate) fn new(token: u32, end: u32, pending: Pending) -> Self {
        Thread {
            token,
            end,
            child_ids: Vec::new(),
            objects: Numbers::default(),
            pairs: Numbers::default(),
            status: Status::Absent,
            pending,
            daemon: false,
            doomed: false,
            process: 0,
            killed_by: NEVER,
            stopped_by: NEVER,
            children: 0,
            touches: 0,
            scoped: false,
            closed: false,
            finished: false,
            awaited: false,
            free_counts: 0,
            joiners: Vec::new(),
            notified: 0,
            spurious: Vec::new(),
            name: None,
            order: 0,
            chain: 0,
            ended_chains: Vec::new(),
            poll: Poll::default(),
            seen: Seen::default(),
            alike: None,
        }
    }

    /// Begins it anew, in another execution.
    pub(crate) fn start(&mut self) {
        // Every field is named, so that none is left over from the execution before.
        let Thread {
            token: _,
            end: _,
            child_ids: _,
            objects,
            pairs,
            status,
            // Not looked at before the thread announces something.
            pending: _,
            daemon,
            doomed,
            process,
            killed_by,
            stopped_by,
            children,
            touches,
            scoped,
            closed,
            finished,
            awaited,
            free_counts,
            joiners,
            notified,
            spurious,
            name,
            order,
            chain,
            ended_chains,
            poll,
            seen,
            alike,
        } = self;
        *status = Status::Local;
        *daemon = false;
        *doomed = false;
        *process = 0;
        *killed_by = NEVER;
        *stopped_by = NEVER;
        *children = 0;
        objects.rewind();
        pairs.rewind();
        *touches = 0;
        *scoped = false;
        *closed = false;
        *finished = false;
        *awaited = false;
        *free_counts = 0;
        joiners.clear();
        *notified = 0;
        spurious.clear();
        *name = None;
        *order = 0;
        *chain = 0;
        ended_chains.clear();
        poll.reset();
        *seen = Seen::default();
        *alike = None;
    }

    /// Is its closure over before the thread, and is that all that this operation waits for?
    pub(crate) fn is_closed_for(&self, op: Op) -> bool {
        self.closed && matches!(op, Op::JoinClosure(_))
    }

    /// The thread before it among those that are like it.
    #[inline]
    pub(crate) fn alike_to(&self) -> Option<u16> {
        match self.alike {
            Some(Alike::After(thread)) => Some(thread),
            Some(Alike::First) | None => None,
        }
    }

    /// Does the execution not wait for its end?
    pub(crate) fn is_unawaited(&self) -> bool {
        self.daemon || self.killed_by != NEVER
    }
}
