//! What processes wait at, in real processes, some of which are killed.

use super::{SECOND, eventually, soon};
use raceproof_suite::{
    native::process::{Barrier, Condition, Event, Lock, Process, Queue, RLock, Semaphore},
    primitives::{
        Broken,
        process::{
            BarrierError, Entry, Identity, Task, active_children, current_process, entry,
            parent_process,
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{thread, time::Duration};

type Std = raceproof_suite::backend::Std;

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<Visits>(), entry::<At>(), entry::<Tells>()]
}

const MOMENT: Duration = Duration::from_millis(20);

/// Comes to a barrier, and then goes into a section for two.
#[derive(Clone, Serialize, Deserialize)]
struct Visits {
    start: Barrier,
    places: Semaphore,
    lock: RLock,
    inside: Queue<i32>,
}

impl Task for Visits {
    fn run(self) {
        self.start.wait().unwrap();
        for _ in 0..20 {
            let _place = self.places.permit().unwrap();
            let _outer = self.lock.lock().unwrap();
            let _inner = self.lock.lock().unwrap();
            // One counter, which nothing else guards.
            let inside = self.inside.try_get().expect("another is inside");
            self.inside.put(inside + 1).unwrap();
        }
    }
}

pub(crate) fn processes_meet_and_exclude_one_another() {
    let visits = Visits {
        start: Barrier::new(3).unwrap(),
        places: Semaphore::new(2),
        lock: RLock::new(),
        inside: Queue::new(1),
    };
    visits.inside.put(0).unwrap();
    let visitors = ["Ann", "Ben"].map(|name| Process::new(name, visits.clone()));
    for visitor in &visitors {
        visitor.start().unwrap();
    }
    assert!(soon(|| visits.start.wait()).is_ok());
    for visitor in visitors {
        assert_eq!(visitor.join(), Ok(()));
    }
    assert_eq!(visits.inside.get(), Ok(40));
    assert_eq!((visits.places.permits(), visits.lock.locked()), (Ok(2), Ok(false)));
}

/// Waits at something.
#[derive(Serialize, Deserialize)]
enum At {
    Permit(Semaphore, Queue<()>),
    Lock(Lock, Queue<()>),
    Set(Event, Event),
    Notice(Condition, Queue<()>),
    Parties(Barrier),
}

impl Task for At {
    fn run(self) {
        match self {
            Self::Permit(places, ready) => {
                ready.put(()).unwrap();
                places.acquire().unwrap();
            }
            Self::Lock(lock, ready) => {
                ready.put(()).unwrap();
                lock.acquire().unwrap();
            }
            Self::Set(event, passed) => {
                event.wait().unwrap();
                passed.set().unwrap();
            }
            Self::Notice(changed, ready) => {
                let _held = changed.lock().unwrap();
                ready.put(()).unwrap();
                changed.wait().unwrap();
            }
            Self::Parties(barrier) => drop(barrier.wait()),
        }
    }
}

fn at(what: At) -> Process {
    let child = Process::new("waiter", what);
    child.start().unwrap();
    child
}

pub(crate) fn a_killed_waiter_takes_no_permit() {
    let (places, ready) = (Semaphore::new(0), Queue::new(0));
    let lock = Lock::new();
    lock.acquire().unwrap();
    for _ in 0..5 {
        let waiters = [
            at(At::Permit(places.clone(), ready.clone())),
            at(At::Lock(lock.clone(), ready.clone())),
        ];
        // Then each is about to wait, and a moment later it does.
        waiters.iter().for_each(|_| ready.get_timeout(SECOND).unwrap());
        thread::sleep(MOMENT);
        waiters.iter().for_each(|waiter| waiter.kill().unwrap());
        places.release().unwrap();
        lock.release().unwrap();
        // Time for the threads that serve the killed processes.
        thread::sleep(MOMENT);
        assert_eq!(places.acquire_timeout(SECOND), Ok(true));
        assert_eq!(lock.acquire_timeout(SECOND), Ok(true));
    }
}

pub(crate) fn a_pulse_reaches_another_process() {
    let (event, passed) = (Event::new(), Event::new());
    for _ in 0..5 {
        let waiter = at(At::Set(event.clone(), passed.clone()));
        eventually(|| event.n_waiting() == Ok(1));
        event.set().unwrap();
        event.clear().unwrap();
        assert_eq!(passed.wait_timeout(SECOND), Ok(true), "it missed the pulse");
        assert_eq!(waiter.join(), Ok(()));
        passed.clear().unwrap();
    }
}

pub(crate) fn a_killed_waiter_takes_no_notification() {
    let (changed, ready) = (Condition::new(), Queue::new(0));
    let waiters = [0, 1].map(|_| {
        let waiter = at(At::Notice(changed.clone(), ready.clone()));
        ready.get().unwrap();
        waiter
    });
    let held = changed.lock().unwrap();
    changed.notify(1).unwrap();
    waiters[0].kill().unwrap();
    drop(held);
    assert_eq!(soon(|| waiters[1].join()), Ok(()));
}

pub(crate) fn a_killed_party_breaks_the_barrier() {
    let barrier = Barrier::new(3).unwrap();
    let party = at(At::Parties(barrier.clone()));
    let other = {
        let barrier = barrier.clone();
        thread::spawn(move || barrier.wait())
    };
    eventually(|| barrier.n_waiting() == Ok(2));
    party.kill().unwrap();
    let told = soon(|| other.join().unwrap());
    assert_eq!(told, Err(BarrierError::Broken(Broken)));
}

/// Tells who it is.
#[derive(Serialize, Deserialize)]
struct Tells(Queue<(Identity, Option<Identity>)>);

impl Task for Tells {
    fn run(self) {
        self.0.put((current_process::<Std>(), parent_process::<Std>())).unwrap();
    }
}

pub(crate) fn a_process_knows_its_family() {
    let told = Queue::new(0);
    let child = Process::daemon("child", Tells(told.clone()));
    child.start().unwrap();
    let (itself, parent) = told.get().unwrap();
    assert_eq!(itself, Identity { name: "child".into(), pid: child.pid(), daemon: true });
    assert_eq!(parent, Some(current_process::<Std>()));
    assert_eq!(child.join(), Ok(()));
    let endless = at(At::Set(Event::new(), Event::new()));
    let listed = |it: &Process| active_children::<Std>().iter().any(|it2| it2.pid() == it.pid());
    assert!(listed(&endless) && !listed(&child));
    endless.terminate().unwrap();
    assert!(!listed(&endless));
}
