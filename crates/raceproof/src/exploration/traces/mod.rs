//! One execution for each Mazurkiewicz trace: wakeup trees.

pub(crate) mod events;
pub(crate) mod history;
pub(crate) mod path;
pub(crate) mod races;
pub(crate) mod wakeup;
