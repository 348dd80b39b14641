//! Which of these numbers are prime? Each takes a while to test, so a pool of workers does it.
//!
//! This is the example of Python's `concurrent.futures`. On real threads it uses Python's numbers;
//! under a model checker it uses two small ones, since a long division teaches nothing. The one
//! thing that can go wrong is the *order*: answers taken as they are completed belong to the number
//! that was tested fastest, and a number that is not prime is tested fast. `map` returns the
//! answers in the order of the numbers, so they equal the answers of a single thread.
//!
//! In Python threads compute one at a time, so there the pool is one of *processes*. Here both
//! forms are as fast; a process costs its start and two messages for each chunk of numbers.
//! `raceproof run primes --processes` runs it.

use crate::{
    backend::{Arc, Backend, Engine},
    primitives::{
        Queue, ThreadPool,
        process::{Entry, Pool, Work, worker},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "primes",
    group: Group::Threads,
    lesson: "Answers taken as they are completed come in another order than the questions",
    source: include_str!("primes.rs"),
    variants: &[
        Variant::new(
            "as-they-come",
            &AsTheyCome { workers: 2 },
            "The second worker is done first, and its answer is taken for the first number's.",
        )
        .fails(FailureKind::Assertion, "out of order")
        .swept(sizes!(AsTheyCome { workers: 1..=3 } if workers > 1)),
        Variant::new("map", &Mapped { workers: 2 }, "Each answer stands where its number stands.")
            .sized(&[(Engine::Loom, &Mapped { workers: 1 })])
            .swept(sizes!(Mapped { workers: 1..=3 })),
        Variant::new(
            "processes",
            &InProcesses { workers: 1 },
            "Each answer crosses back to the place of its number, whichever process has found it.",
        )
        .natively(&InProcesses { workers: 2 })
        .swept(sizes!(InProcesses { workers: [1] })),
    ],
};

/// Four primes, and a number that is none.
pub const NUMBERS: &[u64] =
    &[112272535095293, 112582705942171, 115280095190773, 115797848077099, 1099726899285419];
const SMALL: &[u64] = &[7, 9];

/// The numbers to test on this backend.
fn numbers<B: Backend>() -> &'static [u64] {
    if B::engine().is_native() { NUMBERS } else { SMALL }
}

/// Whether the number is prime: tries all odd divisors up to its square root.
#[must_use]
pub fn is_prime(n: u64) -> bool {
    n == 2
        || n > 2 && !n.is_multiple_of(2) && (3..=n.isqrt()).step_by(2).all(|d| !n.is_multiple_of(d))
}

fn check(answers: &[bool], serial: &[bool]) {
    assert_eq!(answers, serial, "out of order");
}

#[derive(Debug)]
struct AsTheyCome {
    workers: usize,
}

impl Program for AsTheyCome {
    fn run<B: Backend>(&self) {
        let pool = ThreadPool::<B>::new(self.workers).expect("some workers");
        let answers = Arc::new(Queue::<B, bool>::named("answers", 0));
        for &n in SMALL {
            let answers = Arc::clone(&answers);
            pool.submit(move || answers.put(is_prime(n)).expect("open")).expect("open");
        }
        drop(pool);
        let answers: Vec<_> = SMALL.iter().map(|_| answers.get().expect("open")).collect();
        check(&answers, &[true, false]);
    }
}

#[derive(Debug)]
struct Mapped {
    workers: usize,
}

impl Program for Mapped {
    fn run<B: Backend>(&self) {
        let pool = ThreadPool::<B>::new(self.workers).expect("some workers");
        let numbers = numbers::<B>();
        let answers = pool.map(is_prime, numbers.iter().copied()).expect("open");
        let answers: Vec<_> = answers.map(|answer| answer.expect("no panic")).collect();
        drop(pool);
        let serial: Vec<_> = numbers.iter().map(|&n| is_prime(n)).collect();
        check(&answers, &serial);
    }
}

/// Whether a number is prime, for a process to find out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Test(pub u64);

impl Work for Test {
    type Output = bool;

    fn run(self) -> bool {
        is_prime(self.0)
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![worker::<B, Test>()]
}

#[derive(Debug)]
struct InProcesses {
    workers: usize,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        let pool = Pool::<B, Test>::new(self.workers).expect("nothing forbids it");
        let numbers = numbers::<B>();
        // Small numbers in one message.
        let chunk = if B::engine().is_native() { 1 } else { numbers.len() };
        let chunk = NonZeroUsize::new(chunk).expect("there are numbers");
        let tests = numbers.iter().copied().map(Test);
        let answers = pool.map_async_chunked(tests, chunk).expect("it is open").take();
        pool.close();
        pool.join().expect("it is closed");
        let serial: Vec<_> = numbers.iter().map(|&n| is_prime(n)).collect();
        check(&answers.expect("no process dies"), &serial);
    }
}
