//! A manager's objects in real processes: those at which processes wait, those in one another, and those of types of one's
//! own.

use super::{SECOND, eventually, remains, soon};
use raceproof_suite::{
    backend::{Backend, Mutex},
    native::{
        manager::{Dict, List, Manager, Proxy, Queue},
        process::{Barrier, BoundedSemaphore, Condition, Event, Lock, Process, RLock, Semaphore},
    },
    primitives::{
        NoParties,
        manager::{Managed, ManagerError, Methods, class},
        process::{
            BarrierError, ConditionError, Entry, GetError, PutError, Task, Unreachable, entry,
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{thread, time::Duration};

type Std = raceproof_suite::backend::Std;

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<Adds>(), entry::<At>(), entry::<Nests>(), class::<Till<Std>>()]
}

const MOMENT: Duration = Duration::from_millis(20);
const GONE: Unreachable = Unreachable::OwnerGone;

/// A type of one's own.
struct Till<B: Backend>(Mutex<B, i64>);

impl<B: Backend> Managed for Till<B> {
    type Arguments = i64;

    fn new(money: i64) -> Self {
        assert!(money >= 0, "no debts");
        Self(Mutex::new(money))
    }

    fn methods() -> Methods<Self> {
        Methods::<Self>::new()
            .method("pay_in", |till, money: i64| *till.0.lock() += money)
            .method("money", |till, ()| *till.0.lock())
            .method("owner", |_, ()| std::process::id())
            .method("nap", |_, ()| thread::sleep(10 * SECOND))
    }
}

/// A type that `main` does not register.
struct Unknown;

impl Managed for Unknown {
    type Arguments = ();

    fn new((): ()) -> Self {
        Self
    }

    fn methods() -> Methods<Self> {
        Methods::<Self>::new()
    }
}

/// Comes to the barrier; then adds to all that others add to.
#[derive(Clone, Serialize, Deserialize)]
struct Adds {
    start: Barrier,
    lock: RLock,
    places: BoundedSemaphore,
    counts: Queue<i64>,
    till: Proxy<Till<Std>>,
}

impl Task for Adds {
    fn run(self) {
        self.start.wait().unwrap();
        for _ in 0..20 {
            let _place = self.places.permit().unwrap();
            let _outer = self.lock.lock().unwrap();
            let _inner = self.lock.lock().unwrap();
            let count = self.counts.try_get().expect("another is inside");
            self.counts.put(count + 1).unwrap();
            self.till.call::<_, ()>("pay_in", &1_i64).unwrap();
        }
        self.counts.task_done().unwrap();
    }
}

pub(crate) fn managed_objects_are_shared_by_processes() {
    let manager = Manager::start().unwrap();
    let adds = Adds {
        start: manager.barrier(3).unwrap(),
        lock: manager.rlock().unwrap(),
        places: manager.bounded_semaphore(2).unwrap(),
        counts: manager.queue(1).unwrap(),
        till: manager.object(&2).unwrap(),
    };
    adds.counts.put(0).unwrap();
    let adding = ["Ann", "Ben"].map(|name| Process::new(name, adds.clone()));
    adding.iter().for_each(|child| child.start().unwrap());
    assert!(soon(|| adds.start.wait()).is_ok());
    adding.iter().for_each(|child| assert_eq!(child.join(), Ok(())));
    assert_eq!(adds.counts.get(), Ok(40));
    assert_eq!(adds.till.call("money", &()), Ok(42_i64));
    assert_eq!(adds.till.call("owner", &()), Ok(manager.pid().unwrap()));
    assert_eq!((adds.places.permits(), adds.lock.locked()), (Ok(2), Ok(false)));
    assert_eq!(manager.barrier(0).err(), Some(NoParties.into()));
}

pub(crate) fn methods_that_cannot_be_called_are_errors() {
    let manager = Manager::start().unwrap();
    let till = manager.object::<Till<Std>>(&0).unwrap();
    assert_eq!(till.call::<_, ()>("pay_in", &'a'), Err(ManagerError::WrongType));
    assert_eq!(till.call::<_, ()>("pay_out", &1_i64), Err(ManagerError::NoSuchMethod));
    let debts = manager.object::<Till<Std>>(&-1).map(drop);
    assert_eq!(debts, Err(ManagerError::Panicked("no debts".into())));
    let unknown = manager.object::<Unknown>(&()).unwrap_err().to_string();
    assert!(unknown.contains("manager::class::<") && unknown.contains("Unknown>()"), "{unknown}");
}

/// Appends to a list in a dictionary, and puts one into it.
#[derive(Serialize, Deserialize)]
struct Nests(Dict<String, List<u32>>, List<u32>, Event);

impl Task for Nests {
    fn run(self) {
        let Self(lists, own, done) = self;
        lists.get(&"theirs".into()).unwrap().push(&2).unwrap();
        own.push(&3).unwrap();
        lists.insert(&"own".into(), &own).unwrap();
        // A handle of an object of a third process crosses as well.
        done.set().unwrap();
    }
}

pub(crate) fn managed_objects_are_in_one_another() {
    let manager = Manager::start().unwrap();
    let (lists, done) = (manager.dict::<String, List<u32>>().unwrap(), Event::new());
    lists.insert(&"theirs".into(), &manager.list().unwrap()).unwrap();
    lists.get(&"theirs".into()).unwrap().push(&1).unwrap();
    let child = Process::new("child", Nests(lists.clone(), manager.list().unwrap(), done.clone()));
    child.start().unwrap();
    assert_eq!(child.join(), Ok(()));
    // No handle is left but in the dictionary.
    assert_eq!(lists.get(&"own".into()).unwrap().to_vec(), Ok(vec![3]));
    let list = lists.remove(&"theirs".into()).unwrap();
    assert_eq!(list.to_vec(), Ok(vec![1, 2]));
    // An object of this process is kept by the manager, and known when it comes back.
    let events = manager.list::<Event>().unwrap();
    events.push(&Event::new()).unwrap();
    events.get(0).unwrap().set().unwrap();
    assert_eq!(events.pop().unwrap().is_set(), Ok(true));
    assert_eq!(done.is_set(), Ok(true));
}

/// Waits at a managed object until that is refused, and tells what came.
#[derive(Clone, Serialize, Deserialize)]
enum At {
    Lock(Lock),
    RLock(RLock),
    Notice(Condition),
    Permit(Semaphore),
    Set(Event),
    Parties(Barrier),
    Get(Queue<i64>),
    Put(Queue<i64>),
    Done(Queue<i64>),
    Nap(Proxy<Till<Std>>),
}

impl Task for At {
    fn run(self) {
        let notice = |changed: &Condition| {
            let _held = changed.lock()?;
            changed.wait()
        };
        match self {
            Self::Lock(lock) => assert_eq!(lock.acquire(), Err(GONE)),
            Self::RLock(lock) => assert_eq!(lock.acquire(), Err(GONE)),
            Self::Notice(changed) => assert_eq!(notice(&changed), Err(ConditionError::from(GONE))),
            Self::Permit(places) => assert_eq!(places.acquire(), Err(GONE)),
            Self::Set(event) => assert_eq!(event.wait(), Err(GONE)),
            Self::Parties(barrier) => assert_eq!(barrier.wait(), Err(BarrierError::from(GONE))),
            Self::Get(queue) => assert_eq!(queue.get(), Err(GetError::from(GONE))),
            Self::Put(queue) => assert_eq!(queue.put(2), Err(PutError::Unreachable(2, GONE))),
            Self::Done(queue) => assert_eq!(queue.join(), Err(GONE)),
            Self::Nap(till) => {
                assert_eq!(till.call::<_, ()>("nap", &()), Err(ManagerError::Gone));
            }
        }
    }
}

/// One of each, at which a call waits.
fn places(manager: &Manager) -> Vec<At> {
    let (lock, rlock) = (manager.lock().unwrap(), manager.rlock().unwrap());
    lock.acquire().unwrap();
    rlock.acquire().unwrap();
    let full = || {
        let queue = manager.queue(1).unwrap();
        queue.put(1).unwrap();
        queue
    };
    let under_way = full();
    under_way.get().unwrap();
    vec![
        At::Lock(lock),
        At::RLock(rlock),
        At::Notice(manager.condition().unwrap()),
        At::Permit(manager.semaphore(0).unwrap()),
        At::Set(manager.event().unwrap()),
        At::Parties(manager.barrier(2).unwrap()),
        At::Get(manager.queue(0).unwrap()),
        At::Put(full()),
        At::Done(under_way),
        At::Nap(manager.object(&0).unwrap()),
    ]
}

fn start(places: Vec<At>) -> Vec<Process> {
    let started = places.into_iter().map(|at| {
        let child = Process::new("waiter", at);
        child.start().unwrap();
        child
    });
    let started = started.collect();
    // Each is about to wait, and a moment later it does.
    thread::sleep(3 * MOMENT);
    started
}

pub(crate) fn the_end_of_a_manager_is_told_to_all_that_wait() {
    let manager = Manager::start().unwrap();
    let waiting = start(places(&manager));
    assert!(waiting.iter().all(Process::is_alive), "they wait");
    soon(|| manager.shutdown());
    waiting.iter().for_each(|child| assert_eq!(child.join(), Ok(())));
}

pub(crate) fn a_waiting_call_delays_no_other() {
    let manager = Manager::start().unwrap();
    let places = places(&manager);
    let waiting = start(places.clone());
    let count = manager.value(&1).unwrap();
    soon(|| assert_eq!(count.set(&2), Ok(1)));
    for place in &places {
        soon(|| match place {
            At::Lock(lock) => assert_eq!(lock.locked(), Ok(true)),
            At::RLock(lock) => assert_eq!(lock.is_owned(), Ok(true)),
            At::Notice(changed) => assert_eq!(changed.try_acquire(), Ok(true)),
            At::Permit(places) => assert_eq!(places.permits(), Ok(0)),
            At::Set(event) => assert_eq!(event.n_waiting(), Ok(1)),
            At::Parties(barrier) => assert_eq!(barrier.n_waiting(), Ok(1)),
            At::Get(queue) | At::Done(queue) => assert_eq!(queue.qsize(), Ok(0)),
            At::Put(queue) => assert_eq!(queue.qsize(), Ok(1)),
            At::Nap(till) => assert_eq!(till.call("money", &()), Ok(0_i64)),
        });
    }
    waiting.iter().for_each(|child| child.kill().unwrap());
}

pub(crate) fn a_killed_client_leaves_nothing_held() {
    let manager = Manager::start().unwrap();
    let places = places(&manager);
    let waiting = start(places.clone());
    waiting.iter().for_each(|child| child.kill().unwrap());
    // Time for the threads that serve the killed processes.
    thread::sleep(10 * MOMENT);
    for place in &places {
        soon(|| match place {
            At::Lock(lock) => {
                lock.release().unwrap();
                assert_eq!(lock.acquire_timeout(MOMENT), Ok(true));
            }
            At::RLock(lock) => {
                lock.release().unwrap();
                assert_eq!(lock.locked(), Ok(false));
            }
            At::Notice(changed) => assert_eq!(changed.locked(), Ok(false)),
            At::Permit(places) => {
                places.release().unwrap();
                assert_eq!(places.acquire_timeout(MOMENT), Ok(true));
            }
            At::Set(event) => assert_eq!(event.n_waiting(), Ok(0)),
            At::Parties(barrier) => assert_eq!(barrier.is_broken(), Ok(true)),
            At::Get(queue) => {
                queue.put(1).unwrap();
                assert_eq!(queue.get_timeout(MOMENT), Ok(1));
            }
            At::Put(queue) => {
                assert_eq!(queue.get(), Ok(1));
                assert_eq!(queue.qsize(), Ok(0), "nothing was put for a client that is gone");
            }
            At::Done(queue) => assert_eq!(queue.task_done(), Ok(())),
            At::Nap(till) => assert_eq!(till.call("money", &()), Ok(0_i64)),
        });
    }
}

/// How many managers are started and ended, with clients killed at any moment.
const MANAGERS: usize = 5;

pub(crate) fn many_managers_leave_nothing() {
    Manager::start().unwrap().shutdown();
    let before = remains::descriptors();
    for n in 0..MANAGERS {
        let manager = Manager::start().unwrap();
        let waiting = places(&manager).into_iter().map(|at| Process::new("waiter", at));
        let waiting: Vec<_> = waiting.collect();
        waiting.iter().for_each(|child| child.start().unwrap());
        thread::sleep(Duration::from_millis(5 * n as u64));
        waiting.iter().step_by(2).for_each(|child| child.kill().unwrap());
        if n % 2 == 0 {
            manager.shutdown();
        }
        drop(manager);
        waiting.iter().for_each(|child| drop(child.join()));
    }
    eventually(|| remains::children() == 0);
    eventually(|| remains::descriptors() <= before);
}
