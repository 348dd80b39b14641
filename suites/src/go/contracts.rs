//! What Go's types promise, as programs that must hold, generic over the types, so that a broken copy can take
//! their place.

use super::{Chan, RwMutex, WaitGroup, select};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Capability, Shared, execution::outcome, join_all},
    program::{Group, Program, Scenario, Variant},
};
use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    sync::{Arc, atomic::Ordering::SeqCst},
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

/// Names the types of this crate.
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type Chan<B: Backend> = Chan<B, usize>;
    type Lock<B: Backend> = RwMutex<B>;
    type Group<B: Backend> = WaitGroup<B>;
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
    let source = include_str!("contracts.rs");
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
    ];
}

/// Names the kind in a program that has no value of it.
struct Of<K>(PhantomData<fn() -> K>);

impl<K> Of<K> {
    const THIS: Self = Self(PhantomData);
}

impl<K> Debug for Of<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<K>().rsplit("::").next().unwrap_or_default())
    }
}

#[derive(Debug)]
struct EachItemOnce<K: Kind>(Of<K>, usize);

impl<K: Kind> Program for EachItemOnce<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", self.1);
        let receivers = ["first", "second"].map(|name| {
            let items = items.clone();
            B::spawn(name, move || items.recv().expect("it stays open"))
        });
        items.send(1);
        items.send(2);
        let got: Vec<_> = join_all(receivers).iter().map(ToString::to_string).collect();
        outcome(got.join(" "));
    }
}

#[derive(Debug)]
struct InOrder<K: Kind>(Of<K>);

impl<K: Kind> Program for InOrder<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", 1);
        let sent = items.clone();
        let sender = B::spawn("sender", move || {
            (1..=3).for_each(|item| sent.send(item));
            sent.close();
        });
        let got: Vec<_> = (0..4).map(|_| items.recv()).collect();
        assert_eq!(got, [Some(1), Some(2), Some(3), None], "out of order");
        join_all([sender]);
    }
}

#[derive(Debug)]
struct Rendezvous<K: Kind>(Of<K>);

impl<K: Kind> Program for Rendezvous<K> {
    fn run<B: Backend>(&self) {
        let parts =
            Arc::new((K::Chan::<B>::with_room("items", 0), AtomicUsize::<B>::named("ready", 0)));
        let shared = Arc::clone(&parts);
        let receiver = B::spawn("receiver", move || {
            shared.1.store(1, SeqCst);
            shared.0.recv()
        });
        parts.0.send(7);
        assert_eq!(parts.1.load(SeqCst), 1, "sent before anybody came to receive");
        assert_eq!(join_all([receiver]), [Some(7)], "another item came");
    }
}

#[derive(Debug)]
struct CloseWakesAll<K: Kind>(Of<K>);

impl<K: Kind> Program for CloseWakesAll<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", 0);
        let receivers = ["first", "second"].map(|name| {
            let items = items.clone();
            B::spawn(name, move || items.recv())
        });
        items.close();
        assert_eq!(join_all(receivers), [None, None], "an item came from nowhere");
    }
}

#[derive(Debug)]
struct SelectTakesOne<K: Kind>(Of<K>);

impl<K: Kind> Program for SelectTakesOne<K> {
    fn run<B: Backend>(&self) {
        let channels = [K::Chan::<B>::with_room("left", 1), K::Chan::<B>::with_room("right", 1)];
        let senders = [(0, "to left", 10), (1, "to right", 20)].map(|(n, name, item)| {
            let channel = channels[n].clone();
            B::spawn(name, move || channel.send(item))
        });
        let (case, item) = channels[0].recv_or(&channels[1]);
        let other = channels[1 - case].recv();
        assert_eq!(item.zip(other).map(|(a, b)| a + b), Some(30), "an item is lost");
        join_all(senders);
        outcome(format!("{case} {}", item.unwrap_or_default()));
    }
}

#[derive(Debug)]
struct WriterAlone<K: Kind>(Of<K>);

impl<K: Kind> Program for WriterAlone<K> {
    fn run<B: Backend>(&self) {
        let parts = Arc::new((K::Lock::<B>::free(), Shared::<B, i64>::named("value", 0)));
        let writers = ["first writer", "second writer"].map(|name| {
            let parts = Arc::clone(&parts);
            B::spawn(name, move || parts.0.writing(|| parts.1.set(parts.1.get() + 1)))
        });
        parts.0.reading(|| {
            let seen = parts.1.get();
            assert_eq!(seen, parts.1.get(), "written while it was read");
        });
        join_all(writers);
        assert_eq!(parts.1.get(), 2, "lost update");
    }
}

#[derive(Debug)]
struct WritersTakeTurns<K: Kind>(Of<K>);

impl<K: Kind> Program for WritersTakeTurns<K> {
    fn run<B: Backend>(&self) {
        let lock = Arc::new(K::Lock::<B>::free());
        let threads = ["writer 0", "writer 1", "reader"].map(|name| {
            let lock = Arc::clone(&lock);
            B::spawn(name, move || match name {
                "reader" => lock.reading(|| ()),
                _ => lock.writing(|| ()),
            })
        });
        join_all(threads);
    }
}

#[derive(Debug)]
struct WaitForAll<K: Kind>(Of<K>);

impl<K: Kind> Program for WaitForAll<K> {
    fn run<B: Backend>(&self) {
        let parts = Arc::new((
            K::Group::<B>::of(2),
            [Shared::<B, i64>::named("first's", 0), Shared::named("second's", 0)],
        ));
        let workers = [(0, "first"), (1, "second")].map(|(n, name)| {
            let parts = Arc::clone(&parts);
            B::spawn(name, move || {
                parts.1[n].set(1);
                parts.0.done();
            })
        });
        let shared = Arc::clone(&parts);
        let waiter = B::spawn("waiter", move || {
            shared.0.wait();
            shared.1[0].get() + shared.1[1].get()
        });
        parts.0.wait();
        assert_eq!(parts.1[0].get() + parts.1[1].get(), 2, "the wait was over too early");
        assert_eq!(join_all([waiter]), [2], "the other wait was over too early");
        join_all(workers);
    }
}
