//! Thread-local storage for the threads of a model.

use std::fmt;
use std::rc::Rc;

use crate::execution::{Local, kernel, try_kernel, with};

/// A value for each thread: declared with [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

/// The thread's values are being destroyed, or there is no thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread's value is destroyed, or no thread of a model runs here")
    }
}

impl std::error::Error for AccessError {}

/// Declares thread-local values, as `std::thread_local!`.
#[doc(hidden)]
#[macro_export]
macro_rules! raceproof_thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block $(; $($rest:tt)*)?) => {
        $crate::raceproof_thread_local!($(#[$attr])* $vis static $name: $t = $init $(; $($rest)*)?);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr $(; $($rest:tt)*)?) => {
        $(#[$attr])*
        $vis static $name: $crate::thread::LocalKey<$t> = $crate::thread::LocalKey::__new(|| $init);
        $($crate::raceproof_thread_local!($($rest)*);)?
    };
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn __new(init: fn() -> T) -> Self {
        LocalKey { init }
    }

    /// Runs `f` on the running thread's value, made first if there is none.
    ///
    /// # Panics
    ///
    /// If the value is being destroyed, or has been.
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        kernel(|_| ());
        match self.value() {
            Ok(value) => f(&value),
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`LocalKey::with`], but an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If no thread of a model runs here, or the value is being destroyed, or has been.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        try_kernel(|_| ()).ok_or(AccessError(()))?;
        Ok(f(&*self.value()?))
    }

    fn value(&'static self) -> Result<Rc<T>, AccessError> {
        let key = std::ptr::from_ref(self).addr();
        let found = with(|session| {
            let local = session.locals().iter().find(|local| local.key == key);
            local.map(|local| local.value.clone())
        });
        if let Some(value) = found {
            return value.and_then(|value| value.downcast().ok()).ok_or(AccessError(()));
        }
        let value = Rc::new((self.init)());
        with(|session| session.locals().push(Local { key, value: Some(value.clone()) }));
        Ok(value)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
