//! Fibers that run threads: their beginning and their end.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::execution::fiber::{self, Fiber};
use crate::execution::panics::{self, Panic};
use crate::execution::result::{Claim, leave};
use crate::execution::step::perform;
use crate::execution::teardown;
use crate::kernel::op::{Op, Pending};
use crate::kernel::state::{Id, Kernel, NOBODY, Next, PanicNote, Role, Status, with};
use crate::telling::recorder::Subject;
use crate::telling::trace::{Operation, Value};
use crate::thread::daemons;
use crate::thread::local;

/// Starts a thread and lets it run to its first operation.
#[track_caller]
#[inline]
pub(crate) fn spawn<F, T>(name: Option<Cow<'static, str>>, role: Role, f: F) -> Claim<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: `f` borrows nothing.
    unsafe { spawn_unchecked(name, role, f) }
}

/// Starts a thread whose closure may borrow.
///
/// # Safety
///
/// What `f` borrows, and what `T` borrows, must live until the thread has ended or is abandoned.
#[track_caller]
#[inline]
pub(crate) unsafe fn spawn_unchecked<F, T>(
    name: Option<Cow<'static, str>>,
    role: Role,
    f: F,
) -> Claim<T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    if teardown::under_way() {
        teardown::inert(Pending { op: Op::Choose, obj: 0, aux: 1, at: Location::caller() });
        // A destructor of an execution that is over starts a thread: there is none to start.
        loop {
            fiber::switch_out();
        }
    }
    let at = Location::caller();
    let (id, object, fiber) = with(|kernel| {
        let id = kernel.spawn(name, role);
        if kernel.recording() {
            kernel.note(Operation::Spawn, Subject::Thread(id), None, at);
        }
        // The child runs to its first operation before its parent goes on.
        kernel.run_child(id);
        let thread = &kernel.threads[usize::from(id)];
        (id, Id { epoch: kernel.epoch, index: thread.end }, thread.fiber)
    });
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(f));
        let mut note = result.as_ref().err().and_then(|payload| panics::last(&**payload));
        let unwanted = with(|kernel| {
            let unwanted = leave(kernel, result);
            // Nearly every thread ends like this.
            let ended = unwanted.is_none() && note.is_none() && kernel.finish_plainly();
            (!ended).then_some(unwanted)
        });
        let Some(unwanted) = unwanted else {
            return;
        };
        if let Some(unwanted) = unwanted {
            let late = catch_unwind(AssertUnwindSafe(|| drop(unwanted))).err();
            note = note.or_else(|| late.as_deref().and_then(panics::last));
        }
        end(note, at);
    };
    // SAFETY: the thread is this execution's, and `body` leaves nothing but a `Result<T>`.
    let claim = unsafe { Claim::new(id, object) };
    // SAFETY: 1. `body` cannot unwind: the closure's panics are caught, and what follows
    // runs no code of the program but destructors that `end` guards. 2. The caller
    // promises that what it borrows lives long enough.
    unsafe { fiber.start(body) };
    if with(|kernel| kernel.ending) {
        teardown::pause();
    }
    claim
}

/// Runs the root thread and every other until the execution is over.
pub(crate) fn run(model: &impl Fn()) {
    let at = Location::caller();
    let body = || {
        let main = || {
            model();
            daemons::stop_any(at);
        };
        let panic = catch_unwind(AssertUnwindSafe(main)).err();
        end(panic.as_deref().and_then(panics::last), at);
    };
    // SAFETY: `model` outlives this function, and so does the fiber not: the explorer
    // tears it down, or abandons it, before it lets go of the model.
    unsafe { with(|kernel| kernel.threads[0].fiber).start(body) };
    while let Some(fiber) = with(|kernel| kernel.next_fiber()) {
        fiber.resume();
    }
}

/// Ends the running thread, with its panic if it panicked.
fn end(panic: Option<Panic>, at: &'static Location<'static>) {
    if panic.is_none() && with(Kernel::finish_plainly) {
        return;
    }
    let late = catch_unwind(local::destroy).err();
    let late = late.as_deref().and_then(panics::last);
    let ends = with(|kernel| {
        if let Some(panic) = panic.or(late) {
            kernel.note_panic(panic, at);
        }
        kernel.limits.ends && !kernel.ending
    });
    if ends && !teardown::under_way() {
        let (obj, aux) = with(|kernel| (kernel.me().end, u32::from(kernel.current)));
        let last = || perform(Pending { op: Op::End, obj, aux, at });
        drop(catch_unwind(AssertUnwindSafe(last)));
    }
    with(Kernel::finish);
}

impl Kernel {
    fn note_panic(&mut self, panic: Panic, at: &'static Location<'static>) {
        let misuse = std::mem::take(&mut self.misused);
        if self.recording() {
            let said = Some(Value::text(&panic.message));
            self.note(Operation::Panic, Subject::Nothing, said, at);
            self.note_place(panic.location.clone());
        }
        let thread = self.current;
        self.panics.push(PanicNote { thread, panic, claimed: false, misuse });
        self.ending |= thread == 0 && !self.limits.keep_going;
    }

    /// Ends the running thread if nothing else is to be done for its end.
    fn finish_plainly(&mut self) -> bool {
        let plain = self.me().locals.is_empty() && !self.limits.ends;
        if plain {
            self.finish();
        }
        plain
    }

    fn next_fiber(&self) -> Option<Fiber> {
        match self.next {
            Next::Run(thread) => Some(self.threads[usize::from(thread)].fiber),
            Next::Stop => None,
        }
    }

    /// Ends the running thread.
    fn finish(&mut self) {
        let me = self.current;
        let thread = self.me();
        thread.status = Status::Done;
        let joiner = std::mem::replace(&mut thread.joiner, NOBODY);
        self.daemons -= u32::from(thread.is_unawaited());
        self.live -= 1;
        if teardown::under_way() {
            return;
        }
        if joiner != NOBODY {
            self.inherit(usize::from(joiner), usize::from(me));
            self.joiners.push(joiner);
        }
        self.go_on();
    }
}
