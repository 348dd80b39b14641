//! The unwinder, to which std is linked for panics, by the Itanium C++ ABI. (Windows has another.)
#![cfg(not(windows))]
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

/// Called for each frame, from the innermost, with its context and an argument.
pub(super) type Trace = extern "C-unwind" fn(*mut c_void, *mut c_void) -> c_int;

/// Called for each frame, from the innermost, before it is left: version, actions, class, exception,
/// context, argument.
pub(super) type Stop =
    extern "C-unwind" fn(c_int, c_int, u64, *mut c_void, *mut c_void, *mut c_void) -> c_int;

unsafe extern "C-unwind" {
    pub(super) fn _Unwind_Backtrace(trace: Trace, argument: *mut c_void) -> c_int;
    pub(super) fn _Unwind_ForcedUnwind(
        exception: *mut c_void,
        stop: Stop,
        argument: *mut c_void,
    ) -> c_int;
    pub(super) fn _Unwind_GetIP(context: *mut c_void) -> usize;
    pub(super) fn _Unwind_GetCFA(context: *mut c_void) -> usize;
}
