//! What a step does, as data: an operation and a value. [`Step::action`](super::trace::Step::action)
//! makes words of them, and nothing else does.

use std::fmt;

/// What a step does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Operation {
    /// Takes a mutex.
    Lock,
    /// Releases a mutex.
    Unlock,
    /// Takes a mutex if it is free: [`Value::Flag`] says whether it was.
    TryLock,
    /// Releases the mutex [`Step::with`](super::trace::Step::with) and begins to wait for a condition variable.
    Wait,
    /// A wait ends by a notification.
    Wake,
    /// A timed wait ends by time.
    TimeOut,
    /// A wait ends for no reason.
    SpuriousWake,
    /// Takes the mutex again after a timed wait.
    Relock,
    /// Wakes one waiter of a condition variable.
    NotifyOne,
    /// Wakes every waiter of a condition variable.
    NotifyAll,
    /// Reads an atomic.
    Load,
    /// Writes an atomic.
    Store,
    /// Reads and writes an atomic in one step.
    Rmw,
    /// Writes an atomic if it has the expected value: without [`Value::Change`] it had not.
    CompareExchange,
    /// Leaves an atomic as it is, though it has the expected value: a weak compare-and-swap that fails
    /// for no reason.
    SpuriousFailure,
    /// Orders the accesses before it with those after it.
    Fence,
    /// Takes a read-write lock for reading.
    ReadLock,
    /// Takes a read-write lock for writing.
    WriteLock,
    /// Waits to take a read-write lock for reading, behind threads that wait to write it: [`Value::Threads`] says
    /// which.
    WaitBehind,
    /// Comes to a read-write lock to write it.
    Arrive,
    /// Makes of a read-write lock taken for writing one taken for reading.
    Downgrade,
    /// Releases a read-write lock taken for reading.
    ReadUnlock,
    /// Releases a read-write lock taken for writing.
    WriteUnlock,
    /// Takes a read-write lock for reading if no writer holds it. [`Value::Threads`] says that threads which
    /// wait to write it let it fail.
    TryRead,
    /// Takes a read-write lock for writing if no thread holds it.
    TryWrite,
    /// Takes the thread's own token.
    Park,
    /// Parks, and goes on without the token for no reason.
    SpuriousPark,
    /// Takes the thread's own token, or goes on without it when time is over.
    ParkTimeout,
    /// Gives a thread its token.
    Unpark,
    /// Sees that the task was woken, and takes it up again.
    AwaitWake,
    /// Takes the task up again, which waits, though it was not woken.
    SpuriousPoll,
    /// Wakes a task.
    WakeTask,
    /// Starts a thread.
    Spawn,
    /// Sees another thread end.
    Join,
    /// Picks one of several alternatives.
    Choose,
    /// Compares two times, or takes the length of time between them: [`Value::Text`] says what comes out.
    Compare,
    /// Lets other threads run.
    Yield,
    /// Asks whether a thread has ended.
    IsFinished,
    /// Poisons a lock: a panic drops its guard.
    Poison,
    /// Asks whether a lock is poisoned: [`Value::Flag`] says whether it is.
    IsPoisoned,
    /// Makes a lock no longer poisoned.
    ClearPoison,
    /// Begins what happens once, unless it has happened: [`Value::Text`] says which.
    CallOnce,
    /// Ends what happens once.
    FinishOnce,
    /// Asks whether what happens once has happened: [`Value::Flag`] says whether it has.
    LookOnce,
    /// Waits until what happens once has happened.
    AwaitOnce,
    /// Arrives at a barrier: [`Value::Flag`] says whether it is the last that the others wait for.
    ArriveAtBarrier,
    /// Goes on from a barrier: [`Value::Flag`] says whether it leads, if that is asked for.
    PassBarrier,
    /// Puts a value into a channel, or tries to: [`Value::Text`] says which, or why not.
    SendValue,
    /// Sees that the value was taken which it handed over, or that it will not be: [`Value::Text`] says so.
    HandOver,
    /// Takes a value from a channel, or tries to: [`Value::Text`] says which, or why not.
    ReceiveValue,
    /// Drops a sender of a channel.
    DropSender,
    /// Drops the receiver of a channel.
    DropReceiver,
    /// Makes one more owner of what an `Arc` holds.
    AddOwner,
    /// Drops an owner of what an `Arc` holds: a [`Value::Text`] says that it was the last.
    DropOwner,
    /// Makes a weak reference to what an `Arc` holds.
    AddWeak,
    /// Drops a weak reference to what an `Arc` holds.
    DropWeak,
    /// Makes an owner of a weak reference: [`Value::Flag`] says whether there was one yet.
    Upgrade,
    /// Asks how many owners there are of what an `Arc` holds.
    CountOwners,
    /// Asks how many weak references there are to what an `Arc` holds.
    CountWeaks,
    /// Asks whether an owner is the only one, without weak references: [`Value::Flag`] says whether it is.
    AskAlone,
    /// Takes out what an `Arc` holds if there is no other owner: [`Value::Flag`] says whether it did.
    Unwrap,
    /// Reads memory that nothing guards.
    PlainRead,
    /// Writes memory that nothing guards.
    PlainWrite,
    /// Drops something that threads share.
    Drop,
    /// A thread panics.
    Panic,
    /// A thread ends.
    End,
    /// Stops the daemons where they are.
    StopDaemons,
    /// Stops a process's threads where they are.
    Kill,
    /// Accepts a connection: [`Value::Count`] says which one of the listener's, no value that there is none.
    Accept,
    /// Connects to a listener: [`Value::Flag`] says whether it could.
    Connect,
    /// Takes bytes from a connection: [`Value::Count`] says how many, no value that it cannot.
    Receive,
    /// Gives bytes to a connection: [`Value::Count`] says how many, no value that it cannot.
    Send,
    /// Says that it sends no more on a connection.
    EndWriting,
    /// Closes its end of a connection.
    HangUp,
    /// Closes a listener.
    Close,
    /// Calls an operation of an object that is checked: [`Value::Text`] says which, and with what.
    Call,
    /// Returns from it: [`Value::Text`] is its answer, if it has one.
    Return,
}

/// What an operation reads, writes or finds out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Value {
    /// What was read, written, chosen, or said by a panic.
    Text(String),
    /// What was replaced, and by what.
    Change {
        /// The value before.
        old: String,
        /// The value after.
        new: String,
    },
    /// Whether it did what it tries, or found what it asks for.
    Flag(bool),
    /// How many.
    Count(u64),
    /// What was read or written, though another thread's write of the same atomic is newer: so it may
    /// come out where memory is weaker than sequentially consistent.
    Stale {
        /// What was read or written.
        value: Box<Value>,
        /// What the newest of the newer writes that are done wrote.
        newer: String,
        /// The step of that write, as an index into [`Trace::steps`](super::trace::Trace::steps).
        step: usize,
    },
    /// The threads that it wakes or waits behind, as indices into [`Trace::threads`](super::trace::Trace::threads).
    Threads(Vec<usize>),
}

impl Value {
    /// `text` as a value.
    pub fn text(text: impl fmt::Display) -> Self {
        Value::Text(text.to_string())
    }

    /// `old` became `new`.
    pub fn change(old: impl fmt::Display, new: impl fmt::Display) -> Self {
        Value::Change { old: old.to_string(), new: new.to_string() }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Change { old, new } => write!(f, "{old} → {new}"),
            Value::Stale { value, newer, step } => {
                let step = step + 1;
                match &**value {
                    Value::Change { .. } => write!(f, "{value}, behind the {newer} of step {step}"),
                    value => write!(f, "{value}, though it was {newer} from step {step} on"),
                }
            }
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Count(count) => write!(f, "{count}"),
            Value::Threads(threads) => write!(f, "{threads:?}"),
        }
    }
}

impl Operation {
    /// Whether it is about the life of a thread and not about what threads share.
    pub fn is_about_threads(self) -> bool {
        matches!(self, Operation::Spawn | Operation::Join | Operation::End)
    }

    /// Whether it accesses a value: `Some(true)` if it may write it, `Some(false)` if it only reads it.
    pub(crate) fn writes(self) -> Option<bool> {
        match self {
            Operation::Load | Operation::SpuriousFailure | Operation::PlainRead => Some(false),
            Operation::Store
            | Operation::Rmw
            | Operation::CompareExchange
            | Operation::PlainWrite => Some(true),
            _ => None,
        }
    }

    /// Whether it may leave its thread with a lock held.
    pub(crate) fn takes_a_lock(self) -> bool {
        matches!(
            self,
            Operation::Lock
                | Operation::TryLock
                | Operation::Wake
                | Operation::TimeOut
                | Operation::SpuriousWake
                | Operation::Relock
                | Operation::ReadLock
                | Operation::WriteLock
                | Operation::TryRead
                | Operation::TryWrite
                | Operation::CallOnce
        )
    }

    /// What it does, in words, up to the name of what it does that to.
    pub fn verb(self) -> &'static str {
        match self {
            Operation::Lock => "locks",
            Operation::Unlock => "unlocks",
            Operation::TryLock => "tries to lock",
            Operation::Wait => "waits for",
            Operation::Wake => "woken by",
            Operation::TimeOut => "times out waiting for",
            Operation::SpuriousWake => "wakes for no reason from",
            Operation::Relock => "locks again",
            Operation::NotifyOne => "notifies one of",
            Operation::NotifyAll => "notifies all of",
            Operation::Load | Operation::PlainRead => "reads",
            Operation::Store | Operation::PlainWrite => "writes",
            Operation::Rmw => "changes",
            Operation::CompareExchange => "compares and swaps",
            Operation::SpuriousFailure => "fails for no reason to swap",
            Operation::Fence => "fences",
            Operation::ReadLock => "read-locks",
            Operation::WriteLock => "write-locks",
            Operation::WaitBehind => "waits to read-lock",
            Operation::Arrive => "comes to write-lock",
            Operation::Downgrade => "downgrades",
            Operation::ReadUnlock => "read-unlocks",
            Operation::WriteUnlock => "write-unlocks",
            Operation::TryRead => "tries to read-lock",
            Operation::TryWrite => "tries to write-lock",
            Operation::Park => "parks",
            Operation::SpuriousPark => "parks, and wakes for no reason",
            Operation::ParkTimeout => "parks for a time",
            Operation::Unpark => "unparks",
            Operation::AwaitWake => "is woken",
            Operation::SpuriousPoll => "wakes for no reason",
            Operation::WakeTask => "wakes",
            Operation::Spawn => "starts",
            Operation::Join => "joins",
            Operation::Choose => "chooses",
            Operation::Compare => "compares two times",
            Operation::Yield => "yields",
            Operation::IsFinished => "asks for the end of",
            Operation::Poison => "poisons",
            Operation::IsPoisoned => "asks for the poison of",
            Operation::ClearPoison => "clears the poison of",
            Operation::CallOnce => "calls",
            Operation::FinishOnce => "completes",
            Operation::LookOnce => "asks for the end of",
            Operation::AwaitOnce => "waits for the end of",
            Operation::ArriveAtBarrier => "arrives at",
            Operation::PassBarrier => "passes",
            Operation::SendValue => "sends to",
            Operation::HandOver => "hands over to",
            Operation::ReceiveValue => "receives from",
            Operation::DropSender => "drops a sender of",
            Operation::DropReceiver => "drops the receiver of",
            Operation::AddOwner => "clones",
            Operation::DropOwner => "drops",
            Operation::AddWeak => "makes a weak reference to",
            Operation::DropWeak => "drops a weak reference to",
            Operation::Upgrade => "upgrades a weak reference to",
            Operation::CountOwners => "counts the owners of",
            Operation::CountWeaks => "counts the weak references to",
            Operation::AskAlone => "asks to be the only owner of",
            Operation::Unwrap => "unwraps",
            Operation::Drop => "drops",
            Operation::Panic => "panics",
            Operation::End => "ends",
            Operation::StopDaemons => "stops the daemons",
            Operation::Kill => "kills",
            Operation::Accept => "accepts from",
            Operation::Connect => "connects to",
            Operation::Receive => "reads from",
            Operation::Send => "writes to",
            Operation::EndWriting => "writes no more to",
            Operation::HangUp => "hangs up on",
            Operation::Close => "closes",
            Operation::Call => "calls",
            Operation::Return => "returns",
        }
    }
}
