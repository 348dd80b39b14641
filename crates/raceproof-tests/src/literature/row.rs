//! A program of the literature, and how many executions it has.

use std::cell::Cell;
use std::time::Duration;

use raceproof::sync::Arc;
use raceproof::sync::atomic::AtomicI64;
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, hint, outcome, thread};

/// Whether a thread came to its end; `None` if what it assumed was not so.
pub(crate) type Done = Option<()>;

pub(crate) const DONE: Done = Some(());

/// Stops a thread for which this does not hold: `assume(condition)?`.
pub fn assume(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// How a thread waits: as GenMC, which stops it if what it waits for is not so when it looks, or in a loop.
pub struct Patience {
    loops: bool,
    waited: Cell<bool>,
}

impl Patience {
    /// Waits until this is so.
    pub fn until(&self, mut so: impl FnMut() -> bool) -> Option<()> {
        while !so() {
            assume(self.loops)?;
            self.waited.set(true);
            hint::spin_loop();
        }
        DONE
    }
}

/// Atomics that begin as these values.
pub fn atomics<const N: usize>(values: [i64; N]) -> impl Fn() -> [AtomicI64; N] + Copy + Sync {
    move || values.map(AtomicI64::new)
}

/// What is counted of an exploration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// The executions in which every thread comes to its end.
    Complete,
    /// All executions.
    Executions,
    /// The different outcomes. Those of such a row say what each load and each try to lock has read.
    Outcomes,
}

/// A program and how many executions it has.
pub struct Row {
    /// Its name in the literature, and its parameters.
    pub name: String,
    /// How many there are under sequential consistency and under Rust's memory model.
    pub counts: [u64; 2],
    /// The memory models of which counts are published.
    pub models: &'static [Memory],
    /// What is counted.
    pub counted: Counted,
    /// The published counts and what makes them other than these, if they are.
    pub published: Option<([u64; 2], &'static str)>,
    /// Whether it takes long.
    pub large: bool,
    /// Whether some execution must fail under each model, and how.
    pub fails: [Option<FailureKind>; 2],
    /// Whether executions may be begun in vain: a round of a loop that looks several times may turn out to be as
    /// the one before.
    pub in_vain: bool,
    /// Whether its threads wait in loops, where those of the publication are stopped.
    pub loops: bool,
    /// One execution.
    pub program: Box<dyn Fn() + Sync>,
}

const BOTH: &[Memory] = &[Memory::Sequential, Memory::C11];

/// So many threads that run this code on what they share, each with its number.
pub fn row<S: Send + Sync + 'static>(
    name: impl Into<String>,
    counts: [u64; 2],
    threads: usize,
    shared: impl Fn() -> S + Sync + 'static,
    code: impl Fn(&S, usize) -> Option<()> + Copy + Send + Sync + 'static,
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
    Row::new(name, counts, program)
}

/// A program that waits, once as GenMC explores it and once with its loops. In the second, executions in which
/// no thread looked twice are those that GenMC counts.
pub fn waiting<S: Send + Sync + 'static>(
    name: &str,
    counts: [u64; 2],
    threads: usize,
    shared: impl Fn() -> S + Copy + Sync + 'static,
    code: impl Fn(&S, usize, &Patience) -> Option<()> + Copy + Send + Sync + 'static,
) -> [Row; 2] {
    [(false, name.to_owned()), (true, format!("{name}, in loops"))].map(|(loops, name)| {
        let code = move |shared: &S, me| {
            let patience = Patience { loops, waited: Cell::new(false) };
            code(shared, me, &patience)?;
            assume(!patience.waited.get())
        };
        Row { in_vain: loops, loops, ..row(name, counts, threads, shared, code) }
    })
}

const COMPLETE: &str = "complete";

impl Row {
    /// A program that says by its outcome whether an execution is complete.
    pub fn new(
        name: impl Into<String>,
        counts: [u64; 2],
        program: impl Fn() + Sync + 'static,
    ) -> Self {
        Row {
            name: name.into(),
            counts,
            models: BOTH,
            counted: Counted::Complete,
            published: None,
            large: false,
            fails: [None; 2],
            in_vain: false,
            loops: false,
            program: Box::new(program),
        }
    }

    /// A row of which something else is counted.
    pub fn counted(self, counted: Counted) -> Self {
        Row { counted, ..self }
    }

    /// A row of which no count under the other memory model is published.
    pub fn only(self, model: Memory) -> Self {
        let models: &[Memory] =
            if model == Memory::C11 { &[Memory::C11] } else { &[Memory::Sequential] };
        Row { models, ..self }
    }

    /// A row that takes long.
    pub fn large(self) -> Self {
        Row { large: true, ..self }
    }

    /// A row in which some executions fail; the published counts are of the others.
    pub fn fails(self, kind: FailureKind) -> Self {
        Row { fails: [Some(kind); 2], ..self }
    }

    /// As [`Row::fails`], under Rust's memory model only.
    pub fn fails_under_c11(self, kind: FailureKind) -> Self {
        Row { fails: [None, Some(kind)], ..self }
    }

    /// A row whose published counts are others, and why.
    pub fn published(self, counts: [u64; 2], why: &'static str) -> Self {
        Row { published: Some((counts, why)), ..self }
    }

    /// Explores it with so many workers, for a time if one is given.
    pub fn explore(&self, memory: Memory, workers: usize, limit: Option<Duration>) -> Exploration {
        let mut explorer = Explorer::new().keep_going().memory(memory).workers(workers);
        if let Some(limit) = limit {
            explorer = explorer.time_limit(limit);
        }
        explorer.check_in_parallel(&self.program)
    }

    /// The count under this model.
    pub fn count(&self, memory: Memory) -> u64 {
        self.counts[index(memory)]
    }

    /// The published count under this model.
    pub fn published_count(&self, memory: Memory) -> u64 {
        self.published.map_or(self.counts, |(counts, _)| counts)[index(memory)]
    }

    /// How many an exploration has found of what is counted.
    pub fn found(&self, found: &Exploration) -> u64 {
        match self.counted {
            Counted::Complete => found.outcomes.get(COMPLETE).copied().unwrap_or(0),
            Counted::Executions => found.executions,
            Counted::Outcomes => found.outcomes.len() as u64,
        }
    }

    /// What is wrong with an exploration of it.
    pub fn faults(&self, memory: Memory, found: &Exploration) -> Vec<String> {
        let mut faults = Vec::new();
        let (count, expected) = (self.found(found), self.count(memory));
        let mut fault = |what: String| {
            faults.push(format!("{} under {memory:?}: {what}", self.name));
        };
        if count != expected {
            fault(format!("{count} counted, {expected} expected"));
        }
        if found.redundant != 0 && !self.in_vain {
            fault(format!("{} executions in vain", found.redundant));
        }
        match (&found.outcome, self.fails[index(memory)]) {
            (Outcome::Proved, None) => {}
            (Outcome::Failed(failure), Some(kind)) if failure.kind == kind => {}
            (outcome, _) => fault(format!("{outcome:?}")),
        }
        faults
    }
}

fn index(memory: Memory) -> usize {
    usize::from(memory == Memory::C11)
}
