//! The mutex that programs use: a raw mutex with a name, which records its operations.

use super::{Backend, Label, execution, patience::Halts};
use crate::dpor::{Operation, telling};
use std::{
    borrow::Cow,
    fmt,
    ops::{Deref, DerefMut},
};

/// A mutual-exclusion lock around a value, like `std::sync::Mutex` but without poisoning.
// In this order, so that a thread that watches the halts does not touch the raw mutex and its
// value.
#[repr(C)]
pub struct Mutex<B: Backend, T: Send> {
    pub(super) raw: B::Mutex<T>,
    pub(super) label: Label,
    pub(super) halts: Halts,
    /// How traces tell the value.
    show: fn(&T) -> Option<String>,
}

/// Holds a [`Mutex`] and releases it on drop.
#[must_use = "the mutex is released at once if the guard is not kept"]
pub struct MutexGuard<'a, B: Backend, T: Send> {
    /// `None` only while the guard is being consumed, by `drop` or by a wait.
    pub(super) raw: Option<B::Guard<'a, T>>,
    pub(super) mutex: &'a Mutex<B, T>,
}

impl<B: Backend, T: Send> Mutex<B, T> {
    /// An unlocked mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::with_label(Label::new::<B>("mutex", None), value)
    }

    /// An unlocked mutex that traces call `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self::with_label(Label::new::<B>("mutex", Some(name.into())), value)
    }

    fn with_label(label: Label, value: T) -> Self {
        let show = telling::common_value;
        execution::hold::<B>(&label, || show(&value));
        Self { raw: B::raw_mutex(&label, value), label, halts: Halts::default(), show }
    }

    /// What traces tell of the value that `guard` guards, if they do.
    pub(super) fn show(&self, guard: &B::Guard<'_, T>) -> Option<String> {
        (self.show)(guard)
    }

    /// Blocks until no other thread holds the mutex, and locks it.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, B, T> {
        let records = execution::records::<B>();
        if records {
            execution::begin::<B>(Operation::Lock, &self.label);
        }
        let raw = self.take();
        if records {
            execution::end_lock::<B>(&self.label);
        }
        MutexGuard { raw: Some(raw), mutex: self }
    }

    /// Locks the mutex if it is free; never blocks.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, B, T>> {
        let _step = execution::step::<B>();
        let raw = B::raw_try_lock(&self.raw);
        let value = Some(raw.is_some().into());
        execution::record::<B>(Operation::TryLock, Some(&self.label), value);
        Some(MutexGuard { raw: Some(raw?), mutex: self })
    }
}

impl<B: Backend, T: Send + fmt::Debug> Mutex<B, T> {
    /// An unlocked mutex that traces call `name`, and whose value they tell by its `Debug`. The standard
    /// library's common types are told anyway.
    #[track_caller]
    pub fn shown(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        let label = Label::new::<B>("mutex", Some(name.into()));
        let show = telling::debug_value;
        execution::hold::<B>(&label, || show(&value));
        let raw = B::raw_mutex_shown(&label, value);
        Self { raw, label, halts: Halts::default(), show }
    }
}

impl<B: Backend, T: Send + Default> Default for Mutex<B, T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<B: Backend, T: Send> fmt::Debug for Mutex<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}

impl<B: Backend, T: Send> Deref for MutexGuard<'_, B, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.raw.as_ref().expect("the guard holds the mutex until it is dropped")
    }
}

impl<B: Backend, T: Send> DerefMut for MutexGuard<'_, B, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.raw.as_mut().expect("the guard holds the mutex until it is dropped")
    }
}

impl<B: Backend, T: Send> Drop for MutexGuard<'_, B, T> {
    #[inline]
    fn drop(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        if execution::records::<B>() {
            let _step = execution::step::<B>();
            let shown = self.mutex.show(&raw);
            drop(raw);
            execution::record_release::<B>(&self.mutex.label, shown);
        }
    }
}

impl<B: Backend, T: Send + fmt::Debug> fmt::Debug for MutexGuard<'_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
