//! What an act on a machine came to.

use crate::kernel::Act;
use crate::kernel::machine::{barrier, channel, once};
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
            Act::Send | Act::TrySend => Operation::SendValue,
            Act::HandOver => Operation::HandOver,
            Act::Receive | Act::TryReceive | Act::ReceiveInTime | Act::Take | Act::TakeInTime => {
                Operation::ReceiveValue
            }
            Act::DropSender => Operation::DropSender,
            Act::DropReceiver => Operation::DropReceiver,
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
        Act::Finish | Act::Abandon | Act::DropSender | Act::DropReceiver => None,
        Act::Send | Act::TrySend | Act::HandOver => Some(Value::text(match result {
            channel::DONE => return None,
            channel::GONE => "the receiver is gone",
            _ => "not now",
        })),
        act => Some(Value::text(match result {
            channel::DONE => return None,
            channel::GONE => "every sender is gone",
            channel::WAITS => "waits",
            _ if act == Act::TryReceive => "nothing",
            _ => "times out",
        })),
    }
}

/// What a thread waits for that has not done this to the machine of this name.
pub(super) fn wait_for(act: Act, name: String) -> String {
    match act {
        Act::Send => format!("room in {name}"),
        Act::HandOver => format!("the receiver of {name}"),
        Act::Receive | Act::Take => format!("a value from {name}"),
        _ => name,
    }
}
