//! The permits of a semaphore, in the process that owns it.

use crate::{
    backend::Backend,
    primitives::{
        self, ReleaseError,
        process::{
            patience::{Client, Patience},
            remote::Object,
        },
    },
};
use serde::{Deserialize, Serialize};

pub(super) struct Permits<B: Backend>(pub(super) primitives::Semaphore<B>);

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Acquire(Patience),
    Release(usize),
    Permits,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Acquired(bool),
    Released(Result<(), ReleaseError>),
    Permits(usize),
}

impl<B: Backend> Object for Permits<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Acquire(patience) => {
                // A bounded semaphore has room for it.
                let give_back = || self.0.release();
                Reply::Acquired(client.acquire(patience, |p| self.acquire(p), give_back))
            }
            Request::Release(n) => Reply::Released(self.0.release_many(n)),
            Request::Permits => Reply::Permits(self.0.permits()),
        }
    }

    fn abandoned(&self, _: bool) {
        self.0.rouse();
    }

    #[track_caller]
    fn close(&self) {
        self.0.open();
    }
}

impl<B: Backend> Permits<B> {
    #[track_caller]
    fn acquire(&self, patience: Patience) -> bool {
        let endless = || {
            self.0.acquire();
            true
        };
        let timed = |timeout| self.0.acquire_timeout(timeout);
        patience.choose(|| self.0.try_acquire(), timed, endless)
    }
}
