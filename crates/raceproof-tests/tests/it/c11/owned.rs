//! Atomics that a thread has for itself for a while: `get_mut`, and the plain accesses of the facade.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, outcome, thread};

fn explore(model: impl Fn()) -> Exploration {
    Explorer::new().memory(Memory::C11).check(model)
}

fn proved(model: impl Fn()) -> u64 {
    let found = explore(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.redundant, 0);
    found.executions
}

/// What an owner has written comes before the threads that it starts, and what they write comes after.
#[test]
fn what_is_written_by_an_owner_is_seen_by_the_threads_that_it_starts() {
    let executions = proved(|| {
        let mut shared = Arc::new(AtomicU32::new(0));
        let first = Arc::clone(&shared);
        thread::spawn(move || first.store(4, Relaxed)).join().unwrap();
        let mine = Arc::get_mut(&mut shared).unwrap();
        assert_eq!(mine.plain_load(), 4);
        *mine.get_mut() += 1;
        let others = [0, 1].map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let seen = shared.load(Relaxed);
                shared.store(6, Relaxed);
                seen
            })
        });
        let seen = others.map(|other| other.join().unwrap());
        assert!(seen.iter().all(|seen| [5, 6].contains(seen)), "{seen:?}");
        let last = Arc::get_mut(&mut shared).unwrap().get_mut();
        assert_eq!(*last, 6);
        *last = 7;
        assert_eq!(shared.load(Relaxed), 7);
    });
    // Either both read what the owner has written, or one reads what the other has: of the two that write the
    // same, the one that comes later in modification order may be either, unless one reads the other.
    assert_eq!(executions, 4);
}

/// The owner changes the value again after steps of others in between, as long as the reference lives.
#[test]
fn the_value_counts_that_the_owner_leaves_behind() {
    let found = explore(|| {
        let (flag, mut mine) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        let value = mine.get_mut();
        *value = 10;
        *value += flag.load(Relaxed);
        let mine = Arc::new(mine);
        let reader = thread::spawn({
            let mine = Arc::clone(&mine);
            move || mine.load(Relaxed)
        });
        outcome(reader.join().unwrap());
        other.join().unwrap();
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), ["10", "11"]);
    assert_eq!(found.executions, 2);
}

/// Nothing orders an owner's access with another thread's step.
#[test]
fn an_owner_s_access_races_with_steps_that_nothing_orders() {
    let model = |store: Ordering, load: Ordering| {
        move || {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.0.store(1, Relaxed);
                theirs.1.store(1, store);
            });
            if shared.1.load(load) == 1 {
                assert_eq!(shared.0.plain_load(), 1);
            }
            other.join().unwrap();
        }
    };
    assert_eq!(proved(model(Release, Acquire)), 2);
    let Outcome::Failed(failure) = explore(model(Relaxed, Acquire)).outcome else {
        panic!("no race")
    };
    assert_eq!(failure.kind, FailureKind::DataRace);
}

struct Node {
    next: AtomicPtr<Node>,
    value: u32,
}

/// A stack that frees its nodes in its destructor, as most do.
struct Stack(AtomicPtr<Node>, Ordering);

impl Stack {
    fn push(&self, value: u32) {
        let node = Box::into_raw(Box::new(Node { next: AtomicPtr::new(ptr::null_mut()), value }));
        let mut head = self.0.load(Relaxed);
        loop {
            // SAFETY: the node is not shared yet.
            unsafe { *(*node).next.get_mut() = head };
            match self.0.compare_exchange(head, node, self.1, Relaxed) {
                Ok(_) => return,
                Err(there) => head = there,
            }
        }
    }

    fn top(&self) -> Option<u32> {
        // SAFETY: nodes are freed by the destructor only.
        let top = unsafe { self.0.load(Acquire).as_ref() };
        top.filter(|node| node.next.load(Relaxed).is_null()).map(|node| node.value)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut next = *self.0.get_mut();
        while !next.is_null() {
            // SAFETY: it was made of a box, and no other thread is left.
            let mut node = unsafe { Box::from_raw(next) };
            next = *node.next.get_mut();
        }
    }
}

fn two_pushes(order: Ordering) -> impl Fn() {
    move || {
        let stack = Arc::new(Stack(AtomicPtr::default(), order));
        let theirs = Arc::clone(&stack);
        let other = thread::spawn(move || theirs.push(1));
        stack.push(2);
        assert!(stack.top().is_none_or(|first| first < 3));
        other.join().unwrap();
    }
}

#[test]
fn a_stack_frees_its_nodes() {
    proved(two_pushes(AcqRel));
    // The node that is found may not have been made yet.
    assert!(matches!(explore(two_pushes(Relaxed)).outcome, Outcome::Failed(_)));
}
