//! The stack of Treiber ("Systems programming: coping with parallelism", 1986), with nodes that are used again: right with a
//! count in the top, and broken without (the ABA problem).

use raceproof::linearizable;
use raceproof::linearizable::Clients;
use raceproof::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};

#[cfg(test)]
use super::{broken, proved};

/// Nodes are numbers from 1; 0 is none.
const NODES: usize = 7;

/// A list of nodes: the first of them, and above it a count of the changes if `counts`.
struct List {
    first: AtomicU64,
    counts: bool,
}

pub(crate) struct Stack {
    top: List,
    free: List,
    next: [AtomicU64; NODES + 1],
    values: [AtomicU8; NODES + 1],
}

impl Stack {
    pub(crate) fn new(counts: bool) -> Self {
        let node = |n: usize| {
            AtomicU64::named(format!("next of {n}"), if n == 0 { 0 } else { n as u64 - 1 })
        };
        Stack {
            top: List { first: AtomicU64::named("top", 0), counts },
            free: List { first: AtomicU64::named("free", NODES as u64), counts: true },
            next: std::array::from_fn(node),
            values: std::array::from_fn(|n| AtomicU8::named(format!("value of {n}"), 0)),
        }
    }

    fn put(&self, list: &List, node: u64) {
        loop {
            let first = list.first.load(SeqCst);
            self.next[node as usize].store(first & 0xff, SeqCst);
            if list.swap(first, node) {
                return;
            }
        }
    }

    fn take(&self, list: &List) -> Option<u64> {
        loop {
            let first = list.first.load(SeqCst);
            let node = first & 0xff;
            if node == 0 {
                return None;
            }
            let next = self.next[node as usize].load(SeqCst);
            if list.swap(first, next) {
                return Some(node);
            }
        }
    }

    pub(crate) fn push(&self, value: u8) {
        let node = self.take(&self.free).expect("a node");
        self.values[node as usize].store(value, SeqCst);
        self.put(&self.top, node);
    }

    pub(crate) fn pop(&self) -> Option<u8> {
        let node = self.take(&self.top)?;
        let value = self.values[node as usize].load(SeqCst);
        self.put(&self.free, node);
        Some(value)
    }
}

impl List {
    fn swap(&self, old: u64, node: u64) -> bool {
        let count = if self.counts { (old >> 8) + 1 } else { 0 };
        self.first.compare_exchange(old, count << 8 | node, SeqCst, SeqCst).is_ok()
    }
}

/// All clients of a stack whose top has a count, or has none.
pub(crate) fn clients(counts: bool) -> Clients<Stack, Vec<u8>> {
    linearizable! { @clients
        object: Stack = Stack::new(counts);
        spec: Vec<u8> = Vec::new();
        fn push(&self, value in fresh(1..)) { spec: |vec| vec.push(value) }
        fn pop(&self) -> Option<u8> { spec: |vec| vec.pop() }
    }
}

#[test]
fn right() {
    proved(&clients(true).check());
}

#[test]
fn aba() {
    broken(&clients(false).sizes(&[(2, 3)]).check(), 5, 2);
}
