//! The queue itself, in the process that owns it.

use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            Item,
            patience::{Client, Patience},
            remote::Object,
        },
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The queue, in the process that owns it.
pub(in crate::primitives) struct Items<B: Backend, T: Item>(
    pub(in crate::primitives) primitives::Queue<B, T>,
);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(in crate::primitives) enum Request<T: Item> {
    Put(T, Patience),
    Get(Patience),
    Size,
    Maxsize,
    TaskDone,
    Join(Patience),
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(in crate::primitives) enum Reply<T: Item> {
    Put(Result<(), T>),
    Got(Option<T>),
    Size(usize),
    Done(bool),
}

impl<B: Backend, T: Item> Object for Items<B, T> {
    type Request = Request<T>;
    type Reply = Reply<T>;

    #[track_caller]
    fn perform(&self, request: Request<T>, client: &Client<'_>) -> Reply<T> {
        match request {
            Request::Put(item, patience) => Reply::Put(self.put(item, patience, client)),
            Request::Get(patience) => {
                Reply::Got(client.wait(patience, |p| self.get(p, client), Option::is_none))
            }
            Request::Size => Reply::Size(self.0.qsize()),
            Request::Maxsize => Reply::Size(self.0.maxsize()),
            Request::TaskDone => Reply::Done(self.0.task_done().is_ok()),
            Request::Join(patience) => {
                Reply::Done(client.wait(patience, |p| self.join(p), |done| !done))
            }
        }
    }

    fn abandoned(&self, _: bool) {
        self.0.rouse();
    }

    #[track_caller]
    fn close(&self) {
        self.0.give_up();
    }
}

impl<B: Backend, T: Item> Items<B, T> {
    #[track_caller]
    fn put(&self, item: T, patience: Patience, client: &Client<'_>) -> Result<(), T> {
        let mut kept = Some(item);
        let attempt = |patience| {
            let Some(item) = kept.take() else { return true };
            let result = match patience {
                Patience::None => self.0.try_put(item),
                Patience::For(timeout) => self.0.put_timeout(item, timeout),
                Patience::Endless => {
                    self.0.put(item).map_err(|down| primitives::PutError::ShutDown(down.0))
                }
            };
            kept = result.err().map(primitives::PutError::into_inner);
            kept.is_none()
        };
        client.wait(patience, attempt, |done| !done);
        kept.map_or(Ok(()), Err)
    }

    #[track_caller]
    fn get(&self, patience: Patience, client: &Client<'_>) -> Option<T> {
        match (client, patience) {
            (Client::Afar(_), Patience::For(slice)) => self.0.get_for(slice, || client.is_there()),
            (Client::Afar(_), _) => self.0.get_for(Duration::ZERO, || client.is_there()),
            (Client::Here, Patience::None) => self.0.try_get().ok(),
            (Client::Here, Patience::For(timeout)) => self.0.get_timeout(timeout).ok(),
            (Client::Here, Patience::Endless) => self.0.get().ok(),
        }
    }

    #[track_caller]
    fn join(&self, patience: Patience) -> bool {
        let endless = || {
            self.0.join();
            true
        };
        let timed = |timeout| self.0.join_timeout(timeout);
        patience.choose(|| timed(Duration::ZERO), timed, endless)
    }
}
