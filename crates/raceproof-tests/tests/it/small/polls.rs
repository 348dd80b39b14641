//! Small programs of loops that wait: two threads of two operations each, some of which are loops that look and yield until
//! they find something, one after the other in the list of all.
//!
//! Of what orders all memory, the executions under Rust's memory model come to the same as those under sequential
//! consistency, and both searches come to an end. `EVERY=1` compares all of them; otherwise a part is, always the same.

use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use raceproof::sync::{Arc, Mutex, RwLock};
use raceproof::{Explorer, FailureKind, Memory, Outcome, RwLockPolicy, outcome, thread};
use std::collections::BTreeSet;

use super::{SHORT, add, programs};

/// What a thread does. The main thread receives, and the other sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    /// Looks for a value, and yields after each look.
    Received,
    /// Looks for a value, and yields where there is none.
    Bounded,
    /// Receives with a timeout, again and again.
    InTime,
    Locked,
    Reading,
    Writing,
    /// Looks whether an atomic is 1.
    Is1,
    /// Takes a lock that is an atomic, by exchanging.
    Exchanged,
    /// Takes it by swapping.
    Swapped,
    /// Gives that lock back, or sets what is waited for.
    Set0,
    Set1,
    Add,
    Lock,
    Read,
    Write,
    Parked,
    /// Takes a mutex, or a lock for reading, to see whether it guards a number.
    Found,
    FoundByReading,
    /// Takes the number out that a mutex guards, again and again until there is one.
    TakenOut,
}

use Do::*;

const EVERY_KIND: [Do; 19] = [
    Received,
    Bounded,
    InTime,
    Locked,
    Reading,
    Writing,
    Is1,
    Exchanged,
    Swapped,
    Set0,
    Set1,
    Add,
    Lock,
    Read,
    Write,
    Parked,
    Found,
    FoundByReading,
    TakenOut,
];

/// Executions after which a search has not come to an end.
const ENOUGH: u64 = 20_000;

/// Steps after which an execution does not end: twice the rounds after which a loop is taken to wait, and more.
const LONG: usize = 2_500;

/// What is told of loops that are not explored.
const BUSY: &str = "a loop that waits and does more than look";

#[derive(Default)]
struct Shared {
    mutex: Mutex<u32>,
    lock: RwLock<u32>,
    flag: AtomicU32,
    number: AtomicU32,
}

enum Ends {
    Main(Receiver<u32>, Receiver<u32>),
    Other(Sender<u32>, SyncSender<u32>, thread::Thread),
}

/// What this finds, once it finds something.
fn poll<T>(look: impl Fn() -> Option<T>) -> T {
    loop {
        match look() {
            Some(found) => break found,
            None => thread::yield_now(),
        }
    }
}

fn received(found: Result<u32, TryRecvError>) -> Option<u32> {
    match found {
        Err(TryRecvError::Empty) => None,
        found => Some(found.unwrap_or(9)),
    }
}

fn act(shared: &Shared, ends: &Ends, what: Do) -> u32 {
    let Shared { mutex, lock, flag, number } = shared;
    match (what, ends) {
        (Received, Ends::Main(receiver, _)) => loop {
            let found = received(receiver.try_recv());
            thread::yield_now();
            if let Some(value) = found {
                break value;
            }
        },
        (Bounded, Ends::Main(_, receiver)) => poll(|| received(receiver.try_recv())),
        (InTime, Ends::Main(receiver, _)) => loop {
            if let Ok(value) = receiver.recv_timeout(SHORT) {
                break value;
            }
        },
        (Received | InTime, Ends::Other(sender, ..)) => u32::from(sender.send(5).is_ok()),
        (Bounded, Ends::Other(_, sender, _)) => poll(|| sender.try_send(5).is_ok().then_some(5)),
        (Locked, _) => add(&mut poll(|| mutex.try_lock().ok())),
        (Reading, _) => *poll(|| lock.try_read().ok()),
        (Writing, _) => add(&mut poll(|| lock.try_write().ok())),
        (Is1, _) => poll(|| (flag.load(SeqCst) == 1).then_some(1)),
        (Exchanged, _) => poll(|| flag.compare_exchange(0, 1, SeqCst, SeqCst).ok()),
        (Swapped, _) => poll(|| (flag.swap(1, SeqCst) == 0).then_some(0)),
        (Set0, _) => flag.swap(0, SeqCst),
        (Set1, _) => flag.swap(1, SeqCst),
        (Add, _) => number.fetch_add(1, SeqCst),
        (Lock, _) => add(&mut mutex.lock().unwrap()),
        (Read, _) => *lock.read().unwrap(),
        (Write, _) => add(&mut lock.write().unwrap()),
        (Found, _) => poll(|| Some(*mutex.lock().unwrap()).filter(|found| *found > 0)),
        (FoundByReading, _) => poll(|| Some(*lock.read().unwrap()).filter(|found| *found > 0)),
        (TakenOut, _) => {
            let take = || std::mem::take(&mut *mutex.lock().unwrap());
            poll(|| Some(take()).filter(|found| *found > 0))
        }
        (Parked, Ends::Main(..)) => {
            while number.load(SeqCst) == 0 {
                thread::park_timeout(SHORT);
            }
            1
        }
        (Parked, Ends::Other(_, _, main)) => {
            number.fetch_add(1, SeqCst);
            main.unpark();
            0
        }
    }
}

type Program = [[Do; 2]; 2];

/// The main thread and another; each does what the program says and tells what came of it.
fn run([own, theirs]: Program) {
    let shared = Arc::new(Shared::default());
    let ((sender, receiver), bounded) = (channel(), sync_channel(1));
    let receivers = Ends::Main(receiver, bounded.1);
    let senders = Ends::Other(sender, bounded.0, thread::current());
    let other = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || theirs.map(|what| act(&shared, &senders, what)))
    };
    let came = own.map(|what| act(&shared, &receivers, what));
    let theirs = other.join().unwrap();
    outcome(format!("{came:?} {theirs:?}"));
}

/// Some execution ends with threads that wait for ever.
#[derive(Debug, PartialEq, Eq)]
struct Stuck;

/// All that executions come to, or that some do not end; nothing if that is not explored under this model.
fn all(memory: Memory, program: Program) -> Option<Result<BTreeSet<String>, Stuck>> {
    let explorer = Explorer::new().memory(memory).rwlock_policy(RwLockPolicy::ReadersPass);
    let explorer = explorer.max_executions(ENOUGH).max_steps(LONG);
    let mut all = BTreeSet::new();
    let found = explorer.observe(
        || run(program),
        |observed| {
            all.insert(observed.outcome);
        },
    );
    assert!(found.executions < ENOUGH, "{program:?} under {memory:?} does not come to an end");
    match found.outcome {
        Outcome::Failed(failure) if failure.kind == FailureKind::Misuse => {
            assert!(memory == Memory::C11 && failure.message.contains(BUSY), "{failure}");
            None
        }
        Outcome::Failed(failure) => {
            // What a loop takes out changes something in each round, as far as the sequential search can see.
            let is_long =
                memory == Memory::Sequential && program.iter().flatten().any(|it| *it == TakenOut);
            let stuck = matches!(failure.kind, FailureKind::Deadlock | FailureKind::Livelock)
                || is_long && failure.kind == FailureKind::StepLimit;
            assert!(stuck, "{program:?} under {memory:?}: {failure}");
            Some(Err(Stuck))
        }
        Outcome::Proved => Some(Ok(all)),
        other => panic!("{program:?} under {memory:?}: {other:?}"),
    }
}

/// Two loops that take numbers out, or one for which there is none, let each other go for thousands of executions under
/// sequential consistency.
fn is_soon_over(program: &Program) -> bool {
    let times = |what| program.iter().flatten().filter(|other| **other == what).count();
    times(TakenOut) == 0 || times(TakenOut) == 1 && times(Lock) > 0
}

#[test]
fn loops_that_wait_come_to_the_same_under_rusts_model() {
    let (mut compared, mut stuck, mut refused) = (0, 0, 0);
    for program in programs(&EVERY_KIND, 401, 0).filter(is_soon_over) {
        let sequential = all(Memory::Sequential, program);
        match all(Memory::C11, program) {
            None => refused += 1,
            weak => {
                assert_eq!(weak, sequential, "{program:?}");
                stuck += u32::from(sequential == Some(Err(Stuck)));
                compared += 1;
            }
        }
    }
    println!("{compared} programs compared, of which {stuck} may be stuck; {refused} refused");
    assert!(compared - stuck > compared / 3 && compared > 2 * refused);
}
