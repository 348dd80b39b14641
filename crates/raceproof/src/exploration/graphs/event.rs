//! Events: the nodes of an execution graph.

use std::rc::Rc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::kernel::spurious::FOR_NO_REASON;
use crate::kernel::{Kernel, Op};

/// An event's name: the `index`-th of its thread, from 1. It stays the same in every graph that
/// has the event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Name {
    pub(super) thread: u16,
    pub(super) index: u32,
}

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Label {
    /// An atomic's step, with its ordering if it writes and the one if it only reads.
    Access(Op, Ordering, Ordering),
    Fence(Ordering),
    /// The start of another thread.
    Spawn(u16),
    /// Takes a [lane] of a read-write lock, for reading or for writing.
    ///
    /// [lane]: super::lanes
    Take {
        lock: u32,
        lane: u32,
        read: bool,
    },
    /// A choice, an operation of a mutex or a condition variable, a thread joined.
    Other(Op),
}

/// For each thread, how many of its events come before.
#[derive(Clone, Default, Debug)]
pub(super) struct Clock {
    /// Those of the first threads, if there are no others.
    few: [u32; FEW],
    /// Those of all threads, or nothing.
    many: Vec<u32>,
}

/// As many threads as a clock has room for in its place.
const FEW: usize = 8;

/// What comes before an event, in several senses.
#[derive(Clone, Default, Debug)]
pub(super) struct Clocks {
    /// By program order, reads-from, the order at objects, notifications, spawns and joins.
    pub(super) porf: Clock,
    /// What happens before it.
    pub(super) hb: Clock,
    /// Of a write: what an acquiring load that reads it gets.
    pub(super) message: Clock,
    /// What happened before the thread's last release fence.
    pub(super) released: Clock,
    /// What relaxed loads have read of, for an acquire fence.
    pub(super) seen: Clock,
}

#[derive(Clone, Debug)]
pub(super) struct Event<C = Rc<Clocks>> {
    pub(super) label: Label,
    /// Its place in the order in which events were added. A read that is made to read another
    /// write keeps it.
    pub(super) stamp: u32,
    /// The write that it reads; none: the initial value, or it does not read. Of the end of a wait, the
    /// notification that ended it.
    pub(super) source: Option<Name>,
    /// Whether it writes its atomic.
    pub(super) writes: bool,
    /// The value that it writes, in the execution under way.
    pub(super) value: u64,
    /// The value that a compare-and-swap expects, in the execution under way. Of a step that counts owners: the
    /// operations before it that are none.
    pub(super) expected: u64,
    /// The alternative of a choice; the thread that a notification wakes.
    pub(super) alternative: u16,
    pub(super) clocks: C,
}

impl<C> Event<C> {
    /// It with other clocks.
    pub(super) fn with<D>(self, clocks: D) -> Event<D> {
        let Event { label, stamp, source, writes, value, expected, alternative, clocks: _ } = self;
        Event { label, stamp, source, writes, value, expected, alternative, clocks }
    }
}

impl Clock {
    #[inline]
    pub(super) fn get(&self, thread: u16) -> u32 {
        self.all().get(usize::from(thread)).copied().unwrap_or(0)
    }

    #[inline]
    fn all(&self) -> &[u32] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    /// As many numbers as there are threads, at least.
    fn reach(&mut self, threads: usize) -> &mut [u32] {
        if self.many.is_empty() && threads <= FEW {
            return &mut self.few;
        }
        if self.many.is_empty() {
            self.many.extend(self.few);
        }
        if self.many.len() < threads {
            self.many.resize(threads, 0);
        }
        &mut self.many
    }

    pub(super) fn set(&mut self, Name { thread, index }: Name) {
        let thread = usize::from(thread);
        self.reach(thread + 1)[thread] = index;
    }

    pub(super) fn join(&mut self, other: &Clock) {
        let other = other.all();
        for (mine, other) in self.reach(other.len()).iter_mut().zip(other) {
            *mine = (*mine).max(*other);
        }
    }

    /// Is the event among those that come before?
    #[inline]
    pub(super) fn has(&self, name: Name) -> bool {
        self.get(name.thread) >= name.index
    }

    /// The numbers up to that of the last thread of which events come before.
    pub(super) fn counts(&self) -> &[u32] {
        let all = self.all();
        &all[..all.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1)]
    }
}

impl Label {
    /// The label of a step that is taken for one of an atomic: of a thread's token, which is 1 while it is there; of its
    /// end, which is 1 once it is over; of a [machine](crate::kernel::machine), whose value is its state; of the owners of
    /// an `Arc`, whose value is their number; of a lock that threads try to take; and of poison, which is 1 while it is there.
    pub(super) fn of_atomic(kernel: &Kernel, op: Op) -> Option<Self> {
        let order = match op {
            Op::Unpark { .. } => Release,
            Op::Park { .. } | Op::ParkTimeout { .. } => Acquire,
            Op::Act { object, act } if kernel.is_apart(object, act) => return None,
            Op::Act { .. } | Op::Count { .. } | Op::End { .. } | Op::IsFinished { .. } => Relaxed,
            Op::Poison { .. }
            | Op::IsPoisoned { .. }
            | Op::SeePoison { .. }
            | Op::ClearPoison { .. } => Relaxed,
            op if is_of_lock(op) && op.object().is_some_and(|it| kernel.is_tried(it)) => Relaxed,
            _ => return None,
        };
        Some(Label::Access(op, order, order))
    }

    /// The atomic that it accesses.
    #[inline]
    pub(super) fn location(self) -> Option<u32> {
        match self {
            Label::Access(
                Op::Unpark { token, .. } | Op::Park { token } | Op::ParkTimeout { token },
                ..,
            ) => Some(token),
            Label::Access(Op::End { end } | Op::IsFinished { end, .. }, ..) => Some(end),
            Label::Access(
                Op::Poison { poison, .. }
                | Op::IsPoisoned { poison, .. }
                | Op::SeePoison { poison }
                | Op::ClearPoison { poison, .. },
                ..,
            ) => Some(poison),
            Label::Access(op, ..) => op.object(),
            Label::Fence(_) | Label::Spawn(_) | Label::Take { .. } | Label::Other(_) => None,
        }
    }

    /// Does it take a mutex, or a lane of a read-write lock?
    #[inline]
    pub(super) fn takes(self) -> bool {
        matches!(self, Label::Take { .. } | Label::Other(Op::Lock(_) | Op::Relock(_)))
    }

    /// By how much it changes how often its thread holds what `taking` takes.
    pub(super) fn holds(self, taking: Label) -> i32 {
        let Label::Other(op) = self else { return 0 };
        match (taking, op) {
            (Label::Other(Op::Lock(mutex) | Op::Relock(mutex)), Op::Unlock(given))
                if given == mutex =>
            {
                -1
            }
            (Label::Other(Op::Lock(mutex) | Op::Relock(mutex)), Op::Wait { mutex: given, .. })
                if given == mutex =>
            {
                -1
            }
            (
                Label::Take { lock, read: false, .. },
                Op::WriteUnlock(given) | Op::Downgrade(given),
            ) if given == lock => -1,
            (Label::Take { lock, read: false, .. }, Op::WriteLock(taken)) if taken == lock => 1,
            (Label::Take { lock, read: true, .. }, Op::ReadLock(taken) | Op::Downgrade(taken))
                if taken == lock =>
            {
                1
            }
            (Label::Take { lock, read: true, .. }, Op::ReadUnlock(given)) if given == lock => -1,
            _ => 0,
        }
    }

    /// The object in whose order it has a place: the mutex that it takes, or the lane, the condition
    /// variable whose waiters it changes.
    #[inline]
    pub(super) fn object(self) -> Option<u32> {
        match self {
            Label::Take { lane, .. } => Some(lane),
            Label::Other(
                Op::Lock(object)
                | Op::Relock(object)
                | Op::Wait { condvar: object, .. }
                | Op::Wake(object)
                | Op::NotifyOne(object)
                | Op::NotifyAll(object),
            ) => Some(object),
            _ => None,
        }
    }

    /// Is it a park, which waits until its token is there?
    pub(super) fn parks(self) -> bool {
        matches!(self, Label::Access(Op::Park { .. }, ..))
    }

    /// Is it an act, on a [machine](super::machines), a lock or the owners of an `Arc`?
    #[inline]
    pub(super) fn acts(self) -> bool {
        let Label::Access(op, ..) = self else { return false };
        matches!(op, Op::Act { .. } | Op::Count { .. }) || is_of_lock(op)
    }

    /// Has it alternatives of its own by what it reads?
    pub(super) fn has_alternatives(self) -> bool {
        let Label::Access(op, ..) = self else { return false };
        self.acts() || matches!(op, Op::IsFinished { .. }) || self.looks_for_poison()
    }

    /// Does it look whether a lock is poisoned? Its alternative is one more than what it finds.
    pub(super) fn looks_for_poison(self) -> bool {
        matches!(self, Label::Access(Op::IsPoisoned { .. } | Op::SeePoison { .. }, ..))
    }

    #[inline]
    pub(super) fn reads(self) -> bool {
        let Label::Access(op, ..) = self else { return false };
        let stores = matches!(
            op,
            Op::Store(_) | Op::End { .. } | Op::Poison { .. } | Op::ClearPoison { .. }
        );
        !stores
    }

    /// May it fail for no reason where it would write?
    pub(super) fn may_fail(self) -> bool {
        matches!(self, Label::Access(Op::WeakExchange(_), ..))
    }

    #[inline]
    pub(super) fn is_fence(self) -> bool {
        matches!(self, Label::Fence(_))
    }

    /// Does it write, if it reads this value and expects that one?
    pub(super) fn writes(self, value: u64, expected: u64) -> bool {
        match self {
            Label::Access(Op::CompareExchange(_) | Op::WeakExchange(_) | Op::Park { .. }, ..) => {
                value == expected
            }
            Label::Access(
                Op::Store(_)
                | Op::End { .. }
                | Op::Poison { .. }
                | Op::ClearPoison { .. }
                | Op::Rmw(_)
                | Op::Unpark { .. }
                | Op::ParkTimeout { .. },
                ..,
            ) => true,
            _ => false,
        }
    }
}

/// Is it an operation of a mutex or a read-write lock, condition variables aside?
fn is_of_lock(op: Op) -> bool {
    matches!(
        op,
        Op::Lock(_)
            | Op::TryLock(_)
            | Op::Unlock(_)
            | Op::ReadLock(_)
            | Op::TryRead(_)
            | Op::ReadUnlock(_)
            | Op::WriteLock(_)
            | Op::TryWrite(_)
            | Op::WriteUnlock(_)
            | Op::Downgrade(_)
    )
}

impl Event {
    /// The object in whose order it has a place. A wait that has been notified leaves its
    /// condition variable as it is, as does one that wakes for no reason.
    #[inline]
    pub(super) fn object(&self) -> Option<u32> {
        let apart = match self.label {
            Label::Other(Op::Wake(_)) => self.source.is_some(),
            Label::Other(Op::Wait { .. }) => self.alternative == FOR_NO_REASON,
            _ => false,
        };
        self.label.object().filter(|_| !apart)
    }

    /// Is it a weak compare-and-swap that has failed for no reason?
    pub(super) fn fails_for_no_reason(&self) -> bool {
        self.label.may_fail() && self.alternative == FOR_NO_REASON
    }

    /// Its memory ordering.
    fn order(&self) -> Option<Ordering> {
        match self.label {
            Label::Access(_, writing, reading) => Some(if self.writes { writing } else { reading }),
            Label::Fence(order) => Some(order),
            Label::Spawn(_) | Label::Take { .. } | Label::Other(_) => None,
        }
    }

    pub(super) fn acquires(&self) -> bool {
        matches!(self.order(), Some(Acquire | AcqRel | SeqCst))
    }

    pub(super) fn releases(&self) -> bool {
        matches!(self.order(), Some(Release | AcqRel | SeqCst))
    }

    pub(super) fn is_seq_cst(&self) -> bool {
        self.order() == Some(SeqCst)
    }
}
