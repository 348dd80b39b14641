//! Execution counts that other tools publish of their own programs.
//!
//! GenMC 0.11.0 has a test suite with the number of complete executions of each program, under sequential
//! consistency and under RC11 (`tests/correct/*/*/expected.{sc,rc11}.mo.in`). Each row here is one of its programs,
//! written anew from what it does, with its two counts; the exploration must come to them exactly. The smallest
//! programs are in `c11/litmus.txt` instead.
//!
//! GenMC's `assume` stops a thread, and an execution with a thread that was stopped is not counted. Here such a
//! thread returns, and the execution is counted apart.
//!
//! Rows that take long are left out unless the variable `LARGE` is set:
//! `LARGE=1 cargo test --release -p raceproof-tests --test it genmc`. `ROW=TEXT` explores only rows with that text in
//! their names.

mod counting;
mod litmus;
mod locked;
mod preemptions;
mod rust;
mod saver;
mod spinning;
mod structures;
mod symmetric;
mod waiting;

use std::cell::Cell;
use std::time::{Duration, Instant};

use raceproof::sync::Arc;
use raceproof::sync::atomic::AtomicI64;
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, hint, outcome, thread};

/// Whether a thread came to its end; `None` if what it assumed was not so.
type Done = Option<()>;

const DONE: Done = Some(());

/// Stops a thread for which this does not hold: `assume(condition)?`.
fn assume(condition: bool) -> Done {
    condition.then_some(())
}

/// How a thread waits: as GenMC, which stops it if what it waits for is not so when it looks, or in a loop.
struct Patience {
    loops: bool,
    waited: Cell<bool>,
}

impl Patience {
    /// Waits until this is so.
    fn until(&self, mut so: impl FnMut() -> bool) -> Done {
        while !so() {
            assume(self.loops)?;
            self.waited.set(true);
            hint::spin_loop();
        }
        DONE
    }
}

/// Atomics that begin as these values.
fn atomics<const N: usize>(values: [i64; N]) -> impl Fn() -> [AtomicI64; N] + Copy {
    move || values.map(AtomicI64::new)
}

/// A program and how many complete executions it has.
struct Row {
    name: String,
    /// Under sequential consistency and under C11.
    counts: [u64; 2],
    /// The counts of GenMC and what makes them other than these, if they are.
    published: Option<([u64; 2], &'static str)>,
    large: bool,
    /// Whether some execution must fail under each model, and how.
    fails: [Option<FailureKind>; 2],
    /// Whether executions may be begun in vain: a round of a loop that looks several times may turn out to be as
    /// the one before.
    in_vain: bool,
    program: Box<dyn Fn()>,
}

/// So many threads that run this code on what they share, each with its number.
fn row<S: Send + Sync + 'static>(
    name: impl Into<String>,
    counts: [u64; 2],
    threads: usize,
    shared: impl Fn() -> S + 'static,
    code: impl Fn(&S, usize) -> Done + Copy + Send + 'static,
) -> Row {
    let program = move || {
        let shared = Arc::new(shared());
        let start = |me| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || code(&theirs, me))
        };
        let threads = (0..threads).map(start).collect::<Vec<_>>();
        let joined = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        let complete = joined.collect::<Vec<_>>().iter().all(Option::is_some);
        outcome(if complete { COMPLETE } else { "cut" });
    };
    Row {
        name: name.into(),
        counts,
        published: None,
        large: false,
        fails: [None; 2],
        in_vain: false,
        program: Box::new(program),
    }
}

/// A program that waits, once as GenMC explores it and once with its loops. In the second, executions in which
/// no thread looked twice are those that GenMC counts.
fn waiting<S: Send + Sync + 'static>(
    name: &str,
    counts: [u64; 2],
    threads: usize,
    shared: impl Fn() -> S + Copy + 'static,
    code: impl Fn(&S, usize, &Patience) -> Done + Copy + Send + 'static,
) -> [Row; 2] {
    [(false, name.to_owned()), (true, format!("{name}, in loops"))].map(|(loops, name)| {
        let code = move |shared: &S, me| {
            let patience = Patience { loops, waited: Cell::new(false) };
            code(shared, me, &patience)?;
            assume(!patience.waited.get())
        };
        Row { in_vain: loops, ..row(name, counts, threads, shared, code) }
    })
}

const COMPLETE: &str = "complete";

impl Row {
    /// A row that takes long.
    fn large(self) -> Self {
        Row { large: true, ..self }
    }

    /// A row in which some executions fail; GenMC's counts are of the others.
    fn fails(self, kind: FailureKind) -> Self {
        Row { fails: [Some(kind); 2], ..self }
    }

    /// As [`Row::fails`], under C11 only.
    fn fails_under_c11(self, kind: FailureKind) -> Self {
        Row { fails: [None, Some(kind)], ..self }
    }

    /// A row for which GenMC has other counts, and why.
    fn published(self, counts: [u64; 2], why: &'static str) -> Self {
        Row { published: Some((counts, why)), ..self }
    }

    fn explore(&self, memory: Memory) -> Exploration {
        Explorer::new().keep_going().memory(memory).check(&self.program)
    }

    /// What is wrong with it.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let models = [Memory::Sequential, Memory::C11];
        for (i, memory) in models.into_iter().enumerate() {
            let expected = self.counts[i];
            let found = self.explore(memory);
            let complete = found.outcomes.get(COMPLETE).copied().unwrap_or(0);
            let mut fault = |what: String| {
                faults.push(format!("{} under {memory:?}: {what}", self.name));
            };
            if complete != expected {
                fault(format!("{complete} executions, {expected} expected"));
            }
            if found.redundant != 0 && !self.in_vain {
                fault(format!("{} executions in vain", found.redundant));
            }
            match (&found.outcome, self.fails[i]) {
                (Outcome::Proved, None) => {}
                (Outcome::Failed(failure), Some(kind)) if failure.kind == kind => {}
                (outcome, _) => fault(format!("{outcome:?}")),
            }
        }
        for (most, expected) in preemptions::counts(&self.name).iter().enumerate() {
            let found = Explorer::new().memory(Memory::Sequential).preemption_bound(most);
            let found = found.check(&self.program);
            let complete = found.outcomes.get(COMPLETE).copied().unwrap_or(0);
            if complete != *expected {
                let name = &self.name;
                faults.push(format!(
                    "{name}, {most} preemptions: {complete} executions, {expected} expected"
                ));
            }
        }
        faults
    }
}

/// Explores each row, but for the large ones if they are not asked for.
fn hold(rows: impl IntoIterator<Item = Row>) {
    let large = std::env::var_os("LARGE").is_some();
    let only = std::env::var("ROW").ok();
    let wanted = |row: &Row| {
        (large || !row.large) && only.as_ref().is_none_or(|only| row.name.contains(only.as_str()))
    };
    let mut faults = Vec::new();
    for row in rows.into_iter().filter(wanted) {
        let start = Instant::now();
        faults.extend(row.faults());
        let took = start.elapsed();
        if took > Duration::from_millis(300) {
            println!("{}: {took:?}", row.name);
        }
        if let Some((published, why)) = row.published {
            println!("{}: {:?}, GenMC {published:?}: {why}", row.name, row.counts);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
