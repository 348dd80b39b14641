//! Threads that are alike: a search up to their names finds what every interleaving does, up to names, and each once.

use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::prelude::*;
use raceproof::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{
    Assumption, Exploration, Explorer, Memory, Outcome, choose, hint, outcome, thread,
};

use crate::c11::random::each_of;
use crate::workers;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Do {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Swap(usize, u32, u32),
    Locked(usize),
    /// Goes on after the next operation, unless the last one read 0.
    UnlessZero,
    Choose,
    /// Starts another thread, which adds to an atomic.
    Start(usize),
}

#[derive(Clone, Debug)]
struct Program {
    alike: Vec<Do>,
    threads: usize,
    other: Vec<Do>,
    main: Vec<Do>,
}

fn code(most: usize) -> impl Strategy<Value = Vec<Do>> {
    let at = 0..2_usize;
    let op = prop_oneof![
        6 => at.clone().prop_map(Do::Load),
        2 => (at.clone(), 0..3_u32).prop_map(|(at, value)| Do::Store(at, value)),
        1 => at.clone().prop_map(Do::Add),
        2 => (at.clone(), 0..2_u32, 0..3_u32).prop_map(|(at, old, new)| Do::Swap(at, old, new)),
        2 => at.clone().prop_map(Do::Locked),
        1 => Just(Do::UnlessZero),
        1 => Just(Do::Choose),
        1 => at.prop_map(Do::Start),
    ];
    prop::collection::vec(op, 1..=most)
}

fn program() -> impl Strategy<Value = Program> {
    let pairs = (Just(2), code(4), code(2), code(2));
    let threes = (Just(3), code(2), code(2), code(2));
    prop_oneof![pairs.boxed(), threes.boxed()].prop_map(|(threads, alike, other, main)| Program {
        alike,
        threads,
        other,
        main,
    })
}

/// What threads share: two atomics and a mutex that guards one more; and how often each was written, which no step tells.
#[derive(Clone)]
struct Shared {
    atomics: Arc<[AtomicU32; 2]>,
    guarded: Arc<Mutex<u32>>,
    written: std::sync::Arc<std::sync::Mutex<[u32; 3]>>,
}

impl Shared {
    fn new() -> Self {
        let atomics = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
        let guarded = Arc::new(Mutex::new(0));
        Shared { atomics, guarded, written: std::sync::Arc::default() }
    }

    /// Which version of an object is there after this step.
    fn version(&self, object: usize, writes: bool) -> u32 {
        let mut written = self.written.lock().unwrap();
        written[object] += u32::from(writes);
        written[object]
    }

    /// Runs the code of a thread; tells of each step which version it has found or left, so that all threads' together tell
    /// the trace.
    fn run(&self, code: &[Do]) -> String {
        let (mut told, mut last, mut skips) = (String::new(), 1, false);
        for what in code {
            if std::mem::take(&mut skips) {
                continue;
            }
            let mut tell = |object, writes| {
                let what = if writes { "writes" } else { "reads" };
                write!(told, "{what} {} ", self.version(object, writes)).unwrap();
            };
            match *what {
                Do::Load(at) => {
                    last = self.atomics[at].load(SeqCst);
                    tell(at, false);
                }
                Do::Store(at, value) => {
                    self.atomics[at].store(value, SeqCst);
                    tell(at, true);
                }
                Do::Add(at) => {
                    last = self.atomics[at].fetch_add(1, SeqCst);
                    tell(at, true);
                }
                Do::Swap(at, old, new) => {
                    let swapped = self.atomics[at].compare_exchange(old, new, SeqCst, SeqCst);
                    last = u32::from(swapped.is_ok());
                    tell(at, swapped.is_ok());
                }
                Do::Locked(at) => {
                    let mut guarded = self.guarded.lock().unwrap();
                    tell(2, true);
                    *guarded += self.atomics[at].load(SeqCst);
                    tell(at, false);
                }
                Do::UnlessZero => skips = last == 0,
                Do::Choose => {
                    last = choose(2) as u32;
                    write!(told, "chose {last} ").unwrap();
                }
                Do::Start(at) => {
                    let theirs = self.clone();
                    thread::spawn(move || {
                        theirs.atomics[at].fetch_add(1, SeqCst);
                        theirs.version(at, true);
                    });
                }
            }
        }
        told
    }
}

impl Program {
    /// Runs it, with threads that are said to be alike or not. The outcome is the trace, up to their names.
    fn run(&self, alike: bool) {
        let shared = Shared::new();
        let (theirs, code) = (shared.clone(), self.other.clone());
        let other = thread::spawn(move || theirs.run(&code));
        let (theirs, code) = (shared.clone(), self.alike.clone());
        let each = move |_| theirs.run(&code);
        let (group, threads) = match alike {
            true => (Some(thread::spawn_symmetric(self.threads, each)), Vec::new()),
            false => {
                let start = |number| {
                    let each = each.clone();
                    thread::spawn(move || each(number))
                };
                (None, (0..self.threads).map(start).collect())
            }
        };
        let main = shared.run(&self.main);
        let joined = threads.into_iter().map(thread::JoinHandle::join).collect::<Vec<_>>();
        let joined = joined.into_iter().chain(group.into_iter().flat_map(thread::Symmetric::join));
        let mut told = joined.map(Result::unwrap).collect::<Vec<_>>();
        told.sort();
        let other = other.join().unwrap();
        outcome(format!("{} | {other} | {main}", told.join("/")));
    }

    /// Does some thread start another? What that one does is not told; and threads are told apart by whom they start.
    fn starts_threads(&self) -> bool {
        let codes = [&self.alike, &self.other, &self.main];
        codes.into_iter().flatten().any(|what| matches!(what, Do::Start(_)))
    }
}

/// Executions beyond which a program is too large.
const MOST: u64 = 5_000;

fn explorer() -> Explorer {
    Explorer::new().memory(Memory::Sequential).max_executions(MOST)
}

fn traces(found: &Exploration) -> BTreeSet<&String> {
    found.outcomes.keys().collect()
}

/// Compares a program with itself, its threads not being alike. False if it is too large.
fn compare(program: &Program) -> bool {
    let mut all = explorer().every_interleaving().check(|| program.run(false));
    if !matches!(all.outcome, Outcome::Proved) {
        all = explorer().check(|| program.run(false));
    }
    if !matches!(all.outcome, Outcome::Proved) {
        return false;
    }
    let found = explorer().check(|| program.run(true));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert_eq!(traces(&found), traces(&all));
    assert_eq!(found.redundant, 0);
    if !program.starts_threads() {
        assert_eq!(found.executions, found.outcomes.len() as u64, "{found:?}");
    }
    true
}

#[test]
fn each_trace_is_found_once_up_to_names() {
    let (wanted, compared) = each_of(&program(), 200, compare);
    assert!(compared >= wanted / 2, "only {compared} programs were small enough");
}

/// So many threads that are alike.
fn alike<T: Send + 'static>(
    threads: usize,
    each: impl Fn(&Arc<AtomicU32>) -> T + Clone + Send + 'static,
) -> impl Fn() + Clone {
    move || {
        let count = Arc::new(AtomicU32::new(0));
        let (theirs, each) = (Arc::clone(&count), each.clone());
        let threads = thread::spawn_symmetric(threads, move |_| each(&theirs));
        threads.join().into_iter().for_each(|result| drop(result.unwrap()));
    }
}

fn proved(model: impl Fn()) -> u64 {
    let found = Explorer::new().memory(Memory::Sequential).check(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert_eq!(found.redundant, 0);
    found.executions
}

/// GenMC's `ainc` with its symmetry reduction has one execution in the place of n!.
#[test]
fn counts() {
    assert_eq!(proved(alike(7, |count| count.fetch_add(1, SeqCst))), 1);
    // In the place of 4, 36 and 576.
    let unlocked = |count: &Arc<AtomicU32>| count.store(count.load(SeqCst) + 1, SeqCst);
    assert_eq!([2, 3, 4].map(|threads| proved(alike(threads, unlocked))), [2, 6, 24]);
    // As many readers before the writer as there are, in the place of 2^8.
    assert_eq!(
        proved(|| {
            let data = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&data);
            let readers = thread::spawn_symmetric(8, move |_| theirs.load(SeqCst));
            data.store(1, SeqCst);
            readers.join();
        }),
        9
    );
}

#[test]
fn several_workers_find_what_one_does() {
    let unlocked = |count: &Arc<AtomicU32>| count.store(count.load(SeqCst) + 1, SeqCst);
    workers::compare(&Explorer::new().memory(Memory::Sequential), alike(4, unlocked));
    workers::compare(&Explorer::new(), || {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let threads = thread::spawn_symmetric(3, move |_| {
            let seen = *theirs.lock().unwrap();
            *theirs.lock().unwrap() = seen + 1;
        });
        threads.join();
        assert_eq!(*lock.lock().unwrap(), 3, "lost update");
    });
}

#[test]
fn a_proof_says_what_it_assumes() {
    let counts = alike(2, |count| count.fetch_add(1, SeqCst));
    let sequential = Explorer::new().memory(Memory::Sequential).check(&counts);
    assert_eq!(sequential.assumptions, [Assumption::AlikeThreads]);
    let weak = Explorer::new().memory(Memory::C11).check(&counts);
    assert!(!weak.assumptions.contains(&Assumption::AlikeThreads), "{weak:?}");
    assert_eq!((sequential.executions, weak.executions), (1, 2));
    let every = Explorer::new().memory(Memory::Sequential).preemption_bound(2).check(&counts);
    assert_eq!((every.executions, every.assumptions), (2, Vec::new()));
}

#[test]
fn threads_that_do_different_things_are_explored_as_any() {
    let found = Explorer::new().memory(Memory::Sequential).check(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads = thread::spawn_symmetric(2, move |number| match number {
            0 => count.load(SeqCst),
            _ => count.fetch_add(1, SeqCst),
        });
        threads.join();
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert_eq!((found.executions, found.assumptions), (2, Vec::new()));
}

/// Each looks at an atomic of its own, and one of these is changed.
#[test]
fn objects_of_their_own_tell_threads_apart() {
    let run = |alike: bool| {
        let found = Explorer::new().memory(Memory::Sequential).check(|| {
            let own = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
            let tickets = Arc::new(AtomicU32::new(0));
            let (theirs, numbers) = (Arc::clone(&own), Arc::clone(&tickets));
            let look =
                move |number: usize| (theirs[number].load(SeqCst), numbers.fetch_add(1, SeqCst));
            let change = || {
                let ticket = tickets.fetch_add(1, SeqCst);
                own[0].store(1, SeqCst);
                ticket
            };
            let (ticket, results): (_, Vec<_>) = if alike {
                let threads = thread::spawn_symmetric(2, look);
                (change(), threads.join())
            } else {
                let threads = [0, 1].map(|number| {
                    let look = look.clone();
                    thread::spawn(move || look(number))
                });
                (change(), threads.map(thread::JoinHandle::join).into())
            };
            let results = results.into_iter().map(Result::unwrap).collect::<Vec<_>>();
            outcome(format!("{ticket} {results:?}"));
        });
        (found.executions, found.outcomes)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn what_a_thread_is_called_may_go_wrong_in_any_of_them() {
    let found = Explorer::new().check(alike(3, |count| {
        let before = count.load(SeqCst);
        assert_eq!(count.compare_exchange(before, before + 1, SeqCst, SeqCst), Ok(before));
    }));
    assert!(matches!(found.outcome, Outcome::Failed(_)), "{found:?}");
}

fn take_and_give_back(lock: &AtomicBool) {
    while lock.swap(true, SeqCst) {
        hint::spin_loop();
    }
    lock.store(false, Relaxed);
}

/// Loops that wait are explored with all names.
#[test]
fn threads_that_wait_in_loops_are_explored_as_any() {
    let spins = |threads: fn(usize, Arc<AtomicBool>)| {
        let model = move || threads(2, Arc::new(AtomicBool::new(false)));
        Explorer::new().memory(Memory::Sequential).check(model)
    };
    let any = spins(|threads, lock| {
        let threads = (0..threads).map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || take_and_give_back(&lock))
        });
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    });
    let alike = spins(|threads, lock| {
        thread::spawn_symmetric(threads, move |_| take_and_give_back(&lock)).join();
    });
    assert_eq!((any.executions, any.redundant), (alike.executions, alike.redundant));
    assert!(matches!(alike.outcome, Outcome::Proved), "{alike:?}");
}
