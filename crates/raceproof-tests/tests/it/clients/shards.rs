//! A map of two shards, each with a lock of its own. The broken one lists its keys shard by shard.

use std::collections::BTreeSet;

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::Mutex;

use super::{broken, proved};

struct Shards {
    shards: [Mutex<BTreeSet<u8>>; 2],
    at_once: bool,
}

impl Shards {
    fn new(at_once: bool) -> Self {
        Shards { shards: ["even", "odd"].map(|name| Mutex::named(name, BTreeSet::new())), at_once }
    }

    fn insert(&self, key: u8) -> bool {
        self.shards[usize::from(key % 2)].lock().unwrap().insert(key)
    }

    fn remove(&self, key: u8) -> bool {
        self.shards[usize::from(key % 2)].lock().unwrap().remove(&key)
    }

    fn keys(&self) -> BTreeSet<u8> {
        let even = self.shards[0].lock().unwrap();
        if self.at_once {
            let odd = self.shards[1].lock().unwrap();
            return &*even | &*odd;
        }
        let keys = even.clone();
        drop(even);
        &keys | &*self.shards[1].lock().unwrap()
    }
}

fn check(at_once: bool) -> Checked {
    linearizable! { @clients
        object: Shards = Shards::new(at_once);
        spec: BTreeSet<u8> = BTreeSet::new();
        fn insert(&self, key in [0, 1]) -> bool { spec: |set| set.insert(key) }
        fn remove(&self, key in [0, 1]) -> bool { spec: |set| set.remove(&key) }
        fn keys(&self) -> BTreeSet<u8> { spec: |set| set.clone() }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn listed_shard_by_shard() {
    broken(&check(false), 3, 2);
}
