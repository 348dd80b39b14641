//! A ring buffer between one producer and one consumer (Lamport, "Proving the correctness of multiprocess programs", 1977).
//! The broken one takes a ring for free that is full: off by one.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{
    AtomicU8, AtomicUsize,
    Ordering::{self, Acquire, Relaxed, Release, SeqCst},
};

use super::{broken, proved};

const ROOM: usize = 2;

struct Ring {
    written: AtomicUsize,
    read: AtomicUsize,
    slots: [AtomicU8; ROOM],
    /// So many values it takes to have room for.
    most: usize,
    /// The orderings of what a thread reads and writes for the other.
    look: Ordering,
    tell: Ordering,
}

impl Ring {
    fn new(most: usize, (look, tell): (Ordering, Ordering)) -> Self {
        let slots = std::array::from_fn(|n| AtomicU8::named(format!("slot {n}"), 0));
        let [written, read] = ["written", "read"].map(|name| AtomicUsize::named(name, 0));
        Ring { written, read, slots, most, look, tell }
    }

    fn push(&self, value: u8) -> bool {
        let written = self.written.load(Relaxed);
        if written - self.read.load(self.look) >= self.most {
            return false;
        }
        self.slots[written % ROOM].store(value, Relaxed);
        self.written.store(written + 1, self.tell);
        true
    }

    fn pop(&self) -> Option<u8> {
        let read = self.read.load(Relaxed);
        if self.written.load(self.look) == read {
            return None;
        }
        let value = self.slots[read % ROOM].load(Relaxed);
        self.read.store(read + 1, self.tell);
        Some(value)
    }
}

fn check(most: usize, orders: (Ordering, Ordering)) -> Checked {
    linearizable! { @clients
        object: Ring = Ring::new(most, orders);
        spec: Vec<u8> = Vec::new();
        sizes: 2 x 3;
        before: 1;
        fn push(&self, value in fresh(1..)) -> bool {
            spec: |vec| { let free = vec.len() < ROOM; if free { vec.push(value) } free },
            only: producer
        }
        fn pop(&self) -> Option<u8> {
            spec: |vec| if vec.is_empty() { None } else { Some(vec.remove(0)) },
            only: consumer
        }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(ROOM, (SeqCst, SeqCst)));
}

#[test]
fn off_by_one() {
    broken(&check(ROOM + 1, (SeqCst, SeqCst)), 3, 1);
}

/// With release and acquire each of the two may have an old view of how far the other is: the producer finds the ring full
/// though the consumer finds it empty.
#[test]
fn with_weaker_orderings_it_is_not_linearizable() {
    broken(&check(ROOM, (Acquire, Release)), 5, 2);
}

/// Then it is right for a user who takes "full" and "empty" for "perhaps".
#[test]
fn right_if_it_may_be_in_vain() {
    let checked = linearizable! { @clients
        object: Ring = Ring::new(ROOM, (Acquire, Release));
        spec: Vec<u8> = Vec::new();
        sizes: 2 x 3;
        fn push(&self, value in fresh(1..)) -> bool {
            allows: |vec, done| {
                if *done { vec.push(value) }
                vec.len() <= ROOM
            },
            only: producer
        }
        fn pop(&self) -> Option<u8> {
            allows: |vec, got| got.is_none_or(|got| !vec.is_empty() && vec.remove(0) == got),
            only: consumer
        }
    };
    proved(&checked.check());
}
