//! Deliberately broken copies of the primitives, each with the contract that must reject it.
//!
//! Each copy takes its mistake as a parameter; with number zero it is right, and the same contract is
//! proved, so it is the mistake that is rejected and not the copy. Beside them stand the real
//! primitives, whose contracts must all be proved.

#[path = "broken/barrier.rs"]
mod barrier;
#[path = "broken/condition.rs"]
mod condition;
#[path = "broken/event.rs"]
mod event;
#[path = "broken/local.rs"]
mod local;
#[path = "broken/lock.rs"]
mod lock;
#[path = "broken/pipe.rs"]
mod pipe;
#[path = "broken/queue.rs"]
mod queue;
#[path = "broken/rlock.rs"]
mod rlock;
#[path = "broken/semaphore.rs"]
mod semaphore;
#[path = "broken/thread.rs"]
mod thread;
#[path = "broken/timer.rs"]
mod timer;

use libtest_mimic::{Arguments, Failed, Trial};
use raceproof::{
    backend::Engine,
    check::{self, Limits, Verdict},
    contracts,
    program::{FailureKind, Scenario, Variant, variants},
};
use std::process::ExitCode;

/// A copy of a primitive with a mistake, and what one of its contracts must say of it.
struct Copy {
    broken: Scenario,
    /// The same copy without the mistake.
    sound: &'static Scenario,
    contract: &'static str,
    kind: FailureKind,
    message: &'static str,
}

/// Declares the mistakes of the copies of one primitive, `Flawed<MISTAKE>`, each with the contract that
/// must reject it and how. Zero is no mistake.
macro_rules! copies {
    ($($mistake:ident = $number:literal: $contract:literal $kind:ident $message:literal),* $(,)?) => {
        $(const $mistake: u8 = $number;)*

        static SOUND: raceproof::program::Scenario =
            scenario::<Flawed<0>>(concat!(module_path!(), " sound"));

        pub(crate) static COPIES: &[crate::Copy] = &[$(
            crate::Copy {
                broken: scenario::<Flawed<$mistake>>(
                    concat!(module_path!(), " ", stringify!($mistake)),
                ),
                sound: &SOUND,
                contract: $contract,
                kind: raceproof::program::FailureKind::$kind,
                message: $message,
            },
        )*];
    };
}
use copies;

fn test(copy: &'static Copy) -> Result<(), Failed> {
    let check = |scenario: &'static Scenario| {
        let contract = scenario.variant(copy.contract).expect("a contract of this name");
        check::check(scenario, contract, Engine::Dpor, &Limits::default()).verdict
    };
    match check(&copy.broken) {
        Verdict::Failed(failure)
            if failure.kind == copy.kind && failure.message.contains(copy.message) => {}
        verdict => return Err(format!("the broken copy: {verdict:?}").into()),
    }
    match check(copy.sound) {
        Verdict::Proved { .. } => Ok(()),
        verdict => Err(format!("the sound copy: {verdict:?}").into()),
    }
}

/// The contract holds for the real primitive in every interleaving, with no bound in the way.
fn proved(contracts: &'static Scenario, contract: &'static Variant) -> Result<(), Failed> {
    let report = check::check(contracts, contract, Engine::Dpor, &Limits::default());
    report.compare(contract)?;
    match report.verdict {
        Verdict::Proved { .. } => Ok(()),
        verdict => Err(format!("{verdict:?}").into()),
    }
}

fn main() -> ExitCode {
    let copies: Vec<&'static Copy> = [
        barrier::COPIES,
        condition::COPIES,
        event::COPIES,
        local::COPIES,
        lock::COPIES,
        pipe::COPIES,
        queue::COPIES,
        rlock::COPIES,
        semaphore::COPIES,
        thread::COPIES,
        timer::COPIES,
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut scenarios: Vec<_> =
        copies.iter().flat_map(|&copy| [&copy.broken, copy.sound]).collect();
    scenarios.extend(contracts::ALL);
    check::serve_child(&scenarios);
    let real = variants(contracts::ALL).map(|(contracts, contract)| {
        let name = format!("proved {} {}", contracts.id, contract.id);
        Trial::test(name, move || proved(contracts, contract))
    });
    let broken = copies.into_iter().map(|copy| Trial::test(copy.broken.id, move || test(copy)));
    libtest_mimic::run(&Arguments::from_args(), broken.chain(real).collect()).exit_code()
}
