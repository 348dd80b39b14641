//! An end itself, in the process that owns the pipe.

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

/// The end, in the process that owns it.
pub(super) struct End<B: Backend, T: Item>(pub(super) primitives::PipeEnd<B, T>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Request<T: Item> {
    Send(T, Patience),
    Recv(Patience),
    Poll(Patience),
    Close,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Reply<T: Item> {
    Sent(Result<(), primitives::SendError<T>>),
    Received(Result<T, primitives::RecvError>),
    Polled(Result<bool, primitives::RecvError>),
    Closed,
}

impl<B: Backend, T: Item> Object for End<B, T> {
    type Request = Request<T>;
    type Reply = Reply<T>;

    // It is closed when it is dropped, and a kept value is read many times.
    const NOT_KEPT: Option<&str> = Some("an end of a pipe cannot be kept");

    #[track_caller]
    fn perform(&self, request: Request<T>, client: &Client<'_>) -> Reply<T> {
        match request {
            Request::Send(message, patience) => Reply::Sent(self.send(message, patience, client)),
            Request::Recv(patience) => {
                let empty = |result: &_| matches!(result, Err(primitives::RecvError::Empty));
                Reply::Received(client.wait(patience, |p| self.recv(p), empty))
            }
            Request::Poll(patience) => {
                let empty = |result: &_| matches!(result, Ok(false));
                Reply::Polled(client.wait(patience, |p| self.poll(p), empty))
            }
            Request::Close => {
                self.0.close();
                Reply::Closed
            }
        }
    }

    fn abandoned(&self, last: bool) {
        // It may have been passed on.
        if last {
            self.0.close();
        }
    }
}

impl<B: Backend, T: Item> End<B, T> {
    #[track_caller]
    fn send(
        &self,
        message: T,
        patience: Patience,
        client: &Client<'_>,
    ) -> Result<(), primitives::SendError<T>> {
        let mut result = Err(primitives::SendError::Full(message));
        let attempt = |patience| {
            let error = std::mem::replace(&mut result, Ok(())).err();
            let message = error.map(primitives::SendError::into_inner).expect("it is full");
            result = match patience {
                Patience::None => self.0.try_send(message),
                Patience::For(timeout) => self.0.send_timeout(message, timeout),
                Patience::Endless => self.0.send(message),
            };
            matches!(result, Err(primitives::SendError::Full(_)))
        };
        client.wait(patience, attempt, |full| *full);
        result
    }

    #[track_caller]
    fn recv(&self, patience: Patience) -> Result<T, primitives::RecvError> {
        match patience {
            Patience::None => self.0.try_recv(),
            Patience::For(timeout) => self.0.recv_timeout(timeout),
            Patience::Endless => self.0.recv(),
        }
    }

    #[track_caller]
    fn poll(&self, patience: Patience) -> Result<bool, primitives::RecvError> {
        match patience {
            Patience::For(timeout) => self.0.poll_timeout(timeout),
            _ => self.0.poll(),
        }
    }
}
