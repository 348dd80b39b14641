//! The shutdown of a queue, which reaches every waiting thread.

use super::{Order, OrderedQueue};
use crate::backend::Backend;

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// Makes every waiting thread look again: one may have been woken that will never look.
    #[track_caller]
    pub(in crate::primitives) fn rouse(&self) {
        // A thread that is about to wait holds the mutex until it waits.
        drop(self.state.lock());
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }

    /// Shuts the queue down: no more items can be put, and once the remaining items are taken, a
    /// get fails. Wakes every thread that waits in vain. Never blocks for long.
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
        self.wake_all();
    }

    /// Shuts the queue down and returns the remaining items, in the order in which they would have
    /// been taken. They count as done, so a [`join`](Self::join) waits only for items that were taken
    /// before.
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
        // A task that was reported done before its item was taken leaves fewer unfinished tasks
        // than items.
        state.unfinished = state.unfinished.saturating_sub(items.len());
        let done = state.unfinished == 0;
        drop(state);
        self.wake_all();
        if done {
            self.all_done.notify_all();
        }
        items
    }

    /// Shuts the queue down at once, and lets the threads go on that wait for tasks: none is done any more.
    #[track_caller]
    pub(in crate::primitives) fn give_up(&self) {
        drop(self.shutdown_now());
        self.state.lock().unfinished = 0;
        self.all_done.notify_all();
    }

    /// Each waiter tests the flag under the mutex that guards it, so it sees the flag or is woken.
    /// All of them are woken, because no later put or get would wake the rest.
    #[track_caller]
    fn wake_all(&self) {
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
