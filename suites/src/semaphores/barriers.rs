//! Barriers.

use super::signal;
use crate::goker::{go, kernels};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Shared, join_all},
    primitives::Semaphore,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "barriers.rs"
    Barrier = barrier "barrier" deadlock("waits for barrier")
        "One signal lets one thread through: each that passes must let the next one in"
        "The last thread gives one signal, and two threads wait."
        "Each thread that passes signals again."
    BarrierInMutex = barrier_in_mutex "barrier-in-mutex" deadlock("waits for mutex")
        "Do not wait at a barrier with the mutex that the others need to arrive"
        "The first thread waits at the barrier inside the mutex, and the last one cannot count itself."
        "It leaves the mutex before it waits."
    ReusableBarrier = reusable_barrier "reusable-barrier" assertion("a lap ahead")
        "A barrier that is used twice needs a second turnstile, or a fast thread laps the others"
        "A fast thread passes the open turnstile again before the slow one has passed it once."
        "Nobody comes back to the first turnstile before all have passed the second."
}

/// Threads that meet: how many have come, and two turnstiles.
struct Meeting<B: Backend> {
    mutex: Semaphore<B>,
    /// Written inside the mutex.
    count: Shared<B, i64>,
    first: Semaphore<B>,
    second: Semaphore<B>,
    /// How many rounds each of two threads has begun.
    rounds: [AtomicUsize<B>; 2],
}

impl<B: Backend> Meeting<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            mutex: Semaphore::named("mutex", 1),
            count: Shared::named("count", 0),
            first: Semaphore::named("barrier", 0),
            second: Semaphore::named("second barrier", 1),
            rounds: ["rounds of a", "rounds of b"].map(|name| AtomicUsize::named(name, 0)),
        })
    }

    /// Adds `n` to the count, inside the mutex, and does `then` with the new one there.
    fn add(&self, n: i64, then: impl FnOnce(i64)) {
        self.mutex.acquire();
        let count = self.count.get() + n;
        self.count.set(count);
        then(count);
        signal(&self.mutex);
    }
}

fn barrier<B: Backend>(fixed: bool) {
    let meeting = Meeting::<B>::new();
    let threads = ["a", "b", "c"].map(|name| {
        go::<B, _>(name, &meeting, move |meeting| {
            let mut is_last = false;
            meeting.add(1, |count| is_last = count == 3);
            if is_last {
                signal(&meeting.first);
            }
            meeting.first.acquire();
            if fixed {
                signal(&meeting.first);
            }
        })
    });
    join_all(threads);
}

fn barrier_in_mutex<B: Backend>(fixed: bool) {
    let meeting = Meeting::<B>::new();
    let pass = |meeting: &Meeting<B>| {
        meeting.first.acquire();
        signal(&meeting.first);
    };
    let threads = ["a", "b"].map(|name| {
        go::<B, _>(name, &meeting, move |meeting| {
            meeting.add(1, |count| {
                if count == 2 {
                    signal(&meeting.first);
                }
                if !fixed {
                    pass(meeting);
                }
            });
            if fixed {
                pass(meeting);
            }
        })
    });
    join_all(threads);
}

fn reusable_barrier<B: Backend>(fixed: bool) {
    let meeting = Meeting::<B>::new();
    let threads = [(0, "a"), (1, "b")].map(|(n, name)| {
        go::<B, _>(name, &meeting, move |meeting| {
            for round in 1..=2 {
                meeting.rounds[n].store(round, SeqCst);
                meeting.add(1, |count| {
                    if count == 2 {
                        if fixed {
                            meeting.second.acquire();
                        }
                        signal(&meeting.first);
                    }
                });
                if (round, n) == (2, 1) {
                    break;
                }
                meeting.first.acquire();
                // Both have begun this round.
                assert!(meeting.rounds[1 - n].load(SeqCst) >= round, "a lap ahead");
                if round == 2 {
                    break;
                }
                signal(&meeting.first);
                meeting.add(-1, |count| {
                    if count == 0 {
                        meeting.first.acquire();
                        if fixed {
                            signal(&meeting.second);
                        }
                    }
                });
                if fixed {
                    meeting.second.acquire();
                    signal(&meeting.second);
                }
            }
        })
    });
    join_all(threads);
}
