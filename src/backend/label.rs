//! The name of an object in a trace.

use super::{Backend, execution};
use std::{borrow::Cow, fmt, panic::Location};

/// The name of an object, and the line that created it.
#[derive(Clone)]
pub struct Label {
    /// What kind of object this is: "mutex", "condvar", ...
    pub kind: &'static str,
    /// The name that the program gave it, if any.
    pub name: Option<Cow<'static, str>>,
    /// The place where it was created.
    pub made: &'static Location<'static>,
    /// The object's number in the recorded execution; zero if nothing is recorded.
    pub(super) number: usize,
}

impl Label {
    /// The label of an object of this kind, created by the caller's caller.
    #[track_caller]
    pub(super) fn new<B: Backend>(kind: &'static str, name: Option<Cow<'static, str>>) -> Self {
        let mut label = Self { kind, name, made: Location::caller(), number: 0 };
        label.number = execution::register_object::<B>(&label);
        label
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "{} of {}:{}", self.kind, self.made.file(), self.made.line()),
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{self}\"", self.kind)
    }
}
