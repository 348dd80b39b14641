//! How processes end, and what is refused.

use super::remains::lives;
use raceproof_suite::{
    native::process::{Process, Queue},
    primitives::process::{self, Entry, ProcessError, Task, entry},
};
use serde::{Deserialize, Serialize};
use std::{thread, time::Duration};

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<End>(), entry::<Parent>(), entry::<Late>(), entry::<Starts>()]
}

#[derive(Serialize, Deserialize)]
pub(crate) enum End {
    Well,
    Panics,
    Exits(u8),
    Never,
    /// Has a handle, reports that, and never ends.
    Holds(Queue<()>),
}

impl Task for End {
    fn run(self) {
        match self {
            Self::Well => {}
            Self::Panics => panic!("no luck"),
            Self::Exits(code) => process::exit(code),
            Self::Never => thread::sleep(Duration::MAX),
            Self::Holds(queue) => {
                queue.put(()).unwrap();
                thread::sleep(Duration::MAX);
            }
        }
    }
}

fn started(end: End) -> Process {
    let process = Process::new("child", end);
    process.start().unwrap();
    process
}

fn told(process: &Process) -> (Option<String>, Option<i32>) {
    (process.join().err().map(|error| error.to_string()), process.exit_code())
}

pub(crate) fn exit_codes() {
    let says = |text: &str| Some(format!("process `child` {text}"));
    assert_eq!(told(&started(End::Well)), (None, Some(0)));
    assert_eq!(told(&started(End::Exits(0))), (None, Some(0)));
    assert_eq!(told(&started(End::Exits(3))), (says("ended with exit code 3"), Some(3)));
    assert_eq!(told(&started(End::Panics)), (says("panicked: no luck"), Some(1)));
    let ended = started(End::Never);
    assert_eq!((ended.is_alive(), ended.exit_code()), (true, None));
    ended.terminate().unwrap();
    assert!(!ended.is_alive());
    assert_eq!(told(&ended), (says("was ended by signal 15"), Some(-15)));
    let killed = started(End::Never);
    assert_eq!(killed.join_timeout(Duration::from_millis(1)), Ok(false));
    killed.kill().unwrap();
    assert_eq!(told(&killed), (says("was ended by signal 9"), Some(-9)));
    killed.terminate().unwrap();
    assert_eq!(killed.exit_code(), Some(-9), "it had ended");
}

pub(crate) fn misuse() {
    let child = Process::new("child", End::Well);
    assert_eq!(child.join(), Err(ProcessError::NotStarted));
    assert_eq!(child.terminate(), Err(ProcessError::NotStarted));
    assert_eq!((child.pid(), child.exit_code(), child.is_alive()), (None, None, false));
    assert_eq!(child.start(), Ok(()));
    assert_eq!(child.start(), Err(ProcessError::StartedTwice));
    assert_eq!((child.join(), child.join()), (Ok(()), Ok(())));
    assert_eq!(child.start(), Err(ProcessError::StartedTwice));
}

#[derive(Serialize, Deserialize)]
struct Unknown;

impl Task for Unknown {
    fn run(self) {
        unreachable!("it is no entry");
    }
}

pub(crate) fn an_unknown_task() {
    let child = Process::new("child", Unknown);
    child.start().unwrap();
    let error = child.join().unwrap_err().to_string();
    assert!(
        error.contains("does not give `process::entry::<trials::processes::endings::Unknown>()`"),
        "{error}"
    );
}

/// Starts a process that ends late, and a daemon that does not end.
#[derive(Serialize, Deserialize)]
struct Parent {
    daemon: Queue<u32>,
    late: Queue<()>,
}

impl Task for Parent {
    fn run(self) {
        Process::new("late", Late(self.late)).start().unwrap();
        let daemon = Process::daemon("daemon", End::Never);
        daemon.start().unwrap();
        self.daemon.put(daemon.pid().unwrap()).unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Late(Queue<()>);

impl Task for Late {
    fn run(self) {
        thread::sleep(Duration::from_millis(100));
        self.0.put(()).unwrap();
    }
}

pub(crate) fn a_child_waits_for_its_own() {
    let (daemon, late) = (Queue::new(0), Queue::new(0));
    let parent = Process::new("parent", Parent { daemon: daemon.clone(), late: late.clone() });
    parent.start().unwrap();
    assert_eq!(parent.join(), Ok(()));
    assert_eq!(late.try_get(), Ok(()), "it did not wait");
    assert!(!lives(daemon.get().unwrap()), "its daemon goes on");
}

/// Tries to start a process.
#[derive(Serialize, Deserialize)]
struct Starts(Queue<String>);

impl Task for Starts {
    fn run(self) {
        let error = Process::new("child", End::Well).start().unwrap_err();
        self.0.put(error.to_string()).unwrap();
    }
}

pub(crate) fn a_daemon_starts_nothing() {
    let told = Queue::new(0);
    let daemon = Process::daemon("daemon", Starts(told.clone()));
    assert!(daemon.is_daemon());
    daemon.start().unwrap();
    assert_eq!(told.get(), Ok("a daemon process may not start processes".into()));
    assert_eq!(daemon.join(), Ok(()));
}
