//! What is to be checked, and what must come out, as data.
//!
//! A [`Program`] is a closed concurrent program, generic over its backend. A [`Variant`] is a program
//! with the result it must have, a [`Scenario`] a lesson told by broken and fixed variants.

use crate::backend::{Backend, Capability, Engine, MemoryModel};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A closed concurrent program: it makes its own objects and threads, and panics if it goes wrong.
///
/// Its sizes (threads, rounds, amounts) are its fields, so that an engine can be given a smaller
/// program and a benchmark a larger one; its `Debug` form is how reports print them. Whatever it
/// does besides running threads must be the same in every run.
///
/// ```
/// use raceproof::{backend::{AtomicI64, Backend, Std, join_all}, program::Program};
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
    /// When the property it is about does not hold.
    fn run<B: Backend>(&self);
}

/// A [`Program`] whose backend is chosen by value; every program is one.
pub trait AnyProgram: fmt::Debug + Send + Sync {
    /// Runs the program once on the backend of `engine`.
    ///
    /// # Panics
    ///
    /// When the property it is about does not hold, and when this build lacks the engine.
    fn run_on(&self, engine: Engine);
}

impl<P: Program> AnyProgram for P {
    fn run_on(&self, engine: Engine) {
        match engine {
            Engine::Dpor => self.run::<crate::backend::Dpor>(),
            #[cfg(loom)]
            Engine::Loom => self.run::<crate::backend::Loom>(),
            #[cfg(feature = "shuttle")]
            Engine::Shuttle => self.run::<crate::backend::Shuttle>(),
            Engine::Std => self.run::<crate::backend::Std>(),
            #[cfg(feature = "parking_lot")]
            Engine::ParkingLot => self.run::<crate::backend::ParkingLot>(),
            #[allow(unreachable_patterns)]
            missing => panic!("this build has no {missing}: {}", missing.how_to_build()),
        }
    }
}

/// In what way a program can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A property that the program asserts does not hold.
    Assertion,
    /// Every thread that has not ended is blocked.
    Deadlock,
    /// Two threads access plain memory, one of them writes, and nothing orders the two.
    DataRace,
    /// An execution does not end within the allowed steps: a livelock, or an endless loop.
    StepLimit,
    /// The program used an object in a way that its contract forbids.
    Misuse,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Assertion => "assertion",
            Self::Deadlock => "deadlock",
            Self::DataRace => "data race",
            Self::StepLimit => "step limit",
            Self::Misuse => "misuse",
        })
    }
}

/// What must come out of checking a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No interleaving goes wrong.
    Holds,
    /// Some interleaving goes wrong in this way.
    Fails {
        /// The way.
        kind: FailureKind,
        /// What the failure's message contains.
        message: &'static str,
    },
    /// Every interleaving ends well and [reports](crate::backend::execution::refused) that the
    /// misuse was refused with this error, and nothing else.
    Refuses {
        /// The error's text.
        error: &'static str,
    },
    /// Every interleaving ends well, and some come to this
    /// [point](crate::backend::execution::reach).
    Reaches {
        /// The point.
        point: &'static str,
    },
    /// Every interleaving ends well, and none comes to this point.
    NeverReaches {
        /// The point.
        point: &'static str,
    },
}

impl Expect {
    /// Whether it is expected that some interleaving goes wrong.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Fails { .. })
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Fails { kind: FailureKind::Deadlock, .. } => f.write_str("deadlock"),
            Self::Fails { kind, message } => write!(f, "{kind}: {message}"),
            Self::Refuses { error } => write!(f, "refuses: {error}"),
            Self::Reaches { point } => write!(f, "reaches: {point}"),
            Self::NeverReaches { point } => write!(f, "never reaches: {point}"),
        }
    }
}

/// What must come out, and with which outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How it must end.
    pub expect: Expect,
    /// The exact set of [outcomes](crate::backend::execution::outcome) over all interleavings;
    /// empty if the program reports none.
    pub outcomes: &'static [&'static str],
}

impl Claim {
    /// It fails in this way, with a message that contains `message`, which tells this failure from others.
    ///
    /// # Panics
    ///
    /// If `message` is empty: any failure would do. Where variants are written, in a `static`, that
    /// does not compile.
    ///
    /// ```compile_fail,E0080
    /// # use raceproof::{backend::Backend, program::{FailureKind::Assertion, Program, Variant}};
    /// # #[derive(Debug)]
    /// # struct Sells;
    /// # impl Program for Sells {
    /// #     fn run<B: Backend>(&self) {}
    /// # }
    /// static SELLS: Variant = Variant::new("sells", &Sells, "Twice.").fails(Assertion, "");
    /// ```
    #[must_use]
    pub const fn fails(kind: FailureKind, message: &'static str) -> Self {
        assert!(!message.is_empty(), "any failure has an empty message");
        Self { expect: Expect::Fails { kind, message }, outcomes: &[] }
    }

    /// Its outcomes are exactly these.
    #[must_use]
    pub const fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.outcomes = outcomes;
        self
    }
}

/// One form of a scenario's program, with what it must do.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name within the scenario, in kebab-case.
    pub id: &'static str,
    /// The program at the smallest sizes that show the lesson.
    pub program: &'static dyn AnyProgram,
    /// The same program at other sizes, for engines that need or allow them.
    pub sizes: &'static [(Engine, &'static dyn AnyProgram)],
    /// What must come out, under either memory model unless `c11` says otherwise.
    pub claim: Claim,
    /// What must come out instead under [`MemoryModel::C11`].
    pub c11: Option<Claim>,
    /// The engines that are known to miss its failure, and why they do.
    pub missed_by: &'static [(Engine, &'static str)],
    /// The outcomes that an engine is known not to find, and why it does not.
    pub outcomes_missed: Option<(Engine, &'static [&'static str], &'static str)>,
    /// What an engine must be able to do for this variant to mean anything there.
    pub needs: &'static [Capability],
    /// What this form does, and why it goes wrong or does not: a sentence or two.
    pub why: &'static str,
}

impl Variant {
    /// A variant that holds, until told otherwise.
    #[must_use]
    pub const fn new(
        id: &'static str,
        program: &'static dyn AnyProgram,
        why: &'static str,
    ) -> Self {
        let claim = Claim { expect: Expect::Holds, outcomes: &[] };
        Self {
            id,
            program,
            sizes: &[],
            claim,
            c11: None,
            missed_by: &[],
            outcomes_missed: None,
            needs: &[],
            why,
        }
    }

    /// It fails in this way, as [`Claim::fails`].
    #[must_use]
    pub const fn fails(mut self, kind: FailureKind, message: &'static str) -> Self {
        self.claim.expect = Claim::fails(kind, message).expect;
        self
    }

    /// It deadlocks, and the line that says who waits for what contains `message`. (Real threads only
    /// hang, so there is no such line to compare.)
    #[must_use]
    pub const fn deadlocks(self, message: &'static str) -> Self {
        self.fails(FailureKind::Deadlock, message)
    }

    /// It refuses a misuse with this error, in every interleaving.
    #[must_use]
    pub const fn refuses(mut self, error: &'static str) -> Self {
        self.claim.expect = Expect::Refuses { error };
        self
    }

    /// Some interleaving comes to this point, and none goes wrong.
    #[must_use]
    pub const fn reaches(mut self, point: &'static str) -> Self {
        self.claim.expect = Expect::Reaches { point };
        self
    }

    /// No interleaving comes to this point, and none goes wrong.
    #[must_use]
    pub const fn never_reaches(mut self, point: &'static str) -> Self {
        self.claim.expect = Expect::NeverReaches { point };
        self
    }

    /// Under C11 something else comes out.
    #[must_use]
    pub const fn under_c11(mut self, claim: Claim) -> Self {
        self.c11 = Some(claim);
        self
    }

    /// These engines do not find the failure, for these reasons.
    #[must_use]
    pub const fn missed_by(mut self, engines: &'static [(Engine, &'static str)]) -> Self {
        self.missed_by = engines;
        self
    }

    /// This engine does not find these outcomes, for this reason.
    #[must_use]
    pub const fn outcomes_missed_by(
        mut self,
        engine: Engine,
        outcomes: &'static [&'static str],
        why: &'static str,
    ) -> Self {
        self.outcomes_missed = Some((engine, outcomes, why));
        self
    }

    /// Its outcomes are exactly these.
    #[must_use]
    pub const fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.claim.outcomes = outcomes;
        self
    }

    /// The same with whatever outcomes.
    #[must_use]
    pub const fn without_outcomes(mut self) -> Self {
        self.claim.outcomes = &[];
        if let Some(claim) = &mut self.c11 {
            claim.outcomes = &[];
        }
        self
    }

    /// It means something only where the engine can do this.
    #[must_use]
    pub const fn needs(mut self, needs: &'static [Capability]) -> Self {
        self.needs = needs;
        self
    }

    /// These engines get the program at other sizes.
    #[must_use]
    pub const fn sized(mut self, sizes: &'static [(Engine, &'static dyn AnyProgram)]) -> Self {
        self.sizes = sizes;
        self
    }

    /// The program at the sizes for `engine`.
    #[must_use]
    pub fn program_for(&self, engine: Engine) -> &'static dyn AnyProgram {
        self.sizes
            .iter()
            .find_map(|&(sized_for, program)| (sized_for == engine).then_some(program))
            .unwrap_or(self.program)
    }

    /// What must come out under this memory model.
    #[must_use]
    pub fn claim_under(&self, model: MemoryModel) -> Claim {
        match (model, self.c11) {
            (MemoryModel::C11, Some(claim)) => claim,
            _ => self.claim,
        }
    }

    /// Why `engine` misses the failure, if it is known to.
    #[must_use]
    pub fn why_missed_on(&self, engine: Engine) -> Option<&'static str> {
        self.missed_by.iter().find_map(|&(missing, why)| (missing == engine).then_some(why))
    }

    /// The outcomes that `engine` is known not to find, and why.
    #[must_use]
    pub fn outcomes_missed_on(
        &self,
        engine: Engine,
    ) -> Option<(&'static [&'static str], &'static str)> {
        let (missing, outcomes, why) = self.outcomes_missed?;
        (missing == engine).then_some((outcomes, why))
    }

    /// What must come out, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        let expect = self.claim.expect;
        match self.c11 {
            Some(claim) => format!("{expect}; under {}: {}", MemoryModel::C11, claim.expect),
            None => expect.to_string(),
        }
    }

    /// Whether it goes wrong under some memory model.
    #[must_use]
    pub fn goes_wrong(&self) -> bool {
        self.claim.expect.is_failure() || self.c11.is_some_and(|claim| claim.expect.is_failure())
    }

    /// The first thing it needs that `engine` cannot do; `None` where this build lacks the engine.
    #[must_use]
    pub fn missing_on(&self, engine: Engine) -> Option<Capability> {
        let capabilities = engine.capabilities()?;
        self.needs.iter().copied().find(|need| !capabilities.contains(need))
    }
}

/// Which family of mistakes a scenario belongs to.
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
    /// Rust's memory model.
    Memory,
    /// What the primitives promise.
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
            Self::Memory => "Memory model",
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
    /// The text of the file it is told in, module doc and programs.
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
