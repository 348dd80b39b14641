//! What a thread leaves behind for whoever joins it.
#![allow(unsafe_code)]

use std::any::Any;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::sync::Mutex;

use super::installed::{belongs, try_with};
use super::session::Session;
use crate::kernel::Id;

type Result<T> = std::thread::Result<T>;

/// Drops what a thread returned, whose type is lost.
pub(crate) type Discard = unsafe fn(*mut ());

/// A thread's result without its type.
#[derive(Default)]
pub(crate) enum Left {
    /// None yet, or taken.
    #[default]
    Nothing,
    /// The thread's handle is gone: nobody will ask.
    Unwanted,
    /// What it returned: a leaked box, and how to drop it if it may be dropped when the execution is over.
    Value(*mut (), Option<Discard>),
    /// What it panicked with.
    Panic(Box<dyn Any + Send>),
}

/// The right to one thread's result.
pub(crate) struct Claim<T> {
    /// The thread's end, as an object.
    end: Id,
    thread: u16,
    /// `Send` and `Sync` as a lock around the result is.
    result: PhantomData<Mutex<T>>,
}

impl<T> Claim<T> {
    /// The right to what a thread leaves.
    ///
    /// # Safety
    ///
    /// The thread was started in the execution under way, the object is its end, and it
    /// leaves its result by [`leave`] of a `Result<T>`, if at all.
    pub(crate) unsafe fn new(thread: u16, end: Id) -> Self {
        Claim { end, thread, result: PhantomData }
    }

    pub(crate) fn thread(&self) -> u16 {
        self.thread
    }

    /// Is it of the execution under way?
    pub(crate) fn belongs(&self) -> bool {
        belongs(self.end)
    }

    /// Takes the result, if the thread has left one in the execution under way.
    pub(crate) fn take(self) -> Option<Result<T>> {
        ManuallyDrop::new(self).replace(Left::Nothing)
    }

    fn replace(&self, by: Left) -> Option<Result<T>> {
        if !belongs(self.end) {
            return None;
        }
        let left = |session: &mut Session| {
            mem::replace(&mut session.bodies[usize::from(self.thread)].left, by)
        };
        match try_with(left)? {
            Left::Nothing | Left::Unwanted => None,
            // SAFETY: 1. The kernel gives each result away once. 2. It is this execution's,
            // so its thread is the one that the claim was made for, and what `leave` leaked
            // for it is a box of a `T`, as the maker of the claim promised.
            Left::Value(value, _) => Some(Ok(*unsafe { Box::from_raw(value.cast::<T>()) })),
            Left::Panic(payload) => Some(Err(payload)),
        }
    }
}

impl<T> Drop for Claim<T> {
    fn drop(&mut self) {
        drop(self.replace(Left::Unwanted));
    }
}

/// Leaves the running thread's result, or gives it back if nobody can ask for it.
pub(crate) fn leave<T>(
    session: &mut Session,
    result: Result<T>,
    discard: Option<Discard>,
) -> Option<Result<T>> {
    let left = &mut session.bodies[usize::from(session.kernel.current)].left;
    if matches!(left, Left::Unwanted) {
        return Some(result);
    }
    *left = match result {
        Ok(value) => Left::Value(Box::into_raw(Box::new(value)).cast(), discard),
        Err(payload) => Left::Panic(payload),
    };
    None
}

impl Left {
    /// Nothing, for another execution. What is there is leaked.
    pub(crate) fn reset(&mut self) {
        mem::forget(mem::take(self));
    }

    /// Takes what may be dropped now that the execution is over.
    pub(super) fn take_discarded(&mut self) -> Option<Discarded> {
        let kept = !matches!(self, Left::Value(_, Some(_)) | Left::Panic(_));
        if kept { None } else { Some(Discarded(mem::take(self))) }
    }
}

/// A result for which no thread has asked, and which may be dropped at any time.
pub(super) struct Discarded(Left);

impl Discarded {
    /// What is dropped by `discard`.
    ///
    /// # Safety
    ///
    /// As of `discard`.
    pub(super) unsafe fn new(value: *mut (), discard: Discard) -> Self {
        Discarded(Left::Value(value, Some(discard)))
    }
}

impl Drop for Discarded {
    fn drop(&mut self) {
        if let Left::Value(value, Some(discard)) = self.0 {
            // SAFETY: the box was leaked by `leave`, is dropped here alone, and holds what `discard` drops.
            unsafe { discard(value) }
        }
    }
}

/// Drops what a thread left that returned a `T`.
///
/// # Safety
///
/// The address is that of a `T` in a leaked box, which nothing else will use.
pub(super) unsafe fn discard<T>(value: *mut ()) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(value.cast::<T>()) });
}
