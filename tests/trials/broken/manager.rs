//! Broken managers.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Mutex},
    contracts::manager::{Kind, Subject, scenario},
};

copies! {
    FETCHES_TO_APPEND: "appends-all" Assertion "an element is lost",
    LOOKS_THEN_INSERTS: "inserts-once" Assertion "inserted twice",
    READS_THEN_REPLACES: "replaces-in-turn" Assertion "a value came back twice",
    READS_THEN_REMOVES: "removes-once" Assertion "an entry removed twice",
    COUNTS_THEN_POPS: "removes-once" Assertion "an element removed twice",
    EXTENDS_ONE_BY_ONE: "extends-as-a-whole" Assertion "a part was seen",
    LATER_FIRST: "items-at-one-moment" Assertion "not of one moment",
    SORTS_BY_KEY: "items-at-one-moment" Assertion "out of order",
    DEAF: "refuses-after-its-end" Assertion "done after its end",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Manager<B>;
}

struct Manager<B: Backend> {
    entries: Mutex<B, Vec<(i64, i64)>>,
    elements: Mutex<B, Vec<i64>>,
    ended: Mutex<B, bool>,
}

impl<B: Backend> Manager<B> {
    fn only(&self, which: fn(i64) -> bool) -> Vec<(i64, i64)> {
        self.entries.lock().iter().copied().filter(|&(key, _)| which(key)).collect()
    }
}

fn value(entries: &[(i64, i64)], key: i64) -> Option<i64> {
    entries.iter().find_map(|&(there, value)| (there == key).then_some(value))
}

fn replace(entries: &mut Vec<(i64, i64)>, key: i64, value: i64) {
    match entries.iter_mut().find(|(there, _)| *there == key) {
        Some((_, place)) => *place = value,
        None => entries.push((key, value)),
    }
}

impl<B: Backend> Subject for Manager<B> {
    fn start() -> Self {
        Self { entries: Mutex::default(), elements: Mutex::default(), ended: Mutex::default() }
    }

    fn insert(&self, key: i64, new: i64) -> Option<i64> {
        let mut entries = self.entries.lock();
        let old = value(&entries, key);
        if made(READS_THEN_REPLACES) {
            drop(entries);
            entries = self.entries.lock();
        }
        replace(&mut entries, key, new);
        old
    }

    fn get_or_insert(&self, key: i64, new: i64) -> i64 {
        let mut entries = self.entries.lock();
        let there = value(&entries, key);
        if made(LOOKS_THEN_INSERTS) {
            drop(entries);
            entries = self.entries.lock();
        }
        if there.is_none() {
            replace(&mut entries, key, new);
        }
        there.unwrap_or(new)
    }

    fn get(&self, key: i64) -> Option<i64> {
        value(&self.entries.lock(), key)
    }

    fn remove(&self, key: i64) -> Option<i64> {
        let mut entries = self.entries.lock();
        let there = value(&entries, key);
        if made(READS_THEN_REMOVES) {
            drop(entries);
            entries = self.entries.lock();
        }
        entries.retain(|entry| entry.0 != key);
        there
    }

    fn items(&self) -> Vec<(i64, i64)> {
        if made(LATER_FIRST) {
            // Half of them, and then the other half.
            let even: Vec<_> = self.only(|key| key % 2 == 0);
            return [even, self.only(|key| key % 2 == 1)].concat();
        }
        let mut items = self.entries.lock().clone();
        if made(SORTS_BY_KEY) {
            items.sort_unstable();
        }
        items
    }

    fn push(&self, element: i64) -> bool {
        if *self.ended.lock() && !made(DEAF) {
            return false;
        }
        let mut elements = self.elements.lock();
        let mut longer = elements.clone();
        longer.push(element);
        if made(FETCHES_TO_APPEND) {
            drop(elements);
            elements = self.elements.lock();
        }
        *elements = longer;
        true
    }

    fn extend(&self, [first, second]: [i64; 2]) {
        let mut elements = self.elements.lock();
        elements.push(first);
        if made(EXTENDS_ONE_BY_ONE) {
            drop(elements);
            elements = self.elements.lock();
        }
        elements.push(second);
    }

    fn pop(&self) -> Option<i64> {
        let mut elements = self.elements.lock();
        let last = elements.last().copied();
        if made(COUNTS_THEN_POPS) {
            drop(elements);
            elements = self.elements.lock();
        }
        elements.pop();
        last
    }

    fn elements(&self) -> Vec<i64> {
        self.elements.lock().clone()
    }

    fn shutdown(&self) {
        *self.ended.lock() = true;
    }
}
