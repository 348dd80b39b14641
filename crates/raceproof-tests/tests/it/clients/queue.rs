//! The queue of Michael and Scott ("Simple, fast, and practical non-blocking and blocking concurrent queue algorithms", PODC
//! 1996), with nodes that are used again, or with new ones. A dequeue reads the head again before it believes what it
//! has read of the node there. Where nodes are used again, one that does not is broken.

use std::collections::VecDeque;

use raceproof::linearizable;
use raceproof::linearizable::Clients;
use raceproof::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};

#[cfg(test)]
use super::{broken, proved};

/// Nodes are numbers from 1; 0 is none. A word is a node, and above it a count of the word's changes.
const NODES: usize = 8;

fn node(word: u64) -> usize {
    (word & 0xff) as usize
}

fn swap(word: &AtomicU64, old: u64, node: u64) -> bool {
    let new = ((old >> 8) + 1) << 8 | node;
    word.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
}

pub(crate) struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    free: AtomicU64,
    next: [AtomicU64; NODES + 1],
    values: [AtomicU8; NODES + 1],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Each value has a new node.
    New,
    /// Nodes are used again.
    Again,
    /// As well, but the head is not read again.
    Broken,
}

impl Queue {
    fn new(kind: Kind) -> Self {
        // Node 1 is the first that has no value; each other is free, and the next of the one above it.
        let next = |n: usize| {
            AtomicU64::named(format!("next of {n}"), if n > 2 { n as u64 - 1 } else { 0 })
        };
        Queue {
            head: AtomicU64::named("head", 1),
            tail: AtomicU64::named("tail", 1),
            free: AtomicU64::named("free", NODES as u64),
            next: std::array::from_fn(next),
            values: std::array::from_fn(|n| AtomicU8::named(format!("value of {n}"), 0)),
            kind,
        }
    }

    fn allocate(&self) -> u64 {
        if self.kind == Kind::New {
            return self.free.fetch_sub(1, SeqCst);
        }
        loop {
            let first = self.free.load(SeqCst);
            assert_ne!(node(first), 0, "there are nodes enough");
            let next = self.next[node(first)].load(SeqCst);
            if swap(&self.free, first, next & 0xff) {
                return first & 0xff;
            }
        }
    }

    fn give_back(&self, old: usize) {
        if self.kind == Kind::New {
            return;
        }
        loop {
            let first = self.free.load(SeqCst);
            let count = self.next[old].load(SeqCst) >> 8;
            self.next[old].store((count + 1) << 8 | first & 0xff, SeqCst);
            if swap(&self.free, first, old as u64) {
                return;
            }
        }
    }

    fn enqueue(&self, value: u8) {
        let new = self.allocate();
        self.values[new as usize].store(value, SeqCst);
        let count = self.next[new as usize].load(SeqCst) >> 8;
        self.next[new as usize].store((count + 1) << 8, SeqCst);
        loop {
            let tail = self.tail.load(SeqCst);
            let next = self.next[node(tail)].load(SeqCst);
            if tail != self.tail.load(SeqCst) {
                continue;
            }
            if node(next) != 0 {
                swap(&self.tail, tail, next & 0xff);
            } else if swap(&self.next[node(tail)], next, new) {
                swap(&self.tail, tail, new);
                return;
            }
        }
    }

    fn dequeue(&self) -> Option<u8> {
        loop {
            let head = self.head.load(SeqCst);
            let tail = self.tail.load(SeqCst);
            let next = self.next[node(head)].load(SeqCst);
            if self.kind != Kind::Broken && head != self.head.load(SeqCst) {
                continue;
            }
            if node(head) == node(tail) {
                if node(next) == 0 {
                    return None;
                }
                swap(&self.tail, tail, next & 0xff);
                continue;
            }
            let value = self.values[node(next)].load(SeqCst);
            if swap(&self.head, head, next & 0xff) {
                self.give_back(node(head));
                return Some(value);
            }
        }
    }
}

/// All clients of a queue.
pub(crate) fn clients(kind: Kind) -> Clients<Queue, VecDeque<u8>> {
    linearizable! { @clients
        object: Queue = Queue::new(kind);
        spec: VecDeque<u8> = VecDeque::new();
        fn enqueue(&self, value in fresh(1..)) { spec: |queue| queue.push_back(value) }
        fn dequeue(&self) -> Option<u8> { spec: |queue| queue.pop_front() }
    }
}

#[test]
fn right() {
    proved(&clients(Kind::New).check());
    proved(&clients(Kind::Again).sizes(&[(2, 2)]).check());
    proved(&clients(Kind::Again).sizes(&[(2, 1)]).before(2).check());
}

#[test]
fn a_missing_reread() {
    broken(&clients(Kind::Broken).sizes(&[(2, 2)]).before(2).check(), 5, 2);
}
