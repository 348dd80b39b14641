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
    /// To the worker: a chunk of work.
    Do(Vec<W>),
    /// From it: further results of the chunk, or the messages of panics.
    Done(Vec<Done<W>>),
    /// From it: the chunk could not cross, for this reason.
    Lost(String),
}

pub(super) type Done<W> = Result<<W as Work>::Output, String>;

impl<B: Backend, W: Work, I: Task> Task for Serve<B, W, I> {
    fn run(self) {
        let Self { end, initialiser } = self;
        initialiser.run();
        loop {
            let sent = match end.recv() {
                Ok(Message::Do(works)) => {
                    let done = |work: W| task::attempt::<B, _>(|| work.run());
                    answer(&end, works.into_iter().map(done).collect())
                }
                Ok(_) | Err(RecvError::Refused(_)) => break,
                // The next may cross.
                Err(RecvError::Unreachable(Unreachable::Unsendable(error))) => {
                    end.send(Message::Lost(error.to_string()))
                }
                // The parent is told by the end of this process.
                Err(RecvError::Unreachable(error)) => panic!("{error}"),
            };
            if sent.is_err() {
                break;
            }
        }
    }
}

/// Sends all results at once; if one of them cannot cross, each by itself.
fn answer<B: Backend, W: Work>(
    end: &PipeEnd<B, Message<W>>,
    results: Vec<Done<W>>,
) -> Result<(), SendError<Message<W>>> {
    let several = results.len() > 1;
    match end.send(Message::Done(results)) {
        Err(SendError::Unreachable(Message::Done(results), Unreachable::Unsendable(_)))
            if several =>
        {
            results.into_iter().try_for_each(|result| answer(end, vec![result]))
        }
        Err(SendError::Unreachable(_, Unreachable::Unsendable(error))) => {
            end.send(Message::Done(vec![Err(error.to_string())]))
        }
        sent => sent,
    }
}
