//! Signals, mutexes, buffers, and the classical problems.

use super::signal;
use crate::goker::{go, kernels};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Shared, join_all},
    primitives::Semaphore,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "classics.rs"
    Signaling = signaling "signaling" assertion("b came before a")
        "Started earlier does not mean done earlier: let the first signal the second"
        "Nothing makes the second thread wait for the first."
        "The second thread waits for a signal that the first one gives."
    Rendezvous = rendezvous "rendezvous" deadlock("waits for b arrived")
        "Say that you have arrived before you wait for the other"
        "Each waits for the other, and would only then say that it has arrived."
        "Each says so first."
    Mutex = mutex "mutex" race("count")
        "A semaphore that begins with one admits one thread at a time"
        "The semaphore begins with two."
        "It begins with one."
    Multiplex = multiplex "multiplex" assertion("too many inside")
        "A semaphore admits as many as it begins with, and no other number"
        "The semaphore begins with one permit too many."
        "It begins with the number of those who may be inside."
    FiniteBuffer = finite_buffer "finite-buffer" deadlock("waits for mutex")
        "Do not wait for an item with the mutex that is needed to bring one"
        "The consumer waits for an item inside the mutex, and the producer cannot enter."
        "It waits first and enters the mutex then."
    ReadersWriters = readers_writers "readers-writers" race("value")
        "The first reader keeps writers out, and the last one lets them in: count under a mutex"
        "Each reader that leaves lets the writers in, while another one still reads."
        "Only the last one does."
    DiningPhilosophers = dining_philosophers "dining-philosophers" deadlock("waits for fork")
        "If all take the left fork first, all may wait for the right one: let one too few sit down"
        "Each has taken its left fork and waits for the right one, which its neighbour holds."
        "With one seat too few, somebody at the table has both neighbours' forks to choose from."
    Savages = savages "savages" deadlock("waits for mutex")
        "Who waits for another inside a mutex must not wait for one who needs the mutex"
        "The savage waits inside the mutex for the pot to be filled, and the cook enters the mutex to fill it."
        "The cook fills the pot while the savage that has called keeps the others out."
}

fn signaling<B: Backend>(fixed: bool) {
    let shared =
        Arc::new((AtomicUsize::<B>::named("a is done", 0), Semaphore::<B>::named("a done", 0)));
    let a = go::<B, _>("a", &shared, |(a, done)| {
        a.store(1, SeqCst);
        signal(done);
    });
    let b = go::<B, _>("b", &shared, move |(a, done)| {
        if fixed {
            done.acquire();
        }
        assert_eq!(a.load(SeqCst), 1, "b came before a");
    });
    join_all([a, b]);
}

fn rendezvous<B: Backend>(fixed: bool) {
    let arrived = Arc::new(["a arrived", "b arrived"].map(|name| Semaphore::<B>::named(name, 0)));
    let threads = [(0, "a"), (1, "b")].map(|(n, name)| {
        go::<B, _>(name, &arrived, move |arrived| {
            if fixed {
                signal(&arrived[n]);
                arrived[1 - n].acquire();
            } else {
                arrived[1 - n].acquire();
                signal(&arrived[n]);
            }
        })
    });
    join_all(threads);
}

fn mutex<B: Backend>(fixed: bool) {
    let shared = Arc::new((
        Semaphore::<B>::named("mutex", if fixed { 1 } else { 2 }),
        Shared::<B, i64>::named("count", 0),
    ));
    let threads = ["a", "b"].map(|name| {
        go::<B, _>(name, &shared, |(mutex, count)| {
            mutex.acquire();
            count.set(count.get() + 1);
            signal(mutex);
        })
    });
    join_all(threads);
}

fn multiplex<B: Backend>(fixed: bool) {
    let shared = Arc::new((
        Semaphore::<B>::named("multiplex", if fixed { 2 } else { 3 }),
        AtomicUsize::<B>::named("inside", 0),
    ));
    let threads = ["a", "b", "c"].map(|name| {
        go::<B, _>(name, &shared, |(multiplex, inside)| {
            multiplex.acquire();
            assert!(inside.fetch_add(1, SeqCst) < 2, "too many inside");
            inside.fetch_sub(1, SeqCst);
            signal(multiplex);
        })
    });
    join_all(threads);
}

struct Buffer<B: Backend> {
    mutex: Semaphore<B>,
    items: Semaphore<B>,
    spaces: Semaphore<B>,
}

fn finite_buffer<B: Backend>(fixed: bool) {
    let buffer = Arc::new(Buffer::<B> {
        mutex: Semaphore::named("mutex", 1),
        items: Semaphore::named("items", 0),
        spaces: Semaphore::named("spaces", 1),
    });
    let producer = go::<B, _>("producer", &buffer, |buffer| {
        for _ in 0..2 {
            buffer.spaces.acquire();
            buffer.mutex.acquire();
            signal(&buffer.mutex);
            signal(&buffer.items);
        }
    });
    let consumer = go::<B, _>("consumer", &buffer, move |buffer| {
        for _ in 0..2 {
            let [first, second] = match fixed {
                true => [&buffer.items, &buffer.mutex],
                false => [&buffer.mutex, &buffer.items],
            };
            first.acquire();
            second.acquire();
            signal(&buffer.mutex);
            signal(&buffer.spaces);
        }
    });
    join_all([producer, consumer]);
}

struct Room<B: Backend> {
    empty: Semaphore<B>,
    mutex: Semaphore<B>,
    /// Written inside the mutex.
    readers: Shared<B, i64>,
    value: Shared<B, i64>,
}

fn readers_writers<B: Backend>(fixed: bool) {
    let room = Arc::new(Room::<B> {
        empty: Semaphore::named("room is empty", 1),
        mutex: Semaphore::named("mutex", 1),
        readers: Shared::named("readers", 0),
        value: Shared::named("value", 0),
    });
    let readers = ["reader 0", "reader 1"].map(|name| {
        go::<B, _>(name, &room, move |room| {
            room.mutex.acquire();
            room.readers.set(room.readers.get() + 1);
            if room.readers.get() == 1 {
                room.empty.acquire();
            }
            signal(&room.mutex);
            room.value.get();
            room.mutex.acquire();
            room.readers.set(room.readers.get() - 1);
            if room.readers.get() == 0 || !fixed {
                signal(&room.empty);
            }
            signal(&room.mutex);
        })
    });
    let writer = go::<B, _>("writer", &room, |room| {
        room.empty.acquire();
        room.value.set(1);
        signal(&room.empty);
    });
    join_all(readers);
    join_all([writer]);
}

fn dining_philosophers<B: Backend>(fixed: bool) {
    let table = Arc::new((
        ["fork 0", "fork 1", "fork 2"].map(|name| Semaphore::<B>::named(name, 1)),
        Semaphore::<B>::named("seats", if fixed { 2 } else { 3 }),
    ));
    let philosophers = [0, 1, 2].map(|n| {
        go::<B, _>(&format!("philosopher {n}"), &table, move |(forks, seats)| {
            seats.acquire();
            forks[n].acquire();
            forks[(n + 1) % 3].acquire();
            signal(&forks[n]);
            signal(&forks[(n + 1) % 3]);
            signal(seats);
        })
    });
    join_all(philosophers);
}

struct Pot<B: Backend> {
    mutex: Semaphore<B>,
    /// Changed inside the mutex, or by the cook while one waits there.
    servings: Shared<B, i64>,
    empty: Semaphore<B>,
    full: Semaphore<B>,
}

fn savages<B: Backend>(fixed: bool) {
    let pot = Arc::new(Pot::<B> {
        mutex: Semaphore::named("mutex", 1),
        servings: Shared::named("servings", 0),
        empty: Semaphore::named("empty pot", 0),
        full: Semaphore::named("full pot", 0),
    });
    let savages = ["savage 0", "savage 1"].map(|name| {
        go::<B, _>(name, &pot, |pot| {
            pot.mutex.acquire();
            if pot.servings.get() == 0 {
                signal(&pot.empty);
                pot.full.acquire();
            }
            pot.servings.set(pot.servings.get() - 1);
            signal(&pot.mutex);
        })
    });
    let cook = go::<B, _>("cook", &pot, move |pot| {
        pot.empty.acquire();
        if fixed {
            pot.servings.set(2);
        } else {
            pot.mutex.acquire();
            pot.servings.set(2);
            signal(&pot.mutex);
        }
        signal(&pot.full);
    });
    join_all(savages);
    join_all([cook]);
}
