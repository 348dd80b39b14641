//! A closure as fibers: one execution, from its first operation to its end.

pub(crate) mod fiber;
pub(crate) mod installed;
pub(crate) mod once;
pub(crate) mod panics;
pub(crate) mod result;
pub(crate) mod running;
pub(crate) mod step;
pub(crate) mod teardown;
