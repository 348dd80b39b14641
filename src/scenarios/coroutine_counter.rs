//! Some workers count together: each reads the shared number and writes it back increased by one.
//!
//! As threads they lose updates: both read 0, both write 1. As *coroutines* of one thread, the same
//! code loses none, because a coroutine is never interrupted. It runs until it yields, and it does not
//! yield between its read and its write. The scheduler may resume the coroutines in any order.
//!
//! That changes when a `yield` is put in between (an `await` of a database, a pause in a long
//! computation). Other coroutines then run between the read and the write, and the update is lost,
//! without a single thread in the program. "Single-threaded, so no races" is true only of the code
//! between two yields. An update that contains a yield needs a lock like any other.

use crate::{
    backend::{Arc, AtomicI64, Backend, Capability::Choice, Engine, execution::outcome, join_all},
    primitives::{Coroutine, Yielder},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "coroutine-counter",
    group: Group::Cooperation,
    lesson: "A coroutine runs undisturbed between two yields, but not across one",
    source: include_str!("coroutine_counter.rs"),
    variants: &[
        Variant::new(
            "yield-inside",
            &YieldInside { workers: 2 },
            "Each worker yields between its read and its write, and the others update meanwhile.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .outcomes(&["1"])
        .swept(sizes!(YieldInside { workers: 1..=3 } if workers > 1)),
        Variant::new(
            "threads",
            &Threads { workers: 2, updates: 1 },
            "The same code without a yield, but threads are interrupted anywhere.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .natively(&Threads { workers: 2, updates: 100_000 })
        .outcomes(&["1", "2"])
        .swept(sizes!(Threads { workers: 1..=3, updates: [1] } if workers > 1)),
        Variant::new(
            "no-yield-inside",
            &NoYieldInside { workers: 3, updates: 2 },
            "The workers take turns, and no turn ends between a read and its write.",
        )
        .outcomes(&["6"])
        .swept(sizes!(NoYieldInside { workers: 1..=3, updates: 1..=2 })),
        Variant::new(
            "any-order",
            &AnyOrder { workers: 2, updates: 2 },
            "The scheduler decides which worker updates next, but no order loses an update.",
        )
        .outcomes(&["4"])
        .needs(&[Choice])
        .sized(&[
            (Engine::Dpor, &AnyOrder { workers: 4, updates: 1 }),
            (Engine::Shuttle, &AnyOrder { workers: 2, updates: 1 }),
        ])
        .swept(sizes!(AnyOrder { workers: 1..=3, updates: 1..=2 })),
    ],
};

type Worker<B> = Coroutine<B, (), (), ()>;

/// One update, in the same words for coroutines and threads.
fn count_up<B: Backend>(count: &AtomicI64<B>, between: impl FnOnce()) {
    let seen = count.load(SeqCst);
    between();
    count.store(seen + 1, SeqCst);
}

/// A number of coroutines that share a count.
fn workers<B: Backend>(
    count: &Arc<AtomicI64<B>>,
    workers: usize,
    work: impl Fn(&AtomicI64<B>, &Yielder<'_, (), ()>) + Copy + 'static,
) -> Vec<Worker<B>> {
    (0..workers)
        .map(|n| {
            let count = Arc::clone(count);
            Coroutine::named(format!("worker {n}"), move |yielder, ()| work(&count, yielder))
        })
        .collect()
}

/// Resumes one coroutine after the other, again and again, until all have ended.
fn in_turns<B: Backend>(mut workers: Vec<Worker<B>>) {
    while !workers.is_empty() {
        workers.retain_mut(|worker| worker.next().is_some());
    }
}

fn counter<B: Backend>() -> Arc<AtomicI64<B>> {
    Arc::new(AtomicI64::named("count", 0))
}

fn check<B: Backend>(count: &AtomicI64<B>, updates: usize) {
    let count = count.load(SeqCst);
    outcome(count);
    assert_eq!(count, updates as i64, "lost update");
}

#[derive(Debug)]
struct YieldInside {
    workers: usize,
}

impl Program for YieldInside {
    fn run<B: Backend>(&self) {
        let count = counter::<B>();
        in_turns(workers(&count, self.workers, |count, yielder| {
            count_up(count, || yielder.suspend(()));
        }));
        check(&count, self.workers);
    }
}

#[derive(Debug)]
struct Threads {
    workers: usize,
    updates: usize,
}

impl Program for Threads {
    fn run<B: Backend>(&self) {
        let count = counter::<B>();
        let Self { workers, updates } = *self;
        join_all((0..workers).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("worker {n}"), move || {
                (0..updates).for_each(|_| count_up(&count, || ()));
            })
        }));
        check(&count, workers * updates);
    }
}

#[derive(Debug)]
struct NoYieldInside {
    workers: usize,
    updates: usize,
}

impl Program for NoYieldInside {
    fn run<B: Backend>(&self) {
        let (count, updates) = (counter::<B>(), self.updates);
        in_turns(workers(&count, self.workers, move |count, yielder| {
            for _ in 0..updates {
                count_up(count, || ());
                yielder.suspend(());
            }
        }));
        check(&count, self.workers * updates);
    }
}

#[derive(Debug)]
struct AnyOrder {
    workers: usize,
    updates: usize,
}

impl Program for AnyOrder {
    fn run<B: Backend>(&self) {
        let (count, updates) = (counter::<B>(), self.updates);
        let mut workers = workers(&count, self.workers, move |count, yielder| {
            for _ in 0..updates {
                count_up(count, || ());
                yielder.suspend(());
            }
        });
        while !workers.is_empty() {
            let next = B::choose(workers.len());
            if workers[next].next().is_none() {
                workers.remove(next);
            }
        }
        check(&count, self.workers * updates);
    }
}
