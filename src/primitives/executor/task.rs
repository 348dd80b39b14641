//! The jobs that a pool's workers run.

use super::{Future, FutureError};
use crate::backend::{Backend, Panicked, execution::report_unclaimed, panic_message};
use std::{
    marker::PhantomData,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// A piece of work, as a worker sees it.
pub(in crate::primitives) trait Job: Send {
    /// Does the work.
    fn run(self: Box<Self>);
    /// The work will never be done, for this reason.
    fn give_up(self: Box<Self>, why: FutureError);
}

/// Where the result of a piece of work goes.
pub(in crate::primitives) trait Place<T>: Send {
    /// The work begins; false if it is not wanted any more.
    fn begin(&self) -> bool;
    /// The work has ended, or will never be done.
    fn settle(self: Box<Self>, result: Result<T, FutureError>);
}

/// A closure whose result goes to a place.
pub(in crate::primitives) struct Task<B: Backend, T> {
    place: Box<dyn Place<T>>,
    body: Body<T>,
    backend: PhantomData<fn() -> B>,
}

/// What a task does.
pub(in crate::primitives) type Body<T> = Box<dyn FnOnce() -> T + Send>;

/// Called with the result before any other thread can see it.
pub(in crate::primitives) type First<T> = Box<dyn FnOnce(&Result<T, FutureError>) + Send>;

impl<B: Backend, T: Send + 'static> Task<B, T> {
    pub(in crate::primitives) fn job(place: Box<dyn Place<T>>, body: Body<T>) -> Box<dyn Job> {
        Box::new(Self { place, body, backend: PhantomData })
    }

    /// The job of `body`, and its future.
    #[track_caller]
    pub(in crate::primitives) fn with_future(
        body: Body<T>,
        first: Option<First<T>>,
    ) -> (Box<dyn Job>, Future<B, T>) {
        let (place, future) = One::pending(first);
        (Self::job(place, body), future)
    }
}

/// The place of one result.
pub(in crate::primitives) struct One<B: Backend, T: Send + 'static> {
    future: Future<B, T>,
    /// A function that sees the result before any other thread does.
    first: Option<First<T>>,
}

impl<B: Backend, T: Send + 'static> One<B, T> {
    /// The place, and its future.
    #[track_caller]
    pub(in crate::primitives) fn pending(
        first: Option<First<T>>,
    ) -> (Box<dyn Place<T>>, Future<B, T>) {
        let future = Future::pending();
        (Box::new(Self { future: future.clone(), first }), future)
    }
}

impl<B: Backend, T: Send + 'static> Place<T> for One<B, T> {
    fn begin(&self) -> bool {
        self.future.begin()
    }

    fn settle(self: Box<Self>, result: Result<T, FutureError>) {
        end(&self.future, self.first, result);
    }
}

/// Ends `future` with `result`, which `first` sees before.
pub(in crate::primitives) fn end<B: Backend, T: Send + 'static>(
    future: &Future<B, T>,
    first: Option<First<T>>,
    result: Result<T, FutureError>,
) {
    if let Some(first) = first {
        unheard::<B>(|| first(&result));
    }
    future.end(result);
}

impl<B: Backend, T: Send + 'static> Job for Task<B, T> {
    fn run(self: Box<Self>) {
        let Self { place, body, .. } = *self;
        if place.begin() {
            place.settle(caught::<B, _>(body).map_err(FutureError::Panicked));
        }
    }

    fn give_up(self: Box<Self>, why: FutureError) {
        self.place.settle(Err(why));
    }
}

/// Jobs that one worker does one after the other.
struct Chunk<B>(Vec<Box<dyn Job>>, PhantomData<fn() -> B>);

impl<B: Backend> Job for Chunk<B> {
    fn run(self: Box<Self>) {
        for job in self.0 {
            // A panic of a destructor must not keep the others from being done.
            unheard::<B>(|| job.run());
        }
    }

    fn give_up(self: Box<Self>, why: FutureError) {
        for job in self.0 {
            unheard::<B>(|| job.give_up(why.clone()));
        }
    }
}

/// These jobs, in chunks of `size`.
pub(in crate::primitives) fn chunks<B: Backend>(
    jobs: Vec<Box<dyn Job>>,
    size: NonZeroUsize,
) -> Vec<Box<dyn Job>> {
    if size == NonZeroUsize::MIN {
        return jobs;
    }
    let mut jobs = jobs.into_iter().peekable();
    let chunk = || {
        jobs.peek()?;
        let chunk = jobs.by_ref().take(size.get()).collect();
        Some(Box::new(Chunk::<B>(chunk, PhantomData)) as Box<dyn Job>)
    };
    std::iter::from_fn(chunk).collect()
}

/// Runs `body`; its panic can be reported to the execution only.
pub(in crate::primitives) fn unheard<B: Backend>(body: impl FnOnce()) {
    if let Err(panicked) = caught::<B, _>(body) {
        report_unclaimed(panicked.message);
    }
}

/// Runs `body`; its panic becomes an error that names the running thread.
pub(in crate::primitives) fn caught<B: Backend, T>(
    body: impl FnOnce() -> T,
) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        if B::is_engine_panic(&*payload) {
            resume_unwind(payload);
        }
        let message = panic_message(&*payload);
        Panicked { thread: B::current().name().into(), message }
    })
}
