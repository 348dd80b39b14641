//! A long list is summed in chunks: each worker sums one chunk and puts its sum into a queue, and
//! main adds the sums up.
//!
//! How does main know when it has all of them? *collect-while-not-empty* takes sums as long as there
//! are any. But an empty queue can mean two things: all chunks are summed, or the next chunk is not
//! summed *yet*. Main leaves with a partial sum, a plausible number that is wrong, and only
//! sometimes. Nothing crashes and nothing hangs, which is the worst kind of failure.
//!
//! Join the workers first: then no sum can come any more, and an empty queue means what it says.
//! (Taking as many sums as there are chunks works as well, where that number is known.)

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, JoinHandle, execution::outcome, join_all},
    primitives::Queue,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "parallel-sum",
    group: Group::Threads,
    lesson: "An empty queue does not mean that nothing more will come: join first, then collect",
    source: include_str!("parallel_sum.rs"),
    variants: &[
        Variant::new(
            "collect-while-not-empty",
            &WhileNotEmpty { numbers: 4, chunk: 2 },
            "The queue is empty before a worker has put its sum.",
        )
        .fails(FailureKind::Assertion, "partial sum")
        .outcomes(&["0", "10", "3", "7"])
        .swept(sizes!(WhileNotEmpty { numbers: 1..=4, chunk: 1..=2 })),
        Variant::new(
            "join-then-collect",
            &JoinThenCollect { numbers: 4, chunk: 2 },
            "When all workers have ended, all sums are in the queue.",
        )
        .outcomes(&["10"])
        .sized(&[(Engine::Dpor, &JoinThenCollect { numbers: 8, chunk: 2 })])
        .swept(sizes!(JoinThenCollect { numbers: 1..=4, chunk: 1..=2 })),
    ],
};

type Sums<B> = Queue<B, i64>;

/// The workers, each of which sums one chunk of the numbers from 1 on.
fn start<B: Backend>(sums: &Arc<Sums<B>>, numbers: i64, chunk: usize) -> Vec<JoinHandle<B, ()>> {
    let worker = |first: i64| {
        let numbers = first..(first + chunk as i64).min(numbers + 1);
        let body = sharing(sums, move |sums: &Sums<B>| {
            sums.put(numbers.sum()).expect("open");
        });
        B::spawn(format!("worker from {first}"), body)
    };
    (1..=numbers).step_by(chunk).map(worker).collect()
}

/// Adds up what is in the queue at this moment.
fn collect<B: Backend>(sums: &Sums<B>) -> i64 {
    let next = || if sums.empty() { None } else { sums.get().ok() };
    std::iter::from_fn(next).sum()
}

fn check(total: i64, numbers: i64) {
    outcome(total);
    assert_eq!(total, numbers * (numbers + 1) / 2, "partial sum");
}

#[derive(Debug)]
struct WhileNotEmpty {
    numbers: i64,
    chunk: usize,
}

impl Program for WhileNotEmpty {
    fn run<B: Backend>(&self) {
        let sums = Arc::new(Sums::<B>::named("sums", 0));
        let workers = start(&sums, self.numbers, self.chunk);
        let total = collect(&sums);
        join_all(workers);
        check(total, self.numbers);
    }
}

#[derive(Debug)]
struct JoinThenCollect {
    numbers: i64,
    chunk: usize,
}

impl Program for JoinThenCollect {
    fn run<B: Backend>(&self) {
        let sums = Arc::new(Sums::<B>::named("sums", 0));
        join_all(start(&sums, self.numbers, self.chunk));
        check(collect(&sums), self.numbers);
    }
}
