//! The order in which a queue returns its items, and a queue for each order.

use super::OrderedQueue;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

/// The order in which a queue returns its items.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{Order, OrderedQueue}};
/// use std::collections::BTreeSet;
///
/// // The smallest first, and equal ones only once.
/// #[derive(Default)]
/// struct Distinct(BTreeSet<u32>);
///
/// impl Order for Distinct {
///     type Item = u32;
///
///     fn push(&mut self, item: u32) {
///         self.0.insert(item);
///     }
///     fn pop(&mut self) -> Option<u32> {
///         self.0.pop_first()
///     }
///     fn count(&self) -> usize {
///         self.0.len()
///     }
/// }
///
/// let queue = OrderedQueue::<Std, Distinct>::new(0);
/// for item in [2, 1, 2] {
///     queue.put(item)?;
/// }
/// assert_eq!([queue.get(), queue.get()], [Ok(1), Ok(2)]);
/// assert!(queue.empty());
/// # Ok::<(), raceproof_suite::primitives::QueueShutDown<u32>>(())
/// ```
pub trait Order: Default + Send {
    /// The container of the queue's items.
    type Item: Send;

    /// Adds an item.
    fn push(&mut self, item: Self::Item);
    /// Removes and returns the next item.
    fn pop(&mut self) -> Option<Self::Item>;
    /// The number of items.
    fn count(&self) -> usize;
}

/// First in, first out.
impl<T: Send> Order for VecDeque<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
}

/// Last in, first out.
impl<T: Send> Order for Vec<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
}

/// The smallest first.
impl<T: Ord + Send> Order for BinaryHeap<Reverse<T>> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push(Reverse(item));
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop().map(|Reverse(item)| item)
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
}

/// A queue that returns the oldest item first, like Python's `queue.Queue`.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Queue};
///
/// let queue = Queue::<Std, _>::new(0);
/// for item in [1, 3, 2] {
///     queue.put(item)?;
/// }
/// assert_eq!([queue.get(), queue.get(), queue.get()], [Ok(1), Ok(3), Ok(2)]);
/// # Ok::<(), raceproof_suite::primitives::QueueShutDown<i32>>(())
/// ```
pub type Queue<B, T> = OrderedQueue<B, VecDeque<T>>;

/// A queue that returns the newest item first, like Python's `queue.LifoQueue`.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::LifoQueue};
///
/// let queue = LifoQueue::<Std, _>::new(0);
/// for item in [1, 3, 2] {
///     queue.put(item)?;
/// }
/// assert_eq!([queue.get(), queue.get(), queue.get()], [Ok(2), Ok(3), Ok(1)]);
/// # Ok::<(), raceproof_suite::primitives::QueueShutDown<i32>>(())
/// ```
pub type LifoQueue<B, T> = OrderedQueue<B, Vec<T>>;

/// A queue that returns the smallest item first, like Python's `queue.PriorityQueue`. The order of
/// equal items is unspecified.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::PriorityQueue};
///
/// let queue = PriorityQueue::<Std, _>::new(0);
/// for item in [(2, "later"), (1, "now")] {
///     queue.put(item)?;
/// }
/// assert_eq!(queue.get(), Ok((1, "now")));
/// # Ok::<(), raceproof_suite::primitives::QueueShutDown<(i32, &str)>>(())
/// ```
pub type PriorityQueue<B, T> = OrderedQueue<B, BinaryHeap<Reverse<T>>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    fn drained<O: Order<Item = i32>>(items: &[i32]) -> Vec<i32> {
        let queue = OrderedQueue::<Std, O>::new(0);
        for &item in items {
            queue.put(item).unwrap();
        }
        (0..items.len()).map(|_| queue.get().unwrap()).collect()
    }

    #[test]
    fn three_orders() {
        assert_eq!(drained::<VecDeque<_>>(&[2, 3, 1]), [2, 3, 1]);
        assert_eq!(drained::<Vec<_>>(&[2, 3, 1]), [1, 3, 2]);
        assert_eq!(drained::<BinaryHeap<_>>(&[2, 3, 1]), [1, 2, 3]);
    }
}
