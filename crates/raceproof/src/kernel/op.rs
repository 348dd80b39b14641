//! The operations threads announce, and which of them depend on each other.
//!
//! Two steps are *dependent* when they belong to one thread, or when they access
//! a common object and at least one of them writes it. "Writing" is meant
//! loosely: taking a lock writes it, a failed `try_lock` only reads it, a
//! notification writes its condition variable, joining or leaving the waiters
//! reads it, because two waiters that come or go in either order leave the same
//! set. Everything the exploration knows about commutation is in [`Footprint`].

use std::panic::Location;

use crate::telling::trace::Operation;

/// One kind of visible operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Takes a mutex; enabled while it is free.
    Lock,
    /// Gives a mutex back.
    Unlock,
    /// Takes a mutex if it is free, and says whether it was.
    TryLock,
    /// Gives the mutex back and joins the waiters of a condition variable.
    Wait,
    /// Among the waiters: not enabled until notified, then becomes [`Op::Relock`].
    Asleep,
    /// Ends a timed wait: notified if a notification came before it, else timed out.
    Wake,
    /// Takes the mutex again after a wait.
    Relock,
    /// Wakes one waiter, any of them.
    NotifyOne,
    /// Wakes every waiter.
    NotifyAll,
    /// Reads an atomic.
    Load,
    /// Writes an atomic.
    Store,
    /// Reads and writes an atomic in one step.
    Rmw,
    /// A compare-and-swap: writes if the value is the expected one, else only reads.
    CompareExchange,
    /// Takes a read-write lock for reading.
    ReadLock,
    /// Takes a read-write lock for writing.
    WriteLock,
    /// Gives a read lock back.
    ReadUnlock,
    /// Gives a write lock back.
    WriteUnlock,
    /// Takes a read lock if no writer holds the lock.
    TryRead,
    /// Takes the write lock if nobody holds the lock.
    TryWrite,
    /// Consumes the thread's token; enabled once there is one.
    Park,
    /// Consumes the thread's token if there is one, else times out.
    ParkTimeout,
    /// Gives a thread its token.
    Unpark,
    /// Waits for a thread to end. Not a step: it conflicts with nothing.
    Join,
    /// Picks one of several alternatives.
    Choose,
    /// A yield in a loop: enabled once something the loop read has changed.
    Yield,
    /// Ends a thread; a step only where some thread asks `is_finished`.
    End,
    /// Asks whether a thread has ended.
    IsFinished,
    /// Stops the daemons; enabled once every other thread has ended.
    StopDaemons,
    /// Kills a process.
    Kill,
}

impl Op {
    /// As traces tell it.
    pub(crate) fn public(self) -> Operation {
        match self {
            Op::Lock => Operation::Lock,
            Op::Unlock => Operation::Unlock,
            Op::TryLock => Operation::TryLock,
            Op::Wait => Operation::Wait,
            Op::Wake => Operation::Wake,
            Op::Relock => Operation::Relock,
            Op::NotifyOne => Operation::NotifyOne,
            Op::NotifyAll => Operation::NotifyAll,
            Op::Load => Operation::Load,
            Op::Store => Operation::Store,
            Op::Rmw => Operation::Rmw,
            Op::CompareExchange => Operation::CompareExchange,
            Op::ReadLock => Operation::ReadLock,
            Op::WriteLock => Operation::WriteLock,
            Op::ReadUnlock => Operation::ReadUnlock,
            Op::WriteUnlock => Operation::WriteUnlock,
            Op::TryRead => Operation::TryRead,
            Op::TryWrite => Operation::TryWrite,
            Op::Park => Operation::Park,
            Op::ParkTimeout => Operation::ParkTimeout,
            Op::Unpark => Operation::Unpark,
            Op::Join => Operation::Join,
            Op::Choose => Operation::Choose,
            Op::Yield => Operation::Yield,
            Op::End => Operation::End,
            Op::IsFinished => Operation::IsFinished,
            Op::StopDaemons => Operation::StopDaemons,
            Op::Kill => Operation::Kill,
            Op::Asleep => Operation::Relock,
        }
    }
}

/// What a thread has announced and not yet done.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    /// The operation.
    pub(crate) op: Op,
    /// The object it is about; a thread for `Join`.
    pub(crate) obj: u32,
    /// The mutex of a `Wait` or `Relock`, the number of alternatives of a `Choose`.
    pub(crate) aux: u32,
    /// Where the program asked for it.
    pub(crate) at: &'static Location<'static>,
}

const NONE: u32 = 0x7fff_fffe;
const ALL: u32 = 0x7fff_fffd;

/// Up to two objects and whether each is written: `object << 1 | written`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Footprint {
    a: u32,
    b: u32,
}

impl Footprint {
    /// Touches nothing, depends on nothing.
    pub(crate) const NOTHING: Footprint = Footprint { a: NONE, b: NONE };

    /// Touches every object: what a yield does that has looked at several, and what stops other
    /// threads.
    pub(crate) const EVERYTHING: Footprint = Footprint { a: ALL, b: ALL };

    pub(crate) const fn read(obj: u32) -> Self {
        Footprint { a: obj << 1, b: NONE }
    }

    pub(crate) const fn write(obj: u32) -> Self {
        Footprint { a: obj << 1 | 1, b: NONE }
    }

    /// Writes `written` and reads `seen`: a wait on a condition variable.
    pub(crate) const fn write_and_read(written: u32, seen: u32) -> Self {
        Footprint { a: written << 1 | 1, b: seen << 1 }
    }

    /// Do two steps of different threads with these footprints depend on each other?
    #[inline]
    pub(crate) fn conflicts(self, other: Footprint) -> bool {
        let clash = |x: u32, y: u32| (x ^ y) <= 1 && (x | y) & 1 == 1;
        if self.b == NONE && other.b == NONE {
            return clash(self.a, other.a);
        }
        clash(self.a, other.a)
            || clash(self.a, other.b)
            || clash(self.b, other.a)
            || clash(self.b, other.b)
            || ((self.a == ALL || other.a == ALL) && self.a != NONE && other.a != NONE)
    }

    /// Does it access this object at all?
    #[inline]
    pub(crate) fn touches(self, obj: u32) -> bool {
        self.a >> 1 == obj || self.b >> 1 == obj || self.a == ALL
    }

    /// Does `f` for each object it accesses, with whether it writes that. (An iterator over them
    /// takes longer.)
    #[inline(always)]
    pub(crate) fn each_access(self, mut f: impl FnMut(u32, bool)) {
        for x in [self.a, self.b] {
            if x < ALL {
                f(x >> 1, x & 1 == 1);
            }
        }
    }

    /// The first object it accesses.
    #[inline]
    pub(crate) fn first_object(self) -> u32 {
        self.a >> 1
    }

    /// The second object it accesses.
    pub(crate) fn second_object(self) -> u32 {
        self.b >> 1
    }
}
