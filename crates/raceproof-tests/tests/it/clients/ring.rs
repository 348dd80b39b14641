//! A ring buffer between one producer and one consumer (Lamport, "Proving the correctness of multiprocess programs", 1977).
//! The broken one takes a ring for free that is full: off by one.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{
    AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use super::{broken, proved};

const ROOM: usize = 2;

struct Ring {
    written: AtomicUsize,
    read: AtomicUsize,
    slots: [AtomicU8; ROOM],
    most: usize,
}

impl Ring {
    fn new(most: usize) -> Self {
        let slots = std::array::from_fn(|n| AtomicU8::named(format!("slot {n}"), 0));
        Ring {
            written: AtomicUsize::named("written", 0),
            read: AtomicUsize::named("read", 0),
            slots,
            most,
        }
    }

    fn push(&self, value: u8) -> bool {
        let written = self.written.load(Relaxed);
        if written - self.read.load(Acquire) >= self.most {
            return false;
        }
        self.slots[written % ROOM].store(value, Relaxed);
        self.written.store(written + 1, Release);
        true
    }

    fn pop(&self) -> Option<u8> {
        let read = self.read.load(Relaxed);
        if self.written.load(Acquire) == read {
            return None;
        }
        let value = self.slots[read % ROOM].load(Relaxed);
        self.read.store(read + 1, Release);
        Some(value)
    }
}

fn check(most: usize) -> Checked {
    linearizable! { @clients
        object: Ring = Ring::new(most);
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
    proved(&check(ROOM));
}

#[test]
fn off_by_one() {
    broken(&check(ROOM + 1), 3, 1);
}
