//! The object that creates a manager's objects, in the manager's process.

use super::{
    class::{Instance, Refusal},
    sequence::Sequence,
    table::Table,
};
use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            Barrier, BoundedSemaphore, Client, Condition, Event, Lock, RLock, Semaphore,
            kept::Stored,
            lease::Lease,
            queue::items::Items,
            remote::{Object, Remote},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Creates objects.
pub(super) struct Root<B: Backend> {
    /// Under a checker, the life of the manager.
    pub(super) lease: Option<Arc<Lease<B>>>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Table,
    List(Vec<Stored>),
    /// Elements, and a lock for them.
    Locked(Vec<Stored>),
    Lock,
    RLock,
    Condition,
    Semaphore(usize),
    BoundedSemaphore(usize),
    Event,
    Barrier(usize),
    Queue(usize),
    /// Of the registered type of this name, from these arguments.
    Object(String, Stored),
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Reply<B: Backend> {
    Table(Remote<B, Table<B>>),
    List(Remote<B, Sequence<B>>),
    Locked(Remote<B, Sequence<B>>, Lock<B>),
    Lock(Lock<B>),
    RLock(RLock<B>),
    Condition(Condition<B>),
    Semaphore(Semaphore<B>),
    BoundedSemaphore(BoundedSemaphore<B>),
    Event(Event<B>),
    Barrier(Option<Barrier<B>>),
    Queue(Remote<B, Items<B, Stored>>),
    Object(Result<Remote<B, Instance<B>>, Refusal>),
}

impl<B: Backend> Object for Root<B> {
    type Request = Request;
    type Reply = Reply<B>;

    const BLOCKS: bool = false;

    #[track_caller]
    fn perform(&self, request: Request, _: &Client<'_>) -> Reply<B> {
        let lease = || self.lease.clone();
        match request {
            Request::Table => Reply::Table(self.make(Table::new())),
            Request::List(elements) => {
                Reply::List(self.make(Sequence::new("managed list", elements)))
            }
            Request::Locked(elements) => {
                let lock = Lock::owned("value lock", lease());
                Reply::Locked(self.make(Sequence::new("shared value", elements)), lock)
            }
            Request::Lock => Reply::Lock(Lock::owned("managed lock", lease())),
            Request::RLock => Reply::RLock(RLock::owned("managed rlock", lease())),
            Request::Condition => {
                Reply::Condition(Condition::of(RLock::owned("managed condition", lease())))
            }
            Request::Semaphore(permits) => {
                Reply::Semaphore(Semaphore::owned("managed semaphore", permits, lease()))
            }
            Request::BoundedSemaphore(permits) => {
                let name = "managed bounded semaphore";
                Reply::BoundedSemaphore(BoundedSemaphore::owned(name, permits, lease()))
            }
            Request::Event => Reply::Event(Event::owned("managed event", lease())),
            Request::Barrier(parties) => {
                Reply::Barrier(Barrier::owned("managed barrier", parties, lease()).ok())
            }
            Request::Queue(maxsize) => {
                let items = primitives::Queue::named("managed queue", maxsize);
                Reply::Queue(self.make(Items(items)))
            }
            Request::Object(name, arguments) => {
                let made = Instance::registered(name, &arguments);
                Reply::Object(made.map(|instance| self.make(instance)))
            }
        }
    }
}

impl<B: Backend> Root<B> {
    #[track_caller]
    fn make<O: Object>(&self, object: O) -> Remote<B, O> {
        Remote::owned(object, self.lease.clone())
    }
}
