//! Which calls a thread is in, as a number.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

#[cfg(not(windows))]
use super::unwinder::{_Unwind_Backtrace, _Unwind_GetCFA, _Unwind_GetIP};

/// Frames that are looked at, from the innermost.
const FRAMES: usize = 64;

/// Frames of one stack are no further apart: a fiber's stack is smaller, and others are elsewhere.
const APART: usize = 1 << 24;

struct Walk {
    /// Frames that end below this address are left out.
    above: usize,
    hash: u64,
    frames: usize,
    /// Where the frame before begins.
    last: Option<usize>,
}

/// The places from which the running thread's functions were called that are above this address on
/// its stack, as a hash: two that are equal are the same calls. (Always 0 on Windows, whose
/// unwinder has another interface.)
pub(super) fn callers(above: usize) -> u64 {
    let mut walk = Walk { above, hash: 0, frames: 0, last: None };
    #[cfg(not(windows))]
    // SAFETY: the functions are the unwinder's, to which std is linked for panics, with the types
    // of the Itanium C++ ABI. `frame` takes the argument for what it is, and does not unwind.
    unsafe {
        _Unwind_Backtrace(frame, (&raw mut walk).cast());
    }
    walk.hash
}

#[cfg(not(windows))]
extern "C-unwind" fn frame(context: *mut c_void, argument: *mut c_void) -> c_int {
    /// Anything but 0 ends the walk.
    const STOP: c_int = 4;
    // SAFETY: `callers` passes its `Walk`, which nothing else uses meanwhile; the context is the
    // unwinder's own.
    let (walk, ip, cfa) =
        unsafe { (&mut *argument.cast::<Walk>(), _Unwind_GetIP(context), _Unwind_GetCFA(context)) };
    let elsewhere = walk.last.is_some_and(|last| last.abs_diff(cfa) > APART);
    if elsewhere || walk.frames == FRAMES {
        return STOP;
    }
    walk.last = Some(cfa);
    if cfa < walk.above {
        return 0;
    }
    walk.frames += 1;
    walk.hash = (walk.hash.rotate_left(5) ^ ip as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    0
}
