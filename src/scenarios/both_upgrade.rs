//! A cache is read under a read lock. If what is wanted is not there, the thread turns its read lock
//! into a write lock, computes the value, and stores it. The lock waits until all other readers have
//! gone.
//!
//! Two threads want the same. Both read, both find nothing, and both turn their read lock into a
//! write lock. Each waits until the other has given back its read lock, which it does when it has
//! written. A monitoring agent had such locks in two places and removed them (osquery PR #4722);
//! databases abort one of two transactions that meet in this way.
//!
//! Give the read lock back, take the write lock, and look again. (Some locks have a third kind of
//! access, of which there is only one at a time: that one can be turned into a write lock.)

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "both-upgrade",
    group: Group::Trackers,
    lesson: "Two readers cannot both become the writer: give back, lock anew, look again",
    source: include_str!("both_upgrade.rs"),
    variants: &[
        Variant::new(
            "keeps-reading",
            &KeepsReading,
            "Each waits for the other to stop reading, and reads itself.",
        )
        .deadlocks("waits for fewer readers"),
        Variant::new(
            "gives-back",
            &GivesBack,
            "Who waits to write reads no more, and looks again before it writes.",
        ),
    ],
};

/// A cache of one value behind a read-write lock.
struct Cache<B: Backend> {
    state: Mutex<B, State>,
    fewer_readers: Condvar<B>,
}

#[derive(Debug, Default)]
struct State {
    readers: usize,
    /// How often the value was computed.
    computed: usize,
}

impl<B: Backend> Cache<B> {
    fn get(&self, keeps_reading: bool) {
        let mut state = self.state.lock();
        state.readers += 1;
        drop(state);
        let mut state = self.state.lock();
        if state.computed == 0 {
            // The upgrade.
            let mine = usize::from(keeps_reading);
            if !keeps_reading {
                state.readers -= 1;
                self.fewer_readers.notify_all();
            }
            state = self.fewer_readers.wait_while(state, |state| state.readers > mine);
            if state.computed == 0 {
                state.computed += 1;
            }
            state.readers -= mine;
        } else {
            state.readers -= 1;
        }
        self.fewer_readers.notify_all();
    }

    fn run(keeps_reading: bool) {
        let state = Mutex::named("lock", State::default());
        let cache = Arc::new(Self { state, fewer_readers: Condvar::named("fewer readers") });
        join_all(["first", "second"].map(|name| {
            B::spawn(name, sharing(&cache, move |cache: &Self| cache.get(keeps_reading)))
        }));
        assert_eq!(cache.state.lock().computed, 1, "computed once");
    }
}

#[derive(Debug)]
struct KeepsReading;

impl Program for KeepsReading {
    fn run<B: Backend>(&self) {
        Cache::<B>::run(true);
    }
}

#[derive(Debug)]
struct GivesBack;

impl Program for GivesBack {
    fn run<B: Backend>(&self) {
        Cache::<B>::run(false);
    }
}
