//! What an operation is, which threads and objects there are, when an operation is enabled, what it does.

pub(crate) mod clock;
pub(crate) mod datarace;
pub(crate) mod effects;
pub(crate) mod object;
pub(crate) mod op;
pub(crate) mod state;
pub(crate) mod threads;
pub(crate) mod yields;
