//! The limits of a search.

use std::env;
use std::panic::Location;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use raceproof::Explorer;

use super::report;
use super::search::Search;

/// Steps that an execution may take for each of loom's branches.
const STEPS: usize = 10;

/// The limits of a search. Where one of them ends it, the model passes and says what was not explored.
///
/// ```
/// let mut builder = loom::model::Builder::new();
/// builder.preemption_bound = Some(2);
/// builder.check(|| {
///     let other = loom::thread::spawn(|| 1);
///     assert_eq!(other.join().unwrap(), 1);
/// });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Builder {
    /// How many threads a model may have in loom. Not looked at: it may have as many as it likes.
    pub max_threads: usize,

    /// Fails executions that go on for too long: an execution may take ten steps for each of these. By default
    /// `LOOM_MAX_BRANCHES`, or else 1,000.
    pub max_branches: usize,

    /// Stops after this many executions. By default `LOOM_MAX_PERMUTATIONS`.
    pub max_permutations: Option<usize>,

    /// Stops after this much time. By default `LOOM_MAX_DURATION`, in seconds.
    pub max_duration: Option<Duration>,

    /// If everything is too much, explores only the executions with at most this many preemptions. By default
    /// `LOOM_MAX_PREEMPTIONS`.
    pub preemption_bound: Option<usize>,

    /// Where a failing execution is kept, and tried first. By default `LOOM_CHECKPOINT_FILE`.
    pub checkpoint_file: Option<PathBuf>,

    /// How often loom writes the file. Not looked at: it is written when an execution fails. By default
    /// `LOOM_CHECKPOINT_INTERVAL`.
    pub checkpoint_interval: usize,

    /// Whether loom searches only from [`explore`](crate::explore()) on. Not looked at: everything is explored.
    pub expect_explicit_explore: bool,

    /// Whether loom notes where operations are. Not looked at: failures always say that. By default whether
    /// `LOOM_LOCATION` is set.
    pub location: bool,

    /// Whether loom tells each step of each execution. Not looked at: a failing execution is shown step by step.
    /// By default whether `LOOM_LOG` is set.
    pub log: bool,
}

/// The value of a variable of the environment.
#[track_caller]
fn told<T: FromStr>(variable: &str) -> Option<T> {
    let value = env::var(variable).ok()?;
    match value.parse() {
        Ok(value) => Some(value),
        Err(_) => panic!("invalid value for `{variable}`"),
    }
}

impl Builder {
    /// The limits that the environment sets.
    ///
    /// # Panics
    ///
    /// If a variable of the environment has no meaning.
    #[track_caller]
    pub fn new() -> Builder {
        Builder {
            max_threads: 5,
            max_branches: told("LOOM_MAX_BRANCHES").unwrap_or(1_000),
            max_permutations: told("LOOM_MAX_PERMUTATIONS"),
            max_duration: told("LOOM_MAX_DURATION").map(Duration::from_secs),
            preemption_bound: told("LOOM_MAX_PREEMPTIONS"),
            checkpoint_file: told("LOOM_CHECKPOINT_FILE"),
            checkpoint_interval: told("LOOM_CHECKPOINT_INTERVAL").unwrap_or(20_000),
            expect_explicit_explore: false,
            location: env::var("LOOM_LOCATION").is_ok(),
            log: env::var("LOOM_LOG").is_ok(),
        }
    }

    /// Sets [`checkpoint_file`](Self::checkpoint_file).
    pub fn checkpoint_file(&mut self, file: &str) -> &mut Self {
        self.checkpoint_file = Some(file.into());
        self
    }

    /// Explores the interleavings of a closure's threads, and prints what that comes to.
    ///
    /// Where `RACEPROOF_REPORT` names a file, a line of JSON is added to it: the `test` that runs the model, the place `at`
    /// which it is called, the `verdict` (`proved`, `bounded` or `failed`) with the `bound` or the `failure`, its `kind` and
    /// `schedule`, how many `executions` and `steps` there were, how many `microseconds` they took, and what a proof `assumes`.
    ///
    /// # Panics
    ///
    /// If an execution fails.
    #[track_caller]
    pub fn check<F>(&self, f: F)
    where
        F: Fn() + Sync + Send + 'static,
    {
        let explorer = Explorer::new()
            .max_steps(self.max_branches.saturating_mul(STEPS))
            .leaks(true)
            // What is tested by loom has unsafe code, as a rule.
            .unwinds(false)
            .regressions(false)
            .allow_bounded();
        let search = Search {
            executions: self.max_permutations.map(|most| most as u64),
            time: self.max_duration,
            preemptions: self.preemption_bound.or_else(|| told("RACEPROOF_PREEMPTIONS")),
            file: self.checkpoint_file.clone(),
        };
        let model = move || {
            crate::thread::begin();
            crate::alloc::begin();
            f();
        };
        let at = Location::caller();
        explorer.model_by(model, |explorer, model| {
            let found = search.run(explorer, model);
            report::append(&found, at);
            found
        });
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}
