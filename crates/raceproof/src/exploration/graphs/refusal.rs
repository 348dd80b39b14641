//! What is not explored yet: programs that use it are refused.

use crate::kernel::{Act, Kernel, Op, Status};

/// Fails the execution if some thread announces what is not explored yet; or begins again, if the thread announces
/// something that makes others be explored otherwise.
pub(super) fn refuse(kernel: &mut Kernel) -> bool {
    for id in kernel.ids() {
        if kernel.thread(id).status != Status::Pending {
            continue;
        }
        let op = kernel.thread(id).pending.op;
        let known = match op {
            Op::TryLock(lock) | Op::TryRead(lock) | Op::TryWrite(lock) => kernel.note_tried(lock),
            Op::Act { act: Act::TryReceive | Act::ReceiveInTime, .. } => {
                std::mem::replace(&mut kernel.limits.looks, true)
            }
            _ => true,
        };
        if !known {
            kernel.begin_again();
            return true;
        }
        if let Some(what) = not_yet(kernel, op) {
            kernel.refuse(what);
            return true;
        }
    }
    false
}

/// What is not explored yet, in words.
fn not_yet(kernel: &Kernel, op: Op) -> Option<&'static str> {
    match op {
        Op::Wait { mutex, .. } if kernel.is_tried(mutex) => {
            Some("Mutex::try_lock of a mutex with which threads wait for a Condvar")
        }
        Op::Lock(_)
        | Op::Unlock(_)
        | Op::Load(_)
        | Op::Store(_)
        | Op::Rmw(_)
        | Op::CompareExchange(_)
        | Op::WeakExchange(_)
        | Op::Choose(_)
        | Op::Touch { .. }
        | Op::Join(_)
        | Op::JoinClosure(_)
        | Op::Wait { .. }
        | Op::Asleep { .. }
        | Op::Wake(_)
        | Op::Relock(_)
        | Op::NotifyOne(_)
        | Op::NotifyAll(_)
        | Op::BeginPark { .. }
        | Op::Park { .. }
        | Op::ParkTimeout { .. }
        | Op::Unpark { .. }
        | Op::ReadLock(_)
        | Op::ReadUnlock(_)
        | Op::WriteLock(_)
        | Op::WriteUnlock(_)
        | Op::Downgrade(_)
        | Op::Act { .. }
        | Op::TryLock(_)
        | Op::TryRead(_)
        | Op::TryWrite(_)
        | Op::Poison { .. }
        | Op::IsPoisoned { .. }
        | Op::SeePoison { .. }
        | Op::ClearPoison { .. }
        | Op::Count { .. }
        | Op::End { .. }
        | Op::IsFinished { .. }
        | Op::Yield => None,
        Op::GiveWay(_) | Op::ReadBehind(_) | Op::Arrive(_) => {
            Some("reads that wait behind a writer")
        }
        Op::Compare => Some("comparisons of times"),
        Op::StopDaemons => Some("daemons"),
        Op::Kill(_) => Some("processes"),
    }
}
