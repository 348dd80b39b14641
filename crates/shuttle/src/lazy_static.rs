//! What `lazy_static` has: values that are made when they are first needed.

use std::fmt;

use raceproof::Static;
use raceproof::sync::OnceLock;

/// A value that is made when it is first needed, by one thread while others wait. Declared with
/// [`lazy_static!`](crate::lazy_static!). Each execution has its own, which ends with it.
pub struct Lazy<T: 'static> {
    value: Static<OnceLock<T>>,
    make: fn() -> T,
}

impl<T: 'static> Lazy<T> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, make: fn() -> T) -> Self {
        Lazy { value: Static::__new(name, OnceLock::new), make }
    }

    /// The value, made first if there is none. It must not be kept for another execution.
    #[track_caller]
    pub fn get(&'static self) -> &'static T {
        self.value.get_or_init(self.make)
    }
}

impl<T: 'static> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Lazy { .. }")
    }
}

/// A declared value.
pub trait LazyStatic {
    #[doc(hidden)]
    fn initialize(lazy: &Self);
}

/// Makes the value if there is none.
pub fn initialize<T: LazyStatic>(lazy: &T) {
    LazyStatic::initialize(lazy);
}

/// Declares values that are made when they are first needed, as `lazy_static::lazy_static!`.
///
/// ```
/// shuttle::lazy_static! {
///     static ref NAMES: shuttle::sync::Mutex<Vec<String>> = shuttle::sync::Mutex::new(Vec::new());
/// }
///
/// shuttle::check_dfs(|| assert!(NAMES.lock().unwrap().is_empty()), None);
/// ```
#[macro_export]
macro_rules! lazy_static {
    ($(#[$attr:meta])* static ref $N:ident : $T:ty = $e:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attr])* () $N : $T = $e);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attr:meta])* pub static ref $N:ident : $T:ty = $e:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attr])* (pub) $N : $T = $e);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attr:meta])* pub ($($vis:tt)+) static ref $N:ident : $T:ty = $e:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attr])* (pub ($($vis)+)) $N : $T = $e);
        $crate::lazy_static!($($rest)*);
    };
    () => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __lazy_static {
    ($(#[$attr:meta])* ($($vis:tt)*) $N:ident : $T:ty = $e:expr) => {
        #[allow(missing_copy_implementations, non_camel_case_types, dead_code)]
        $(#[$attr])*
        $($vis)* struct $N { __private: () }
        #[doc(hidden)]
        #[allow(dead_code)]
        $($vis)* static $N: $N = $N { __private: () };
        impl ::core::ops::Deref for $N {
            type Target = $T;

            fn deref(&self) -> &$T {
                static LAZY: $crate::lazy_static::Lazy<$T> =
                    $crate::lazy_static::Lazy::__new(::core::stringify!($N), || $e);
                LAZY.get()
            }
        }
        impl $crate::lazy_static::LazyStatic for $N {
            fn initialize(lazy: &Self) {
                let _ = &**lazy;
            }
        }
    };
}
