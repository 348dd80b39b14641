//! A read-write lock lets many readers in at once. A method takes it for reading and calls another
//! method that does the same. Two read locks do not exclude each other, so what should go wrong?
//!
//! A writer that waits. So that it does not wait for ever while readers come and go, many locks
//! keep new readers out as soon as a writer is in the queue. The writer waits for the first read
//! lock to be given back; the second read lock waits behind the writer; and the thread that is to
//! give the first one back is the one that waits. Users of parking_lot report it again and again
//! (#169, #212), and five of the Go programs of GoBench deadlock by it. With std's lock it depends
//! on the platform, and on the version.
//!
//! Read once, and hand what was read, or the guard, to the method that is called. (parking_lot also
//! has a `read_recursive`, which goes past the writers that wait.)

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "read-twice",
    group: Group::Trackers,
    lesson: "A second read lock may wait behind a writer that waits for the first",
    source: include_str!("read_twice.rs"),
    variants: &[
        Variant::new(
            "reads-under-a-read",
            &ReadsUnderARead,
            "A writer comes between the two read locks of one thread.",
        )
        .deadlocks("`reader` waits for no writer"),
        Variant::new(
            "reads-once",
            &ReadsOnce,
            "The method that is called works on what its caller has read.",
        ),
        Variant::new(
            "reads-past-writers",
            &ReadsPastWriters,
            "A thread that reads already does not wait for writers that have yet to begin.",
        ),
    ],
};

/// A read-write lock that prefers writers.
struct RwLock<B: Backend> {
    state: Mutex<B, State>,
    no_writer: Condvar<B>,
    no_reader: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    readers: usize,
    /// A thread writes, or waits to write: there is one writer.
    writer: bool,
}

impl<B: Backend> RwLock<B> {
    fn read(&self) {
        let mut state = self.no_writer.wait_while(self.state.lock(), |state| state.writer);
        state.readers += 1;
    }

    fn read_recursive(&self) {
        self.state.lock().readers += 1;
    }

    fn read_unlock(&self) {
        let mut state = self.state.lock();
        state.readers -= 1;
        if state.readers == 0 {
            self.no_reader.notify_one();
        }
    }

    fn write_and_unlock(&self) {
        let mut state = self.state.lock();
        state.writer = true;
        let mut state = self.no_reader.wait_while(state, |state| state.readers > 0);
        state.writer = false;
        self.no_writer.notify_all();
    }

    /// A reader whose inner method reads with `again`, beside a writer.
    fn run(again: Option<fn(&Self)>) {
        let lock = Arc::new(Self {
            state: Mutex::named("lock", State::default()),
            no_writer: Condvar::named("no writer"),
            no_reader: Condvar::named("no reader"),
        });
        let reads = sharing(&lock, move |lock: &Self| {
            lock.read();
            if let Some(read) = again {
                read(lock);
                lock.read_unlock();
            }
            lock.read_unlock();
        });
        let reader = B::spawn("reader", reads);
        let writer = B::spawn("writer", sharing(&lock, Self::write_and_unlock));
        reader.join().expect("no panic");
        writer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct ReadsUnderARead;

impl Program for ReadsUnderARead {
    fn run<B: Backend>(&self) {
        RwLock::<B>::run(Some(RwLock::read));
    }
}

#[derive(Debug)]
struct ReadsOnce;

impl Program for ReadsOnce {
    fn run<B: Backend>(&self) {
        RwLock::<B>::run(None);
    }
}

#[derive(Debug)]
struct ReadsPastWriters;

impl Program for ReadsPastWriters {
    fn run<B: Backend>(&self) {
        RwLock::<B>::run(Some(RwLock::read_recursive));
    }
}
