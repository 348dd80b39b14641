//! What threads can tell of who owns a value.

use std::cell::RefCell;
use std::sync::Arc as Std;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex, RwLock, Weak};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, outcome, thread};

use super::{fails, fails_with, holds};

/// Executions of a model that holds, under sequential consistency.
fn executions(model: impl Fn()) -> u64 {
    let explorer = Explorer::new().memory(Memory::Sequential);
    let Exploration { executions, redundant, outcome, .. } = explorer.check(model);
    assert!(matches!(outcome, Outcome::Proved), "{outcome:?}");
    assert_eq!(redundant, 0);
    executions
}

/// A value whose destructor takes a step.
struct Tells(Std<AtomicUsize>, usize);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.fetch_add(self.1, SeqCst);
    }
}

/// As many threads that each do this with an owner.
fn shared<T: Send + Sync + 'static>(
    n: usize,
    value: T,
    f: impl Fn(Arc<T>) + Send + Copy + 'static,
) {
    let first = Arc::new(value);
    let others = (1..n).map(|_| first.clone()).collect::<Vec<_>>();
    let owners = others.into_iter().map(|it| thread::spawn(move || f(it))).collect::<Vec<_>>();
    f(first);
    owners.into_iter().for_each(|owner| owner.join().unwrap());
}

#[test]
fn each_of_two_owners_may_find_the_other() {
    fails_with(FailureKind::Assertion, "no owner has it", || {
        let a = Arc::new(5);
        let b = a.clone();
        let t = thread::spawn(move || Arc::try_unwrap(a).is_ok());
        let mine = Arc::try_unwrap(b).is_ok();
        assert!(t.join().unwrap() || mine, "no owner has it");
    });
}

#[test]
fn one_of_two_owners_takes_the_value_out() {
    let taken = holds(|| {
        let a = Arc::new(5);
        let b = a.clone();
        let t = thread::spawn(move || Arc::into_inner(a));
        let mine = Arc::into_inner(b);
        outcome(format!("{:?}", (mine, t.join().unwrap())));
    });
    assert_eq!(Vec::from_iter(taken), ["(None, Some(5))", "(Some(5), None)"]);
}

#[test]
fn a_last_owner_s_destructor_comes_after_the_others() {
    struct Data(UnsafeCell<u32>);
    impl Drop for Data {
        fn drop(&mut self) {
            assert!(self.0.read() < 2);
        }
    }
    for strict in [false, true] {
        let all = Explorer::new().strict_ends(strict).check(|| {
            let data = Arc::new((Data(UnsafeCell::new(0)), AtomicUsize::new(0)));
            let theirs = data.clone();
            let t = thread::spawn(move || {
                if theirs.1.fetch_add(1, SeqCst) == 0 {
                    theirs.0.0.write(1);
                }
            });
            drop(data);
            t.join().unwrap();
        });
        assert!(matches!(all.outcome, Outcome::Proved), "{:?}", all.outcome);
        assert_eq!(all.executions, 1);
    }
}

#[test]
fn an_owner_that_is_not_the_last_is_not_ordered_after_the_others() {
    // If the other one drops first, this one is the last, and what it reads is ordered.
    fails_with(FailureKind::DataRace, "nothing orders them", || {
        let (kept, cell) = (Arc::new(0), Std::new(UnsafeCell::new(0)));
        let (theirs, other) = (kept.clone(), cell.clone());
        thread::spawn(move || {
            other.write(1);
            drop(theirs);
        });
        drop(kept);
        cell.read();
    });
}

#[test]
fn a_count_orders_what_it_is_asked_for_only_with_an_acquire() {
    let model = |fence: bool| {
        move || {
            let kept = Arc::new(UnsafeCell::new(0));
            let theirs = kept.clone();
            thread::spawn(move || theirs.write(1));
            if Arc::strong_count(&kept) == 1 {
                if fence {
                    raceproof::sync::atomic::fence(SeqCst);
                }
                kept.read();
            }
        }
    };
    assert_eq!(fails(model(false)).kind, FailureKind::DataRace);
    holds(model(true));
    holds(|| {
        let mut kept = Arc::new(UnsafeCell::new(0));
        let theirs = kept.clone();
        thread::spawn(move || theirs.write(1));
        outcome(Arc::get_mut(&mut kept).is_some_and(|cell| cell.read() == 1));
    });
}

#[test]
fn each_owner_is_the_last_once() {
    for n in 1..=4 {
        let told = Std::new(std::sync::Mutex::new(Vec::new()));
        let count = executions(|| {
            let steps = Std::new(AtomicUsize::new(0));
            shared(n, Tells(steps.clone(), 1), drop);
            assert_eq!(steps.load(SeqCst), 1);
            told.lock().unwrap().push(());
        });
        assert_eq!(count, n as u64);
    }
}

#[test]
fn a_destructor_that_says_something_makes_its_owner_matter() {
    struct Says;
    impl Drop for Says {
        fn drop(&mut self) {
            outcome(thread::current().name().unwrap_or("other").to_owned());
        }
    }
    let said = holds(|| shared(3, Says, drop));
    assert_eq!(Vec::from_iter(said), ["main", "other"]);
    raceproof::thread_local! { static DROPPED: RefCell<u32> = const { RefCell::new(0) }; }
    struct Local;
    impl Drop for Local {
        fn drop(&mut self) {
            DROPPED.with(|dropped| *dropped.borrow_mut() += 1);
        }
    }
    let dropped = holds(|| {
        shared(2, Local, drop);
        outcome(DROPPED.with(|dropped| *dropped.borrow()));
    });
    assert_eq!(Vec::from_iter(dropped), ["0", "1"]);
}

#[test]
fn a_destructor_that_waits_for_ever_makes_its_owner_matter() {
    struct Locks(Std<Mutex<()>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            drop(self.0.lock());
        }
    }
    // Only a thread that has the lock itself waits for ever.
    fails_with(FailureKind::Deadlock, "", || {
        let lock = Std::new(Mutex::new(()));
        let kept = Arc::new(Locks(lock.clone()));
        let theirs = kept.clone();
        let t = thread::spawn(move || {
            let _held = lock.lock().unwrap();
            drop(theirs);
        });
        drop(kept);
        t.join().unwrap();
    });
}

#[test]
fn a_destructor_that_panics_makes_its_owner_matter() {
    struct Fails;
    impl Drop for Fails {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "dropped");
        }
    }
    let ended = holds(|| {
        let kept = Arc::new(Fails);
        let theirs = kept.clone();
        let t = thread::spawn(move || drop(theirs));
        let mine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(kept)));
        outcome(format!("{} {}", mine.is_ok(), t.join().is_ok()));
    });
    assert_eq!(Vec::from_iter(ended), ["false true", "true false"]);
}

#[test]
fn clones_and_drops_that_no_thread_can_tell_add_no_execution() {
    for n in 2..=5 {
        assert_eq!(executions(|| shared(n, AtomicUsize::new(0), |it| drop(it.clone()))), 1);
        let stores = |it: Arc<AtomicUsize>| it.clone().store(1, SeqCst);
        assert_eq!(
            executions(|| shared(n, AtomicUsize::new(0), stores)),
            (1..=n as u64).product::<u64>()
        );
    }
}

#[test]
fn changes_of_a_count_commute_with_each_other() {
    // The question at the end makes the counts matter, and comes after them.
    for n in 2..=5 {
        let count = executions(|| {
            let kept = Arc::new(0);
            let weak = Arc::downgrade(&kept);
            let threads = (0..n)
                .map(|_| kept.clone())
                .map(|it| thread::spawn(move || drop((Arc::clone(&it), Arc::downgrade(&it)))));
            threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!((Arc::strong_count(&kept), weak.weak_count()), (1, 1));
            assert_eq!(Arc::try_unwrap(kept), Ok(0));
            assert!(weak.upgrade().is_none());
        });
        assert_eq!(count, 1);
    }
}

#[test]
fn an_upgrade_meets_the_last_drop() {
    let all = Explorer::new().check(|| {
        let kept = Arc::new(7);
        let weak = Arc::downgrade(&kept);
        let t = thread::spawn(move || weak.upgrade().map(|value| *value));
        drop(kept);
        outcome(format!("{:?}", t.join().unwrap()));
    });
    assert!(matches!(all.outcome, Outcome::Proved));
    assert_eq!((all.outcomes["None"], all.outcomes["Some(7)"]), (1, 1));
    // An owner made of a weak reference may be the last.
    let said = holds(|| {
        let steps = Std::new(AtomicUsize::new(1));
        let kept = Arc::new(Tells(steps.clone(), 10));
        let weak = Arc::downgrade(&kept);
        let t = thread::spawn(move || {
            let upgraded = weak.upgrade();
            let seen = steps.load(SeqCst);
            format!("{} {seen} {}", upgraded.is_some(), {
                drop(upgraded);
                steps.load(SeqCst)
            })
        });
        drop(kept);
        outcome(t.join().unwrap());
    });
    let expected =
        ["false 1 1", "false 1 11", "false 11 11", "true 1 1", "true 1 11", "true 11 11"];
    let possible = said.iter().filter(|it| expected.contains(&it.as_str())).count();
    assert_eq!(possible, said.len(), "{said:?}");
    assert!(said.contains("true 1 11") && said.contains("false 11 11"), "{said:?}");
}

#[test]
fn a_shared_value_is_cloned_to_be_changed() {
    let changed = holds(|| {
        let mut mine = Arc::new(1);
        let theirs = mine.clone();
        let t = thread::spawn(move || *theirs);
        *Arc::make_mut(&mut mine) += 1;
        outcome(format!("{} {}", *mine, t.join().unwrap()));
    });
    assert_eq!(Vec::from_iter(changed), ["2 1"]);
    let clones = holds(|| {
        struct Cloned<'a>(&'a AtomicUsize);
        impl Clone for Cloned<'_> {
            fn clone(&self) -> Self {
                self.0.fetch_add(1, SeqCst);
                Cloned(self.0)
            }
        }
        let count = AtomicUsize::new(0);
        thread::scope(|scope| {
            let mut mine = Arc::new(Cloned(&count));
            let theirs = mine.clone();
            scope.spawn(move || Arc::unwrap_or_clone(theirs));
            Arc::make_mut(&mut mine);
        });
        outcome(count.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(clones), ["1", "2"]);
    holds(|| {
        let mut mine: Arc<[i32]> = Arc::from([1, 2]);
        let weak = Arc::downgrade(&mine);
        Arc::make_mut(&mut mine)[0] = 3;
        assert_eq!((&*mine, weak.upgrade().is_none()), (&[3, 2][..], true));
        let mut text: Arc<str> = "a".into();
        let other = text.clone();
        Arc::make_mut(&mut text).make_ascii_uppercase();
        assert_eq!((&*text, &*other), ("A", "a"));
    });
}

#[test]
fn a_weak_reference_is_not_for_one_owner_alone() {
    let alone = holds(|| {
        let mut mine = Arc::new(1);
        let weak = Arc::downgrade(&mine);
        let t = thread::spawn(move || drop(weak));
        outcome(Arc::get_mut(&mut mine).is_some());
        t.join().unwrap();
    });
    assert_eq!(Vec::from_iter(alone), ["false", "true"]);
}

#[test]
fn a_value_is_made_with_a_reference_to_itself() {
    struct Own(Weak<Own>);
    let seen = holds(|| {
        let waits = &Mutex::new(None);
        let node = thread::scope(|scope| {
            Arc::new_cyclic(|own| {
                assert_eq!((own.strong_count(), own.weak_count()), (0, 0));
                let own = own.clone();
                let theirs = own.clone();
                scope.spawn(move || *waits.lock().unwrap() = Some(theirs.upgrade().is_some()));
                Own(own)
            })
        });
        outcome(waits.lock().unwrap().unwrap());
        assert_eq!((Arc::strong_count(&node), Arc::weak_count(&node)), (1, 1));
        assert!(Arc::ptr_eq(&node, &node.0.upgrade().unwrap()));
    });
    assert_eq!(Vec::from_iter(seen), ["false", "true"]);
}

#[test]
fn a_loop_waits_for_the_other_owners() {
    let ended = holds(|| {
        let mut kept = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let theirs = kept.clone();
            thread::spawn(move || theirs.fetch_add(1, SeqCst));
        }
        while Arc::get_mut(&mut kept).is_none() {
            thread::yield_now();
        }
        outcome(kept.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(ended), ["2"]);
    let ended = holds(|| {
        let kept = Arc::new(());
        let theirs = kept.clone();
        thread::spawn(move || drop(theirs));
        while Arc::strong_count(&kept) > 1 {
            thread::yield_now();
        }
    });
    assert!(ended.is_empty());
    assert_eq!(
        fails(|| {
            let kept = Arc::new(());
            let _other = kept.clone();
            while Arc::strong_count(&kept) > 1 {
                thread::yield_now();
            }
        })
        .kind,
        FailureKind::Livelock
    );
}

#[test]
fn a_pool_is_dropped_by_its_own_worker() {
    // Its destructor joins a thread, which is the one that drops it, if a job keeps it.
    struct Pool(Mutex<Option<thread::JoinHandle<()>>>);
    impl Drop for Pool {
        fn drop(&mut self) {
            let worker = self.0.get_mut().unwrap().take();
            worker.into_iter().for_each(|worker| worker.join().unwrap());
        }
    }
    fails_with(FailureKind::Deadlock, "", || {
        let pool = Arc::new(Pool(Mutex::new(None)));
        let kept = pool.clone();
        let worker = thread::spawn(move || drop(kept));
        *pool.0.lock().unwrap() = Some(worker);
    });
}

#[test]
fn a_schedule_with_counts_runs_again() {
    let model = || {
        let steps = Std::new(AtomicUsize::new(0));
        let kept = Arc::new(Tells(steps.clone(), 1));
        let theirs = kept.clone();
        let quiet = Arc::new(0);
        let other = quiet.clone();
        let t = thread::spawn(move || {
            drop(other);
            drop(theirs);
            steps.load(SeqCst)
        });
        drop((quiet, kept));
        assert_eq!(t.join().unwrap(), 1, "not yet");
    };
    let failure = fails(model);
    let schedule = failure.schedule.to_string().parse().unwrap();
    let Outcome::Failed(again) = Explorer::replay(&schedule, model).outcome else {
        panic!("{schedule} does not fail");
    };
    assert_eq!((again.kind, again.message), (FailureKind::Assertion, failure.message));
    assert_eq!(again.trace.steps, failure.trace.steps);
}

#[test]
fn every_interleaving_has_the_same_outcomes() {
    let model = || {
        let steps = Std::new(AtomicUsize::new(0));
        let kept = Arc::new(Tells(steps.clone(), 1));
        let weak = Arc::downgrade(&kept);
        let owner = kept.clone();
        let first = thread::spawn(move || weak.upgrade().is_some());
        let second = thread::spawn(move || {
            drop(owner);
            steps.load(SeqCst)
        });
        drop(kept);
        outcome(format!("{} {}", first.join().unwrap(), second.join().unwrap()));
    };
    let (some, all) =
        (Explorer::new().check(model), Explorer::new().every_interleaving().check(model));
    assert!(some.outcomes.keys().eq(all.outcomes.keys()), "{some:?} {all:?}");
    assert!(some.executions < all.executions && some.redundant == 0);
}

#[test]
fn a_value_that_is_never_dropped_leaks() {
    struct Node(Mutex<Option<Arc<Node>>>);
    let cycle = |weak: bool| {
        move || {
            let node = Arc::new(Node(Mutex::new(None)));
            let theirs = node.clone();
            let t = thread::spawn(move || *theirs.0.lock().unwrap() = Some(theirs.clone()));
            t.join().unwrap();
            if weak {
                drop(node.0.lock().unwrap().take());
            }
        }
    };
    let leaks = |model: &dyn Fn()| Explorer::new().leaks(true).check(model).outcome;
    let Outcome::Failed(failure) = leaks(&cycle(false)) else { panic!("no leak") };
    assert_eq!(failure.kind, FailureKind::Leak);
    let place = format!("made at {}:", file!());
    assert!(failure.message.contains(&place), "{failure}");
    assert!(failure.message.contains("an owner left"), "{failure}");
    assert!(matches!(leaks(&cycle(true)), Outcome::Proved));
    assert!(matches!(Explorer::new().check(cycle(false)).outcome, Outcome::Proved));
    assert!(matches!(leaks(&|| std::mem::forget(Arc::new(1))), Outcome::Failed(_)));
    assert!(matches!(leaks(&|| assert!(Arc::try_unwrap(Arc::new(1)).is_ok())), Outcome::Proved));
    assert!(matches!(leaks(&|| assert!(Arc::into_inner(Arc::new(1)).is_some())), Outcome::Proved));
}

#[test]
fn a_value_of_another_execution_is_not_asked_for_its_owners() {
    let outside = Arc::new(1);
    holds(|| drop(outside.clone()));
    fails_with(FailureKind::Misuse, "made outside of this execution", || {
        let _ = Arc::strong_count(&outside);
    });
    assert_eq!(Arc::strong_count(&outside), 1);
    let nothing = Weak::<i32>::new();
    holds(|| assert!(nothing.upgrade().is_none()));
}

#[test]
fn counts_under_a_weak_memory_model_are_steps_where_they_decide() {
    let explorer = Explorer::new().memory(Memory::C11);
    let proves = |model: &dyn Fn()| {
        let found = explorer.check(model);
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        found.executions
    };
    proves(&|| shared(2, AtomicUsize::new(0), |it| it.store(1, SeqCst)));
    let model = |joins: bool, asks: bool| {
        move || {
            let steps = Std::new(AtomicUsize::new(0));
            let kept = Arc::new((!asks).then(|| Tells(steps, 1)));
            let theirs = kept.clone();
            let other = thread::spawn(move || drop(theirs));
            if joins {
                other.join().unwrap();
            }
            assert!(!asks || Arc::into_inner(kept).is_some() || !joins);
        }
    };
    for asks in [true, false] {
        assert_eq!(proves(&model(true, asks)), 1);
        // Either of the two is the last.
        assert_eq!(proves(&model(false, asks)), 2);
    }
    explorer.expect_failure("not yet under Memory::C11: the count of weak references", || {
        let kept = Arc::new(0);
        let weak = Arc::downgrade(&kept);
        let other = thread::spawn(move || drop(weak));
        let _ = Arc::weak_count(&kept);
        other.join().unwrap();
    });
}

/// Executions of a model in which a thread makes something, or in another branch other objects, between
/// which another thread makes one.
fn executions_beside(others: bool, make: fn()) -> u64 {
    executions(move || {
        let flag = Std::new(AtomicUsize::new(0));
        let theirs = flag.clone();
        let other = thread::spawn(move || {
            theirs.store(1, SeqCst);
            let mutex = Mutex::new(0);
            *mutex.lock().unwrap() += 1;
        });
        if flag.load(SeqCst) == 1 {
            make();
            other.join().unwrap();
        } else {
            let first = others.then(|| Mutex::new(0));
            other.join().unwrap();
            drop((first, others.then(|| Mutex::new(0))));
        }
    })
}

#[test]
fn what_a_thread_makes_elsewhere_changes_nothing() {
    let arc = || {
        let arc = Arc::new(0);
        let weak = Arc::downgrade(&arc);
        assert_eq!(Arc::weak_count(&arc), 1);
        drop(weak);
    };
    assert_eq!(executions_beside(false, arc), executions_beside(true, arc));
    let lock = || {
        let lock = RwLock::new(0);
        thread::scope(|scope| {
            scope.spawn(|| *lock.write().unwrap() += 1);
            let first = lock.read().unwrap();
            let second = lock.try_read();
            drop((first, second));
        });
    };
    assert_eq!(executions_beside(false, lock), executions_beside(true, lock));
}
