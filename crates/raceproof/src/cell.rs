//! Plain memory, with data races reported. What is one thread's alone is std's own.
#![allow(unsafe_code)]

pub use std::cell::{BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut};

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::execution::stripes;
use crate::execution::{
    Life, belongs, is_outside, kernel, note_effect, own, perform, teardown, tell, try_kernel, with,
};
use crate::kernel::datarace::Access;
use crate::kernel::{Id, Kernel, Kind, Op, Pending};
use crate::telling::recorder::Subject;
use crate::telling::trace::Operation;
use crate::telling::values::{self, Show};

/// Memory that nothing guards, as `std::cell::UnsafeCell`: an access that is not
/// ordered with another thread's, one of them a write, fails the model.
///
/// An access lasts until the closure of [`with`](Self::with) or [`with_mut`](Self::with_mut)
/// returns. One that begins meanwhile and conflicts with it fails the model, too: as a data race
/// if it is another thread's, as [`FailureKind::Overlap`](crate::FailureKind::Overlap) if it is
/// the same thread's.
///
/// Unlike std's it is `Sync`, so a model may share it as it is: the threads of a model
/// never run at the same time, so a race is an error that is reported, not one that
/// happens. Outside of a model, [`read`](Self::read) and [`write`](Self::write) are under a lock, and nothing else is
/// looked after.
pub struct UnsafeCell<T: ?Sized> {
    id: Life,
    value: std::cell::UnsafeCell<T>,
}

// SAFETY: the threads of a model run on one OS thread, one at a time. The safe methods
// finish their access before another can run, or are under a lock outside of a model; the others
// give out a pointer, whose use is the caller's unsafe code.
unsafe impl<T: ?Sized + Send> Sync for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    /// A cell with this value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::make(None, value)
    }

    /// A cell with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self::make(Some(name.into()), value)
    }

    #[track_caller]
    fn make(name: Option<Cow<'static, str>>, value: T) -> Self {
        let at = Location::caller();
        UnsafeCell {
            id: Life::begin(at, |kernel| kernel.create(Kind::Cell, name, at)),
            value: std::cell::UnsafeCell::new(value),
        }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    /// Reads the value.
    #[track_caller]
    pub fn read(&self) -> T
    where
        T: Copy,
    {
        self.access(false);
        if values::wanted() {
            let value = self.tell();
            tell(|recorder| recorder.accessed(value, None));
        }
        let _lock = is_outside().then(|| stripes::lock(self.value.get()));
        // SAFETY: 1. No other thread of the model runs meanwhile; outside of one, this thread has the lock. 2. No reference to the
        // value is alive but one made by unsafe code from `get`, `with` or `with_mut`,
        // which must not be used across other accesses.
        unsafe { *self.value.get() }
    }

    /// Writes the value.
    #[track_caller]
    pub fn write(&self, value: T)
    where
        T: Copy,
    {
        self.access(true);
        let old = if values::wanted() { self.tell() } else { None };
        let _lock = is_outside().then(|| stripes::lock(self.value.get()));
        // SAFETY: as for `read`.
        unsafe { *self.value.get() = value }
        if values::wanted() {
            let new = self.tell();
            tell(|recorder| recorder.accessed(old, new));
        }
    }
}

impl<T: Copy> UnsafeCell<T> {
    /// The value in words.
    fn tell(&self) -> Option<String> {
        // SAFETY: the cell holds a `T`; as for `read`.
        unsafe { Show::common::<T>().tell(self.value.get().cast_const().cast()) }
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// A pointer to the value, which counts as a write here and now. What is done with the pointer
    /// later is not seen: [`with_mut`](Self::with_mut) sees it.
    #[track_caller]
    pub fn get(&self) -> *mut T {
        self.access(true);
        self.value.get()
    }

    /// The value, for its only owner.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        own(*self.id, Location::caller());
        self.value.get_mut()
    }

    /// Runs `f` on a pointer to the value, which counts as a read until `f` returns.
    ///
    /// ```
    /// use raceproof::{cell::UnsafeCell, model};
    ///
    /// model(|| {
    ///     let cell = UnsafeCell::new(1);
    ///     // SAFETY: nothing writes the cell meanwhile.
    ///     assert_eq!(cell.with(|value| unsafe { *value }), 1);
    /// });
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        let _open = self.open(false);
        f(self.value.get())
    }

    /// Runs `f` on a pointer to the value, which counts as a write until `f` returns.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        let _open = self.open(true);
        f(self.value.get())
    }

    /// A read that ends when what is returned is dropped.
    #[doc(hidden)]
    #[track_caller]
    pub fn begin_read(&self) -> Open {
        self.open(false)
    }

    /// A write that ends when what is returned is dropped.
    #[doc(hidden)]
    #[track_caller]
    pub fn begin_write(&self) -> Open {
        self.open(true)
    }

    /// Ends what this thread has begun and not ended: what gives the value away to it does not wait for its pointers.
    #[doc(hidden)]
    pub fn end_own(&self) {
        if belongs(*self.id) && !teardown::under_way() {
            let cell = self.id.index as usize;
            try_kernel(|kernel| kernel.races.end_accesses(cell, kernel.current));
        }
    }

    /// An access that ends at once.
    #[track_caller]
    fn access(&self, written: bool) {
        self.begin(written, false, Location::caller());
    }

    /// An access that ends when what is returned is dropped.
    #[track_caller]
    fn open(&self, written: bool) -> Open {
        self.begin(written, true, Location::caller());
        Open { cell: *self.id, written, lasts: true }
    }

    #[track_caller]
    fn begin(&self, written: bool, stays_open: bool, at: &'static Location<'static>) {
        if !teardown::under_way()
            && let Some(cell) = self.id.number()
        {
            if kernel(Kernel::touch) {
                perform(Pending { op: Op::Touch { cell, written }, at });
            }
            note(cell, written, stays_open, at);
            if written {
                note_effect();
            }
        }
    }
}

/// An access that has begun; ends when it is dropped.
#[doc(hidden)]
#[derive(Debug)]
pub struct Open {
    cell: Id,
    written: bool,
    /// Whether it lasts until its end.
    lasts: bool,
}

impl Open {
    /// The same for a pointer: until the end no other may begin that conflicts with it, but it lasts only until the pointer
    /// is [used](Self::used) for the last time.
    pub fn of_pointer(mut self) -> Open {
        self.lasts = false;
        self
    }

    /// Notes that the access lasts until now.
    pub fn used(&self) {
        self.note(|kernel, cell| kernel.races.last_access(cell, kernel.current, self.written));
    }

    fn note(&self, how: impl FnOnce(&mut Kernel, usize)) {
        if belongs(self.cell) && !teardown::under_way() {
            try_kernel(|kernel| how(kernel, self.cell.index as usize));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let (written, lasts) = (self.written, self.lasts);
        self.note(|kernel, cell| kernel.races.end_access(cell, kernel.current, written, lasts));
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

/// Notes that an access begins, which fails the execution if it conflicts with another.
fn note(cell: u32, written: bool, stays_open: bool, at: &'static Location<'static>) {
    with(|session| {
        let kernel = &mut session.kernel;
        kernel.see_cell(cell, written);
        kernel.order_destructors_of_cell(cell, written);
        let access = Access::now(kernel, written, at);
        let race = kernel.races.access(cell as usize, access, stays_open);
        if let Some(owned) = kernel.races.unordered_owner(cell as usize, kernel.current) {
            session.touches_owned(owned.thread, owned.taken);
        }
        let operation = if written { Operation::PlainWrite } else { Operation::PlainRead };
        session.note(operation, Subject::Object(cell), None, at);
        if let Some(race) = race {
            let (kind, message) = session.kernel.conflict(cell, race);
            session.kernel.fail(kind, message);
        }
    });
}
