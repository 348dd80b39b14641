//! What happens when a process has run out of descriptors.

use super::{SECOND, endings::End, soon};
use raceproof_suite::{
    native::process::{Process, Queue},
    primitives::process::{Entry, GetError, ProcessError, Task, Unreachable, entry},
};
use rlimit::Resource;
use serde::{Deserialize, Serialize};
use std::{fs::File, thread, time::Duration};

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<Starved>(), entry::<Crowded>()]
}

/// Takes all descriptors that this process may still have.
fn take_all() -> Vec<File> {
    let (_, hard) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(64, hard).unwrap();
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

/// Reports the results of starting a process and of sending a queue for the first time; then again with the
/// descriptors released.
#[derive(Serialize, Deserialize)]
struct Starved {
    told: Queue<String>,
    queues: Queue<Queue<u8>>,
}

impl Task for Starved {
    fn run(self) {
        let taken = take_all();
        let child = Process::new("child", End::Well);
        self.told.put(child.start().unwrap_err().to_string()).unwrap();
        self.told.put(self.queues.put(Queue::new(1)).unwrap_err().to_string()).unwrap();
        drop(taken);
        self.queues.put(Queue::new(1)).unwrap();
        assert_eq!((child.start(), child.join()), (Ok(()), Ok(())));
    }
}

pub(crate) fn without_descriptors_nothing_starts() {
    let (told, queues) = (Queue::new(0), Queue::new(0));
    let starved = Starved { told: told.clone(), queues: queues.clone() };
    let child = Process::new("starved", starved);
    child.start().unwrap();
    let start = told.get_timeout(SECOND).unwrap();
    assert!(start.starts_with("cannot start a process: Too many open files"), "{start}");
    let sent = told.get_timeout(SECOND).unwrap();
    let why = "a value cannot be sent to another process: Too many open files";
    assert!(sent.starts_with(why), "{sent}");
    let queue = queues.get().unwrap();
    assert_eq!(child.join(), Ok(()));
    assert_eq!(queue.try_get(), Err(GetError::Unreachable(Unreachable::OwnerGone)));
}

/// Sends a queue, takes all descriptors, and reports the result of sending it again and again.
#[derive(Serialize, Deserialize)]
struct Crowded {
    queues: Queue<Queue<u8>>,
    told: Queue<String>,
}

impl Task for Crowded {
    fn run(self) {
        let queue = Queue::new(1);
        self.queues.put(queue.clone()).unwrap();
        let _taken = take_all();
        // A thread that waits for a connection has its descriptor already.
        let mut again = (0..4).map(|_| self.queues.put(queue.clone()));
        self.told.put(again.find_map(Result::err).unwrap().to_string()).unwrap();
        thread::sleep(Duration::MAX);
    }
}

pub(crate) fn an_owner_without_descriptors_turns_away() {
    let (queues, told) = (Queue::new(0), Queue::new(0));
    let crowded = Crowded { queues: queues.clone(), told: told.clone() };
    let child = Process::new("crowded", crowded);
    child.start().unwrap();
    let queue = queues.get().unwrap();
    let why = told.get_timeout(SECOND).unwrap();
    assert!(why.ends_with("reached: its owner takes no more connections"), "{why}");
    // An existing connection goes on.
    assert_eq!(queue.put(1), Ok(()));
    let other = queue.clone();
    let waiting = thread::spawn(move || other.put(2));
    thread::sleep(Duration::from_millis(100));
    let refused = Unreachable::Refused("its owner takes no more connections".into());
    assert_eq!(soon(|| queue.qsize()), Err(refused));
    child.kill().unwrap();
    assert!(soon(|| waiting.join().unwrap()).is_err());
    assert!(matches!(child.join(), Err(ProcessError::Failed(_))));
}
