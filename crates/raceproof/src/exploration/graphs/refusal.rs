//! What is not explored yet: programs that use it are refused.

use crate::kernel::{Act, Kernel, Op, Status};

/// Fails the execution if some thread announces what is not explored yet.
pub(super) fn refuse(kernel: &mut Kernel) -> bool {
    let pending = kernel.ids().filter(|id| kernel.thread(*id).status == Status::Pending);
    let ops = pending.map(|id| kernel.thread(id).pending.op).collect::<Vec<_>>();
    let tries = ops.iter().any(|op| matches!(op, Op::TryLock(_)));
    if tries && !kernel.limits.tries {
        kernel.limits.tries = true;
        kernel.begin_again();
        return true;
    }
    let looks = |op: &Op| match op {
        Op::Act { act: Act::TryReceive | Act::ReceiveInTime, .. } => !kernel.limits.looks,
        _ => false,
    };
    if ops.iter().any(looks) {
        kernel.limits.looks = true;
        kernel.begin_again();
        return true;
    }
    let waits = |op: &Op| kernel.limits.tries && matches!(op, Op::Wait { .. });
    let beside = ops.iter().any(waits).then_some("Mutex::try_lock beside a Condvar");
    let what = ops.into_iter().find_map(not_yet).or(beside);
    let leaders = kernel.limits.leaders.then_some("BarrierWaitResult::is_leader");
    let Some(what) = what.or(leaders) else { return false };
    kernel.refuse(what);
    true
}

/// What is not explored yet, in words.
fn not_yet(op: Op) -> Option<&'static str> {
    match op {
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
        Op::Count { .. } => Some("the count of an `Arc` that decides something"),
        Op::StopDaemons => Some("daemons"),
        Op::Kill(_) => Some("processes"),
    }
}
