//! The queues of concurrent-queue.

use std::collections::VecDeque;

use concurrent_queue::{ConcurrentQueue, PopError, PushError};
use raceproof::linearizable;
use raceproof::linearizable::Clients;

use crate::Structure;

/// What a queue does if one thread uses it.
struct Queue {
    items: VecDeque<u8>,
    capacity: usize,
    closed: bool,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        Queue { items: VecDeque::new(), capacity, closed: false }
    }

    fn push(&mut self, item: u8) -> Result<(), PushError<u8>> {
        if self.closed {
            return Err(PushError::Closed(item));
        }
        if self.items.len() == self.capacity {
            return Err(PushError::Full(item));
        }
        self.items.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Result<u8, PopError> {
        let none = if self.closed { PopError::Closed } else { PopError::Empty };
        self.items.pop_front().ok_or(none)
    }

    fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }
}

fn bounded<const CAPACITY: usize>() -> ConcurrentQueue<u8> {
    ConcurrentQueue::bounded(CAPACITY)
}

fn clients(
    make: fn() -> ConcurrentQueue<u8>,
    capacity: usize,
) -> Clients<ConcurrentQueue<u8>, Queue> {
    linearizable! { @clients
        object: ConcurrentQueue<u8> = make();
        spec: Queue = Queue::new(capacity);
        fn push(&self, item in fresh(1..)) -> Result<(), PushError<u8>> { spec: |queue| queue.push(item) }
        fn pop(&self) -> Result<u8, PopError> { spec: |queue| queue.pop() }
    }
}

fn closed(
    make: fn() -> ConcurrentQueue<u8>,
    capacity: usize,
) -> Clients<ConcurrentQueue<u8>, Queue> {
    linearizable! { @clients
        object: ConcurrentQueue<u8> = make();
        spec: Queue = Queue::new(capacity);
        fn push(&self, item in fresh(1..)) -> Result<(), PushError<u8>> { spec: |queue| queue.push(item) }
        fn pop(&self) -> Result<u8, PopError> { spec: |queue| queue.pop() }
        fn close(&self) -> bool { spec: |queue| queue.close(), once }
    }
}

/// The number of items, too.
fn counted(
    make: fn() -> ConcurrentQueue<u8>,
    capacity: usize,
) -> Clients<ConcurrentQueue<u8>, Queue> {
    linearizable! { @clients
        object: ConcurrentQueue<u8> = make();
        spec: Queue = Queue::new(capacity);
        fn push(&self, item in fresh(1..)) -> Result<(), PushError<u8>> { spec: |queue| queue.push(item) }
        fn pop(&self) -> Result<u8, PopError> { spec: |queue| queue.pop() }
        fn len(&self) -> usize { spec: |queue| queue.items.len() }
    }
}

/// Why a queue for one item is not linearizable.
const OF_ONE: &str = "`pop` takes two steps: it sets that the item is taken (PUSHED is gone, LOCKED is there), and, when it has read \
the item, that the slot is free. In between the queue is empty to `pop`, which looks at PUSHED, and full to `push`, which wants both gone. \
A thread that finds it empty may so be told that it is full, though it is the only one that pushes. It is a fault \
of the crate if its answers are to be those of a queue, whose documentation does not say otherwise; queues for two and more \
items are proved.";

const ANY: usize = usize::MAX;

pub(crate) fn all() -> Vec<Structure> {
    let structure = |name: &'static str, what, check| {
        let reason = name.starts_with("bounded-1").then_some(OF_ONE);
        Structure { name, what, check, reason }
    };
    vec![
        structure("bounded-1", "concurrent-queue 2.5.0, `bounded(1)`: `push`, `pop`", |limits| {
            limits.check(clients(bounded::<1>, 1))
        }),
        structure("bounded-2", "`bounded(2)`: `push`, `pop`", |limits| {
            limits.check(clients(bounded::<2>, 2))
        }),
        structure("unbounded", "`unbounded()`: `push`, `pop`", |limits| {
            limits.check(clients(ConcurrentQueue::unbounded, ANY))
        }),
        structure("bounded-1-closed", "`bounded(1)`: `push`, `pop`, `close`", |limits| {
            limits.check(closed(bounded::<1>, 1))
        }),
        structure("bounded-2-closed", "`bounded(2)`: `push`, `pop`, `close`", |limits| {
            limits.check(closed(bounded::<2>, 2))
        }),
        structure("unbounded-closed", "`unbounded()`: `push`, `pop`, `close`", |limits| {
            limits.check(closed(ConcurrentQueue::unbounded, ANY))
        }),
        structure("bounded-2-len", "`bounded(2)`: `push`, `pop`, `len`", |limits| {
            limits.check(counted(bounded::<2>, 2))
        }),
        structure("unbounded-len", "`unbounded()`: `push`, `pop`, `len`", |limits| {
            limits.check(counted(ConcurrentQueue::unbounded, ANY))
        }),
    ]
}
