//! A queue that threads put items into and get items from, in one of three orders.
//!
//! Unlike a channel it has no ends to close: any thread may put and get, a [shutdown](OrderedQueue::shutdown)
//! tells all of them at once, and the queue counts the items that were taken but not yet processed.

mod error;
mod get;
mod order;
mod ordered;
mod put;
mod shutdown;
mod tasks;

pub use self::{
    error::{GetError, NoSuchTask, PutError, QueueShutDown},
    order::{LifoQueue, Order, PriorityQueue, Queue},
    ordered::OrderedQueue,
};
