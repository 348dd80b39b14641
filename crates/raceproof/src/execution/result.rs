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

/// A thread's result without its type. Leaked if nobody takes it.
#[derive(Default)]
pub(crate) enum Left {
    /// None yet, or taken.
    #[default]
    Nothing,
    /// The thread's handle is gone: nobody will ask.
    Unwanted,
    /// What it returned: a leaked box.
    Value(*mut ()),
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
            Left::Value(value) => Some(Ok(*unsafe { Box::from_raw(value.cast::<T>()) })),
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
pub(crate) fn leave<T>(session: &mut Session, result: Result<T>) -> Option<Result<T>> {
    let left = &mut session.bodies[usize::from(session.kernel.current)].left;
    if matches!(left, Left::Unwanted) {
        return Some(result);
    }
    *left = match result {
        Ok(value) => Left::Value(Box::into_raw(Box::new(value)).cast()),
        Err(payload) => Left::Panic(payload),
    };
    None
}

impl Left {
    /// Nothing, for another execution. What is there belongs to one that is over, and is
    /// leaked: its destructor would find no model to run in.
    pub(crate) fn reset(&mut self) {
        mem::forget(mem::take(self));
    }
}
