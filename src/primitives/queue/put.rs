//! Putting items into a queue.

use super::{Order, OrderedQueue, PutError, QueueShutDown, ordered::State};
use crate::{
    backend::{Backend, MutexGuard},
    primitives::waiting,
};
use std::time::Duration;

impl<O: Order> State<O> {
    /// Whether a putter has to wait in a queue of this size.
    #[inline]
    fn blocks_put(&self, maxsize: usize) -> bool {
        maxsize > 0 && self.items.count() >= maxsize && !self.shut_down
    }
}

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// Blocks until there is room, and puts `item` into the queue.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] with the item if the queue is shut down, before or while this blocks.
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::QueueShutDown};
    /// let queue = Queue::new(0);
    /// assert_eq!(queue.put("a"), Ok(()));
    /// queue.shutdown();
    /// assert_eq!(queue.put("b"), Err(QueueShutDown("b")));
    /// ```
    #[track_caller]
    #[inline]
    pub fn put(&self, item: O::Item) -> Result<(), QueueShutDown<O::Item>> {
        let mut state = self.state.lock();
        if state.blocks_put(self.maxsize) {
            let blocked = |state: &State<O>| state.blocks_put(self.maxsize);
            state =
                waiting::wait_for_batch(&self.not_full, state, |state| &mut state.putting, blocked);
        }
        if state.shut_down {
            return Err(QueueShutDown(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Puts `item` into the queue if there is room. Does not wait for room.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::PutError};
    /// let queue = Queue::new(1);
    /// assert_eq!(queue.try_put("a"), Ok(()));
    /// assert_eq!(queue.try_put("b"), Err(PutError::Full("b")));
    /// ```
    #[track_caller]
    #[inline]
    pub fn try_put(&self, item: O::Item) -> Result<(), PutError<O::Item>> {
        let state = self.state.lock();
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if state.blocks_put(self.maxsize) {
            return Err(PutError::Full(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Like [`put`](Self::put), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::PutError};
    /// # use std::time::Duration;
    /// let queue = Queue::new(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(queue.put_timeout("a", moment), Ok(()));
    /// assert_eq!(queue.put_timeout("b", moment), Err(PutError::Full("b")));
    /// ```
    #[track_caller]
    pub fn put_timeout(&self, item: O::Item, timeout: Duration) -> Result<(), PutError<O::Item>> {
        let (state, timed_out) = waiting::wait_timeout_while(
            &self.not_full,
            self.state.lock(),
            timeout,
            |state| &mut state.putting,
            |state| state.blocks_put(self.maxsize),
        );
        if timed_out {
            return Err(PutError::Full(item));
        }
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Adds an item, for which there is room, and wakes a getter.
    #[track_caller]
    #[inline]
    fn push(&self, mut state: MutexGuard<'_, B, State<O>>, item: O::Item) {
        state.items.push(item);
        state.unfinished += 1;
        // One item wakes one getter. A getter that finds the item taken by a newcomer waits on; one
        // that gives up at this moment finds the item and takes it. So no item is left while a
        // getter sleeps.
        let wake = state.getting > 0;
        drop(state);
        if wake {
            self.not_empty.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::{GetError, native::Queue};

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn a_full_queue_gives_the_item_back() {
        let queue = Queue::new(1);
        assert!(queue.empty() && !queue.full());
        queue.put("a").unwrap();
        assert!(queue.full() && queue.qsize() == 1);
        assert_eq!([queue.maxsize(), Queue::<u8>::new(2).maxsize()], [1, 2]);
        assert_eq!(queue.try_put("b"), Err(PutError::Full("b")));
        assert_eq!(queue.put_timeout("b", SHORT), Err(PutError::Full("b")));
        assert_eq!(queue.get_timeout(Duration::ZERO), Ok("a"));
        assert_eq!(queue.put_timeout("b", Duration::ZERO), Ok(()));
        assert_eq!([queue.try_get(), queue.try_get()], [Ok("b"), Err(GetError::Empty)]);
        assert_eq!(queue.get_timeout(SHORT), Err(GetError::Empty));
    }
}
