//! A closure as fibers: one execution, from its first operation to its end.
//!
//! A thread of a model is a [`fiber`]. It *announces* its next operation (`step`) and suspends;
//! the [`session`] asks the [`strategy`] whose step comes next, has the kernel take it, and
//! resumes that thread. What a thread does between two operations concerns no other thread, so a
//! new thread runs to its first operation at once, and neither spawning nor joining nor ending
//! needs a step.

mod callers;
pub(crate) mod clock;
mod counted;
mod ended;
mod fiber;
mod installed;
mod life;
pub(crate) mod orders;
mod overflow;
mod owners;
pub(crate) mod panics;
pub(crate) mod piece;
mod planning;
mod polling;
mod quarantine;
mod result;
mod running_out;
mod session;
mod spawn;
mod stack;
pub(crate) mod statics;
mod step;
mod stranded;
pub(crate) mod strategy;
pub(crate) mod stripes;
pub(crate) mod teardown;
mod unwinder;
mod weak;

pub(crate) use ended::Ended;
pub(crate) use installed::{belongs, is_outside, kernel, misuse, try_kernel, with};
pub(crate) use life::{Life, Made, check_use, own};
pub(crate) use owners::{Owners, look_around};
pub(crate) use planning::Kept;
pub(crate) use polling::{note_effect, yield_at};
pub use quarantine::Quarantine;
pub(crate) use result::Claim;
pub(crate) use session::{Local, Session, execute, tell};
pub(crate) use spawn::{Leaving, spawn, spawn_unchecked};
pub(crate) use step::{
    access, announce, await_closure, await_end, is_memory_weak, last_written, made_atomic, perform,
    rewritten, weak_access,
};
pub(crate) use strategy::{Probe, Strategy, WeakAccess};
