//! Which of a queue's items have been processed.

use super::{NoSuchTask, Order, OrderedQueue, ordered::State};
use crate::backend::Backend;
use std::time::Duration;

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// Reports that an item taken from the queue has been processed. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NoSuchTask`] if every item has been reported done; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{native::Queue, primitives::NoSuchTask};
    /// let queue = Queue::new(0);
    /// queue.put("task").unwrap();
    /// queue.get().unwrap();
    /// assert_eq!([queue.task_done(), queue.task_done()], [Ok(()), Err(NoSuchTask)]);
    /// ```
    #[track_caller]
    pub fn task_done(&self) -> Result<(), NoSuchTask> {
        let mut state = self.state.lock();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(NoSuchTask)?;
        let done = state.unfinished == 0;
        drop(state);
        if done {
            self.all_done.notify_all();
        }
        Ok(())
    }

    /// Blocks until every item that was put has been reported done.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Queue};
    /// # use std::sync::Arc;
    /// let queue = Arc::new(Queue::new(0));
    /// queue.put("task").unwrap();
    /// let worker = {
    ///     let queue = Arc::clone(&queue);
    ///     Std::spawn("worker", move || {
    ///         queue.get().unwrap();
    ///         queue.task_done().unwrap();
    ///     })
    /// };
    /// queue.join();
    /// assert!(queue.empty());
    /// # worker.join().unwrap();
    /// ```
    #[track_caller]
    pub fn join(&self) {
        drop(self.all_done.wait_while(self.state.lock(), |state| state.unfinished > 0));
    }

    /// Like [`join`](Self::join), but blocks for at most `timeout`, and returns whether all is
    /// done.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// # use std::time::Duration;
    /// let queue = Queue::new(0);
    /// assert!(queue.join_timeout(Duration::ZERO));
    /// queue.put("task").unwrap();
    /// assert!(!queue.join_timeout(Duration::from_millis(1)));
    /// ```
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        let unfinished = |state: &mut State<O>| state.unfinished > 0;
        !self.all_done.wait_timeout_while(self.state.lock(), timeout, unfinished).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::native::Queue;

    #[test]
    fn every_item_is_a_task() {
        let queue = Queue::new(0);
        assert_eq!(queue.task_done(), Err(NoSuchTask));
        queue.put(1).unwrap();
        assert!(!queue.join_timeout(Duration::from_millis(1)));
        assert_eq!(queue.task_done(), Ok(()));
        assert!(queue.join_timeout(Duration::ZERO));
        queue.put(2).unwrap();
        assert_eq!(queue.shutdown_now(), [1, 2]);
        queue.join();
    }
}
