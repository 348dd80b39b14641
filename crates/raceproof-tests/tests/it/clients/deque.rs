//! The work-stealing deque of Chase and Lev ("Dynamic circular work-stealing deque", SPAA 2005), as Lê, Pop, Cohen and Zappa
//! Nardelli ordered its accesses ("Correct and efficient work-stealing for weak memory models", PPoPP 2013). One broken
//! one lets the owner take the last element without asking; the other lacks the fence between the owner's two accesses.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{
    AtomicI64, AtomicU8,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

use super::{broken, proved};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Right,
    TakesTwice,
    NoFence,
}

struct Deque {
    top: AtomicI64,
    bottom: AtomicI64,
    slots: [AtomicU8; 4],
    kind: Kind,
}

impl Deque {
    fn new(kind: Kind) -> Self {
        Deque {
            top: AtomicI64::named("top", 0),
            bottom: AtomicI64::named("bottom", 0),
            slots: std::array::from_fn(|n| AtomicU8::named(format!("slot {n}"), 0)),
            kind,
        }
    }

    fn push(&self, value: u8) {
        let bottom = self.bottom.load(Relaxed);
        self.slots[bottom as usize].store(value, Relaxed);
        fence(Release);
        self.bottom.store(bottom + 1, Relaxed);
    }

    fn pop(&self) -> Option<u8> {
        let bottom = self.bottom.load(Relaxed) - 1;
        self.bottom.store(bottom, Relaxed);
        if self.kind != Kind::NoFence {
            fence(SeqCst);
        }
        let top = self.top.load(Relaxed);
        if top > bottom {
            self.bottom.store(bottom + 1, Relaxed);
            return None;
        }
        let value = self.slots[bottom as usize].load(Relaxed);
        if top < bottom {
            return Some(value);
        }
        let mine = if self.kind == Kind::TakesTwice {
            self.top.store(top + 1, Relaxed);
            true
        } else {
            self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok()
        };
        self.bottom.store(bottom + 1, Relaxed);
        mine.then_some(value)
    }

    /// Fails if another thread takes the same element.
    fn steal(&self) -> Result<u8, bool> {
        let top = self.top.load(Acquire);
        fence(SeqCst);
        let bottom = self.bottom.load(Acquire);
        if top >= bottom {
            return Err(false);
        }
        let value = self.slots[top as usize].load(Relaxed);
        self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).map(|_| value).map_err(|_| true)
    }
}

fn check(kind: Kind) -> Checked {
    linearizable! { @clients
        object: Deque = Deque::new(kind);
        spec: std::collections::VecDeque<u8> = Default::default();
        before: 1;
        fn push(&self, value in fresh(1..)) { spec: |deque| deque.push_back(value), only: owner }
        fn pop(&self) -> Option<u8> { spec: |deque| deque.pop_back(), only: owner }
        fn steal(&self) -> Result<u8, bool> {
            allows: |deque, stolen| match stolen {
                Ok(value) => deque.pop_front() == Some(*value),
                Err(in_vain) => *in_vain || deque.is_empty(),
            }
        }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(Kind::Right));
}

#[test]
fn the_last_element_taken_twice() {
    broken(&check(Kind::TakesTwice), 3, 2);
}

/// The owner takes the last but one element without asking. So there must be two, and the thief must take both.
#[test]
fn a_missing_fence() {
    broken(&check(Kind::NoFence), 5, 2);
}
