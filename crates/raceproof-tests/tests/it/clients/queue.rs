//! The queue of Michael and Scott ("Simple, fast, and practical non-blocking and blocking concurrent queue algorithms", PODC
//! 1996), with nodes that are used again. A dequeue reads the head again before it believes what it has read of
//! the node there; the broken one does not.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};

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

struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    free: AtomicU64,
    next: [AtomicU64; NODES + 1],
    values: [AtomicU8; NODES + 1],
    reads_again: bool,
}

impl Queue {
    fn new(reads_again: bool) -> Self {
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
            reads_again,
        }
    }

    fn allocate(&self) -> u64 {
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
            if self.reads_again && head != self.head.load(SeqCst) {
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

fn check(reads_again: bool, sizes: &[(usize, usize)], before: usize) -> Checked {
    let clients = linearizable! { @clients
        object: Queue = Queue::new(reads_again);
        spec: std::collections::VecDeque<u8> = Default::default();
        fn enqueue(&self, value in fresh(1..)) { spec: |queue| queue.push_back(value) }
        fn dequeue(&self) -> Option<u8> { spec: |queue| queue.pop_front() }
    };
    clients.sizes(sizes).before(before).check()
}

#[test]
fn right() {
    proved(&check(true, &[(2, 1)], 2));
}

#[test]
fn a_missing_reread() {
    broken(&check(false, &[(2, 2)], 2), 5, 2);
}
