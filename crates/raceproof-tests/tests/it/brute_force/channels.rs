//! The channels of a random program.

use std::time::Duration;

use raceproof::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, TrySendError, channel,
    sync_channel,
};

use super::programs::{Do, Program};

/// The bound of each channel.
const CHANNELS: [Option<usize>; 3] = [None, Some(1), Some(0)];

#[derive(Clone)]
enum Tx {
    Free(Sender<i64>),
    Bounded(SyncSender<i64>),
}

/// The ends of channels that a thread has.
pub(super) struct Ends {
    senders: [Option<Tx>; CHANNELS.len()],
    receivers: [Option<Receiver<i64>>; CHANNELS.len()],
    /// What it sends next.
    next: i64,
}

/// The channel that an operation, or one inside of it, is about, and whether it needs the receiver.
fn uses(what: &Do, found: &mut Vec<(usize, bool)>) {
    match what {
        Do::Send(c) | Do::TrySend(c) | Do::DropSender(c) => found.push((*c, false)),
        Do::Recv(c) | Do::TryRecv(c) | Do::RecvTimeout(c) | Do::DropReceiver(c) => {
            found.push((*c, true));
        }
        Do::Locked(_, inner) | Do::Read(_, inner) | Do::Write(_, inner) => {
            inner.iter().for_each(|what| uses(what, found));
        }
        _ => {}
    }
}

impl Ends {
    /// Both ends of each channel that the program uses.
    pub(super) fn new(program: &Program) -> Self {
        let mut used = Vec::new();
        program.iter().flat_map(|(ops, _)| ops).for_each(|what| uses(what, &mut used));
        let mut ends = Ends { senders: [None, None, None], receivers: [None, None, None], next: 0 };
        for (c, bound) in CHANNELS.iter().enumerate() {
            if !used.iter().any(|(used, _)| *used == c) {
                continue;
            }
            let (sender, receiver) = match bound {
                None => {
                    let (sender, receiver) = channel();
                    (Tx::Free(sender), receiver)
                }
                Some(bound) => {
                    let (sender, receiver) = sync_channel(*bound);
                    (Tx::Bounded(sender), receiver)
                }
            };
            (ends.senders[c], ends.receivers[c]) = (Some(sender), Some(receiver));
        }
        ends
    }

    /// Those that a thread uses: a sender of its own, and the receiver if it is the first to.
    pub(super) fn of(&mut self, operations: &[Do]) -> Self {
        let mut used = Vec::new();
        operations.iter().for_each(|what| uses(what, &mut used));
        self.next += 10;
        let sender = |c| used.contains(&(c, false)).then(|| self.senders[c].clone()).flatten();
        let senders = std::array::from_fn(sender);
        let receiver = |c| used.contains(&(c, true)).then(|| self.receivers[c].take()).flatten();
        Ends { senders, receivers: std::array::from_fn(receiver), next: self.next }
    }

    pub(super) fn step(&mut self, seen: &mut Vec<i64>, what: &Do) {
        match *what {
            Do::DropSender(c) => self.senders[c] = None,
            Do::DropReceiver(c) => self.receivers[c] = None,
            Do::Send(c) | Do::TrySend(c) => {
                let tries = matches!(what, Do::TrySend(_));
                self.next += 1;
                let value = self.next;
                seen.extend(self.senders[c].as_ref().map(|sender| sender.send(value, tries)));
            }
            Do::Recv(c) | Do::TryRecv(c) | Do::RecvTimeout(c) => {
                seen.extend(self.receivers[c].as_ref().map(|receiver| receive(receiver, what)));
            }
            _ => unreachable!("{what:?} is about no channel"),
        }
    }
}

impl Tx {
    /// 1 if it was sent, 0 if there is no room, -1 if the receiver is gone.
    fn send(&self, value: i64, tries: bool) -> i64 {
        let sent = match self {
            Tx::Bounded(sender) if tries => sender.try_send(value),
            Tx::Bounded(sender) => sender.send(value).map_err(|error| error.into()),
            Tx::Free(sender) => sender.send(value).map_err(|error| error.into()),
        };
        match sent {
            Ok(()) => 1,
            Err(TrySendError::Full(back)) => back - value,
            Err(TrySendError::Disconnected(back)) => back - value - 1,
        }
    }
}

/// The value; 0 if there is none yet, -1 if there will be none.
fn receive(receiver: &Receiver<i64>, what: &Do) -> i64 {
    let received = match what {
        Do::Recv(_) => receiver.recv().map_err(|_| TryRecvError::Disconnected),
        Do::TryRecv(_) => receiver.try_recv(),
        _ => receiver.recv_timeout(Duration::ZERO).map_err(|error| match error {
            RecvTimeoutError::Timeout => TryRecvError::Empty,
            RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
        }),
    };
    match received {
        Ok(value) => value,
        Err(TryRecvError::Empty) => 0,
        Err(TryRecvError::Disconnected) => -1,
    }
}
