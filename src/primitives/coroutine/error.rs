//! The errors of a coroutine.

/// A coroutine that has ended cannot be resumed. The error returns the value that was passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coroutine has ended")]
pub struct CoroutineEnded<I>(pub I);

impl<I> CoroutineEnded<I> {
    /// The value that was passed to it.
    ///
    /// ```
    /// # use raceproof_suite::native::Coroutine;
    /// let mut once = Coroutine::<_, (), ()>::new(|_, _| ());
    /// once.resume("first").unwrap();
    /// assert_eq!(once.resume("second").unwrap_err().into_inner(), "second");
    /// ```
    pub fn into_inner(self) -> I {
        self.0
    }
}

/// A coroutine that was closed has suspended itself once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coroutine ignored its close")]
pub struct CoroutineIgnoredClose<Y>(
    /// The value that it yielded; `None` if it was not even told to end, because it is suspended in
    /// a destructor that ran during an earlier close.
    pub Option<Y>,
);
