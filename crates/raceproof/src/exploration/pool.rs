//! The subtrees of a search that wait for a worker.
//!
//! The workers of a search are strategies of one kind, each with a kernel of its own on an OS thread of its own. One
//! that has nothing left takes a subtree from the pool; one that has plenty cuts a subtree off while
//! others [wait](Pool::is_wanted). The search is over once all wait and there is none.
//!
//! A lock and a condition variable are enough: what is given away is large, so it is rare. Work-stealing deques
//! are made for tasks of a microsecond.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::execution::strategy::Halt;

/// Subtrees of one kind, for so many workers.
pub(super) struct Pool<J> {
    waiting: Mutex<Waiting<J>>,
    changed: Condvar,
    /// Some worker waits, and nothing is there for it.
    wanted: AtomicBool,
}

struct Waiting<J> {
    /// By rank.
    jobs: BTreeMap<usize, Vec<J>>,
    /// How many they are.
    count: usize,
    /// Workers that wait.
    idle: usize,
    workers: usize,
    over: bool,
}

impl<J> Pool<J> {
    pub(super) fn new(workers: usize) -> Self {
        let waiting = Waiting { jobs: BTreeMap::new(), count: 0, idle: 0, workers, over: false };
        let wanted = AtomicBool::new(false);
        Pool { waiting: Mutex::new(waiting), changed: Condvar::new(), wanted }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        // It is whole after each change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, waiting: &Waiting<J>) {
        self.wanted.store(waiting.idle > waiting.count && !waiting.over, Relaxed);
    }

    /// Does some worker wait, with nothing there for it?
    #[inline]
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }

    /// Gives a subtree to whichever worker comes first. Those of the least rank are taken first.
    pub(super) fn give(&self, rank: usize, job: J) {
        let mut waiting = self.lock();
        if waiting.over {
            return;
        }
        waiting.jobs.entry(rank).or_default().push(job);
        waiting.count += 1;
        self.tell(&waiting);
        self.changed.notify_one();
    }

    /// Takes a subtree. Waits for one; none: the search is over.
    pub(super) fn take(&self) -> Option<J> {
        let mut waiting = self.lock();
        waiting.idle += 1;
        loop {
            if let Some(mut least) = waiting.jobs.first_entry() {
                let job = least.get_mut().pop().expect("no list is empty");
                if least.get().is_empty() {
                    least.remove();
                }
                waiting.idle -= 1;
                waiting.count -= 1;
                self.tell(&waiting);
                return Some(job);
            }
            if waiting.idle == waiting.workers {
                waiting.over = true;
            }
            self.tell(&waiting);
            if waiting.over {
                waiting.jobs.clear();
                waiting.count = 0;
                self.changed.notify_all();
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<J: Send> Halt for Pool<J> {
    fn halt(&self) {
        let mut waiting = self.lock();
        waiting.over = true;
        waiting.jobs.clear();
        waiting.count = 0;
        self.tell(&waiting);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;

    #[test]
    fn each_subtree_is_taken_once_and_then_the_search_is_over() {
        // A number is a subtree of as many; 2^10 leaves.
        let (pool, leaves) = (Pool::new(3), AtomicU32::new(0));
        pool.give(10, 10_u32);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(depth) = pool.take() {
                        match depth {
                            0 => _ = leaves.fetch_add(1, Relaxed),
                            _ => (0..2).for_each(|_| pool.give(depth as usize - 1, depth - 1)),
                        }
                    }
                });
            }
        });
        assert_eq!(leaves.into_inner(), 1 << 10);
        assert!(!pool.is_wanted());
    }

    #[test]
    fn a_search_that_is_halted_gives_nothing_more() {
        let pool = Pool::new(2);
        pool.give(0, ());
        pool.halt();
        assert!(pool.take().is_none());
    }
}
