//! The atomics of `std::sync::atomic`.
#![allow(unsafe_code)]

use std::fmt;

pub use raceproof::sync::atomic::fence;
#[doc(no_inline)]
pub use std::sync::atomic::Ordering;

/// Says that the thread spins: as [`yield_now`](crate::thread::yield_now).
#[track_caller]
pub fn spin_loop_hint() {
    crate::thread::yield_now();
}

/// The ordering of a `compare_and_swap` that only reads.
fn failing(order: Ordering) -> Ordering {
    match order {
        Ordering::Relaxed | Ordering::Release => Ordering::Relaxed,
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::SeqCst,
    }
}

macro_rules! atomic {
    ($name:ident, $t:ty, [$($generic:tt)*]) => {
        #[doc = concat!("As `std::sync::atomic::", stringify!($name), "`.")]
        pub struct $name $($generic)* (raceproof::sync::atomic::$name $($generic)*);

        impl $($generic)* $name $($generic)* {
            /// An atomic with this value.
            #[track_caller]
            pub fn new(value: $t) -> Self {
                $name(raceproof::sync::atomic::$name::new(value))
            }

            /// Runs `f` on the value, which it may change: a data race with another thread's access
            /// that nothing orders with this one.
            #[track_caller]
            pub fn with_mut<R>(&mut self, f: impl FnOnce(&mut $t) -> R) -> R {
                self.0.with_mut(f)
            }

            /// Reads the value as if it were no atomic's: a data race with another thread's access that
            /// writes it and that nothing orders with this one.
            ///
            /// # Safety
            ///
            /// There is no such access. Here that is checked.
            #[track_caller]
            pub unsafe fn unsync_load(&self) -> $t {
                self.0.plain_load()
            }

            /// The value.
            #[track_caller]
            pub fn into_inner(self) -> $t {
                self.0.plain_load()
            }

            atomic!(@pass $t,
                /// Reads the value.
                load(order: Ordering) -> $t;
                /// Writes the value.
                store(value: $t, order: Ordering) -> ();
                /// Writes the value and returns the one before.
                swap(value: $t, order: Ordering) -> $t;
                /// Writes `new` if the value is `current`. The error is the value, if it is another.
                compare_exchange(
                    current: $t, new: $t, success: Ordering, failure: Ordering
                ) -> Result<$t, $t>;
                /// As [`compare_exchange`](Self::compare_exchange).
                compare_exchange_weak(
                    current: $t, new: $t, success: Ordering, failure: Ordering
                ) -> Result<$t, $t>;
            );

            /// Writes `new` if the value is `current`; returns the value before.
            #[track_caller]
            pub fn compare_and_swap(&self, current: $t, new: $t, order: Ordering) -> $t {
                match self.0.compare_exchange(current, new, order, failing(order)) {
                    Ok(old) | Err(old) => old,
                }
            }

            /// Replaces the value by what `f` makes of it, unless that is `None`.
            ///
            /// # Errors
            ///
            /// The value, if `f` makes nothing of it.
            #[track_caller]
            pub fn fetch_update<F>(&self, set: Ordering, fetch: Ordering, f: F) -> Result<$t, $t>
            where
                F: FnMut($t) -> Option<$t>,
            {
                self.0.fetch_update(set, fetch, f)
            }
        }

        impl $($generic)* fmt::Debug for $name $($generic)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $($generic)* Default for $name $($generic)* {
            #[track_caller]
            fn default() -> Self {
                $name(raceproof::sync::atomic::$name::default())
            }
        }

        impl $($generic)* From<$t> for $name $($generic)* {
            #[track_caller]
            fn from(value: $t) -> Self {
                Self::new(value)
            }
        }
    };
    (@pass $t:ty, $($(#[$doc:meta])* $f:ident($($arg:ident: $of:ty),*) -> $result:ty;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        #[inline]
        pub fn $f(&self, $($arg: $of),*) -> $result {
            self.0.$f($($arg),*)
        }
    )*};
}

macro_rules! integer {
    ($($name:ident: $t:ty,)*) => {$(
        atomic!($name, $t, []);

        impl $name {
            atomic!(@pass $t,
                /// Adds, wrapping around; returns the value before.
                fetch_add(value: $t, order: Ordering) -> $t;
                /// Subtracts, wrapping around; returns the value before.
                fetch_sub(value: $t, order: Ordering) -> $t;
                /// Bitwise and; returns the value before.
                fetch_and(value: $t, order: Ordering) -> $t;
                /// Bitwise nand; returns the value before.
                fetch_nand(value: $t, order: Ordering) -> $t;
                /// Bitwise or; returns the value before.
                fetch_or(value: $t, order: Ordering) -> $t;
                /// Bitwise exclusive or; returns the value before.
                fetch_xor(value: $t, order: Ordering) -> $t;
                /// The greater of the two; returns the value before.
                fetch_max(value: $t, order: Ordering) -> $t;
                /// The lesser of the two; returns the value before.
                fetch_min(value: $t, order: Ordering) -> $t;
            );
        }
    )*};
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

atomic!(AtomicPtr, *mut T, [<T>]);
atomic!(AtomicBool, bool, []);

impl AtomicBool {
    atomic!(@pass bool,
        /// Logical and; returns the value before.
        fetch_and(value: bool, order: Ordering) -> bool;
        /// Logical nand; returns the value before.
        fetch_nand(value: bool, order: Ordering) -> bool;
        /// Logical or; returns the value before.
        fetch_or(value: bool, order: Ordering) -> bool;
        /// Logical exclusive or; returns the value before.
        fetch_xor(value: bool, order: Ordering) -> bool;
    );
}
