//! Objects that end while they are used, or before.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::sync::Arc;

use raceproof::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{Explorer, FailureKind, Memory, Outcome, cell::UnsafeCell, thread};

use super::{fails, fails_with, holds};

/// An object that is shared by its address, and freed by hand.
struct Raw<T>(*mut T);

impl<T> Clone for Raw<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Raw<T> {}

// SAFETY: what is shared may be; whether it lives long enough is what the tests are about.
unsafe impl<T: Sync> Send for Raw<T> {}

impl<T> Raw<T> {
    fn new(value: T) -> Self {
        Raw(Box::into_raw(Box::new(value)))
    }

    fn get<'a>(self) -> &'a T {
        // SAFETY: it is not freed yet, or the explorer stops before it is used.
        unsafe { &*self.0 }
    }

    fn free(self) {
        // SAFETY: it was made by `new` and is freed once, or the explorer stops before that.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A lock-free stack (Treiber) whose `pop` frees the node, or leaks it.
struct Stack {
    head: AtomicPtr<Node>,
    frees: bool,
}

struct Node {
    next: AtomicPtr<Node>,
}

impl Stack {
    fn push(&self) {
        let node = Box::into_raw(Box::new(Node { next: AtomicPtr::new(null_mut()) }));
        loop {
            let head = self.head.load(SeqCst);
            // SAFETY: no other thread knows the node yet.
            unsafe { (*node).next.store(head, SeqCst) };
            if self.head.compare_exchange(head, node, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    }

    fn pop(&self) -> bool {
        loop {
            let head = self.head.load(SeqCst);
            if head.is_null() {
                return false;
            }
            // SAFETY: wrong if another thread frees it meanwhile, which is what is to be found.
            let next = unsafe { (*head).next.load(SeqCst) };
            if self.head.compare_exchange(head, next, SeqCst, SeqCst).is_ok() {
                if self.frees {
                    Raw(head).free();
                }
                return true;
            }
        }
    }
}

fn stack(frees: bool) -> impl Fn() {
    move || {
        let stack = Arc::new(Stack { head: AtomicPtr::new(null_mut()), frees });
        stack.push();
        let theirs = Arc::clone(&stack);
        let other = thread::spawn(move || {
            theirs.pop();
            theirs.push();
        });
        stack.pop();
        other.join().unwrap();
    }
}

#[test]
fn a_stack_that_frees_its_nodes_when_they_are_popped() {
    let failure = fails(stack(true));
    assert_eq!(failure.kind, FailureKind::UseAfterFree, "{failure}");
    holds(stack(false));
}

#[test]
fn an_object_is_dropped_before_it_is_used_by_another_thread() {
    fails_with(FailureKind::UseAfterFree, "while thread 1 writes it at", || {
        let x = Raw::new(AtomicUsize::new(0));
        thread::spawn(move || x.get().store(1, SeqCst));
        x.free();
    });
}

/// A thread uses an object and says so, in some order; the main thread frees it when it has heard.
fn use_and_say<T: Sync + 'static>(
    value: impl Fn() -> T,
    body: impl Fn(&T, &AtomicBool) + Copy + Send + 'static,
) -> impl Fn() {
    move || {
        let (object, flag) = (Raw::new(value()), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || body(object.get(), &theirs));
        if flag.load(SeqCst) {
            object.free();
            other.join().unwrap();
        } else {
            other.join().unwrap();
            object.free();
        }
    }
}

#[test]
fn a_use_is_over_before_it_is_said_to_be() {
    let atomic = || AtomicUsize::new(0);
    holds(use_and_say(atomic, |x, flag| {
        x.store(1, SeqCst);
        flag.store(true, SeqCst);
    }));
    holds(use_and_say(
        || UnsafeCell::new(0),
        |x, flag| {
            x.read();
            flag.store(true, SeqCst);
        },
    ));
    let message = "while thread 1 reads it at";
    fails_with(
        FailureKind::UseAfterFree,
        message,
        use_and_say(atomic, |x, flag| {
            flag.store(true, SeqCst);
            x.load(SeqCst);
        }),
    );
    let message = "while thread 1 reads it at";
    fails_with(
        FailureKind::UseAfterFree,
        message,
        use_and_say(
            || UnsafeCell::new(0),
            |x, flag| {
                flag.store(true, SeqCst);
                x.read();
            },
        ),
    );
}

/// Equivalent schedules are one execution, though an object ends in one of them before it is used and in another after.
#[test]
fn few_preemptions_find_what_ends_beside_a_use() {
    let says_early = use_and_say(
        || AtomicUsize::new(0),
        |x, flag| {
            flag.store(true, SeqCst);
            x.load(SeqCst);
        },
    );
    let locks = || {
        let (mutex, begun) = (Raw::new(Mutex::new(())), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&begun);
        thread::spawn(move || {
            theirs.store(true, SeqCst);
            drop(mutex.get().lock());
        });
        if begun.load(SeqCst) {
            mutex.free();
        }
    };
    let models: [Box<dyn Fn()>; 3] = [Box::new(says_early), Box::new(stack(true)), Box::new(locks)];
    for (nth, model) in models.iter().enumerate() {
        let found = Explorer::new().memory(Memory::Sequential).preemption_bound(2).check(model);
        let Outcome::Failed(failure) = found.outcome else { panic!("model {nth}: {found:?}") };
        assert_eq!(failure.kind, FailureKind::UseAfterFree, "model {nth}: {failure}");
    }
    let says_late = use_and_say(
        || AtomicUsize::new(0),
        |x, flag| {
            x.store(1, SeqCst);
            flag.store(true, SeqCst);
        },
    );
    let found = Explorer::new().memory(Memory::Sequential).preemption_bound(2).check(says_late);
    assert!(matches!(found.outcome, Outcome::Bounded(_)), "{found:?}");
}

#[test]
fn a_thread_reads_a_cell_before_its_first_step_that_its_parent_frees() {
    let model = |joins: bool| {
        move || {
            let cell = Raw::new(UnsafeCell::new(0));
            let reader = thread::spawn(move || cell.get().read());
            if joins {
                reader.join().unwrap();
            }
            cell.free();
        }
    };
    holds(model(true));
    fails_with(FailureKind::UseAfterFree, "main drops it", model(false));
}

/// The failure is found in an execution of its own; its schedule leads there again.
#[test]
fn the_schedule_of_a_use_after_free_can_be_replayed() {
    let held = use_and_say(
        || UnsafeCell::new(0),
        |x, flag| {
            flag.store(true, SeqCst);
            x.write(1);
            x.read();
        },
    );
    let models: [Box<dyn Fn()>; 2] = [Box::new(stack(true)), Box::new(held)];
    for model in models {
        let failure = fails(&model);
        let schedule = failure.schedule.to_string().parse().unwrap();
        let Outcome::Failed(again) = Explorer::replay(&schedule, &model).outcome else {
            panic!("{schedule} ends well");
        };
        assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
        assert_eq!(failure.kind, FailureKind::UseAfterFree);
    }
}

#[test]
fn a_lock_and_a_condition_variable_are_dropped_beside_a_waiter() {
    fails_with(FailureKind::UseAfterFree, "locks it at", || {
        let mutex = Raw::new(Mutex::new(()));
        let guard = mutex.get().lock();
        thread::spawn(move || drop(mutex.get().lock()));
        drop(guard);
        mutex.free();
    });
    fails_with(FailureKind::UseAfterFree, "waits for it at", || {
        let (waits, condvar) = (Arc::new(Mutex::new(false)), Raw::new(Condvar::new()));
        let theirs = Arc::clone(&waits);
        let waiter = thread::spawn(move || {
            let mut guard = theirs.lock().unwrap();
            *guard = true;
            drop(condvar.get().wait(guard));
        });
        while !*waits.lock().unwrap() {
            thread::yield_now();
        }
        condvar.free();
        waiter.join().unwrap();
    });
}

#[test]
fn a_cell_is_dropped_inside_of_an_access() {
    fails_with(FailureKind::UseAfterFree, "while main writes it at", || {
        let cell = Raw::new(UnsafeCell::new(0));
        cell.get().with_mut(|_| cell.free());
    });
    fails_with(FailureKind::UseAfterFree, "while thread 1 reads it at", || {
        let (cell, step) = (Raw::new(UnsafeCell::new(0)), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&step);
        let reader = thread::spawn(move || cell.get().with(|_| theirs.store(true, SeqCst)));
        if step.load(SeqCst) {
            reader.join().unwrap();
        }
        cell.free();
    });
}

#[test]
fn a_use_in_the_thread_that_has_dropped() {
    fails_with(FailureKind::UseAfterFree, "main uses it at", || {
        let mut x = ManuallyDrop::new(AtomicUsize::new(0));
        // SAFETY: the memory stays; that what it held is used again is found.
        unsafe { ManuallyDrop::drop(&mut x) };
        x.load(SeqCst);
    });
    fails_with(FailureKind::UseAfterFree, "main drops it", || {
        let mut x = ManuallyDrop::new(Mutex::new(0));
        // SAFETY: as before.
        unsafe { ManuallyDrop::drop(&mut x) };
        // SAFETY: as before.
        unsafe { ManuallyDrop::drop(&mut x) };
    });
}

/// Which owner of a std `Arc` drops what it holds is told by a count that the explorer does not see.
#[test]
fn the_last_owner_of_an_arc_may_drop_what_it_holds() {
    holds(|| {
        let x = Arc::new((AtomicUsize::new(0), UnsafeCell::new(0), Mutex::new(0)));
        for _ in 0..2 {
            let theirs = Arc::clone(&x);
            thread::spawn(move || {
                theirs.0.fetch_add(1, SeqCst);
                theirs.1.read();
                *theirs.2.lock().unwrap() += 1;
                theirs.1.read();
            });
        }
        x.0.load(SeqCst);
    });
    holds(|| {
        let x = Arc::new((AtomicBool::new(false), UnsafeCell::new(0)));
        let theirs = Arc::clone(&x);
        thread::spawn(move || {
            theirs.0.store(true, SeqCst);
            theirs.1.read();
        });
        x.0.load(SeqCst);
    });
}

/// A count as that of `Arc`, by hand.
fn counted(last: fn(&AtomicUsize) -> bool) -> impl Fn() {
    move || {
        let shared = Raw::new((AtomicUsize::new(2), AtomicUsize::new(0), UnsafeCell::new(0)));
        let body = move || {
            let (count, x, cell) = shared.get();
            x.fetch_add(1, SeqCst);
            cell.read();
            if last(count) {
                shared.free();
            }
        };
        let other = thread::spawn(body);
        body();
        other.join().unwrap();
    }
}

#[test]
fn a_count_of_owners_by_hand() {
    holds(counted(|count| count.fetch_sub(1, SeqCst) == 1));
    // Both may find it 0.
    let failure = fails(counted(|count| {
        count.fetch_sub(1, SeqCst);
        count.load(SeqCst) == 0
    }));
    assert_eq!(failure.kind, FailureKind::UseAfterFree, "{failure}");
}

/// What the steps order may be unordered as far as memory goes.
#[test]
fn an_end_that_only_a_relaxed_count_orders() {
    let orders = [(Relaxed, false), (Release, false), (Acquire, false), (AcqRel, true)];
    for (order, ordered) in orders {
        let model = || {
            let shared = Raw::new((AtomicUsize::new(2), UnsafeCell::new(0)));
            let body = move || {
                let (count, cell) = shared.get();
                cell.read();
                if count.fetch_sub(1, order) == 1 {
                    shared.free();
                }
            };
            let other = thread::spawn(body);
            body();
            drop(other);
        };
        holds(model);
        let outcome = Explorer::new().strict_ends(true).check(model).outcome;
        match outcome {
            Outcome::Failed(failure) if !ordered => {
                assert_eq!(failure.kind, FailureKind::DataRace, "{failure}");
                assert!(failure.message.contains("drops it"), "{failure}");
            }
            Outcome::Proved if ordered => {}
            other => panic!("{order:?}: {other:?}"),
        }
    }
}

#[test]
fn an_object_that_is_one_thread_s_alone_while_another_uses_it() {
    fails_with(FailureKind::DataRace, "while thread 1 writes it", || {
        let x = Raw::new(AtomicUsize::new(0));
        let other = thread::spawn(move || x.get().store(1, SeqCst));
        // SAFETY: wrong, which is found before the reference is made use of.
        unsafe { *(*x.0).get_mut() = 2 };
        other.join().unwrap();
        x.free();
    });
    fails_with(FailureKind::DataRace, "while thread 1 reads it", || {
        let x = Raw::new(UnsafeCell::new(0));
        let other = thread::spawn(move || x.get().read());
        // SAFETY: as before.
        unsafe { *(*x.0).get_mut() = 2 };
        other.join().unwrap();
        x.free();
    });
    // The use comes later, but not after.
    fails_with(FailureKind::DataRace, "while thread 1 reads it", || {
        let (x, step) = (Raw::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&step);
        let other = thread::spawn(move || {
            theirs.load(SeqCst);
            x.get().load(SeqCst);
        });
        step.load(SeqCst);
        // SAFETY: as before.
        unsafe { *(*x.0).get_mut() = 2 };
        other.join().unwrap();
        x.free();
    });
    fails_with(FailureKind::DataRace, "while thread 1 reads it", || {
        let (x, step) = (Raw::new(UnsafeCell::new(0)), Arc::new(AtomicBool::new(false)));
        let theirs = Arc::clone(&step);
        let other = thread::spawn(move || {
            theirs.load(SeqCst);
            x.get().read();
        });
        step.load(SeqCst);
        // SAFETY: as before.
        unsafe { *(*x.0).get_mut() = 2 };
        other.join().unwrap();
        x.free();
    });
    holds(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        thread::spawn(move || theirs.store(1, SeqCst));
        if let Ok(x) = Arc::try_unwrap(x) {
            x.into_inner();
        }
    });
}

/// The executions that are tried to find it leave the first as it was, which is run again.
#[test]
fn an_end_that_comes_too_early_is_told_as_such_where_failures_are_counted() {
    let found = Explorer::new().keep_going().check(|| {
        let shared = Arc::new(AtomicPtr::new(Box::into_raw(Box::new(UnsafeCell::new(1)))));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || Raw(theirs.swap(null_mut(), AcqRel)).free());
        let cell = shared.load(Acquire);
        if !cell.is_null() {
            Raw(cell).get().read();
        }
        other.join().unwrap();
    });
    let Outcome::Failed(failure) = found.outcome else { panic!("{found:?}") };
    assert_eq!(failure.kind, FailureKind::UseAfterFree, "{failure}");
}
