//! Stacks for coroutines. A free stack is reused by the next coroutine of the same thread: asking the
//! system for one, and for its first pages, takes longer than most coroutines run.

use corosensei::stack::DefaultStack;
use std::cell::RefCell;

/// Bytes of a stack; the system gives only the pages that are touched.
const SIZE: usize = 1 << 20;
/// The number of stacks that a thread keeps.
const KEPT: usize = 16;

thread_local! {
    static FREE: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A stack.
///
/// # Panics
///
/// Panics if the system has no memory for one.
pub(super) fn take() -> DefaultStack {
    let free = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten();
    free.unwrap_or_else(|| DefaultStack::new(SIZE).expect("memory for a coroutine's stack"))
}

/// Keeps a stack, unless there are enough, or the thread is about to end.
pub(super) fn give_back(stack: DefaultStack) {
    let mut stack = Some(stack);
    let keep = |free: &RefCell<Vec<_>>| {
        let mut free = free.borrow_mut();
        if free.len() < KEPT {
            free.extend(stack.take());
        }
    };
    // Otherwise it is dropped here.
    let _ = FREE.try_with(keep);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free() -> usize {
        FREE.with_borrow(Vec::len)
    }

    #[test]
    fn so_many_are_kept_and_used_again() {
        let taken: Vec<_> = (0..=KEPT).map(|_| take()).collect();
        taken.into_iter().for_each(give_back);
        assert_eq!(free(), KEPT);
        let _again = take();
        assert_eq!(free(), KEPT - 1);
    }
}
