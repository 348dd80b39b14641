//! Go's channel.

use super::{
    select::{Case, Selected, run},
    waiter::Waiter,
};
use raceproof_suite::backend::{Backend, Mutex};
use std::{
    any::Any,
    borrow::Cow,
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// An item under way, whatever its type.
pub(super) type Item = Box<dyn Any + Send>;

/// A channel with the meaning that Go gives it: any number of senders and receivers, a buffer of fixed size
/// that may be empty, and an end that is announced once. Clones are the same channel.
///
/// - Without a buffer, a send returns when a receiver has taken the item.
/// - A closed channel gives what is still in its buffer, and then `None`, always at once.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::Chan;
///
/// let numbers = Chan::<Std, i32>::buffered("numbers", 2);
/// numbers.send(1);
/// numbers.send(2);
/// numbers.close();
/// assert_eq!([numbers.recv(), numbers.recv(), numbers.recv()], [Some(1), Some(2), None]);
/// ```
pub struct Chan<B: Backend, T> {
    raw: Arc<Raw<B>>,
    items: PhantomData<fn(T) -> T>,
}

/// A channel of items of any type, so that it is compiled once for all of them.
pub(super) struct Raw<B: Backend> {
    /// A `select` locks its channels in the order of these.
    pub(super) number: usize,
    pub(super) name: Cow<'static, str>,
    capacity: usize,
    pub(super) state: Mutex<B, State<B>>,
}

/// What a channel's mutex guards.
pub(super) struct State<B: Backend> {
    buffer: VecDeque<Item>,
    closed: bool,
    receivers: VecDeque<Queued<B>>,
    senders: VecDeque<Queued<B>>,
}

/// A case of a thread that waits. It is out of date if another case of that thread has fired.
struct Queued<B: Backend> {
    waiter: Arc<Waiter<B>>,
    case: usize,
    /// What a sender sends.
    item: Option<Item>,
}

impl<B: Backend, T: Send + 'static> Chan<B, T> {
    /// A channel without a buffer.
    #[track_caller]
    #[must_use]
    pub fn unbuffered(name: impl Into<Cow<'static, str>>) -> Self {
        Self::buffered(name, 0)
    }

    /// A channel whose buffer holds `capacity` items.
    #[track_caller]
    #[must_use]
    pub fn buffered(name: impl Into<Cow<'static, str>>, capacity: usize) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let state = State {
            buffer: VecDeque::new(),
            closed: false,
            receivers: VecDeque::new(),
            senders: VecDeque::new(),
        };
        let (number, name) = (NEXT.fetch_add(1, Relaxed), name.into());
        let state = Mutex::named(name.clone(), state);
        Self { raw: Arc::new(Raw { number, name, capacity, state }), items: PhantomData }
    }

    /// Sends an item. Blocks until a receiver takes it or the buffer has room.
    ///
    /// # Panics
    ///
    /// The channel is closed, or is closed meanwhile.
    #[track_caller]
    pub fn send(&self, item: T) {
        run(vec![self.send_case(item)], true);
    }

    /// The next item, or `None` if the channel is closed and empty. Blocks until there is one of them.
    #[track_caller]
    #[must_use = "it is `None` when the channel is closed"]
    pub fn recv(&self) -> Option<T> {
        run(vec![self.recv_case()], true)?.item_of(self)
    }

    /// Blocks until there is an item or the channel is closed, whichever it is.
    #[track_caller]
    pub fn wait(&self) {
        run(vec![self.recv_case()], true);
    }

    /// Announces that nothing more will be sent. What waits to receive gets `None`.
    ///
    /// # Panics
    ///
    /// The channel is closed already.
    #[track_caller]
    pub fn close(&self) {
        let mut state = self.raw.state.lock();
        assert!(!state.closed, "close of closed channel");
        state.closed = true;
        let state = &mut *state;
        for queued in state.receivers.drain(..).chain(state.senders.drain(..)) {
            queued.waiter.fire(queued.case, &mut None, true);
        }
    }

    /// How many items are in the buffer.
    #[track_caller]
    #[must_use]
    pub fn buffered_items(&self) -> usize {
        self.raw.state.lock().buffer.len()
    }

    /// The case of a `select` that receives from this channel.
    pub fn recv_case(&self) -> Case<B> {
        Case { channel: Arc::clone(&self.raw), receives: true, item: None }
    }

    /// The case of a `select` that sends `item` to this channel.
    pub fn send_case(&self, item: T) -> Case<B> {
        Case { channel: Arc::clone(&self.raw), receives: false, item: Some(Box::new(item)) }
    }
}

impl Selected {
    /// What was received from `channel`, whose case it was.
    ///
    /// # Panics
    ///
    /// The item is of another type: it was another channel's case.
    #[must_use]
    pub fn item_of<B: Backend, T: 'static>(self, _channel: &Chan<B, T>) -> Option<T> {
        self.item.map(|item| *item.downcast().expect("an item of this channel"))
    }
}

impl<B: Backend> Raw<B> {
    /// Does what `case` says if that is possible at once; `Some(item)` if so.
    ///
    /// # Panics
    ///
    /// It sends, and the channel is closed.
    #[track_caller]
    pub(super) fn try_case(
        &self,
        state: &mut State<B>,
        case: &mut Case<B>,
    ) -> Option<Option<Item>> {
        if case.receives {
            return self.try_recv(state);
        }
        assert!(!state.closed, "send on closed channel");
        while let Some(queued) = state.receivers.pop_front() {
            if queued.waiter.fire(queued.case, &mut case.item, false) {
                return Some(None);
            }
        }
        if state.buffer.len() == self.capacity {
            return None;
        }
        state.buffer.extend(case.item.take());
        Some(None)
    }

    fn try_recv(&self, state: &mut State<B>) -> Option<Option<Item>> {
        let first = state.buffer.pop_front();
        // The place in the buffer, or the receiver itself, takes what the first sender has waited with.
        while let Some(queued) = state.senders.pop_front() {
            if queued.waiter.fire(queued.case, &mut None, false) {
                if first.is_none() {
                    return Some(queued.item);
                }
                state.buffer.extend(queued.item);
                break;
            }
        }
        match first {
            None if !state.closed => None,
            first => Some(first),
        }
    }

    /// Whether `case` may be possible at once. It is not if every thread on the other side is out of date.
    pub(super) fn may_be_ready(&self, state: &State<B>, case: &Case<B>) -> bool {
        state.closed
            || match case.receives {
                true => !state.buffer.is_empty() || !state.senders.is_empty(),
                false => state.buffer.len() < self.capacity || !state.receivers.is_empty(),
            }
    }

    /// Has the waiter's case wait here.
    pub(super) fn enqueue(
        &self,
        state: &mut State<B>,
        waiter: &Arc<Waiter<B>>,
        case: usize,
        of: &mut Case<B>,
    ) {
        let queue = if of.receives { &mut state.receivers } else { &mut state.senders };
        queue.push_back(Queued { waiter: Arc::clone(waiter), case, item: of.item.take() });
    }
}

impl<B: Backend, T> Clone for Chan<B, T> {
    fn clone(&self) -> Self {
        Self { raw: Arc::clone(&self.raw), items: PhantomData }
    }
}

impl<B: Backend, T> fmt::Debug for Chan<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "channel \"{}\"", self.raw.name)
    }
}
