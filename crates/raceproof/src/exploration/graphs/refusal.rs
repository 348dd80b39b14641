//! What is not explored yet: programs that use it are refused.

use crate::kernel::{Act, Kernel, Limits, Op, Status};

/// Fails the execution if some thread announces what is not explored yet; or begins again, if the thread announces
/// something that makes others be explored otherwise.
pub(super) fn refuse(kernel: &mut Kernel) -> bool {
    for id in kernel.ids() {
        if kernel.thread(id).status != Status::Pending {
            continue;
        }
        let op = kernel.thread(id).pending.op;
        let limits = &mut kernel.limits;
        let known = match op {
            Op::TryLock(_) => std::mem::replace(&mut limits.tries, true),
            Op::Act { act: Act::TryReceive | Act::ReceiveInTime, .. } => {
                std::mem::replace(&mut limits.looks, true)
            }
            _ => true,
        };
        if !known {
            kernel.begin_again();
            return true;
        }
        if let Some(what) = not_yet(op, limits) {
            kernel.refuse(what);
            return true;
        }
    }
    false
}

/// What is not explored yet, in words.
fn not_yet(op: Op, limits: &Limits) -> Option<&'static str> {
    match op {
        Op::Wait { .. } if limits.tries => Some("Mutex::try_lock beside a Condvar"),
        Op::Act { act: Act::Pass, .. } if limits.leaders => Some("BarrierWaitResult::is_leader"),
        Op::Lock(_)
        | Op::Unlock(_)
        | Op::Load(_)
        | Op::Store(_)
        | Op::Rmw(_)
        | Op::CompareExchange(_)
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
        | Op::Count { .. }
        | Op::End { .. }
        | Op::IsFinished { .. }
        | Op::Yield => None,
        Op::WeakExchange(_) => Some("compare_exchange_weak that fails for no reason"),
        Op::TryRead(_) | Op::Arrive(_) => Some("RwLock::try_read"),
        Op::TryWrite(_) => Some("RwLock::try_write"),
        Op::GiveWay(_) | Op::ReadBehind(_) => Some("reads that wait behind a writer"),
        Op::Compare => Some("comparisons of times"),
        Op::Poison { .. }
        | Op::IsPoisoned { .. }
        | Op::SeePoison { .. }
        | Op::ClearPoison { .. } => Some("is_poisoned and clear_poison"),
        Op::StopDaemons => Some("daemons"),
        Op::Kill(_) => Some("processes"),
    }
}
