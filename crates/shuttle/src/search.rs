//! All executions, if they are few enough; else as many again at random.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use raceproof::{Exploration, Explorer, Outcome};

use crate::config::{Config, FailurePersistence};
use crate::rand::{have_drawn, seeded};
use crate::scheduler::{Budget, Scheduler};

/// Executions that are run whatever number is asked for: a test that asks for one means to be quick, not blind.
const LEAST: usize = 1_000;

/// Runs a test.
#[derive(Debug)]
pub struct Runner<S: Scheduler> {
    scheduler: S,
    config: Config,
}

impl<S: Scheduler> Runner<S> {
    /// Of what the scheduler is worth.
    pub fn new(scheduler: S, config: Config) -> Self {
        Runner { scheduler, config }
    }

    /// Explores every execution of a closure that makes a difference. If there are more than were asked for, runs as
    /// many again at random. Prints what that comes to, and returns how many executions were run.
    ///
    /// # Panics
    ///
    /// If an execution fails.
    #[track_caller]
    pub fn run<F>(self, f: F) -> usize
    where
        F: Fn() + Send + Sync + 'static,
    {
        run(self.scheduler.budget(), &self.config, f)
    }
}

/// Runs a test once, where shuttle runs it with several schedulers.
pub struct PortfolioRunner {
    budgets: Vec<Budget>,
    config: Config,
}

impl PortfolioRunner {
    /// Of no schedulers yet. It stops at the first failure in any case.
    pub fn new(_stop_on_first_failure: bool, config: Config) -> Self {
        PortfolioRunner { budgets: Vec::new(), config }
    }

    /// Adds what a scheduler is worth.
    pub fn add(&mut self, scheduler: impl Scheduler + Send + 'static) {
        self.budgets.push(scheduler.budget());
    }

    /// As [`Runner::run`], with all that was added together.
    ///
    /// # Panics
    ///
    /// If an execution fails, or no scheduler was added.
    #[track_caller]
    pub fn run<F>(self, f: F)
    where
        F: Fn() + Send + Sync + 'static,
    {
        let together = |one: Budget, other: Budget| Budget {
            iterations: one.iterations.zip(other.iterations).map(|(one, other)| one + other),
            ..one
        };
        let budget = self.budgets.into_iter().reduce(together).expect("a scheduler was added");
        run(budget, &self.config, f);
    }
}

/// As [`Runner::run`].
#[track_caller]
pub(crate) fn run<F>(budget: Budget, config: &Config, f: F) -> usize
where
    F: Fn() + Send + Sync + 'static,
{
    let mut executions = 0;
    // What an earlier test of this thread has left.
    have_drawn();
    let model = seeded(budget.seed, f);
    explorer(config).model_by(model, |explorer, model| {
        let found = search(explorer, budget, config.max_time, model);
        executions = found.executions as usize;
        persist(&config.failure_persistence, &found);
        found
    });
    if have_drawn() {
        println!("  assuming that random numbers other than those that were drawn decide nothing");
    }
    executions
}

/// What explores a test.
pub(crate) fn explorer(config: &Config) -> Explorer {
    Explorer::new().max_steps(config.max_steps.most()).regressions(false).allow_bounded()
}

fn search(
    explorer: &Explorer,
    budget: Budget,
    time: Option<Duration>,
    model: &dyn Fn(),
) -> Exploration {
    let begun = Instant::now();
    let most = budget.iterations.map(|iterations| iterations.max(LEAST) as u64);
    let limited = |explorer: Explorer| {
        let explorer = match most {
            Some(most) => explorer.max_executions(most),
            None => explorer,
        };
        match time {
            Some(time) => explorer.time_limit(time.saturating_sub(begun.elapsed())),
            None => explorer,
        }
    };
    let all = limited(explorer.clone().minimise()).check(model);
    let is_left = matches!(all.outcome, Outcome::Bounded(_))
        && time.is_none_or(|time| begun.elapsed() < time);
    if !is_left {
        return all;
    }
    println!("{} executions do not fail, and there are more", all.executions);
    let drawn = limited(explorer.clone().minimise()).seed(budget.seed);
    let mut drawn = drawn.sample(budget.drawn, most.unwrap_or(u64::MAX)).check(model);
    drawn.executions += all.executions;
    drawn
}

/// Writes a failing schedule to a file, if that is wanted.
fn persist(how: &FailurePersistence, found: &Exploration) {
    let (FailurePersistence::File(folder), Outcome::Failed(failure)) = (how, &found.outcome) else {
        return;
    };
    let folder = folder.as_deref().unwrap_or(Path::new("."));
    let free = (0..).map(|n| folder.join(format!("schedule{n:03}.txt")));
    let file = free.into_iter().find(|file| !file.exists()).expect("there are always more numbers");
    match fs::write(&file, format!("{}\n", failure.schedule)) {
        Ok(()) => println!("the schedule is in {}", file.display()),
        Err(error) => println!("the schedule is not kept: {}: {error}", file.display()),
    }
}
