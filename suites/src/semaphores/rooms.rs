//! Rooms that admit some and not others.

use super::signal;
use crate::goker::{go, kernels};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Mutex, join_all},
    primitives::Semaphore,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "rooms.rs"
    Bathroom = bathroom "unisex-bathroom" assertion("both at once")
        "To look whether the others are in is too little: the first must lock them out"
        "A man comes in between a woman's look and her entry."
        "The first of each kind takes the room, and the last gives it back."
    SushiBar = sushi_bar "sushi-bar" assertion("too many at the bar")
        "Who is woken must be counted by the one who wakes, or a newcomer takes the place"
        "A newcomer sits down between the wake-up of one who waits and his own count."
        "The one who leaves counts in whom it wakes."
    ChildCare = child_care "child-care" deadlock("waits for permits")
        "To take several permits is one step: keep others out until you have them all"
        "Two adults who want to leave have one permit each, and each needs two."
        "They take their permits one after the other, inside a mutex."
    SenateBus = senate_bus "senate-bus" deadlock("waits for bus")
        "A count that was read and is then set must not be let go in between"
        "A rider comes between the reading of the count and its clearing, and is forgotten."
        "The bus keeps the mutex until all have boarded."
}

struct Room<B: Backend> {
    empty: Semaphore<B>,
    /// How many of each kind have come in or are about to, each under its mutex.
    counts: [Mutex<B, usize>; 2],
    /// How many of each kind are inside.
    inside: [AtomicUsize<B>; 2],
}

fn bathroom<B: Backend>(fixed: bool) {
    let room = Arc::new(Room::<B> {
        empty: Semaphore::named("empty", 1),
        counts: ["women", "men"].map(|name| Mutex::named(name, 0)),
        inside: ["women inside", "men inside"].map(|name| AtomicUsize::named(name, 0)),
    });
    let people = [(0, "first woman"), (0, "second woman"), (1, "man")].map(|(kind, name)| {
        go::<B, _>(name, &room, move |room| {
            if fixed {
                let mut count = room.counts[kind].lock();
                *count += 1;
                if *count == 1 {
                    room.empty.acquire();
                }
            } else if room.inside[1 - kind].load(SeqCst) > 0 {
                // Another time.
                return;
            }
            room.inside[kind].fetch_add(1, SeqCst);
            assert_eq!(room.inside[1 - kind].load(SeqCst), 0, "both at once");
            room.inside[kind].fetch_sub(1, SeqCst);
            if fixed {
                let mut count = room.counts[kind].lock();
                *count -= 1;
                if *count == 0 {
                    signal(&room.empty);
                }
            }
        })
    });
    join_all(people);
}

/// A bar with one seat.
struct Bar<B: Backend> {
    /// How many wait, how many sit.
    counts: Mutex<B, (usize, usize)>,
    block: Semaphore<B>,
    seated: AtomicUsize<B>,
}

impl<B: Backend> Bar<B> {
    fn eat(&self) {
        assert_eq!(self.seated.fetch_add(1, SeqCst), 0, "too many at the bar");
        self.seated.fetch_sub(1, SeqCst);
    }
}

fn sushi_bar<B: Backend>(fixed: bool) {
    let bar = Arc::new(Bar::<B> {
        counts: Mutex::named("counts", (0, 0)),
        block: Semaphore::named("block", 0),
        seated: AtomicUsize::named("seated", 0),
    });
    let guests = ["guest 0", "guest 1", "guest 2"].map(|name| {
        go::<B, _>(name, &bar, move |bar| {
            let mut counts = bar.counts.lock();
            if counts.1 > 0 {
                counts.0 += 1;
                drop(counts);
                bar.block.acquire();
                if !fixed {
                    let mut counts = bar.counts.lock();
                    counts.0 -= 1;
                    counts.1 += 1;
                }
            } else {
                counts.1 += 1;
                drop(counts);
            }
            bar.eat();
            let mut counts = bar.counts.lock();
            counts.1 -= 1;
            if counts.0 > 0 && counts.1 == 0 {
                if fixed {
                    counts.0 -= 1;
                    counts.1 += 1;
                }
                signal(&bar.block);
            }
        })
    });
    join_all(guests);
}

struct Centre<B: Backend> {
    mutex: Semaphore<B>,
    /// An adult is worth two children.
    permits: Semaphore<B>,
    left: Semaphore<B>,
}

fn child_care<B: Backend>(fixed: bool) {
    // Two adults are there, and two children, who go when an adult has left.
    let centre = Arc::new(Centre::<B> {
        mutex: Semaphore::named("mutex", 1),
        permits: Semaphore::named("permits", 2),
        left: Semaphore::named("left", 0),
    });
    let adults = ["adult 0", "adult 1"].map(|name| {
        go::<B, _>(name, &centre, move |centre| {
            if fixed {
                centre.mutex.acquire();
            }
            centre.permits.acquire();
            centre.permits.acquire();
            if fixed {
                signal(&centre.mutex);
            }
            signal(&centre.left);
        })
    });
    centre.left.acquire();
    (0..2).for_each(|_| signal(&centre.permits));
    join_all(adults);
}

struct Stop<B: Backend> {
    waiting: Mutex<B, usize>,
    arrived: Semaphore<B>,
    bus: Semaphore<B>,
    boarded: Semaphore<B>,
}

impl<B: Backend> Stop<B> {
    /// A bus takes all who wait.
    fn call(&self, fixed: bool) {
        let waiting = self.waiting.lock();
        let riders = *waiting;
        let mut waiting = if fixed {
            waiting
        } else {
            drop(waiting);
            self.waiting.lock()
        };
        *waiting = 0;
        for _ in 0..riders {
            signal(&self.bus);
            self.boarded.acquire();
        }
    }
}

fn senate_bus<B: Backend>(fixed: bool) {
    let stop = Arc::new(Stop::<B> {
        waiting: Mutex::named("waiting", 0),
        arrived: Semaphore::named("arrived", 0),
        bus: Semaphore::named("bus", 0),
        boarded: Semaphore::named("boarded", 0),
    });
    let riders = ["rider 0", "rider 1"].map(|name| {
        go::<B, _>(name, &stop, |stop| {
            *stop.waiting.lock() += 1;
            signal(&stop.arrived);
            stop.bus.acquire();
            signal(&stop.boarded);
        })
    });
    stop.call(fixed);
    (0..2).for_each(|_| stop.arrived.acquire());
    stop.call(fixed);
    join_all(riders);
}
