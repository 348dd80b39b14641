//! The mirror outside of a model, where it is std's, and across the border.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize as Real;
use std::time::Duration;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::*, fence};
use raceproof::sync::mpsc::{self, RecvTimeoutError, TrySendError};
use raceproof::sync::{
    Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard, TryLockError,
    Weak,
};
use raceproof::thread;
use raceproof::{Explorer, FailureKind, hint};

/// A time that real threads take at the most.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(5);

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn mutexes_and_condition_variables() {
    let shared = Arc::new((Mutex::new(0), Condvar::new()));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..1_000 {
                    *shared.0.lock().unwrap() += 1;
                }
                shared.1.notify_all();
            })
        })
        .collect();
    let (count, changed) = &*shared;
    let all = changed.wait_while(count.lock().unwrap(), |count| *count < 4_000).unwrap();
    assert!(matches!(count.try_lock(), Err(TryLockError::WouldBlock)));
    let (all, result) = changed.wait_timeout_while(all, LONG, |all| *all < 4_000).unwrap();
    assert!(!result.timed_out());
    let (all, result) = changed.wait_timeout_while(all, SHORT, |all| *all == 4_000).unwrap();
    assert!(result.timed_out());
    let (all, result) = changed.wait_timeout(all, SHORT).unwrap();
    assert!((result.timed_out(), *all) == (true, 4_000));
    drop(all);
    assert_eq!(*count.try_lock().unwrap(), 4_000);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let (count, _) = Arc::into_inner(shared).unwrap();
    assert_eq!(count.into_inner().unwrap(), 4_000);
}

#[test]
fn poison() {
    let (mutex, lock) = (Arc::new(Mutex::new(1)), Arc::new(RwLock::new(1)));
    let theirs = (Arc::clone(&mutex), Arc::clone(&lock));
    let other = thread::spawn(move || {
        let (_one, _other) = (theirs.0.lock().unwrap(), theirs.1.write().unwrap());
        panic!("on purpose");
    });
    assert_eq!(message(other.join().unwrap_err()), "on purpose");
    assert!(mutex.is_poisoned() && lock.is_poisoned());
    assert_eq!(*mutex.lock().unwrap_err().into_inner(), 1);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    assert_eq!(*lock.read().unwrap_err().into_inner(), 1);
    assert!(lock.write().is_err() && lock.try_read().is_err() && lock.try_write().is_err());
    mutex.clear_poison();
    lock.clear_poison();
    assert!(mutex.lock().is_ok() && lock.read().is_ok());
    let (mut mutex, mut lock) = (Arc::into_inner(mutex).unwrap(), Arc::into_inner(lock).unwrap());
    assert_eq!((*mutex.get_mut().unwrap(), *lock.get_mut().unwrap()), (1, 1));
    assert_eq!((mutex.into_inner().unwrap(), lock.into_inner().unwrap()), (1, 1));
}

#[test]
fn read_write_locks() {
    let lock = RwLock::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let mut writing = lock.write().unwrap();
                    *writing += 1;
                    let written = *writing;
                    let reading = RwLockWriteGuard::downgrade(writing);
                    assert_eq!(*reading, written);
                }
            });
        }
    });
    let reading = lock.read().unwrap();
    assert_eq!((*reading, *lock.try_read().unwrap()), (2_000, 2_000));
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop(reading);
    *lock.try_write().unwrap() = 1;
    assert_eq!(lock.into_inner().unwrap(), 1);
}

#[test]
fn atomics_and_cells() {
    let (count, cell) = (AtomicUsize::new(0), UnsafeCell::new((0_u64, 0_u64)));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (count, cell) = (&count, &cell);
            scope.spawn(move || {
                for nth in 0..1_000_u64 {
                    count.fetch_add(1, Relaxed);
                    _ = count.compare_exchange_weak(0, 0, SeqCst, Relaxed);
                    cell.write((thread, nth));
                    assert!(cell.read().0 < 4);
                    fence(SeqCst);
                }
            });
        }
    });
    assert_eq!(count.update(SeqCst, SeqCst, |count| count + 1), 4_000);
    assert_eq!(count.compare_exchange(4_001, 1, SeqCst, SeqCst), Ok(4_001));
    assert_eq!(count.compare_exchange(4_001, 1, SeqCst, SeqCst), Err(1));
    let mut pointer = AtomicPtr::new(std::ptr::null_mut::<u8>());
    assert!(pointer.load(SeqCst).is_null() && pointer.get_mut().is_null());
    cell.with_mut(|pair| assert!(!pair.is_null()));
    assert!(cell.into_inner().0 < 4);
}

#[test]
fn what_happens_once() {
    let (runs, once, cell) = (Real::new(0), Once::new(), OnceLock::new());
    let lazy = LazyLock::new(|| runs.fetch_add(10, SeqCst));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (runs, once, cell, lazy) = (&runs, &once, &cell, &lazy);
            scope.spawn(move || {
                once.call_once(|| _ = runs.fetch_add(1, SeqCst));
                assert!(*cell.get_or_init(|| thread) < 4);
                assert!(**lazy < 2);
            });
        }
        assert!(*cell.wait() < 4);
        once.wait();
    });
    assert!(once.is_completed() && cell.set(9).is_err() && cell.clone().get() == cell.get());
    assert_eq!(runs.load(SeqCst), 11);

    let broken = Once::new();
    let call = || broken.call_once(|| panic!("on purpose"));
    assert_eq!(message(catch_unwind(AssertUnwindSafe(call)).unwrap_err()), "on purpose");
    let again = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(message(again), "Once instance has previously been poisoned");
    broken.call_once_force(|state| assert!(state.is_poisoned()));
    assert!(broken.is_completed());
}

#[test]
fn barriers_and_channels() {
    let barrier = Arc::new(Barrier::new(3));
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (barrier, sender) = (Arc::clone(&barrier), sender.clone());
            thread::spawn(move || sender.send(barrier.wait().is_leader()))
        })
        .collect();
    drop(sender);
    assert_eq!(receiver.iter().filter(|leads| *leads).count(), 1);
    assert!(receiver.recv().is_err() && receiver.try_recv().is_err());
    threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());

    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    drop(receiver);
    assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));

    let (sender, receiver) = mpsc::sync_channel(0);
    let other = thread::spawn(move || sender.send(5));
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [5]);
    other.join().unwrap().unwrap();
}

#[test]
fn threads() {
    let me = thread::current();
    let builder = thread::Builder::new().name("helper".into()).stack_size(1 << 20);
    let other = builder.spawn(move || {
        thread::yield_now();
        hint::spin_loop();
        thread::sleep(SHORT);
        me.unpark();
        (thread::current().id(), thread::current().name() == Some("helper"))
    });
    let other = other.unwrap();
    thread::park();
    thread::park_timeout(SHORT);
    let id = other.thread().id();
    assert_ne!(id, thread::current().id());
    while !other.is_finished() {
        thread::yield_now();
    }
    assert_eq!(other.join().unwrap(), (id, true));
    assert!(thread::available_parallelism().unwrap().get() > 0 && !thread::panicking());
}

#[test]
fn scopes() {
    let mut numbers = [1, 2, 3];
    let sum = thread::scope(|scope| {
        let inner = scope.spawn(|| scope.spawn(|| 4).join().unwrap());
        numbers.iter_mut().for_each(|number| {
            scope.spawn(move || *number *= 2);
        });
        let named = thread::Builder::new().spawn_scoped(scope, || 5).unwrap();
        while !named.is_finished() {
            thread::yield_now();
        }
        inner.join().unwrap() + named.join().unwrap()
    });
    assert_eq!((sum, numbers), (9, [2, 4, 6]));
    let panics = catch_unwind(|| {
        thread::scope(|scope| _ = scope.spawn(|| panic!("on purpose")));
    });
    assert_eq!(message(panics.unwrap_err()), "a scoped thread panicked");
}

raceproof::thread_local! {
    static MINE: Cell<u32> = const { Cell::new(1) };
    static NOTED: Noted = Noted;
}

/// The value of [`MINE`] that the last destructor of one has seen.
static SEEN: Real = Real::new(0);

struct Noted;

impl Drop for Noted {
    fn drop(&mut self) {
        SEEN.store(MINE.with(Cell::get) as usize, SeqCst);
    }
}

#[test]
fn thread_locals() {
    MINE.set(2);
    let other = thread::spawn(|| {
        NOTED.with(|_| ());
        MINE.set(7 + MINE.get());
        MINE.get()
    });
    assert_eq!((other.join().unwrap(), MINE.replace(3), MINE.take()), (8, 2, 3));
    assert_eq!(SEEN.load(SeqCst), 8);
    // A model has its own.
    raceproof::model(|| assert_eq!(MINE.get(), 1));
    assert_eq!(MINE.get(), 0);
}

#[test]
fn owners() {
    let mine = Arc::new(5);
    let weak: Weak<i32> = Arc::downgrade(&mine);
    let theirs = Arc::clone(&mine);
    let other = thread::spawn(move || drop(theirs));
    other.join().unwrap();
    assert_eq!((Arc::strong_count(&mine), weak.upgrade().as_deref()), (1, Some(&5)));
    assert_eq!(Arc::try_unwrap(mine), Ok(5));
    assert!(weak.upgrade().is_none());
}

/// What is made on one side of the border and used on the other is told with both places.
#[test]
fn the_border_is_guarded() {
    let at = |line: u32| format!("{}:{line}", file!());
    let (outside, made) = (Mutex::new(0), line!());
    let used = line!() + 2;
    let failure = Explorer::new().expect_failure("an object made outside of the model", || {
        drop(outside.lock());
    });
    assert_eq!(failure.kind, FailureKind::Misuse);
    assert!(
        failure.message.contains(&format!("at {} is used in it at {}", at(made), at(used))),
        "{failure}"
    );
    assert!(failure.message.contains("raceproof::statics!"), "{failure}");
    assert_eq!(*outside.lock().unwrap(), 0);

    let kept = Cell::new(None);
    let made = line!() + 1;
    raceproof::model(|| kept.set(Some(AtomicUsize::new(0))));
    let inside = kept.take().unwrap();
    let used = line!() + 1;
    let panic = catch_unwind(AssertUnwindSafe(|| inside.load(SeqCst))).unwrap_err();
    assert_eq!(
        message(panic),
        format!("an object made in a model at {} is used outside of it at {}", at(made), at(used))
    );

    let (sender, receiver) = mpsc::channel::<u8>();
    let condvar = Condvar::new();
    let (once, barrier, cell) = (Once::new(), Barrier::new(1), UnsafeCell::new(0));
    let thread = thread::current();
    let uses: [(&str, &dyn Fn()); 7] = [
        ("an object made outside", &|| condvar.notify_one()),
        ("an object made outside", &|| once.call_once(|| ())),
        ("an object made outside", &|| _ = barrier.wait()),
        ("an object made outside", &|| cell.write(1)),
        ("a thread that was started outside", &|| thread.unpark()),
        ("an object made outside", &|| _ = receiver.try_recv()),
        ("an object made outside", &|| _ = sender.send(1)),
    ];
    for (said, using) in uses {
        Explorer::new().expect_failure(said, using);
    }
    sender.send(1).unwrap();
    assert_eq!(receiver.recv(), Ok(1));
}
