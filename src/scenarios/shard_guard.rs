//! A concurrent map keeps its entries in several shards, each with a lock of its own, so that
//! threads rarely meet. What `get` returns is not a value but a guard: it keeps the shard locked as
//! long as it lives.
//!
//! `map.insert(b, map.get(&a).len())` looks like one line about two entries. In truth it locks the
//! shard of `a`, and under that lock the shard of `b`: the guard lives until the end of the
//! statement. Another thread does the same with the names swapped, and each waits for the other's
//! shard (dashmap #369). If both names fall into one shard, one thread is enough (dashmap #74).
//! Which names share a shard is decided by a hash, so it happens to some users and not to others.
//!
//! Take the value out, let go of the guard, then call the map again.

use crate::{
    backend::{Arc, Backend, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "shard-guard",
    group: Group::Trackers,
    lesson: "What a concurrent map lends you is a lock: give it back before you call the map again",
    source: include_str!("shard_guard.rs"),
    variants: &[
        Variant::new(
            "guard-across-an-insert",
            &GuardAcrossAnInsert,
            "Each thread holds the guard of its own entry and inserts into the shard of the other.",
        )
        .deadlocks("waits for shard 1, held by `a from b`"),
        Variant::new(
            "two-names-one-shard",
            &TwoNamesOneShard,
            "Both names are in one shard, which the thread has locked itself.",
        )
        .deadlocks("waits for shard 0, which it holds itself"),
        Variant::new(
            "value-taken-out",
            &ValueTakenOut,
            "The guard is gone when the insert locks its shard.",
        ),
    ],
};

/// A map of which each shard has one number.
struct Map<B: Backend>([Mutex<B, i64>; 2]);

impl<B: Backend> Map<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self([Mutex::named("shard 0", 10), Mutex::named("shard 1", 20)]))
    }

    fn insert(&self, shard: usize, value: i64) {
        *self.0[shard].lock() = value;
    }
}

/// Runs `a from b` and `b from a` side by side, each with its two shards.
fn both_ways<B: Backend>(copy: fn(&Map<B>, usize, usize)) {
    let map = Map::<B>::new();
    join_all([("a from b", 0, 1), ("b from a", 1, 0)].map(|(name, to, from)| {
        let map = Arc::clone(&map);
        B::spawn(name, move || copy(&map, to, from))
    }));
}

#[derive(Debug)]
struct GuardAcrossAnInsert;

impl Program for GuardAcrossAnInsert {
    fn run<B: Backend>(&self) {
        both_ways::<B>(|map, to, from| {
            let guard = map.0[from].lock();
            map.insert(to, *guard);
        });
    }
}

#[derive(Debug)]
struct TwoNamesOneShard;

impl Program for TwoNamesOneShard {
    fn run<B: Backend>(&self) {
        let map = Map::<B>::new();
        let guard = map.0[0].lock();
        map.insert(0, *guard);
    }
}

#[derive(Debug)]
struct ValueTakenOut;

impl Program for ValueTakenOut {
    fn run<B: Backend>(&self) {
        both_ways::<B>(|map, to, from| {
            let value = *map.0[from].lock();
            map.insert(to, value);
        });
    }
}
