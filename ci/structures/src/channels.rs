//! The channel of async-channel, by the operations that do not wait.

use std::collections::VecDeque;

use async_channel::{Receiver, Sender, TryRecvError, TrySendError};
use raceproof::linearizable;
use raceproof::linearizable::Clients;

use crate::Structure;

/// Both ends.
struct Channel(Sender<u8>, Receiver<u8>);

impl Channel {
    fn new() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Channel(sender, receiver)
    }
}

/// What a channel of one message does if one thread uses it.
#[derive(Default)]
struct Messages {
    messages: VecDeque<u8>,
    closed: bool,
}

impl Messages {
    fn send(&mut self, message: u8) -> Result<(), TrySendError<u8>> {
        if self.closed {
            return Err(TrySendError::Closed(message));
        }
        if !self.messages.is_empty() {
            return Err(TrySendError::Full(message));
        }
        self.messages.push_back(message);
        Ok(())
    }

    fn receive(&mut self) -> Result<u8, TryRecvError> {
        let none = if self.closed { TryRecvError::Closed } else { TryRecvError::Empty };
        self.messages.pop_front().ok_or(none)
    }
}

fn clients() -> Clients<Channel, Messages> {
    linearizable! { @clients
        object: Channel = Channel::new();
        spec: Messages = Messages::default();
        fn try_send(&self, message in fresh(1..)) -> Result<(), TrySendError<u8>> {
            does: |channel| channel.0.try_send(message),
            spec: |channel| channel.send(message)
        }
        fn try_recv(&self) -> Result<u8, TryRecvError> {
            does: |channel| channel.1.try_recv(),
            spec: |channel| channel.receive()
        }
        fn close(&self) -> bool {
            does: |channel| channel.0.close(),
            spec: |channel| !std::mem::replace(&mut channel.closed, true),
            once
        }
    }
}

pub(crate) fn all() -> Vec<Structure> {
    let what = "async-channel 2.5.0, `bounded(1)`: `try_send`, `try_recv`, `close`";
    let reason = Some("Its messages are in a `ConcurrentQueue` for one item: see `bounded-1`.");
    vec![Structure { name: "channel", what, check: |limits| limits.check(clients()), reason }]
}
