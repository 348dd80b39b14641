//! The promises of pools of processes: all that is accepted is done once, in a process, and whoever waits for a
//! result gets one, whichever process dies.

use super::Of;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Kill, execution::outcome},
    primitives::{
        AsyncResult, Future, FutureError,
        process::{self, Entry, Pool, ProcessPool, Work, active_children, worker},
    },
    program::{Group, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::atomic::Ordering::SeqCst};

/// The contracts of [`Pool`] and [`ProcessPool`].
pub static SCENARIO: Scenario = scenario::<Real>("process-pool");

/// Names the types of pools.
pub trait Kind: fmt::Debug + 'static {
    /// A pool that replaces processes that die.
    type On<B: Backend>: Subject;
    /// A pool that is broken when one dies.
    type Breaking<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Pool`].
pub trait Subject: Sized + 'static {
    /// What becomes of a task.
    type Pending;
    /// A pool of this many processes.
    fn new(workers: usize) -> Self;
    /// Has the work done; `None` if the pool refuses it.
    fn start(&self, work: Does) -> Option<Self::Pending>;
    /// The same; `first` is called before the result can be had.
    fn start_with(&self, work: Does, first: impl FnOnce() + Send + 'static) -> Self::Pending;
    /// Waits for the result.
    fn get(pending: &Self::Pending) -> Ending;
    /// Refuses further work.
    fn close(&self);
    /// Cancels what has not begun.
    fn cancel(&self);
    /// Waits until all is done and every process has ended.
    fn join(&self);
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned this.
    Returned(i64),
    /// It panicked.
    Panicked,
    /// It never began.
    Cancelled,
    /// Its process is gone.
    Died,
    /// A process of the pool is gone.
    Broken,
}

/// What a process can do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Does {
    /// Returns twice this.
    Double(i64),
    /// Panics.
    Panic,
    /// Ends the process.
    Exit,
}

impl Work for Does {
    type Output = i64;

    fn run(self) -> i64 {
        match self {
            Self::Double(n) => 2 * n,
            Self::Panic => panic!("no luck"),
            Self::Exit => process::exit(3),
        }
    }
}

/// Names [`Pool`] and [`ProcessPool`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Pool<B, Does>;
    type Breaking<B: Backend> = ProcessPool<B, Does>;
}

fn ending(result: Result<i64, FutureError>) -> Ending {
    match result {
        Ok(value) => Ending::Returned(value),
        Err(FutureError::Panicked(_)) => Ending::Panicked,
        Err(FutureError::Cancelled) => Ending::Cancelled,
        Err(FutureError::Died(_)) => Ending::Died,
        Err(FutureError::BrokenProcessPool(_)) => Ending::Broken,
        Err(error) => panic!("{error}"),
    }
}

impl<B: Backend> Subject for Pool<B, Does> {
    type Pending = AsyncResult<B, i64>;

    fn new(workers: usize) -> Self {
        Self::new(workers).expect("nothing forbids it")
    }
    fn start(&self, work: Does) -> Option<Self::Pending> {
        self.apply_async(work).ok()
    }
    fn start_with(&self, work: Does, first: impl FnOnce() + Send + 'static) -> Self::Pending {
        self.apply_async_with(work, |_| first()).expect("it is open")
    }
    fn get(pending: &Self::Pending) -> Ending {
        ending(pending.get())
    }
    fn close(&self) {
        self.close();
    }
    fn cancel(&self) {
        self.terminate();
    }
    fn join(&self) {
        self.join().expect("it is closed");
    }
}

impl<B: Backend> Subject for ProcessPool<B, Does> {
    type Pending = Future<B, i64>;

    fn new(workers: usize) -> Self {
        Self::new(workers).expect("nothing forbids it")
    }
    fn start(&self, work: Does) -> Option<Self::Pending> {
        self.submit(work).ok()
    }
    fn start_with(&self, work: Does, first: impl FnOnce() + Send + 'static) -> Self::Pending {
        let future = self.submit(work).expect("it is open");
        future.add_done_callback(|_| first());
        future
    }
    fn get(pending: &Self::Pending) -> Ending {
        ending(pending.result())
    }
    fn close(&self) {
        self.shutdown();
    }
    fn cancel(&self) {
        self.shutdown_now();
    }
    fn join(&self) {
        self.join().expect("it is shut down");
    }
}

/// The contracts of pools of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson =
        "All that is accepted is done once, and no death of a process leaves a waiter behind";
    let source = include_str!("process_pool.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "its-result",
            &ItsResult::<K>(Of::THIS),
            "What is accepted before the close is done, and then no process is left.",
        ),
        Variant::new(
            "a-panic",
            &APanic::<K>(Of::THIS),
            "A panic ends the task and not its process, and the task says so.",
        ),
        Variant::new("a-death", &ADeath::<K>(Of::THIS), "A task that ends its process says so."),
        Variant::new(
            "replaced",
            &Replaced::<K>(Of::THIS),
            "If a process is killed that has nothing to do, another does the next task.",
        )
        .needs(&[Kill]),
        Variant::new(
            "callback-first",
            &CallbackFirst::<K>(Of::THIS),
            "The callback has run, once, before any other thread has the result.",
        ),
        Variant::new(
            "terminated",
            &Terminated::<K>(Of::THIS),
            "Wherever its process is killed by the end of the pool, a task has a result or says why \
             not, and no process is left.",
        )
        .needs(&[Kill])
        .outcomes(&["cancelled", "died", "returned"]),
        Variant::new(
            "broken",
            &Broken::<K>(Of::THIS),
            "When a process of the breaking form dies, its future fails, and further work is refused.",
        ),
    ];
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![worker::<B, Does>()]
}

/// Starts work in a pool that is open.
#[track_caller]
fn start<S: Subject>(pool: &S, work: Does) -> S::Pending {
    pool.start(work).expect("it is open")
}

fn end<S: Subject>(pool: &S) {
    pool.close();
    pool.join();
}

programs! {
    <K: Kind>;

    ItsResult<B> {
        let pool = K::On::<B>::new(1);
        let task = start(&pool, Does::Double(1));
        pool.close();
        assert!(pool.start(Does::Double(2)).is_none(), "open after its close");
        pool.join();
        assert_eq!(K::On::<B>::get(&task), Ending::Returned(2), "another's result, or none");
        assert!(active_children::<B>().is_empty(), "a process is left");
    }

    APanic<B> {
        let pool = K::On::<B>::new(1);
        let ending = K::On::<B>::get(&start(&pool, Does::Panic));
        assert_eq!(ending, Ending::Panicked, "not told of the panic");
        assert_eq!(active_children::<B>().len(), 1, "its process is gone");
        end(&pool);
    }

    ADeath<B> {
        let pool = K::On::<B>::new(1);
        let ending = K::On::<B>::get(&start(&pool, Does::Exit));
        assert_eq!(ending, Ending::Died, "not told of the death");
        end(&pool);
    }

    Replaced<B> {
        let pool = K::On::<B>::new(1);
        active_children::<B>()[0].kill().expect("it was started");
        let task = start(&pool, Does::Double(1));
        end(&pool);
        let ending = K::On::<B>::get(&task);
        assert_eq!(ending, Ending::Returned(2), "given to a process that is gone");
    }

    CallbackFirst<B> {
        let pool = K::On::<B>::new(1);
        let called = Arc::new(AtomicUsize::<B>::named("called", 0));
        let calls = Arc::clone(&called);
        let first = move || {
            calls.fetch_add(1, SeqCst);
        };
        let task = pool.start_with(Does::Double(1), first);
        assert_eq!(K::On::<B>::get(&task), Ending::Returned(2), "another's result, or none");
        assert_eq!(called.load(SeqCst), 1, "called late, or again");
        end(&pool);
    }

    Terminated<B> {
        let pool = K::On::<B>::new(1);
        let task = start(&pool, Does::Double(1));
        pool.cancel();
        pool.join();
        assert!(active_children::<B>().is_empty(), "a process is left after the end");
        let ending = K::On::<B>::get(&task);
        outcome(match ending {
            Ending::Returned(2) => "returned",
            Ending::Died => "died",
            Ending::Cancelled => "cancelled",
            _ => panic!("ended in another way: {ending:?}"),
        });
    }

    Broken<B> {
        let pool = K::Breaking::<B>::new(1);
        let exits = start(&pool, Does::Exit);
        let ending = K::Breaking::<B>::get(&exits);
        assert_eq!(ending, Ending::Broken, "not broken by a death");
        assert!(pool.start(Does::Double(1)).is_none(), "open although it is broken");
        end(&pool);
    }
}
