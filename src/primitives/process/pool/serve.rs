//! A worker process.

use super::Work;
use crate::{
    backend::Backend,
    primitives::process::{PipeEnd, RecvError, SendError, Task, Unreachable, task},
};
use serde::{Deserialize, Serialize};

/// Does what it is sent, until the other end is closed.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Serve<B: Backend, W: Work, I: Task> {
    pub(super) end: PipeEnd<B, Message<W>>,
    /// Run first.
    pub(super) initialiser: I,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Message<W: Work> {
    /// To the worker.
    Do(W),
    /// From it: the result, or the message of a panic.
    Done(Result<W::Output, String>),
}

impl<B: Backend, W: Work, I: Task> Task for Serve<B, W, I> {
    fn run(self) {
        let Self { end, initialiser } = self;
        initialiser.run();
        loop {
            let done = match end.recv() {
                Ok(Message::Do(work)) => task::attempt::<B, _>(|| work.run()),
                Ok(Message::Done(_)) | Err(RecvError::Refused(_)) => break,
                // This work is lost, and the next may cross.
                Err(RecvError::Unreachable(Unreachable::Unsendable(error))) => {
                    Err(error.to_string())
                }
                // The parent is told by the end of this process.
                Err(RecvError::Unreachable(error)) => panic!("{error}"),
            };
            let sent = match end.send(Message::Done(done)) {
                Err(SendError::Unreachable(_, Unreachable::Unsendable(error))) => {
                    end.send(Message::Done(Err(error.to_string())))
                }
                sent => sent,
            };
            if sent.is_err() {
                break;
            }
        }
    }
}
