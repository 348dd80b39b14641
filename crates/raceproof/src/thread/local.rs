//! Thread-local storage.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::outside;
use crate::execution::{Local, is_outside, with};

/// A value for each thread: declared with [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

/// The thread's value is being destroyed, or has been.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread's value is being destroyed, or has been")
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
        self.with_or(self.init, f)
    }

    /// As [`LocalKey::with`], with a value of one's own if there is none.
    #[track_caller]
    fn with_or<R>(&'static self, init: impl FnOnce() -> T, f: impl FnOnce(&T) -> R) -> R {
        match self.value(init) {
            Ok(value) => f(&value),
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes the value of this if there is none, or else puts it there.
    #[track_caller]
    fn put<V>(&'static self, value: V, make: fn(V) -> T, put: fn(&T, V)) {
        let value = Cell::new(Some(value));
        let made = || make(value.take().expect("it is taken once"));
        self.with_or(made, |there| _ = value.take().map(|value| put(there, value)));
    }

    /// As [`LocalKey::with`], but an error instead of a panic.
    ///
    /// # Errors
    ///
    /// If the value is being destroyed, or has been.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        Ok(f(&*self.value(self.init)?))
    }

    fn value(&'static self, init: impl FnOnce() -> T) -> Result<Rc<T>, AccessError> {
        let key = std::ptr::from_ref(self).addr();
        let found = if is_outside() {
            outside::find(key)
        } else {
            with(|session| {
                session.kernel.look_around();
                let local = session.locals().iter().find(|local| local.key == key);
                local.map(|local| local.value.clone())
            })
        };
        if let Some(value) = found {
            return value.and_then(|value| value.downcast().ok()).ok_or(AccessError(()));
        }
        let value = Rc::new(init());
        let local = Local { key, value: Some(value.clone()) };
        if is_outside() {
            outside::keep(local);
        } else {
            with(|session| session.locals().push(local));
        }
        Ok(value)
    }
}

/// Each method panics as [`LocalKey::with`] does.
impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value. If there is none, the declared one is not made first.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.put(value, Cell::new, Cell::set);
    }

    /// A copy of the value.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// The value, and leaves the default in its place.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Puts a value in the place of another, which it returns.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

/// Each method panics as [`LocalKey::with`] does, and if the value is borrowed in a way that excludes it.
impl<T: 'static> LocalKey<RefCell<T>> {
    /// Runs `f` on the value.
    #[track_caller]
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Runs `f` on the value, which it may change.
    #[track_caller]
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the value. If there is none, the declared one is not made first.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.put(value, RefCell::new, |cell, value| _ = cell.replace(value));
    }

    /// The value, and leaves the default in its place.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Puts a value in the place of another, which it returns.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
