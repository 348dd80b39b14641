//! Small programs of every kind of object: two threads of two operations each, one after the other in the list of all.
//!
//! What the search finds is compared with every interleaving, and of what orders all memory, the executions under Rust's memory
//! model with those under sequential consistency. `EVERY=1` compares all of them; otherwise a part is, always the same.

mod polls;

use std::collections::BTreeSet;
use std::time::Duration;

use raceproof::oracle::Observation;
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use raceproof::telling::trace::Operation;
use raceproof::{Explorer, FailureKind, Memory, Outcome, RwLockPolicy, outcome, thread};

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Lock,
    Wait,
    NotifyOne,
    NotifyAll,
    WaitInTime,
    Meet,
    CallOnce,
    GetOrInit,
    Write,
    Read,
    LockAndRead,
    Unbounded,
    Bounded,
    Handover,
    Park,
    TryLock,
    TryRead,
    TryWrite,
    Owners,
    CloneAndOwners,
    ReceiveInTime,
    TryHandover,
    Add,
    Exchange,
}

use Do::*;

const EVERY_KIND: [Do; 24] = [
    Lock,
    Wait,
    NotifyOne,
    NotifyAll,
    WaitInTime,
    Meet,
    CallOnce,
    GetOrInit,
    Write,
    Read,
    LockAndRead,
    Unbounded,
    Bounded,
    Handover,
    Park,
    TryLock,
    TryRead,
    TryWrite,
    Owners,
    CloneAndOwners,
    ReceiveInTime,
    TryHandover,
    Add,
    Exchange,
];

/// So many of these order all memory.
const ORDERED: usize = 15;

/// Interleavings after which a program is too large.
const ENOUGH: u64 = 3_000;

const SHORT: Duration = Duration::from_millis(1);

struct Shared {
    mutex: Mutex<u32>,
    condvar: Condvar,
    barrier: Barrier,
    once: Once,
    cell: OnceLock<u32>,
    lock: RwLock<u32>,
    atomic: AtomicU32,
    owned: Arc<u32>,
}

impl Shared {
    fn new() -> Self {
        Shared {
            mutex: Mutex::new(0),
            condvar: Condvar::new(),
            barrier: Barrier::new(2),
            once: Once::new(),
            cell: OnceLock::new(),
            lock: RwLock::new(0),
            atomic: AtomicU32::new(0),
            owned: Arc::new(0),
        }
    }
}

/// A thread's ends of three channels: the main thread receives, and the other sends.
enum Ends {
    Main([Receiver<u32>; 3]),
    Other(Sender<u32>, [SyncSender<u32>; 2], thread::Thread),
}

fn add(number: &mut u32) -> u32 {
    *number += 1;
    *number
}

fn send(ends: &Ends, nth: usize) -> u32 {
    match ends {
        Ends::Main(receivers) => receivers[nth].recv().unwrap_or(9),
        Ends::Other(sender, _, _) if nth == 0 => u32::from(sender.send(5).is_ok()),
        Ends::Other(_, senders, _) => u32::from(senders[nth - 1].send(5).is_ok()),
    }
}

fn act(shared: &Shared, ends: &Ends, what: Do) -> u32 {
    let locked = || shared.mutex.lock().unwrap();
    match (what, ends) {
        (Lock, _) => add(&mut locked()),
        (Wait, _) => *shared.condvar.wait(locked()).unwrap(),
        (NotifyOne, _) => {
            let mut held = locked();
            shared.condvar.notify_one();
            add(&mut held)
        }
        (NotifyAll, _) => {
            shared.condvar.notify_all();
            0
        }
        (WaitInTime, _) => {
            let (held, waited) = shared.condvar.wait_timeout(locked(), SHORT).unwrap();
            *held + 10 * u32::from(waited.timed_out())
        }
        (Meet, _) => {
            shared.barrier.wait();
            0
        }
        (CallOnce, _) => {
            let mut called = 0;
            shared.once.call_once(|| called = 1);
            called
        }
        (GetOrInit, Ends::Main(_)) => *shared.cell.get_or_init(|| 6),
        (GetOrInit, Ends::Other(..)) => *shared.cell.get_or_init(|| 5),
        (Write, _) => add(&mut shared.lock.write().unwrap()),
        (Read, _) => *shared.lock.read().unwrap(),
        (LockAndRead, _) => {
            let held = locked();
            *held + *shared.lock.read().unwrap()
        }
        (Unbounded, _) => send(ends, 0),
        (Bounded, _) => send(ends, 1),
        (Handover, _) => send(ends, 2),
        (Park, Ends::Main(_)) => {
            thread::park();
            0
        }
        (Park, Ends::Other(.., main)) => {
            main.unpark();
            0
        }
        (TryLock, _) => shared.mutex.try_lock().map_or(77, |mut held| add(&mut held)),
        (TryRead, _) => shared.lock.try_read().map_or(77, |held| *held),
        (TryWrite, _) => shared.lock.try_write().map_or(77, |mut held| add(&mut held)),
        (Owners, _) => Arc::strong_count(&shared.owned) as u32,
        (CloneAndOwners, _) => Arc::strong_count(&Arc::clone(&shared.owned)) as u32,
        (ReceiveInTime, Ends::Main(receivers)) => receivers[0].recv_timeout(SHORT).unwrap_or(8),
        (ReceiveInTime, Ends::Other(..)) => send(ends, 0),
        (TryHandover, Ends::Main(receivers)) => receivers[2].try_recv().unwrap_or(8),
        (TryHandover, Ends::Other(_, senders, _)) => u32::from(senders[1].try_send(5).is_ok()),
        (Add, _) => shared.atomic.fetch_add(1, SeqCst),
        (Exchange, _) => {
            shared.atomic.compare_exchange(1, 5, SeqCst, SeqCst).unwrap_or_else(|seen| 10 + seen)
        }
    }
}

type Program = [[Do; 2]; 2];

/// The main thread and another; each does what the program says and tells what came of it.
fn run([own, theirs]: Program) {
    let shared = Arc::new(Shared::new());
    let ((sender, receiver), bounded, handover) = (channel(), sync_channel(1), sync_channel(0));
    let receivers = Ends::Main([receiver, bounded.1, handover.1]);
    let main = thread::current();
    let other = {
        let shared = Arc::clone(&shared);
        let senders = Ends::Other(sender, [bounded.0, handover.0], main);
        thread::spawn(move || theirs.map(|what| act(&shared, &senders, what)))
    };
    let came = own.map(|what| act(&shared, &receivers, what));
    drop(receivers);
    let theirs = other.join().unwrap();
    outcome(format!("{came:?} {theirs:?}"));
}

/// What each thread did, which threads are stuck, and what came of it.
type Seen = (Vec<Vec<(Operation, bool)>>, Vec<u16>, String);

fn seen(observed: Observation) -> Seen {
    let steps = |thread| {
        let steps = observed.steps.iter().filter(|step| step.thread == thread);
        steps.map(|step| (step.operation, step.succeeded)).collect()
    };
    (vec![steps(0), steps(1)], observed.blocked, observed.outcome)
}

/// All that executions come to, or nothing if there are too many of them; and how many there are.
fn all(explorer: &Explorer, program: Program) -> Option<(BTreeSet<Seen>, u64)> {
    let mut all = BTreeSet::new();
    let explorer = explorer.clone().keep_going().max_executions(ENOUGH);
    let see = |observed| {
        all.insert(seen(observed));
    };
    let found = explorer.observe(|| run(program), see);
    if found.executions == ENOUGH {
        return None;
    }
    if let Outcome::Failed(failure) = &found.outcome {
        assert_eq!(failure.kind, FailureKind::Deadlock, "{program:?}");
    }
    assert_eq!(found.failures, found.deadlocks, "{program:?}");
    Some((all, found.executions))
}

fn assert_same(program: Program, found: &BTreeSet<Seen>, all: &BTreeSet<Seen>) {
    let (missing, invented) = (all.difference(found).next(), found.difference(all).next());
    assert!(found == all, "{program:?}: missing {missing:?}, invented {invented:?}");
}

/// Every `part`th of the programs of these operations, from this one on.
fn programs<T: Copy>(kinds: &[T], part: usize, from: usize) -> impl Iterator<Item = [[T; 2]; 2]> {
    let part = if std::env::var("EVERY").is_ok() { 1 } else { part };
    let digit = |number: usize, nth| kinds[number / kinds.len().pow(nth) % kinds.len()];
    let program = move |n| [[digit(n, 0), digit(n, 1)], [digit(n, 2), digit(n, 3)]];
    (from % part..kinds.len().pow(4)).step_by(part).map(program)
}

/// Compares a search with every interleaving.
fn compare_with_every_interleaving(explorer: &Explorer, part: usize, from: usize) {
    let explorer = explorer.clone().memory(Memory::Sequential);
    let (mut compared, mut large) = (0, 0);
    for program in programs(&EVERY_KIND, part, from) {
        let every = all(&explorer.clone().every_interleaving(), program);
        let Some((every, interleavings)) = every else {
            large += 1;
            continue;
        };
        let (traces, executions) = all(&explorer, program).expect("there are fewer");
        assert_same(program, &traces, &every);
        assert!(executions <= interleavings, "{program:?}");
        compared += 1;
    }
    assert!(compared > 2 * large, "{compared} are small enough and {large} are not");
}

#[test]
fn a_search_comes_to_what_every_interleaving_does() {
    compare_with_every_interleaving(&Explorer::new(), 701, 0);
}

#[test]
fn a_search_comes_to_what_every_interleaving_does_where_readers_pass() {
    let passing = Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass);
    compare_with_every_interleaving(&passing, 1_409, 1);
}

#[test]
fn a_search_comes_to_what_every_interleaving_does_for_no_reason() {
    compare_with_every_interleaving(&Explorer::new().spurious_wakeups(true), 1_409, 2);
}

#[test]
fn what_orders_all_memory_comes_to_the_same_under_rusts_model() {
    let explorer = Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass);
    for program in programs(&EVERY_KIND[..ORDERED], 13, 3) {
        let under = |memory| all(&explorer.clone().memory(memory), program).expect("they are few");
        let ((sequential, traces), (weak, graphs)) =
            (under(Memory::Sequential), under(Memory::C11));
        assert_same(program, &weak, &sequential);
        assert!(traces <= graphs, "{program:?}");
    }
}
