//! The atomics of `std::sync::atomic`.
//!
//! What a load may read is decided by the [memory model](crate::Memory). Under
//! [sequential consistency](crate::Memory::Sequential) it reads what was last stored, whatever its ordering. The
//! orderings decide what else is ordered: plain memory that a relaxed flag is meant to guard is reported as a data
//! race.
//!
//! Outside of a model each operation is under a lock, whatever its ordering.

mod shared;

pub use std::sync::atomic::Ordering;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::panic::{Location, RefUnwindSafe};

use self::shared::{Shared, Word};
use crate::execution::{is_outside, misuse, try_kernel, with};
use crate::kernel::{Kernel, Op};
use crate::telling::recorder::Subject;
use crate::telling::trace::{Operation, Value};

/// Orders what comes before it with what comes after, as far as atomics carry the order
/// between threads. Not a step: values are sequentially consistent without it.
///
/// # Panics
///
/// If the ordering is `Relaxed`, as in std.
#[track_caller]
pub fn fence(order: Ordering) {
    if order == Ordering::Relaxed {
        misuse("there is no such thing as a relaxed fence");
    }
    if is_outside() {
        return std::sync::atomic::fence(order);
    }
    let at = Location::caller();
    with(|session| {
        session.fence(order, at);
        let order = Some(Value::Text(format!("{order:?}")));
        session.note(Operation::Fence, Subject::Nothing, order, at);
    });
}

/// The same as in std: orders nothing between threads.
pub fn compiler_fence(_order: Ordering) {}

macro_rules! common {
    ($name:ident, $t:ty, $pointer:literal, $bits:expr, $of:expr, [$($generic:tt)*]) => {
        impl $($generic)* Word for $t {
            const POINTER: bool = $pointer;

            #[inline]
            fn bits(self) -> u64 {
                $bits(self)
            }

            #[inline]
            fn of(bits: u64) -> Self {
                $of(bits)
            }
        }

        impl $($generic)* $name $($generic)* {
            /// An atomic with this value.
            #[track_caller]
            pub fn new(value: $t) -> Self {
                $name(Shared::new(None, value))
            }

            /// An atomic with a name for traces.
            #[track_caller]
            pub fn named(name: impl Into<Cow<'static, str>>, value: $t) -> Self {
                $name(Shared::new(Some(name.into()), value))
            }

            /// Reads the value.
            #[track_caller]
            #[inline]
            pub fn load(&self, order: Ordering) -> $t {
                self.0.step(Op::Load, (order, order), None, |_| None)
            }

            /// Writes the value.
            #[track_caller]
            #[inline]
            pub fn store(&self, value: $t, order: Ordering) {
                self.0.step(Op::Store, (order, order), None, |_| Some(value));
            }

            /// Writes the value and returns the one before.
            #[track_caller]
            #[inline]
            pub fn swap(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |_| value)
            }

            /// Writes `new` if the value is `current`.
            ///
            /// # Errors
            ///
            /// The value, if it is another.
            #[track_caller]
            #[inline]
            pub fn compare_exchange(
                &self,
                current: $t,
                new: $t,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$t, $t> {
                let swap = |old| (old == current).then_some(new);
                let old = self.0.step(Op::CompareExchange, (success, failure), Some(current), swap);
                if old == current { Ok(old) } else { Err(old) }
            }

            /// As [`compare_exchange`](Self::compare_exchange), but may fail for no reason if the
            /// [explorer](crate::Explorer::spurious_wakeups) is told so.
            ///
            /// # Errors
            ///
            /// The value, if it is another, or for no reason.
            #[track_caller]
            #[inline]
            pub fn compare_exchange_weak(
                &self,
                current: $t,
                new: $t,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$t, $t> {
                if try_kernel(Kernel::is_weak) != Some(true) {
                    return self.compare_exchange(current, new, success, failure);
                }
                if self.0.has_choice() {
                    if !self.0.may_fail() {
                        return self.compare_exchange(current, new, success, failure);
                    }
                    let swap = |old| (old == current).then_some(new);
                    let old = self.0.step(Op::WeakExchange, (success, failure), Some(current), swap);
                    return if old == current && !self.0.has_failed() { Ok(old) } else { Err(old) };
                }
                let swaps = Cell::new(false);
                let swap = |old| {
                    swaps.set(self.0.swaps_weakly(old == current));
                    swaps.get().then_some(new)
                };
                let old = self.0.step(Op::WeakExchange, (success, failure), Some(current), swap);
                if swaps.get() { Ok(old) } else { Err(old) }
            }

            /// As [`try_update`](Self::try_update).
            ///
            /// # Errors
            ///
            /// The value, if `f` makes nothing of it.
            #[track_caller]
            #[inline]
            pub fn fetch_update<F>(&self, set: Ordering, fetch: Ordering, f: F) -> Result<$t, $t>
            where
                F: FnMut($t) -> Option<$t>,
            {
                self.try_update(set, fetch, f)
            }

            /// Replaces the value by what `f` makes of it, unless that is `None`; returns the value
            /// before. A loop around [`compare_exchange_weak`](Self::compare_exchange_weak), as in std.
            ///
            /// # Errors
            ///
            /// The value, if `f` makes nothing of it.
            #[track_caller]
            #[inline]
            pub fn try_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut f: impl FnMut($t) -> Option<$t>,
            ) -> Result<$t, $t> {
                let mut old = self.load(fetch);
                while let Some(new) = f(old) {
                    match self.compare_exchange_weak(old, new, set, fetch) {
                        Ok(old) => return Ok(old),
                        Err(now) => old = now,
                    }
                }
                Err(old)
            }

            /// Replaces the value by what `f` makes of it; returns the value before. A loop as that of
            /// [`try_update`](Self::try_update).
            #[track_caller]
            #[inline]
            pub fn update(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut f: impl FnMut($t) -> $t,
            ) -> $t {
                let mut old = self.load(fetch);
                loop {
                    match self.compare_exchange_weak(old, f(old), set, fetch) {
                        Ok(old) => return old,
                        Err(now) => old = now,
                    }
                }
            }

            /// The value, for its only owner.
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $t {
                self.0.get_mut()
            }

            /// The value.
            pub fn into_inner(self) -> $t {
                self.0.into_inner()
            }

            /// Reads the value plainly: a data race with another thread's step that writes it, unless
            /// something orders the two.
            #[doc(hidden)]
            #[track_caller]
            pub fn plain_load(&self) -> $t {
                self.0.plain_read()
            }

            /// Runs `f` on the value, which it may change plainly: a data race with another thread's
            /// step, unless something orders the two.
            #[doc(hidden)]
            #[track_caller]
            pub fn with_mut<R>(&mut self, f: impl FnOnce(&mut $t) -> R) -> R {
                self.0.plain_write(f)
            }

            /// A pointer to the value. What is done with it is no step and no access: races of it are
            /// not seen.
            pub const fn as_ptr(&self) -> *mut $t {
                self.0.value.get()
            }
        }

        impl $($generic)* RefUnwindSafe for $name $($generic)* {}

        impl $($generic)* fmt::Debug for $name $($generic)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

// Its macro is above.
mod pointer;
pub use pointer::AtomicPtr;

macro_rules! integer {
    ($($name:ident: $t:ty,)*) => {$(
        /// An integer that threads share, as in `std::sync::atomic`.
        pub struct $name(Shared<$t>);

        common!($name, $t, false, |value: $t| value as u64, |bits: u64| bits as $t, []);

        impl $name {
            /// Adds, wrapping around; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_add(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old.wrapping_add(value))
            }

            /// Subtracts, wrapping around; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_sub(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old.wrapping_sub(value))
            }

            /// Bitwise and; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_and(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old & value)
            }

            /// Bitwise nand; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_nand(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| !(old & value))
            }

            /// Bitwise or; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_or(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old | value)
            }

            /// Bitwise exclusive or; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_xor(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old ^ value)
            }

            /// The greater of the two; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_max(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old.max(value))
            }

            /// The lesser of the two; returns the value before.
            #[track_caller]
            #[inline]
            pub fn fetch_min(&self, value: $t, order: Ordering) -> $t {
                self.0.modify(order, |old| old.min(value))
            }
        }

        default_and_from!($name, $t);
    )*};
}

macro_rules! default_and_from {
    ($name:ident, $t:ty) => {
        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$t>::default())
            }
        }

        impl From<$t> for $name {
            #[track_caller]
            fn from(value: $t) -> Self {
                Self::new(value)
            }
        }
    };
}

integer! {
    AtomicI8: i8,
    AtomicI16: i16,
    AtomicI32: i32,
    AtomicI64: i64,
    AtomicIsize: isize,
    AtomicU8: u8,
    AtomicU16: u16,
    AtomicU32: u32,
    AtomicU64: u64,
    AtomicUsize: usize,
}

/// A boolean that threads share, as in `std::sync::atomic`.
pub struct AtomicBool(Shared<bool>);

common!(AtomicBool, bool, false, u64::from, |bits: u64| bits != 0, []);
default_and_from!(AtomicBool, bool);

impl AtomicBool {
    /// As [`AtomicBool::swap`], at a place.
    pub(crate) fn swap_at(&self, value: bool, at: &'static Location<'static>) -> bool {
        let order = Ordering::SeqCst;
        self.0.step_at(at, Op::Rmw, (order, order), None, |_| Some(value))
    }

    /// Logical and; returns the value before.
    #[track_caller]
    #[inline]
    pub fn fetch_and(&self, value: bool, order: Ordering) -> bool {
        self.0.modify(order, |old| old & value)
    }

    /// Logical nand; returns the value before.
    #[track_caller]
    #[inline]
    pub fn fetch_nand(&self, value: bool, order: Ordering) -> bool {
        self.0.modify(order, |old| !(old & value))
    }

    /// Logical or; returns the value before.
    #[track_caller]
    #[inline]
    pub fn fetch_or(&self, value: bool, order: Ordering) -> bool {
        self.0.modify(order, |old| old | value)
    }

    /// Logical exclusive or; returns the value before.
    #[track_caller]
    #[inline]
    pub fn fetch_xor(&self, value: bool, order: Ordering) -> bool {
        self.0.modify(order, |old| old ^ value)
    }

    /// Logical not; returns the value before.
    #[track_caller]
    #[inline]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.0.modify(order, |old| !old)
    }
}
