//! The configuration of a pool.

#[cfg(doc)]
use super::FutureError;
use super::{
    NoWorkers, ThreadPool,
    crew::{Crew, Initialiser},
};
use crate::backend::Backend;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// The configuration of a [`ThreadPool`].
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{ThreadLocal, ThreadPool}};
/// use std::sync::Arc;
///
/// let buffer = Arc::new(ThreadLocal::<Std, Vec<u8>>::new(Vec::new));
/// let own = Arc::clone(&buffer);
/// let pool = ThreadPool::<Std>::builder(2)
///     .name("copier")
///     .initialiser(move || own.with(|own| own.reserve(1024)))
///     .build()?;
/// let task = pool.submit(move || buffer.with(|buffer| buffer.capacity()));
/// assert!(task.expect("it is open").result().expect("it does not panic") >= 1024);
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[must_use = "this only describes a pool"]
pub struct ThreadPoolBuilder<B: Backend> {
    workers: usize,
    name: Cow<'static, str>,
    initialiser: Option<Initialiser>,
    backend: PhantomData<B>,
}

impl<B: Backend> ThreadPoolBuilder<B> {
    pub(super) fn new(workers: usize) -> Self {
        Self { workers, name: "pool".into(), initialiser: None, backend: PhantomData }
    }

    /// Names the workers "`name`_0", "`name`_1" and so on. The default name is "pool".
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::ThreadPool};
    /// let pool = ThreadPool::builder(1).name("copier").build()?;
    /// let name = pool.submit(|| Std::current().name().to_owned()).expect("it is open");
    /// assert_eq!(name.result().as_deref(), Ok("copier_0"));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Makes each worker call this before its first task. If it panics the pool is broken: tasks that
    /// have not begun fail with [`FutureError::BrokenPool`], and new tasks are refused.
    ///
    /// ```
    /// # use raceproof_suite::{native::ThreadPool, primitives::FutureError};
    /// let pool = ThreadPool::builder(1).initialiser(|| panic!("no licence")).build()?;
    /// let task = pool.submit(|| ()).expect("the initialiser has not run yet");
    /// assert!(matches!(task.exception(), Some(FutureError::BrokenPool(_))));
    /// assert!(pool.submit(|| ()).is_err());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    pub fn initialiser(mut self, initialiser: impl Fn() + Send + Sync + 'static) -> Self {
        self.initialiser = Some(Box::new(initialiser));
        self
    }

    /// Creates the pool.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if the number of workers is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// assert!(ThreadPool::builder(0).build().is_err());
    /// assert!(ThreadPool::builder(4).build().is_ok());
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<ThreadPool<B>, NoWorkers> {
        Crew::new(self.workers, self.name, self.initialiser).map(ThreadPool)
    }
}

impl<B: Backend> fmt::Debug for ThreadPoolBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workers, name, .. } = self;
        f.debug_struct("ThreadPoolBuilder")
            .field("workers", workers)
            .field("name", name)
            .finish_non_exhaustive()
    }
}
