//! Programs to check, and their expected results, as data.
//!
#![doc = include_str!("../../docs/programs.md")]

mod expect;
mod sweep;
mod variant;

pub use self::{
    expect::{Claim, Expect, FailureKind},
    sweep::{Size, Sweep},
    variant::Variant,
};

use crate::backend::{Backend, Chosen, Engine};
use std::fmt;

/// A closed concurrent program: it creates its own objects and threads, and panics if it goes
/// wrong.
///
/// Its sizes (threads, rounds, amounts) are its fields, so that an engine can be given a smaller
/// program and a benchmark a larger one. Reports print its `Debug` form. Whatever it does besides
/// running threads must be the same in every run.
///
/// ```
/// use raceproof_suite::{backend::{AtomicI64, Backend, Std, join_all}, program::Program};
/// use std::sync::{Arc, atomic::Ordering::Relaxed};
///
/// #[derive(Debug)]
/// struct Count { threads: usize }
///
/// impl Program for Count {
///     fn run<B: Backend>(&self) {
///         let count = Arc::new(AtomicI64::<B>::named("count", 0));
///         join_all((0..self.threads).map(|n| {
///             let count = Arc::clone(&count);
///             B::spawn(format!("counter {n}"), move || { count.fetch_add(1, Relaxed); })
///         }));
///         assert_eq!(count.load(Relaxed), self.threads as i64, "lost update");
///     }
/// }
///
/// Count { threads: 3 }.run::<Std>();
/// ```
pub trait Program: fmt::Debug + Send + Sync + 'static {
    /// Runs the program once.
    ///
    /// # Panics
    ///
    /// Panics if the property that it tests does not hold.
    fn run<B: Backend>(&self);
}

/// A [`Program`] whose backend is chosen by value; every program is one.
pub trait AnyProgram: fmt::Debug + Send + Sync {
    /// Runs the program once on the backend of `engine`.
    ///
    /// # Panics
    ///
    /// Panics if the property that the program tests does not hold, or if this build lacks the
    /// engine.
    fn run_on(&self, engine: Engine);
}

impl<P: Program> AnyProgram for P {
    fn run_on(&self, engine: Engine) {
        // One copy for all engines, and none for unit tests, which run no program.
        Chosen::run_on(engine, || {
            #[cfg(not(test))]
            self.run::<Chosen>();
        });
    }
}

/// The family of mistakes that a scenario belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Shared counters.
    Counters,
    /// Bank accounts and locks.
    Bank,
    /// Condition variables.
    Conditions,
    /// Events.
    Events,
    /// Semaphores, barriers and timers.
    Gates,
    /// Queues and pipes.
    Queues,
    /// Threads, pools and futures.
    Threads,
    /// Processes and managers.
    Processes,
    /// Coroutines and sockets.
    Cooperation,
    /// Rust's memory model.
    Memory,
    /// Reports from public trackers.
    Trackers,
    /// The benchmark suites of others.
    Suites,
    /// The promises of the primitives.
    Contracts,
}

impl Group {
    /// The group's heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Counters => "Shared counters",
            Self::Bank => "Bank",
            Self::Conditions => "Condition variables",
            Self::Events => "Events",
            Self::Gates => "Semaphores, barriers, timers",
            Self::Queues => "Queues and pipes",
            Self::Threads => "Threads, pools, futures",
            Self::Processes => "Processes and managers",
            Self::Cooperation => "Coroutines and sockets",
            Self::Memory => "Memory model",
            Self::Trackers => "From real trackers",
            Self::Suites => "Suites of others",
            Self::Contracts => "Contracts",
        }
    }
}

/// A lesson: a story, a program that goes wrong, and programs that do not.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in kebab-case; also the name of its file.
    pub id: &'static str,
    /// The family it belongs to.
    pub group: Group,
    /// The lesson in one line.
    pub lesson: &'static str,
    /// The text of its file, module doc and programs.
    pub source: &'static str,
    /// Its programs, the broken ones first.
    pub variants: &'static [Variant],
}

impl Scenario {
    /// The variant of this name.
    #[must_use]
    pub fn variant(&self, id: &str) -> Option<&'static Variant> {
        self.variants.iter().find(|variant| variant.id == id)
    }
}

/// The variants of some scenarios, each with its scenario.
pub fn variants<'a>(
    scenarios: &'a [&'static Scenario],
) -> impl Iterator<Item = (&'static Scenario, &'static Variant)> + 'a {
    scenarios
        .iter()
        .flat_map(|&scenario| scenario.variants.iter().map(move |variant| (scenario, variant)))
}
