//! Running a closure once for each Mazurkiewicz trace.

mod aside;
mod equivalence;
mod estimate;
mod exploration;
mod extent;
mod gauges;
mod mending;
mod rules;
mod run;
mod sampling;
mod search;
mod stepwise;
mod units;
mod weakening;
mod workers;

pub use self::equivalence::Equivalence;
pub use self::exploration::{Exploration, Outcome};
pub use self::units::{Share, Unit, UnitError};

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::execution::orders::Orders;
use crate::exploration::Sampling;
use crate::kernel::Limits;
use crate::settings::Settings;
use crate::telling::oracle::Observation;
use crate::telling::schedule::Schedule;

/// Explores the inequivalent interleavings of a closure's threads.
#[derive(Clone, Debug)]
pub struct Explorer {
    max_executions: Option<u64>,
    /// How much [work](run::work) all executions of one worker may be together.
    most_work: Option<u64>,
    time_limit: Option<Duration>,
    /// How many bytes may be kept for what is owed.
    max_memory: Option<u64>,
    /// Whether it is estimated how large a search is.
    estimate: bool,
    /// How many OS threads explore, if the model may run on several.
    workers: usize,
    /// How long a search is one worker's.
    alone: Duration,
    minimise: bool,
    weaken: bool,
    search: Search,
    /// Which executions are taken for one.
    equivalence: Equivalence,
    /// What random schedules are drawn from.
    seed: u64,
    /// How long a proof is looked for, and then failures.
    budget: Option<Duration>,
    limits: Limits,
    /// Whether the memory model is Rust's, as far as the program can tell and that is explored.
    rust_memory: bool,
    /// What the program's memory orderings are taken for, if not for what they are.
    orders: Option<Arc<Mutex<Orders>>>,
    /// Whether an execution in which threads wait for ever is as it should be.
    waiting: Option<Waiting>,
    pub(crate) settings: Settings,
    /// How long a search goes on until it writes its checkpoint.
    checkpoint_every: Duration,
}

/// Says whether the execution that has just ended may end with threads that wait for ever.
#[derive(Clone)]
struct Waiting(Arc<dyn Fn() -> bool + Send + Sync>);

// It looks at what is written down anew in each execution.
impl std::panic::UnwindSafe for Waiting {}
impl std::panic::RefUnwindSafe for Waiting {}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting")
    }
}

/// A program that is to be explored.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) run: &'a dyn Fn(),
    /// The same, if several OS threads may run it at the same time.
    shared: Option<&'a (dyn Fn() + Sync)>,
}

impl<'a> Model<'a> {
    /// One OS thread may run it.
    pub(crate) fn alone(run: &'a dyn Fn()) -> Self {
        Model { run, shared: None }
    }

    /// Several may.
    pub(crate) fn shared<F: Fn() + Sync>(run: &'a F) -> Self {
        Model { run, shared: Some(run) }
    }
}

/// Which executions are explored.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// One for each trace.
    Traces,
    /// Every schedule, or every one with at most so many preemptions.
    Schedules(Option<usize>),
    /// One for each trace that has schedules with at most so many preemptions.
    Bounded(usize),
    /// As bounded, with no preemption, with one, and so on, and then one for each trace.
    Iterated,
    /// So many schedules at random.
    Sampled(Sampling, u64),
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Explorer {
    /// An explorer that explores everything and stops at the first failure.
    pub fn new() -> Self {
        Explorer {
            max_executions: None,
            most_work: None,
            time_limit: None,
            max_memory: None,
            estimate: false,
            workers: 1,
            alone: workers::ALONE,
            minimise: false,
            weaken: false,
            search: Search::Traces,
            equivalence: Equivalence::default(),
            seed: 0,
            budget: None,
            limits: Limits::default(),
            rust_memory: true,
            orders: None,
            waiting: None,
            settings: Settings::default(),
            checkpoint_every: Duration::from_secs(5),
        }
    }

    /// Counts failures instead of stopping at the first.
    pub fn keep_going(mut self) -> Self {
        self.limits.keep_going = true;
        self
    }

    /// Looks for the same failure with the fewest preemptions, once one is found.
    pub fn minimise(mut self) -> Self {
        self.minimise = true;
        self
    }

    /// Finds out, after a proof, which memory orderings could be weaker with the proof still holding: each alone, and
    /// then as many as possible together. [`model`](Explorer::model) prints a table of them, by source line.
    ///
    /// The program is explored under [`Memory::C11`](crate::Memory::C11) anew with each weaker ordering, which multiplies the time. A
    /// weaker ordering holds if no execution fails with it: what the program does not assert, and what is no data race,
    /// no ordering has to keep. So ask a test that says what the code promises.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    /// use raceproof::sync::Arc;
    /// use raceproof::{Explorer, thread};
    ///
    /// let found = Explorer::new().weaken().check(|| {
    ///     let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    ///     let theirs = Arc::clone(&shared);
    ///     thread::spawn(move || {
    ///         theirs.0.store(1, SeqCst);
    ///         theirs.1.store(true, SeqCst);
    ///     });
    ///     if shared.1.load(SeqCst) {
    ///         assert_eq!(shared.0.load(SeqCst), 1);
    ///     }
    /// });
    /// let weaker = found.weaker.unwrap();
    /// let together = weaker.places.iter().map(|place| place.together.as_str()).collect::<Vec<_>>();
    /// assert_eq!(together, ["Relaxed", "Release", "Acquire", "Relaxed"]);
    /// ```
    pub fn weaken(mut self) -> Self {
        self.weaken = true;
        self
    }

    /// Asks of each execution in which threads wait for ever, whether that is a failure: it is not if `is_right`.
    pub(crate) fn accept_waiting(
        mut self,
        is_right: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        self.waiting = Some(Waiting(Arc::new(is_right)));
        self
    }

    /// Whether the executions of a search are limited, in number or time.
    pub(crate) fn is_limited(&self) -> bool {
        self.max_executions.is_some() || self.time_limit.is_some()
    }

    /// How many steps an execution may take.
    pub(crate) fn most_steps(&self) -> usize {
        self.limits.steps
    }

    /// An execution that repeats itself goes on until it is too long, though it would end if it went on fairly.
    pub(crate) fn with_unfair_repeats(mut self) -> Self {
        self.limits.repeats = false;
        self
    }

    /// Explores every interleaving instead of one for each trace: for tests of the
    /// explorer, and for nothing else.
    #[doc(hidden)]
    pub fn every_interleaving(mut self) -> Self {
        self.search = Search::Schedules(None);
        self
    }

    /// As [`every_interleaving`](Explorer::every_interleaving), of those with at most so many preemptions.
    #[doc(hidden)]
    pub fn every_interleaving_within(mut self, preemptions: usize) -> Self {
        self.search = Search::Schedules(Some(preemptions));
        self
    }

    /// Runs `model` once for each Mazurkiewicz trace.
    pub fn check<F: Fn()>(&self, model: F) -> Exploration {
        self.check_model(Model::alone(&model))
    }

    /// As [`Explorer::check`], on as many OS threads as there are [workers](Explorer::workers).
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, thread};
    ///
    /// let increments = || {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 3].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || count.fetch_add(1, SeqCst))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// };
    /// assert_eq!(Explorer::new().workers(2).check_in_parallel(increments).executions, 6);
    /// ```
    pub fn check_in_parallel<F: Fn() + Sync>(&self, model: F) -> Exploration {
        self.check_model(Model::shared(&model))
    }

    pub(crate) fn check_model(&self, model: Model<'_>) -> Exploration {
        self.explore(model, &mut None)
    }

    /// As [`Explorer::check`], and shows each execution to `see`.
    #[doc(hidden)]
    pub fn observe<F: Fn()>(&self, model: F, see: impl FnMut(Observation)) -> Exploration {
        let mut seen = Some(Vec::new());
        let found = self.explore(Model::alone(&model), &mut seen);
        seen.into_iter().flatten().for_each(see);
        found
    }

    /// Runs exactly the execution of `schedule` again, under the rules and limits of [`Explorer::new`]. For what a search with
    /// others has found, see [`run_again`](Explorer::run_again).
    pub fn replay<F: Fn()>(schedule: &Schedule, model: F) -> Exploration {
        Explorer::new().run_again(schedule, &model)
    }

    /// As [`Explorer::replay`], under this explorer's rules and limits.
    pub fn run_again<F: Fn()>(&self, schedule: &Schedule, model: F) -> Exploration {
        let begun = Instant::now();
        let (mut found, fault, trace) = self.follow(schedule, &model);
        if let Some(fault) = fault {
            found.outcome = Outcome::Failed(fault.with(trace, schedule.clone()));
        }
        found.elapsed = begun.elapsed();
        found
    }
}
