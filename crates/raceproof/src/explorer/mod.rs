//! Running a closure once for each Mazurkiewicz trace.

mod aside;
mod equivalence;
mod estimate;
mod exploration;
mod gauges;
mod mending;
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
use crate::kernel::{Limits, Memory, RwLockPolicy};
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

    /// Stops after this many executions.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = Some(executions);
        self
    }

    /// Fails an execution that takes more steps than this; 10,000 unless told otherwise.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.limits.steps = steps;
        self
    }

    /// Stops after this much time, at the end of the execution under way.
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = Some(time);
        self
    }

    /// Keeps about so many bytes for what is still to be explored, and no more.
    ///
    /// Under sequential consistency that is the memory of wakeup trees, which grow with the number of executions. When they have
    /// reached it, the search begins again by execution graphs, as under [`Memory::C11`]. These take longer for each execution,
    /// and memory for the one that is under way alone; the proof then [assumes](crate::Assumption::EndsAfterUses)
    /// that no object ends too early. Where a program does what is not explored by graphs (loops that wait, read-write locks under a
    /// policy other than [`ReadersPass`](RwLockPolicy::ReadersPass), and what [`memory`](Explorer::memory) names), or
    /// graphs reach the limit as well, the search is [bounded](Outcome::Bounded).
    ///
    /// What the model itself takes does not count. It is looked at after every few executions, so the limit may be passed by as much as these
    /// add. Each of several [workers](Explorer::workers) counts what it shares with others.
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub fn max_memory(mut self, bytes: u64) -> Self {
        assert!(bytes > 0, "a search keeps something: `max_memory(0)` allows it nothing");
        self.max_memory = Some(bytes);
        self
    }

    /// Estimates how large a search for a proof is while it is under way, so that the
    /// [line](Explorer::environment) that shows how far it is can say so, and the
    /// [result](Exploration::estimate) if it comes to a limit.
    ///
    /// The model is run some more times along random paths: 512 times if the search is longer than a twentieth of a second
    /// or comes to a limit, and then for about a thirtieth of the time. These executions count for nothing else. `docs/large.md` has a table of how good the estimates are.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, thread};
    ///
    /// let increments = || {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 6].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || count.fetch_add(1, SeqCst))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// };
    /// let found = Explorer::new().estimate().max_executions(100).check(increments);
    /// let estimate = found.estimate.unwrap();
    /// assert!((360..=1_440).contains(&estimate.executions), "6 increments have 720 orders");
    /// ```
    pub fn estimate(mut self) -> Self {
        self.estimate = true;
        self
    }

    /// Explores every schedule with at most this many preemptions, one for all that are equivalent, and no other.
    ///
    /// A schedule whose beginning is known to be equivalent to that of another with as few preemptions is left there, and
    /// counts as redundant. What is known takes at most 300 MB; beyond that, and where loops wait by looking, equivalent schedules
    /// are run as well.
    pub fn preemption_bound(mut self, preemptions: usize) -> Self {
        self.search = Search::Bounded(preemptions);
        self
    }

    /// Explores every schedule without a preemption, then with at most one, two, and so on, until a bound leaves nothing out:
    /// then the search for a proof follows. A failure is the one with the fewest preemptions; few bugs need more than
    /// two. Where [`time_limit`](Explorer::time_limit) or [`max_executions`](Explorer::max_executions), which are those of all
    /// bounds together, end it earlier, it says which bound was explored as a whole.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Outcome, thread};
    ///
    /// let found = Explorer::new().iterate_bounds().max_executions(1_000).check(|| {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 6].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || (0..3).for_each(|_| drop(count.fetch_add(1, SeqCst))))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    ///     assert_eq!(count.load(SeqCst), 18);
    /// });
    /// let Outcome::Bounded(bound) = found.outcome else { panic!("{found:?}") };
    /// assert_eq!(bound, "1,000 executions, every schedule with at most 0 preemptions among them");
    /// ```
    pub fn iterate_bounds(mut self) -> Self {
        self.search = Search::Iterated;
        self
    }

    /// Bounds preemptions no longer.
    #[doc(hidden)]
    pub fn without_preemption_bound(mut self) -> Self {
        self.search = Search::Traces;
        self
    }

    /// Under this memory model only.
    ///
    /// Unless told so, a program is explored under sequential consistency; and if it does not fail, and has
    /// several atomics and orderings weaker than `SeqCst`, then under [`Memory::C11`] as well. Its executions are
    /// those that are counted then. Where the program does something that is not explored under that yet, or has more
    /// than a million such executions, or fewer that are long, the first proof stands, and
    /// [says](crate::Assumption::SequentialMemory) what it was. A search with
    /// [few preemptions](Explorer::preemption_bound) is followed by one under [`Memory::C11`], too, with any number of
    /// them, of as many executions as it has had, or 10,000 unless other limits are set.
    ///
    /// What orders no memory counts as an ordering weaker than `SeqCst`, and its object as an atomic: a look whether
    /// something has happened once, or whether a thread has ended, a try that fails, a notification without the lock,
    /// how the sends of several senders come one after the other.
    ///
    /// Under [`Memory::C11`] reads of a lock pass writers that wait, whatever the
    /// [policy](Explorer::rwlock_policy), and ends of objects that come too early are not looked for. Not
    /// explored yet are `try_lock` of a mutex with which threads wait for a condition variable, counts of weak references
    /// that decide something, daemons, processes and comparisons of times, and loops that wait whose rounds do more than look,
    /// by reading or by taking a lock. Where it was asked for, an execution that uses these fails as a
    /// [misuse](crate::FailureKind::Misuse) that says so.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use raceproof::{Explorer, Memory, thread};
    ///
    /// let stale = || {
    ///     let data = Arc::new(AtomicU32::named("data", 0));
    ///     let ready = Arc::new(AtomicU32::named("ready", 0));
    ///     let (theirs, flag) = (Arc::clone(&data), Arc::clone(&ready));
    ///     thread::spawn(move || {
    ///         theirs.store(1, Relaxed);
    ///         flag.store(1, Relaxed);
    ///     });
    ///     if ready.load(Relaxed) == 1 {
    ///         assert_eq!(data.load(Relaxed), 1, "stale");
    ///     }
    /// };
    /// Explorer::new().expect_failure("stale", stale);
    /// Explorer::new().memory(Memory::Sequential).model(stale);
    /// ```
    pub fn memory(mut self, memory: Memory) -> Self {
        self.limits.memory = memory;
        self.rust_memory = false;
        self
    }

    /// Whether what std lets happen for no reason does: a wait for a condition variable or a
    /// [`park`](crate::thread::park) wakes, a [task](crate::future) is polled, a `compare_exchange_weak` fails though it finds the value
    /// that it expects. Off unless told otherwise; then a proof of a program that does one of these
    /// [assumes](crate::Assumption::NoSpuriousWakeups) that it has a reason.
    ///
    /// Once it has happened, it does not happen again to the same thread's waits for the same condition
    /// variable, its parks, or its weak exchanges of the same atomic, until one of them has ended for a
    /// reason other than the time. So loops around them end.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};
    /// use raceproof::thread;
    ///
    /// Explorer::new().spurious_wakeups(true).expect_failure("not yet", || {
    ///     let ready = Arc::new(AtomicBool::named("ready", false));
    ///     let (theirs, main) = (Arc::clone(&ready), thread::current());
    ///     thread::spawn(move || {
    ///         theirs.store(true, SeqCst);
    ///         main.unpark();
    ///     });
    ///     thread::park(); // without a loop
    ///     assert!(ready.load(SeqCst), "not yet");
    /// });
    /// ```
    pub fn spurious_wakeups(mut self, wanted: bool) -> Self {
        self.limits.spurious = wanted;
        self
    }

    /// Whether a [spawned](crate::future::spawn) task may be cancelled: its future is dropped before it is polled, or
    /// wherever it waits, as by an executor that shuts down, a timeout, or an abort. Each place is explored, and that
    /// none happens, too. Off unless told otherwise. A future that is given to
    /// [`block_on`](crate::future::block_on) is not cancelled, and what it awaits is not either, unless it is a
    /// task.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::future::{block_on, spawn, yield_now};
    /// use raceproof::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
    ///
    /// let program = || {
    ///     let permits = Arc::new(AtomicU32::new(1));
    ///     let theirs = Arc::clone(&permits);
    ///     let task = spawn(async move {
    ///         theirs.fetch_sub(1, SeqCst);
    ///         yield_now().await;
    ///         theirs.fetch_add(1, SeqCst); // No guard does it.
    ///     });
    ///     _ = block_on(task);
    ///     assert_eq!(permits.load(SeqCst), 1, "a permit is lost");
    /// };
    /// Explorer::new().model(program);
    /// Explorer::new().cancellation(true).expect_failure("a permit is lost", program);
    /// ```
    pub fn cancellation(mut self, wanted: bool) -> Self {
        self.limits.cancellation = wanted;
        self
    }

    /// Whether the threads of an execution that fails are unwound, so that destructors of what they have run; they are, unless told
    /// otherwise.
    ///
    /// A thread is unwound from the operation in which it is, as if that had panicked. Code with `unsafe` in it may rely on
    /// operations that never panic, and free something twice. So in a program that has a
    /// [cell](crate::cell::UnsafeCell) or an [`AtomicPtr`](crate::sync::atomic::AtomicPtr) threads are never unwound: what they
    /// have is leaked. Where others crash the process when they fail, say false.
    pub fn unwinds(mut self, wanted: bool) -> Self {
        self.limits.unwinds = wanted;
        self
    }

    /// Whether it is a [data race](crate::FailureKind::DataRace) if a thread drops a cell, or has it for itself,
    /// and no synchronisation orders that after another thread's access. Otherwise it is a failure
    /// only if some interleaving comes to it in the wrong order, which finds no ordering that is too weak.
    ///
    /// Not so unless told otherwise: a std `Arc` orders the end of what it holds by a count that the
    /// explorer does not see, and is reported. This crate's [`Arc`](crate::sync::Arc) is seen.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicUsize, Ordering};
    /// use raceproof::{Explorer, cell::UnsafeCell, thread};
    ///
    /// struct Shared {
    ///     owners: AtomicUsize,
    ///     data: UnsafeCell<u32>,
    /// }
    ///
    /// /// Reads the data and drops it if this was the last owner.
    /// fn leave(shared: usize) {
    ///     let shared = std::ptr::with_exposed_provenance_mut::<Shared>(shared);
    ///     // SAFETY: there is an owner left until the count is 0.
    ///     let Shared { owners, data } = unsafe { &*shared };
    ///     data.read();
    ///     // It should be `AcqRel`.
    ///     if owners.fetch_sub(1, Ordering::Release) == 1 {
    ///         // SAFETY: no other owner is left.
    ///         drop(unsafe { Box::from_raw(shared) });
    ///     }
    /// }
    ///
    /// Explorer::new().strict_ends(true).expect_failure("nothing orders them", || {
    ///     let shared = Shared { owners: AtomicUsize::new(2), data: UnsafeCell::new(0) };
    ///     let shared = Box::into_raw(Box::new(shared)).expose_provenance();
    ///     thread::spawn(move || leave(shared));
    ///     leave(shared);
    /// });
    /// ```
    pub fn strict_ends(mut self, wanted: bool) -> Self {
        self.limits.strict_ends = wanted;
        self
    }

    /// Whether it is a [leak](crate::FailureKind::Leak) if the value of an [`Arc`](crate::sync::Arc) is alive when
    /// every thread has ended. Not so unless told otherwise. Executions that stop daemons or processes are
    /// not looked at, since their threads drop nothing.
    ///
    /// ```
    /// use std::sync::OnceLock;
    ///
    /// use raceproof::Explorer;
    /// use raceproof::sync::Arc;
    ///
    /// struct Node(OnceLock<Arc<Node>>);
    ///
    /// Explorer::new().leaks(true).expect_failure("is never dropped", || {
    ///     let node = Arc::new(Node(OnceLock::new()));
    ///     let _ = node.0.set(Arc::clone(&node)); // It owns itself.
    /// });
    /// ```
    pub fn leaks(mut self, wanted: bool) -> Self {
        self.limits.leaks = wanted;
        self
    }

    /// Whether a read of a read-write lock waits behind a thread that waits to write:
    /// [either](RwLockPolicy::Any) unless told otherwise. See [`RwLock`](crate::sync::RwLock).
    pub fn rwlock_policy(mut self, policy: RwLockPolicy) -> Self {
        self.limits.rwlock = policy;
        self
    }

    /// Takes it for a livelock if every thread that can go on has gone round its loop in vain this many
    /// times, nothing changing; 200 times unless told otherwise.
    pub fn livelock_after(mut self, rounds: u32) -> Self {
        self.limits.patience = rounds;
        self
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
    /// The program is explored under [`Memory::C11`] anew with each weaker ordering, which multiplies the time. A
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

    /// Runs exactly the execution of `schedule` again.
    pub fn replay<F: Fn()>(schedule: &Schedule, model: F) -> Exploration {
        Explorer::new().run_again(schedule, &model)
    }

    /// As [`Explorer::replay`], under this explorer's limits.
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
