//! Locks of one or two words.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use super::{Lock, large, prove, until, waits_for_ever, zeros};
use raceproof::sync::atomic::{AtomicI64, Ordering};

fn swapped(x: &AtomicI64, old: i64, new: i64, success: Ordering) -> bool {
    let failure = if success == Release { Relaxed } else { success };
    x.compare_exchange(old, new, success, failure).is_ok()
}

/// caslock.
#[derive(Default)]
pub(super) struct Cas(AtomicI64);

impl Lock for Cas {
    fn acquire(&self, _: usize) {
        until(|| swapped(&self.0, 0, 1, Acquire));
    }

    fn release(&self, _: usize) {
        self.0.store(0, Release);
    }
}

/// ttaslock.
#[derive(Default)]
struct Ttas(AtomicI64);

impl Lock for Ttas {
    fn acquire(&self, _: usize) {
        until(|| {
            until(|| self.0.load(Relaxed) == 0);
            self.0.swap(1, Acquire) == 0
        });
    }

    fn release(&self, _: usize) {
        self.0.store(0, Release);
    }
}

/// ticketlock.
#[derive(Default)]
pub(super) struct Tickets {
    next: AtomicI64,
    owner: AtomicI64,
}

impl Lock for Tickets {
    fn acquire(&self, _: usize) {
        let mine = self.next.fetch_add(1, Relaxed);
        until(|| self.owner.load(Acquire) == mine);
    }

    fn release(&self, _: usize) {
        self.owner.store(self.owner.load(Relaxed) + 1, Release);
    }
}

/// twalock: a ticket lock in which a thread that is far behind waits for a counter of its own.
struct Twa {
    tickets: Tickets,
    counters: [AtomicI64; 8],
    /// How a thread looks at its counter first.
    look: Ordering,
}

/// How far behind a thread may be and wait for the owner.
const NEAR: i64 = 1;

impl Twa {
    fn new(look: Ordering) -> Self {
        Twa { tickets: Tickets::default(), counters: zeros(), look }
    }

    fn counter(&self, ticket: i64) -> &AtomicI64 {
        &self.counters[ticket as usize % self.counters.len()]
    }
}

impl Lock for Twa {
    fn acquire(&self, _: usize) {
        let Tickets { next, owner } = &self.tickets;
        let mine = next.fetch_add(1, Relaxed);
        let behind = mine - owner.load(Acquire);
        if behind == 0 {
            return;
        }
        if behind > NEAR {
            let counter = self.counter(mine);
            let mut seen = counter.load(self.look);
            while mine - owner.load(Relaxed) > NEAR {
                let before = seen;
                until(|| {
                    seen = counter.load(Acquire);
                    seen != before
                });
            }
        }
        until(|| owner.load(Acquire) == mine);
    }

    fn release(&self, _: usize) {
        let next = self.tickets.owner.load(Relaxed) + 1;
        self.tickets.owner.store(next, Release);
        self.counter(next + NEAR).fetch_add(1, Release);
    }
}

/// arraylock: a flag for each place in the queue.
struct Array {
    tail: AtomicI64,
    flags: [AtomicI64; 4],
    slots: [AtomicI64; 4],
}

impl Array {
    fn new() -> Self {
        Array { tail: AtomicI64::new(0), flags: [1, 0, 0, 0].map(AtomicI64::new), slots: zeros() }
    }
}

impl Lock for Array {
    fn acquire(&self, thread: usize) {
        let slot = self.tail.fetch_add(1, SeqCst) as usize % self.flags.len();
        self.slots[thread].store(slot as i64, Relaxed);
        until(|| self.flags[slot].load(Acquire) != 0);
    }

    fn release(&self, thread: usize) {
        let slot = self.slots[thread].load(Relaxed) as usize;
        self.flags[slot].store(0, Relaxed);
        self.flags[(slot + 1) % self.flags.len()].store(1, Release);
    }
}

/// semaphore, of which a thread takes so much.
pub(super) struct Semaphore(AtomicI64);

impl Semaphore {
    fn take(&self, much: i64) {
        until(|| {
            let there = self.0.load(Relaxed);
            there >= much && swapped(&self.0, there, there - much, Acquire)
        });
    }

    fn give(&self, much: i64) {
        self.0.fetch_add(much, Release);
    }
}

impl Lock for Semaphore {
    fn acquire(&self, _: usize) {
        self.take(1);
    }

    fn release(&self, _: usize) {
        self.give(1);
    }
}

/// rwlock: writers announce themselves and take all there is.
pub(super) struct ReadWrite {
    announced: AtomicI64,
    there: Semaphore,
}

const ALL: i64 = 1 << 30;

impl ReadWrite {
    pub(super) fn new() -> Self {
        ReadWrite { announced: AtomicI64::new(0), there: Semaphore(AtomicI64::new(ALL)) }
    }

    pub(super) fn read(&self) {
        until(|| self.announced.load(Relaxed) == 0);
        self.there.take(1);
    }

    pub(super) fn read_release(&self) {
        self.there.give(1);
    }
}

impl Lock for ReadWrite {
    fn acquire(&self, _: usize) {
        until(|| swapped(&self.announced, 0, 1, Relaxed));
        self.there.take(ALL);
    }

    fn release(&self, _: usize) {
        self.announced.store(0, Relaxed);
        self.there.give(ALL);
    }
}

/// rec_…lock: a thread that has the lock may take it again.
pub(super) struct Again<L> {
    lock: L,
    /// The owner, or 0.
    owner: AtomicI64,
    depth: AtomicI64,
}

impl<L> Again<L> {
    pub(super) fn new(lock: L) -> Self {
        Again { lock, owner: AtomicI64::new(0), depth: AtomicI64::new(0) }
    }
}

impl<L: Lock> Lock for Again<L> {
    fn acquire(&self, thread: usize) {
        // Twice.
        for _ in 0..2 {
            if self.owner.load(Relaxed) == thread as i64 + 1 {
                self.depth.store(self.depth.load(Relaxed) + 1, Relaxed);
            } else {
                self.lock.acquire(thread);
                self.owner.store(thread as i64 + 1, Relaxed);
            }
        }
    }

    fn release(&self, thread: usize) {
        for _ in 0..2 {
            match self.depth.load(Relaxed) {
                0 => {
                    self.owner.store(0, Relaxed);
                    self.lock.release(thread);
                }
                depth => self.depth.store(depth - 1, Relaxed),
            }
        }
    }
}

#[test]
fn right() {
    let threads = 3;
    prove("caslock", threads, 1, Cas::default);
    prove("ttaslock", threads, 1, Ttas::default);
    prove("ticketlock", threads, 1, Tickets::default);
    prove("arraylock", threads, 1, Array::new);
    prove("semaphore", 2, 1, || Semaphore(AtomicI64::new(1)));
    prove("rwlock", 2, 1, ReadWrite::new);
    prove("rec_spinlock", 2, 1, || Again::new(Cas::default()));
    prove("rec_ticketlock", 2, 1, || Again::new(Tickets::default()));
    prove("twalock", threads, 1, || Twa::new(Acquire));
    if large() {
        prove("caslock", 4, 1, Cas::default);
        prove("ticketlock", 4, 1, Tickets::default);
        prove("arraylock", 4, 1, Array::new);
        prove("semaphore", 3, 1, || Semaphore(AtomicI64::new(1)));
        prove("rwlock", 3, 1, ReadWrite::new);
        prove("rec_spinlock", 3, 1, || Again::new(Cas::default()));
        prove("rec_ticketlock", 3, 1, || Again::new(Tickets::default()));
    }
}

#[test]
fn wrong() {
    waits_for_ever("twalock", 3, 1, || Twa::new(Relaxed));
}
