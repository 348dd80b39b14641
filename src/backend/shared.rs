//! Plain shared memory, whose data races an engine may report.

use super::{
    Backend, Label,
    execution::{self, Value},
};
use crate::dpor::Operation;
use std::{
    borrow::Cow,
    fmt,
    sync::{Mutex, PoisonError},
};

/// A plain variable that several threads can reach, with no synchronisation of its own.
///
/// Two accesses from different threads, at least one of them a write, are a data race if nothing
/// orders them. Engines with [`Capability::DataRaces`](super::Capability::DataRaces) report it. On
/// real threads each single access is atomic, so that a racing program has a meaning (it reads some
/// old or new value, as with a variable of an interpreted language) instead of undefined behaviour.
pub struct Shared<B: Backend, T: Send> {
    memory: B::Memory,
    /// Makes a single access atomic on real threads. Under a model checker it is never contended:
    /// no switch happens while it is held.
    value: Mutex<T>,
    label: Label,
}

impl<B: Backend, T: Copy + Send + Into<Value>> Shared<B, T> {
    /// A variable that holds `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::with_label(Label::new::<B>("variable", None), value)
    }

    /// A variable that holds `value` and that traces call `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self::with_label(Label::new::<B>("variable", Some(name.into())), value)
    }

    fn with_label(label: Label, value: T) -> Self {
        Self { memory: B::raw_memory(&label), value: Mutex::new(value), label }
    }

    /// Reads the variable.
    #[track_caller]
    pub fn get(&self) -> T {
        execution::begin::<B>(Operation::PlainRead, &self.label);
        B::raw_read(&self.memory);
        let value = *self.value.lock().unwrap_or_else(PoisonError::into_inner);
        execution::end::<B>(Operation::PlainRead, Some(&self.label), Some(value.into()));
        value
    }

    /// Writes the variable.
    #[track_caller]
    pub fn set(&self, value: T) {
        execution::begin::<B>(Operation::PlainWrite, &self.label);
        B::raw_write(&self.memory);
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
        execution::end::<B>(Operation::PlainWrite, Some(&self.label), Some(value.into()));
    }
}

impl<B: Backend, T: Send> fmt::Debug for Shared<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}
