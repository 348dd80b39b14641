//! The lazy list of Heller, Herlihy, Luchangco, Moir, Scherer and Shavit ("A lazy concurrent list-based set algorithm", OPODIS
//! 2005): a removed node is marked first and unlinked then. The broken one does not look for marks when it has
//! locked what it wants to change.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use super::{broken, proved};

/// Node 0 is before all others, node 1 behind them.
const NODES: usize = 6;

struct Set {
    made: AtomicUsize,
    keys: [AtomicUsize; NODES],
    next: [AtomicUsize; NODES],
    removed: [AtomicBool; NODES],
    locks: [Mutex<()>; NODES],
    looks_for_marks: bool,
}

impl Set {
    fn new(looks_for_marks: bool) -> Self {
        Set {
            made: AtomicUsize::named("made", 2),
            keys: std::array::from_fn(|n| {
                AtomicUsize::named(format!("key of {n}"), if n == 1 { usize::MAX } else { 0 })
            }),
            next: std::array::from_fn(|n| AtomicUsize::named(format!("next of {n}"), 1)),
            removed: std::array::from_fn(|n| AtomicBool::named(format!("mark of {n}"), false)),
            locks: std::array::from_fn(|n| Mutex::named(format!("lock of {n}"), ())),
            looks_for_marks,
        }
    }

    /// The last node with a lesser key, and the one behind it.
    fn find(&self, key: usize) -> (usize, usize) {
        let (mut before, mut at) = (0, self.next[0].load(SeqCst));
        while self.keys[at].load(SeqCst) < key {
            (before, at) = (at, self.next[at].load(SeqCst));
        }
        (before, at)
    }

    /// Does something with the place of a key, locked.
    fn with<R>(&self, key: usize, act: impl Fn(usize, usize) -> R) -> R {
        loop {
            let (before, at) = self.find(key);
            let _one = self.locks[before].lock().unwrap();
            let _other = self.locks[at].lock().unwrap();
            let marked = |node: usize| self.looks_for_marks && self.removed[node].load(SeqCst);
            if !marked(before) && !marked(at) && self.next[before].load(SeqCst) == at {
                return act(before, at);
            }
        }
    }

    fn add(&self, key: usize) -> bool {
        self.with(key, |before, at| {
            let absent = self.keys[at].load(SeqCst) != key;
            if absent {
                let new = self.made.fetch_add(1, SeqCst);
                self.keys[new].store(key, SeqCst);
                self.next[new].store(at, SeqCst);
                self.next[before].store(new, SeqCst);
            }
            absent
        })
    }

    fn remove(&self, key: usize) -> bool {
        self.with(key, |before, at| {
            let present = self.keys[at].load(SeqCst) == key;
            if present {
                self.removed[at].store(true, SeqCst);
                self.next[before].store(self.next[at].load(SeqCst), SeqCst);
            }
            present
        })
    }

    fn contains(&self, key: usize) -> bool {
        let (_, at) = self.find(key);
        self.keys[at].load(SeqCst) == key && !self.removed[at].load(SeqCst)
    }
}

fn check(looks_for_marks: bool, sizes: &[(usize, usize)], before: usize) -> Checked {
    let clients = linearizable! { @clients
        object: Set = Set::new(looks_for_marks);
        spec: std::collections::BTreeSet<usize> = Default::default();
        fn add(&self, key in [1, 2]) -> bool { spec: |set| set.insert(key) }
        fn remove(&self, key in [1, 2]) -> bool { spec: |set| set.remove(&key) }
        fn contains(&self, key in [1, 2]) -> bool { spec: |set| set.contains(&key) }
    };
    clients.sizes(sizes).before(before).check()
}

#[test]
fn right() {
    proved(&check(true, &[(2, 1)], 2));
}

#[test]
fn marks_not_looked_for() {
    broken(&check(false, &[(2, 2)], 1), 4, 2);
}
