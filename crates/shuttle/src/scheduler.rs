//! What shuttle's schedulers say here: how many executions a test may run, and how they are drawn if that is not enough for
//! all of them.

use raceproof::Sampling;

/// What a test may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// How many executions are asked for; none: all there are.
    pub(crate) iterations: Option<usize>,
    /// How schedules are drawn.
    pub(crate) drawn: Sampling,
    /// Where random numbers begin, and the draws.
    pub(crate) seed: u64,
}

impl Budget {
    fn of(iterations: Option<usize>, drawn: Sampling) -> Self {
        Budget { iterations, drawn, seed: 0 }
    }
}

/// A scheduler of shuttle, as a budget.
pub trait Scheduler {
    /// What it may run.
    fn budget(&self) -> Budget;
}

impl<S: Scheduler + ?Sized> Scheduler for Box<S> {
    fn budget(&self) -> Budget {
        (**self).budget()
    }
}

macro_rules! schedulers {
    ($($(#[$attr:meta])* $name:ident;)*) => {$(
        $(#[$attr])*
        #[derive(Clone, Debug)]
        pub struct $name(Budget);

        impl Scheduler for $name {
            fn budget(&self) -> Budget {
                self.0
            }
        }
    )*};
}

schedulers! {
    /// Random schedules, in shuttle.
    RandomScheduler;
    /// Random walks with weights, in shuttle.
    UrwRandomScheduler;
    /// Schedules by random priorities, in shuttle.
    PctScheduler;
    /// All schedules, in shuttle.
    DfsScheduler;
    /// One thread after the other, in shuttle.
    RoundRobinScheduler;
}

macro_rules! seeded {
    ($($name:ident $drawn:expr;)*) => {$(
        impl $name {
            /// So many executions.
            pub fn new(iterations: usize) -> Self {
                Self::new_from_seed(0, iterations)
            }

            /// The same; random numbers begin with the seed, and so do the draws.
            pub fn new_from_seed(seed: u64, iterations: usize) -> Self {
                $name(Budget { seed, ..Budget::of(Some(iterations), $drawn) })
            }
        }
    )*};
}

seeded! {
    RandomScheduler Sampling::Uniform;
    UrwRandomScheduler Sampling::Urw;
}

impl PctScheduler {
    /// So many executions, and failures of such a depth.
    pub fn new(depth: usize, iterations: usize) -> Self {
        Self::new_from_seed(0, depth, iterations)
    }

    /// The same; random numbers begin with the seed, and so do the draws.
    ///
    /// # Panics
    ///
    /// If the depth is 0.
    pub fn new_from_seed(seed: u64, depth: usize, iterations: usize) -> Self {
        assert!(depth > 0, "a failure has a depth of 1 at the least");
        let budget = Budget::of(Some(iterations), Sampling::Pct { depth });
        PctScheduler(Budget { seed, ..budget })
    }
}

impl DfsScheduler {
    /// So many executions, or all. Random numbers are allowed in any case.
    pub fn new(iterations: Option<usize>, _allow_random_data: bool) -> Self {
        DfsScheduler(Budget::of(iterations, Sampling::Urw))
    }
}

impl RoundRobinScheduler {
    /// So many executions.
    pub fn new(iterations: usize) -> Self {
        RoundRobinScheduler(Budget::of(Some(iterations), Sampling::Urw))
    }
}
