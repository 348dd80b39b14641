//! What a coroutine refuses.

/// A coroutine that has ended cannot be resumed. What it was to be given comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coroutine has ended")]
pub struct CoroutineEnded<I>(pub I);

impl<I> CoroutineEnded<I> {
    /// The value that was to be given to it.
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

/// A coroutine that was told to end has suspended itself once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coroutine ignored its close")]
pub struct CoroutineIgnoredClose<Y>(
    /// What it yielded; `None` if it was not even told, for it is suspended in a destructor that ran
    /// because of an earlier close.
    pub Option<Y>,
);
