//! Executions that are run beside a search, in the place of one of its own: none of them counts.

use crate::execution::{Ended, Kept, Session, Strategy, execute, kernel, with};
use crate::exploration::{Fair, Graphs, Replay};
use crate::kernel::{FailureKind, Fault, Limits, Memory};
use crate::telling::schedule::Schedule;

/// Runs an execution whose steps are chosen by `kept`; the search goes on as if it had not been.
fn aside(kept: Kept, model: &dyn Fn()) -> (Ended, Schedule) {
    let kept = with(|session| session.exchange(kept));
    let ended = execute(model, false);
    let schedule = kernel(|kernel| Schedule::of(kernel));
    with(|session| session.exchange(kept));
    (ended, schedule)
}

/// Tries the executions that the strategy wants to be tried: what goes wrong in one of them because
/// of a use of an object that has ended, or else the limits with which the search must begin again.
pub(super) fn probe(model: &dyn Fn()) -> Result<Option<(Fault, Schedule)>, Limits> {
    while let Some(probe) = with(Session::probe) {
        let (ended, schedule) = aside(Kept::new(Box::new(Replay::from(probe))), model);
        if let Some(others) = ended.restart {
            return Err(others);
        }
        let uses =
            |fault: &Fault| matches!(fault.kind, FailureKind::UseAfterFree | FailureKind::DataRace);
        if let Some(fault) = ended.fault.filter(uses) {
            return Ok(Some((fault, schedule)));
        }
    }
    Ok(None)
}

/// Goes on fairly with the execution that has just stopped: what goes wrong, if anything, and the schedule. Or else the
/// limits with which the search must begin again.
pub(super) fn fair_end(model: &dyn Fn()) -> Result<(Option<Fault>, Schedule), Limits> {
    let steps = kernel(|kernel| Schedule::of(kernel)).steps;
    let (ended, schedule) = aside(Kept::new(Box::new(Fair::after(steps))), model);
    match ended.restart {
        Some(others) => Err(others),
        None => Ok((ended.fault, schedule)),
    }
}

/// Runs the execution that has just ended well once more: how the program does not do the same, if that shows. A search
/// compares what executions have in common, and so never the first with another of the same steps; a static that keeps its
/// value changes just that one.
pub(super) fn repeat(model: &dyn Fn()) -> Option<Fault> {
    let (steps, memory) =
        kernel(|kernel| (Schedule::of(kernel).steps, kernel.limits.memory));
    let strategy: Box<dyn Strategy> = match memory {
        Memory::Sequential => Box::new(Replay::new(steps)),
        Memory::C11 => Box::new(Graphs::along(steps)),
    };
    let before = with(|session| session.kernel.events.taken());
    let (ended, schedule) = aside(with(|session| session.kept_for_another(strategy)), model);
    let after = schedule.steps.len();
    match ended.fault {
        _ if ended.restart.is_some() => None,
        Some(fault) if fault.kind == FailureKind::Nondeterminism => Some(fault),
        Some(fault) => Some(differs(format!("ends well, and run again: {}: {}", fault.kind, fault.message))),
        None if before != after => Some(differs(format!("takes {before} steps, and run again {after}"))),
        None => None,
    }
}

fn differs(how: String) -> Fault {
    let message = format!("the first execution {how}: the program does not do the same when it is run again");
    Fault::new(FailureKind::Nondeterminism, message)
}
