//! Handles in the process that owns the objects, and processes under a checker, where there is only
//! one.

use super::*;
use crate::{
    backend::{Backend, Dpor, Mutex, Std, execution::Execution},
    dpor,
};
use serde::{Deserialize, Serialize};
use std::{fmt::Debug, time::Duration};

/// Runs `program` under a checker.
pub(in crate::primitives) fn modelled(program: fn()) {
    dpor::model(move || Execution::default().enter::<Dpor>(program));
}

#[track_caller]
pub(in crate::primitives) fn shown_here(object: &dyn Debug, kind: &str) {
    let text = format!("{object:?}");
    assert!(text.starts_with(kind) && text.contains("Here"), "{text}");
}

/// Sends the name of its thread.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Tells<B: Backend>(Queue<B, String>);

impl<B: Backend> Task for Tells<B> {
    fn run(self) {
        self.0.put(B::current().name().to_owned()).unwrap();
    }
}

/// Starts a process that sends while it has a lock: killed meanwhile, it goes on until it releases
/// the lock.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct StartsLocked<B: Backend>(Queue<B, String>);

impl<B: Backend> Task for StartsLocked<B> {
    fn run(self) {
        let mutex = Mutex::<B, _>::named("held", ());
        let _held = mutex.lock();
        Process::<B>::new("inner", Tells(self.0)).start().unwrap();
    }
}

struct Balance;

impl Global for Balance {
    type Value = i64;
    const NAME: &'static str = "balance";

    fn initial() -> i64 {
        100
    }
}

#[test]
fn a_process_is_known_by_its_name() {
    modelled(|| {
        let told = Queue::<Dpor, _>::new(0);
        let child = Process::<Dpor>::new("clerk", Tells(told.clone()));
        assert_eq!((child.name(), child.is_daemon()), ("clerk", false));
        child.start().unwrap();
        assert_eq!(child.pid(), None, "it has no number here");
        assert_eq!(told.get(), Ok("clerk".into()));
        assert_eq!(child.join(), Ok(()));
    });
}

#[test]
fn what_a_killed_process_still_starts_does_nothing() {
    modelled(|| {
        let told = Queue::<Dpor, _>::new(0);
        let child = Process::<Dpor>::new("child", StartsLocked(told.clone()));
        child.start().unwrap();
        child.kill().unwrap();
        assert!([0, -9].map(Some).contains(&child.exit_code()), "another exit code");
        let left = told.qsize();
        Dpor::yield_now();
        assert_eq!(told.qsize(), left, "it went on");
    });
}

#[test]
fn what_comes_in_time_is_seen() {
    let (moment, long) = (Duration::from_millis(1), Duration::from_secs(5));
    let (mine, theirs) = Pipe::<Std, u8>::duplex(1).unwrap();
    assert_eq!([mine.poll(), mine.poll_timeout(moment)], [Ok(false), Ok(false)]);
    let sender = Std::spawn("sender", move || {
        std::thread::sleep(20 * moment);
        theirs.send(1).map(|()| theirs)
    });
    assert_eq!([mine.poll_timeout(long), mine.poll()], [Ok(true), Ok(true)]);
    sender.join().unwrap().unwrap();
    let tasks = JoinableQueue::<Std, u8>::new(0);
    assert_eq!(tasks.join_timeout(moment), Ok(true));
    tasks.put(1).unwrap();
    assert_eq!(tasks.join_timeout(moment), Ok(false));
}

#[test]
fn handles_are_shown_with_where_the_object_is() {
    shown_here(&Lock::<Std>::new(), "Lock(");
    shown_here(&Queue::<Std, u8>::new(0), "Queue(");
    shown_here(&JoinableQueue::<Std, u8>::new(0), "JoinableQueue(");
    shown_here(&Pipe::<Std, u8>::duplex(1).unwrap().0, "PipeEnd(");
    let child = Process::<Std>::new("clerk", Tells::<Std>(Queue::new(0)));
    assert_eq!(format!("{child:?}"), "Process(\"clerk\")");
    let global = ProcessGlobal::<Std, Balance>::new();
    assert_eq!(format!("{global:?}"), "ProcessGlobal(\"balance\")");
}
