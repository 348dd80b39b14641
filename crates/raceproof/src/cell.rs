//! Plain memory, with data races reported.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::execution::{kernel, note_effect, resolve, teardown, tell, with};
use crate::kernel::datarace::{Access, Race};
use crate::kernel::{FailureKind, Id, Kernel, Kind};
use crate::telling::recorder::Subject;
use crate::telling::trace::Operation;
use crate::telling::values::{self, Show};

/// Memory that nothing guards, as `std::cell::UnsafeCell`: an access that is not
/// ordered with another thread's, one of them a write, fails the model.
///
/// Unlike std's it is `Sync`, so a model may share it as it is: the threads of a model
/// never run at the same time, so a race is an error that is reported, not one that
/// happens.
pub struct UnsafeCell<T: ?Sized> {
    id: Id,
    value: std::cell::UnsafeCell<T>,
}

// SAFETY: the threads of a model run on one OS thread, one at a time. The safe methods
// finish their access before another can run; the others give out a pointer, whose use
// is the caller's unsafe code.
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
            id: kernel(|kernel| kernel.create(Kind::Cell, name, at)),
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
        // SAFETY: 1. No other thread of the model runs meanwhile. 2. No reference to the
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
    /// A pointer to the value, which counts as a write here and now.
    #[track_caller]
    pub fn get(&self) -> *mut T {
        self.access(true);
        self.value.get()
    }

    /// The value, for its only owner.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Runs `f` on a pointer to the value, which counts as a read.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.access(false);
        f(self.value.get())
    }

    /// Runs `f` on a pointer to the value, which counts as a write.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.access(true);
        f(self.value.get())
    }

    #[track_caller]
    fn access(&self, written: bool) {
        if !teardown::under_way() {
            let (cell, at) = (resolve(self.id), Location::caller());
            note(cell, written, at);
            if written {
                note_effect();
            }
        }
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

/// Notes an access, which fails the execution if it races with another.
fn note(cell: u32, written: bool, at: &'static Location<'static>) {
    with(|session| {
        let kernel = &mut session.kernel;
        kernel.see_cell(cell, written);
        let race = kernel.races.access(cell as usize, kernel.current, written, at);
        let operation = if written { Operation::PlainWrite } else { Operation::PlainRead };
        session.note(operation, Subject::Object(cell), None, at);
        if let Some(race) = race {
            let message = data_race(&session.kernel, cell, race);
            session.kernel.fail(FailureKind::DataRace, message);
        }
    });
}

fn data_race(kernel: &Kernel, cell: u32, Race { earlier, later }: Race) -> String {
    let access = |access: Access| {
        let verb = if access.written { "writes" } else { "reads" };
        let (name, at) = (kernel.thread_name(access.thread), access.at);
        format!("{name} {verb} it at {}:{}", at.file(), at.line())
    };
    format!(
        "data race on {}: {} and {}, and nothing orders them",
        kernel.object_name(cell),
        access(earlier),
        access(later)
    )
}
