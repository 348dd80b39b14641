//! A small concurrent language: programs as data.
//!
//! A thread has one register, which holds what its last operation observed. What an operation
//! observes is also appended to the thread's log, unless an endless loop encloses the operation:
//! such a loop logs one value, the register at its end. The logs of all threads are what an
//! execution comes to.

/// Operations in order.
pub(super) type Block = Vec<Do>;

/// How a lock is taken. A mutex is always held exclusively.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Hold {
    /// `Mutex::lock` or `RwLock::write`. Observes 1, or 2 if the lock is poisoned.
    Exclusive,
    /// `RwLock::read`. Observes 1, or 2 if the lock is poisoned.
    Shared,
    /// `try_lock` or `try_write`. Observes 0 and skips the block if the lock is not free.
    TryExclusive,
    /// `try_read`. Observes 0 and skips the block if a writer holds the lock, or one waits.
    TryShared,
}

/// The thread that an operation is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Whom {
    Me,
    Parent,
    /// The thread of one of this thread's join handles.
    Child(usize),
}

/// One operation. An operation on a handle, a guard or a channel's end that the thread does not
/// have does nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Do {
    /// Observes the atomic's value.
    Load(usize),
    Store(usize, i64),
    /// Observes the value before.
    Add(usize, i64),
    /// Observes the value before.
    Swap(usize, i64),
    /// Compares with the first value and writes the second. Observes the value before.
    CompareExchange(usize, i64, i64),
    /// As [`Do::CompareExchange`], but may fail for no reason. Observes 10 more if it fails.
    CompareExchangeWeak(usize, i64, i64),
    /// Drops the atomic. To use it later, or to drop it again, is an error.
    DropAtomic(usize),
    /// Reads the cell, which no thread writes.
    ReadCell,
    /// As [`Do::DropAtomic`], of the cell.
    DropCell,
    /// Runs the block with the lock held.
    Hold(Hold, usize, Block),
    /// Observes the data of the innermost lock held.
    Get,
    /// Writes the data of the innermost lock, if it is held exclusively.
    Put(i64),
    /// Makes of the innermost lock, if it is the read-write lock held exclusively, one held for reading.
    Downgrade,
    /// Writes the data of the innermost lock as it is, if it is held exclusively.
    Touch,
    /// Adds to a count that no thread reads, in an atomic or else in a mutex.
    Count {
        atomic: bool,
    },
    /// Observes whether an odd number of these was done before, in executions before as well: what a
    /// program must not depend on.
    Keep,
    /// Observes 1 if the lock is poisoned, else 0.
    IsPoisoned(usize),
    /// Makes the lock no longer poisoned.
    ClearPoison(usize),
    /// Waits with the innermost lock, a mutex. Observes 1, or 2 if the mutex is poisoned.
    Wait(usize),
    /// As [`Do::Wait`]. Observes 0 if it timed out.
    WaitTimeout(usize),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Observes 1, or -1 if the receiver is gone.
    Send(usize, i64),
    /// Observes 1, 0 if there is no room, -1 if the receiver is gone.
    TrySend(usize, i64),
    /// Observes the value, or -1 if there is none and every sender is gone.
    Recv(usize),
    /// As [`Do::Recv`], but does not wait: observes 0 if there is no value yet.
    TryRecv(usize),
    /// As [`Do::Recv`]. Observes 0 if it timed out.
    RecvTimeout(usize),
    /// Drops this thread's sender of the channel.
    DropSender(usize),
    /// Starts a thread. It has a clone of each of this thread's senders that it mentions.
    Spawn(Block),
    /// As [`Do::Spawn`]. This thread's join handles and receivers move to the new thread.
    SpawnWith(Block),
    /// As [`Do::Spawn`]. The thread returns an object whose destructor stores 3 in the first atomic: whoever joins it drops that,
    /// or the thread and who drops its handle, whichever comes last.
    SpawnGiving(Block),
    /// Joins the thread of a handle. Observes 1, or 0 if it panicked.
    Join(usize),
    /// Drops the handle of a thread.
    Detach(usize),
    /// Observes 1 if the thread of a handle has ended, else 0.
    IsFinished(usize),
    /// Starts two scoped threads, of which the second has the handle of the first, and runs the
    /// third block meanwhile.
    Scope(Block, Block, Block),
    /// Joins the scoped thread whose handle this one has. Observes 1, or 0 if it panicked.
    JoinSibling,
    /// Accesses plain memory from the block's beginning to its end.
    Access {
        cell: usize,
        writes: bool,
        block: Block,
    },
    /// Waits at the barrier, which two threads pass together. Observes 1 if the thread is the
    /// leader, else 0.
    Meet,
    /// `Once::call_once` with the block. Observes 1 if the block has run, else 0.
    CallOnce(Block),
    /// `Once::call_once_force` with the block. It observes 1, or 2 if the `Once` is poisoned, before
    /// it runs; the operation observes 1 if it has run, else 0.
    CallOnceForce(Block),
    /// Observes 1 if a block of the `Once` has run to its end, else 0.
    IsCompleted,
    /// `OnceLock::get_or_init`: the block makes the register the value. Observes the value.
    GetOrInit(Block),
    /// `OnceLock::set`. Observes 1 if it has set the value, else 0.
    SetOnce(i64),
    /// `OnceLock::get`. Observes the value, or -1 if there is none.
    GetOnce,
    /// `LazyLock::force`. Its closure adds 1 to the first atomic and panics if that was 1. Observes
    /// the value, which is what the atomic was.
    Force,
    Park,
    ParkTimeout,
    Unpark(Whom),
    Yield,
    SpinLoop,
    Sleep,
    /// Puts the time now into this thread's slot. A new thread has a copy of its parent's slots.
    Now(usize),
    /// Moves the time in a slot by as long as every timed operation takes at the most.
    Later(usize),
    /// Observes 1 if the time in the first slot is that in the second, or later, else 0.
    Reached(usize, usize),
    /// Observes how the times in two slots compare: -1, 0 or 1.
    Order(usize, usize),
    /// Copies the time in a slot to the first mutex, if it is the innermost lock.
    PutTime(usize),
    /// Copies the time in the first mutex to a slot, if that is the innermost lock.
    GetTime(usize),
    /// Observes one of `0..n`.
    Choose(usize),
    /// Runs the block if the register holds the value.
    If(i64, Block),
    /// Runs the block so many times.
    Times(u32, Block),
    /// Runs the block until it is left.
    Forever(Block),
    /// Leaves the innermost loop if the register holds the value; without a loop, the innermost
    /// closure.
    Leave(i64),
    /// Leaves the innermost loop unless the register holds the value.
    LeaveUnless(i64),
    Panic(i64),
    /// `resume_unwind` with the message.
    ResumeUnwind(i64),
    /// Runs the block under `catch_unwind`. Observes 1 if it panicked, else 0.
    Catch(Block),
    /// Runs the second block with an object whose destructor runs the first.
    Guarded(Block, Block),
    /// Makes one more owner of a value, of one that the thread has. (As the others: one of its owners or
    /// weak references of the value.)
    CloneArc(usize),
    DropArc(usize),
    /// Makes a weak reference of an owner.
    DowngradeArc(usize),
    DropWeak(usize),
    /// Makes an owner of a weak reference. Observes 1, or 0 if the value is gone.
    Upgrade(usize),
    /// Observes how many owners there are.
    CountOwners(usize),
    /// Observes how many weak references there are.
    CountWeaks(usize),
    /// Observes 1 if there is no other owner and no weak reference, else 0.
    GetMut(usize),
    /// Takes the value out of an owner, and drops it. Observes 1, or 0 if there are other owners.
    TryUnwrap(usize),
    /// Drops an owner. Observes 1 if it was the last, and drops the value then, else 0.
    IntoInner(usize),
    /// Gives the thread a thread-local value whose destructor runs the block. Panics in such a
    /// destructor.
    Local(Block),
}

/// How many objects of each kind a program has. The last lock is a read-write lock, the others are
/// mutexes. Condition variables are used with the first mutex.
pub(super) const ATOMICS: usize = 2;
pub(super) const CELLS: usize = 2;
pub(super) const MUTEXES: usize = 2;
pub(super) const LOCKS: usize = 3;
pub(super) const CONDVARS: usize = 2;
/// The slots for times of each thread.
pub(super) const SLOTS: usize = 2;
/// The values with owners. The destructor of one takes a step, that of another says that it runs.
pub(super) const ARCS: usize = 3;
pub(super) const STEPS: usize = 1;
pub(super) const SAYS: usize = 2;
/// The bound of each channel.
pub(super) const CHANNELS: [Option<usize>; 4] = [None, Some(1), Some(0), Some(2)];

impl Do {
    /// The blocks inside.
    pub(super) fn blocks(&self) -> Vec<&Block> {
        match self {
            Do::Hold(_, _, block)
            | Do::Spawn(block)
            | Do::SpawnWith(block)
            | Do::SpawnGiving(block)
            | Do::If(_, block)
            | Do::Times(_, block)
            | Do::Forever(block)
            | Do::Catch(block)
            | Do::CallOnce(block)
            | Do::CallOnceForce(block)
            | Do::GetOrInit(block)
            | Do::Access { block, .. }
            | Do::Local(block) => vec![block],
            Do::Guarded(drop, block) => vec![drop, block],
            Do::Scope(first, second, body) => vec![first, second, body],
            _ => Vec::new(),
        }
    }

    /// The channel that it sends on.
    fn sends_on(&self) -> Option<usize> {
        match self {
            Do::Send(channel, _) | Do::TrySend(channel, _) => Some(*channel),
            _ => None,
        }
    }

    /// The channel that it is about.
    pub(super) fn channel(&self) -> Option<usize> {
        match self {
            Do::Recv(channel) | Do::TryRecv(channel) | Do::RecvTimeout(channel) => Some(*channel),
            Do::DropSender(channel) => Some(*channel),
            _ => self.sends_on(),
        }
    }
}

/// The value with owners that an operation is about.
pub(super) fn arc_of(what: &Do) -> Option<usize> {
    match what {
        Do::CloneArc(arc)
        | Do::DropArc(arc)
        | Do::DowngradeArc(arc)
        | Do::DropWeak(arc)
        | Do::Upgrade(arc)
        | Do::CountOwners(arc)
        | Do::CountWeaks(arc)
        | Do::GetMut(arc)
        | Do::TryUnwrap(arc)
        | Do::IntoInner(arc) => Some(*arc),
        _ => None,
    }
}

/// How many operations anywhere in the block are like this.
pub(super) fn count(block: &[Do], wanted: &dyn Fn(&Do) -> bool) -> usize {
    let inner = |what: &Do| what.blocks().iter().map(|inner| count(inner, wanted)).sum::<usize>();
    block.iter().map(|what| usize::from(wanted(what)) + inner(what)).sum()
}

/// Is an operation anywhere in the block like this?
pub(super) fn contains(block: &[Do], wanted: &dyn Fn(&Do) -> bool) -> bool {
    count(block, wanted) > 0
}

/// The channels that a block uses.
pub(super) fn uses(block: &[Do]) -> [bool; CHANNELS.len()] {
    std::array::from_fn(|channel| contains(block, &|what| what.channel() == Some(channel)))
}

/// The channels that a block sends on.
pub(super) fn sends(block: &[Do]) -> [bool; CHANNELS.len()] {
    std::array::from_fn(|channel| contains(block, &|what| what.sends_on() == Some(channel)))
}
