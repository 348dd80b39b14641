//! The mirror of std: what its types do, in every interleaving.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use raceproof::dpor::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering::SeqCst,
};
use raceproof::dpor::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};
use raceproof::dpor::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use raceproof::dpor::{self, Exploration, Explorer, FailureKind, Outcome, hint, outcome, thread};

const SOON: Duration = Duration::from_millis(10);

fn proved(explorer: &Explorer, model: impl Fn()) -> Exploration {
    let result = explorer.check(model);
    if let Outcome::Failed(failure) = &result.outcome {
        panic!("{failure}");
    }
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    assert_eq!(result.redundant, 0);
    result
}

fn prove(model: impl Fn()) -> Exploration {
    proved(&Explorer::new(), model)
}

fn outcomes(model: impl Fn()) -> Vec<String> {
    prove(model).outcomes.into_keys().collect()
}

#[test]
fn a_read_write_lock_lets_readers_in_together() {
    let result = prove(|| {
        let lock = Arc::new(RwLock::new(0));
        let inside = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
                thread::spawn(move || {
                    let guard = lock.read().unwrap();
                    let before = inside.fetch_add(1, SeqCst);
                    inside.fetch_sub(1, SeqCst);
                    (*guard, before)
                })
            })
            .collect();
        *lock.write().unwrap() += 1;
        let seen: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        outcome(format!("{seen:?}"));
    });
    assert!(result.outcomes.contains_key("[(0, 0), (0, 1)]"));
    assert!(
        result.outcomes.contains_key("[(1, 1), (0, 0)]")
            || result.outcomes.contains_key("[(1, 0), (0, 0)]")
    );
}

#[test]
fn a_read_write_lock_is_poisoned_by_writers_only() {
    prove(|| {
        let lock = Arc::new(RwLock::new(0));
        let (reader, writer) = (Arc::clone(&lock), Arc::clone(&lock));
        let read = thread::spawn(move || {
            let _guard = reader.read().unwrap();
            panic!("while reading");
        });
        assert!(read.join().is_err());
        assert!(!lock.is_poisoned());
        let written = thread::spawn(move || {
            let _guard = writer.write().unwrap();
            panic!("while writing");
        });
        assert!(written.join().is_err());
        assert!(lock.is_poisoned());
        assert!(lock.try_read().is_err());
    });
}

#[test]
fn a_barrier_lets_all_through_with_one_leader() {
    prove(|| {
        let barrier = Arc::new(Barrier::new(3));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || barrier.wait().is_leader())
            })
            .collect();
        let mut leaders = usize::from(barrier.wait().is_leader());
        for other in others {
            leaders += usize::from(other.join().unwrap());
        }
        assert_eq!(leaders, 1);
    });
}

#[test]
fn once_is_once() {
    prove(|| {
        let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.0.call_once(|| {
                        shared.1.fetch_add(1, SeqCst);
                    });
                    assert_eq!(shared.1.load(SeqCst), 1);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(shared.0.is_completed());
    });
}

#[test]
fn a_once_that_panicked_is_poisoned() {
    prove(|| {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        assert!(thread::spawn(move || theirs.call_once(|| panic!("in once"))).join().is_err());
        once.call_once_force(|state| assert!(state.is_poisoned()));
        once.call_once(|| unreachable!());
    });
}

#[test]
fn once_lock_and_lazy_lock_hold_one_value() {
    let found = outcomes(|| {
        let cell = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1).is_ok());
        let mine = cell.set(2).is_ok();
        let theirs = other.join().unwrap();
        assert!(mine != theirs);
        outcome(cell.get().unwrap());
    });
    assert_eq!(found, ["1", "2"]);
    prove(|| {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let lazy = Arc::new(LazyLock::new(move || counted.fetch_add(1, SeqCst) + 5));
        let theirs = Arc::clone(&lazy);
        let other = thread::spawn(move || **theirs);
        assert_eq!(**lazy + other.join().unwrap(), 10);
        assert_eq!(made.load(SeqCst), 1);
    });
}

#[test]
fn channels_deliver_in_order_and_disconnect() {
    prove(|| {
        let (sender, receiver) = mpsc::channel();
        let second = sender.clone();
        let a = thread::spawn(move || [1, 2].map(|n| sender.send(n).unwrap()));
        let b = thread::spawn(move || second.send(10).unwrap());
        let got: Vec<i32> = receiver.iter().collect();
        assert_eq!(got.iter().filter(|n| **n < 10).collect::<Vec<_>>(), [&1, &2]);
        assert_eq!(got.len(), 3);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        a.join().unwrap();
        b.join().unwrap();
    });
    prove(|| {
        let (sender, receiver) = mpsc::channel();
        drop(receiver);
        assert_eq!(sender.send(7).unwrap_err().0, 7);
    });
}

#[test]
fn a_bounded_channel_has_no_more_than_its_bound() {
    prove(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let full = sender.clone();
        sender.send(1).unwrap();
        assert!(matches!(full.try_send(9), Err(TrySendError::Full(9))));
        drop(full);
        let other = thread::spawn(move || sender.send(2));
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
        other.join().unwrap().unwrap();
        assert!(receiver.recv().is_err());
    });
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || {
            sender.send(1).unwrap();
            theirs.load(SeqCst)
        });
        flag.store(true, SeqCst);
        receiver.recv().unwrap();
        outcome(other.join().unwrap());
    });
    assert_eq!(found, ["true"], "a send without room ends only after the receive has begun");
}

#[test]
fn a_value_handed_over_to_nobody_comes_back() {
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || sender.send(5).map_err(|error| error.0));
        drop(receiver);
        outcome(format!("{:?}", other.join().unwrap()));
    });
    assert_eq!(found, ["Err(5)"]);
}

#[test]
fn timed_waits_time_out_or_not() {
    let found = outcomes(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || theirs.1.notify_one());
        let guard = pair.0.lock().unwrap();
        let (guard, result) = pair.1.wait_timeout(guard, SOON).unwrap();
        drop(guard);
        outcome(result.timed_out());
        other.join().unwrap();
    });
    assert_eq!(found, ["false", "true"]);
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).unwrap());
        outcome(format!("{:?}", receiver.recv_timeout(SOON)));
        other.join().unwrap();
        drop(receiver);
    });
    assert_eq!(found, ["Err(Timeout)", "Ok(1)"]);
    assert_eq!(RecvTimeoutError::Timeout.to_string(), "timed out waiting on channel");
}

#[test]
fn a_loop_of_timed_waits_ends() {
    prove(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || *theirs.0.lock().unwrap() = true);
        let mut ready = pair.0.lock().unwrap();
        while !*ready {
            ready = pair.1.wait_timeout(ready, SOON).unwrap().0;
        }
        drop(ready);
        other.join().unwrap();
    });
}

#[test]
fn any_waiter_may_be_notified() {
    let found = outcomes(|| {
        let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let waiters: Vec<_> = (1..=2)
            .map(|i| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut order = shared.0.lock().unwrap();
                    order.push(0);
                    let mut order = shared.1.wait(order).unwrap();
                    order.push(i);
                })
            })
            .collect();
        loop {
            let order = shared.0.lock().unwrap();
            if order.len() == 2 {
                shared.1.notify_one();
                break;
            }
            drop(order);
            thread::yield_now();
        }
        loop {
            let order = shared.0.lock().unwrap();
            if order.len() == 3 {
                shared.1.notify_one();
                break;
            }
            drop(order);
            thread::yield_now();
        }
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        outcome(format!("{:?}", shared.0.lock().unwrap()));
    });
    assert_eq!(found, ["[0, 0, 1, 2]", "[0, 0, 2, 1]"]);
}

#[test]
fn spurious_wakeups_only_if_wanted() {
    let model = || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        if !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        outcome(*ready);
        drop(ready);
        other.join().unwrap();
    };
    assert_eq!(outcomes(model), ["true"]);
    let with = proved(&Explorer::new().spurious_wakeups(true), model);
    assert_eq!(with.outcomes.into_keys().collect::<Vec<_>>(), ["false", "true"]);
    proved(&Explorer::new().spurious_wakeups(true), || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
        assert!(*ready);
        drop(ready);
        other.join().unwrap();
    });
}

#[test]
fn park_takes_its_token() {
    prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let parked = thread::spawn(move || {
            while !theirs.load(SeqCst) {
                thread::park();
            }
        });
        flag.store(true, SeqCst);
        parked.thread().unpark();
        parked.join().unwrap();
    });
    let result = Explorer::new().check(thread::park);
    let Outcome::Failed(failure) = result.outcome else { panic!("nobody unparks it") };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Deadlock, "main waits for its token")
    );
    prove(|| thread::park_timeout(SOON));
    prove(|| {
        thread::current().unpark();
        thread::current().unpark();
        thread::park();
    });
}

#[test]
fn spinning_waits_for_a_change() {
    let result = prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        while !flag.load(SeqCst) {
            hint::spin_loop();
        }
        other.join().unwrap();
    });
    // Looks before or after; if before, looks once more, before or after.
    assert_eq!(result.executions, 3);
    prove(|| {
        let lock = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
        let add = |lock: &(AtomicBool, AtomicUsize)| {
            while lock.0.swap(true, SeqCst) {
                thread::yield_now();
            }
            lock.1.store(lock.1.load(SeqCst) + 1, SeqCst);
            lock.0.store(false, SeqCst);
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || add(&lock))
            })
            .collect();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(lock.1.load(SeqCst), 2);
    });
}

#[test]
fn a_pause_loses_no_interleaving() {
    let model = |pause: fn()| {
        move || {
            let count = Arc::new(AtomicUsize::new(2));
            let down = move |count: &AtomicUsize| {
                let seen = count.load(SeqCst);
                pause();
                count.store(seen - 1, SeqCst);
            };
            let theirs = Arc::clone(&count);
            let other = thread::spawn(move || down(&theirs));
            down(&count);
            other.join().unwrap();
            outcome(count.load(SeqCst));
        }
    };
    for pause in [thread::yield_now, hint::spin_loop, || thread::sleep(SOON), || ()] {
        let result = prove(model(pause));
        let expected = [("0".to_owned(), 2), ("1".to_owned(), 2)];
        assert_eq!(result.outcomes, BTreeMap::from(expected));
    }
}

#[test]
fn a_livelock_is_told_and_short() {
    let result = Explorer::new().check(|| {
        let flag = AtomicBool::named("never", false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("it never ends") };
    assert_eq!(failure.kind, FailureKind::StepLimit);
    assert_eq!(
        failure.message,
        "livelock: nothing changes any more; main waits for a change of what it reads"
    );
    assert!(failure.trace.steps.len() < 10, "{failure}");
}

#[test]
fn a_bounded_spin_comes_to_its_end() {
    prove(|| {
        let flag = AtomicBool::new(false);
        for _ in 0..50 {
            if flag.load(SeqCst) {
                break;
            }
            hint::spin_loop();
        }
    });
}

#[test]
fn scoped_threads_borrow() {
    prove(|| {
        let count = AtomicU8::new(0);
        let mut local = 0;
        let sum = thread::scope(|scope| {
            let first = scope.spawn(|| count.fetch_add(1, SeqCst));
            scope.spawn(|| {
                local += 5;
                count.fetch_add(2, SeqCst);
            });
            usize::from(first.join().unwrap())
        });
        assert!(sum == 0 || sum == 2);
        assert_eq!((count.load(SeqCst), local), (3, 5));
    });
}

#[test]
fn a_finished_thread_says_so() {
    let found = outcomes(|| {
        let other = thread::spawn(|| ());
        outcome(other.is_finished());
        other.join().unwrap();
    });
    assert_eq!(found, ["false", "true"]);
    prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        while !other.is_finished() {
            thread::yield_now();
        }
        assert!(flag.load(SeqCst));
    });
}

dpor::thread_local! {
    static MINE: std::cell::Cell<u32> = const { std::cell::Cell::new(7) };
    static DROPPED: Tell = Tell(std::cell::RefCell::new(None));
}

struct Tell(std::cell::RefCell<Option<Arc<AtomicUsize>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        if let Some(count) = self.0.borrow().as_ref() {
            count.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn thread_locals_are_each_thread_s_own() {
    prove(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        MINE.with(|mine| mine.set(1));
        let other = thread::spawn(move || {
            DROPPED.with(|tell| *tell.0.borrow_mut() = Some(theirs));
            MINE.with(|mine| mine.replace(2))
        });
        assert_eq!(other.join().unwrap(), 7);
        assert_eq!(MINE.with(std::cell::Cell::get), 1);
        assert_eq!(count.load(SeqCst), 1);
    });
}

#[test]
fn threads_have_names_and_identities() {
    prove(|| {
        assert_eq!(thread::current().name(), Some("main"));
        let me = thread::current().id();
        let other = thread::Builder::new().name("worker").spawn(move || {
            assert_eq!(thread::current().name(), Some("worker"));
            assert_ne!(thread::current().id(), me);
            thread::current().id()
        });
        let other = other.unwrap();
        let id = other.thread().id();
        assert_eq!(other.join().unwrap(), id);
    });
}

#[test]
fn atomics_compute_as_std_s() {
    prove(|| {
        let x = AtomicU8::new(250);
        assert_eq!((x.fetch_add(10, SeqCst), x.load(SeqCst)), (250, 4));
        assert_eq!((x.fetch_max(9, SeqCst), x.fetch_min(3, SeqCst), x.swap(6, SeqCst)), (4, 9, 3));
        assert_eq!(
            (x.fetch_and(3, SeqCst), x.fetch_or(8, SeqCst), x.fetch_xor(1, SeqCst)),
            (6, 2, 10)
        );
        assert_eq!((x.fetch_nand(1, SeqCst), x.load(SeqCst)), (11, 254));
        assert_eq!(x.fetch_update(SeqCst, SeqCst, |value| value.checked_add(1)), Ok(254));
        assert_eq!(x.fetch_update(SeqCst, SeqCst, |value| value.checked_add(1)), Err(255));
        assert_eq!(x.compare_exchange(255, 1, SeqCst, SeqCst), Ok(255));
        assert_eq!(x.into_inner(), 1);
        let flag = AtomicBool::new(true);
        assert!(flag.fetch_nand(true, SeqCst) && !flag.fetch_not(SeqCst) && flag.load(SeqCst));
        let mut target = 5;
        let pointer = AtomicPtr::new(std::ptr::null_mut());
        pointer.store(&raw mut target, SeqCst);
        assert_eq!(pointer.load(SeqCst), &raw mut target);
    });
}

#[test]
fn sixty_four_threads_fit_in_a_model() {
    let result = prove(|| {
        let cells: Arc<Vec<_>> = Arc::new((0..64).map(|_| AtomicUsize::new(0)).collect());
        let threads: Vec<_> = (0..64)
            .map(|i| {
                let cells = Arc::clone(&cells);
                let cell = if i < 20 { i / 2 } else { i };
                thread::spawn(move || cells[cell].fetch_add(1, SeqCst))
            })
            .collect();
        let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(sum, 10);
    });
    assert_eq!(result.executions, 1 << 10);
}

#[test]
fn a_bound_on_preemptions_bounds_schedules() {
    let model = || {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        let add = |x: &AtomicUsize| x.store(x.load(SeqCst) + 1, SeqCst);
        let other = thread::spawn(move || add(&theirs));
        add(&x);
        other.join().unwrap();
        outcome(x.load(SeqCst));
    };
    let found = |bound| {
        let result = Explorer::new().preemption_bound(bound).check(model);
        assert!(
            matches!(&result.outcome, Outcome::Bounded(reason) if *reason == format!("at most {bound} preemptions"))
        );
        result.outcomes.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(found(0), ["2"]);
    assert_eq!(found(1), ["1", "2"]);
}

#[test]
fn a_failure_is_minimised() {
    let model = || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
        let writer = thread::spawn(move || {
            writer.1.store(1, SeqCst);
            writer.0.store(1, SeqCst);
        });
        let reader = thread::spawn(move || reader.1.load(SeqCst));
        let seen = shared.0.load(SeqCst);
        writer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(seen, 0, "seen too late");
    };
    let preemptions = |explorer: Explorer| match explorer.check(model).outcome {
        Outcome::Failed(failure) => {
            assert!(failure.message.contains("seen too late"));
            failure.trace.preemptions()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((preemptions(Explorer::new()), preemptions(Explorer::new().minimise())), (2, 1));
}
