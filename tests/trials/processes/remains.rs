//! Ended processes leave nothing behind: counted in `/proc`.

use super::{endings::End, eventually};
use raceproof_suite::native::{
    manager::Manager,
    process::{Process, Queue},
};
use std::{fs, process};

/// The number of processes that are started and terminated.
const CYCLES: usize = 1_000;

/// The fields of a process's line in `/proc` after its name: its state, its parent, ...
fn stat(pid: &str) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = line.rsplit_once(')')?;
    Some(rest.split_whitespace().map(Into::into).collect())
}

/// Whether there is a process with this id that has not ended; a zombie of another parent has.
pub(crate) fn lives(pid: u32) -> bool {
    stat(&pid.to_string()).is_some_and(|stat| stat[0] != "Z")
}

/// The number of pages touched by ended and reaped children of this process.
pub(crate) fn pages_of_children() -> u64 {
    stat("self").expect("it lives")[8].parse().expect("a number")
}

/// The number of children of this process, including zombies.
pub(crate) fn children() -> usize {
    let me = process::id().to_string();
    let pids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    pids.filter(|pid| stat(pid).is_some_and(|stat| stat[1] == me)).count()
}

pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

pub(crate) fn a_thousand_processes_leave_nothing() {
    let queue = Queue::new(0);
    // The listener and its thread stay.
    let first = Process::new("child", End::Holds(queue.clone()));
    first.start().unwrap();
    first.terminate().unwrap();
    eventually(|| children() == 0);
    let (descriptors_before, threads_before) = (descriptors(), threads());
    for n in 0..CYCLES {
        let child = Process::new("child", End::Holds(queue.clone()));
        child.start().unwrap();
        match n % 3 {
            // It disappears while it still starts, or while it runs.
            0 => child.terminate().unwrap(),
            1 => {
                queue.get().unwrap();
                child.kill().unwrap();
            }
            // No join asks for its end.
            _ => {
                queue.get().unwrap();
                child.terminate().unwrap();
                continue;
            }
        }
        assert!(child.join().is_err());
        while queue.try_get().is_ok() {}
    }
    eventually(|| children() == 0);
    eventually(|| threads() <= threads_before);
    eventually(|| descriptors() <= descriptors_before);
    for _ in 0..10 {
        Manager::start().unwrap().value(&1).unwrap();
    }
    eventually(|| children() == 0);
    eventually(|| descriptors() <= descriptors_before);
}
