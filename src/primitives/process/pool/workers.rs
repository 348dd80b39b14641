//! The configuration of a pool of processes.

use super::{
    NoStart, Pool, ProcessPool, Work,
    seats::{Make, Plan, make},
    team::Team,
};
use crate::{
    backend::Backend,
    primitives::{
        executor::Crew,
        process::{ProcessError, Task, cpu_count},
    },
};
use std::{borrow::Cow, fmt};

/// The worker processes of a pool, before there are any.
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, *}};
/// use serde::{Deserialize, Serialize};
///
/// struct Factor;
/// impl Global for Factor {
///     type Value = i64;
///     const NAME: &'static str = "factor";
///     fn initial() -> i64 { 1 }
/// }
///
/// /// Each worker's first act.
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Set(ProcessGlobal<Std, Factor>);
/// impl Task for Set {
///     fn run(self) {
///         self.0.set(10);
///     }
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Times(ProcessGlobal<Std, Factor>, i64);
/// impl Work for Times {
///     type Output = i64;
///     fn run(self) -> i64 {
///         self.0.get() * self.1
///     }
/// }
///
/// fn main() -> Result<(), ProcessError> {
///     process::serve(&[worker_with::<Std, Times, Set>()]);
///     let factor = ProcessGlobal::new();
///     let workers = Workers::<Std, Times>::new(2).name("clerk").tasks_per_process(5);
///     let pool = workers.initialiser(Set(factor.clone())).pool()?;
///     let products = pool.map((1..=3).map(|n| Times(factor.clone(), n)));
///     assert_eq!(products.expect("it is open"), [10, 20, 30]);
///     Ok(())
/// }
/// ```
#[must_use = "this only describes the workers of a pool"]
pub struct Workers<B: Backend, W: Work> {
    number: usize,
    name: Cow<'static, str>,
    tasks: Option<usize>,
    make: Make<B, W>,
}

impl<B: Backend, W: Work> Workers<B, W> {
    /// At most this many processes, and at least one.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// // This program's `main` does not call `serve`.
    /// assert!(Workers::<Std, Square>::new(2).pool().is_err());
    /// ```
    pub fn new(number: usize) -> Self {
        Self { number: number.max(1), name: "pool".into(), tasks: None, make: make(NoStart) }
    }

    /// The processes are called by this name and a number.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// let clerks = Workers::<Std, Square>::new(2).name("clerk");
    /// assert!(format!("{clerks:?}").contains("clerk"));
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// A process ends after this many tasks, and another takes its place. As in Python a chunk counts as one.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// let workers = Workers::<Std, Square>::new(2).tasks_per_process(100);
    /// assert!(format!("{workers:?}").contains("100"));
    /// ```
    pub fn tasks_per_process(mut self, tasks: usize) -> Self {
        self.tasks = Some(tasks);
        self
    }

    /// Each process runs this before any work. If it panics, the process ends with the first task that it is
    /// given. Its type is one for [`worker_with`](super::worker_with).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{NoStart, Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// let workers = Workers::<Std, Square>::new(2).initialiser(NoStart);
    /// assert!(workers.pool().is_err(), "`main` does not call `serve`");
    /// ```
    pub fn initialiser(mut self, initialiser: impl Task + Clone + Sync) -> Self {
        self.make = make(initialiser);
        self
    }

    /// A [`Pool`] of these workers, one of which is started at once.
    ///
    /// # Errors
    ///
    /// Those of [`Process::start`](super::super::Process::start).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     assert_eq!(pool.apply(Square(3)).unwrap(), 9);
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn pool(self) -> Result<Pool<B, W>, ProcessError> {
        self.team(true).map(Pool)
    }

    /// A [`ProcessPool`] of these workers, one of which is started at once.
    ///
    /// # Errors
    ///
    /// Those of [`Process::start`](super::super::Process::start).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     assert_eq!(pool.submit(Square(3)).unwrap().result(), Ok(9));
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn executor(self) -> Result<ProcessPool<B, W>, ProcessError> {
        self.team(false).map(ProcessPool)
    }

    #[track_caller]
    fn team(self, replaces: bool) -> Result<Team<B, W>, ProcessError> {
        let Self { number, name, tasks, make } = self;
        let crew = Crew::new(number, name.clone(), None).expect("at least one");
        Team::new(crew, Plan { name: name.into(), tasks, replaces, make })
    }
}

/// As many as there are processors.
impl<B: Backend, W: Work> Default for Workers<B, W> {
    fn default() -> Self {
        Self::new(cpu_count())
    }
}

impl<B: Backend, W: Work> fmt::Debug for Workers<B, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, name, tasks, .. } = self;
        f.debug_struct("Workers")
            .field("number", number)
            .field("name", name)
            .field("tasks", tasks)
            .finish_non_exhaustive()
    }
}
