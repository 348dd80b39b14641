//! Channels, as `std::sync::mpsc`.
//!
//! A receive depends on the send of the value that it takes and on no other; sends on one channel
//! depend on each other. So what senders and the receiver of a channel do is explored once for each
//! order of the sends, unless a thread looks whether there is a value, or room, without waiting.
//!
//! ```
//! use raceproof::sync::mpsc;
//! use raceproof::{Explorer, thread};
//!
//! let exploration = Explorer::new().check(|| {
//!     let (sender, receiver) = mpsc::channel();
//!     let other = sender.clone();
//!     thread::spawn(move || sender.send(5));
//!     thread::spawn(move || other.send(6));
//!     assert_eq!(receiver.iter().sum::<i32>(), 11);
//! });
//! assert_eq!(exploration.executions, 2);
//! ```
//!
//! A value orders memory: what comes before its send happens before what comes after its receive. That the other half of a channel
//! is gone does not: std promises no such thing, and does not always order it.
//!
//! Outside of a model they are std's.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{Made, belongs, kernel, perform, teardown, tell, yield_at};
use crate::kernel::machine::channel::{DONE, GONE, WAITS};
use crate::kernel::{Act, Kernel, Op, Pending};
use crate::telling::common_value;
use crate::telling::trace::Value;
use crate::telling::values;

/// One end of a channel, in a model or outside of it.
enum End<T, R> {
    Model(Arc<Channel<T>>),
    Real(Made, R),
}

struct Channel<T> {
    id: Made,
    /// Whether values are handed over.
    hands_over: bool,
    /// Locked only between two steps, so never by two threads.
    values: Mutex<Values<T>>,
}

/// The values that were sent and not received, each with its number.
struct Values<T> {
    queue: VecDeque<(u64, T)>,
    sent: u64,
}

impl<T> Channel<T> {
    /// Both ends of a channel, which are `real` outside of a model.
    #[track_caller]
    fn ends<S, R>(room: Option<usize>, real: impl FnOnce() -> (S, R)) -> (End<T, S>, End<T, R>) {
        let at = Location::caller();
        let id = Made::new(at, |kernel| kernel.create_channel(room, at));
        if id.is_outside() {
            let (sender, receiver) = real();
            return (End::Real(id, sender), End::Real(id, receiver));
        }
        let values = Mutex::new(Values { queue: VecDeque::new(), sent: 0 });
        let channel = Arc::new(Channel { id, hands_over: room == Some(0), values });
        (End::Model(Arc::clone(&channel)), End::Model(channel))
    }

    /// Its number: no channel is made outside of a model.
    #[track_caller]
    fn number(&self) -> u32 {
        self.id.number().expect("a channel of a model")
    }

    #[track_caller]
    fn act(&self, act: Act) -> u32 {
        let (object, at) = (self.number(), Location::caller());
        perform(Pending { op: Op::Act { object, act }, at })
    }

    fn values<R>(&self, f: impl FnOnce(&mut Values<T>) -> R) -> R {
        f(&mut self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a value into the channel, as the running thread's last step says.
    fn put(&self, value: T) -> u64 {
        tell_value(&value);
        self.values(|values| {
            values.sent += 1;
            values.queue.push_back((values.sent, value));
            values.sent
        })
    }

    /// Takes the next value, as the running thread's last step says.
    fn get(&self) -> Option<T> {
        let (_, value) = self.values(|values| values.queue.pop_front())?;
        tell_value(&value);
        Some(value)
    }

    #[track_caller]
    fn recv(&self) -> Result<T, RecvError> {
        let mut result = self.act(Act::Receive);
        if result == WAITS {
            result = self.act(Act::Take);
        }
        let value = if result == DONE { self.get() } else { None };
        value.ok_or(RecvError)
    }

    #[track_caller]
    fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.act(Act::TryReceive) {
            DONE => self.get().ok_or(TryRecvError::Disconnected),
            GONE => Err(TryRecvError::Disconnected),
            _ => Err(TryRecvError::Empty),
        }
    }

    #[track_caller]
    fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let began = begin_waiting();
        yield_at(Location::caller());
        let mut result = self.act(Act::ReceiveInTime);
        if result == WAITS {
            result = self.act(Act::TakeInTime);
        }
        match result {
            DONE => self.get().ok_or(RecvTimeoutError::Disconnected),
            GONE => Err(RecvTimeoutError::Disconnected),
            _ => {
                has_waited(began, timeout);
                Err(RecvTimeoutError::Timeout)
            }
        }
    }

    #[track_caller]
    fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.act(Act::Send) != DONE {
            return Err(SendError(value));
        }
        let number = self.put(value);
        if !self.hands_over || self.act(Act::HandOver) == DONE {
            return Ok(());
        }
        // The receiver went away before it took the value.
        let refused = self.values(|values| {
            let at = values.queue.iter().position(|(other, _)| *other == number)?;
            values.queue.remove(at)
        });
        refused.map_or(Ok(()), |(_, value)| Err(SendError(value)))
    }

    #[track_caller]
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.hands_over && !teardown::under_way() {
            // Only now it matters when the receiver begins to wait.
            kernel(Kernel::begin_with_handovers);
        }
        match self.act(Act::TrySend) {
            DONE => _ = self.put(value),
            GONE => return Err(TrySendError::Disconnected(value)),
            _ => return Err(TrySendError::Full(value)),
        }
        Ok(())
    }
}

/// Tells a value that the running thread's last step has sent or received.
fn tell_value<T>(value: &T) {
    if values::wanted()
        && let Some(told) = common_value(value)
    {
        tell(|recorder| recorder.tell_last(Value::Text(told)));
    }
}

/// The sending half of a channel without a bound.
pub struct Sender<T>(End<T, std::sync::mpsc::Sender<T>>);

/// The sending half of a channel with a bound.
pub struct SyncSender<T>(End<T, std::sync::mpsc::SyncSender<T>>);

/// The receiving half of a channel.
pub struct Receiver<T> {
    end: End<T, std::sync::mpsc::Receiver<T>>,
    /// Receivers are not shared, as std's are not.
    not_sync: PhantomData<std::cell::Cell<()>>,
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
impl<T> UnwindSafe for SyncSender<T> {}
impl<T> RefUnwindSafe for SyncSender<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// A channel without a bound.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, end) = Channel::ends(None, std::sync::mpsc::channel);
    (Sender(sender), Receiver { end, not_sync: PhantomData })
}

/// A channel for at most `bound` values; with 0, values are handed over.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, end) = Channel::ends(Some(bound), || std::sync::mpsc::sync_channel(bound));
    (SyncSender(sender), Receiver { end, not_sync: PhantomData })
}

impl<T> Sender<T> {
    /// Sends a value.
    ///
    /// # Errors
    ///
    /// The value, if the receiver is gone.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match &self.0 {
            End::Model(channel) => channel.send(value),
            End::Real(made, sender) => made.outside(sender).send(value),
        }
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
        match &self.0 {
            End::Model(channel) => channel.send(value),
            End::Real(made, sender) => made.outside(sender).send(value),
        }
    }

    /// Sends a value if there is room, or if values are handed over and the receiver waits for one.
    ///
    /// # Errors
    ///
    /// The value, if there is no room, the receiver does not wait, or it is gone.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match &self.0 {
            End::Model(channel) => channel.try_send(value),
            End::Real(made, sender) => made.outside(sender).try_send(value),
        }
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
        match &self.end {
            End::Model(channel) => channel.recv(),
            End::Real(made, receiver) => made.outside(receiver).recv(),
        }
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    ///
    /// If there is none.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.end {
            End::Model(channel) => channel.try_recv(),
            End::Real(made, receiver) => made.outside(receiver).try_recv(),
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
        match &self.end {
            End::Model(channel) => channel.recv_timeout(timeout),
            End::Real(made, receiver) => made.outside(receiver).recv_timeout(timeout),
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
        /// Another sender of the channel. To make one is no step.
        impl<T> Clone for $name<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                $name(match &self.0 {
                    End::Model(channel) => {
                        let object = channel.number();
                        kernel(|kernel| kernel.add_sender(object));
                        End::Model(Arc::clone(channel))
                    }
                    End::Real(made, sender) => End::Real(*made, sender.clone()),
                })
            }
        }

        impl<T> Drop for $name<T> {
            fn drop(&mut self) {
                // A destructor that runs after its execution has no thread to synchronise with.
                if let End::Model(channel) = &self.0
                    && belongs(*channel.id)
                {
                    channel.act(Act::DropSender);
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
        let End::Model(channel) = &self.end else { return };
        if !belongs(*channel.id) {
            return;
        }
        channel.act(Act::DropReceiver);
        // What was sent and never received goes with the receiver, but for a value that
        // its sender still hands over and will take back.
        if !channel.hands_over {
            drop(channel.values(|values| std::mem::take(&mut values.queue)));
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
