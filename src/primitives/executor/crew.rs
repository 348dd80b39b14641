//! The workers of a pool, and the work that waits for them.
//!
//! One mutex guards all that the threads share: the jobs, the count of workers that wait for one, and
//! whether more can come. A worker is started when there is more work than idle workers, as long as the
//! limit allows.

use super::{
    FutureError, NoWorkers, PoolJoinError, SubmitError, caught,
    task::{Job, unheard},
};
use crate::{
    backend::{
        Arc, Backend, Capability, Condvar, JoinHandle, Mutex, MutexGuard, Panicked, ThreadId,
    },
    primitives::{process::Failed, waiting},
};
use std::{borrow::Cow, collections::VecDeque, fmt, num::NonZeroUsize};

/// The workers of one pool. Dropping it shuts the pool down and waits for the workers, unless one of
/// them drops it.
pub(in crate::primitives) struct Crew<B: Backend>(Arc<Shared<B>>);

/// Called in each worker before its first job.
pub(super) type Initialiser = Box<dyn Fn() + Send + Sync>;

struct Shared<B: Backend> {
    /// The largest number of workers.
    size: usize,
    /// The prefix of their names.
    name: Cow<'static, str>,
    initialiser: Option<Initialiser>,
    state: Mutex<B, State<B>>,
    /// There is a job, or none will come any more.
    work: Condvar<B>,
    /// The last worker has left.
    left: Condvar<B>,
}

struct State<B: Backend> {
    jobs: VecDeque<Box<dyn Job>>,
    /// Why no more work is accepted.
    end: Option<End>,
    /// How many workers wait for a job, woken ones included until they run.
    idle: usize,
    /// Every worker that was ever started.
    workers: Vec<ThreadId>,
    /// Their handles, until a thread joins them.
    handles: Vec<JoinHandle<B, ()>>,
    /// The number of workers that have not left.
    present: usize,
    /// How many threads wait for the last one to leave, woken ones included until they run.
    joining: usize,
}

#[derive(Clone)]
enum End {
    ShutDown,
    Broken(Panicked),
    Died(Failed),
}

impl End {
    /// The result of work that will not be done for this reason.
    fn error(&self) -> FutureError {
        match self {
            Self::ShutDown => FutureError::Cancelled,
            Self::Broken(panicked) => FutureError::BrokenPool(panicked.clone()),
            Self::Died(failed) => FutureError::BrokenProcessPool(failed.clone()),
        }
    }
}

impl<B: Backend> State<B> {
    /// Whether a worker has to wait.
    fn blocks_worker(&self) -> bool {
        self.jobs.is_empty() && self.end.is_none()
    }
}

/// A pool that accepts work for as long as this lives.
pub(in crate::primitives) struct Open<'a, B: Backend> {
    shared: &'a Arc<Shared<B>>,
    state: MutexGuard<'a, B, State<B>>,
}

/// Why a pool is not open.
pub(in crate::primitives) struct Refusal(End);

impl Refusal {
    /// The refusal of this work.
    pub(in crate::primitives) fn of<W>(self, work: W) -> SubmitError<W> {
        match self.0 {
            End::ShutDown => SubmitError::ShutDown(work),
            End::Broken(panicked) => SubmitError::BrokenPool(work, panicked),
            End::Died(failed) => SubmitError::BrokenProcessPool(work, failed),
        }
    }
}

impl<B: Backend> Crew<B> {
    /// At most `size` workers, whose names begin with `name`.
    #[track_caller]
    pub(in crate::primitives) fn new(
        size: usize,
        name: Cow<'static, str>,
        initialiser: Option<Initialiser>,
    ) -> Result<Self, NoWorkers> {
        if size == 0 {
            return Err(NoWorkers);
        }
        let state = State {
            jobs: VecDeque::new(),
            end: None,
            idle: 0,
            workers: Vec::new(),
            handles: Vec::new(),
            present: 0,
            joining: 0,
        };
        Ok(Self(Arc::new(Shared {
            work: Condvar::named(format!("{name} work")),
            left: Condvar::named(format!("{name} left")),
            state: Mutex::named(name.clone(), state),
            size,
            name,
            initialiser,
        })))
    }

    pub(in crate::primitives) fn size(&self) -> usize {
        self.0.size
    }

    pub(in crate::primitives) fn breaker(&self) -> Breaker<B> {
        Breaker(Arc::clone(&self.0))
    }

    /// The size of chunks of which each worker gets about four.
    pub(in crate::primitives) fn fair_chunk(&self, items: usize) -> NonZeroUsize {
        let chunk = items.div_ceil(self.size().saturating_mul(4));
        NonZeroUsize::new(chunk).unwrap_or(NonZeroUsize::MIN)
    }

    /// The pool, if it accepts work.
    #[track_caller]
    pub(in crate::primitives) fn open(&self) -> Result<Open<'_, B>, Refusal> {
        let state = self.0.state.lock();
        match &state.end {
            None => Ok(Open { shared: &self.0, state }),
            Some(end) => Err(Refusal(end.clone())),
        }
    }

    /// Accepts no more work. The work it has is still done.
    #[track_caller]
    pub(in crate::primitives) fn shut_down(&self) {
        self.close(|_| ());
    }

    /// Accepts no more work, and drops the work that has not begun.
    #[track_caller]
    pub(in crate::primitives) fn shut_down_now(&self) {
        for job in self.close(|state| std::mem::take(&mut state.jobs)) {
            job.give_up(End::ShutDown.error());
        }
    }

    #[track_caller]
    fn close<R>(&self, also: impl FnOnce(&mut State<B>) -> R) -> R {
        let mut state = self.0.state.lock();
        state.end.get_or_insert(End::ShutDown);
        let result = also(&mut state);
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.0.work.notify_all();
        }
        result
    }

    /// Blocks until every worker has left.
    #[track_caller]
    pub(in crate::primitives) fn join(&self) -> Result<(), PoolJoinError> {
        let mut state = self.0.state.lock();
        if state.end.is_none() {
            return Err(PoolJoinError::StillOpen);
        }
        if state.workers.contains(&B::current_id()) {
            return Err(PoolJoinError::JoinsItself);
        }
        let handles = std::mem::take(&mut state.handles);
        if handles.is_empty() && state.present > 0 {
            // Another thread joins them.
            let present = |state: &State<B>| state.present > 0;
            drop(waiting::wait_while(&self.0.left, state, |state| &mut state.joining, present));
            return Ok(());
        }
        drop(state);
        end_of(handles);
        Ok(())
    }
}

/// Waits for the end of these workers.
#[track_caller]
fn end_of<B: Backend>(handles: Vec<JoinHandle<B, ()>>) {
    for handle in handles {
        // A worker catches every panic.
        let _ = handle.join();
    }
}

/// Whether a destructor can lock a mutex here: some environments do not allow it while a panic
/// unwinds.
pub(in crate::primitives) fn can_lock<B: Backend>() -> bool {
    B::engine().can(Capability::PanicWhileLocked) || !std::thread::panicking()
}

/// What breaks a crew, for a job that finds its worker process gone.
pub(in crate::primitives) struct Breaker<B: Backend>(Arc<Shared<B>>);

impl<B: Backend> Breaker<B> {
    /// No job is taken any more, and those that have not begun are given up.
    pub(in crate::primitives) fn break_up(&self, failed: &Failed) {
        self.0.give_up_all(&End::Died(failed.clone()));
    }
}

impl<B: Backend> Drop for Crew<B> {
    fn drop(&mut self) {
        if can_lock::<B>() {
            // No other thread can join them any more. A worker that drops this leaves when it has
            // finished.
            let me = B::current_id();
            let handles = self.close(|state| {
                let handles = std::mem::take(&mut state.handles);
                if state.workers.contains(&me) { Vec::new() } else { handles }
            });
            end_of(handles);
        }
    }
}

impl<B: Backend> Open<'_, B> {
    /// Takes these jobs, in this order, and makes sure that there are workers for them.
    #[track_caller]
    pub(in crate::primitives) fn take(mut self, jobs: impl IntoIterator<Item = Box<dyn Job>>) {
        let mut woken = 0;
        for job in jobs {
            if self.state.jobs.len() >= self.state.idle
                && self.state.workers.len() < self.shared.size
            {
                self.hire();
            } else if woken < self.state.idle {
                woken += 1;
            }
            self.state.jobs.push_back(job);
        }
        let shared = self.shared;
        drop(self);
        for _ in 0..woken {
            shared.work.notify_one();
        }
    }

    #[track_caller]
    fn hire(&mut self) {
        let name = format!("{}_{}", self.shared.name, self.state.workers.len());
        let shared = Arc::clone(self.shared);
        let handle = B::spawn(name, move || shared.serve());
        self.state.workers.push(handle.thread().id());
        self.state.handles.push(handle);
        self.state.present += 1;
    }
}

impl<B: Backend> Shared<B> {
    /// The body of a worker.
    fn serve(&self) {
        if let Some(initialiser) = &self.initialiser
            && let Err(panicked) = caught::<B, _>(initialiser)
        {
            return self.break_down(panicked);
        }
        while let Some(job) = self.next() {
            // A task's panic goes to its future; this one would come from a destructor.
            unheard::<B>(|| job.run());
        }
    }

    /// Blocks until there is a job, and takes it. If none will come, the worker leaves.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.state.lock();
        if state.blocks_worker() {
            let blocked = State::blocks_worker;
            state = waiting::wait_while(&self.work, state, |state| &mut state.idle, blocked);
        }
        let job = state.jobs.pop_front();
        if job.is_none() {
            self.leave(state);
        }
        job
    }

    fn leave(&self, mut state: MutexGuard<'_, B, State<B>>) {
        state.present -= 1;
        let wake = state.present == 0 && state.joining > 0;
        drop(state);
        if wake {
            self.left.notify_all();
        }
    }

    /// An initialiser has failed: no waiting work will ever be done, and no more is accepted.
    fn break_down(&self, panicked: Panicked) {
        self.give_up_all(&End::Broken(panicked));
        self.leave(self.state.lock());
    }

    /// No more work is accepted, and what has not begun ends for this reason. The first one stays the pool's.
    fn give_up_all(&self, why: &End) {
        let mut state = self.state.lock();
        if !matches!(state.end, Some(End::Broken(_) | End::Died(_))) {
            state.end = Some(why.clone());
        }
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.work.notify_all();
        for job in jobs {
            unheard::<B>(|| job.give_up(why.error()));
        }
    }
}

impl<B: Backend> fmt::Debug for Crew<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.state.fmt(f)
    }
}
