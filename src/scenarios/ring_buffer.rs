//! One thread puts items into a ring, another takes them out. Each has an index of its own, which
//! the other only reads: no lock, no compare-and-swap.
//!
//! The index is all that says whether a place is full or free, so both indices publish something.
//! The producer's says "the item is written": it must be stored with `Release` and loaded with
//! `Acquire`, or the consumer reads a place whose item is not there yet. That much is like
//! `message-passing`, and is seldom forgotten. The consumer's index publishes, too: it says "I have
//! read the place, you may write it again". With a `Relaxed` store there, the producer may write
//! the next item while the last one is still being read.
//!
//! The items are plain memory, so either mistake is a data race under any memory model.

use super::{SEQ_CST, SKIPS, sharing};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, Shared, execution::outcome},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "ring-buffer",
    group: Group::Memory,
    lesson: "Both indices of a ring publish: one that a place is full, the other that it is free",
    source: include_str!("ring_buffer.rs"),
    variants: &[
        Variant::new(
            "relaxed",
            &WithRelaxed { puts: 1, gets: 1 },
            "The consumer sees the index, and nothing orders the item before it.",
        )
        .fails(FailureKind::DataRace, "place")
        .missed_by(&[(Engine::Shuttle, SEQ_CST), (Engine::Loom, SKIPS)])
        .swept(sizes!(WithRelaxed { puts: 1..=2, gets: 1..=2 })),
        Variant::new(
            "relaxed-consumer",
            &RelaxedConsumer { puts: 2, gets: 1 },
            "The producer sees that the place is free, and nothing orders the read of it before.",
        )
        .fails(FailureKind::DataRace, "place")
        .missed_by(&[(Engine::Shuttle, SEQ_CST), (Engine::Loom, SKIPS)])
        .swept(sizes!(RelaxedConsumer { puts: 1..=3, gets: 1..=2 } if puts > 1)),
        Variant::new(
            "release-acquire",
            &ReleaseAcquire { puts: 2, gets: 2 },
            "Each index is released after the access of the place and acquired before the next one.",
        )
        .outcomes(&["", "1", "1 2"])
        .outcomes_missed_by(Engine::Loom, &["1", "1 2"], SKIPS)
        .sized(&[
            (Engine::Dpor, &ReleaseAcquire { puts: 3, gets: 3 }),
            (Engine::C11, &ReleaseAcquire { puts: 3, gets: 3 }),
        ])
        .swept(sizes!(ReleaseAcquire { puts: 1..=3, gets: 1..=3 })),
    ],
};

/// A ring of one place.
struct Ring<B: Backend> {
    place: Shared<B, i64>,
    /// How many items were put; the producer's index.
    put: AtomicUsize<B>,
    /// How many were got; the consumer's index.
    got: AtomicUsize<B>,
    /// How each index is stored, and how the other side loads it.
    put_order: (Ordering, Ordering),
    got_order: (Ordering, Ordering),
}

impl<B: Backend> Ring<B> {
    /// Puts an item, unless the ring is full.
    fn put(&self, item: i64) {
        let put = self.put.load(Relaxed);
        if put == self.got.load(self.got_order.1) {
            self.place.set(item);
            self.put.store(put + 1, self.put_order.0);
        }
    }

    /// Takes an item, unless the ring is empty.
    fn get(&self) -> Option<i64> {
        let got = self.got.load(Relaxed);
        (got < self.put.load(self.put_order.1)).then(|| {
            let item = self.place.get();
            self.got.store(got + 1, self.got_order.0);
            item
        })
    }

    fn run(
        puts: usize,
        gets: usize,
        put_order: (Ordering, Ordering),
        got_order: (Ordering, Ordering),
    ) {
        let (put, got) = (AtomicUsize::named("put", 0), AtomicUsize::named("got", 0));
        let place = Shared::named("place", 0);
        let ring = Arc::new(Self { place, put, got, put_order, got_order });
        let produce = sharing(&ring, move |ring: &Self| {
            (1..=puts).for_each(|item| ring.put(item as i64));
        });
        let producer = B::spawn("producer", produce);
        let items: Vec<_> = (0..gets).filter_map(|_| ring.get()).collect();
        producer.join().expect("no panic");
        assert!(items.is_sorted() && items.iter().all(|&item| item > 0), "wrong items: {items:?}");
        let items: Vec<_> = items.iter().map(ToString::to_string).collect();
        outcome(items.join(" "));
    }
}

#[derive(Debug)]
struct WithRelaxed {
    puts: usize,
    gets: usize,
}

impl Program for WithRelaxed {
    fn run<B: Backend>(&self) {
        Ring::<B>::run(self.puts, self.gets, (Relaxed, Relaxed), (Relaxed, Relaxed));
    }
}

#[derive(Debug)]
struct RelaxedConsumer {
    puts: usize,
    gets: usize,
}

impl Program for RelaxedConsumer {
    fn run<B: Backend>(&self) {
        Ring::<B>::run(self.puts, self.gets, (Release, Acquire), (Relaxed, Relaxed));
    }
}

#[derive(Debug)]
struct ReleaseAcquire {
    puts: usize,
    gets: usize,
}

impl Program for ReleaseAcquire {
    fn run<B: Backend>(&self) {
        Ring::<B>::run(self.puts, self.gets, (Release, Acquire), (Release, Acquire));
    }
}
