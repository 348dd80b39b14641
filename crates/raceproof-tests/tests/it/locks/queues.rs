//! Locks in which each thread waits for the one before it. Nodes are numbers, 0 is none.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::words::Again;
use super::{Lock, large, prove, until, waits_for_ever, zeros};
use raceproof::sync::atomic::{AtomicI64, Ordering};

/// The nodes of as many threads as there may be, and one that is none.
const NODES: usize = 5;

fn swapped(x: &AtomicI64, old: i64, new: i64, success: Ordering) -> bool {
    let failure = if success == SeqCst { SeqCst } else { Relaxed };
    x.compare_exchange(old, new, success, failure).is_ok()
}

/// mcslock.
struct Mcs {
    tail: AtomicI64,
    next: [AtomicI64; NODES],
    locked: [AtomicI64; NODES],
    /// How a thread enters the queue.
    enter: Ordering,
}

impl Mcs {
    fn new(enter: Ordering) -> Self {
        Mcs { tail: AtomicI64::new(0), next: zeros(), locked: zeros(), enter }
    }
}

impl Lock for Mcs {
    fn acquire(&self, thread: usize) {
        let me = thread + 1;
        self.next[me].store(0, Relaxed);
        self.locked[me].store(1, Relaxed);
        let before = self.tail.swap(me as i64, self.enter) as usize;
        if before != 0 {
            self.next[before].store(me as i64, Release);
            until(|| self.locked[me].load(Acquire) == 0);
        }
    }

    fn release(&self, thread: usize) {
        let me = thread + 1;
        if self.next[me].load(Relaxed) == 0 {
            if swapped(&self.tail, me as i64, 0, Release) {
                return;
            }
            until(|| self.next[me].load(Relaxed) != 0);
        }
        let next = self.next[me].load(Acquire) as usize;
        self.locked[next].store(0, Release);
    }
}

/// clhlock: a thread waits at the node of the one before it, and takes that node over.
struct Clh {
    tail: AtomicI64,
    locked: [AtomicI64; NODES],
    /// The node of each thread, and the one before it.
    own: [AtomicI64; NODES],
    before: [AtomicI64; NODES],
}

impl Clh {
    fn new() -> Self {
        let own = std::array::from_fn(|thread| AtomicI64::new(thread as i64 + 1));
        Clh { tail: AtomicI64::new(0), locked: zeros(), own, before: zeros() }
    }
}

impl Lock for Clh {
    fn acquire(&self, thread: usize) {
        let own = self.own[thread].load(Relaxed);
        self.locked[own as usize].store(1, Relaxed);
        let before = self.tail.swap(own, SeqCst);
        self.before[thread].store(before, Relaxed);
        until(|| self.locked[before as usize].load(Acquire) == 0);
    }

    fn release(&self, thread: usize) {
        let own = self.own[thread].load(Relaxed) as usize;
        self.locked[own].store(0, Release);
        self.own[thread].store(self.before[thread].load(Relaxed), Relaxed);
    }
}

/// hemlock: a thread grants the lock at its own node, and waits until that is seen.
struct Hem {
    tail: AtomicI64,
    granted: [AtomicI64; NODES],
}

impl Lock for Hem {
    fn acquire(&self, thread: usize) {
        let me = thread + 1;
        self.granted[me].store(0, Relaxed);
        let before = self.tail.swap(me as i64, SeqCst) as usize;
        if before != 0 {
            until(|| self.granted[before].load(Acquire) == 1);
            self.granted[before].store(0, Relaxed);
        }
    }

    fn release(&self, thread: usize) {
        let me = thread + 1;
        if self.tail.load(Relaxed) == me as i64 && swapped(&self.tail, me as i64, 0, Release) {
            return;
        }
        self.granted[me].store(1, Release);
        until(|| self.granted[me].load(Relaxed) == 0);
    }
}

/// hmcslock of two levels: the threads of each of two cohorts pass the lock on among themselves once, and then to
/// the other cohort.
struct Hmcs {
    cohorts: [Mcs; 2],
    /// Of the cohorts, which are its threads.
    parent: Mcs,
}

const PARENT: i64 = i64::MAX - 1;
const WAIT: i64 = i64::MAX;

impl Hmcs {
    fn new(enter: Ordering) -> Self {
        Hmcs { cohorts: [0; 2].map(|_| Mcs::new(enter)), parent: Mcs::new(SeqCst) }
    }

    /// Passes on the lock of a level, or gives it back.
    fn pass(level: &Mcs, me: usize, value: i64) {
        let mut next = level.next[me].load(Acquire);
        if next == 0 {
            if swapped(&level.tail, me as i64, 0, SeqCst) {
                return;
            }
            until(|| {
                next = level.next[me].load(Relaxed);
                next != 0
            });
        }
        level.locked[next as usize].store(value, Release);
    }
}

impl Lock for Hmcs {
    fn acquire(&self, thread: usize) {
        let (which, me) = (thread % 2, thread / 2 + 1);
        let cohort = &self.cohorts[which];
        cohort.locked[me].store(WAIT, Relaxed);
        cohort.next[me].store(0, Relaxed);
        let before = cohort.tail.swap(me as i64, cohort.enter) as usize;
        if before != 0 {
            cohort.next[before].store(me as i64, Release);
            let mut status = WAIT;
            until(|| {
                status = cohort.locked[me].load(Acquire);
                status != WAIT
            });
            if status < PARENT {
                return;
            }
        }
        cohort.locked[me].store(1, Relaxed);
        self.parent.acquire(which);
    }

    fn release(&self, thread: usize) {
        let (which, me) = (thread % 2, thread / 2 + 1);
        let cohort = &self.cohorts[which];
        let passed = cohort.locked[me].load(Relaxed);
        if passed < 2 {
            let next = cohort.next[me].load(Acquire) as usize;
            if next != 0 {
                cohort.locked[next].store(passed + 1, Release);
                return;
            }
        }
        Self::pass(&self.parent, which + 1, 0);
        Self::pass(cohort, me, PARENT);
    }
}

/// cnalock: a thread passes the lock to the next of its own node, and moves those between into a second queue.
struct Cna {
    tail: AtomicI64,
    next: [AtomicI64; NODES],
    /// 0: waits; 1: has the lock; else the last of the second queue, plus 1.
    spin: [AtomicI64; NODES],
    node: [AtomicI64; NODES],
    /// How the second queue becomes the first.
    splice: Ordering,
}

const UNSET: i64 = -1;

fn numa(me: usize) -> i64 {
    i64::from(me <= 2)
}

impl Cna {
    fn new(splice: Ordering) -> Self {
        let [next, spin, node] = [zeros(), zeros(), zeros()];
        Cna { tail: AtomicI64::new(0), next, spin, node, splice }
    }

    fn successor(&self, me: usize) -> Option<usize> {
        let next = self.next[me].load(Relaxed) as usize;
        let mine = match self.node[me].load(Relaxed) {
            UNSET => numa(me),
            mine => mine,
        };
        let (mut last, mut at) = (next, next);
        while at != 0 && self.node[at].load(Relaxed) != mine {
            last = at;
            at = self.next[at].load(Acquire) as usize;
        }
        if at == 0 || at == next {
            return (at != 0).then_some(at);
        }
        let spin = self.spin[me].load(Relaxed);
        let first = if spin > 1 {
            self.next[spin as usize - 1].swap(next as i64, Relaxed)
        } else {
            next as i64
        };
        self.next[last].store(first, Relaxed);
        self.spin[me].store(last as i64 + 1, Relaxed);
        Some(at)
    }
}

impl Lock for Cna {
    fn acquire(&self, thread: usize) {
        let me = thread + 1;
        self.spin[me].store(0, Relaxed);
        self.next[me].store(0, Relaxed);
        self.node[me].store(UNSET, Relaxed);
        let before = self.tail.swap(me as i64, SeqCst) as usize;
        if before == 0 {
            self.spin[me].store(1, Relaxed);
            return;
        }
        self.node[me].store(numa(me), Relaxed);
        self.next[before].store(me as i64, Release);
        until(|| self.spin[me].load(Acquire) != 0);
    }

    fn release(&self, thread: usize) {
        let me = thread + 1;
        let mut next = self.next[me].load(Acquire);
        let mut spin = self.spin[me].load(Relaxed);
        if next == 0 {
            if spin == 1 {
                if swapped(&self.tail, me as i64, 0, Release) {
                    return;
                }
            } else {
                let last = spin - 1;
                let first = self.next[last as usize].swap(0, Relaxed);
                if swapped(&self.tail, me as i64, last, self.splice) {
                    self.spin[first as usize].store(1, Release);
                    return;
                }
                self.next[last as usize].store(first, Relaxed);
            }
            until(|| {
                next = self.next[me].load(Acquire);
                next != 0
            });
        }
        let kept = self.successor(me);
        spin = self.spin[me].load(Relaxed);
        let (next, value) = match kept {
            Some(kept) => (kept as i64, spin),
            None if spin > 1 => (self.next[spin as usize - 1].swap(next, Relaxed), 1),
            None => (next, 1),
        };
        self.spin[next as usize].store(value, Release);
    }
}

#[test]
fn right() {
    prove("mcslock", 3, 1, || Mcs::new(AcqRel));
    prove("rec_mcslock", 2, 1, || Again::new(Mcs::new(AcqRel)));
    prove("clhlock", 3, 1, Clh::new);
    prove("clhlock twice", 2, 2, Clh::new);
    prove("hemlock", 3, 1, || Hem { tail: AtomicI64::new(0), granted: zeros() });
    prove("hmcslock", 3, 1, || Hmcs::new(SeqCst));
    prove("cnalock", 3, 1, || Cna::new(Release));
    if large() {
        prove("mcslock", 4, 1, || Mcs::new(AcqRel));
        prove("clhlock", 4, 1, Clh::new);
        prove("hemlock", 4, 1, || Hem { tail: AtomicI64::new(0), granted: zeros() });
        prove("hmcslock", 4, 1, || Hmcs::new(SeqCst));
        prove("cnalock", 4, 1, || Cna::new(Release));
    }
}

#[test]
fn wrong() {
    waits_for_ever("mcslock", 2, 1, || Mcs::new(Acquire));
    waits_for_ever("rec_mcslock", 2, 1, || Again::new(Mcs::new(Acquire)));
    waits_for_ever("hmcslock", 3, 1, || Hmcs::new(Relaxed));
    waits_for_ever("cnalock", 4, 1, || Cna::new(Relaxed));
}
