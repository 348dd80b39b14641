//! The kernel of the model that runs on this OS thread.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use crate::kernel::object::Id;
use crate::kernel::state::Kernel;

thread_local! {
    /// Made by [`install`] from a box; null while there is none, or while it is in use.
    static KERNEL: Cell<*mut Kernel> = const { Cell::new(ptr::null_mut()) };
    /// The execution under way; 0: none.
    static EPOCH: Cell<u64> = const { Cell::new(0) };
}

const OUTSIDE: &str = "a type of raceproof is used outside a model: run it inside raceproof::model or Explorer::check";

#[cold]
#[track_caller]
fn outside() -> ! {
    panic!("{OUTSIDE}")
}

/// Puts a kernel back in its place, also if its user panics.
struct Back(*mut Kernel);

impl Drop for Back {
    #[inline]
    fn drop(&mut self) {
        KERNEL.set(self.0);
    }
}

/// Runs `f` on the kernel of the model that runs on this OS thread.
#[track_caller]
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&mut Kernel) -> R) -> R {
    match try_with(f) {
        Some(result) => result,
        None => outside(),
    }
}

/// Runs `f` on the kernel, if there is one and nobody else uses it.
#[inline]
pub(crate) fn try_with<R>(f: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    let kernel = KERNEL.replace(ptr::null_mut());
    if kernel.is_null() {
        return None;
    }
    let _back = Back(kernel);
    // SAFETY: 1. The pointer is a leaked box's, which `install` alone frees, and only what
    // it finds in the cell. 2. It is not in the cell before `_back` is dropped, and `f`
    // switches to no other fiber, so until then nobody else can reach the kernel.
    Some(f(unsafe { &mut *kernel }))
}

/// Puts a kernel in place, or takes it away.
pub(crate) fn install(kernel: Option<Box<Kernel>>) {
    EPOCH.set(0);
    let earlier = KERNEL.replace(kernel.map_or(ptr::null_mut(), Box::into_raw));
    if !earlier.is_null() {
        // SAFETY: only this function puts pointers in the cell (`try_with` puts back what
        // it took), each from a box, and this one is no longer there.
        drop(unsafe { Box::from_raw(earlier) });
    }
}

/// Says which execution is under way.
pub(crate) fn set_epoch(epoch: u64) {
    EPOCH.set(epoch);
}

/// Does this object belong to the execution that runs on this OS thread?
#[inline]
pub(crate) fn belongs(id: Id) -> bool {
    EPOCH.get() == id.epoch
}

/// The number of an object of the execution under way.
#[track_caller]
#[inline]
pub(crate) fn resolve(id: Id) -> u32 {
    if !belongs(id) {
        foreign();
    }
    id.index
}

#[cold]
#[track_caller]
fn foreign() -> ! {
    if EPOCH.get() == 0 {
        outside();
    }
    crate::kernel::state::misuse(
        "an object made in another execution is used: make it inside the model",
    )
}
