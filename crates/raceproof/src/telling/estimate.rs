//! How large a search is, for people.

use std::fmt;
use std::time::Duration;

use crate::telling::text::{about, about_long};

/// How large a search is thought to be, [as far as it has come](crate::Explorer::estimate).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// How many executions there are in all, those that have been run among them.
    pub executions: u64,
    /// How long the rest takes, as fast as the search was so far.
    pub left: Duration,
}

/// As in "about 1.2 million executions, 40 s left".
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.executions == 1 { "" } else { "s" };
        let (executions, left) = (about(self.executions), about_long(self.left));
        write!(f, "about {executions} execution{end}, {left} left")
    }
}
