//! std's count of the panics under way, which is one for all fibers of an OS thread.
//!
//! A fiber that unwinds has its panics on that count. It [takes](take) them off when it gives
//! control away, and [puts](put) them back when it has control again. So each fiber has a count of
//! its own: `std::thread::panicking` and std's locks tell of the fiber that runs, and of no other.
//!
//! std lets no program set the count, but raising a panic adds one and catching it subtracts one.
//!
//! * **One more:** a fiber of its own raises a panic and rests in the middle of it.
//! * **One less:** such a fiber, if there is one, goes on and catches its panic. Else the panic hook
//!   does it: inside of it, raising adds nothing and catching subtracts one.

use std::cell::Cell;
use std::panic::{catch_unwind, panic_any, resume_unwind};

use super::fiber;

/// What is thrown to change the count.
struct Counted;

/// More panics than are ever under way in one fiber: a hook that is not the checker's takes none off.
const MOST: u32 = 1_000;

thread_local! {
    /// How often the hook has taken one off.
    static BY_HOOK: Cell<u32> = const { Cell::new(0) };
}

/// Takes every panic off the count. Returns how many there were.
#[cold]
pub(super) fn take() -> u32 {
    let mut taken = 0;
    while std::thread::panicking() && taken < MOST && subtract() {
        taken += 1;
    }
    taken
}

/// Puts panics back on the count that were taken off.
#[cold]
pub(super) fn put(taken: u32) {
    (0..taken).for_each(|_| add());
}

/// Called by the panic hook, first of all: is this a panic of this module's? Then it is taken off.
pub(super) fn hook(payload: &dyn std::any::Any) -> bool {
    let own = payload.is::<Counted>();
    if own {
        subtract_in_hook();
        BY_HOOK.set(BY_HOOK.get() + 1);
    }
    own
}

/// Takes the panic off the count whose hook runs, and ends what std takes for the hook.
pub(super) fn subtract_in_hook() {
    drop(catch_unwind(|| resume_unwind(Box::new(Counted))));
}

/// Takes one off the count. False if the panic hook is another's.
fn subtract() -> bool {
    if let Some(resting) = fiber::resting() {
        resting.resume();
        resting.give_back();
        return true;
    }
    let before = BY_HOOK.get();
    // Counted once, and taken off twice: by the hook and by the catch.
    drop(catch_unwind(|| panic_any(Counted)));
    BY_HOOK.get() != before
}

/// Puts one on the count.
fn add() {
    struct Rest;
    impl Drop for Rest {
        fn drop(&mut self) {
            fiber::suspend();
        }
    }
    let fiber = fiber::take(None).expect("memory for a fiber's stack");
    fiber.unwind(Rest, Box::new(Counted));
    fiber.rest();
}
