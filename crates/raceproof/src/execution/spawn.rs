//! Fibers that run threads: their beginning and their end.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use super::counted;
use super::fiber::{self, Fiber};
use super::installed::{kernel, with};
use super::panics;
use super::result::{self, Claim, Discard, leave};
use super::session::{Local, Session};
use super::step::perform;
use super::teardown;
use crate::kernel::fault::Panic;
use crate::kernel::state::PanicNote;
use crate::kernel::{Id, Op, Pending, Role};
use crate::telling::recorder::Subject;
use crate::telling::trace::{Operation, Value};

/// Starts a thread and lets it run to its first operation.
#[track_caller]
#[inline]
pub(crate) fn spawn<F, T>(
    name: Option<Cow<'static, str>>,
    role: Role,
    stack: Option<usize>,
    leaving: Option<Leaving>,
    f: F,
) -> io::Result<Claim<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: neither `f` nor `T` borrows anything.
    unsafe { spawn_unchecked(name, role, stack, Some(result::discard::<T>), leaving, f) }
}

/// What a thread does before it leaves its result.
pub(crate) type Leaving = Box<dyn FnOnce()>;

/// Starts a thread whose closure may borrow, with a stack of as many bytes as wanted. A result that is
/// never asked for is discarded at the end of the execution, if it is known how, or else leaked.
///
/// Programs have many closures and few types of results: what can do without the closure's type is compiled once.
///
/// # Errors
///
/// If the system has no room for its stack.
///
/// # Safety
///
/// What `f` borrows, and what `T` borrows, must live until the thread has ended or is abandoned. If
/// `discard` is given, it is [`result::discard`] of `T`, and what `T` borrows must live until the
/// execution is over.
#[track_caller]
#[inline]
pub(crate) unsafe fn spawn_unchecked<F, T>(
    name: Option<Cow<'static, str>>,
    role: Role,
    stack: Option<usize>,
    discard: Option<Discard>,
    leaving: Option<Leaving>,
    f: F,
) -> io::Result<Claim<T>>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    let at = Location::caller();
    let (id, object, fiber) = begin(name, role, stack, at)?;
    let body = move || {
        let mut f = Some(f);
        run_to_end::<T>(&mut || f.take().expect("a thread runs once")(), leaving, discard, at);
    };
    // SAFETY: the thread is this execution's, and `body` leaves nothing but a `Result<T>`.
    let claim = unsafe { Claim::new(id, object) };
    // SAFETY: 1. `body` cannot unwind: the closure's panics are caught, and what follows
    // runs no code of the program but destructors that `end` guards. 2. The caller
    // promises that what it borrows lives long enough.
    unsafe { fiber.start(body) };
    if kernel(|kernel| kernel.now.ending) {
        teardown::pause();
    }
    Ok(claim)
}

/// Begins a thread: which it is, its end, and its fiber.
fn begin(
    name: Option<Cow<'static, str>>,
    role: Role,
    stack: Option<usize>,
    at: &'static Location<'static>,
) -> io::Result<(u16, Id, Fiber)> {
    if teardown::under_way() {
        teardown::inert(Pending { op: Op::Choose(1), at });
        // A destructor of an execution that is over starts a thread: there is none to start.
        loop {
            fiber::switch_out();
        }
    }
    with(|session| {
        let (id, fiber) = session.spawn(name, role, stack, at)?;
        let end = Id { epoch: session.kernel.epoch, index: session.kernel.thread(id).end };
        Ok((id, end, fiber))
    })
}

/// Runs a thread's closure, and ends the thread.
fn run_to_end<T>(
    f: &mut dyn FnMut() -> T,
    leaving: Option<Leaving>,
    discard: Option<Discard>,
    at: &'static Location<'static>,
) {
    let result = caught(|| {
        let result = f();
        if let Some(leaving) = leaving {
            leaving();
        }
        result
    });
    let mut note = result.as_ref().err().and_then(|payload| panics::told_by(&**payload));
    let unwanted = with(|session| {
        let unwanted = leave(session, result, discard);
        // Nearly every thread ends like this.
        let ended = unwanted.is_none() && note.is_none() && session.finish_plainly();
        (!ended).then_some(unwanted)
    });
    let Some(unwanted) = unwanted else {
        return;
    };
    if let Some(unwanted) = unwanted {
        let late = catch_unwind(AssertUnwindSafe(|| drop(unwanted))).err();
        note = note.or_else(|| late.as_deref().and_then(panics::told_by));
    }
    end(note, at);
}

/// What a thread's closure comes to.
#[inline]
fn caught<R>(f: impl FnOnce() -> R) -> std::thread::Result<R> {
    let result = catch_unwind(AssertUnwindSafe(f));
    if std::thread::panicking() {
        // It has left panics under way, in a coroutine say, that end with it.
        counted::take();
    }
    result
}

/// Runs the root thread and every other until the execution is over.
pub(super) fn run(model: &impl Fn()) {
    let at = Location::caller();
    let body = || {
        let main = || {
            model();
            stop_any_daemons(at);
        };
        let panic = caught(main).err();
        end(panic.as_deref().and_then(panics::told_by), at);
    };
    // SAFETY: `model` outlives this function, and so does the fiber not: the explorer
    // tears it down, or abandons it, before it lets go of the model.
    unsafe { with(|session| session.bodies[0].fiber.expect("the root's")).start(body) };
    run_on();
}

/// Runs the threads as the session chooses them, until it chooses none.
pub(super) fn run_on() {
    while let Some(fiber) = with(|session| session.next_fiber()) {
        fiber.resume();
    }
}

/// Forgets every fiber that is still alive, and what is on its stack.
pub(super) fn forget_all() {
    for (thread, fiber) in teardown::alive() {
        // SAFETY: all that may refer to its stack are fibers of this execution, which are over, or forgotten as well.
        let fiber = unsafe { fiber.forget() };
        with(|session| {
            session.bodies[usize::from(thread)].fiber = None;
            session.take_back(fiber);
            session.kernel.current = thread;
            session.kernel.finish();
        });
    }
}

/// The main thread ends by stopping the daemons, if the program has any.
fn stop_any_daemons(at: &'static Location<'static>) {
    if !teardown::under_way() && kernel(|kernel| kernel.limits.daemons && !kernel.now.ending) {
        perform(Pending { op: Op::StopDaemons, at });
    }
}

/// Ends the running thread, with its panic if it panicked.
fn end(panic: Option<Panic>, at: &'static Location<'static>) {
    if panic.is_none() && with(Session::finish_plainly) {
        return;
    }
    let panic = with(|session| session.end_closure(panic, at));
    if kernel(|kernel| kernel.limits.ends && !kernel.now.ending) && !teardown::under_way() {
        let end = kernel(|kernel| kernel.me().end);
        let last = || perform(Pending { op: Op::End { end }, at });
        drop(catch_unwind(AssertUnwindSafe(last)));
    }
    let late = catch_unwind(destroy_locals).err();
    let late = late.as_deref().and_then(panics::told_by);
    with(|session| {
        if let Some(panic) = panic.or(late) {
            session.note_panic(panic, at);
        }
        session.finish();
    });
}

/// Destroys the running thread's thread-local values, first made first, among them those that
/// destructors make of other keys.
fn destroy_locals() {
    let next = || with(|session| session.locals().iter_mut().find_map(|local| local.value.take()));
    while let Some(value) = next() {
        drop(value);
    }
    with(|session| session.locals().clear());
}

impl Session {
    /// Ends the closure of the running thread, with its panic if it panicked. Of a scoped thread with
    /// thread-local values this is noted before these are destroyed, and of any if its end is a step; otherwise gives the
    /// panic back.
    fn end_closure(
        &mut self,
        panic: Option<Panic>,
        at: &'static Location<'static>,
    ) -> Option<Panic> {
        let scoped = self.kernel.me().scoped && !self.locals().is_empty();
        if !scoped && !self.kernel.limits.ends || teardown::under_way() {
            return panic;
        }
        if let Some(panic) = panic {
            self.note_panic(panic, at);
        }
        if scoped {
            self.close();
        }
        None
    }

    fn note_panic(&mut self, panic: Panic, at: &'static Location<'static>) {
        let said = Some(Value::text(&panic.message));
        self.note(Operation::Panic, Subject::Nothing, said, at);
        if let Some(recorder) = &mut self.recorder {
            recorder.note_place(panic.location.clone());
        }
        let thread = self.kernel.current;
        let now = &mut self.kernel.now;
        now.panics.push(PanicNote { thread, panic, taken_by: None });
        now.ending |= thread == 0 && !self.kernel.limits.keep_going;
    }

    /// Ends the running thread if nothing else is to be done for its end.
    fn finish_plainly(&mut self) -> bool {
        let plain = self.locals().is_empty() && !self.kernel.limits.ends;
        if plain {
            self.finish();
        }
        plain
    }

    /// The running thread's thread-local values.
    pub(crate) fn locals(&mut self) -> &mut Vec<Local> {
        &mut self.bodies[usize::from(self.kernel.current)].locals
    }
}
