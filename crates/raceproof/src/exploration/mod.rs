//! Which execution comes next: one strategy a folder.

mod replay;
mod schedules;
mod traces;

pub(crate) use replay::Replay;
pub(crate) use schedules::Schedules;
pub(crate) use traces::Traces;
