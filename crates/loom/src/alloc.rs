//! Memory from the global allocator, and values, that must not be left over when an execution ends.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;

use raceproof::sync::Arc;

#[doc(no_inline)]
pub use std::alloc::Layout;

thread_local! {
    /// What is allocated in the execution under way, by its address. An owner that is left at the end is a leak.
    static ALLOCATED: RefCell<HashMap<usize, Arc<()>>> = RefCell::default();
}

/// Begins an execution, in which nothing is allocated.
pub(crate) fn begin() {
    ALLOCATED.take();
}

#[track_caller]
fn note(memory: *mut u8) {
    if !raceproof::is_outside() && !memory.is_null() {
        let owner = Arc::new(());
        ALLOCATED.with_borrow_mut(|all| all.insert(memory.addr(), owner));
    }
}

/// Allocates, as [`std::alloc::alloc`]. What is not given to [`dealloc`] is a leak.
///
/// # Safety
///
/// As of [`std::alloc::alloc`].
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    let memory = unsafe { std::alloc::alloc(layout) };
    note(memory);
    memory
}

/// Allocates memory that is zero, as [`std::alloc::alloc_zeroed`]. What is not given to [`dealloc`] is a leak.
///
/// # Safety
///
/// As of [`std::alloc::alloc_zeroed`].
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    let memory = unsafe { std::alloc::alloc_zeroed(layout) };
    note(memory);
    memory
}

/// Frees what [`alloc`] or [`alloc_zeroed`] returned, as [`std::alloc::dealloc`].
///
/// # Safety
///
/// As of [`std::alloc::dealloc`].
///
/// # Panics
///
/// If it was not allocated by these functions, in this execution, or has been freed.
#[track_caller]
pub unsafe fn dealloc(memory: *mut u8, layout: Layout) {
    if !raceproof::is_outside() {
        let owner = ALLOCATED.with_borrow_mut(|all| all.remove(&memory.addr()));
        // A thread that is already unwound must not panic again.
        if owner.is_none() && !std::thread::panicking() {
            panic!(
                "memory is freed that loom::alloc has not allocated in this execution, or is freed already"
            );
        }
    }
    // SAFETY: the caller's promise.
    unsafe { std::alloc::dealloc(memory, layout) };
}

/// A value that must be dropped, or taken out, before an execution ends. Otherwise it is a leak.
#[derive(Debug)]
pub struct Track<T> {
    value: T,
    /// Its end is the value's.
    _owner: Arc<()>,
}

impl<T> Track<T> {
    /// A value that must be dropped.
    #[track_caller]
    pub fn new(value: T) -> Track<T> {
        Track { value, _owner: Arc::new(()) }
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The value, for its only owner.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The value, which may be left over from now on.
    pub fn into_inner(self) -> T {
        self.value
    }
}
