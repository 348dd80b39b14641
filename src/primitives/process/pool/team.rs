//! The threads and the processes of a pool.

use super::{
    Work,
    seats::{Failure, Plan, Seats},
};
use crate::{
    backend::{Arc, Backend},
    primitives::{
        Future, FutureError, PoolJoinError, SubmitError,
        executor::{Body, Breaker, Crew, Open, Task, can_lock, chunks},
        process::ProcessError,
    },
};
use std::num::NonZeroUsize;

pub(super) struct Team<B: Backend, W: Work> {
    pub(super) crew: Crew<B>,
    seats: Arc<Seats<B, W>>,
}

impl<B: Backend, W: Work> Team<B, W> {
    #[track_caller]
    pub(super) fn new(crew: Crew<B>, plan: Plan<B, W>) -> Result<Self, ProcessError> {
        let seats = Seats::new(plan);
        seats.open()?;
        Ok(Self { crew, seats: Arc::new(seats) })
    }

    /// Has a process do the work, when a thread comes to it.
    pub(super) fn body(&self, work: W) -> Body<W::Output> {
        let seats = Arc::clone(&self.seats);
        let breaker = self.crew.breaker();
        Body::Told(Box::new(move || seats.call(work).map_err(|why| told(&seats, &breaker, why))))
    }

    /// The futures of work that is done in chunks, each of which is one job.
    pub(super) fn each(
        &self,
        open: Open<'_, B>,
        works: Vec<W>,
        chunk: NonZeroUsize,
    ) -> Vec<Future<B, W::Output>> {
        let tasks = works.into_iter().map(|work| Task::with_future(self.body(work), None));
        let (jobs, futures): (Vec<_>, Vec<_>) = tasks.unzip();
        open.take(chunks::<B>(jobs, chunk));
        futures
    }

    /// Opens the crew for these, or returns them.
    pub(super) fn open<T>(&self, works: T) -> Result<(Open<'_, B>, T), SubmitError<T>> {
        match self.crew.open() {
            Ok(open) => Ok((open, works)),
            Err(refusal) => Err(refusal.of(works)),
        }
    }

    #[track_caller]
    pub(super) fn terminate(&self) {
        self.crew.shut_down_now();
        self.seats.terminate();
    }

    #[track_caller]
    pub(super) fn join(&self) -> Result<(), PoolJoinError> {
        self.crew.join()?;
        self.seats.close();
        Ok(())
    }
}

/// What a future is told of a failure.
fn told<B: Backend, W: Work>(
    seats: &Seats<B, W>,
    breaker: &Breaker<B>,
    why: Failure,
) -> FutureError {
    match why {
        Failure::Other(error) => error,
        Failure::Died(failed) if seats.plan.replaces => FutureError::Died(failed),
        Failure::Died(failed) => {
            let first = seats.break_up(failed);
            breaker.break_up(&first);
            FutureError::BrokenProcessPool(first)
        }
    }
}

impl<B: Backend, W: Work> Drop for Team<B, W> {
    fn drop(&mut self) {
        if can_lock::<B>() {
            self.terminate();
            // A worker thread that drops the pool does not wait for itself.
            if self.crew.join().is_ok() {
                self.seats.close();
            }
        }
    }
}
