//! Executions that are run beside a search, in the place of one of its own: none of them counts.

use crate::execution::{Ended, Kept, Session, execute, kernel, with};
use crate::exploration::{Fair, Replay, along};
use crate::kernel::{FailureKind, Fault, Limits};
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

/// Runs the `nth` random execution in which loops that wait by looking do so as often as it comes: what goes wrong, if
/// anything, and the schedule. Or else the limits with which the search must begin again. It is run in a session of its own: what
/// a proof assumes is not this one's.
pub(super) fn look_often(
    nth: usize,
    model: &dyn Fn(),
) -> Result<(Option<Fault>, Schedule), Limits> {
    let other = with(|session| session.another(Box::new(Fair::nth(nth))));
    let run = || (execute(model, false), kernel(|kernel| Schedule::of(kernel)));
    let (_, (ended, schedule)) = Session::meanwhile(other, run);
    match ended.restart {
        Some(others) => Err(others),
        None => Ok((ended.fault.filter(|_| !ended.given_up), schedule)),
    }
}

/// Runs the first execution of a search once more, which ended well and had this schedule: how the program does not do the
/// same, if that shows. A search compares what executions have in common, and so never the first with another of the same
/// steps; a static that keeps its value changes just that one.
///
/// How many steps it takes is compared, and how it ends, but not each step: in which order a hash map is dropped, say, is
/// another matter each time, and of no importance. It is run in a session of its own: what the search has learnt of time, say,
/// is to stay as it is.
pub(super) fn repeat(schedule: &Schedule, model: &dyn Fn()) -> Option<Fault> {
    let strategy = along(schedule.memory, schedule.steps.clone());
    let other = with(|session| session.another(strategy));
    let run = || (execute(model, false), kernel(|kernel| kernel.events.taken()));
    let (_, (ended, after)) = Session::meanwhile(other, run);
    let before = schedule.steps.len();
    match ended.fault {
        _ if ended.restart.is_some() || ended.given_up => None,
        Some(fault) if tells(&fault) => Some(fault),
        Some(Fault { kind, message, .. }) => {
            Some(differs(format!("ends well, and run again: {kind}: {message}")))
        }
        None => (before != after)
            .then(|| differs(format!("takes {before} steps, and run again {after}"))),
    }
}

/// Does it say what is wrong with a program that is run twice?
fn tells(fault: &Fault) -> bool {
    matches!(fault.kind, FailureKind::Nondeterminism | FailureKind::Misuse)
}

fn differs(how: String) -> Fault {
    let message =
        format!("the first execution {how}: the program does not do the same when it is run again");
    Fault::new(FailureKind::Nondeterminism, message)
}
