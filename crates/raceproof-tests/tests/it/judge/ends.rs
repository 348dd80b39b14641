//! The ends of the channels that a thread has.

use std::time::Duration;

use raceproof::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};

use super::language::{CHANNELS, Do};

const SOON: Duration = Duration::from_millis(1);

#[derive(Clone)]
enum Sender {
    Plain(mpsc::Sender<i64>),
    Bounded(mpsc::SyncSender<i64>),
}

/// A thread's senders. They are dropped in order.
#[derive(Default)]
pub(super) struct Senders([Option<Sender>; CHANNELS.len()]);

/// A thread's receivers. They are dropped in order.
#[derive(Default)]
pub(super) struct Receivers([Option<mpsc::Receiver<i64>>; CHANNELS.len()]);

/// The channels that are used.
pub(super) fn channels(used: [bool; CHANNELS.len()]) -> (Senders, Receivers) {
    let (mut senders, mut receivers) = (Senders::default(), Receivers::default());
    for (index, bound) in CHANNELS.iter().enumerate().filter(|(index, _)| used[*index]) {
        let (sender, receiver) = match bound {
            None => {
                let (sender, receiver) = mpsc::channel();
                (Sender::Plain(sender), receiver)
            }
            Some(bound) => {
                let (sender, receiver) = mpsc::sync_channel(*bound);
                (Sender::Bounded(sender), receiver)
            }
        };
        senders.0[index] = Some(sender);
        receivers.0[index] = Some(receiver);
    }
    (senders, receivers)
}

impl Senders {
    /// Clones of those that are wanted. (A clone that is not wanted would be dropped, which is a step.)
    pub(super) fn clone_some(&self, wanted: [bool; CHANNELS.len()]) -> Senders {
        let wanted = |index: usize| self.0[index].as_ref().filter(|_| wanted[index]).cloned();
        Senders(std::array::from_fn(wanted))
    }

    pub(super) fn take(&mut self, channel: usize) -> Option<impl Sized + use<>> {
        self.0[channel].take()
    }

    /// Sends, if the channel's sender is there: what the operation observes.
    pub(super) fn send(&self, what: &Do) -> Option<i64> {
        let (Do::Send(channel, value) | Do::TrySend(channel, value)) = what else {
            unreachable!("a sender's operation")
        };
        let (channel, value) = (self.0[*channel].as_ref()?, *value);
        let sent = match (channel, what) {
            (Sender::Plain(sender), _) => sender.send(value).is_ok(),
            (Sender::Bounded(sender), Do::Send(..)) => sender.send(value).is_ok(),
            (Sender::Bounded(sender), _) => match sender.try_send(value) {
                Err(TrySendError::Full(_)) => return Some(0),
                result => result.is_ok(),
            },
        };
        Some(if sent { 1 } else { -1 })
    }
}

impl Receivers {
    /// Receives, if the channel's receiver is there: what the operation observes.
    pub(super) fn receive(&self, what: &Do) -> Option<i64> {
        let (Do::Recv(channel) | Do::TryRecv(channel) | Do::RecvTimeout(channel)) = what else {
            unreachable!("a receiver's operation")
        };
        let receiver = self.0[*channel].as_ref()?;
        Some(match what {
            Do::Recv(_) => receiver.recv().unwrap_or(-1),
            Do::TryRecv(_) => match receiver.try_recv() {
                Ok(value) => value,
                Err(TryRecvError::Empty) => 0,
                Err(TryRecvError::Disconnected) => -1,
            },
            _ => match receiver.recv_timeout(SOON) {
                Ok(value) => value,
                Err(RecvTimeoutError::Timeout) => 0,
                Err(RecvTimeoutError::Disconnected) => -1,
            },
        })
    }
}
