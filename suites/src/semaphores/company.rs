//! Threads that need each other: dancers, smokers, barbers, builders of a list.

use super::signal;
use crate::goker::{go, kernels};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Mutex, Shared, join_all},
    primitives::Semaphore,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "company.rs"
    Dancers = dancers "queue-of-dancers" deadlock("waits for leaders")
        "To look for a partner and to queue for one is one step: keep the mutex for both"
        "Leader and follower each see nobody of the other kind, and both queue."
        "Each looks and queues inside the mutex."
    ProducerConsumer = producer_consumer "producer-consumer" race("buffer")
        "A semaphore of items says that there is one, and not that nobody else is at the buffer"
        "The producer adds the second item while the consumer takes the first."
        "Both use the buffer inside the mutex."
    Smokers = smokers "cigarette-smokers" deadlock("waits for")
        "Who needs two things must not take the one before the other is known to be there"
        "A smoker takes the tobacco that another needs, for which nothing else is missing."
        "Pushers take what comes, and wake the smoker who can use it all."
    Barbershop = barbershop "barbershop" assertion("two in the chair")
        "Two who meet must meet again at the end: the barber waits for the customer to leave the chair"
        "The barber calls the next customer while the first still sits."
        "He waits until the first says that he has left."
    ListAccess = list_access "search-insert-delete" race("end of the list")
        "Who excludes all must exclude each kind: a lock against searchers keeps no inserter out"
        "The deleter keeps the searchers out, and the inserter is at work."
        "It keeps both out."
}

struct Floor<B: Backend> {
    mutex: Semaphore<B>,
    /// How many of each kind wait for one of the other.
    waiting: [AtomicUsize<B>; 2],
    queues: [Semaphore<B>; 2],
}

fn dancers<B: Backend>(fixed: bool) {
    let floor = Arc::new(Floor::<B> {
        mutex: Semaphore::named("mutex", 1),
        waiting: ["waiting leaders", "waiting followers"].map(|name| AtomicUsize::named(name, 0)),
        queues: ["leaders", "followers"].map(|name| Semaphore::named(name, 0)),
    });
    let dancers = [(0, "leader"), (1, "follower")].map(|(kind, name)| {
        go::<B, _>(name, &floor, move |floor| {
            if fixed {
                floor.mutex.acquire();
            }
            let partner = floor.waiting[1 - kind].load(SeqCst) > 0;
            if partner {
                floor.waiting[1 - kind].fetch_sub(1, SeqCst);
                signal(&floor.queues[1 - kind]);
            } else {
                floor.waiting[kind].fetch_add(1, SeqCst);
            }
            if fixed {
                signal(&floor.mutex);
            }
            if !partner {
                floor.queues[kind].acquire();
            }
        })
    });
    join_all(dancers);
}

fn producer_consumer<B: Backend>(fixed: bool) {
    let shared = Arc::new((
        Semaphore::<B>::named("mutex", 1),
        Semaphore::<B>::named("items", 0),
        Shared::<B, i64>::named("buffer", 0),
    ));
    let alone = move |mutex: &Semaphore<B>, change: &dyn Fn()| {
        if fixed {
            mutex.acquire();
        }
        change();
        if fixed {
            signal(mutex);
        }
    };
    let producer = go::<B, _>("producer", &shared, move |(mutex, items, buffer)| {
        for _ in 0..2 {
            alone(mutex, &|| buffer.set(buffer.get() + 1));
            signal(items);
        }
    });
    let consumer = go::<B, _>("consumer", &shared, move |(mutex, items, buffer)| {
        for _ in 0..2 {
            items.acquire();
            alone(mutex, &|| buffer.set(buffer.get() - 1));
        }
    });
    join_all([producer, consumer]);
}

/// Tobacco, paper and matches lie on the table, each or not. The smokers are those with matches and with paper.
struct Table<B: Backend> {
    ingredients: [Semaphore<B>; 3],
    /// What a pusher has taken, and no smoker has got yet.
    taken: Mutex<B, [usize; 3]>,
    smokers: [Semaphore<B>; 2],
    done: Semaphore<B>,
}

/// What each smoker needs.
const NEEDS_OF: [[usize; 2]; 2] = [[0, 1], [0, 2]];

impl<B: Backend> Table<B> {
    /// The agent puts what one smoker needs, and then what the other needs.
    fn put(&self) {
        for needs in NEEDS_OF {
            needs.iter().for_each(|&n| signal(&self.ingredients[n]));
            self.done.acquire();
        }
    }

    /// A pusher takes an ingredient so many times, and wakes whoever can smoke now.
    fn push(&self, n: usize, times: usize) {
        for _ in 0..times {
            self.ingredients[n].acquire();
            let mut taken = self.taken.lock();
            taken[n] += 1;
            for (smoker, needs) in NEEDS_OF.iter().enumerate() {
                if needs.iter().all(|&need| taken[need] > 0) {
                    needs.iter().for_each(|&need| taken[need] -= 1);
                    signal(&self.smokers[smoker]);
                }
            }
        }
    }
}

fn smokers<B: Backend>(fixed: bool) {
    let table = Arc::new(Table::<B> {
        ingredients: ["tobacco", "paper", "matches"].map(|name| Semaphore::named(name, 0)),
        taken: Mutex::named("taken", [0; 3]),
        smokers: ["turn of the one with matches", "turn of the one with paper"]
            .map(|name| Semaphore::named(name, 0)),
        done: Semaphore::named("done", 0),
    });
    let smokers = [(0, "with matches"), (1, "with paper")].map(|(smoker, name)| {
        go::<B, _>(name, &table, move |table| {
            if fixed {
                table.smokers[smoker].acquire();
            } else {
                NEEDS_OF[smoker].iter().for_each(|&n| table.ingredients[n].acquire());
            }
            signal(&table.done);
        })
    });
    let pushers: Vec<_> =
        [("pushes tobacco", 0, 2), ("pushes paper", 1, 1), ("pushes matches", 2, 1)]
            .into_iter()
            .filter(|_| fixed)
            .map(|(name, n, times)| go::<B, _>(name, &table, move |table| table.push(n, times)))
            .collect();
    table.put();
    join_all(smokers);
    join_all(pushers);
}

struct Shop<B: Backend> {
    customer: Semaphore<B>,
    barber: Semaphore<B>,
    left: Semaphore<B>,
    in_chair: AtomicUsize<B>,
}

fn barbershop<B: Backend>(fixed: bool) {
    let shop = Arc::new(Shop::<B> {
        customer: Semaphore::named("customer", 0),
        barber: Semaphore::named("barber", 0),
        left: Semaphore::named("customer left", 0),
        in_chair: AtomicUsize::named("in the chair", 0),
    });
    let customers = ["customer 0", "customer 1"].map(|name| {
        go::<B, _>(name, &shop, |shop| {
            signal(&shop.customer);
            shop.barber.acquire();
            assert_eq!(shop.in_chair.fetch_add(1, SeqCst), 0, "two in the chair");
            shop.in_chair.fetch_sub(1, SeqCst);
            signal(&shop.left);
        })
    });
    for _ in 0..2 {
        shop.customer.acquire();
        signal(&shop.barber);
        if fixed {
            shop.left.acquire();
        }
    }
    join_all(customers);
}

struct List<B: Backend> {
    /// Held while one of the kind is at work.
    searches: Semaphore<B>,
    inserts: Semaphore<B>,
    /// What a search reads, and a deletion changes.
    middle: Shared<B, i64>,
    /// What an insertion and a deletion change.
    end: Shared<B, i64>,
}

fn list_access<B: Backend>(fixed: bool) {
    let list = Arc::new(List::<B> {
        searches: Semaphore::named("no searcher", 1),
        inserts: Semaphore::named("no inserter", 1),
        middle: Shared::named("middle of the list", 0),
        end: Shared::named("end of the list", 0),
    });
    let search = go::<B, _>("searcher", &list, |list| {
        list.searches.acquire();
        list.middle.get();
        signal(&list.searches);
    });
    let insert = go::<B, _>("inserter", &list, |list| {
        list.inserts.acquire();
        list.end.set(1);
        signal(&list.inserts);
    });
    let delete = go::<B, _>("deleter", &list, move |list| {
        list.searches.acquire();
        if fixed {
            list.inserts.acquire();
        }
        list.middle.set(2);
        list.end.set(2);
        if fixed {
            signal(&list.inserts);
        }
        signal(&list.searches);
    });
    join_all([search, insert, delete]);
}
