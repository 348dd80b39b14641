//! Which calls a thread is in, as a number.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use super::fiber;
#[cfg(not(windows))]
use super::unwinder::{_Unwind_Backtrace, _Unwind_GetCFA, _Unwind_GetIP};

/// Frames that are looked at, from the innermost.
const FRAMES: usize = 64;

/// The outermost frame of a fiber begins no further below its root.
const NEAR: usize = 64;

struct Walk {
    /// Frames that end below this address are left out.
    above: usize,
    hash: u64,
    frames: usize,
    /// The fiber's root. What is beyond is on the stack from which the fiber was resumed.
    root: usize,
    /// The fiber's outermost frame is behind.
    over: bool,
}

/// The places from which the running thread's functions were called that are above this address on
/// its stack, as a hash: two that are equal are the same calls. (Always 0 on Windows, whose
/// unwinder has another interface.)
pub(super) fn callers(above: usize) -> u64 {
    let mut walk = Walk { above, hash: 0, frames: 0, root: fiber::root(), over: false };
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
    if walk.over || walk.frames == FRAMES {
        return STOP;
    }
    walk.over = cfa.abs_diff(walk.root) <= NEAR;
    if cfa < walk.above {
        return 0;
    }
    walk.frames += 1;
    walk.hash = (walk.hash.rotate_left(5) ^ ip as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    0
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::{Explorer, thread};

    /// The calls of a thread end with its own outermost one, wherever its stack and those of the threads
    /// that resume it are.
    #[cfg(not(windows))]
    #[test]
    fn calls_are_those_of_the_thread_alone() {
        // A thread's first round is run by the thread that starts it, and the second by no thread.
        #[inline(never)]
        fn look() -> [u64; 2] {
            std::array::from_fn(|_| {
                let here = 0_u8;
                let calls = callers((&raw const here).addr());
                thread::park_timeout(std::time::Duration::ZERO);
                calls
            })
        }
        let seen = RefCell::new(Vec::new());
        Explorer::new().check(|| {
            // The sizes of the stacks put them far from each other.
            let threads = [1_usize, 1 << 26, 1 << 20].map(|size| {
                let builder = thread::Builder::new().stack_size(size);
                builder.spawn(look).unwrap()
            });
            seen.borrow_mut().extend(threads.map(|thread| thread.join().unwrap()));
        });
        let seen = seen.into_inner();
        assert!(seen.iter().all(|calls| *calls == [seen[0][0]; 2] && calls[0] != 0), "{seen:x?}");
    }
}
