//! The handle with which a coroutine's body suspends itself.

use std::{cell::Cell, fmt, panic::resume_unwind, thread::panicking};

/// What a suspended body must do next.
pub(super) enum Command<I> {
    /// Continue with this value.
    Resume(I),
    /// Unwind its stack.
    Close,
}

/// A body has suspended itself.
pub(super) struct Pause<Y> {
    pub(super) value: Y,
    /// In a destructor that runs because it is being closed.
    pub(super) stuck: bool,
}

/// Unwinds the stack of a coroutine that is closed.
pub(super) struct Closing;

/// Suspends the coroutine whose body received it.
pub struct Yielder<'a, I, Y> {
    inner: &'a corosensei::Yielder<Command<I>, Pause<Y>>,
    /// The body has been told to unwind.
    closed: Cell<bool>,
}

impl<'a, I, Y> Yielder<'a, I, Y> {
    pub(super) fn new(inner: &'a corosensei::Yielder<Command<I>, Pause<Y>>) -> Self {
        Self { inner, closed: Cell::new(false) }
    }

    /// Yields `value` to the caller of `resume`, and waits for the next resume, whose value it
    /// returns. Python's `yield`.
    ///
    /// Does not return if the coroutine is closed: the stack is unwound from here. Code should not
    /// catch that unwinding; if it does, it must not suspend again.
    ///
    /// ```
    /// # use raceproof_suite::{native::Coroutine, primitives::CoroutineState::Yielded};
    /// let mut greeter = Coroutine::<&str, String, ()>::new(|yielder, mut name| loop {
    ///     name = yielder.suspend(format!("hello {name}"));
    /// });
    /// assert_eq!(greeter.resume("you"), Ok(Yielded("hello you".into())));
    /// ```
    pub fn suspend(&self, value: Y) -> I {
        let stuck = self.closed.get() && panicking();
        match self.inner.suspend(Pause { value, stuck }) {
            Command::Resume(input) => input,
            Command::Close => {
                self.closed.set(true);
                resume_unwind(Box::new(Closing))
            }
        }
    }
}

impl<I, Y> fmt::Debug for Yielder<'_, I, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielder").finish_non_exhaustive()
    }
}
