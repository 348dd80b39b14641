//! The engines by name, and their capabilities, as data.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A capability that an environment may have beyond running threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Capability {
    /// A timed wait can time out.
    Timeouts,
    /// `notify_one` may wake any of the waiting threads, not always the one that waited longest.
    AnyWaiter,
    /// [`Backend::choose`](super::Backend::choose) works.
    Choice,
    /// Atomic orderings weaker than sequential consistency have their weaker meaning.
    WeakMemory,
    /// Unsynchronised accesses to [`Shared`](super::Shared) memory are reported.
    DataRaces,
    /// [`Mutex::try_lock`](super::Mutex::try_lock) fails in some execution if the mutex can be held,
    /// and never otherwise.
    TryLock,
    /// A mutex is free again after its holder panics.
    PanicWhileLocked,
    /// Daemons can be stopped, so that an execution ends even if a daemon is blocked.
    Daemons,
    /// A [`Process`](super::Process) can be killed.
    Kill,
    /// The verdict does not depend on luck: it is the same on every run.
    Deterministic,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeouts => "timeouts",
            Self::AnyWaiter => "wake-ups in any order",
            Self::Choice => "nondeterministic choice",
            Self::WeakMemory => "weak memory",
            Self::DataRaces => "data-race detection",
            Self::TryLock => "a reliable try_lock",
            Self::PanicWhileLocked => "mutexes that survive a panic",
            Self::Daemons => "daemons that are stopped",
            Self::Kill => "processes that are killed",
            Self::Deterministic => "a deterministic search",
        })
    }
}

/// What the orderings of atomics mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryModel {
    /// Every thread sees all atomic accesses in one order, whatever orderings they name.
    SequentialConsistency,
    /// That of C11 and Rust: a load may read an old value unless the model forbids it.
    C11,
}

impl fmt::Display for MemoryModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SequentialConsistency => "sequential consistency",
            Self::C11 => "C11",
        })
    }
}

/// An engine that runs programs, and the backend it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Exhaustive search with optimal partial-order reduction: one execution for each inequivalent
    /// interleaving.
    Dpor,
    /// The same checker under Rust's memory model: one execution for each consistent execution graph. Its
    /// programs run on the backend of [`Dpor`](Self::Dpor).
    C11,
    /// Exhaustive search with partial-order reduction and C11 atomics, by the loom crate.
    Loom,
    /// Depth-first, PCT and random schedules, by the shuttle crate.
    Shuttle,
    /// Real threads on `std::sync`.
    Std,
    /// Real threads on the parking_lot crate.
    ParkingLot,
}

impl Engine {
    /// Every engine there is, whether or not this build has it.
    pub const ALL: [Self; 6] =
        [Self::Dpor, Self::C11, Self::Loom, Self::Shuttle, Self::Std, Self::ParkingLot];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dpor => "dpor",
            Self::C11 => "c11",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
            Self::Std => "std",
            Self::ParkingLot => "parking_lot",
        }
    }

    /// The capabilities of its backend, or `None` where this build lacks the engine.
    #[must_use]
    pub const fn capabilities(self) -> Option<&'static [Capability]> {
        use Capability::{
            AnyWaiter, Choice, Daemons, DataRaces, Deterministic, Kill, PanicWhileLocked, Timeouts,
            TryLock, WeakMemory,
        };
        Some(match self {
            Self::Dpor => &[
                Timeouts,
                AnyWaiter,
                Choice,
                DataRaces,
                TryLock,
                PanicWhileLocked,
                Daemons,
                Kill,
                Deterministic,
            ],
            // What it does not explore yet beyond that it refuses when a program does it.
            Self::C11 => &[
                Timeouts,
                AnyWaiter,
                Choice,
                WeakMemory,
                DataRaces,
                TryLock,
                PanicWhileLocked,
                Deterministic,
            ],
            Self::Loom if cfg!(loom) => &[WeakMemory, DataRaces, Deterministic],
            Self::Shuttle if cfg!(feature = "shuttle") => {
                &[Timeouts, AnyWaiter, Choice, TryLock, PanicWhileLocked, Deterministic]
            }
            Self::ParkingLot if !cfg!(feature = "parking_lot") => return None,
            Self::Std | Self::ParkingLot => {
                &[Timeouts, AnyWaiter, Choice, WeakMemory, TryLock, PanicWhileLocked]
            }
            Self::Loom | Self::Shuttle => return None,
        })
    }

    /// Whether its backend has the capability. No backend of an engine that this build lacks has any.
    #[must_use]
    pub fn can(self, capability: Capability) -> bool {
        self.capabilities().is_some_and(|capabilities| capabilities.contains(&capability))
    }

    /// Whether this build has the engine.
    #[must_use]
    pub const fn is_built(self) -> bool {
        self.capabilities().is_some()
    }

    /// The engines of this build.
    pub fn built() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|engine| engine.is_built())
    }

    /// How to get a build that has the engine.
    #[must_use]
    pub const fn how_to_build(self) -> &'static str {
        match self {
            Self::Loom => "build with RUSTFLAGS=\"--cfg loom\"",
            Self::Shuttle => "build with the feature `shuttle`",
            Self::Dpor | Self::C11 | Self::Std => "it is part of every build",
            Self::ParkingLot => "build with the feature `parking_lot`",
        }
    }

    /// A message that this build lacks the engine, and how to get one that has it.
    #[must_use]
    pub fn missing(self) -> String {
        format!("this build has no {self}: {}", self.how_to_build())
    }

    /// The memory model that its atomics have. On real threads the hardware shows some part of C11.
    #[must_use]
    pub const fn memory_model(self) -> MemoryModel {
        match self {
            Self::Dpor | Self::Shuttle => MemoryModel::SequentialConsistency,
            Self::C11 | Self::Loom | Self::Std | Self::ParkingLot => MemoryModel::C11,
        }
    }

    /// Whether it runs real threads, where finding a failure is a matter of luck.
    #[must_use]
    pub const fn is_native(self) -> bool {
        matches!(self, Self::Std | Self::ParkingLot)
    }

    /// Whether its backend records the operations of a program, for the trace of a failing execution. Dpor
    /// and c11 record the failing execution themselves. Native backends do not record: recording would order the threads
    /// and hide their races.
    #[must_use]
    pub(crate) const fn is_recorded(self) -> bool {
        matches!(self, Self::Loom | Self::Shuttle)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| UnknownEngine(name.into()))
    }
}

/// No engine has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no engine `{0}`")]
pub struct UnknownEngine(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for engine in Engine::ALL {
            assert_eq!(engine.name().parse(), Ok(engine));
        }
        assert_eq!("lom".parse::<Engine>(), Err(UnknownEngine("lom".into())));
    }

    #[test]
    fn weak_memory_is_that_of_c11() {
        for engine in Engine::built() {
            let weak = engine.capabilities().unwrap().contains(&Capability::WeakMemory);
            assert_eq!(weak, engine.memory_model() == MemoryModel::C11, "{engine}");
        }
    }

    #[test]
    fn every_build_has_real_threads() {
        assert!(Engine::Std.is_built());
    }
}
