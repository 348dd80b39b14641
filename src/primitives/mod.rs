//! Synchronisation primitives, each generic over its [`Backend`](crate::backend::Backend), so that
//! every engine can check them.
//!
//! Names and meaning follow Python's `threading`, `queue`, `multiprocessing` and `concurrent.futures`; the shape
//! is Rust's: guards beside explicit calls, typed errors instead of exceptions, and beside each blocking call a
//! timed one that takes a [`Duration`](std::time::Duration). A call that is refused changes nothing, and its
//! error returns the value that was passed in. [`native`] has the primitives without the type parameter.

mod barrier;
mod condition;
mod coroutine;
mod event;
mod executor;
mod local;
mod lock;
pub mod manager;
#[cfg(test)]
mod names;
pub mod native;
mod net;
mod pipe;
mod pool;
pub mod process;
mod queue;
mod rlock;
mod semaphore;
mod thread;
mod timer;
mod waiting;

pub use self::{
    barrier::{Barrier, Broken, NoParties},
    condition::{Condition, Lockable, NotHeld},
    coroutine::{Coroutine, CoroutineEnded, CoroutineIgnoredClose, CoroutineState, Yielder},
    event::Event,
    executor::{
        AsCompleted, AsCompletedTimeout, Future, FutureError, Map, MapError, NoWorkers,
        PoolJoinError, SubmitError, ThreadPool, ThreadPoolBuilder, Unfinished, WaitFor, Waited,
        as_completed, as_completed_timeout, wait, wait_timeout,
    },
    local::ThreadLocal,
    lock::{Lock, LockGuard, NotAcquired},
    net::{Address, Listener, NetError, Stream},
    pipe::{BothEnds, NoCapacity, Pipe, PipeEnd, RecvError, SendError},
    pool::{ApplyError, AsyncResult, Imap, ImapUnordered, NotReady, Pool},
    queue::{
        GetError, LifoQueue, NoSuchTask, Order, OrderedQueue, PriorityQueue, PutError, Queue,
        QueueShutDown,
    },
    rlock::{Depth, NotOwner, RLock, RLockGuard},
    semaphore::{BoundedSemaphore, Permit, ReleaseError, Semaphore},
    thread::{Thread, ThreadError, Threads},
    timer::{Timer, TimerError},
};
