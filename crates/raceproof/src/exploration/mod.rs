//! Which execution comes next.

pub(crate) mod traces;
