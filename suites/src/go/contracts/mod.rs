//! What Go's types promise, as programs that must hold, generic over the types, so that a broken copy can take
//! their place.

mod channels;
mod threads;

use self::{channels::*, threads::*};
use super::{Chan, Context, Once, RwMutex, WaitGroup, select};
use raceproof_suite::{
    backend::{Backend, Capability},
    program::{Group, Scenario, Variant},
};
use std::{
    fmt::{self, Debug},
    marker::PhantomData,
};

/// The contracts of Go's types.
pub static SCENARIO: Scenario = scenario::<Real>("go");

/// Names the types.
pub trait Kind: Debug + 'static {
    /// The channel, of numbers.
    type Chan<B: Backend>: Channel;
    /// The read-write lock.
    type Lock<B: Backend>: ReadWrite;
    /// The wait group.
    type Group<B: Backend>: Countdown;
    /// What is cancelled.
    type Context<B: Backend>: Cancellation;
    /// What is done once.
    type Once<B: Backend>: DoneOnce;
}

/// The methods of a channel that the contracts call; meanings as for [`Chan`].
pub trait Channel: Clone + Send + Sync + 'static {
    /// A channel with room for so many items.
    fn with_room(name: &'static str, capacity: usize) -> Self;
    /// See [`Chan::send`].
    fn send(&self, item: usize);
    /// See [`Chan::recv`].
    fn recv(&self) -> Option<usize>;
    /// See [`Chan::close`].
    fn close(&self);
    /// Receives from this channel or from another; which one it was, and what.
    fn recv_or(&self, other: &Self) -> (usize, Option<usize>);
    /// Sends to this channel or receives from another; which one it was, and what was received.
    fn send_or_recv(&self, item: usize, from: &Self) -> (usize, Option<usize>);
}

/// The methods of a read-write lock that the contracts call.
pub trait ReadWrite: Send + Sync + 'static {
    /// A free lock.
    fn free() -> Self;
    /// Runs `f` with the lock held for reading.
    fn reading(&self, f: impl FnOnce());
    /// Runs `f` with the lock held for writing.
    fn writing(&self, f: impl FnOnce());
}

/// The methods of a wait group that the contracts call.
pub trait Countdown: Send + Sync + 'static {
    /// A group of so many.
    fn of(n: i64) -> Self;
    /// See [`WaitGroup::done`].
    fn done(&self);
    /// See [`WaitGroup::wait`].
    fn wait(&self);
}

/// The methods of a context that the contracts call.
pub trait Cancellation: Clone + Send + Sync + 'static {
    /// One that is not cancelled, and has no parent.
    fn root() -> Self;
    /// See [`Context::child`].
    fn child(&self) -> Self;
    /// See [`Context::cancel`].
    fn cancel(&self);
    /// Waits until it is cancelled.
    fn wait(&self);
}

/// The method of a `Once` that the contracts call.
pub trait DoneOnce: Send + Sync + 'static {
    /// Something that has not been done.
    fn not_yet() -> Self;
    /// See [`Once::call`].
    fn call(&self, f: impl FnOnce());
}

/// Names the types of this crate.
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type Chan<B: Backend> = Chan<B, usize>;
    type Lock<B: Backend> = RwMutex<B>;
    type Group<B: Backend> = WaitGroup<B>;
    type Context<B: Backend> = Context<B>;
    type Once<B: Backend> = Once<B>;
}

impl<B: Backend> Channel for Chan<B, usize> {
    fn with_room(name: &'static str, capacity: usize) -> Self {
        Self::buffered(name, capacity)
    }
    fn send(&self, item: usize) {
        self.send(item);
    }
    fn recv(&self) -> Option<usize> {
        self.recv()
    }
    fn close(&self) {
        self.close();
    }
    fn recv_or(&self, other: &Self) -> (usize, Option<usize>) {
        let selected = select([self.recv_case(), other.recv_case()]);
        (selected.case, selected.item_of(self))
    }
    fn send_or_recv(&self, item: usize, from: &Self) -> (usize, Option<usize>) {
        let selected = select([self.send_case(item), from.recv_case()]);
        (selected.case, selected.item_of(from))
    }
}

impl<B: Backend> Cancellation for Context<B> {
    fn root() -> Self {
        Self::new("root")
    }
    fn child(&self) -> Self {
        self.child("child")
    }
    fn cancel(&self) {
        self.cancel();
    }
    fn wait(&self) {
        self.done().wait();
    }
}

impl<B: Backend> DoneOnce for Once<B> {
    fn not_yet() -> Self {
        Self::named("once")
    }
    fn call(&self, f: impl FnOnce()) {
        self.call(f);
    }
}

impl<B: Backend> ReadWrite for RwMutex<B> {
    fn free() -> Self {
        Self::named("lock")
    }
    fn reading(&self, f: impl FnOnce()) {
        let _reading = self.read();
        f();
    }
    fn writing(&self, f: impl FnOnce()) {
        let _writing = self.write();
        f();
    }
}

impl<B: Backend> Countdown for WaitGroup<B> {
    fn of(n: i64) -> Self {
        let group = Self::named("group");
        group.add(n);
        group
    }
    fn done(&self) {
        self.done();
    }
    fn wait(&self) {
        self.wait();
    }
}

/// The contracts of the types of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Nothing is lost, nothing comes twice, and no thread waits for what is there";
    let source = concat!(include_str!("channels.rs"), include_str!("threads.rs"));
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(PhantomData<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "each-item-once",
            &EachItemOnce::<K>(Of::THIS, 1),
            "Of two receivers each gets one of the two items.",
        )
        .outcomes(&["1 2", "2 1"]),
        Variant::new(
            "each-item-once-unbuffered",
            &EachItemOnce::<K>(Of::THIS, 0),
            "Of two receivers each gets one of the two items.",
        )
        .outcomes(&["1 2", "2 1"]),
        Variant::new(
            "in-order",
            &InOrder::<K>(Of::THIS),
            "What one thread sends comes in the order in which it was sent, and then the end.",
        ),
        Variant::new(
            "rendezvous",
            &Rendezvous::<K>(Of::THIS),
            "Without a buffer a send returns after its receive has begun.",
        ),
        Variant::new(
            "close-wakes-all",
            &CloseWakesAll::<K>(Of::THIS),
            "Every receiver that waits learns of the end.",
        ),
        Variant::new(
            "select-takes-one",
            &SelectTakesOne::<K>(Of::THIS),
            "A select takes one item, and leaves the other channel's item where it is.",
        )
        .needs(&[Capability::Choice])
        .outcomes(&["0 10", "1 20"]),
        Variant::new(
            "select-meets-select",
            &SelectMeets::<K>(Of::THIS),
            "Of two selects that send and receive crosswise one sends and the other receives.",
        )
        .needs(&[Capability::Choice])
        .outcomes(&["0 1", "1 0"]),
        Variant::new(
            "writer-alone",
            &WriterAlone::<K>(Of::THIS),
            "No thread reads or writes while another one writes.",
        ),
        Variant::new(
            "writers-take-turns",
            &WritersTakeTurns::<K>(Of::THIS),
            "Each writer and each reader that waits is let in in the end.",
        ),
        Variant::new(
            "wait-for-all",
            &WaitForAll::<K>(Of::THIS),
            "What was done before the last `done` is seen after the wait, by every thread that waits.",
        ),
        Variant::new(
            "cancel-reaches-all",
            &CancelReachesAll::<K>(Of::THIS),
            "A cancellation is seen by who waits for the context, and for its children, also those that come later.",
        ),
        Variant::new(
            "cancel-twice",
            &CancelTwice::<K>(Of::THIS),
            "A context may be cancelled while its parent is.",
        ),
        Variant::new(
            "once-for-all",
            &OnceForAll::<K>(Of::THIS),
            "It is done once, and done when any call returns.",
        ),
    ];
}

/// Names the kind in a program that has no value of it.
pub(super) struct Of<K>(PhantomData<fn() -> K>);

impl<K> Of<K> {
    pub(super) const THIS: Self = Self(PhantomData);
}

impl<K> Debug for Of<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<K>().rsplit("::").next().unwrap_or_default())
    }
}
