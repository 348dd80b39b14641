//! A pool is shut down. Under its lock it takes note that no more work is accepted, closes the
//! channel through which its threads are woken, and joins the thread that manages it, so that
//! nothing is left when the method returns.
//!
//! The managing thread takes the same lock before it ends, to wake the pool one last time. If it
//! has not done so yet, it waits for the lock, and the lock's holder waits for its end. Python's
//! process pool hung in this way when it was shut down while it was busy (cpython gh-125451); the
//! same shape, a stop that waits under the lock of the loop, is in etcd #6873.
//!
//! To join a thread is to wait for all that it still does, and so for every lock that it still
//! takes. Decide under the lock, and join without it.

use crate::{
    backend::{Arc, Backend, JoinHandle, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "join-under-lock",
    group: Group::Trackers,
    lesson: "Do not join a thread while you hold a lock that it may still take",
    source: include_str!("join_under_lock.rs"),
    variants: &[
        Variant::new(
            "joins-with-the-lock",
            &JoinsWithTheLock,
            "The manager waits for the lock, and the lock's holder for the end of the manager.",
        )
        .deadlocks("`manager` waits for shutdown lock, held by `main`"),
        Variant::new(
            "joins-without-it",
            &JoinsWithoutIt,
            "The manager gets the lock as soon as the decision is made.",
        ),
    ],
};

/// A pool's lock, which guards whether it accepts work, and its managing thread.
fn open<B: Backend>() -> (Arc<Mutex<B, bool>>, JoinHandle<B, ()>) {
    let accepts = Arc::new(Mutex::<B, _>::named("shutdown lock", true));
    let shared = Arc::clone(&accepts);
    let manager = B::spawn("manager", move || {
        // The pool is woken under the lock, so that it is not closed meanwhile.
        drop(shared.lock());
    });
    (accepts, manager)
}

#[derive(Debug)]
struct JoinsWithTheLock;

impl Program for JoinsWithTheLock {
    fn run<B: Backend>(&self) {
        let (accepts, manager) = open::<B>();
        let mut accepts = accepts.lock();
        *accepts = false;
        manager.join().expect("no panic");
    }
}

#[derive(Debug)]
struct JoinsWithoutIt;

impl Program for JoinsWithoutIt {
    fn run<B: Backend>(&self) {
        let (accepts, manager) = open::<B>();
        *accepts.lock() = false;
        manager.join().expect("no panic");
    }
}
