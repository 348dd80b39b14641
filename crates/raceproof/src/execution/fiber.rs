//! Stackful fibers: the threads of a model, all on one OS thread.
//!
//! Whoever resumes a fiber gets control back when it calls [`switch_out`] or its body ends.
//! A fiber whose body has ended runs another one, so that once enough are there, a new
//! thread costs neither a system call nor an allocation. Stacks have guard pages.
#![allow(unsafe_code)]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};

use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::counted;
use super::stack::{self, Depths, FiberStack};

/// Why a fiber gave control back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It goes on when it is resumed.
    Paused,
    /// Its body has ended.
    Ended,
}

struct Slot {
    coroutine: Coroutine<(), Turn, (), FiberStack>,
    /// A body has begun in it and has not ended.
    busy: bool,
    /// Bytes of its stack.
    size: usize,
    depths: Depths,
}

/// One of this OS thread's fibers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fiber(NonNull<Slot>);

/// What a fiber is to run: a closure's address, and how to move it out of there and call it.
#[derive(Clone, Copy)]
struct Body {
    closure: *mut (),
    call: unsafe fn(*mut ()),
}

impl Body {
    /// This closure, which nobody uses from now on.
    fn of<F: FnOnce()>(closure: &mut ManuallyDrop<F>) -> Self {
        unsafe fn call<F: FnOnce()>(closure: *mut ()) {
            // SAFETY: the caller gives the address of an `F` that nobody else will use.
            unsafe { closure.cast::<F>().read()() }
        }
        Body { closure: (&raw mut *closure).cast(), call: call::<F> }
    }
}

/// Fibers without a body.
#[derive(Default)]
struct Pool {
    idle: Vec<Fiber>,
    /// How many have been made.
    made: usize,
    /// Fibers that hold a panic each: see [`counted`].
    resting: Vec<Fiber>,
}

/// Idle fibers that an OS thread keeps.
const KEPT: usize = 256;

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
    /// The yielder of the running fiber; null outside fibers.
    static RUNNING: Cell<*const Yielder<(), Turn>> = const { Cell::new(ptr::null()) };
    /// The body of the fiber that is about to start; `None` ends it.
    static BODY: Cell<Option<Body>> = const { Cell::new(None) };
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.idle.drain(..).for_each(Fiber::end);
        for Fiber(slot) in self.resting.drain(..) {
            // SAFETY: 1. The slot is as in `Fiber::end`. 2. The fiber never runs again, and nothing
            // refers to its stack: what is left there is a panic of this module.
            unsafe {
                let mut slot = Box::from_raw(slot.as_ptr());
                slot.coroutine.force_reset();
            }
        }
    }
}

/// A fiber without a body, with a stack of as many bytes as wanted. Give it
/// [back](Fiber::give_back).
///
/// # Errors
///
/// If the system has no room for its stack.
pub(crate) fn take(wanted: Option<usize>) -> io::Result<Fiber> {
    POOL.with_borrow_mut(|pool| {
        if let Some(fiber) = take_from(&mut pool.idle, wanted) {
            return Ok(fiber);
        }
        pool.made += 1;
        let size = stack::size(wanted);
        Ok(Fiber::make(FiberStack::new(pool.made, size)?, size))
    })
}

/// One of these idle fibers, with a stack of as many bytes as wanted.
#[inline]
pub(super) fn take_from(idle: &mut Vec<Fiber>, wanted: Option<usize>) -> Option<Fiber> {
    let size = stack::size(wanted);
    // Nearly always it is the last.
    let at = idle.iter().rposition(|fiber| fiber.size() == size)?;
    Some(idle.swap_remove(at))
}

/// A fiber that holds a panic, if any does.
pub(super) fn resting() -> Option<Fiber> {
    POOL.with_borrow_mut(|pool| pool.resting.pop())
}

impl Fiber {
    fn make(stack: FiberStack, size: usize) -> Self {
        let depths = stack.depths();
        let slot = Box::new(Slot { coroutine: coroutine(stack), busy: false, size, depths });
        Fiber(NonNull::from(Box::leak(slot)))
    }

    /// Forgets the body that runs in it and has not ended, and all that is on its stack: nothing of that is dropped.
    ///
    /// # Safety
    ///
    /// Nobody refers to what is on its stack, and the fiber does not run.
    pub(super) unsafe fn forget(self) -> Self {
        // SAFETY: the slot is a box's that `Fiber::make` leaked, and the caller gives up this handle.
        let Slot { mut coroutine, size, .. } = *unsafe { Box::from_raw(self.0.as_ptr()) };
        // SAFETY: as the caller promises; what is there is leaked.
        unsafe { coroutine.force_reset() };
        Fiber::make(coroutine.into_stack(), size)
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
        let mut body = ManuallyDrop::new(body);
        // SAFETY: as the caller promises; the closure is here until the fiber gives control back.
        unsafe { self.begin_beside_panics(Body::of(&mut body)) };
    }

    /// As [`Fiber::begin`], perhaps of a caller that panics.
    ///
    /// # Safety
    ///
    /// As for [`Fiber::begin`].
    unsafe fn begin_beside_panics(self, body: Body) {
        // The panics under way are the caller's.
        let panics = std::thread::panicking().then(counted::take);
        // SAFETY: as the caller promises.
        unsafe { self.begin(body) };
        panics.into_iter().for_each(counted::put);
    }

    /// Drops a value in this fiber, which is idle, by a panic with this payload, until its destructor switches
    /// out or the panic is caught.
    pub(super) fn unwind(self, held: impl Sized + 'static, payload: Box<dyn Any + Send>) {
        let unwind = move || {
            let _held = held;
            resume_unwind(payload);
        };
        let mut body = ManuallyDrop::new(|| drop(catch_unwind(AssertUnwindSafe(unwind))));
        // SAFETY: the closure is here until the fiber gives control back, owns all that it uses, and does not unwind.
        unsafe { self.begin(Body::of(&mut body)) };
    }

    /// Runs a body whether the caller panics or not.
    ///
    /// # Safety
    ///
    /// As for [`Fiber::start`]. The body's closure is there until it has been moved out, which is the first that it does.
    unsafe fn begin(self, body: Body) {
        assert!(!self.is_busy(), "a body runs in this fiber");
        BODY.set(Some(body));
        self.resume();
    }

    /// Runs the fiber, which must not run already, until it switches out or its body ends.
    #[inline(always)]
    pub(crate) fn resume(self) {
        let caller = RUNNING.get();
        // SAFETY: 1. The slot is a leaked box, freed only when the fiber ends, which is in no other
        // place then. 2. While the fiber runs, nobody else uses the slot: the kernel resumes only
        // fibers that are suspended, and asks only of those whether they are busy.
        let slot = unsafe { &mut *self.0.as_ptr() };
        let turn = slot.coroutine.resume(());
        RUNNING.set(caller);
        slot.busy = turn == CoroutineResult::Yield(Turn::Paused);
    }

    /// Does a body run in it that has not ended?
    #[inline]
    pub(crate) fn is_busy(self) -> bool {
        // SAFETY: as in `resume`.
        unsafe { (*self.0.as_ptr()).busy }
    }

    /// Bytes of its stack.
    #[inline]
    fn size(self) -> usize {
        // SAFETY: as in `resume`; it never changes.
        unsafe { (*self.0.as_ptr()).size }
    }

    /// Lets others have it. A fiber whose body has not ended is leaked: it never runs again.
    pub(crate) fn give_back(self) {
        if self.is_busy() {
            return;
        }
        POOL.with_borrow_mut(|pool| {
            if pool.idle.len() >= KEPT {
                return self.end();
            }
            // SAFETY: the fiber is idle, and its slot as in `resume`.
            unsafe { (*self.0.as_ptr()).depths.clear() };
            pool.idle.push(self);
        });
    }

    /// Ends it, which is idle and in no other place.
    fn end(self) {
        BODY.set(None);
        // SAFETY: the slot is a box's that `Fiber::make` leaked. The caller gives up the only handle, and
        // nothing runs in the fiber.
        let mut slot = unsafe { Box::from_raw(self.0.as_ptr()) };
        slot.coroutine.resume(());
    }

    /// Keeps it, which holds a panic.
    pub(super) fn rest(self) {
        POOL.with_borrow_mut(|pool| pool.resting.push(self));
    }
}

/// A coroutine that runs one body after the other on this stack.
fn coroutine(stack: FiberStack) -> Coroutine<(), Turn, (), FiberStack> {
    Coroutine::with_stack(stack, |yielder, ()| {
        while let Some(Body { closure, call }) = BODY.take() {
            RUNNING.set(yielder);
            // SAFETY: `start`, which has just put the body there, waits until this fiber
            // gives control back, so the closure is still where it was and is moved once.
            unsafe { call(closure) };
            yielder.suspend(Turn::Ended);
        }
    })
}

/// Does this code run in a fiber?
pub(crate) fn is_running() -> bool {
    !RUNNING.get().is_null()
}

/// An address near the top of the running fiber's stack, at which its outermost call begins; 0 outside
/// fibers.
pub(super) fn root() -> usize {
    RUNNING.get().addr()
}

/// Gives control from the running fiber to whoever resumed it, until it is resumed again.
#[inline(always)]
pub(crate) fn switch_out() {
    if std::thread::panicking() {
        return switch_out_unwinding();
    }
    suspend();
}

/// As [`switch_out`]; no other fiber is to see the panics under way, which are this one's.
#[cold]
#[inline(never)]
fn switch_out_unwinding() {
    let panics = counted::take();
    suspend();
    counted::put(panics);
}

/// As [`switch_out`], whether the fiber panics or not.
#[inline(always)]
pub(super) fn suspend() {
    let yielder = RUNNING.get();
    assert!(!yielder.is_null(), "switch_out is called in a fiber");
    // SAFETY: 1. The pointer was made from the reference that the running fiber's
    // main function got, which lives as long as that function, and this code runs
    // inside it. 2. It is this fiber's own: the start of its body and the line below set it
    // each time the fiber gains control, and `resume` sets its caller's when it has lost it.
    unsafe { (*yielder).suspend(Turn::Paused) };
    RUNNING.set(yielder);
}
