//! What an operation finds out of another thread's: whether it came first, say. Of memory that orders nothing, unless the two
//! synchronize. So what two threads find out and then read of an atomic is the same by default as under Rust's memory model, or
//! a proof says that it assumes sequential consistency.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, Weak, mpsc};
use raceproof::{Assumption, Explorer, Memory, Outcome, outcome, thread};

const SOON: Duration = Duration::from_millis(1);

/// The other thread stores and then does something, and the main thread looks at it and then loads; or the main thread stores
/// and then looks, and the other does that and then loads.
fn beside<A: Send + 'static, B, D, F: Debug>(
    (theirs, ours): (A, B),
    does: impl FnOnce(A) -> D + Send + 'static,
    looks: impl FnOnce(B) -> F,
    other_stores: bool,
) {
    let x = Arc::new(AtomicU32::new(0));
    let y = Arc::clone(&x);
    let other = thread::spawn(move || {
        if other_stores {
            y.store(1, Relaxed);
        }
        let _ = does(theirs);
        if other_stores { 1 } else { y.load(Relaxed) }
    });
    if !other_stores {
        x.store(1, Relaxed);
    }
    let found = looks(ours);
    let ours = if other_stores { x.load(Relaxed) } else { 1 };
    outcome(format!("{found:?} {ours} {}", other.join().unwrap()));
}

fn two<T>(shared: T) -> (Arc<T>, Arc<T>) {
    let shared = Arc::new(shared);
    (Arc::clone(&shared), shared)
}

fn weak_and_owner() -> (Weak<u32>, Arc<u32>) {
    let owner = Arc::new(0);
    (Arc::downgrade(&owner), owner)
}

fn swapped<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// A channel with so much room, and a value in it if that is `full`.
fn bounded(room: usize, full: bool) -> (mpsc::SyncSender<u32>, mpsc::Receiver<u32>) {
    let (sender, receiver) = mpsc::sync_channel(room);
    if full {
        sender.send(1).unwrap();
    }
    (sender, receiver)
}

fn poison(mutex: &Arc<Mutex<()>>) {
    let held = Arc::clone(mutex);
    let panics = thread::spawn(move || {
        let _held = held.lock();
        std::panic::resume_unwind(Box::new("as it should"));
    });
    panics.join().unwrap_err();
}

type Pair = (Mutex<()>, Condvar);

fn times_out(pair: Arc<Pair>) -> bool {
    let (mutex, condvar) = &*pair;
    condvar.wait_timeout(mutex.lock().unwrap(), SOON).unwrap().1.timed_out()
}

/// What is found out, by a name; what both come to if the other thread stores, as std has it: what was found, with the store read
/// and without, unless what was found synchronizes with the other's operation; and the program: whether the other stores. (The
/// receiver that `try_send` finds is gone after its receive, which orders nothing.)
type Place = (&'static str, usize, fn(bool));

#[rustfmt::skip]
const PLACES: &[Place] = &[
    ("upgrade", 4, |s| beside(swapped(weak_and_owner()), drop, |w| w.upgrade().is_some(), s)),
    ("strong count of a weak", 4, |s| beside(swapped(weak_and_owner()), drop, |w| w.strong_count(), s)),
    ("strong count", 4, |s| beside(two(0), drop, |a| Arc::strong_count(&std::mem::ManuallyDrop::new(a)), s)),
    ("weak count", 3, |s| beside(weak_and_owner(), drop, |a| Arc::weak_count(&a), s)),
    ("try_unwrap", 3, |s| beside(two(0), drop, |a| Arc::try_unwrap(a).is_ok(), s)),
    ("into_inner", 3, |s| beside(two(0), drop, |a| Arc::into_inner(a).is_some(), s)),
    ("get_mut", 3, |s| beside(two(0), drop, |mut a| Arc::get_mut(&mut a).is_some(), s)),
    ("try_lock", 4, |s| beside(two(Mutex::new(())), |m| drop(m.lock()), |m| m.try_lock().is_ok(), s)),
    ("lock", 3, |s| beside(two(Mutex::new(0)), |m| *m.lock().unwrap() = 1, |m| *m.lock().unwrap(), s)),
    ("is_poisoned", 4, |s| beside(two(Mutex::new(())), |m| poison(&m), |m| m.is_poisoned(), s)),
    ("try_read", 4, |s| beside(two(RwLock::new(())), |l| drop(l.write()), |l| l.try_read().is_ok(), s)),
    ("try_write", 4, |s| beside(two(RwLock::new(())), |l| drop(l.read()), |l| l.try_write().is_ok(), s)),
    ("timeout", 4, |s| beside(two(Pair::default()), |p| p.1.notify_one(), times_out, s)),
    ("timeout, and a notification under the mutex", 3, |s| {
        let notifies = |pair: Arc<Pair>| {
            let _held = pair.0.lock();
            pair.1.notify_one();
        };
        beside(two(Pair::default()), notifies, times_out, s);
    }),
    ("park", 2, |s| beside((thread::current(), ()), |main| main.unpark(), |()| thread::park_timeout(SOON), s)),
    ("is_leader", 2, |s| beside(two(Barrier::new(2)), |b| b.wait(), |b| b.wait().is_leader(), s)),
    ("is_completed", 3, |s| beside(two(Once::new()), |o| o.call_once(|| ()), |o| o.is_completed(), s)),
    ("get", 3, |s| beside(two(OnceLock::new()), |o| o.set(1), |o| o.get().copied(), s)),
    ("set", 3, |s| beside(two(OnceLock::new()), |o| o.set(1), |o| o.set(2).is_ok(), s)),
    ("get_or_init", 3, |s| beside(two(OnceLock::new()), |o| *o.get_or_init(|| 1), |o| *o.get_or_init(|| 2), s)),
    ("try_recv", 3, |s| beside(bounded(1, false), |a| a.send(1), |b| b.try_recv(), s)),
    ("recv", 2, |s| beside(mpsc::channel::<u32>(), drop, |b| b.recv(), s)),
    ("recv of a bounded channel", 2, |s| beside(bounded(1, false), drop, |b| b.recv(), s)),
    ("recv without room", 2, |s| beside(bounded(0, false), drop, |b| b.recv(), s)),
    ("recv_timeout", 4, |s| beside(mpsc::channel::<u32>(), drop, |b| b.recv_timeout(SOON), s)),
    ("send", 4, |s| beside(swapped(mpsc::channel()), drop, |a| a.send(1), s)),
    ("send to a bounded channel", 4, |s| beside(swapped(bounded(1, false)), drop, |a| a.send(1), s)),
    ("send without room", 2, |s| beside(swapped(bounded(0, false)), drop, |a| a.send(1), s)),
    ("try_send", 5, |s| beside(swapped(bounded(1, true)), |b| b.recv(), |a| a.try_send(1), s)),
    ("order of sends", 4, |s| {
        let (sender, receiver) = mpsc::channel();
        let sends = |sender: mpsc::Sender<u32>| sender.send(1);
        beside((sender.clone(), (sender, receiver)), sends, |(a, b)| (a.send(2), b.recv(), b.try_recv()), s);
    }),
];

#[test]
fn what_is_found_out_orders_no_more_than_under_rusts_model() {
    let explorer = Explorer::new().keep_going();
    let ends = |explorer: &Explorer, program: fn(bool), stores: bool| {
        let found = explorer.check(|| program(stores));
        let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
        let assumed = found.assumptions.iter().any(of_memory);
        let proved = matches!(found.outcome, Outcome::Proved);
        (found.outcomes.into_keys().collect::<BTreeSet<_>>(), assumed, proved)
    };
    for (name, all_that_may_be, program) in PLACES {
        for other_stores in [true, false] {
            let (ours, assumed, proved) = ends(&explorer, *program, other_stores);
            assert!(proved, "{name}");
            assert!(!other_stores || ours.len() == *all_that_may_be, "{name}: {ours:?}");
            let of_counts = *name == "weak count";
            assert_eq!(
                assumed, of_counts,
                "{name}: counts of weak references are not explored as graphs"
            );
            let graphs = explorer.clone().memory(Memory::C11);
            let (all, _, proved) = ends(&graphs, *program, other_stores);
            assert!(of_counts || proved && ours == all, "{name}: {ours:?}, but {all:?}");
        }
    }
}
