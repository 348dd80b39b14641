//! Memory that is freed in an execution and kept until its end.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

thread_local! {
    /// Whether an execution is under way on this OS thread.
    static KEEPS: Cell<bool> = const { Cell::new(false) };
    /// The blocks that are kept, the last freed first.
    static KEPT: Cell<*mut Kept> = const { Cell::new(ptr::null_mut()) };
}

/// A block that is kept.
struct Kept {
    next: *mut Kept,
    block: *mut u8,
    layout: Layout,
}

/// The system's allocator, but what an execution frees is not used again before the execution is over.
///
/// With it, a model's use of a cell, an atomic, a lock or a condition variable after its end is found
/// whatever becomes of the memory, and harms nothing: see
/// [`FailureKind::UseAfterFree`](crate::FailureKind::UseAfterFree). Install it in a test whose
/// program frees memory by hand:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: raceproof::Quarantine = raceproof::Quarantine;
///
/// # fn main() {
/// use raceproof::Explorer;
/// use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// Explorer::new().expect_failure("use after free", || {
///     let count = Box::into_raw(Box::new(AtomicU32::new(1)));
///     // SAFETY: wrong: the count is read after it is freed.
///     unsafe {
///         drop(Box::from_raw(count));
///         (*count).load(Relaxed);
///     }
/// });
/// # }
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Quarantine;

// SAFETY: all blocks are the system's. One that is kept is given back to it once, as it was
// freed, by `Keeping::drop`. Nothing here unwinds or allocates but by way of `System`.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants, here and below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !keeps() || !keep(block, layout) {
            // SAFETY: as above.
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !keeps() {
            // SAFETY: as above.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the caller promises that the size fits the alignment and is not 0.
        let new = unsafe { System.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are at least that large, and the new one is not the old one. The old
            // one is freed as the caller wants.
            unsafe {
                ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        new
    }
}

fn keeps() -> bool {
    KEEPS.try_with(Cell::get).unwrap_or(false)
}

/// Keeps a block. False if there is no memory to note it.
fn keep(block: *mut u8, layout: Layout) -> bool {
    // SAFETY: the type's size is not 0.
    let kept = unsafe { System.alloc(Layout::new::<Kept>()) }.cast::<Kept>();
    if kept.is_null() {
        return false;
    }
    // SAFETY: it is a block for this type.
    unsafe { kept.write(Kept { next: KEPT.get(), block, layout }) };
    KEPT.set(kept);
    true
}

/// An execution during which freed memory is kept.
pub(super) struct Keeping(());

impl Keeping {
    pub(super) fn begin() -> Self {
        KEEPS.set(true);
        Keeping(())
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        KEEPS.set(false);
        let mut next = KEPT.replace(ptr::null_mut());
        while !next.is_null() {
            // SAFETY: `keep` made it, and it is in no list any more. The block was freed with this
            // layout, and nothing may use it.
            unsafe {
                let Kept { next: following, block, layout } = next.read();
                System.dealloc(next.cast(), Layout::new::<Kept>());
                System.dealloc(block, layout);
                next = following;
            }
        }
    }
}
