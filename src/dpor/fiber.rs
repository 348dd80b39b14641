//! Stackful fibers: the threads of a model, all on one OS thread.
//!
//! The driver resumes a fiber with [`resume`]; the fiber gives control back with
//! [`switch_out`]. Stacks have guard pages and are used again, so a fiber costs
//! no system call once the pool is warm.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::ptr;

use corosensei::stack::{DefaultStack, Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult, Yielder};

type Fiber = Coroutine<(), (), (), Coloured>;

/// Bytes of stack for each fiber; the system gives only the pages that are touched.
const STACK: usize = 1 << 20;

/// A stack that begins somewhat below its top. Tops are page-aligned, so without this the
/// busy ends of all stacks would fight for the same few cache lines.
struct Coloured {
    stack: DefaultStack,
    offset: usize,
}

impl Coloured {
    /// The n-th stack of a pool.
    fn new(n: usize) -> Self {
        let stack = DefaultStack::new(STACK).expect("memory for a fiber's stack");
        Coloured { stack, offset: n * 17 % 256 * 64 }
    }
}

// SAFETY: 1. `base` is the inner stack's minus a multiple of 64, so it is aligned as that
// is, and below it lies as much of the inner stack as is left: the offset is under 16 KiB
// of a mebibyte, far above the least size. 2. `limit`, with its guard page, is the inner
// stack's own, and both stay what they are for as long as the stack lives.
unsafe impl Stack for Coloured {
    fn base(&self) -> StackPointer {
        NonZeroUsize::new(self.stack.base().get() - self.offset)
            .expect("a stack is not at address 0")
    }

    fn limit(&self) -> StackPointer {
        self.stack.limit()
    }
}

#[derive(Default)]
struct Pool {
    /// Boxed, so that a fiber keeps its place while it runs and makes others.
    #[allow(clippy::vec_box)]
    slots: Vec<Box<Option<Fiber>>>,
    stacks: Vec<Coloured>,
    made: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
    /// The yielder of the running fiber; null outside fibers.
    static RUNNING: Cell<*const Yielder<(), ()>> = const { Cell::new(ptr::null()) };
}

/// Makes a fiber in slot `slot` that will run `body`, which must not unwind.
///
/// # Safety
///
/// Whatever `body` borrows must live until it has run to its end, or the fiber
/// must be [abandoned](abandon) and so never be resumed again.
pub(crate) unsafe fn create(slot: usize, body: impl FnOnce()) {
    let main = move |yielder: &Yielder<(), ()>, ()| {
        RUNNING.set(yielder);
        body();
    };
    POOL.with_borrow_mut(|pool| {
        let stack = pool.stacks.pop().unwrap_or_else(|| {
            pool.made += 1;
            Coloured::new(pool.made)
        });
        // SAFETY: `with_stack_unchecked` lifts only the `'static` bound of the closure;
        // our caller promises that what it borrows outlives its run.
        let fiber = unsafe { Fiber::with_stack_unchecked(stack, main) };
        if pool.slots.len() <= slot {
            pool.slots.resize_with(slot + 1, Box::default);
        }
        debug_assert!(pool.slots[slot].is_none(), "the slot is in use");
        *pool.slots[slot] = Some(fiber);
    });
}

/// Runs the fiber in `slot`, which must not run already, until it switches out or ends.
#[inline]
pub(crate) fn resume(slot: usize) {
    let caller = RUNNING.get();
    let place: *mut Option<Fiber> = POOL.with_borrow_mut(|pool| &raw mut *pool.slots[slot]);
    // SAFETY: 1. The box that `place` points into is freed only with the pool, at the end
    // of the OS thread. 2. While the fiber runs, nobody else uses the slot: the kernel
    // resumes only threads that are suspended, `create` is called for absent threads only,
    // and `alive` and `abandon` when no fiber runs.
    let fiber = unsafe { &mut *place };
    let result = fiber.as_mut().expect("a fiber that has not ended").resume(());
    RUNNING.set(caller);
    if let CoroutineResult::Return(()) = result
        && let Some(done) = fiber.take()
    {
        POOL.with_borrow_mut(|pool| pool.stacks.push(done.into_stack()));
    }
}

/// Gives control from the running fiber to whoever resumed it, until it is resumed again.
#[inline]
pub(crate) fn switch_out() {
    let yielder = RUNNING.get();
    assert!(!yielder.is_null(), "switch_out is called in a fiber");
    // SAFETY: 1. The pointer was made from the reference that the running fiber's
    // main function got, which lives as long as that function, and this code runs
    // inside it. 2. It is this fiber's own: `create` and the line below set it each
    // time the fiber gains control, and `resume` sets its caller's when it has lost it.
    unsafe { (*yielder).suspend(()) };
    RUNNING.set(yielder);
}

/// Is there a fiber in this slot that has not ended?
pub(crate) fn alive(slot: usize) -> bool {
    POOL.with_borrow(|pool| pool.slots.get(slot).is_some_and(|fiber| fiber.is_some()))
}

/// Leaks the fiber in `slot`: its stack stays, and it never runs again.
pub(crate) fn abandon(slot: usize) {
    std::mem::forget(POOL.with_borrow_mut(|pool| pool.slots[slot].take()));
}
