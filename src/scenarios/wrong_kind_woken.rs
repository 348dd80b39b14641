//! Producers and consumers share a buffer of one place, and one condition variable.
//!
//! Both kinds wait on the same condition, "the buffer has changed", and each change wakes *one*
//! thread. That is enough as long as it is of the right kind. But a consumer that has emptied the
//! buffer may wake another consumer, which looks, finds nothing, and goes back to sleep. The
//! notification is used up, the producer that could go on was not woken, and all threads sleep.
//!
//! It does not help that the right thread *came first*. In a waiting room where number 0 sits down
//! before number 1, "wake one" means number 0 on most systems on most days. There is no promise of
//! that, and a checker that wakes in the order of arrival, as loom does, never sees the other case.
//!
//! `notify_all` wakes every waiter, and those that can go on do so; it costs wake-ups in vain. Two
//! conditions on one lock, "not empty" and "not full", wake just the right kind, and one waiter is
//! enough. A single notification is right only if *every* waiter can use it, and if only one of
//! them can go on.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "wrong-kind-woken",
    group: Group::Conditions,
    lesson: "`notify_one` on a shared condition may wake a thread that cannot use it, and no other",
    source: include_str!("wrong_kind_woken.rs"),
    variants: &[
        Variant::new(
            "notify-one",
            &NotifyOne { consumers: 2 },
            "A consumer wakes the other consumer instead of the producer, and all of them sleep.",
        )
        .deadlocks("waits for buffer changed")
        .swept(sizes!(NotifyOne { consumers: 1..=3 } if consumers > 1)),
        Variant::new(
            "first-come",
            &FirstCome { customers: 2 },
            "Number 0 came first and is called first, but number 1 may be woken in its place.",
        )
        .deadlocks("`number 0` waits for called")
        .missed_by(&[(Engine::Loom, "it always wakes the thread that has waited longest")])
        .swept(sizes!(FirstCome { customers: 1..=3 } if customers > 1)),
        Variant::new(
            "notify-all",
            &NotifyAll { consumers: 2 },
            "All threads are woken, so those that can go on do.",
        )
        .sized(&[
            (Engine::Dpor, &NotifyAll { consumers: 3 }),
            (Engine::Loom, &NotifyAll { consumers: 1 }),
        ])
        .swept(sizes!(NotifyAll { consumers: 1..=3 })),
        Variant::new(
            "two-conditions",
            &TwoConditions { consumers: 2 },
            "A consumer wakes a producer and a producer wakes a consumer: one is enough.",
        )
        .sized(&[
            (Engine::Dpor, &TwoConditions { consumers: 3 }),
            (Engine::Loom, &TwoConditions { consumers: 1 }),
        ])
        .swept(sizes!(TwoConditions { consumers: 1..=3 })),
    ],
};

struct Buffer<B: Backend> {
    /// Whether the one place is taken.
    full: Mutex<B, bool>,
    changed: Condvar<B>,
}

impl<B: Backend> Buffer<B> {
    fn empty() -> Arc<Self> {
        let (full, changed) = (Mutex::named("buffer", false), Condvar::named("buffer changed"));
        Arc::new(Self { full, changed })
    }

    /// Waits until the place is `full` or not, inverts that, and wakes a waiter.
    fn turn(&self, full: bool, wake: fn(&Condvar<B>)) {
        let mut state = self.full.lock();
        while *state != full {
            state = self.changed.wait(state);
        }
        *state = !full;
        wake(&self.changed);
    }

    /// One producer, and some consumers that take one item each.
    fn run(consumers: usize, wake: fn(&Condvar<B>)) {
        let buffer = Self::empty();
        let producer = sharing(&buffer, move |buffer| {
            for _ in 0..consumers {
                buffer.turn(false, wake);
            }
        });
        let mut threads = vec![B::spawn("producer", producer)];
        threads.extend((0..consumers).map(|n| {
            let body = sharing(&buffer, move |buffer| buffer.turn(true, wake));
            B::spawn(format!("consumer {n}"), body)
        }));
        join_all(threads);
    }
}

#[derive(Debug)]
struct NotifyOne {
    consumers: usize,
}

impl Program for NotifyOne {
    fn run<B: Backend>(&self) {
        Buffer::<B>::run(self.consumers, |changed| changed.notify_one());
    }
}

#[derive(Debug)]
struct FirstCome {
    customers: usize,
}

struct Office<B: Backend> {
    /// How many have sat down, and the number that is called.
    room: Mutex<B, (usize, Option<usize>)>,
    sat_down: Condvar<B>,
    called: Condvar<B>,
}

impl<B: Backend> Office<B> {
    fn attend(&self, number: usize) {
        let mut room = self.room.lock();
        room.0 += 1;
        self.sat_down.notify_one();
        while room.1 != Some(number) {
            room = self.called.wait(room);
        }
    }

    fn await_customers(&self, customers: usize) {
        drop(self.sat_down.wait_while(self.room.lock(), |room| room.0 < customers));
    }

    fn call(&self, number: usize) {
        self.room.lock().1 = Some(number);
        self.called.notify_one();
    }
}

impl Program for FirstCome {
    fn run<B: Backend>(&self) {
        let office = Arc::new(Office::<B> {
            room: Mutex::shown("waiting room", (0, None)),
            sat_down: Condvar::named("sat down"),
            called: Condvar::named("called"),
        });
        let mut customers = Vec::new();
        for number in 0..self.customers {
            let body = sharing(&office, move |office| office.attend(number));
            customers.push(B::spawn(format!("number {number}"), body));
            office.await_customers(number + 1);
        }
        for (number, customer) in customers.into_iter().enumerate() {
            office.call(number);
            customer.join().expect("no panic");
        }
    }
}

#[derive(Debug)]
struct NotifyAll {
    consumers: usize,
}

impl Program for NotifyAll {
    fn run<B: Backend>(&self) {
        Buffer::<B>::run(self.consumers, |changed| changed.notify_all());
    }
}

#[derive(Debug)]
struct TwoConditions {
    consumers: usize,
}

struct Sorted<B: Backend> {
    full: Mutex<B, bool>,
    not_empty: Condvar<B>,
    not_full: Condvar<B>,
}

impl<B: Backend> Sorted<B> {
    fn put(&self) {
        let mut full = self.full.lock();
        while *full {
            full = self.not_full.wait(full);
        }
        *full = true;
        self.not_empty.notify_one();
    }

    fn get(&self) {
        let mut full = self.full.lock();
        while !*full {
            full = self.not_empty.wait(full);
        }
        *full = false;
        self.not_full.notify_one();
    }
}

impl Program for TwoConditions {
    fn run<B: Backend>(&self) {
        let buffer = Arc::new(Sorted::<B> {
            full: Mutex::named("buffer", false),
            not_empty: Condvar::named("not empty"),
            not_full: Condvar::named("not full"),
        });
        let items = self.consumers;
        let producer = sharing(&buffer, move |buffer| (0..items).for_each(|_| buffer.put()));
        let mut threads = vec![B::spawn("producer", producer)];
        threads.extend(
            (0..self.consumers)
                .map(|n| B::spawn(format!("consumer {n}"), sharing(&buffer, Sorted::get))),
        );
        join_all(threads);
    }
}
