//! `data-structures`: stacks, queues and deques without locks. Nodes are numbers, 0 is none. What a program writes
//! and reads in a race is relaxed here, as GenMC counts without its detection of races.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Row, assume, atomics, row};
use raceproof::sync::atomic::{AtomicI64, fence};

/// Swaps with this ordering if it comes off; the failure's is as strong as it may be.
fn swap(x: &AtomicI64, old: i64, new: i64, success: Ordering) -> bool {
    let failure = match success {
        AcqRel => Acquire,
        Release => Relaxed,
        other => other,
    };
    x.compare_exchange(old, new, success, failure).is_ok()
}

/// A stack: the top, and what each node has below it.
pub(super) struct Stack {
    top: AtomicI64,
    next: [AtomicI64; 6],
    data: [AtomicI64; 6],
}

impl Stack {
    pub(super) fn new() -> Self {
        let zeros = atomics([0; 6]);
        Stack { top: AtomicI64::new(0), next: zeros(), data: zeros() }
    }

    /// Tries once to push; to look at the top is relaxed.
    fn try_push(&self, node: usize) -> bool {
        self.data[node].store(node as i64, Relaxed);
        let top = self.top.load(Relaxed);
        self.next[node].store(top, Relaxed);
        swap(&self.top, top, node as i64, Release)
    }

    /// Tries once to pop; the optimised stack only relaxed.
    fn try_pop(&self, optimised: bool) {
        let (look, taken) = if optimised { (Relaxed, Relaxed) } else { (Acquire, Release) };
        let top = self.top.load(look);
        if top != 0 {
            self.data[top as usize].load(Relaxed);
            let next = self.next[top as usize].load(Relaxed);
            swap(&self.top, top, next, taken);
        }
    }

    /// One round of a loop that pushes.
    pub(super) fn push_round(&self, node: usize) -> bool {
        let top = self.top.load(Acquire);
        self.next[node].store(top, Relaxed);
        swap(&self.top, top, node as i64, Release)
    }

    /// One round of a loop that pops: what was popped, 0 if there was nothing.
    pub(super) fn pop_round(&self) -> Option<i64> {
        let top = self.top.load(Acquire);
        if top == 0 {
            return Some(0);
        }
        let next = self.next[top as usize].load(Relaxed);
        swap(&self.top, top, next, Release).then_some(top)
    }
}

/// A stack, of which each end is tried once.
pub fn stacks(rows: &mut Vec<Row>) {
    let tried = |name, counts, optimised: bool| {
        row(name, counts, 2, Stack::new, move |stack, me| {
            if me == 0 {
                stack.try_push(1);
                stack.try_push(2);
                stack.try_pop(optimised);
            } else {
                stack.try_pop(optimised);
                stack.try_push(3);
            }
            DONE
        })
    };
    rows.extend([tried("stc", [37; 2], false), tried("stc-opt", [37, 183], true)]);
}

/// Two writers and a reader of a stack. Where GenMC finds that the loop that pushes does nothing but wait, a push
/// must come off at once; the loop that pops must in both.
pub fn treibers_stack(rows: &mut Vec<Row>) {
    let stack = |name, count, again: bool| {
        row(name, [count; 2], 3, Stack::new, move |stack, me| {
            if me == 2 {
                return assume(stack.pop_round().is_some());
            }
            stack.data[me].store(me as i64, Relaxed);
            while !stack.push_round(me + 1) {
                assume(again)?;
            }
            DONE
        })
    };
    rows.extend([stack("treiber-stack", 18, true), stack("treiber-stack-dynamic", 8, false)]);
}

/// A queue of which the ends are a step behind: node 1 is the first.
struct Queue {
    head: AtomicI64,
    tail: AtomicI64,
    next: [AtomicI64; 5],
    data: [AtomicI64; 5],
    ready: AtomicI64,
    /// What the optimised queue relaxes.
    look: Ordering,
    write: Ordering,
}

impl Queue {
    fn new(optimised: bool) -> Self {
        let (look, write) = if optimised { (Relaxed, Relaxed) } else { (Acquire, Release) };
        let [next, data] = [atomics([0; 5])(), atomics([0; 5])()];
        let [head, tail, ready] = [0; 3].map(AtomicI64::new);
        Queue { head, tail, next, data, ready, look, write }
    }

    fn init(&self) {
        self.next[1].store(0, Release);
        self.head.store(1, Release);
        self.tail.store(1, Release);
        self.ready.store(1, Release);
    }

    fn end(&self) -> Option<usize> {
        let node = self.tail.load(self.look) as usize;
        let next = self.next[node].load(Relaxed);
        if next == 0 {
            return Some(node);
        }
        self.tail.store(next, self.write);
        None
    }

    fn enqueue(&self, node: usize) {
        self.data[node].store(1, Relaxed);
        self.next[node].store(0, Relaxed);
        let end = loop {
            if let Some(end) = self.end() {
                break end;
            }
        };
        if swap(&self.next[end], 0, node as i64, Release) {
            self.tail.store(node as i64, self.write);
        }
    }

    fn dequeue(&self) {
        let head = self.head.load(self.look);
        let node = self.next[head as usize].load(self.look);
        if node != 0 && swap(&self.head, head, node, Relaxed) {
            self.data[node as usize].load(Relaxed);
        }
    }
}

/// A queue whose ends may be a step behind.
pub fn queues(rows: &mut Vec<Row>) {
    let queue = |name, counts, optimised| {
        let new = move || Queue::new(optimised);
        row(name, counts, 3, new, |queue, me| {
            if me == 0 {
                queue.init();
            } else if queue.ready.load(Acquire) == 0 {
                return DONE;
            }
            match me {
                2 => queue.dequeue(),
                _ => queue.enqueue(me + 2),
            }
            DONE
        })
    };
    rows.extend([queue("qu", [39, 75], false), queue("qu-opt", [39, 132], true)]);
}

/// Chase and Lev's deque.
struct Deque {
    bottom: AtomicI64,
    top: AtomicI64,
    buffer: [AtomicI64; 10],
    /// How a push looks at the top, and how a pop takes the last.
    look: Ordering,
    take: Ordering,
}

impl Deque {
    fn new(look: Ordering, take: Ordering) -> Self {
        let [bottom, top] = [0; 2].map(AtomicI64::new);
        Deque { bottom, top, buffer: atomics([0; 10])(), look, take }
    }

    fn at(&self, place: i64) -> &AtomicI64 {
        &self.buffer[place as usize % self.buffer.len()]
    }

    fn push(&self, value: i64) {
        let bottom = self.bottom.load(Relaxed);
        if bottom - self.top.load(self.look) < self.buffer.len() as i64 {
            self.at(bottom).store(value, Relaxed);
            self.bottom.store(bottom + 1, Release);
        }
    }

    fn pop(&self) {
        let bottom = self.bottom.load(Relaxed);
        self.bottom.store(bottom - 1, Relaxed);
        fence(SeqCst);
        let top = self.top.load(Relaxed);
        if bottom - top <= 0 {
            self.bottom.store(bottom, Relaxed);
            return;
        }
        self.at(bottom - 1).load(Relaxed);
        if bottom - top == 1 {
            swap(&self.top, top, top + 1, self.take);
            self.bottom.store(bottom, Relaxed);
        }
    }

    fn steal(&self) {
        let top = self.top.load(Relaxed);
        fence(SeqCst);
        if self.bottom.load(Acquire) - top > 0 {
            self.at(top).load(Relaxed);
            swap(&self.top, top, top + 1, Release);
        }
    }
}

/// Chase and Lev's deque, and those who steal from it.
pub fn deques(rows: &mut Vec<Row>) {
    let owner = |deque: &Deque, [first, pops, then]: [i64; 3]| {
        (0..first).for_each(|i| deque.push(i + 1));
        (0..pops).for_each(|_| deque.pop());
        (0..then).for_each(|i| deque.push(first + i + 1));
    };
    let three = |name, look, take| -> Row {
        row(
            name,
            [1_373, 1_924],
            3,
            move || Deque::new(look, take),
            move |deque, me| {
                match me {
                    0 => owner(deque, [2, 1, 1]),
                    1 => (0..2).for_each(|_| deque.steal()),
                    _ => deque.steal(),
                }
                DONE
            },
        )
    };
    rows.extend([
        row(
            "chase-lev",
            [59, 65],
            2,
            || Deque::new(Acquire, AcqRel),
            move |deque, me| {
                match me {
                    0 => owner(deque, [5, 3, 2]),
                    _ => deque.steal(),
                }
                DONE
            },
        ),
        three("dq", Acquire, AcqRel),
        three("dq-opt", Relaxed, Release),
    ]);
}
