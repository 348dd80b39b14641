//! Channels, as `std::sync::mpsc`, of a mutex and two condition variables.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use super::{Condvar, Mutex, MutexGuard};
use crate::execution::clock::begin_waiting;
use crate::telling::text::count;

struct Channel<T> {
    state: Mutex<State<T>>,
    /// Something was sent, or the last sender is gone.
    filled: Condvar,
    /// Something was received, or the receiver is gone.
    drained: Condvar,
}

struct State<T> {
    queue: VecDeque<T>,
    /// How many may be in the queue; a channel for handing over has room for one, but its
    /// sender waits until it is taken.
    room: Option<usize>,
    hand_over: bool,
    /// The receiver waits, and no value is on its way to it.
    receiving: bool,
    /// Values received so far: a sender that hands over waits for its own.
    received: u64,
    sent: u64,
    senders: usize,
    receiver: bool,
}

/// How many values wait to be received, for traces.
impl<T> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&count(self.queue.len() as u64, "value"))
    }
}

impl<T> Channel<T> {
    #[track_caller]
    fn new(room: Option<usize>) -> Arc<Self> {
        let state = State {
            queue: VecDeque::new(),
            room: room.map(|room| room.max(1)),
            hand_over: room == Some(0),
            receiving: false,
            received: 0,
            sent: 0,
            senders: 1,
            receiver: true,
        };
        Arc::new(Channel {
            state: Mutex::shown("channel", state),
            filled: Condvar::inner("channel's filling"),
            drained: Condvar::inner("channel's draining"),
        })
    }

    /// The state; no panic happens while it is locked, so it is whole even if poisoned.
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    #[track_caller]
    fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut state = self.lock();
        while state.receiver && state.room.is_some_and(|room| state.queue.len() >= room) {
            state = self.drained.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        if !state.receiver {
            return Err(SendError(value));
        }
        state.queue.push_back(value);
        state.sent += 1;
        let number = state.sent;
        self.filled.notify_one();
        while state.hand_over && state.receiver && state.received < number {
            state = self.drained.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        if state.hand_over && state.received < number {
            // The receiver went away before it took the value, which is the only one.
            return state.queue.pop_back().map_or(Ok(()), |value| Err(SendError(value)));
        }
        Ok(())
    }

    #[track_caller]
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let mut state = self.lock();
        if !state.receiver {
            return Err(TrySendError::Disconnected(value));
        }
        let full = state.room.is_some_and(|room| state.queue.len() >= room);
        // A value is handed over only to a receiver that waits. It takes the value, however its wait
        // ends.
        if full || state.hand_over && !state.receiving {
            return Err(TrySendError::Full(value));
        }
        state.receiving = false;
        state.queue.push_back(value);
        state.sent += 1;
        self.filled.notify_one();
        Ok(())
    }

    /// The next value, if there is one.
    #[track_caller]
    fn take(&self, state: &mut MutexGuard<'_, State<T>>) -> Option<T> {
        if state.queue.is_empty() {
            return None;
        }
        let value = state.queue.pop_front();
        state.received += 1;
        if state.room.is_some() {
            self.drained.notify_all();
        }
        value
    }
}

/// Notes whether the receiver waits, where that matters: elsewhere the state stays untouched.
fn note_receiving<T>(state: &mut MutexGuard<'_, State<T>>, receiving: bool) {
    if state.hand_over {
        state.receiving = receiving;
    }
}

/// The sending half of a channel without a bound.
pub struct Sender<T>(Arc<Channel<T>>);

/// The sending half of a channel with a bound.
pub struct SyncSender<T>(Arc<Channel<T>>);

/// The receiving half of a channel.
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
    /// Receivers are not shared, as std's are not.
    not_sync: PhantomData<std::cell::Cell<()>>,
}

/// A channel without a bound.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(None);
    (Sender(Arc::clone(&channel)), Receiver { channel, not_sync: PhantomData })
}

/// A channel for at most `bound` values; with 0, values are handed over.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = Channel::new(Some(bound));
    (SyncSender(Arc::clone(&channel)), Receiver { channel, not_sync: PhantomData })
}

impl<T> Sender<T> {
    /// Sends a value.
    ///
    /// # Errors
    ///
    /// The value, if the receiver is gone.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }
}

impl<T> SyncSender<T> {
    /// Sends a value; waits for room.
    ///
    /// # Errors
    ///
    /// The value, if the receiver is gone.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }

    /// Sends a value if there is room, or if values are handed over and the receiver waits for one.
    ///
    /// # Errors
    ///
    /// The value, if there is no room, the receiver does not wait, or it is gone.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(value)
    }
}

impl<T> Receiver<T> {
    /// Receives a value; waits for one.
    ///
    /// # Errors
    ///
    /// If there is none and all senders are gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        let mut state = self.channel.lock();
        loop {
            if let Some(value) = self.channel.take(&mut state) {
                return Ok(value);
            }
            if state.senders == 0 {
                return Err(RecvError);
            }
            note_receiving(&mut state, true);
            state =
                self.channel.filled.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
            note_receiving(&mut state, false);
        }
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    ///
    /// If there is none.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut state = self.channel.lock();
        match self.channel.take(&mut state) {
            Some(value) => Ok(value),
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Receives a value; waits for one until time is over, which may be any moment. The model's
    /// [clock](crate::time) goes on if it is.
    ///
    /// # Errors
    ///
    /// If there is none in time, or none and all senders are gone.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let began = Some(begin_waiting());
        let mut state = self.channel.lock();
        let mut late = false;
        loop {
            if let Some(value) = self.channel.take(&mut state) {
                return Ok(value);
            }
            if state.senders == 0 {
                return Err(RecvTimeoutError::Disconnected);
            }
            if late {
                return Err(RecvTimeoutError::Timeout);
            }
            note_receiving(&mut state, true);
            let waited = self.channel.filled.wait_since(began, state, timeout);
            let result;
            (state, result) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
            note_receiving(&mut state, false);
            late = result.timed_out();
        }
    }

    /// Receives values until all senders are gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// Receives values while there are any.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }
}

/// The values of a channel: see [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

/// The values that are there: see [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

/// The values of a channel, with its receiver.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

macro_rules! sender {
    ($name:ident) => {
        impl<T> Clone for $name<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                self.0.lock().senders += 1;
                $name(Arc::clone(&self.0))
            }
        }

        impl<T> Drop for $name<T> {
            fn drop(&mut self) {
                if !self.0.state.is_usable() {
                    return;
                }
                let mut state = self.0.lock();
                state.senders -= 1;
                if state.senders == 0 {
                    self.0.filled.notify_one();
                }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

sender!(Sender);
sender!(SyncSender);

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if !self.channel.state.is_usable() {
            return;
        }
        let mut state = self.channel.lock();
        state.receiver = false;
        // What was sent and never received goes with the receiver, but for a value that
        // its sender still hands over and will take back.
        let unread =
            if state.hand_over { VecDeque::new() } else { std::mem::take(&mut state.queue) };
        self.channel.drained.notify_all();
        drop(state);
        drop(unread);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
