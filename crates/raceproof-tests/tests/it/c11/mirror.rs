//! The mirror under Rust's memory model: pointers, plain memory, schedules, and what is refused.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::{
    Assumption, Explorer, Failure, FailureKind, Memory, Outcome, hint, outcome, thread,
};

pub(super) fn weak() -> Explorer {
    Explorer::new().memory(Memory::C11)
}

pub(super) fn prove(model: impl Fn()) -> u64 {
    let found = weak().check(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.redundant, 0);
    found.executions
}

pub(super) fn fail(model: impl Fn()) -> Failure {
    let Outcome::Failed(failure) = weak().check(&model).outcome else { panic!("nothing fails") };
    let again = weak().run_again(&failure.schedule, &model);
    let Outcome::Failed(again) = again.outcome else { panic!("it does not fail again") };
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
    failure
}

/// A message that is passed by a flag, which is waited for or looked at once.
fn message(store: Ordering, load: Ordering, waits: bool) -> impl Fn() {
    move || {
        let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(true, store);
        });
        while waits && !shared.1.load(load) {
            hint::spin_loop();
        }
        if waits || shared.1.load(load) {
            assert_eq!(shared.0.load(Relaxed), 1);
        }
        other.join().unwrap();
    }
}

#[test]
fn a_message_needs_release_and_acquire() {
    assert_eq!(prove(message(Release, Acquire, false)), 2);
    for (store, load) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        assert_eq!(fail(message(store, load, false)).kind, FailureKind::Assertion);
    }
}

/// The flag of a plain cell.
fn cell(store: Ordering, load: Ordering) -> impl Fn() {
    move || {
        let shared = Arc::new((UnsafeCell::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs.0.write(1);
            theirs.1.store(true, store);
        });
        if shared.1.load(load) {
            assert_eq!(shared.0.read(), 1);
        }
    }
}

#[test]
fn plain_memory_needs_release_and_acquire() {
    prove(cell(Release, Acquire));
    assert_eq!(fail(cell(Relaxed, Acquire)).kind, FailureKind::DataRace);
    assert_eq!(fail(cell(Release, Relaxed)).kind, FailureKind::DataRace);
}

/// Spawning and joining order plain memory.
#[test]
fn threads_order_plain_memory() {
    prove(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        cell.write(1);
        let theirs = Arc::clone(&cell);
        let child = thread::spawn(move || theirs.write(theirs.read() + 1));
        child.join().unwrap();
        assert_eq!(cell.read(), 2);
    });
    let failure = fail(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        let child = thread::spawn(move || theirs.write(1));
        cell.read();
        child.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::DataRace);
}

/// Publishes an atomic by a pointer.
fn publication(store: Ordering, load: Ordering) -> impl Fn() {
    move || {
        let published = Arc::new(AtomicPtr::<AtomicUsize>::new(std::ptr::null_mut()));
        let theirs = Arc::clone(&published);
        let made = thread::spawn(move || {
            let made = Box::leak(Box::new(AtomicUsize::new(7)));
            theirs.store(made, store);
            std::ptr::from_ref(made).expose_provenance()
        });
        let found = published.load(load);
        if !found.is_null() {
            // The model frees it only after this.
            let found = found.cast_const();
            assert_eq!(value(found), 7);
        }
        drop(made.join());
    }
}

#[allow(unsafe_code)]
fn value(at: *const AtomicUsize) -> usize {
    // SAFETY: the atomic is leaked.
    unsafe { &*at }.load(Relaxed)
}

#[test]
fn making_an_atomic_must_happen_before_its_use() {
    prove(publication(Release, Acquire));
    let failure = fail(publication(Relaxed, Acquire));
    assert_eq!(failure.kind, FailureKind::DataRace);
    assert!(failure.message.contains("makes it at"), "{}", failure.message);
}

#[test]
fn pointers_are_compared_by_value_in_every_run() {
    let executions = prove(|| {
        let head = Arc::new(AtomicPtr::new(std::ptr::null_mut::<u32>()));
        let push = |head: &AtomicPtr<u32>| {
            let node = Box::into_raw(Box::new(1));
            let mut seen = head.load(Relaxed);
            while let Err(now) = head.compare_exchange(seen, node, AcqRel, Relaxed) {
                seen = now;
            }
        };
        let theirs = Arc::clone(&head);
        let other = thread::spawn(move || push(&theirs));
        push(&head);
        other.join().unwrap();
        assert!(!head.load(Relaxed).is_null());
    });
    assert_eq!(executions, 4);
}

#[test]
fn mutexes_guard_and_deadlock() {
    let executions = prove(|| {
        let count = Arc::new(Mutex::new(0));
        let add = |count: Arc<Mutex<i32>>| thread::spawn(move || *count.lock().unwrap() += 1);
        let threads = [(); 4].map(|()| add(Arc::clone(&count)));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*count.lock().unwrap(), 4);
    });
    assert_eq!(executions, 24);
    let failure = fail(|| {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = Arc::clone(&locks);
        thread::spawn(move || {
            let _one = theirs.1.lock();
            let _other = theirs.0.lock();
        });
        let _one = locks.0.lock();
        let _other = locks.1.lock();
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
}

#[test]
fn the_last_value_in_modification_order_is_what_remains() {
    let found = weak().check(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        x.store(2, Relaxed);
        other.join().unwrap();
        let last = x.load(Relaxed);
        let x = Arc::into_inner(x).unwrap().into_inner();
        assert_eq!(x, last);
        raceproof::outcome(x);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.outcomes, [("1".to_owned(), 1), ("2".to_owned(), 1)].into());
}

/// Nothing is proved of what is not explored.
#[test]
fn what_is_not_explored_yet_is_refused() {
    let models: [(&str, fn()); 2] = [
        ("try_lock of a mutex with which threads wait", || {
            let shared = (Mutex::new(()), Condvar::new());
            drop(shared.0.try_lock());
            drop(shared.1.wait(shared.0.lock().unwrap()));
        }),
        ("a loop that waits and does more", || {
            let count = AtomicU32::new(0);
            while count.fetch_add(1, SeqCst) < 1_000 {
                hint::spin_loop();
            }
        }),
    ];
    for (what, model) in models {
        let Outcome::Failed(failure) = weak().check(model).outcome else {
            panic!("{what}: passed")
        };
        assert_eq!(failure.kind, FailureKind::Misuse, "{what}: {failure}");
        assert!(failure.message.contains("not yet under Memory::C11"), "{}", failure.message);
        assert!(failure.message.contains(what), "{}", failure.message);
    }
}

/// Rounds of a loop that read the same are one: it goes on once it can read something new.
#[test]
fn a_loop_that_waits_is_proved() {
    let found = weak().check(message(Release, Acquire, true));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!((found.executions, found.redundant), (2, 0));
    let fair = |assumption: &Assumption| matches!(assumption, Assumption::FairPolls { .. });
    assert!(found.assumptions.iter().any(fair), "{:?}", found.assumptions);
    fail(message(Release, Relaxed, true));
    fail(message(Relaxed, Acquire, true));
}

/// A loop may remember that it had to wait.
#[test]
fn what_a_loop_remembers_of_its_fruitless_rounds_is_explored() {
    let waits = |asserted: bool| {
        move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let other = thread::spawn(move || theirs.store(true, Release));
            let mut waited = false;
            while !flag.load(Acquire) {
                waited = true;
                hint::spin_loop();
            }
            other.join().unwrap();
            assert!(waited == asserted, "the other way");
        }
    };
    fail(waits(true));
    fail(waits(false));
}

/// "Try so often, then give up" is explored like any other code, stale reads included.
#[test]
fn a_loop_that_gives_up_is_no_loop_that_waits() {
    for tries in 1..=4 {
        let model = move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let other = thread::spawn(move || theirs.store(true, Relaxed));
            let found = (0..tries).any(|_| {
                let there = flag.load(Relaxed);
                if !there {
                    thread::yield_now();
                }
                there
            });
            other.join().unwrap();
            outcome(found);
            assert!(found, "gave up");
        };
        assert!(fail(model).message.contains("gave up"));
        let found = weak().keep_going().check(model);
        // The flag is found by one of the tries, or by none.
        assert_eq!((found.executions, found.failures), (tries + 1, 1));
    }
}

/// std's `swap(true)`: a round that writes what was there is fruitless.
#[test]
fn a_lock_that_spins_by_swapping() {
    let locked = |lock: Ordering| {
        move || {
            let shared = Arc::new((AtomicBool::new(false), UnsafeCell::new(0)));
            let theirs = Arc::clone(&shared);
            let enter = move |spin: &(AtomicBool, UnsafeCell<u32>)| {
                while spin.0.swap(true, lock) {
                    hint::spin_loop();
                }
                spin.1.write(spin.1.read() + 1);
                spin.0.store(false, Release);
            };
            let other = thread::spawn(move || enter(&theirs));
            enter(&shared);
            other.join().unwrap();
        }
    };
    let found = weak().check(locked(Acquire));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!((found.executions, found.redundant), (4, 0));
    assert_eq!(fail(locked(Relaxed)).kind, FailureKind::DataRace);
}

/// While it is tried whether a loop ends, the exploration may have to begin again.
#[test]
fn a_loop_that_gives_up_comes_before_a_first_reader() {
    let executions = prove(|| {
        let shared = Arc::new((AtomicBool::new(false), RwLock::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || *theirs.1.write().unwrap() = 1);
        for _ in 0..3 {
            assert!(!shared.0.load(Relaxed));
            hint::spin_loop();
        }
        drop(shared.1.read());
        other.join().unwrap();
    });
    assert_eq!(executions, 2);
}

#[test]
fn a_loop_that_nothing_ends_is_a_livelock() {
    let failure = fail(|| {
        let flag = Arc::new(AtomicU32::named("flag", 0));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        while flag.load(Relaxed) != 2 {
            hint::spin_loop();
        }
        other.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Livelock);
    assert!(failure.message.contains("`main` reads flag again and again"), "{failure}");
    let nothing = fail(|| {
        loop {
            thread::yield_now();
        }
    });
    assert_eq!(nothing.kind, FailureKind::Livelock);
}

/// Three threads that enter by turns.
fn by_turns<T: Send + Sync + 'static>(
    new: fn() -> T,
    enter: impl Fn(&T) + Copy + Send + 'static,
) -> impl Fn() {
    move || {
        let shared = Arc::new(new());
        let others = [0; 2].map(|_| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || enter(&theirs))
        });
        enter(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
    }
}

#[test]
fn locks_that_spin() {
    struct Spin(AtomicBool, UnsafeCell<u32>);
    let new = || Spin(AtomicBool::new(false), UnsafeCell::new(0));
    let locked = |lock: Ordering, unlock: Ordering| {
        by_turns(new, move |spin| {
            while spin.0.compare_exchange(false, true, lock, Relaxed).is_err() {
                hint::spin_loop();
            }
            spin.1.write(spin.1.read() + 1);
            spin.0.store(false, unlock);
        })
    };
    let found = weak().check(locked(Acquire, Release));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    // Six orders in which they enter. The second may see the first inside, or not; the third may see each of
    // the others inside, or not.
    assert_eq!((found.executions, found.redundant), (48, 0));
    assert_eq!(fail(locked(Relaxed, Release)).kind, FailureKind::DataRace);
    assert_eq!(fail(locked(Acquire, Relaxed)).kind, FailureKind::DataRace);

    struct Tickets(AtomicU32, AtomicU32, UnsafeCell<u32>);
    let new = || Tickets(AtomicU32::new(0), AtomicU32::new(0), UnsafeCell::new(0));
    let found = weak().check(by_turns(new, |tickets: &Tickets| {
        let mine = tickets.0.fetch_add(1, Relaxed);
        while tickets.1.load(Acquire) != mine {
            hint::spin_loop();
        }
        tickets.2.write(tickets.2.read() + 1);
        tickets.1.store(mine + 1, Release);
    }));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!((found.executions, found.redundant), (48, 0));
}

/// A store that is all that its thread does is sequenced before the thread's end, and a load before which its thread does
/// nothing comes after the thread's beginning: as any other accesses they are in the one order of those that are `SeqCst`.
#[test]
fn threads_that_begin_and_end_keep_the_order_of_seq_cst() {
    let outcomes = |store_and_load: fn(&'static AtomicU32, &'static AtomicU32) -> u32| {
        let found = Explorer::new().memory(Memory::C11).check(move || {
            let [x, y]: [&'static AtomicU32; 2] = [(); 2].map(|()| &*Box::leak(Box::default()));
            let adds = thread::spawn(move || x.fetch_add(1, SeqCst));
            let looks = thread::spawn(move || (x.load(SeqCst), y.fetch_add(1, SeqCst)));
            let seen = store_and_load(x, y);
            adds.join().unwrap();
            outcome(format!("{:?} {seen}", looks.join().unwrap()));
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        found.outcomes.into_keys().collect::<Vec<_>>()
    };
    let plain = outcomes(|x, y| {
        y.store(1, SeqCst);
        x.load(SeqCst)
    });
    // The addition comes before the look at x, which comes before y is stored, and so before x is loaded.
    assert!(!plain.contains(&"(1, 0) 0".to_owned()) && plain.contains(&"(1, 0) 1".to_owned()));
    let stored_apart = outcomes(|x, y| {
        thread::spawn(move || y.store(1, SeqCst)).join().unwrap();
        x.load(SeqCst)
    });
    assert_eq!(stored_apart, plain);
    let loaded_apart = outcomes(|x, y| {
        y.store(1, SeqCst);
        thread::spawn(move || x.load(SeqCst)).join().unwrap()
    });
    assert_eq!(loaded_apart, plain);
    let in_a_scope = outcomes(|x, y| {
        thread::scope(|scope| _ = scope.spawn(|| y.store(1, SeqCst)));
        x.load(SeqCst)
    });
    assert_eq!(in_a_scope, plain);
}
