//! Deliberately broken copies of the primitives, each with the contract that must reject it.
//!
//! There is one copy of each primitive, which asks at run time which mistake it must make. Without a
//! mistake it is correct, and all contracts are proved for it, so the mistake is rejected and not the
//! copy. The contracts of the real primitives must all be proved, too.

mod barrier;
mod condition;
mod coroutine;
mod event;
mod executor;
mod local;
mod lock;
mod manager;
mod manager_objects;
mod manager_waits;
mod net;
mod pipe;
mod pool;
mod process;
mod process_gone;
mod process_pool;
mod process_queue;
mod process_waiter;
mod queue;
mod rlock;
mod semaphore;
mod thread;
mod timer;

use super::trial;
use libtest_mimic::{Failed, Trial};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits, Verdict},
    contracts,
    program::{AnyProgram, Claim, FailureKind, Scenario, Variant, variants},
};
use std::{
    collections::HashSet,
    fmt,
    sync::{LazyLock, OnceLock},
};

/// A copy of a primitive, and the mistakes that it can make.
struct Copy {
    contracts: &'static Scenario,
    mistakes: &'static [Mistake],
}

/// A mistake, and the failure that one of the contracts must report for it.
struct Mistake {
    name: &'static str,
    contract: &'static str,
    kind: FailureKind,
    message: &'static str,
}

/// The name of no mistake.
const NONE: &str = "SOUND";

/// The mistake of this process, which makes one check only.
static MADE: OnceLock<&str> = OnceLock::new();

/// The mistake that the copy must make.
fn mistake() -> &'static str {
    MADE.get().expect("a copy is checked through `Mistaken`")
}

/// Whether the copy must make this mistake.
fn made(name: &str) -> bool {
    mistake() == name
}

/// Declares the mistakes of the copy of one primitive, `Flawed`, each with the contract that must reject
/// it and the failure. The message must distinguish this failure from any other, so it is not empty.
macro_rules! copies {
    ($($mistake:ident: $contract:literal $kind:ident $message:literal),* $(,)?) => {
        $(const $mistake: &str = stringify!($mistake);)*

        pub(crate) static COPY: crate::broken::Copy = crate::broken::Copy {
            contracts: &const { scenario::<Flawed>(module_path!()) },
            mistakes: &[$(
                crate::broken::Mistake {
                    name: $mistake,
                    contract: $contract,
                    kind: {
                        assert!(!$message.is_empty());
                        raceproof_suite::program::FailureKind::$kind
                    },
                    message: $message,
                },
            )*],
        };
    };
}
use copies;

static COPIES: &[&Copy] = &[
    &barrier::COPY,
    &condition::COPY,
    &coroutine::COPY,
    &event::COPY,
    &executor::COPY,
    &local::COPY,
    &lock::COPY,
    &manager::COPY,
    &manager_objects::COPY,
    &manager_waits::COPY,
    &net::COPY,
    &pipe::COPY,
    &pool::COPY,
    &process::COPY,
    &process_gone::COPY,
    &process_pool::COPY,
    &process_queue::COPY,
    &process_waiter::COPY,
    &queue::COPY,
    &rlock::COPY,
    &semaphore::COPY,
    &thread::COPY,
    &timer::COPY,
];

/// Lets handles of a copy cross to processes of a checker, where nothing is ever written but to see that it
/// could be.
macro_rules! crosses {
    ($($handle:ident),*) => {$(
        impl<B: raceproof_suite::backend::Backend> Clone for $handle<B> {
            fn clone(&self) -> Self {
                Self(std::sync::Arc::clone(&self.0))
            }
        }

        impl<B: raceproof_suite::backend::Backend> serde::Serialize for $handle<B> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }

        impl<'de, B: raceproof_suite::backend::Backend> serde::Deserialize<'de> for $handle<B> {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                unreachable!("nothing is read under a checker")
            }
        }
    )*};
}
use crosses;

/// A contract's program, run by a copy that makes this mistake.
struct Mistaken {
    mistake: &'static str,
    program: &'static dyn AnyProgram,
}

impl AnyProgram for Mistaken {
    fn run_on(&self, engine: Engine) {
        let made = *MADE.get_or_init(|| self.mistake);
        assert_eq!(made, self.mistake, "a second mistake in one process");
        self.program.run_on(engine);
    }
}

/// Like the program prints itself, so that reports know its size.
impl fmt::Debug for Mistaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.program.fmt(f)
    }
}

impl Copy {
    fn name(&self) -> &'static str {
        self.contracts.id.rsplit("::").next().expect("a path has a last part")
    }

    /// The contracts, for a copy that makes this mistake, which names the scenario.
    fn with(&self, mistake: &'static str) -> &'static Scenario {
        let variants: Vec<_> = self
            .contracts
            .variants
            .iter()
            .map(|contract| {
                let program = contract.program_for(Engine::Dpor);
                let program = Box::leak(Box::new(Mistaken { mistake, program }));
                Variant { program, sizes: &[], ..*contract }
            })
            .collect();
        let id = format!("{} {mistake}", self.name()).leak();
        Box::leak(Box::new(Scenario { id, variants: variants.leak(), ..*self.contracts }))
    }
}

/// A contract, and the scenario that it belongs to.
type Contract = (&'static Scenario, &'static Variant);

/// The contract that must reject this mistake of `copy`, and the failure.
fn rejecting(copy: &Copy, mistake: &Mistake) -> Contract {
    let broken = copy.with(mistake.name);
    let contract = *broken.variant(mistake.contract).expect("a contract of this name");
    // A failing execution does not reach its outcome, so no outcome is claimed.
    let variant = Variant { claim: Claim::fails(mistake.kind, mistake.message), ..contract };
    let variants = std::slice::from_ref(Box::leak(Box::new(variant)));
    (Box::leak(Box::new(Scenario { variants, ..*broken })), &variants[0])
}

/// The contracts that reject no copy, and why.
const WITHOUT_COPY: &[(&str, &str)] = &[
    ("process-killed/handed-its-end-on", "no copy knows what our own processes hold"),
    ("process-killed/gave-its-end-back", "nor this"),
    ("process-killed/got-its-end", "nor this"),
];

/// The contracts that reject no copy, without a reason: nothing shows that they can fail.
fn unbroken() -> Vec<String> {
    // The contracts of one file are the same for every primitive.
    let broken: HashSet<_> = COPIES
        .iter()
        .flat_map(|copy| copy.mistakes.iter().map(|made| (copy.contracts.source, made.contract)))
        .collect();
    variants(contracts::ALL)
        .filter(|(scenario, contract)| !broken.contains(&(scenario.source, contract.id)))
        .map(|(scenario, contract)| format!("{}/{}", scenario.id, contract.id))
        .filter(|contract| WITHOUT_COPY.iter().all(|(known, _)| known != contract))
        .collect()
}

/// The contract has its expected result; one that holds is proved, with no bound in the way.
fn test((contracts, contract): Contract) -> Result<(), Failed> {
    let report = check::check(contracts, contract, Engine::Dpor, &Limits::default());
    report.compare(contract)?;
    match report.verdict {
        Verdict::Proved { .. } | Verdict::Failed(_) => Ok(()),
        verdict => Err(format!("{verdict:?}").into()),
    }
}

/// Every mistake, with the contract that must reject it.
static REJECTING: LazyLock<Vec<Contract>> = LazyLock::new(|| {
    let of = |copy: &&Copy| copy.mistakes.iter().map(|made| rejecting(copy, made)).collect();
    COPIES.iter().flat_map::<Vec<_>, _>(of).collect()
});

/// The contracts of the copies without a mistake, and of the real primitives.
static PROVED: LazyLock<Vec<&Scenario>> = LazyLock::new(|| {
    let sound = COPIES.iter().map(|copy| copy.with(NONE));
    sound.chain(contracts::ALL.iter().copied()).collect()
});

pub(crate) fn scenarios() -> Vec<&'static Scenario> {
    REJECTING.iter().map(|(scenario, _)| *scenario).chain(PROVED.iter().copied()).collect()
}

pub(crate) fn trials() -> Vec<Trial> {
    let rejecting = REJECTING.iter().map(|&contract| (contract.0.id.to_owned(), contract));
    let proved = variants(&PROVED)
        .map(|contract| (format!("proved {} {}", contract.0.id, contract.1.id), contract));
    let every = trial("broken", "every contract rejects a mistake", || match unbroken() {
        unbroken if unbroken.is_empty() => Ok(()),
        unbroken => Err(unbroken.join(", ")),
    });
    let checks = rejecting.chain(proved);
    checks.map(|(name, it)| trial("broken", name, move || test(it))).chain([every]).collect()
}
