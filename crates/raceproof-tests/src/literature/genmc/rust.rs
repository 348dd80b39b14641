//! Rust programs that Miri explores with GenMC (`rust-lang/miri:tests/genmc/pass`): the complete executions under
//! RC11 that their expected output has. Under sequential consistency there are no published counts.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use raceproof::Memory;
use raceproof::sync::Mutex;
use raceproof::sync::atomic::AtomicI64;

use super::structures::Stack;
use crate::literature::{DONE, Row, atomics, row};

/// One reader, and so many writers, each of which tries until it comes off.
pub fn treibers_stack(rows: &mut Vec<Row>) {
    rows.extend([(1, 2), (2, 22), (3, 1_002)].map(|(writers, count)| {
        let name = format!("treiber_stack_dynamic R=1 W={writers}");
        row(name, [0, count], writers + 1, Stack::new, |stack, me| {
            if me == 0 {
                while stack.pop_round().is_none() {}
            } else {
                while !stack.push_round(me) {}
            }
            DONE
        })
        .only(Memory::C11)
    }));
}

/// Michael and Scott's queue. Nodes are numbers, 1 is the first.
struct Queue {
    head: AtomicI64,
    tail: AtomicI64,
    next: [AtomicI64; 6],
}

impl Queue {
    fn new() -> Self {
        let [head, tail] = [1; 2].map(AtomicI64::new);
        Queue { head, tail, next: atomics([0; 6])() }
    }

    fn swap(x: &AtomicI64, old: i64, new: i64) -> bool {
        x.compare_exchange(old, new, Release, Relaxed).is_ok()
    }

    fn enqueue(&self, node: i64) {
        let last = loop {
            let tail = self.tail.load(Acquire);
            let next = self.next[tail as usize].load(Acquire);
            if tail != self.tail.load(Acquire) {
                continue;
            }
            if next != 0 {
                Self::swap(&self.tail, tail, next);
            } else if Self::swap(&self.next[tail as usize], next, node) {
                break tail;
            }
        };
        Self::swap(&self.tail, last, node);
    }

    fn dequeue(&self) -> Option<i64> {
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            let next = self.next[head as usize].load(Acquire);
            if self.head.load(Acquire) != head {
                continue;
            }
            if head != tail {
                if Self::swap(&self.head, head, next) {
                    return Some(next);
                }
            } else if next == 0 {
                return None;
            } else {
                Self::swap(&self.tail, tail, next);
            }
        }
    }
}

/// Michael and Scott's queue: one reader, and so many writers.
pub fn michael_and_scotts_queue(rows: &mut Vec<Row>) {
    rows.extend([(1, 4), (2, 188)].map(|(writers, count)| {
        let name = format!("ms_queue_dynamic R=1 W={writers}");
        row(name, [0, count], writers + 1, Queue::new, move |queue, me| {
            if me < writers {
                queue.enqueue(me as i64 + 2);
            } else {
                queue.dequeue();
            }
            DONE
        })
        .only(Memory::C11)
    }));
}

/// Two threads that take a mutex three times.
pub fn a_mutex(rows: &mut Vec<Row>) {
    let code = |value: &Mutex<u64>, me| {
        for _ in 0..3 {
            *value.lock().ok()? += [2, 4][me];
        }
        DONE
    };
    rows.push(row("mutex_simple", [0, 20], 2, || Mutex::new(0), code).only(Memory::C11));
}
