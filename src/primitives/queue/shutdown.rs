//! The end of a queue, which everybody hears of.

use super::{Order, OrderedQueue};
use crate::backend::Backend;

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// Has every thread that waits look again: one may have been woken that will never look.
    #[track_caller]
    pub(in crate::primitives) fn rouse(&self) {
        // Whoever is about to wait holds the mutex until it does.
        drop(self.state.lock());
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }

    /// Shuts the queue down: no item can be put any more, and once those it has are gone, none got.
    /// Every thread that waits in vain is woken. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(0);
    /// queue.put("left").unwrap();
    /// queue.shutdown();
    /// assert!(queue.put("late").is_err());
    /// assert_eq!(queue.get(), Ok("left"));
    /// assert!(queue.get().is_err());
    /// ```
    #[track_caller]
    pub fn shutdown(&self) {
        self.state.lock().shut_down = true;
        self.wake_everybody();
    }

    /// Shuts the queue down and returns the items it had, in the order they would have been got. They
    /// count as done, so a [`join`](Self::join) waits only for those that were got before.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(0);
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// assert_eq!(queue.shutdown_now(), [1, 2]);
    /// queue.join();
    /// assert!(queue.get().is_err());
    /// ```
    #[track_caller]
    pub fn shutdown_now(&self) -> Vec<O::Item> {
        let mut state = self.state.lock();
        state.shut_down = true;
        let items: Vec<_> = std::iter::from_fn(|| state.items.pop()).collect();
        // A task that was reported done before its item was got leaves fewer unfinished than items.
        state.unfinished = state.unfinished.saturating_sub(items.len());
        let done = state.unfinished == 0;
        drop(state);
        self.wake_everybody();
        if done {
            self.all_done.notify_all();
        }
        items
    }

    /// Each waiter tests the flag under the mutex it was set under, so it sees it or is woken; all
    /// of them, since no later put or get would wake the rest.
    #[track_caller]
    fn wake_everybody(&self) {
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use crate::primitives::{GetError, PutError, QueueShutDown, native::Queue};
    use std::time::Duration;

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn after_a_shutdown_only_what_is_left_can_be_got() {
        let queue = Queue::new(1);
        queue.put(1).unwrap();
        queue.shutdown();
        assert_eq!(queue.put(2), Err(QueueShutDown(2)));
        assert_eq!(queue.try_put(2), Err(PutError::ShutDown(2)));
        assert_eq!(queue.put_timeout(2, SHORT).map_err(PutError::into_inner), Err(2));
        assert_eq!([queue.get(), queue.get()], [Ok(1), Err(QueueShutDown(()))]);
        assert_eq!(queue.try_get(), Err(GetError::ShutDown));
        assert_eq!(queue.get_timeout(SHORT), Err(GetError::ShutDown));
    }
}
