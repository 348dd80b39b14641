//! Stackful fibers: the threads of a model, all on one OS thread.
//!
//! Whoever resumes a fiber gets control back when it calls [`switch_out`] or its body ends.
//! A fiber whose body has ended runs another one, so that once enough are there, a new
//! thread costs neither a system call nor an allocation. Stacks have guard pages.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::ptr;

use corosensei::stack::{DefaultStack, Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Bytes of stack for each fiber; the system gives only the pages that are touched.
const STACK: usize = 1 << 20;

/// A stack that begins somewhat below its top. Tops are page-aligned, so without this the
/// busy ends of all stacks would fight for the same few cache lines.
struct Coloured {
    stack: DefaultStack,
    offset: usize,
}

impl Coloured {
    /// The n-th stack of this OS thread.
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

/// Why a fiber gave control back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It goes on when it is resumed.
    Paused,
    /// Its body has ended.
    Ended,
}

struct Slot {
    coroutine: Coroutine<(), Turn, (), Coloured>,
    /// A body has begun in it and has not ended.
    busy: bool,
}

/// One of this OS thread's fibers.
#[derive(Clone, Copy)]
pub(crate) struct Fiber(*mut Slot);

/// What a fiber is to run: a closure's address, and how to move it out of there and call it.
#[derive(Clone, Copy)]
struct Body {
    closure: *mut (),
    call: unsafe fn(*mut ()),
}

/// Fibers without a body.
#[derive(Default)]
struct Pool {
    idle: Vec<Fiber>,
    made: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
    /// The yielder of the running fiber; null outside fibers.
    static RUNNING: Cell<*const Yielder<(), Turn>> = const { Cell::new(ptr::null()) };
    /// The body of the fiber that is about to start; `None` ends it.
    static BODY: Cell<Option<Body>> = const { Cell::new(None) };
}

impl Drop for Pool {
    fn drop(&mut self) {
        BODY.set(None);
        for Fiber(slot) in self.idle.drain(..) {
            // SAFETY: the slot is a box's that `Fiber::make` leaked. An idle fiber is in no
            // other place than the pool, and nothing runs in it.
            let mut slot = unsafe { Box::from_raw(slot) };
            slot.coroutine.resume(());
        }
    }
}

/// A fiber without a body. Give it [back](Fiber::give_back).
pub(crate) fn take() -> Fiber {
    POOL.with_borrow_mut(|pool| {
        pool.idle.pop().unwrap_or_else(|| {
            pool.made += 1;
            Fiber::make(pool.made)
        })
    })
}

impl Fiber {
    fn make(n: usize) -> Self {
        let coroutine = Coroutine::with_stack(Coloured::new(n), |yielder, ()| {
            while let Some(Body { closure, call }) = BODY.take() {
                RUNNING.set(yielder);
                // SAFETY: `start`, which has just put the body there, waits until this fiber
                // gives control back, so the closure is still where it was and is moved once.
                unsafe { call(closure) };
                yielder.suspend(Turn::Ended);
            }
        });
        Fiber(Box::into_raw(Box::new(Slot { coroutine, busy: false })))
    }

    /// Runs `body` in this fiber, which is idle, until it switches out or ends. `body` must
    /// not unwind.
    ///
    /// # Safety
    ///
    /// Whatever `body` borrows must live until it has run to its end, or the fiber must never
    /// be resumed again.
    #[inline(always)]
    pub(crate) unsafe fn start<F: FnOnce()>(self, body: F) {
        unsafe fn call<F: FnOnce()>(closure: *mut ()) {
            // SAFETY: the caller gives the address of an `F` that nobody else will use.
            unsafe { closure.cast::<F>().read()() }
        }
        assert!(!self.is_busy(), "a body runs in this fiber");
        let mut body = ManuallyDrop::new(body);
        BODY.set(Some(Body { closure: (&raw mut body).cast(), call: call::<F> }));
        self.resume();
    }

    /// Runs the fiber, which must not run already, until it switches out or its body ends.
    #[inline(always)]
    pub(crate) fn resume(self) {
        let caller = RUNNING.get();
        // SAFETY: 1. The slot is a leaked box, freed only with the pool, at the end of the OS
        // thread. 2. While the fiber runs, nobody else uses the slot: the kernel resumes only
        // fibers that are suspended, and asks only of those whether they are busy.
        let slot = unsafe { &mut *self.0 };
        let turn = slot.coroutine.resume(());
        RUNNING.set(caller);
        slot.busy = turn == CoroutineResult::Yield(Turn::Paused);
    }

    /// Does a body run in it that has not ended?
    #[inline]
    pub(crate) fn is_busy(self) -> bool {
        // SAFETY: as in `resume`.
        unsafe { (*self.0).busy }
    }

    /// Lets others have it. A fiber whose body has not ended is leaked: it never runs again.
    pub(crate) fn give_back(self) {
        if !self.is_busy() {
            POOL.with_borrow_mut(|pool| pool.idle.push(self));
        }
    }
}

/// Does this code run in a fiber?
pub(crate) fn is_running() -> bool {
    !RUNNING.get().is_null()
}

/// Gives control from the running fiber to whoever resumed it, until it is resumed again.
#[inline(always)]
pub(crate) fn switch_out() {
    let yielder = RUNNING.get();
    assert!(!yielder.is_null(), "switch_out is called in a fiber");
    // SAFETY: 1. The pointer was made from the reference that the running fiber's
    // main function got, which lives as long as that function, and this code runs
    // inside it. 2. It is this fiber's own: the start of its body and the line below set it
    // each time the fiber gains control, and `resume` sets its caller's when it has lost it.
    unsafe { (*yielder).suspend(Turn::Paused) };
    RUNNING.set(yielder);
}
