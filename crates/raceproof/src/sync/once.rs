//! Things that happen once.
//!
//! A look at what has happened only reads, so such looks, and calls that come too late to run
//! their closure, multiply no executions.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr;

use crate::execution::{Life, belongs, check_use, own, perform};
use crate::kernel::machine::once::{OVER, Once as Machine, POISONED, RUNS, RUNS_AGAIN};
use crate::kernel::{self, Act, Kind, Op, Pending};

/// Runs a closure once, as `std::sync::Once`. Outside of a model it is that.
pub struct Once {
    id: Life,
    /// Outside of a model.
    real: std::sync::Once,
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
        Self::make(false, Location::caller())
    }

    /// One that has run or has not.
    fn make(done: bool, at: &'static Location<'static>) -> Self {
        let machine = kernel::Machine::Once(Machine::new(done));
        let id = Life::begin(at, |kernel| kernel.create_machine(Kind::Once, machine, None, at));
        let real = std::sync::Once::new();
        if done && id.is_outside() {
            real.call_once(|| ());
        }
        Once { id, real }
    }

    /// Runs `f` unless a closure has run before; waits for one that runs.
    ///
    /// # Panics
    ///
    /// If an earlier closure panicked.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        self.run(Act::Call, "Once", Location::caller(), |_| f());
    }

    /// As [`Once::call_once`], also after a panic.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        self.run(Act::Force, "Once", Location::caller(), f);
    }

    /// Has a closure run to its end?
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        match self.id.number() {
            Some(object) => act(object, Act::Look, Location::caller()) == RUNS,
            None => self.real.is_completed(),
        }
    }

    /// Waits until a closure has run to its end.
    ///
    /// # Panics
    ///
    /// If a closure panicked and none has run since.
    #[track_caller]
    pub fn wait(&self) {
        match self.id.number() {
            Some(object) => _ = self.begin(object, Act::Await, "Once", Location::caller()),
            None => self.real.wait(),
        }
    }

    /// As [`Once::wait`], but goes on to wait after a panic.
    #[track_caller]
    pub fn wait_force(&self) {
        match self.id.number() {
            Some(object) => _ = self.begin(object, Act::AwaitFinish, "Once", Location::caller()),
            None => self.real.wait_force(),
        }
    }

    /// Waits until no closure runs; if none has run to its end, runs `f`.
    #[track_caller]
    fn run(
        &self,
        how: Act,
        what: &str,
        at: &'static Location<'static>,
        f: impl FnOnce(&OnceState),
    ) {
        let Some(object) = self.id.number() else { return self.run_for_real(how, what, f) };
        if let Some(running) = self.begin(object, how, what, at) {
            f(&OnceState { poisoned: running.poisoned });
            running.done();
        }
    }

    /// As [`Once::run`], outside of a model.
    #[cold]
    #[track_caller]
    fn run_for_real(&self, how: Act, what: &str, f: impl FnOnce(&OnceState)) {
        self.real.call_once_force(|state| {
            let poisoned = state.is_poisoned();
            if poisoned && how == Act::Call {
                panic!("{what} instance has previously been poisoned");
            }
            f(&OnceState { poisoned });
        });
    }

    /// Waits until no closure runs; if none has run to its end, the caller's is to run.
    #[track_caller]
    fn begin(
        &self,
        object: u32,
        how: Act,
        what: &str,
        at: &'static Location<'static>,
    ) -> Option<Running<'_>> {
        match act(object, how, at) {
            OVER => None,
            POISONED => panic!("{what} instance has previously been poisoned"),
            result => {
                let poisoned = result == RUNS_AGAIN;
                Some(Running { once: self, object, poisoned, end: Act::Abandon, at })
            }
        }
    }
}

fn act(object: u32, act: Act, at: &'static Location<'static>) -> u32 {
    perform(Pending { op: Op::Act { object, act }, at })
}

/// The right to run the closure. Dropped before its end, it leaves the `Once` poisoned.
struct Running<'a> {
    once: &'a Once,
    object: u32,
    poisoned: bool,
    end: Act,
    at: &'static Location<'static>,
}

impl Running<'_> {
    fn done(mut self) {
        self.end = Act::Finish;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !belongs(*self.once.id) {
            return check_use(*self.once.id, self.at);
        }
        act(self.object, self.end, self.at);
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

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

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
        // SAFETY: the closure that wrote the value has ended, and none runs any more, so
        // there are only shared references to it.
        self.once.is_completed().then(|| unsafe { self.value() })
    }

    /// The value, which is set.
    ///
    /// # Safety
    ///
    /// A closure has run to its end, and none runs any more.
    unsafe fn value(&self) -> &T {
        // SAFETY: the caller's: nothing writes the value any more.
        let value = unsafe { (*self.value.get()).as_ref() };
        value.expect("a closure that has run to its end has set it")
    }

    /// The value, for its only owner.
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        own(*self.once.id, Location::caller());
        self.value.get_mut().as_mut()
    }

    /// The value; waits until it is set.
    ///
    /// ```
    /// use raceproof::sync::{Arc, OnceLock};
    /// use raceproof::thread;
    ///
    /// raceproof::model(|| {
    ///     let cell = Arc::new(OnceLock::new());
    ///     let theirs = Arc::clone(&cell);
    ///     let other = thread::spawn(move || theirs.set(5).unwrap());
    ///     assert_eq!(*cell.wait(), 5);
    ///     other.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> &T {
        self.once.wait_force();
        // SAFETY: a closure has run to its end.
        unsafe { self.value() }
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
            // before, and no thread reads the value until it has.
            unsafe { *self.value.get() = Some(value) };
        });
        // SAFETY: a closure has run to its end.
        unsafe { self.value() }
    }

    /// The value, if it is set.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// The value, if it is set; leaves none.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let once = Once::make(true, Location::caller());
        OnceLock { once, value: UnsafeCell::new(Some(value)) }
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(Self::new, Self::from)
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceLock").finish_non_exhaustive()
    }
}

/// A value made when it is first needed, as `std::sync::LazyLock`.
pub struct LazyLock<T, F = fn() -> T> {
    once: Once,
    data: UnsafeCell<Data<T, F>>,
}

enum Data<T, F> {
    /// How it is made.
    Make(F),
    Made(T),
    /// It is being made, or that has panicked.
    Taken,
}

// SAFETY: the data is written only by the one closure that `once` lets run, and read only after that
// has ended. The thread that makes the value need not be the one that gave `F`.
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// One that will be made by `f`.
    #[track_caller]
    pub fn new(f: F) -> Self {
        LazyLock { once: Once::new(), data: UnsafeCell::new(Data::Make(f)) }
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If `f` panicked before.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.once.run(Act::Call, POISONABLE, Location::caller(), |_| {
            // SAFETY: this thread alone runs a closure of `once`, and no thread has read the data yet.
            let made = unsafe { make(this.data.get()) };
            // SAFETY: likewise.
            unsafe { *this.data.get() = Data::Made(made) };
        });
        // SAFETY: a closure has run to its end, so nothing writes the data any more.
        match unsafe { &*this.data.get() } {
            Data::Made(value) => value,
            Data::Make(_) | Data::Taken => unreachable!("a closure has made it"),
        }
    }

    /// The value, for its only owner.
    ///
    /// # Panics
    ///
    /// If `f` panicked before.
    #[track_caller]
    pub fn force_mut(this: &mut Self) -> &mut T {
        own(*this.once.id, Location::caller());
        Self::force(this);
        match this.data.get_mut() {
            Data::Made(value) => value,
            Data::Make(_) | Data::Taken => unreachable!("it was forced"),
        }
    }
}

/// What a panic calls a lazy value that was poisoned.
const POISONABLE: &str = "LazyLock";

/// Makes the value of a lazy one.
///
/// # Safety
///
/// No other reference to the data is used meanwhile, but for those of `f`'s own calls, which find it
/// taken.
unsafe fn make<T, F: FnOnce() -> T>(data: *mut Data<T, F>) -> T {
    // SAFETY: the caller's; the reference ends before `f` is called.
    match unsafe { ptr::replace(data, Data::Taken) } {
        Data::Make(f) => f(),
        Data::Made(_) | Data::Taken => panic!("{POISONABLE} instance has previously been poisoned"),
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it is made.
    #[track_caller]
    pub fn get(this: &Self) -> Option<&T> {
        if !this.once.is_completed() {
            return None;
        }
        // SAFETY: a closure has run to its end, so nothing writes the data any more.
        match unsafe { &*this.data.get() } {
            Data::Made(value) => Some(value),
            Data::Make(_) | Data::Taken => None,
        }
    }

    /// The value, if it is made, for its only owner.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        own(*this.once.id, Location::caller());
        match this.data.get_mut() {
            Data::Made(value) => Some(value),
            Data::Make(_) | Data::Taken => None,
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        Self::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyLock").finish_non_exhaustive()
    }
}
