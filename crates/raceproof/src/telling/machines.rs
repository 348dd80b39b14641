//! What an act on a machine came to.

use crate::kernel::Act;
use crate::kernel::machine::{barrier, once};
use crate::telling::trace::{Operation, Value};

impl From<Act> for Operation {
    fn from(act: Act) -> Self {
        match act {
            Act::Call | Act::Force => Operation::CallOnce,
            Act::Finish => Operation::FinishOnce,
            Act::Abandon => Operation::Poison,
            Act::Look => Operation::LookOnce,
            Act::Await | Act::AwaitFinish => Operation::AwaitOnce,
            Act::Meet => Operation::ArriveAtBarrier,
            Act::Pass => Operation::PassBarrier,
        }
    }
}

/// What a thread is told by an act.
pub(super) fn told(act: Act, result: u32) -> Option<Value> {
    match act {
        Act::Call | Act::Force | Act::Await | Act::AwaitFinish => Some(Value::text(match result {
            once::OVER => "it is done",
            once::POISONED => "it is poisoned",
            once::RUNS_AGAIN => "runs it, though it is poisoned",
            _ => "runs it",
        })),
        Act::Look | Act::Meet => Some(Value::Flag(result != 0)),
        Act::Pass if result == barrier::UNKNOWN => None,
        Act::Pass => Some(Value::Flag(result == barrier::LEADS)),
        Act::Finish | Act::Abandon => None,
    }
}
