//! What `lazy_static` has: values that are made when they are first needed.

#[doc(hidden)]
pub use raceproof::{Static, sync::LazyLock};

/// A value that is made when it is first needed, by one thread while others wait. Declared with
/// [`lazy_static!`](crate::lazy_static!). Each execution has its own, which ends with it.
pub type Lazy<T> = Static<LazyLock<T>>;

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
                    $crate::lazy_static::Static::__new(::core::stringify!($N), || {
                        $crate::lazy_static::LazyLock::new(|| $e)
                    });
                &LAZY
            }
        }
        impl $crate::lazy_static::LazyStatic for $N {
            fn initialize(lazy: &Self) {
                let _ = &**lazy;
            }
        }
    };
}
