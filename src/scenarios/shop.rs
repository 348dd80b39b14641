//! A shop with one shelf: a producer fills it, customers empty it as long as they have coins.
//!
//! The producer waits while the shelf is full, the customers wait while it is empty, and each wakes
//! the others after a change. Three mistakes are common here:
//!
//! - *producer-never-ends*: the producer's loop has no end. When the coins are gone, no customer
//!   buys any more, the shelf stays full, and the producer waits forever. A program that waits for
//!   workers that wait for work never exits.
//! - *if-not-while*: the customer waits once and then takes. Between the wake-up and the moment the
//!   woken customer has the lock, another one walks in and buys the last item: the stock goes
//!   *below zero*.
//! - *coins-checked-outside*: "do we have coins?" is asked before the lock is taken. Two customers
//!   both see the last coin, queue up at the shelf, and both spend it.
//!
//! The fixed shop tests coins and stock together, under the lock, in a loop, and the producer tells
//! all customers when it closes. It closes when it has no more wares, or when no customer has coins
//! left, however many wares there are. The condition must contain everything that a thread waits
//! for, and everything that ends the wait.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::fmt;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "shop",
    group: Group::Conditions,
    lesson: "What a thread waits for, and what ends the wait, belong under one lock",
    source: include_str!("shop.rs"),
    variants: &[
        Variant::new(
            "producer-never-ends",
            &ProducerNeverEnds { coins: 1 },
            "When the last coin is spent, no customer makes room on the shelf again.",
        )
        .deadlocks("`producer` waits for shelf changed")
        .swept(sizes!(ProducerNeverEnds { coins: 1..=3 })),
        Variant::new(
            "if-not-while",
            &IfNotWhile { wares: 2, customers: 2 },
            "Another customer takes the item before the woken one has the lock again.",
        )
        .fails(FailureKind::Assertion, "stock below zero")
        .swept(sizes!(IfNotWhile { customers: 1..=2, wares: customers..=2 } if customers > 1)),
        Variant::new(
            "coins-checked-outside",
            &CoinsOutside { coins: 1, customers: 2 },
            "Both customers see the last coin before either has spent it.",
        )
        .fails(FailureKind::Assertion, "coins below zero")
        .swept(sizes!(CoinsOutside { coins: 1..=2, customers: 1..=2 } if coins < customers)),
        Variant::new(
            "fixed",
            &Fixed { wares: 1, coins: 2, customers: 1 },
            "Every wait tests again everything that may have changed: coins, stock, and whether \
             the shop is closed.",
        )
        .outcomes(&["1 sold, 1 coins left"])
        .sized(&[(Engine::Dpor, &Fixed { wares: 2, coins: 3, customers: 2 })])
        .swept(sizes!(Fixed { wares: 1..=2, coins: 1..=3, customers: 1..=2 })),
    ],
};

/// How many items the shelf holds.
const ROOM: i64 = 1;

struct Shop<B: Backend> {
    shelf: Mutex<B, Shelf>,
    changed: Condvar<B>,
}

struct Shelf {
    stock: i64,
    coins: i64,
    /// Whether more may come.
    open: bool,
    /// The least stock and the fewest coins there ever were.
    least: (i64, i64),
}

/// As traces tell it.
impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = if self.open { "" } else { ", closed" };
        write!(f, "stock {}, coins {}{closed}", self.stock, self.coins)
    }
}

impl Shelf {
    fn buy(&mut self) {
        self.stock -= 1;
        self.coins -= 1;
        self.least = (self.least.0.min(self.stock), self.least.1.min(self.coins));
    }
}

impl<B: Backend> Shop<B> {
    fn new(stock: i64, coins: i64) -> Arc<Self> {
        let shelf =
            Mutex::shown("shelf", Shelf { stock, coins, open: true, least: (stock, coins) });
        Arc::new(Self { shelf, changed: Condvar::named("shelf changed") })
    }

    /// Whether it was run in good order. This is not checked while buying, because a panic there
    /// would poison the shop.
    fn check(&self) {
        let (stock, coins) = self.shelf.lock().least;
        assert!(stock >= 0, "stock below zero");
        assert!(coins >= 0, "coins below zero");
    }

    /// Waits for room and fills it.
    fn produce(&self) {
        let mut shelf = self.shelf.lock();
        while shelf.stock >= ROOM {
            shelf = self.changed.wait(shelf);
        }
        shelf.stock += 1;
        self.changed.notify_all();
    }

    /// Waits for room and fills it, unless the coins are gone; says whether it did.
    fn produce_for_coins(&self) -> bool {
        let mut shelf = self.shelf.lock();
        while shelf.stock >= ROOM && shelf.coins > 0 {
            shelf = self.changed.wait(shelf);
        }
        let wanted = shelf.coins > 0;
        if wanted {
            shelf.stock += 1;
            self.changed.notify_all();
        }
        wanted
    }
}

#[derive(Debug)]
struct ProducerNeverEnds {
    coins: i64,
}

impl Program for ProducerNeverEnds {
    fn run<B: Backend>(&self) {
        let shop = Shop::<B>::new(0, self.coins);
        let producer = sharing(&shop, |shop| {
            loop {
                shop.produce();
            }
        });
        let customer = sharing(&shop, |shop: &Shop<B>| {
            let mut shelf = shop.shelf.lock();
            while shelf.coins > 0 {
                while shelf.stock == 0 {
                    shelf = shop.changed.wait(shelf);
                }
                shelf.buy();
                shop.changed.notify_all();
            }
        });
        join_all([B::spawn("producer", producer), B::spawn("customer", customer)]);
    }
}

#[derive(Debug)]
struct IfNotWhile {
    wares: usize,
    customers: usize,
}

impl Program for IfNotWhile {
    fn run<B: Backend>(&self) {
        let shop = Shop::<B>::new(0, 9);
        let wares = self.wares;
        let producer = sharing(&shop, move |shop| (0..wares).for_each(|_| shop.produce()));
        let mut threads = vec![B::spawn("producer", producer)];
        threads.extend((0..self.customers).map(|n| {
            let body = sharing(&shop, |shop: &Shop<B>| {
                let mut shelf = shop.shelf.lock();
                if shelf.stock == 0 {
                    shelf = shop.changed.wait(shelf);
                }
                shelf.buy();
                shop.changed.notify_all();
            });
            B::spawn(format!("customer {n}"), body)
        }));
        join_all(threads);
        shop.check();
    }
}

#[derive(Debug)]
struct CoinsOutside {
    coins: i64,
    customers: i64,
}

impl Program for CoinsOutside {
    fn run<B: Backend>(&self) {
        let shop = Shop::<B>::new(self.customers, self.coins);
        join_all((0..self.customers).map(|n| {
            let body = sharing(&shop, |shop: &Shop<B>| {
                let rich = shop.shelf.lock().coins > 0;
                if rich {
                    shop.shelf.lock().buy();
                }
            });
            B::spawn(format!("customer {n}"), body)
        }));
        shop.check();
    }
}

#[derive(Debug)]
struct Fixed {
    wares: i64,
    coins: i64,
    customers: usize,
}

impl Program for Fixed {
    fn run<B: Backend>(&self) {
        let shop = Shop::<B>::new(0, self.coins);
        let wares = self.wares;
        let producer = sharing(&shop, move |shop: &Shop<B>| {
            (0..wares).all(|_| shop.produce_for_coins());
            shop.shelf.lock().open = false;
            shop.changed.notify_all();
        });
        let mut threads = vec![B::spawn("producer", producer)];
        threads.extend((0..self.customers).map(|n| {
            let body = sharing(&shop, |shop: &Shop<B>| {
                let mut shelf = shop.shelf.lock();
                while shelf.coins > 0 && (shelf.open || shelf.stock > 0) {
                    if shelf.stock > 0 {
                        shelf.buy();
                        shop.changed.notify_all();
                    } else {
                        shelf = shop.changed.wait(shelf);
                    }
                }
            });
            B::spawn(format!("customer {n}"), body)
        }));
        join_all(threads);
        shop.check();
        let left = shop.shelf.lock().coins;
        outcome(format!("{} sold, {left} coins left", self.coins - left));
        assert_eq!(left, (self.coins - wares).max(0), "a coin was left, and a ware for it");
    }
}
