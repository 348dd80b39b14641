//! What an execution may do.

use super::memory::Memory;
use super::noted::Noted;
use super::owners::Matter;
use super::rwlock::RwLockPolicy;

/// Limits of each execution of an exploration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Steps before it is given up.
    pub(crate) steps: usize,
    /// Whether waits and parks may wake, and weak compare-and-swaps fail, for no reason.
    pub(crate) spurious: bool,
    /// Whether futures of tasks may be dropped wherever they wait.
    pub(crate) cancellation: bool,
    /// Whether what orders memory must order the end of a cell after each access.
    pub(crate) strict_ends: bool,
    /// Whether the threads of an execution that fails are unwound.
    pub(crate) unwinds: bool,
    /// Whether it goes on after its first failure.
    pub(crate) keep_going: bool,
    /// Whether plain accesses of atomics are looked at, because there are some.
    pub(crate) plain: bool,
    /// Whether the end of a thread is a step, because some thread asks `is_finished`.
    pub(crate) ends: bool,
    /// Whether it is a step that a thread leaves a result, and that its handle is dropped, because some handle is dropped
    /// without having asked for a result that has a destructor.
    pub(crate) results: bool,
    /// Whether what poisons a lock and what looks for it are steps, because some thread does so
    /// without the lock.
    pub(crate) poison: bool,
    /// Whether the main thread ends by stopping the daemons, because there are some.
    pub(crate) daemons: bool,
    /// Whether it is noted what threads see, because some loop may wait by looking.
    pub(crate) polls: bool,
    /// Whether lengths of time are bounds with alternatives, because some decided something.
    pub(crate) lengths: bool,
    /// Where loops look at the clock that go on when time has passed.
    pub(crate) tickers: Noted<()>,
    /// Where locks are made that are taken for atomics under a weak memory model, because some thread tries to take one.
    pub(crate) tried: Noted<()>,
    /// Whether receives are ordered with all else that is done to their channel under a weak memory model, because some
    /// thread looks for a value without waiting.
    pub(crate) looks: bool,
    /// Whether the arrival of a writer at a read-write lock is a step, because some thread uses `try_read`.
    pub(crate) arrivals: bool,
    /// Whether leaders of barriers are chosen, because some thread asks whether it is one.
    pub(crate) leaders: bool,
    /// Whether it is the last to arrive that leads, where leaders are chosen: then arrivals depend on each other.
    pub(crate) last_leads: bool,
    /// Whether arrivals at barriers depend on each other, because more threads come to one than pass it
    /// together.
    pub(crate) crowds: bool,
    /// Whether it is a step that a receiver begins to wait for a value that is handed over, because some
    /// thread uses `try_send`.
    pub(crate) handovers: bool,
    /// Where `Arc`s are made of which some thread can tell who owns them.
    pub(crate) matters: Noted<Matter>,
    /// Whether a value that an `Arc` keeps alive to the end is a failure.
    pub(crate) leaks: bool,
    /// Whether a read waits behind a writer.
    pub(crate) rwlock: RwLockPolicy,
    /// The threads that read read-write locks, by their numbers, as far as they have been found out.
    pub(crate) readers: u128,
    /// What memory orderings mean.
    pub(crate) memory: Memory,
    /// Whether of the executions of that memory model only those are explored that are interleavings.
    pub(crate) interleavings: bool,
    /// Whether nobody asked for that memory model: where something is not explored under it yet, that is noted
    /// in place of a failure.
    pub(crate) tentative: bool,
    /// What is not explored under it.
    pub(crate) unexplored: Option<&'static str>,
    /// Whether executions that repeat themselves are stopped, because a fair scheduler ends them.
    pub(crate) repeats: bool,
    /// One worker explores all, because some loop waits by looking, or steps stop threads.
    pub(crate) alone: bool,
    /// Whether threads that are alike are explored up to their names, as far as they were found to be.
    pub(crate) symmetry: bool,
    /// Fruitless rounds of polling that make a livelock.
    pub(crate) patience: u32,
    /// Whether threads and objects are told by their numbers, which equivalent executions agree on even where
    /// they are not over: their names are put in later.
    pub(crate) numbers: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            steps: 10_000,
            spurious: false,
            cancellation: false,
            strict_ends: false,
            unwinds: true,
            keep_going: false,
            plain: false,
            ends: false,
            results: false,
            poison: false,
            daemons: false,
            polls: false,
            lengths: false,
            tickers: Noted::default(),
            tried: Noted::default(),
            looks: false,
            arrivals: false,
            leaders: false,
            last_leads: false,
            crowds: false,
            handovers: false,
            matters: Noted::default(),
            leaks: false,
            rwlock: RwLockPolicy::Any,
            readers: 0,
            memory: Memory::Sequential,
            interleavings: false,
            tentative: false,
            unexplored: None,
            repeats: true,
            alone: false,
            symmetry: true,
            patience: 200,
            numbers: false,
        }
    }
}
