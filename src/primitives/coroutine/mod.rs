//! A function that can stop in the middle, yield a value, and continue later with a value passed in.
//!
//! Unlike a [`Thread`](super::Thread) it runs only while its caller resumes it, from one of its yields
//! to the next, on the caller's thread. It never runs in parallel to its caller.

mod error;
mod stack;
#[cfg(test)]
mod tests;
mod yielder;

pub use self::{
    error::{CoroutineEnded, CoroutineIgnoredClose},
    yielder::Yielder,
};

use crate::backend::Backend;
use corosensei::CoroutineResult;
use std::{
    borrow::Cow,
    fmt,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use yielder::{Closing, Command, Pause};

/// A function with its own stack (one mebibyte) that [suspends](Yielder::suspend) itself.
///
/// Like Python's generators: [`resume`](Self::resume) is `send`, [`close`](Self::close) is `close`, and a coroutine that takes no values is an [`Iterator`]. The value of
/// the first resume, which must be `None` in Python, is the second argument of the body. The return value of the body is a value of `resume`, not a `StopIteration`. There
/// is no `throw`: only a close makes it fail from outside. Where Python raises "generator already executing", Rust's `&mut` rules the call out. A coroutine stays in its
/// thread (it is not [`Send`]), because values on its stack may have to.
///
/// Unlike a future or an `async fn` it may suspend in the middle of any function that it calls. Inside,
/// everything is as in the thread that resumes it: a lock that is acquired there blocks that thread,
/// and belongs to it.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{Coroutine, CoroutineState::{Returned, Yielded}}};
///
/// let mut average = Coroutine::<Std, f64, f64, &str>::new(|yielder, first| {
///     let (mut sum, mut count) = (first, 1.0);
///     while sum / count < 10.0 {
///         sum += yielder.suspend(sum / count);
///         count += 1.0;
///     }
///     "ten on average"
/// });
/// assert_eq!(average.resume(4.0), Ok(Yielded(4.0)));
/// assert_eq!(average.resume(8.0), Ok(Yielded(6.0)));
/// assert_eq!(average.resume(30.0), Ok(Returned("ten on average")));
/// assert_eq!(average.resume(1.0).unwrap_err().into_inner(), 1.0);
/// ```
///
/// ```compile_fail,E0277
/// # use raceproof_suite::native::Coroutine;
/// let stays = Coroutine::<(), i32, ()>::new(|_, ()| ());
/// std::thread::spawn(move || drop(stays));
/// ```
pub struct Coroutine<B: Backend, I: 'static, Y: 'static, R: 'static> {
    name: Cow<'static, str>,
    stage: Stage<I, Y, R>,
    backend: PhantomData<B>,
}

/// How far a coroutine came when it was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoroutineState<Y, R> {
    /// It is suspended with this value, and can be resumed.
    Yielded(Y),
    /// Its body has returned this value.
    Returned(R),
}

/// Boxed, so that the code of a coroutine is compiled once for the types of its values.
type Body<I, Y, R> = Box<dyn FnOnce(&Yielder<'_, I, Y>, I) -> R>;
type Fiber<I, Y, R> = corosensei::Coroutine<Command<I>, Pause<Y>, R>;

enum Stage<I: 'static, Y: 'static, R: 'static> {
    /// Its body has not begun, and has no stack yet.
    New(Body<I, Y, R>),
    /// Its body waits for the next resume.
    Suspended {
        fiber: Fiber<I, Y, R>,
        /// A destructor has suspended it while it was being closed. A second unwinding from there would
        /// abort the process, so it can be resumed but not closed.
        stuck: bool,
    },
    /// Its body has returned or panicked, or was closed; or it is running now.
    Ended,
}

impl<B: Backend, I: 'static, Y: 'static, R: 'static> Coroutine<B, I, Y, R> {
    /// A coroutine that begins `body` when it is first resumed.
    ///
    /// ```
    /// # use raceproof_suite::{native::Coroutine, primitives::CoroutineState::{Returned, Yielded}};
    /// let mut echo = Coroutine::new(|yielder, first: i32| yielder.suspend(first) + 1);
    /// assert_eq!(echo.resume(1), Ok(Yielded(1)));
    /// assert_eq!(echo.resume(2), Ok(Returned(3)));
    /// ```
    pub fn new(body: impl FnOnce(&Yielder<'_, I, Y>, I) -> R + 'static) -> Self {
        Self::named("coroutine", body)
    }

    /// Like [`new`](Self::new), with a name for output.
    ///
    /// ```
    /// # use raceproof_suite::native::Coroutine;
    /// let numbers = Coroutine::<(), i32, ()>::named("numbers", |_, ()| ());
    /// assert_eq!(format!("{numbers:?}"), "Coroutine(\"numbers\", new)");
    /// ```
    pub fn named(
        name: impl Into<Cow<'static, str>>,
        body: impl FnOnce(&Yielder<'_, I, Y>, I) -> R + 'static,
    ) -> Self {
        Self { name: name.into(), stage: Stage::New(Box::new(body)), backend: PhantomData }
    }

    /// Runs it from where it is suspended, where `input` is returned, to where it suspends next or
    /// returns. The first `input` is passed to its body.
    ///
    /// # Errors
    ///
    /// [`CoroutineEnded`] with `input` if it has returned or panicked, or was closed.
    ///
    /// # Panics
    ///
    /// Panics with the panic of its body, which ends it.
    ///
    /// ```
    /// use raceproof_suite::{native::Coroutine, primitives::{CoroutineEnded, CoroutineState::Yielded}};
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    ///
    /// let mut brittle = Coroutine::<i32, i32, ()>::new(|yielder, first| {
    ///     let second = yielder.suspend(first);
    ///     assert!(second > 0, "not positive");
    /// });
    /// assert_eq!(brittle.resume(5), Ok(Yielded(5)));
    /// assert!(catch_unwind(AssertUnwindSafe(|| brittle.resume(-1))).is_err());
    /// assert_eq!(brittle.resume(6), Err(CoroutineEnded(6)));
    /// ```
    pub fn resume(&mut self, input: I) -> Result<CoroutineState<Y, R>, CoroutineEnded<I>> {
        // A panic leaves it `Ended`.
        let mut fiber = match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::New(body) => fiber(body),
            Stage::Suspended { fiber, .. } => fiber,
            Stage::Ended => return Err(CoroutineEnded(input)),
        };
        Ok(match fiber.resume(Command::Resume(input)) {
            CoroutineResult::Yield(Pause { value, stuck }) => {
                self.stage = Stage::Suspended { fiber, stuck };
                CoroutineState::Yielded(value)
            }
            CoroutineResult::Return(value) => {
                stack::give_back(fiber.into_stack());
                CoroutineState::Returned(value)
            }
        })
    }

    /// Ends it: its stack is unwound from where it is suspended, so that destructors run, as if
    /// [`suspend`](Yielder::suspend) had panicked there, but nothing is printed. A coroutine that has not
    /// begun is dropped with everything it owns; one that has ended stays as it is. Dropping a coroutine
    /// closes it.
    ///
    /// If the body catches the unwinding and returns, this returns the body's return value.
    ///
    /// # Errors
    ///
    /// [`CoroutineIgnoredClose`] if the body catches the unwinding, or runs a destructor, and suspends
    /// again; it can still be resumed. (Python raises a `RuntimeError`.) If it is dropped in that state,
    /// its stack and everything on it is leaked.
    ///
    /// # Panics
    ///
    /// Panics with the panic of its body, if that is another one than the close's own.
    ///
    /// ```
    /// use raceproof_suite::{native::Coroutine, primitives::CoroutineEnded};
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let file = Rc::new(());
    /// let open = Rc::clone(&file);
    /// let mut reader = Coroutine::<(), i32, ()>::new(move |yielder, ()| {
    ///     let _open = open;
    ///     loop {
    ///         yielder.suspend(0);
    ///     }
    /// });
    /// assert!(reader.resume(()).is_ok());
    /// assert_eq!(Rc::strong_count(&file), 2);
    /// assert_eq!(reader.close(), Ok(None));
    /// assert_eq!(Rc::strong_count(&file), 1);
    /// assert_eq!(reader.resume(()), Err(CoroutineEnded(())));
    /// ```
    pub fn close(&mut self) -> Result<Option<R>, CoroutineIgnoredClose<Y>> {
        let mut fiber = match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::New(_) | Stage::Ended => return Ok(None),
            stuck @ Stage::Suspended { stuck: true, .. } => {
                self.stage = stuck;
                return Err(CoroutineIgnoredClose(None));
            }
            Stage::Suspended { fiber, stuck: false } => fiber,
        };
        let unwind = AssertUnwindSafe(|| fiber.resume(Command::Close));
        let ended = match catch_unwind(unwind) {
            Ok(CoroutineResult::Yield(Pause { value, stuck })) => {
                self.stage = Stage::Suspended { fiber, stuck };
                return Err(CoroutineIgnoredClose(Some(value)));
            }
            Ok(CoroutineResult::Return(value)) => Ok(Some(value)),
            Err(payload) if payload.is::<Closing>() => Ok(None),
            Err(payload) => Err(payload),
        };
        stack::give_back(fiber.into_stack());
        Ok(ended.unwrap_or_else(|payload| resume_unwind(payload)))
    }

    /// Whether it will never run again: its body has returned or panicked, or it was closed.
    ///
    /// ```
    /// # use raceproof_suite::native::Coroutine;
    /// let mut once = Coroutine::<(), (), ()>::new(|_, ()| ());
    /// assert!(!once.has_ended());
    /// once.resume(()).unwrap();
    /// assert!(once.has_ended());
    /// ```
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }
}

/// Runs `body`, on its own stack.
fn fiber<I: 'static, Y: 'static, R: 'static>(body: Body<I, Y, R>) -> Fiber<I, Y, R> {
    Fiber::with_stack(stack::take(), |yielder, command| match command {
        Command::Resume(first) => body(&Yielder::new(yielder), first),
        Command::Close => unreachable!("what has not begun is closed without its stack"),
    })
}

/// Its yields, until it returns, as in a Python `for` loop over a generator.
///
/// ```
/// # use raceproof_suite::native::Coroutine;
/// let squares = Coroutine::<(), _, _>::new(|yielder, ()| {
///     (1..=3).for_each(|n| yielder.suspend(n * n));
/// });
/// assert!(squares.eq([1, 4, 9]));
/// ```
impl<B: Backend, Y: 'static, R: 'static> Iterator for Coroutine<B, (), Y, R> {
    type Item = Y;

    fn next(&mut self) -> Option<Y> {
        match self.resume(()) {
            Ok(CoroutineState::Yielded(value)) => Some(value),
            Ok(CoroutineState::Returned(_)) | Err(CoroutineEnded(())) => None,
        }
    }
}

impl<B: Backend, I: 'static, Y: 'static, R: 'static> Drop for Coroutine<B, I, Y, R> {
    fn drop(&mut self) {
        let closed = catch_unwind(AssertUnwindSafe(|| drop(self.close())));
        if let Stage::Suspended { fiber, .. } = mem::replace(&mut self.stage, Stage::Ended) {
            // It would not be closed, and forced unwinding would abort the process.
            mem::forget(fiber);
        }
        if let Err(payload) = closed
            && !std::thread::panicking()
        {
            resume_unwind(payload);
        }
    }
}

impl<B: Backend, I: 'static, Y: 'static, R: 'static> fmt::Debug for Coroutine<B, I, Y, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::New(_) => "new",
            Stage::Suspended { .. } => "suspended",
            Stage::Ended => "ended",
        };
        write!(f, "Coroutine({:?}, {stage})", self.name)
    }
}
