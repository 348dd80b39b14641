//! Real threads: the program is run again and again, and luck decides what is found.

use super::{
    Limits, Runs,
    harness::{Finding, Harness},
    idle::Idle,
    panics::{self, Panic},
    verdict::{Ending, Failure, Verdict, Watched},
};
use crate::{
    backend::{Engine, Std, execution},
    program::{AnyProgram, FailureKind},
};
use std::{
    collections::HashMap,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Instant,
};

/// How one run came to its end.
enum End {
    Well,
    Panicked(Panic),
    /// It does not come to an end, for this reason.
    Stalled(String),
}

/// Runs the program until it fails or the limits are reached.
pub(super) fn check(program: &'static dyn AnyProgram, engine: Engine, limits: &Limits) -> Finding {
    let runs = (limits.executions / 100).max(1);
    let harness = Harness::new(program);
    let start = Instant::now();
    for _ in 0..runs {
        let failure = match run_once(&harness, engine, limits) {
            End::Well => None,
            End::Panicked(panic) => Some(harness.failure(FailureKind::Assertion, panic, None)),
            End::Stalled(why) => Some(stalled(&harness, why)),
        };
        if let Some(failure) = failure {
            return Finding::new(Verdict::Failed(Box::new(failure)), &harness);
        }
        if start.elapsed() >= limits.time.min(limits.luck) {
            break;
        }
    }
    let executions = harness.executions();
    let verdict = Verdict::Passed { executions, coverage: format!("{executions} runs by luck") };
    Finding::new(verdict, &harness)
}

/// Runs the program again and again, and counts how often each outcome and failure came.
pub(super) fn stress(
    program: &'static dyn AnyProgram,
    engine: Engine,
    limits: &Limits,
    &Runs { runs, hangs }: &Runs,
) -> Finding {
    let mut endings = HashMap::new();
    let start = Instant::now();
    let (mut executions, mut hung) = (0, 0);
    while executions < runs && hung < hangs && start.elapsed() < limits.time {
        executions += 1;
        let harness = Harness::new(program);
        let ending = match run_once(&harness, engine, limits) {
            End::Well => Ending::Well(harness.outcomes().into_keys().next()),
            End::Panicked(panic) => Ending::Failed(FailureKind::Assertion, panic.message),
            End::Stalled(_) => {
                hung += 1;
                // What they wait for is not known, so all hangs are alike.
                Ending::Failed(FailureKind::Deadlock, String::new())
            }
        };
        *endings.entry(ending).or_default() += 1;
    }
    let verdict = Verdict::Passed { executions, coverage: format!("{executions} runs by luck") };
    Finding::counted(verdict, endings)
}

/// Runs the program once, and records what its threads do.
pub(super) fn watch(program: &'static dyn AnyProgram, engine: Engine, limits: &Limits) -> Watched {
    execution::record_native();
    let harness = Harness::new(program);
    let failure = match run_once(&harness, engine, limits) {
        End::Well => None,
        End::Panicked(panic) => Some(harness.failure(FailureKind::Assertion, panic, None)),
        End::Stalled(why) => Some(stalled(&harness, why)),
    };
    let (trace, outcomes) = (harness.trace(), harness.outcomes());
    Watched { trace, outcome: outcomes.into_keys().next(), failure }
}

/// Runs the program once on a thread of its own. If it stalls, its threads are left behind.
fn run_once(harness: &Harness, engine: Engine, limits: &Limits) -> End {
    let (ended, wait) = mpsc::channel();
    let running = harness.clone();
    let main = thread::Builder::new().name("main".into()).spawn(move || {
        let result = panics::catch(|| match engine {
            #[cfg(feature = "parking_lot")]
            Engine::ParkingLot => running.run::<crate::backend::ParkingLot>(),
            _ => running.run::<Std>(),
        });
        // Nobody listens any more if the run was given up as stalled.
        let _ = ended.send(result);
    });
    let main = match main {
        Ok(main) => main,
        Err(error) => {
            let message = format!("cannot start a thread: {error}");
            return End::Panicked(Panic { message, location: None });
        }
    };
    match wait_for(&wait, limits) {
        Ok(result) => {
            let _ = main.join();
            result.map_or_else(End::Panicked, |()| End::Well)
        }
        Err(why) => End::Stalled(why),
    }
}

/// Waits for what `ended` receives, or until it is clear that nothing will come.
fn wait_for<T>(ended: &Receiver<T>, limits: &Limits) -> Result<T, String> {
    let start = Instant::now();
    let mut idle = Idle::default();
    loop {
        match ended.recv_timeout(Idle::GLANCE.min(limits.stall)) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => return Err("its main thread is gone".into()),
            Err(RecvTimeoutError::Timeout) if idle.glance() => {
                return Err("all threads wait".into());
            }
            Err(RecvTimeoutError::Timeout) if start.elapsed() >= limits.stall => {
                return Err(format!("not done after {} s", limits.stall.as_secs_f64()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn stalled(harness: &Harness, why: String) -> Failure {
    let panic = Panic { message: String::new(), location: None };
    let mut failure = harness.failure(FailureKind::Deadlock, panic, None);
    failure.message = why;
    failure
}
