//! Reads of a read-write lock that wait behind a writer, as std allows and does not promise.
//!
//! A thread *waits to write* a lock if its next step is to take it for writing. Its arrival there is
//! no step: it may be taken to have arrived or not. So a read that waits behind a writer until it has
//! had its turn is a read that its thread takes late, and every schedule of a lock that puts
//! writers first is one of a lock that does not. One thing is new: the readers inside may
//! never leave, because they wait for the read that waits for the writer that waits for
//! them. So only where no thread can do anything but read and pass a waiting writer, these reads
//! have an alternative: they all *give way* ([`Op::GiveWay`]).
//!
//! A `try_read` has no late turn. Whether it finds a writer that waits, and fails, is an alternative
//! of its own wherever readers hold the lock and a writer waits. The arrival of a writer is what
//! makes it possible, so it is a step in programs that use `try_read` ([`Op::Arrive`]).

use std::borrow::Cow;
use std::panic::Location;

use super::assumption::Assumption;
use super::event::Event;
use super::footprint::Footprint;
use super::object::{Id, Kind, second};
use super::op::Op;
use super::state::Kernel;
use super::thread::{NOBODY, Status};

/// Whether a read of a [`RwLock`](crate::sync::RwLock) that readers hold waits behind a thread that
/// waits to write; std promises neither.
///
/// There is no policy by which a waiting writer always goes first. A writer may come to the lock as
/// late as a scheduler likes, so the reads that pass it under [`RwLockPolicy::Any`] are reads before it came:
/// what such a lock does is explored under that policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum RwLockPolicy {
    /// Each read may pass the writer or wait behind it, and each `try_read` may succeed or fail. Covers
    /// every implementation: std's on each platform, parking_lot's, Go's.
    #[default]
    Any,
    /// Each read passes: a `read` waits, and a `try_read` fails, only if a thread holds the lock
    /// for writing. A lock of a second read in one thread is then no deadlock. For programs
    /// whose lock promises this.
    ReadersPass,
}

/// The alternative of a read that gives way, and of a `try_read` that fails because a writer waits.
pub(crate) const BEHIND: u16 = 1;

/// That the step is the arrival of a writer, in a schedule. (A choice has fewer alternatives.)
pub(crate) const ARRIVE: u16 = NOBODY - 3;

/// The object that stands for the writers that wait for a lock, where their arrivals are steps.
pub(super) fn arrivals(lock: u32) -> u32 {
    second(lock)
}

/// Whether a `try_read` fails because a writer waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Never,
    Perhaps,
    /// It failed for this reason before, and nothing has happened to the lock since.
    Again,
}

impl Refusal {
    /// What a `try_read` comes to that finds a writer waiting; `earlier` are the steps before it.
    pub(crate) fn after<'a>(
        earlier: impl DoubleEndedIterator<Item = &'a Event>,
        thread: u16,
        lock: u32,
    ) -> Self {
        for event in earlier.rev().filter(|event| event.op.object() == Some(lock)) {
            match event.op {
                Op::TryRead(_) if event.thread == thread && event.alt == BEHIND => {
                    return Refusal::Again;
                }
                Op::Arrive(_)
                | Op::Poison { .. }
                | Op::IsPoisoned { .. }
                | Op::ClearPoison { .. } => {}
                _ if event.is_failed_try() => {}
                _ => break,
            }
        }
        Refusal::Perhaps
    }
}

impl Kernel {
    /// The threads that wait to write a lock while readers hold it.
    pub(crate) fn writers_waiting(&self, lock: u32) -> impl Iterator<Item = u16> {
        let held = !self.objects[lock as usize].threads.is_empty();
        let waits = move |id: &u16| {
            let thread = self.thread(*id);
            thread.status == Status::Pending && thread.pending.op == Op::WriteLock(lock)
        };
        self.ids().filter(move |id| held && waits(id))
    }

    /// Would a read by this thread pass a writer that waits?
    pub(crate) fn passes_a_writer(&self, thread: u16, lock: u32) -> bool {
        self.objects[lock as usize].owner == NOBODY
            && self.writers_waiting(lock).any(|writer| writer != thread)
    }

    /// Is the thread's announced step a read that passes a writer that waits?
    fn may_give_way(&self, id: u16) -> bool {
        let thread = self.thread(id);
        match thread.pending.op {
            Op::ReadLock(lock) => {
                thread.status == Status::Pending && self.passes_a_writer(id, lock)
            }
            _ => false,
        }
    }

    /// Where no thread can do anything but read and pass a writer that waits: the first that can.
    pub(crate) fn gives_way(&self) -> Option<u16> {
        if self.limits.rwlock == RwLockPolicy::ReadersPass || self.now.live == self.now.unawaited {
            return None;
        }
        let mut ready = self.ids().filter(|id| self.enabled(*id));
        let first = ready.next()?;
        (self.may_give_way(first) && ready.all(|id| self.may_give_way(id))).then_some(first)
    }

    /// Is it the step by which reads wait behind a writer? It is no thread's turn.
    pub(crate) fn is_giving_way(&self, thread: u16, alt: u16) -> bool {
        alt == BEHIND && matches!(self.thread(thread).pending.op, Op::ReadLock(_))
    }

    /// Has every read that would pass a writer wait behind it.
    pub(super) fn give_way(&mut self, lock: u32) {
        // The running thread announces by itself that it waits.
        let others = self.ids().filter(|id| self.may_give_way(*id)).collect::<Vec<_>>();
        debug_assert!(self.passes_a_writer(self.current, lock));
        for id in others {
            let op = &mut self.threads[usize::from(id)].pending.op;
            if let Op::ReadLock(lock) = *op {
                *op = Op::ReadBehind(lock);
            }
        }
    }

    /// Adds a read-write lock made by the running thread. Says whether the arrivals of writers are steps.
    pub(crate) fn create_rwlock(
        &mut self,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> (Id, bool) {
        let arrivals = self.limits.arrivals;
        let id = if arrivals {
            self.create_pair([Kind::RwLock, Kind::Arrivals], name, at)
        } else {
            self.create(Kind::RwLock, name, at)
        };
        (id, arrivals)
    }

    /// What a `try_read` touches. Whether it may fail because of a writer that waits depends on which
    /// readers are inside and which writers wait.
    pub(super) fn try_footprint(&self, lock: u32) -> Footprint {
        if self.limits.arrivals {
            Footprint::write_both(lock, arrivals(lock))
        } else {
            Footprint::read(lock)
        }
    }

    /// Might the announced `try_read` of this thread fail because a writer waits?
    pub(super) fn refusal(&self, thread: u16, lock: u32) -> Refusal {
        if !self.limits.arrivals || !self.passes_a_writer(thread, lock) {
            return Refusal::Never;
        }
        Refusal::after(self.events.all().iter(), thread, lock)
    }

    /// What a proof assumes because reads were taken to pass waiting writers, if there was a lock to read.
    pub(crate) fn assumes_that_readers_pass(&self) -> Option<Assumption> {
        let passes = self.limits.rwlock == RwLockPolicy::ReadersPass;
        let any = passes && self.objects.iter().any(|object| object.kind == Kind::RwLock);
        any.then_some(Assumption::ReadersPass)
    }

    /// Has the exploration begin again with the arrivals of writers as steps, unless they are or
    /// no read ever waits behind one.
    pub(crate) fn begin_with_arrivals(&mut self) {
        if !self.limits.arrivals && self.limits.rwlock != RwLockPolicy::ReadersPass {
            self.limits.arrivals = true;
            self.begin_again();
        }
    }
}
