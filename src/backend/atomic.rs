//! The atomics that programs use.

use super::{
    Backend, Label,
    execution::{self, Value},
};
use crate::dpor::Operation;
use std::{borrow::Cow, fmt, sync::atomic::Ordering};

/// A raw atomic of one environment, named as in `std::sync::atomic`.
pub trait RawAtomic<V>: Send + Sync {
    /// A new atomic.
    fn new(label: &Label, value: V) -> Self;
    /// See std.
    fn load(&self, order: Ordering) -> V;
    /// See std.
    fn store(&self, value: V, order: Ordering);
    /// See std.
    fn swap(&self, value: V, order: Ordering) -> V;
    /// See std.
    fn compare_exchange(&self, old: V, new: V, won: Ordering, lost: Ordering) -> Result<V, V>;
}

/// A raw atomic that counts. Both operations wrap around, as in std.
pub trait RawAtomicInt<V>: RawAtomic<V> {
    /// See std.
    fn fetch_add(&self, value: V, order: Ordering) -> V;
    /// See std.
    fn fetch_sub(&self, value: V, order: Ordering) -> V;
}

/// Implements the raw atomics for a library's types, whose methods are std's.
macro_rules! raw_atomics {
    ($($value:ty => $atomic:ty),*; integers: $($int:ty => $counter:ty),*) => {
        $(impl $crate::backend::RawAtomic<$value> for $atomic {
            #[track_caller]
            fn new(_: &$crate::backend::Label, value: $value) -> Self { <$atomic>::new(value) }
            #[track_caller] #[inline]
            fn load(&self, order: Ordering) -> $value { <$atomic>::load(self, order) }
            #[track_caller] #[inline]
            fn store(&self, value: $value, order: Ordering) { <$atomic>::store(self, value, order) }
            #[track_caller] #[inline]
            fn swap(&self, value: $value, order: Ordering) -> $value { <$atomic>::swap(self, value, order) }
            #[track_caller] #[inline]
            fn compare_exchange(&self, old: $value, new: $value, won: Ordering, lost: Ordering)
                -> Result<$value, $value>
            { <$atomic>::compare_exchange(self, old, new, won, lost) }
        })*
        $(impl $crate::backend::RawAtomicInt<$int> for $counter {
            #[track_caller] #[inline]
            fn fetch_add(&self, value: $int, order: Ordering) -> $int { <$counter>::fetch_add(self, value, order) }
            #[track_caller] #[inline]
            fn fetch_sub(&self, value: $int, order: Ordering) -> $int { <$counter>::fetch_sub(self, value, order) }
        })*
    };
}
pub(super) use raw_atomics;

/// A value that an [`Atomic`] can hold: `bool`, `i64` or `usize`.
pub trait AtomicValue: Copy + fmt::Debug + Send + Into<Value> + 'static {
    /// The backend's atomic of this type.
    type Raw<B: Backend>: RawAtomic<Self>;
}

impl AtomicValue for bool {
    type Raw<B: Backend> = B::AtomicBool;
}
impl AtomicValue for i64 {
    type Raw<B: Backend> = B::AtomicI64;
}
impl AtomicValue for usize {
    type Raw<B: Backend> = B::AtomicUsize;
}

/// A value that threads read and write in atomic steps.
pub struct Atomic<B: Backend, V: AtomicValue> {
    raw: V::Raw<B>,
    label: Label,
}

/// An atomic `bool`.
pub type AtomicBool<B> = Atomic<B, bool>;
/// An atomic `i64`.
pub type AtomicI64<B> = Atomic<B, i64>;
/// An atomic `usize`.
pub type AtomicUsize<B> = Atomic<B, usize>;

impl<B: Backend, V: AtomicValue> Atomic<B, V> {
    /// An atomic that holds `value`.
    #[track_caller]
    pub fn new(value: V) -> Self {
        Self::with_label(Label::new::<B>("atomic", None), value)
    }

    /// An atomic that holds `value` and that traces call `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: V) -> Self {
        Self::with_label(Label::new::<B>("atomic", Some(name.into())), value)
    }

    fn with_label(label: Label, value: V) -> Self {
        Self { raw: V::Raw::<B>::new(&label, value), label }
    }

    /// Reads the value.
    #[track_caller]
    #[inline]
    pub fn load(&self, order: Ordering) -> V {
        let _step = execution::step::<B>();
        let value = self.raw.load(order);
        execution::record::<B>(Operation::Load, Some(&self.label), Some(value.into()));
        value
    }

    /// Writes the value.
    #[track_caller]
    #[inline]
    pub fn store(&self, value: V, order: Ordering) {
        let _step = execution::step::<B>();
        self.raw.store(value, order);
        execution::record::<B>(Operation::Store, Some(&self.label), Some(value.into()));
    }

    /// Writes `value` and returns the old value, in one step.
    #[track_caller]
    #[inline]
    pub fn swap(&self, value: V, order: Ordering) -> V {
        let _step = execution::step::<B>();
        let old = self.raw.swap(value, order);
        self.record_change(Operation::Rmw, old, value);
        old
    }

    /// Writes `new` if the value is `old`, in one step.
    ///
    /// # Errors
    ///
    /// The current value, if it is not `old`.
    #[track_caller]
    #[inline]
    pub fn compare_exchange(&self, old: V, new: V, won: Ordering, lost: Ordering) -> Result<V, V> {
        let _step = execution::step::<B>();
        let result = self.raw.compare_exchange(old, new, won, lost);
        match result {
            Ok(old) => self.record_change(Operation::CompareExchange, old, new),
            Err(found) => {
                let operation = Operation::CompareExchange;
                execution::record::<B>(operation, Some(&self.label), Some(found.into()));
            }
        }
        result
    }

    #[track_caller]
    #[inline]
    fn record_change(&self, operation: Operation, old: V, new: V) {
        let change = Value::change(old.into(), new.into());
        execution::record::<B>(operation, Some(&self.label), Some(change));
    }
}

/// The counting operations, which `bool` lacks.
macro_rules! counting {
    ($($int:ty),*) => {$(
        impl<B: Backend> Atomic<B, $int> {
            /// Adds `value`, wrapping around, and returns the old value, in one step.
            #[track_caller]
            #[inline]
            pub fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                let _step = execution::step::<B>();
                let old = self.raw.fetch_add(value, order);
                self.record_change(Operation::Rmw, old, old.wrapping_add(value));
                old
            }

            /// Subtracts `value`, wrapping around, and returns the old value, in one step.
            #[track_caller]
            #[inline]
            pub fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                let _step = execution::step::<B>();
                let old = self.raw.fetch_sub(value, order);
                self.record_change(Operation::Rmw, old, old.wrapping_sub(value));
                old
            }
        }
    )*};
}
counting!(i64, usize);

impl<B: Backend, V: AtomicValue> fmt::Debug for Atomic<B, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}
