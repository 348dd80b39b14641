//! The threads and the processes of a pool.

use super::{
    Work,
    seats::{Failure, Plan, Seats},
};
use crate::{
    backend::{Arc, Backend},
    primitives::{
        Future, FutureError, PoolJoinError, SubmitError,
        executor::{Breaker, Crew, First, Job, One, Open, Place, can_lock, caught, unheard},
        process::ProcessError,
    },
};
use std::{iter, num::NonZeroUsize};

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

    /// The job of work whose results go to these places. A process does it in one go.
    fn job(&self, parts: Vec<Part<W>>) -> Box<dyn Job> {
        Box::new(Chunk { seats: Arc::clone(&self.seats), breaker: self.crew.breaker(), parts })
    }

    /// The job of one piece of work, and its future.
    #[track_caller]
    pub(super) fn one(
        &self,
        work: W,
        first: Option<First<W::Output>>,
    ) -> (Box<dyn Job>, Future<B, W::Output>) {
        let (place, future) = One::pending(first);
        (self.job(vec![(work, place)]), future)
    }

    /// The jobs of work that is done in chunks.
    pub(super) fn chunks(
        &self,
        parts: impl IntoIterator<Item = Part<W>>,
        size: NonZeroUsize,
    ) -> Vec<Box<dyn Job>> {
        let mut parts = parts.into_iter();
        let next = || {
            let chunk: Vec<_> = parts.by_ref().take(size.get()).collect();
            (!chunk.is_empty()).then(|| self.job(chunk))
        };
        iter::from_fn(next).collect()
    }

    /// The futures of work that is done in chunks, each of which is one job.
    pub(super) fn each(
        &self,
        open: Open<'_, B>,
        works: Vec<W>,
        chunk: NonZeroUsize,
    ) -> Vec<Future<B, W::Output>> {
        let (places, futures): (Vec<_>, Vec<_>) = works.iter().map(|_| One::pending(None)).unzip();
        open.take(self.chunks(works.into_iter().zip(places), chunk));
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

/// A piece of work, and the place of its result.
type Part<W> = (W, Box<dyn Place<<W as Work>::Output>>);

/// Work that is handed to a process in one message, and answered in one.
struct Chunk<B: Backend, W: Work> {
    seats: Arc<Seats<B, W>>,
    breaker: Breaker<B>,
    parts: Vec<Part<W>>,
}

impl<B: Backend, W: Work> Job for Chunk<B, W> {
    fn run(self: Box<Self>) {
        let (wanted, cancelled): (Vec<_>, Vec<_>) =
            self.parts.into_iter().partition(|(_, place)| place.begin());
        if !wanted.is_empty() {
            let (works, places): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
            match caught::<B, _>(|| self.seats.call(works)) {
                Ok(Ok(results)) => {
                    places.into_iter().zip(results).for_each(|(place, end)| place.settle(end));
                }
                Ok(Err(why)) => fail(places, &told(&self.seats, &self.breaker, why)),
                Err(panicked) => fail(places, &FutureError::Panicked(panicked)),
            }
        }
        // After all results, as a destructor may panic.
        cancelled.into_iter().for_each(|part| unheard::<B>(|| drop(part)));
    }

    fn give_up(self: Box<Self>, why: FutureError) {
        let (works, places): (Vec<_>, Vec<_>) = self.parts.into_iter().unzip();
        fail(places, &why);
        works.into_iter().for_each(|work| unheard::<B>(|| drop(work)));
    }
}

fn fail<T>(places: Vec<Box<dyn Place<T>>>, why: &FutureError) {
    places.into_iter().for_each(|place| place.settle(Err(why.clone())));
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
