//! The operations that threads announce.

use std::panic::Location;

use super::machine::Act;
use super::owners::Count;
use super::thread::NOBODY;

/// One visible operation, with the objects and threads it is about, by their numbers.
// The tag is as wide as what follows: parts of different widths are slow to copy.
#[repr(u64)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Op {
    /// Takes a mutex; enabled while it is free.
    Lock(u32),
    /// Gives a mutex back.
    Unlock(u32),
    /// Takes a mutex if it is free, and says whether it was.
    TryLock(u32),
    /// Takes a read-write lock for reading.
    ReadLock(u32),
    /// Takes a read-write lock for writing.
    WriteLock(u32),
    /// Has all reads that could pass a waiting writer wait behind it: an alternative of a [`Op::ReadLock`].
    GiveWay(u32),
    /// Takes a read-write lock for reading, having given way: not enabled while a writer waits and
    /// readers hold the lock. Taken as a [`Op::ReadLock`].
    ReadBehind(u32),
    /// Comes to a read-write lock to write it; a step only where some thread uses `try_read`.
    Arrive(u32),
    /// Makes of a write lock a read lock.
    Downgrade(u32),
    /// Gives a read lock back.
    ReadUnlock(u32),
    /// Gives a write lock back.
    WriteUnlock(u32),
    /// Takes a read lock if no writer holds the lock.
    TryRead(u32),
    /// Takes the write lock if no thread holds the lock.
    TryWrite(u32),
    /// Gives the mutex back and joins the waiters of a condition variable.
    Wait { condvar: u32, mutex: u32 },
    /// Among the waiters: not enabled until notified, then becomes [`Op::Relock`].
    Asleep { condvar: u32, mutex: u32 },
    /// Ends a timed wait: notified if a notification came before it, else timed out.
    Wake(u32),
    /// Takes the mutex again after a wait.
    Relock(u32),
    /// Wakes one waiter, any of them.
    NotifyOne(u32),
    /// Wakes every waiter.
    NotifyAll(u32),
    /// Reads an atomic.
    Load(u32),
    /// Writes an atomic.
    Store(u32),
    /// Reads and writes an atomic in one step.
    Rmw(u32),
    /// A compare-and-swap: writes if the value is the expected one, else only reads.
    CompareExchange(u32),
    /// As [`Op::CompareExchange`], but may fail for no reason.
    WeakExchange(u32),
    /// Begins to park, or wakes for no reason.
    BeginPark { token: u32 },
    /// Consumes the thread's token, or a signal's; enabled once there is one.
    Park { token: u32 },
    /// Consumes the thread's token if there is one, else times out.
    ParkTimeout { token: u32 },
    /// Gives a thread its token, or a signal that it has made.
    Unpark { token: u32, thread: u16 },
    /// Waits for a thread to end. Not a step: it conflicts with nothing.
    Join(u16),
    /// Accesses a cell: not a step, but for a thread that is held back there. Enabled once it is no
    /// longer.
    Touch { cell: u32, written: bool },
    /// Waits for the closure of a scoped thread to be over. Not a step.
    JoinClosure(u16),
    /// Picks one of so many alternatives.
    Choose(u16),
    /// Chooses the answer to the question that the thread asks of the clock.
    Compare,
    /// A yield in a loop: enabled once something that the loop has read changes.
    Yield,
    /// Ends a thread; a step only where some thread asks `is_finished`.
    End { end: u32 },
    /// Asks whether a thread has ended.
    IsFinished { end: u32, thread: u16 },
    /// Poisons a lock, whose guard is dropped by a panic. Only where some thread looks without the
    /// lock, as the next three.
    Poison { poison: u32, lock: u32 },
    /// Asks whether a lock is poisoned.
    IsPoisoned { poison: u32, lock: u32 },
    /// Finds out whether the lock is poisoned that the thread has just taken.
    SeePoison { poison: u32 },
    /// Makes a lock no longer poisoned.
    ClearPoison { poison: u32, lock: u32 },
    /// Does something to a [machine](super::machine).
    Act { object: u32, act: Act },
    /// Changes or asks for the counts of an `Arc`. Only where some thread can tell.
    Count { arc: u32, how: Count },
    /// Stops the daemons; enabled once every other thread has ended.
    StopDaemons,
    /// Kills the process that begins with this thread.
    Kill(u16),
}

impl Op {
    /// The lock that the operation takes, waiting until it is free.
    #[inline]
    pub(crate) fn acquires(self) -> Option<u32> {
        match self {
            Op::Lock(lock) | Op::Relock(lock) | Op::ReadLock(lock) | Op::WriteLock(lock) => {
                Some(lock)
            }
            _ => None,
        }
    }

    /// Does it stop other threads, the daemons or a process?
    #[inline]
    pub(crate) fn stops_others(self) -> bool {
        matches!(self, Op::StopDaemons | Op::Kill(_))
    }

    /// Does its thread use this object until it is done?
    pub(crate) fn uses(self, used: u32) -> bool {
        let mutex = match self {
            Op::Wait { mutex, .. } | Op::Asleep { mutex, .. } => Some(mutex),
            _ => None,
        };
        self.object() == Some(used) || mutex == Some(used)
    }

    /// The object that it is about.
    pub(crate) fn object(self) -> Option<u32> {
        match self {
            Op::Lock(object)
            | Op::Unlock(object)
            | Op::TryLock(object)
            | Op::ReadLock(object)
            | Op::WriteLock(object)
            | Op::GiveWay(object)
            | Op::ReadBehind(object)
            | Op::Arrive(object)
            | Op::Downgrade(object)
            | Op::ReadUnlock(object)
            | Op::WriteUnlock(object)
            | Op::TryRead(object)
            | Op::TryWrite(object)
            | Op::Wait { condvar: object, .. }
            | Op::Asleep { condvar: object, .. }
            | Op::Wake(object)
            | Op::Relock(object)
            | Op::NotifyOne(object)
            | Op::NotifyAll(object)
            | Op::Load(object)
            | Op::Store(object)
            | Op::Rmw(object)
            | Op::CompareExchange(object)
            | Op::WeakExchange(object)
            | Op::Touch { cell: object, .. }
            | Op::Poison { lock: object, .. }
            | Op::IsPoisoned { lock: object, .. }
            | Op::ClearPoison { lock: object, .. }
            | Op::Act { object, .. }
            | Op::Count { arc: object, .. } => Some(object),
            Op::BeginPark { .. }
            | Op::Park { .. }
            | Op::ParkTimeout { .. }
            | Op::Unpark { .. }
            | Op::Join(_)
            | Op::JoinClosure(_)
            | Op::Choose(_)
            | Op::Compare
            | Op::Yield
            | Op::End { .. }
            | Op::IsFinished { .. }
            | Op::SeePoison { .. }
            | Op::StopDaemons
            | Op::Kill(_) => None,
        }
    }
}

/// Says in a schedule that a thread is held back at an access of a cell, once for each of its accesses
/// up to that one. (A choice has fewer alternatives.)
pub(crate) const HELD: u16 = NOBODY - 2;

/// What a thread has announced and not yet done.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) op: Op,
    /// Where the program asked for it.
    pub(crate) at: &'static Location<'static>,
}
