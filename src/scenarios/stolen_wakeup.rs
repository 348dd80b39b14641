//! A customer waits for a loaf. When one is put on the shelf and the customer is woken, it is gone.
//!
//! Being woken and going on are two steps. The baker puts a loaf on the shelf and notifies. The
//! customer is awake, but has to take the lock first, like every other thread. A passer-by who
//! comes in just then takes the lock first, and takes the loaf. The customer, who tested the shelf
//! with `if` before the wait and does not look again, reaches for a loaf that is not there.
//!
//! There is no promise that a woken thread goes first, and some systems wake threads for no reason
//! at all. So the test belongs in a `while`: after every wait look again, and wait again if the
//! condition is false. Then the customer simply waits for the next loaf.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "stolen-wakeup",
    group: Group::Conditions,
    lesson: "Another thread may run between the wake-up and the lock: test in a loop",
    source: include_str!("stolen_wakeup.rs"),
    variants: &[
        Variant::new(
            "if",
            &If { passers_by: 1 },
            "The passer-by takes the loaf after the customer is woken and before it has the lock.",
        )
        .fails(FailureKind::Assertion, "the shelf is empty")
        .swept(sizes!(If { passers_by: 1..=3 })),
        Variant::new(
            "while",
            &While { passers_by: 1 },
            "The customer looks again, finds nothing, and waits for the next loaf.",
        )
        .outcomes(&["0", "1"])
        .sized(&[(Engine::Dpor, &While { passers_by: 3 })])
        .swept(sizes!(While { passers_by: 1..=3 })),
    ],
};

struct Shelf<B: Backend> {
    loaves: Mutex<B, i64>,
    baked: Condvar<B>,
}

impl<B: Backend> Shelf<B> {
    fn empty() -> Arc<Self> {
        Arc::new(Self { loaves: Mutex::named("shelf", 0), baked: Condvar::named("baked") })
    }

    fn bake(&self) {
        let mut loaves = self.loaves.lock();
        *loaves += 1;
        self.baked.notify_one();
    }

    /// Takes a loaf if there is one; does not wait.
    fn pass_by(&self) {
        let mut loaves = self.loaves.lock();
        if *loaves > 0 {
            *loaves -= 1;
        }
    }
}

#[derive(Debug)]
struct If {
    passers_by: usize,
}

impl Program for If {
    fn run<B: Backend>(&self) {
        let shelf = Shelf::<B>::empty();
        let customer = sharing(&shelf, |shelf: &Shelf<B>| {
            let mut loaves = shelf.loaves.lock();
            if *loaves == 0 {
                loaves = shelf.baked.wait(loaves);
            }
            *loaves -= 1;
            let left = *loaves;
            drop(loaves);
            assert!(left >= 0, "the shelf is empty");
        });
        let mut threads = vec![B::spawn("customer", customer)];
        threads.extend(
            (0..self.passers_by)
                .map(|n| B::spawn(format!("passer-by {n}"), sharing(&shelf, Shelf::pass_by))),
        );
        // A loaf for each of them, so that no customer waits in vain.
        (0..=self.passers_by).for_each(|_| shelf.bake());
        join_all(threads);
    }
}

#[derive(Debug)]
struct While {
    passers_by: usize,
}

impl Program for While {
    fn run<B: Backend>(&self) {
        let shelf = Shelf::<B>::empty();
        let customer = sharing(&shelf, |shelf: &Shelf<B>| {
            let mut loaves = shelf.loaves.lock();
            while *loaves == 0 {
                loaves = shelf.baked.wait(loaves);
            }
            *loaves -= 1;
        });
        let mut threads = vec![B::spawn("customer", customer)];
        threads.extend(
            (0..self.passers_by)
                .map(|n| B::spawn(format!("passer-by {n}"), sharing(&shelf, Shelf::pass_by))),
        );
        (0..=self.passers_by).for_each(|_| shelf.bake());
        join_all(threads);
        outcome(*shelf.loaves.lock());
    }
}
