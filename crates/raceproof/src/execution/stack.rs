//! Stacks of fibers. Memory that is not touched costs nothing; below each stack is a guard page.
#![allow(unsafe_code)]

use std::io;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use corosensei::stack::{DefaultStack, Stack, StackPointer};

#[cfg(unix)]
use super::overflow::Guard;

/// Bytes that a thread has unless it is told otherwise, as std's threads.
const DEFAULT: usize = 2 << 20;

/// The least number of bytes, of which the checker's own functions need about half; sizes are
/// multiples of it.
const LEAST: usize = 64 << 10;

/// Bytes at the top that a stack may leave out: see [`FiberStack`].
const COLOURS: usize = 16 << 10;

/// A stack that begins somewhat below its top. Tops are page-aligned, so without this the
/// busy ends of all stacks would fight for the same few cache lines.
pub(super) struct FiberStack {
    stack: DefaultStack,
    offset: usize,
    #[cfg(unix)]
    _guard: Guard,
}

/// Bytes of stack for a thread that asks for this many, or for none.
pub(super) fn size(wanted: Option<usize>) -> usize {
    static UNASKED: OnceLock<usize> = OnceLock::new();
    let unasked = || {
        let set = std::env::var("RUST_MIN_STACK").ok().and_then(|size| size.parse().ok());
        set.unwrap_or(DEFAULT)
    };
    let wanted = wanted.unwrap_or_else(|| *UNASKED.get_or_init(unasked));
    wanted.max(LEAST).checked_next_multiple_of(LEAST).unwrap_or(usize::MAX)
}

impl FiberStack {
    /// The `n`-th stack of this OS thread, of a [`size`].
    ///
    /// # Errors
    ///
    /// If the system has no room for it.
    pub(super) fn new(n: usize, size: usize) -> io::Result<Self> {
        let room = size.checked_add(COLOURS).filter(|room| *room < isize::MAX as usize / 2);
        let stack = DefaultStack::new(room.ok_or(io::ErrorKind::OutOfMemory)?)?;
        Ok(FiberStack {
            offset: n * 17 % (COLOURS / 64) * 64,
            #[cfg(unix)]
            _guard: Guard::watch(stack.limit().get(), size),
            stack,
        })
    }
}

// SAFETY: 1. `base` is the inner stack's minus a multiple of 64, so it is aligned as that
// is, and below it lies as much of the inner stack as is left: the offset is under `COLOURS`,
// and more than the least size of a stack is left. 2. `limit`, with its guard page, and what Windows
// asks for are the inner stack's own, and all stay what they are for as long as the stack lives.
unsafe impl Stack for FiberStack {
    fn base(&self) -> StackPointer {
        NonZeroUsize::new(self.stack.base().get() - self.offset)
            .expect("a stack is not at address 0")
    }

    fn limit(&self) -> StackPointer {
        self.stack.limit()
    }

    #[cfg(windows)]
    fn teb_fields(&self) -> corosensei::stack::StackTebFields {
        self.stack.teb_fields()
    }

    #[cfg(windows)]
    fn update_teb_fields(&mut self, stack_limit: usize, guaranteed_stack_bytes: usize) {
        self.stack.update_teb_fields(stack_limit, guaranteed_stack_bytes);
    }
}

/// The part of a stack that an idle fiber does not use.
#[derive(Clone, Copy)]
pub(super) struct Depths {
    #[cfg(unix)]
    from: usize,
    #[cfg(unix)]
    to: usize,
}

impl FiberStack {
    /// What an idle fiber with this stack does not use.
    #[cfg(unix)]
    pub(super) fn depths(&self) -> Depths {
        /// What a fiber uses that waits for a body, by far.
        const TOP: usize = 16 << 10;
        let page = super::overflow::page();
        let from = self.limit().get() + page;
        Depths { from, to: (self.base().get() - TOP) / page * page }
    }

    #[cfg(not(unix))]
    pub(super) fn depths(&self) -> Depths {
        Depths {}
    }
}

impl Depths {
    /// Gives the memory back to the system that deep calls have touched.
    ///
    /// # Safety
    ///
    /// The stack lives, and its fiber is idle.
    #[cfg(unix)]
    pub(super) unsafe fn clear(self) {
        // SAFETY: these are whole pages of a living stack on which nothing is, as the caller promises.
        unsafe {
            libc::madvise(self.from as *mut _, self.to - self.from, libc::MADV_DONTNEED);
        }
    }

    #[cfg(not(unix))]
    pub(super) unsafe fn clear(self) {}
}
