//! dpor compared with its peers: the same random programs must have the same outcomes, and the same
//! deadlocks, under loom, under shuttle, and under Rust's memory model on c11, which `SeqCst` makes no weaker.
//!
//! The differences that may occur are known and stated at each comparison. Every access is `SeqCst` and
//! every program is made from its seed alone, so a failure names the seed that repeats it.
//!
//! Left out, because the peer is known to be wrong or to differ in meaning: `try_lock` (loom's unlock is
//! no step, so it misses executions in which a `try_lock` fails, and its issue 376 reports deadlocks that
//! do not exist), `notify_one` with several waiters (loom wakes them in FIFO order), timeouts and choices
//! (loom has none), yields (both run a yielding thread again only after another one).

use super::trial;
use libtest_mimic::Trial;
use raceproof_suite::{
    backend::{AtomicI64, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    check::{self, Limits, Report, Verdict},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, atomic::Ordering::SeqCst},
};

/// The number of random programs.
const PROGRAMS: u64 = 150;

/// The number of programs whose outcomes a peer must match completely; the rest deadlock, are weaker on
/// loom, or are too large for shuttle.
const EXACT: usize = 50;

/// What a thread does next.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// Reads variable `.0` and keeps the value.
    Load(usize),
    /// Writes `.1` to variable `.0`.
    Store(usize, i64),
    /// Adds `.1` to variable `.0` and keeps the old value.
    Add(usize, i64),
    /// Writes `.2` to variable `.0` if it holds `.1`, and keeps the old value.
    Swap(usize, i64, i64),
    /// Appends a digit to the number in mutex `.0`, and keeps the result.
    Append(usize),
    /// Appends a digit to both numbers, holding both mutexes; number `.0` is locked first.
    AppendBoth(usize),
    /// Waits until flag `.0` is up.
    Await(usize),
    /// Raises flag `.0` and wakes all waiting threads.
    Raise(usize),
}

/// A random program: a list of operations for each thread.
#[derive(Debug)]
struct Random {
    threads: Vec<Vec<Op>>,
}

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let (threads, length) = random.choice([(2, 3), (2, 2), (3, 2), (3, 1), (2, 4)]).unwrap();
        // Half of the programs have no plain loads and stores, whose values loom treats as C11 does.
        let strong = random.bool();
        let mut op = || {
            let which = random.usize(..2);
            match random.usize(..10) {
                0 | 1 if !strong => Op::Load(which),
                2 if !strong => Op::Store(which, random.i64(1..3)),
                0..=3 => Op::Add(which, random.i64(1..3)),
                4 => Op::Swap(which, random.i64(..2), random.i64(1..4)),
                5 | 6 => Op::Append(which),
                7 => Op::AppendBoth(which),
                8 => Op::Await(which),
                _ => Op::Raise(which),
            }
        };
        Self { threads: (0..threads).map(|_| (0..length).map(|_| op()).collect()).collect() }
    }

    /// Whether loom may read other values than sequential consistency allows: it treats `SeqCst`
    /// accesses as `AcqRel`.
    fn is_weak_on_loom(&self) -> bool {
        let weak = |op: &Op| matches!(op, Op::Load(_) | Op::Store(..) | Op::Swap(..));
        self.threads.iter().flatten().any(weak)
    }
}

/// The objects that the threads share.
struct State<B: Backend> {
    variables: [AtomicI64<B>; 2],
    numbers: [Mutex<B, i64>; 2],
    flags: [(Mutex<B, bool>, Condvar<B>); 2],
}

impl<B: Backend> State<B> {
    fn new() -> Self {
        Self {
            variables: ["x", "y"].map(|name| AtomicI64::named(name, 0)),
            numbers: ["m", "n"].map(|name| Mutex::named(name, 0)),
            flags: ["f", "g"].map(|name| (Mutex::named(name, false), Condvar::named(name))),
        }
    }

    /// Does `op` as thread number `me`, and returns the value it saw, if any.
    fn perform(&self, me: i64, op: Op) -> Option<i64> {
        let append = |number: &mut i64| {
            *number = *number * 10 + me;
            *number
        };
        match op {
            Op::Load(x) => Some(self.variables[x].load(SeqCst)),
            Op::Store(x, value) => {
                self.variables[x].store(value, SeqCst);
                None
            }
            Op::Add(x, value) => Some(self.variables[x].fetch_add(value, SeqCst)),
            Op::Swap(x, old, new) => {
                let found = self.variables[x].compare_exchange(old, new, SeqCst, SeqCst);
                Some(found.unwrap_or_else(|found| found))
            }
            Op::Append(m) => Some(append(&mut self.numbers[m].lock())),
            Op::AppendBoth(m) => {
                let mut first = self.numbers[m].lock();
                let mut second = self.numbers[1 - m].lock();
                Some(append(&mut first) + append(&mut second))
            }
            Op::Await(f) => {
                let (up, changed) = &self.flags[f];
                drop(changed.wait_while(up.lock(), |up| !*up));
                None
            }
            Op::Raise(f) => {
                let (up, changed) = &self.flags[f];
                *up.lock() = true;
                changed.notify_all();
                None
            }
        }
    }
}

impl Program for Random {
    fn run<B: Backend>(&self) {
        let state = Arc::new(State::<B>::new());
        let seen = join_all((1..).zip(&self.threads).map(|(me, ops)| {
            let (state, ops) = (Arc::clone(&state), ops.clone());
            B::spawn(format!("thread {me}"), move || {
                ops.iter().filter_map(|&op| state.perform(me, op)).collect::<Vec<_>>()
            })
        }));
        let last = state.variables.each_ref().map(|variable| variable.load(SeqCst));
        outcome(format_args!("{seen:?} {last:?}"));
    }
}

/// One scenario whose variants are the random programs. They live as long as the process, like
/// those of a registry.
/// registry's do.
static RANDOM: LazyLock<&'static Scenario> = LazyLock::new(|| {
    let variant = |seed| {
        let id: &'static str = Box::leak(format!("seed-{seed}").into_boxed_str());
        let program: &'static Random = Box::leak(Box::new(Random::new(seed)));
        Variant::new(id, program, "")
    };
    let variants: Vec<_> = (0..PROGRAMS).map(variant).collect();
    Box::leak(Box::new(Scenario {
        id: "random",
        group: Group::Counters,
        lesson: "",
        source: "",
        variants: variants.leak(),
    }))
});

pub(crate) fn scenarios() -> Vec<&'static Scenario> {
    vec![*RANDOM]
}

/// One trial for each peer of this build.
pub(crate) fn trials() -> Vec<Trial> {
    let peers =
        [Engine::C11, Engine::Loom, Engine::Shuttle].into_iter().filter(|peer| peer.is_built());
    peers.map(|peer| trial("peers", peer, move || agrees(peer))).collect()
}

/// Compares every program.
fn agrees(peer: Engine) -> Result<(), String> {
    let mut exact = 0;
    for seed in 0..PROGRAMS {
        let same = compare(peer, seed).map_err(|difference| {
            format!("seed {seed}: {difference}\n{:#?}", Random::new(seed).threads)
        })?;
        exact += usize::from(same);
    }
    if exact < EXACT {
        return Err(format!("agrees to the last outcome on {exact} programs, too few to say much"));
    }
    Ok(())
}

fn run(engine: Engine, seed: u64) -> Report {
    let variant = RANDOM.variant(&format!("seed-{seed}")).expect("made from its seed");
    check::check(*RANDOM, variant, engine, &Limits::default())
}

fn outcomes(report: &Report) -> BTreeSet<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

/// Whether both have the same outcomes; an error if they contradict each other.
fn compare(peer: Engine, seed: u64) -> Result<bool, String> {
    let ours = run(Engine::Dpor, seed);
    let theirs = run(peer, seed);
    match (&ours.verdict, &theirs.verdict) {
        (Verdict::Failed(our), Verdict::Failed(their))
            if our.kind == FailureKind::Deadlock && their.kind == FailureKind::Deadlock =>
        {
            Ok(false)
        }
        (Verdict::Proved { .. }, Verdict::Proved { .. }) => {
            let (ours, theirs) = (outcomes(&ours), outcomes(&theirs));
            // loom may find more where it does not treat `SeqCst` as such, but never less.
            let more = peer == Engine::Loom && Random::new(seed).is_weak_on_loom();
            if ours == theirs || more && ours.is_subset(&theirs) {
                Ok(ours == theirs)
            } else {
                let only = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| format!("{:?}", a - b);
                Err(format!(
                    "only dpor: {}, only {peer}: {}",
                    only(&ours, &theirs),
                    only(&theirs, &ours)
                ))
            }
        }
        // Where the peer's search did not end, its outcomes must be among dpor's.
        (Verdict::Proved { .. }, Verdict::Passed { .. }) => {
            let unknown: Vec<_> = outcomes(&theirs).difference(&outcomes(&ours)).copied().collect();
            if unknown.is_empty() { Ok(false) } else { Err(format!("only {peer}: {unknown:?}")) }
        }
        (ours, theirs) => Err(format!("dpor: {ours:?}\n{peer}: {theirs:?}")),
    }
}
