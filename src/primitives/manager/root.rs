//! The object that creates a manager's objects, in the manager's process.

use super::{
    sequence::Sequence,
    table::{Bytes, Table},
};
use crate::{
    backend::{AtomicBool, Backend},
    primitives::process::{
        Client, Lock,
        remote::{Object, Remote},
    },
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Creates objects.
pub(super) struct Root<B: Backend> {
    /// Under a checker, whether the manager has been shut down.
    pub(super) ended: Option<Arc<AtomicBool<B>>>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Table,
    List(Vec<Bytes>),
    /// Elements, and a lock for them.
    Locked(Vec<Bytes>),
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Reply<B: Backend> {
    Table(Remote<B, Table<B>>),
    List(Remote<B, Sequence<B>>),
    Locked(Remote<B, Sequence<B>>, Lock<B>),
}

impl<B: Backend> Object for Root<B> {
    type Request = Request;
    type Reply = Reply<B>;

    #[track_caller]
    fn perform(&self, request: Request, _: &Client<'_>) -> Reply<B> {
        match request {
            Request::Table => Reply::Table(self.make(Table::new())),
            Request::List(elements) => {
                Reply::List(self.make(Sequence::new("managed list", elements)))
            }
            Request::Locked(elements) => {
                let lock = Lock::owned("value lock", self.ended.clone());
                Reply::Locked(self.make(Sequence::new("shared value", elements)), lock)
            }
        }
    }
}

impl<B: Backend> Root<B> {
    #[track_caller]
    fn make<O: Object>(&self, object: O) -> Remote<B, O> {
        Remote::owned(object, self.ended.clone())
    }
}
