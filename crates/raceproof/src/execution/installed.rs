//! The session of the model that runs on this OS thread.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use super::session::Session;
use crate::kernel::{Id, Kernel};

thread_local! {
    /// Made by [`install`] from a box; null while there is none, or while it is in use.
    static SESSION: Cell<*mut Session> = const { Cell::new(ptr::null_mut()) };
    /// The session in place, in use or not.
    static INSTALLED: Cell<*const Session> = const { Cell::new(ptr::null()) };
    /// The execution under way; 0: none.
    static EPOCH: Cell<u64> = const { Cell::new(0) };
}

const OUTSIDE: &str = "a type of raceproof is used outside a model: run it inside raceproof::model or Explorer::check";

#[cold]
#[track_caller]
fn outside() -> ! {
    panic!("{OUTSIDE}")
}

/// Puts a session back in its place, also if its user panics.
struct Back(*mut Session);

impl Drop for Back {
    #[inline]
    fn drop(&mut self) {
        SESSION.set(self.0);
    }
}

/// Runs `f` on the session of the model that runs on this OS thread.
#[track_caller]
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&mut Session) -> R) -> R {
    match try_with(f) {
        Some(result) => result,
        None => outside(),
    }
}

/// Runs `f` on the kernel of the model that runs on this OS thread.
#[track_caller]
#[inline]
pub(crate) fn kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> R {
    with(|session| f(&mut session.kernel))
}

/// Runs `f` on the kernel, if there is one and it is not in use.
#[inline]
pub(crate) fn try_kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    try_with(|session| f(&mut session.kernel))
}

/// Runs `f` on the session, if there is one and it is not in use.
#[inline]
pub(super) fn try_with<R>(f: impl FnOnce(&mut Session) -> R) -> Option<R> {
    let session = SESSION.replace(ptr::null_mut());
    if session.is_null() {
        return None;
    }
    let _back = Back(session);
    // SAFETY: 1. The pointer is a leaked box's, which `exchange` alone takes back, and only what
    // it finds in the cell. 2. It is not in the cell before `_back` is dropped, and `f`
    // switches to no other fiber, so until then nothing else can reach the session.
    Some(f(unsafe { &mut *session }))
}

/// Puts a session in place, or takes it away.
pub(super) fn install(session: Option<Box<Session>>) {
    drop(exchange(session));
}

/// As [`install`]; returns the session that was in place before, unless that is in use. No execution may be under way.
pub(super) fn exchange(session: Option<Box<Session>>) -> Option<Box<Session>> {
    EPOCH.set(0);
    let session = session.map_or(ptr::null_mut(), Box::into_raw);
    INSTALLED.set(session);
    let earlier = SESSION.replace(session);
    // SAFETY: only this function puts pointers in the cell (`try_with` puts back what
    // it took), each from a box, and this one is no longer there.
    (!earlier.is_null()).then(|| unsafe { Box::from_raw(earlier) })
}

/// Says the name of the thread that runs, in pieces. For a signal handler that does not return: the
/// session may be in use, and nothing may be allocated.
#[cfg(unix)]
pub(super) fn name_running_thread(say: &dyn Fn(&str)) {
    // SAFETY: a session lives as long as it is in place. Code that changes it is interrupted for good,
    // between two steps of which each leaves the name and the table of threads whole.
    let Some(session) = (unsafe { INSTALLED.get().as_ref() }) else {
        return say("?");
    };
    let thread = session.kernel.thread(session.kernel.current);
    if let Some(name) = &thread.name {
        return say(name);
    }
    say("thread ");
    super::overflow::number(usize::from(thread.order), say);
}

/// Says which execution is under way.
pub(super) fn set_epoch(epoch: u64) {
    EPOCH.set(epoch);
}

/// Does this object belong to the execution that runs on this OS thread?
#[inline]
pub(crate) fn belongs(id: Id) -> bool {
    EPOCH.get() == id.epoch
}

/// Did this object belong to it, until its end?
#[inline]
pub(super) fn ended(id: Id) -> bool {
    EPOCH.get() == id.after_end()
}

/// Does no model run on this OS thread?
#[inline]
pub(crate) fn is_outside() -> bool {
    EPOCH.get() == 0
}

/// Panics because the model checker is used in a way that has no meaning.
#[track_caller]
pub(crate) fn misuse(message: &str) -> ! {
    try_kernel(|kernel| kernel.now.misused = true);
    panic!("{message}")
}
