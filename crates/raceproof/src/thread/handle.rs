//! Handles to threads.

use std::borrow::Cow;
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::sync::Arc;

use super::Result;
use crate::execution::{Claim, Leaving, await_end, is_outside, kernel, misuse, perform, teardown};
use crate::kernel::{Op, Pending};
use crate::sync::atomic::AtomicBool;

/// A handle to a thread: its name, its identity, and its token for [`park`](super::park).
#[derive(Clone)]
pub struct Thread(Who);

#[derive(Clone)]
enum Who {
    Model { id: u16, name: Option<Cow<'static, str>> },
    Real(std::thread::Thread),
}

#[cold]
#[track_caller]
fn foreign() -> ! {
    misuse("a thread that was started outside of the model is used in it")
}

/// What tells threads apart; in a model the same in equivalent executions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThreadId(Identity);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Identity {
    Model(u16),
    Real(std::thread::ThreadId),
}

impl Thread {
    /// The running one of a model, or another one.
    pub(super) fn of_model(id: u16, name: Option<Cow<'static, str>>) -> Self {
        Thread(Who::Model { id, name })
    }

    /// One that no model knows.
    pub(super) fn real(thread: std::thread::Thread) -> Self {
        Thread(Who::Real(thread))
    }

    /// Its identity.
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Who::Model { id, .. } => Identity::Model(*id),
            Who::Real(thread) => Identity::Real(thread.id()),
        })
    }

    /// Its number in the kernel.
    #[track_caller]
    pub(crate) fn number(&self) -> u16 {
        match &self.0 {
            Who::Model { id, .. } => *id,
            Who::Real(_) => foreign(),
        }
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Who::Model { name, .. } => name.as_deref(),
            Who::Real(thread) => thread.name(),
        }
    }

    /// Gives it its token: a [`park`](super::park) of it that is under way, or the next one, returns.
    #[track_caller]
    pub fn unpark(&self) {
        if let Who::Real(thread) = &self.0
            && is_outside()
        {
            return thread.unpark();
        }
        let thread = self.number();
        let token = kernel(|kernel| kernel.thread(thread).token);
        perform(Pending { op: Op::Unpark { token, thread }, at: Location::caller() });
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// Whether a thread has left its result, or its handle is gone: whichever comes second drops a result for which nobody asks.
///
/// Nobody needs to know where results have no destructors, or are asked for: then it is nothing.
#[derive(Clone)]
pub(super) struct First {
    /// Where the thread is started.
    at: &'static Location<'static>,
    one: Option<Arc<ManuallyDrop<AtomicBool>>>,
}

impl First {
    /// For a thread that returns a `T`.
    #[track_caller]
    pub(super) fn of<T>() -> Self {
        let matters = mem::needs_drop::<T>() && kernel(|kernel| kernel.limits.results);
        // Its end would be an access of whoever drops it.
        let one = matters.then(|| Arc::new(ManuallyDrop::new(AtomicBool::named("result", false))));
        First { at: Location::caller(), one }
    }

    /// Says that the thread is about to leave its result.
    pub(super) fn leaving(&self) -> Option<Leaving> {
        let first = self.clone();
        self.one.is_some().then(|| Box::new(move || first.comes()) as Leaving)
    }

    fn comes(&self) {
        if let Some(one) = &self.one {
            one.swap_at(true, self.at);
        }
    }
}

/// The right to a result, until it is taken.
struct Wanted<T> {
    claim: Option<Claim<T>>,
    first: First,
}

impl<T> Wanted<T> {
    fn thread(&self) -> u16 {
        self.claim.as_ref().expect("it is not taken").thread()
    }

    fn take(mut self) -> Claim<T> {
        self.claim.take().expect("it is not taken")
    }
}

impl<T> Drop for Wanted<T> {
    fn drop(&mut self) {
        let is_lost = self.claim.as_ref().is_some_and(Claim::belongs);
        if !is_lost || !mem::needs_drop::<T>() || teardown::under_way() {
            return;
        }
        // Only now it is known to matter, unless the execution fails anyway.
        kernel(|kernel| kernel.now.unasked = true);
        self.first.comes();
    }
}

/// What both kinds of join handle hold: the thread, and the right to its result; outside of a model, std's
/// handle.
pub(super) struct Handle<T, R> {
    thread: Thread,
    right: Right<T, R>,
}

enum Right<T, R> {
    Model(Wanted<T>),
    Real(R),
}

impl<T, R> Handle<T, R> {
    pub(super) fn new(name: Option<Cow<'static, str>>, claim: Claim<T>, first: First) -> Self {
        let thread = Thread::of_model(claim.thread(), name);
        Handle { thread, right: Right::Model(Wanted { claim: Some(claim), first }) }
    }

    pub(super) fn real(thread: &std::thread::Thread, handle: R) -> Self {
        Handle { thread: Thread::real(thread.clone()), right: Right::Real(handle) }
    }

    pub(super) fn thread(&self) -> &Thread {
        &self.thread
    }

    #[track_caller]
    #[inline]
    pub(super) fn join(self, real: impl FnOnce(R) -> Result<T>) -> Result<T> {
        let claim = match self.right {
            Right::Model(wanted) => wanted.take(),
            Right::Real(_) if !is_outside() => foreign(),
            Right::Real(handle) => return real(handle),
        };
        let id = claim.thread();
        await_end(id, Location::caller());
        let result = claim.take();
        let result = result.unwrap_or_else(|| misuse("a thread was joined that left no result"));
        if result.is_err() {
            kernel(|kernel| kernel.claim_panic(id));
        }
        result
    }

    #[track_caller]
    pub(super) fn is_finished(&self, real: impl FnOnce(&R) -> bool) -> bool {
        let thread = match &self.right {
            Right::Model(wanted) => wanted.thread(),
            Right::Real(_) if !is_outside() => foreign(),
            Right::Real(handle) => return real(handle),
        };
        let end = kernel(|kernel| {
            // Only now the end of a thread is known to matter.
            if !teardown::under_way() {
                kernel.begin_with_ends();
            }
            kernel.thread(thread).end
        });
        perform(Pending { op: Op::IsFinished { end, thread }, at: Location::caller() }) != 0
    }
}

/// Waits for a thread and takes its result.
pub struct JoinHandle<T>(pub(super) Handle<T, std::thread::JoinHandle<T>>);

impl<T> JoinHandle<T> {
    /// Waits for the thread to end; its panic comes back as `Err`.
    #[track_caller]
    #[inline]
    pub fn join(self) -> Result<T> {
        self.0.join(std::thread::JoinHandle::join)
    }

    /// Is the thread's closure over? As in std, its thread-local values may be yet to be destroyed, which
    /// `join` waits for.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished(std::thread::JoinHandle::is_finished)
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        self.0.thread()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", self.thread()).finish_non_exhaustive()
    }
}
