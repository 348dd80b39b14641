//! The promises of a manager's objects at which processes wait: a call that waits delays no other,
//! a client that is killed takes nothing along, and the end of the manager is told to every thread
//! that waits.

use super::Of;
use crate::{
    backend::{Backend, Capability::Kill, Condvar, Mutex, join_all},
    primitives::{
        manager::{Managed, Manager, ManagerError, Methods, Proxy, Queue, class},
        process::{
            Barrier, BarrierError, Condition, ConditionError, Entry, Event, Item, Lock, Process,
            RLock, Semaphore, Task, Unreachable, entry,
        },
    },
    program::{Group, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The contracts of [`Manager`] and its objects.
pub static SCENARIO: Scenario = scenario::<Real>("manager-waits");

/// Names a manager with its objects.
pub trait Kind: fmt::Debug + 'static {
    /// The handles.
    type On<B: Backend>: Subject;
}

/// Where a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// For a lock that another thread holds.
    Lock,
    /// For a reentrant lock that another thread holds.
    RLock,
    /// For a notification.
    Condition,
    /// For a permit.
    Semaphore,
    /// For a permit of a semaphore that can have none.
    BoundedSemaphore,
    /// For an event.
    Event,
    /// For the other party.
    Barrier,
    /// For an item.
    Get,
    /// For room.
    Put,
    /// For a task.
    Join,
    /// In a method of an object of a type of one's own.
    Method,
}

/// A handle of one object of a manager, at which a call waits.
pub trait Subject: Item + Clone + Sync {
    /// The manager.
    type Manager: Send + Sync + 'static;
    /// A manager with one object. The first call at `place` waits.
    fn start(place: Place) -> (Self, Self::Manager);
    /// Ends the manager.
    fn shutdown(manager: &Self::Manager);
    /// Waits; returns whether the manager was there until then.
    fn wait(&self) -> bool;
    /// Whether the next call would not wait.
    fn is_open(&self) -> bool;
    /// Lets one call go on.
    fn open(&self);
}

/// Names [`Manager`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Waiting<B>;
}

/// An object at which a call waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Waiting<B: Backend> {
    /// For a lock.
    Lock(Lock<B>),
    /// For a reentrant lock.
    RLock(RLock<B>),
    /// For a notification.
    Condition(Condition<B>),
    /// For a permit.
    Semaphore(Semaphore<B>),
    /// For an event.
    Event(Event<B>),
    /// For the other party.
    Barrier(Barrier<B>),
    /// For an item.
    Get(Queue<B, i64>),
    /// For room.
    Put(Queue<B, i64>),
    /// For a task.
    Join(Queue<B, i64>),
    /// In a method.
    Method(Proxy<B, Gate<B>>),
}

/// A gate that threads wait at until it is open.
pub struct Gate<B: Backend>(Mutex<B, bool>, Condvar<B>);

impl<B: Backend> Managed for Gate<B> {
    type Arguments = ();

    fn new((): ()) -> Self {
        Self(Mutex::named("gate", false), Condvar::named("gate opens"))
    }

    fn methods() -> Methods<Self> {
        Methods::<Self>::new()
            .method("pass", |gate, ()| {
                drop(gate.1.wait_while(gate.0.lock(), |open| !*open));
            })
            .method("open", |gate, ()| gate.close())
            .method("is_open", |gate, ()| *gate.0.lock())
    }

    fn close(&self) {
        *self.0.lock() = true;
        self.1.notify_all();
    }
}

/// Whether the manager was there; no other error may come.
#[track_caller]
fn there<T, E: fmt::Debug + PartialEq>(result: Result<T, E>, gone: E) -> bool {
    match result {
        Ok(_) => true,
        Err(error) if error == gone => false,
        Err(error) => panic!("another error than that it is gone: {error:?}"),
    }
}

#[track_caller]
fn reached<T>(result: Result<T, Unreachable>) -> bool {
    there(result, Unreachable::OwnerGone)
}

#[track_caller]
fn notified<B: Backend>(condition: &Condition<B>) -> Result<(), ConditionError> {
    let _held = condition.lock()?;
    condition.wait()
}

impl<B: Backend> Waiting<B> {
    fn of(manager: &Manager<B>, place: Place) -> Result<Self, ManagerError> {
        let queue = || {
            let queue = manager.queue(1)?;
            queue.put(1).expect("there is room");
            Ok::<_, ManagerError>(queue)
        };
        Ok(match place {
            Place::Lock => {
                let lock = manager.lock()?;
                lock.acquire()?;
                Self::Lock(lock)
            }
            Place::RLock => {
                let lock = manager.rlock()?;
                lock.acquire()?;
                Self::RLock(lock)
            }
            Place::Condition => Self::Condition(manager.condition()?),
            Place::Semaphore => Self::Semaphore(manager.semaphore(0)?),
            Place::BoundedSemaphore => Self::Semaphore((*manager.bounded_semaphore(0)?).clone()),
            Place::Event => Self::Event(manager.event()?),
            Place::Barrier => Self::Barrier(manager.barrier(2)?),
            Place::Get => Self::Get(manager.queue(1)?),
            Place::Put => Self::Put(queue()?),
            Place::Join => {
                let queue = queue()?;
                // The task is under way.
                queue.get().expect("it is there");
                Self::Join(queue)
            }
            Place::Method => Self::Method(manager.object::<Gate<B>>(&())?),
        })
    }
}

impl<B: Backend> Subject for Waiting<B> {
    type Manager = Manager<B>;

    fn start(place: Place) -> (Self, Manager<B>) {
        let manager = Manager::start().expect("nothing forbids it");
        (Self::of(&manager, place).expect("it is there"), manager)
    }
    fn shutdown(manager: &Manager<B>) {
        manager.shutdown();
    }
    fn wait(&self) -> bool {
        use crate::primitives::process::{GetError, PutError};
        let gone = Unreachable::OwnerGone;
        match self {
            Self::Lock(lock) => reached(lock.acquire()),
            Self::RLock(lock) => reached(lock.acquire()),
            Self::Condition(condition) => there(notified(condition), ConditionError::from(gone)),
            Self::Semaphore(semaphore) => reached(semaphore.acquire()),
            Self::Event(event) => reached(event.wait()),
            Self::Barrier(barrier) => there(barrier.wait(), BarrierError::from(gone)),
            Self::Get(queue) => there(queue.get(), GetError::from(gone)),
            Self::Put(queue) => there(queue.put(2), PutError::Unreachable(2, gone)),
            Self::Join(queue) => reached(queue.join()),
            Self::Method(gate) => there(gate.call::<_, ()>("pass", &()), ManagerError::Gone),
        }
    }
    fn is_open(&self) -> bool {
        match self {
            Self::Lock(lock) => lock.locked() == Ok(false),
            Self::Get(queue) => queue.qsize() == Ok(1),
            Self::Method(gate) => gate.call("is_open", &()) == Ok(true),
            _ => unreachable!("no contract asks"),
        }
    }
    fn open(&self) {
        match self {
            Self::Lock(lock) => lock.release().expect("it is held"),
            Self::Get(queue) => queue.put(1).expect("there is room"),
            Self::Method(gate) => gate.call("open", &()).expect("it is there"),
            _ => unreachable!("no contract opens it"),
        }
    }
}

/// The contracts of managers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson =
        "A call that waits at a managed object delays no other, and does not outlive the manager";
    let source = include_str!("manager_waits.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new("lock", &Ends::<K>(Of::THIS, (Place::Lock, 2)), ENDS),
        Variant::new("rlock", &Ends::<K>(Of::THIS, (Place::RLock, 1)), ENDS),
        Variant::new("condition", &Ends::<K>(Of::THIS, (Place::Condition, 1)), ENDS),
        Variant::new("semaphore", &Ends::<K>(Of::THIS, (Place::Semaphore, 1)), ENDS),
        Variant::new("no-permits", &Ends::<K>(Of::THIS, (Place::BoundedSemaphore, 1)), ENDS),
        Variant::new("event", &Ends::<K>(Of::THIS, (Place::Event, 1)), ENDS),
        Variant::new("barrier", &Ends::<K>(Of::THIS, (Place::Barrier, 1)), ENDS),
        Variant::new("get", &Ends::<K>(Of::THIS, (Place::Get, 1)), ENDS),
        Variant::new("put", &Ends::<K>(Of::THIS, (Place::Put, 1)), ENDS),
        Variant::new("join", &Ends::<K>(Of::THIS, (Place::Join, 1)), ENDS),
        Variant::new("method", &Ends::<K>(Of::THIS, (Place::Method, 1)), ENDS),
        Variant::new(
            "lets-others-call",
            &LetsOthersCall::<K>(Of::THIS, Place::Get),
            "While a call waits, others at the same object go on.",
        ),
        Variant::new(
            "lets-methods-run",
            &LetsOthersCall::<K>(Of::THIS, Place::Method),
            "While a method waits, others of the same object run.",
        ),
        Variant::new(
            "killed-for-a-lock",
            &Killed::<K>(Of::THIS, Place::Lock),
            "A client that is killed while it waits for a lock leaves no other waiting for ever.",
        )
        .needs(&[Kill]),
        Variant::new(
            "killed-for-an-item",
            &Killed::<K>(Of::THIS, Place::Get),
            "A client that is killed while it waits for an item takes none along.",
        )
        .needs(&[Kill]),
        Variant::new(
            "killed-at-the-end",
            &KilledAtTheEnd::<K>(Of::THIS),
            "A client that is killed when the manager ends keeps no other from being told.",
        )
        .needs(&[Kill]),
    ];
}

const ENDS: &str = "The end of the manager is told to each thread that waits.";

/// Waits at an object; after the end of the manager is that told.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Waits<S: Subject>(S);

impl<S: Subject> Task for Waits<S> {
    fn run(self) {
        self.0.wait();
    }
}

/// What the processes run, and the types of managed objects.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Waits<Waiting<B>>>(), class::<Gate<B>>()]
}

programs! {
    <K: Kind>;

    Ends(size: (Place, usize))<B> {
        let (place, waiters) = size;
        let (handle, manager) = K::On::<B>::start(place);
        let waiting = (0..waiters).map(|n| {
            let handle = handle.clone();
            B::spawn(format!("waiter {n}"), move || handle.wait())
        });
        let waiting: Vec<_> = waiting.collect();
        K::On::<B>::shutdown(&manager);
        let there = join_all::<B, _>(waiting);
        assert!(there.iter().all(|there| !there), "got what no thread gave");
    }

    LetsOthersCall(place: Place)<B> {
        let (handle, _manager) = K::On::<B>::start(place);
        let theirs = handle.clone();
        let waiting = B::spawn("waiter", move || theirs.wait());
        handle.open();
        assert!(waiting.join().unwrap(), "gone before its end");
    }

    Killed(place: Place)<B> {
        let (handle, _manager) = K::On::<B>::start(place);
        let waiting = |name| Process::<B>::new(name, Waits(handle.clone()));
        let [doomed, other] = ["doomed", "other"].map(waiting);
        doomed.start().expect("nothing forbids it");
        other.start().expect("nothing forbids it");
        handle.open();
        doomed.terminate().expect("it was started");
        // What either has taken is gone.
        if !handle.is_open() {
            handle.open();
        }
        other.join().expect("it ends well");
    }

    KilledAtTheEnd<B> {
        let (handle, manager) = K::On::<B>::start(Place::Lock);
        let waiting = |name| Process::<B>::new(name, Waits(handle.clone()));
        let [doomed, other] = ["doomed", "other"].map(waiting);
        doomed.start().expect("nothing forbids it");
        other.start().expect("nothing forbids it");
        K::On::<B>::shutdown(&manager);
        doomed.terminate().expect("it was started");
        other.join().expect("it ends well");
    }
}
