//! Runs one variant on one engine and says what came out.
//!
//! [`check`] does so in a child process of the same binary, so that a hang, a crash or a runaway
//! search costs that one answer and nothing else. The binary must call [`serve_child`] first thing
//! in `main`. [`check_here`] runs the engine in this very process.

mod all;
mod child;
mod compare;
mod dpor;
mod harness;
mod idle;
#[cfg(loom)]
mod loom;
mod native;
mod panics;
#[cfg(feature = "shuttle")]
mod shuttle;
mod sweep;
mod trace;
mod units;
mod verdict;

pub use self::{
    all::{Job, Unexpected, check_all, why_nothing},
    child::{Interrupt, check, check_many, replay, sample, serve_child, stress, tasks},
    compare::Mismatch,
    units::{Part, checkpointed, explore, merge, split},
    verdict::{Ending, Failure, Report, Verdict, Watched},
};

pub use crate::dpor::{Blocked, Equivalence, Place, Step, TooWeak, Trace};

use crate::{
    backend::{Engine, MemoryModel},
    dpor::{StateGraph, Unstepped},
    program::{Scenario, Variant},
};
use harness::Finding;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How much one check may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How many executions a search may run; each part, if it goes on with few preemptions and at random. Native engines run
    /// at most a hundredth of it.
    pub executions: u64,
    /// How long a search may run. Its process is killed two seconds later.
    pub time: Duration,
    /// How long a check on real threads waits for luck: what shows at all shows soon.
    pub luck: Duration,
    /// How much address space its process may use, in bytes.
    pub memory: u64,
    /// How many operating-system threads one search on dpor or c11 may use.
    pub workers: usize,
    /// Which executions a search for a proof on dpor or c11 takes for one.
    pub equivalence: Equivalence,
    /// How long one run on real threads may take before it counts as deadlocked, unless it is seen much
    /// sooner that all of them wait for each other.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            executions: 100_000,
            time: Duration::from_secs(30),
            luck: Duration::from_millis(100),
            memory: 4 << 30,
            workers: 1,
            equivalence: Equivalence::default(),
            stall: Duration::from_secs(2),
        }
    }
}

/// How often a program is run for its endings to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// How many runs there are at most.
    pub runs: u64,
    /// After how many runs that hang no further one is begun: each costs a third of a second, and leaves its
    /// threads behind.
    pub hangs: u64,
}

/// Schedules that are drawn at random: in what way, and from which seed. The same seed draws the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// In what way.
    pub sampler: Sampler,
    /// From which seed.
    pub seed: u64,
}

/// A way to draw schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampler {
    /// Each next thread at random.
    Random,
    /// Random priorities that change at two steps: [PCT](crate::dpor::Sampling::Pct) of depth 3.
    Pct,
    /// Random priorities of steps, which shuttle does not have: [POS](crate::dpor::Sampling::Pos).
    Pos,
    /// A random walk that weighs each thread by how many steps it seems to have left.
    Urw,
}

/// How many steps PCT aims to have in one order.
const PCT_DEPTH: usize = 3;

/// What to do with a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    /// Search for a failure.
    Check,
    /// Run the one execution that this schedule describes.
    Replay(String),
    /// Search for a failure with these schedules alone.
    Sample(Sample),
    /// Run it on real threads so often, failures or not, and count how the runs end.
    Stress(Runs),
}

/// Checks `variant` on `engine` in this process, whose panic hook is replaced.
///
/// On real threads a deadlock leaves its threads behind, blocked.
#[must_use]
pub fn check_here(
    scenario: &Scenario,
    variant: &Variant,
    engine: Engine,
    limits: &Limits,
) -> Report {
    perform(scenario, variant, engine, limits, &Task::Check)
}

/// Runs `variant` once on real threads in this process, whose panic hook is replaced, and records what
/// they do. That orders them: it is for looking on, and finds less than a run that nobody watches.
///
/// If it hangs, its threads are left behind, blocked.
///
/// # Panics
///
/// If `engine` does not run real threads, or this build lacks it.
#[must_use]
pub fn watch(variant: &Variant, engine: Engine, limits: &Limits) -> Watched {
    assert!(engine.is_native() && engine.is_built(), "{engine} runs no real threads here");
    panics::watch();
    native::watch(variant.program_to_watch(engine), engine, limits)
}

/// The states that the program of a variant can be in at its smallest sizes, and the steps between them: see
/// [`Explorer::states`](crate::dpor::Explorer::states). The panic hook of this process is replaced.
///
/// # Errors
///
/// There are more than `most`, or the program does something that cannot be followed step by step.
pub fn states(variant: &Variant, model: MemoryModel, most: usize) -> Result<StateGraph, Unstepped> {
    panics::watch_once();
    dpor::states(variant.program, model, most)
}

fn perform(
    scenario: &Scenario,
    variant: &Variant,
    engine: Engine,
    limits: &Limits,
    task: &Task,
) -> Report {
    let start = Instant::now();
    let program = variant.program_for(engine);
    let outcomes =
        !variant.claim_on(engine).outcomes.is_empty() && variant.outcomes_are_for(engine);
    let finding = match (engine, task) {
        // Nothing was checked, which is no success.
        _ if !engine.is_built() => Finding::inconclusive(engine.missing()),
        _ if variant.missing_on(engine).is_some() => {
            let missing = variant.missing_on(engine).expect("just seen");
            Finding::not_applicable(format!("no {missing}"))
        }
        (Engine::Dpor | Engine::C11, Task::Check) => {
            dpor::check(program, engine.memory_model(), limits, outcomes)
        }
        (Engine::Dpor | Engine::C11, Task::Replay(schedule)) => {
            dpor::replay(program, engine.memory_model(), schedule)
        }
        (Engine::Dpor, Task::Sample(sample)) => dpor::sampled(program, limits, *sample),
        #[cfg(loom)]
        (Engine::Loom, Task::Check) => loom::check(program, limits, outcomes),
        #[cfg(loom)]
        (Engine::Loom, Task::Replay(schedule)) => loom::replay(program, schedule),
        #[cfg(feature = "shuttle")]
        (Engine::Shuttle, Task::Check) => shuttle::check(program, limits, outcomes),
        #[cfg(feature = "shuttle")]
        (Engine::Shuttle, Task::Replay(schedule)) => shuttle::replay(program, schedule),
        #[cfg(feature = "shuttle")]
        (Engine::Shuttle, Task::Sample(sample)) => shuttle::sampled(program, limits, *sample),
        (Engine::Std | Engine::ParkingLot, Task::Check) => native::check(program, engine, limits),
        (Engine::Std | Engine::ParkingLot, Task::Stress(runs)) => {
            native::stress(program, engine, limits, runs)
        }
        (engine, Task::Replay(_)) => {
            Finding::inconclusive(format!("{engine} runs real threads and cannot replay"))
        }
        (engine, Task::Stress(_)) => {
            Finding::inconclusive(format!("{engine} does not run real threads"))
        }
        (engine, _) => Finding::inconclusive(format!("{engine} does not sample schedules")),
    };
    let mut report = Report::new(scenario, variant, engine, finding.verdict);
    report.outcomes = finding.outcomes;
    report.outcomes_complete = finding.complete;
    report.reached = finding.reached;
    report.assumptions = finding.assumptions;
    report.endings = finding.endings;
    report.elapsed = start.elapsed();
    report
}
