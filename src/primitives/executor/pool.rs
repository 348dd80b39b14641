//! The pool itself, which accepts tasks.

use super::{
    Future, Map, MapError, NoWorkers, PoolJoinError, SubmitError, ThreadPoolBuilder, crew::Crew,
    limit::Limit, task::Task,
};
use crate::backend::Backend;
use std::{fmt, num::NonZeroUsize, time::Duration};

/// Worker threads that run submitted tasks; each task has a [`Future`].
///
/// Like Python's `concurrent.futures.ThreadPoolExecutor`: a worker is started when there is a task and no
/// worker is idle, up to the allowed number. Dropping the pool, like leaving Python's `with`, shuts it down
/// and waits for its tasks (except when one of its own tasks drops it). Unlike rayon's pool it steals no
/// work: a task that waits for another task of the same pool waits forever if no other worker is left.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::ThreadPool};
///
/// let pool = ThreadPool::<Std>::new(2)?;
/// let squares = pool.map(|n| n * n, [1, 2, 3]).expect("it is open");
/// assert_eq!(squares.collect::<Result<Vec<_>, _>>(), Ok(vec![1, 4, 9]));
/// pool.shutdown();
/// assert!(pool.submit(|| ()).is_err());
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
pub struct ThreadPool<B: Backend>(pub(super) Crew<B>);

impl<B: Backend> ThreadPool<B> {
    /// A pool of at most `workers` workers.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if that number is zero.
    ///
    /// ```
    /// # use raceproof_suite::{native::ThreadPool, primitives::NoWorkers};
    /// assert_eq!(ThreadPool::new(0).err(), Some(NoWorkers));
    /// assert_eq!(ThreadPool::new(2)?.workers(), 2);
    /// # Ok::<(), NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn new(workers: usize) -> Result<Self, NoWorkers> {
        Self::builder(workers).build()
    }

    /// A configuration for a pool of at most `workers` workers, with a name or an initialiser.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::builder(2).name("copier").build()?;
    /// assert!(format!("{pool:?}").contains("copier"));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    pub fn builder(workers: usize) -> ThreadPoolBuilder<B> {
        ThreadPoolBuilder::new(workers)
    }

    /// The largest number of workers.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// assert_eq!(ThreadPool::new(3)?.workers(), 3);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[must_use]
    pub fn workers(&self) -> usize {
        self.0.size()
    }

    /// Submits `task`: a worker calls it after the tasks that were submitted before. Never blocks
    /// for long.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] with the task if the pool is shut down or broken.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let word = String::from("hello");
    /// let length = pool.submit(move || word.len()).expect("it is open");
    /// assert_eq!(length.result(), Ok(5));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn submit<T, F>(&self, task: F) -> Result<Future<B, T>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match self.0.open() {
            Ok(open) => {
                let (job, future) = Task::with_future(Box::new(task), None);
                open.take([job]);
                Ok(future)
            }
            Err(refusal) => Err(refusal.of(task)),
        }
    }

    /// Makes the workers apply `task` to each of `items`; the results come in the order of the items. All
    /// tasks are submitted before this returns. If the iterator is dropped early, the tasks that have not
    /// begun are cancelled, as in Python. Unlike in Python the iterator continues after a result that is an
    /// error.
    ///
    /// # Errors
    ///
    /// [`MapError`] with the closure and the items if the pool is shut down or broken.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(2)?;
    /// let lengths = pool.map(|word: &str| word.len(), ["a", "list", "of", "words"]);
    /// let lengths: Result<Vec<_>, _> = lengths.expect("it is open").collect();
    /// assert_eq!(lengths, Ok(vec![1, 4, 2, 5]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map<I, T, F>(
        &self,
        task: F,
        items: impl IntoIterator<Item = I>,
    ) -> Result<Map<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.apply_to_each(task, items.into_iter().collect(), None)
    }

    /// Like [`map`](Self::map), but all results together may take at most `timeout` from now. A result that
    /// is not there by then is [`FutureError::TimedOut`](super::FutureError::TimedOut), and its task is
    /// cancelled if it has not begun. A result that is there in time comes out even after one that is late,
    /// where Python ends.
    ///
    /// # Errors
    ///
    /// Those of [`map`](Self::map).
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, ThreadPool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = ThreadPool::new(2)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let wait_for_2 = move |n| if n == 2 { held.wait() };
    /// let mut results = pool.map_timeout(wait_for_2, [1, 2], Duration::from_millis(100))
    ///     .expect("it is open");
    /// assert_eq!(results.next(), Some(Ok(())));
    /// assert_eq!(results.next(), Some(Err(FutureError::TimedOut)));
    /// go.set();
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map_timeout<I, T, F>(
        &self,
        task: F,
        items: impl IntoIterator<Item = I>,
        timeout: Duration,
    ) -> Result<Map<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        let limit = Limit::of::<B>(timeout);
        self.apply_to_each(task, items.into_iter().collect(), Some(limit))
    }

    /// The items are collected by now, because their iterator may run any code, and use the pool
    /// itself.
    #[track_caller]
    fn apply_to_each<I, T, F>(
        &self,
        task: F,
        items: Vec<I>,
        limit: Option<Limit>,
    ) -> Result<Map<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        let futures = self.0.apply_to_each(task, items, NonZeroUsize::MIN)?;
        Ok(Map::of(futures, limit))
    }

    /// Accepts no more tasks; submitted tasks still run. Never blocks for long; [`join`](Self::join)
    /// waits.
    ///
    /// Python's `shutdown(wait=False)`.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| 1).expect("it is open");
    /// pool.shutdown();
    /// assert!(pool.submit(|| 2).is_err());
    /// assert_eq!(task.result(), Ok(1));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn shutdown(&self) {
        self.0.shut_down();
    }

    /// Accepts no more tasks, and cancels those that have not begun, which wakes the threads that wait for
    /// them. Never blocks for long.
    ///
    /// Python's `shutdown(wait=False, cancel_futures=True)`.
    ///
    /// ```
    /// # use raceproof_suite::native::{Event, ThreadPool};
    /// # use std::sync::Arc;
    /// let pool = ThreadPool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let first = pool.submit(move || held.wait()).expect("it is open");
    /// let second = pool.submit(|| ()).expect("it is open");
    /// pool.shutdown_now();
    /// assert!(second.cancelled());
    /// go.set();
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn shutdown_now(&self) {
        self.0.shut_down_now();
    }

    /// Blocks until every task is done and the workers have ended. After a [`shutdown`](Self::shutdown) it
    /// is Python's `shutdown(wait=True)`.
    ///
    /// # Errors
    ///
    /// [`PoolJoinError`], at once, if the pool still accepts work or one of its own tasks calls
    /// this.
    ///
    /// ```
    /// # use raceproof_suite::{native::ThreadPool, primitives::PoolJoinError};
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| 1).expect("it is open");
    /// assert_eq!(pool.join(), Err(PoolJoinError::StillOpen));
    /// pool.shutdown();
    /// assert_eq!(pool.join(), Ok(()));
    /// assert!(task.done());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), PoolJoinError> {
        self.0.join()
    }
}

impl<B: Backend> fmt::Debug for ThreadPool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ThreadPool").field(&self.0).finish()
    }
}
