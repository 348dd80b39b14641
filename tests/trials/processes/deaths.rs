//! What others notice when a process is killed, and how soon.

use super::{SECOND, endings::End, eventually, remains::lives, soon};
use raceproof_suite::{
    native::{
        manager::{Manager, Value},
        process::{Lock, Pipe, PipeEnd, Process, Queue},
    },
    primitives::{
        self,
        manager::ManagerError,
        process::{Entry, GetError, PutError, RecvError, SendError, Task, Unreachable, entry},
    },
};
use serde::{Deserialize, Serialize};
use std::{process::Command, thread, time::Duration};

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<Holds>(), entry::<Gets>(), entry::<Owns>(), entry::<Starts>()]
}

const MOMENT: Duration = Duration::from_millis(100);

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

/// Has an end of a pipe, and does nothing with it.
#[derive(Serialize, Deserialize)]
struct Holds(PipeEnd<u8>);

impl Task for Holds {
    fn run(self) {
        thread::sleep(Duration::MAX);
    }
}

pub(crate) fn a_killed_reader_breaks_the_pipe() {
    let (mine, theirs) = Pipe::duplex(1).unwrap();
    let child = Process::new("reader", Holds(theirs));
    child.start().unwrap();
    mine.send(1).unwrap();
    assert_eq!(mine.try_send(2).unwrap_err().into_inner(), 2, "the pipe is full");
    let pid = child.pid().unwrap();
    let killer = thread::spawn(move || {
        thread::sleep(MOMENT);
        kill(pid);
    });
    let error = soon(|| mine.send(2));
    assert_eq!(error, Err(SendError::Refused(primitives::SendError::BrokenPipe(2))));
    killer.join().unwrap();
    assert_eq!(child.join().unwrap_err().to_string(), "process `reader` was ended by signal 9");
}

pub(crate) fn a_killed_writer_is_the_end_of_file() {
    let (mine, theirs) = Pipe::duplex(1).unwrap();
    let child = Process::new("writer", Holds(theirs));
    child.start().unwrap();
    let pid = child.pid().unwrap();
    let killer = thread::spawn(move || {
        thread::sleep(MOMENT);
        kill(pid);
    });
    let end = Err(RecvError::Refused(primitives::RecvError::EndOfFile));
    assert_eq!(soon(|| mine.recv()), end);
    killer.join().unwrap();
    assert!(child.join().is_err());
}

/// Waits for an item.
#[derive(Serialize, Deserialize)]
struct Gets {
    ready: Queue<()>,
    items: Queue<u8>,
}

impl Task for Gets {
    fn run(self) {
        self.ready.put(()).unwrap();
        drop(self.items.get());
    }
}

pub(crate) fn a_killed_getter_takes_nothing() {
    let (ready, items) = (Queue::new(0), Queue::new(0));
    for _ in 0..20 {
        let child = Process::new("getter", Gets { ready: ready.clone(), items: items.clone() });
        child.start().unwrap();
        ready.get().unwrap();
        thread::sleep(Duration::from_millis(5));
        child.kill().unwrap();
        items.put(1).unwrap();
        // Time for the thread that serves the killed process to take it.
        thread::sleep(Duration::from_millis(5));
        assert_eq!(items.get_timeout(SECOND), Ok(1));
        assert_eq!(items.try_get(), Err(GetError::Empty));
    }
}

/// Has a queue of its own, which it sends to its parent.
#[derive(Serialize, Deserialize)]
struct Owns(PipeEnd<Queue<u8>>);

impl Task for Owns {
    fn run(self) {
        self.0.send(Queue::new(1)).unwrap();
        thread::sleep(Duration::MAX);
    }
}

pub(crate) fn a_killed_owner_takes_its_queue_with_it() {
    let (mine, theirs) = Pipe::duplex(1).unwrap();
    let child = Process::new("owner", Owns(theirs));
    child.start().unwrap();
    let queue = mine.recv().unwrap();
    let waiting = queue.clone();
    let getter = thread::spawn(move || soon(|| waiting.get()));
    thread::sleep(MOMENT);
    child.kill().unwrap();
    assert_eq!(getter.join().unwrap(), Err(GetError::Unreachable(Unreachable::OwnerGone)));
    let error = soon(|| queue.put(1));
    assert_eq!(error, Err(PutError::Unreachable(1, Unreachable::OwnerGone)));
}

pub(crate) fn a_killed_manager_is_an_error() {
    let manager = Manager::start().unwrap();
    let (count, list): (Value<i32>, _) =
        (manager.value(&1).unwrap(), manager.list::<u8>().unwrap());
    let lock: Lock = count.get_lock().clone();
    lock.acquire().unwrap();
    let waiter = {
        let lock = lock.clone();
        thread::spawn(move || soon(|| lock.acquire()))
    };
    thread::sleep(MOMENT);
    kill(manager.pid().unwrap());
    assert_eq!(waiter.join().unwrap(), Err(Unreachable::OwnerGone));
    assert_eq!(soon(|| count.get()), Err(ManagerError::Gone));
    assert_eq!(soon(|| list.push(&1)), Err(ManagerError::Gone));
    assert_eq!(manager.dict::<u8, u8>().err(), Some(ManagerError::Gone));
    manager.shutdown();
}

/// Starts a process that would run forever, and sends its process id.
#[derive(Serialize, Deserialize)]
struct Starts {
    pid: Queue<u32>,
    runs: Queue<()>,
}

impl Task for Starts {
    fn run(self) {
        let child = Process::new("endless", End::Holds(self.runs));
        child.start().unwrap();
        self.pid.put(child.pid().unwrap()).unwrap();
        thread::sleep(Duration::MAX);
    }
}

pub(crate) fn no_child_outlives_a_killed_parent() {
    let (pid, runs) = (Queue::new(0), Queue::new(0));
    let parent = Process::new("parent", Starts { pid: pid.clone(), runs: runs.clone() });
    parent.start().unwrap();
    let child = pid.get().unwrap();
    runs.get().unwrap();
    assert!(lives(child));
    parent.kill().unwrap();
    eventually(|| !lives(child));
}
