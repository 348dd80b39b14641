//! Fibers left where they are because the process would abort if they went on.
//!
//! A destructor that panics while its thread unwinds aborts the process. Before that, std calls
//! the panic hook a last time. The fiber leaves the hook there and is never resumed. It leaves std's
//! function that runs the hook, too, because that one holds a lock which every panic takes.
#![allow(unsafe_code)]

use std::panic::PanicHookInfo;

use super::installed::try_with;
use super::{counted, fiber};
use crate::kernel::{FailureKind, Fault};

/// What core says before it aborts.
const ABORT: &str = "panic in a destructor during cleanup";

/// Leaves the running fiber for good if the process aborts after this call of the panic hook.
pub(super) fn hook(info: &PanicHookInfo<'_>) {
    let aborts = info.payload().downcast_ref::<&str>() == Some(&ABORT)
        && info.location().is_some_and(|location| location.file().contains("core/src/panicking"));
    if aborts && fiber::is_running() && forsake() {
        counted::subtract_in_hook();
        leave(info);
    }
}

/// Takes the running thread's fiber away, so that it is not resumed, and tells why. False if
/// the session is in use.
fn forsake() -> bool {
    try_with(|session| {
        let body = &mut session.bodies[usize::from(session.kernel.current)];
        body.fiber = None;
        let panic = body.panics.last().cloned();
        if super::teardown::under_way() {
            return;
        }
        let said = panic.as_ref().map_or("", |panic| &panic.message);
        let message = format!(
            "a destructor panics while its thread unwinds, which aborts the process: {said}"
        );
        let location = panic.as_ref().and_then(|panic| panic.location.clone());
        let fault = Fault { location, ..Fault::new(FailureKind::Assertion, message) };
        session.kernel.now.fault.get_or_insert(fault);
        session.stop();
    })
    .is_some()
}

/// Gives control away for good.
fn rest() -> ! {
    loop {
        fiber::switch_out();
    }
}

#[cfg(not(windows))]
fn leave(info: &PanicHookInfo<'_>) -> ! {
    use std::ffi::{c_int, c_void};
    use std::ptr::from_ref;

    use super::unwinder::{_Unwind_ForcedUnwind, _Unwind_GetCFA};

    /// Called for each frame, from the innermost out, before what the frame owns is dropped.
    extern "C-unwind" fn stop(
        _version: c_int,
        _actions: c_int,
        _class: u64,
        _exception: *mut c_void,
        context: *mut c_void,
        info: *mut c_void,
    ) -> c_int {
        // SAFETY: the unwinder gives the context of the frame that it is at.
        if unsafe { _Unwind_GetCFA(context) } > info.addr() {
            rest();
        }
        0
    }

    // Larger and stricter aligned than any platform's `_Unwind_Exception`; leaked, as the fiber is.
    #[repr(align(16))]
    struct Exception([u64; 16]);
    let exception = Box::leak(Box::new(Exception([0; 16])));
    let exception = exception.0.as_mut_ptr();
    // SAFETY: 1. `info` is in the frame of std's function that called the hook, and the stack grows
    // down, so the frames that are left are that one and those of the hook: Rust's, made to be
    // unwound through, and `stop` lets no other be left. 2. `stop` never returns from there, so
    // nothing catches the exception, and no code of the fiber runs any more.
    unsafe { _Unwind_ForcedUnwind(exception.cast(), stop, from_ref(info).cast_mut().cast()) };
    rest()
}

/// Windows' unwinder cannot do it: the hook's lock stays taken.
#[cfg(windows)]
fn leave(_info: &PanicHookInfo<'_>) -> ! {
    rest()
}
