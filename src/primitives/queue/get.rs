//! Getting items from a queue.

use super::{GetError, Order, OrderedQueue, QueueShutDown, ordered::State};
use crate::{
    backend::{Backend, MutexGuard},
    primitives::waiting,
};
use std::time::Duration;

impl<O: Order> State<O> {
    /// Whether a getter has to wait.
    #[inline]
    fn blocks_get(&self) -> bool {
        self.items.count() == 0 && !self.shut_down
    }
}

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// Blocks until there is an item, and takes it.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] if there is no item and the queue is shut down, before or while this blocks.
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::QueueShutDown};
    /// let queue = Queue::new(0);
    /// queue.put("a").unwrap();
    /// queue.shutdown();
    /// assert_eq!([queue.get(), queue.get()], [Ok("a"), Err(QueueShutDown(()))]);
    /// ```
    #[track_caller]
    #[inline]
    pub fn get(&self) -> Result<O::Item, QueueShutDown> {
        let mut state = self.state.lock();
        if state.blocks_get() {
            let blocked = State::blocks_get;
            state = waiting::wait_for_batch(
                &self.not_empty,
                state,
                |state| &mut state.getting,
                blocked,
            );
        }
        self.pop(state).ok_or(QueueShutDown(()))
    }

    /// Takes an item if there is one. Does not wait for one.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::GetError};
    /// let queue = Queue::new(0);
    /// queue.put("a").unwrap();
    /// assert_eq!([queue.try_get(), queue.try_get()], [Ok("a"), Err(GetError::Empty)]);
    /// ```
    #[track_caller]
    #[inline]
    pub fn try_get(&self) -> Result<O::Item, GetError> {
        let state = self.state.lock();
        let none = if state.shut_down { GetError::ShutDown } else { GetError::Empty };
        self.pop(state).ok_or(none)
    }

    /// Like [`get`](Self::get), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::GetError};
    /// # use std::time::Duration;
    /// let queue = Queue::<u32>::new(0);
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// queue.shutdown();
    /// assert_eq!(queue.get_timeout(Duration::MAX), Err(GetError::ShutDown));
    /// ```
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<O::Item, GetError> {
        let (state, timed_out) = waiting::wait_timeout_while(
            &self.not_empty,
            self.state.lock(),
            timeout,
            |state| &mut state.getting,
            State::blocks_get,
        );
        let none = if timed_out { GetError::Empty } else { GetError::ShutDown };
        self.pop(state).ok_or(none)
    }

    /// Like [`get_timeout`](Self::get_timeout), on behalf of another process; takes nothing if that
    /// process is no longer `there`.
    #[track_caller]
    pub(in crate::primitives) fn get_for(
        &self,
        timeout: Duration,
        there: impl Fn() -> bool,
    ) -> Option<O::Item> {
        let (state, _) = waiting::wait_timeout_while(
            &self.not_empty,
            self.state.lock(),
            timeout,
            |state| &mut state.getting,
            State::blocks_get,
        );
        if there() {
            return self.pop(state);
        }
        // If it was woken for an item, another getter must be woken in its place.
        let pass_on = state.items.count() > 0 && state.getting > 0;
        drop(state);
        if pass_on {
            self.not_empty.notify_one();
        }
        None
    }

    /// Takes the next item, if there is one, and wakes a putter.
    #[track_caller]
    #[inline]
    fn pop(&self, mut state: MutexGuard<'_, B, State<O>>) -> Option<O::Item> {
        let item = state.items.pop()?;
        // One place wakes one putter, as one item wakes one getter.
        let wake = state.putting > 0;
        drop(state);
        if wake {
            self.not_full.notify_one();
        }
        Some(item)
    }
}
