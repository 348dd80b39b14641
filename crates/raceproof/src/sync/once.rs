//! Things that happen once, of a mutex and a condition variable.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;

use super::{Condvar, Mutex};
use crate::execution::teardown;

/// Runs a closure once, as `std::sync::Once`.
pub struct Once {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    Poisoned,
    Done,
}

/// What the closure of [`Once::call_once_force`] may ask.
#[derive(Debug)]
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Did an earlier closure panic?
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl Once {
    /// A `Once` that has not run.
    #[track_caller]
    #[allow(clippy::new_without_default)] // As std's.
    pub fn new() -> Self {
        Once { state: Mutex::named("once", State::New), over: Condvar::inner("once's end") }
    }

    /// Runs `f` unless a closure has run before; waits for one that runs.
    ///
    /// # Panics
    ///
    /// If an earlier closure panicked.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        if let Some(running) = self.begin() {
            assert!(
                !running.poisoned || teardown::under_way(),
                "Once instance has previously been poisoned"
            );
            f();
            running.done();
        }
    }

    /// As [`Once::call_once`], also after a panic.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        if let Some(running) = self.begin() {
            f(&OnceState { poisoned: running.poisoned });
            running.done();
        }
    }

    /// Has a closure run to its end?
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        *self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) == State::Done
    }

    /// Waits until no closure runs; if none has run to its end, the caller's is to run.
    #[track_caller]
    fn begin(&self) -> Option<Running<'_>> {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        while *state == State::Running {
            state = self.over.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        if *state == State::Done {
            return None;
        }
        let poisoned = *state == State::Poisoned;
        *state = State::Running;
        Some(Running { once: self, poisoned, end: State::Poisoned })
    }
}

/// The right to run the closure. Dropped before its end, it leaves the `Once` poisoned.
struct Running<'a> {
    once: &'a Once,
    poisoned: bool,
    end: State,
}

impl Running<'_> {
    #[track_caller]
    fn done(mut self) {
        self.end = State::Done;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.once.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = self.end;
        self.once.over.notify_all();
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

/// A value that is set once, as `std::sync::OnceLock`.
pub struct OnceLock<T> {
    once: Once,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: as std's: the value may be dropped, and given, by another thread than its maker.
unsafe impl<T: Send> Send for OnceLock<T> {}
// SAFETY: the value is written only by the one closure that `once` lets run, and read only
// after that has ended.
unsafe impl<T: Sync + Send> Sync for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty one.
    #[track_caller]
    #[allow(clippy::new_without_default)] // `Default` is there, but cannot tell where it is called.
    pub fn new() -> Self {
        OnceLock { once: Once::new(), value: UnsafeCell::new(None) }
    }

    /// The value, if it is set.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        if !self.once.is_completed() {
            return None;
        }
        // SAFETY: the closure that wrote the value has ended, and none runs any more, so
        // there are only shared references to it.
        unsafe { (*self.value.get()).as_ref() }
    }

    /// The value, for its only owner.
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        let _ = self.once.state.get_mut();
        self.value.get_mut().as_mut()
    }

    /// Sets the value, if none is set.
    ///
    /// # Errors
    ///
    /// The value given, if another is set.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut given = Some(value);
        self.get_or_init(|| given.take().expect("it is taken once"));
        given.map_or(Ok(()), Err)
    }

    /// The value, made by `f` if none is set.
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        self.once.call_once_force(|_| {
            let value = f();
            // SAFETY: this closure is the only one that runs, none has run to its end
            // before, and nobody reads the value until it has.
            unsafe { *self.value.get() = Some(value) };
        });
        // SAFETY: as for `get`: a closure has run to its end.
        let value = unsafe { (*self.value.get()).as_ref() };
        value.expect("a closure that has run to its end has set it")
    }

    /// The value, if it is set.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// The value, if it is set; leaves none.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceLock").finish_non_exhaustive()
    }
}

/// A value made when it is first needed, as `std::sync::LazyLock`.
pub struct LazyLock<T, F = fn() -> T> {
    cell: OnceLock<T>,
    make: Mutex<Option<F>>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// One that will be made by `f`.
    #[track_caller]
    pub fn new(f: F) -> Self {
        LazyLock { cell: OnceLock::new(), make: Mutex::named("lazy", Some(f)) }
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If `f` panicked before.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.cell.get_or_init(|| {
            let make = this.make.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
            match make {
                Some(make) => make(),
                None => panic!("LazyLock instance has previously been poisoned"),
            }
        })
    }
}

impl<T, F: FnOnce() -> T> std::ops::Deref for LazyLock<T, F> {
    type Target = T;

    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyLock").finish_non_exhaustive()
    }
}
