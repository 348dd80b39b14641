//! A long list is summed in chunks: each worker sums one chunk and puts its sum into a queue, and
//! main adds the sums up.
//!
//! How does main know when it has all of them? *collect-while-not-empty* takes sums as long as
//! there are any. But an empty queue can mean two things: all chunks are summed, or the next chunk
//! is not summed *yet*. Main leaves with a partial sum, a plausible number that is wrong, and only
//! sometimes. Nothing crashes and nothing hangs, which is the worst kind of failure.
//!
//! Join the workers first: then no sum can come any more, and an empty queue means what it says.
//! (Taking as many sums as there are chunks works as well, where that number is known.)
//!
//! Between *processes* it is the same. Python's documentation warns of the join, though: there a
//! process ends only when the items it has put are fetched, and a queue that main does not empty
//! keeps it for ever. Here an item that was put is in the queue.
//!
//! A *pool* of processes needs no queue: the sums are its results. Each can be added up by a
//! *callback*, which the parent runs when it has the result. To collect is then to wait until all
//! results are there.

use super::{processes, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, JoinHandle, execution::outcome, join_all},
    primitives::{
        Queue,
        process::{self, Entry, Pool, Process, Task, Work, entry, worker},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::SeqCst;

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
        Variant::new(
            "processes-while-not-empty",
            &InProcesses { numbers: 4, chunk: 2, join_first: false },
            "The queue is empty before a process has put its sum.",
        )
        .fails(FailureKind::Assertion, "partial sum")
        .outcomes(&["0", "10", "3", "7"])
        .swept(sizes!(InProcesses { numbers: 1..=4, chunk: 1..=2, join_first: [false] })),
        Variant::new(
            "processes-join-first",
            &InProcesses { numbers: 4, chunk: 2, join_first: true },
            "When all processes have ended, all sums are in the queue.",
        )
        .outcomes(&["10"])
        .natively(&InProcesses { numbers: 1000, chunk: 125, join_first: true })
        .swept(sizes!(InProcesses { numbers: 1..=4, chunk: 1..=2, join_first: [true] })),
        Variant::new(
            "pool-callback",
            &WithCallback { numbers: 4, chunk: 4, workers: 1 },
            "A process sums the chunk, and the callback adds the sum in the parent, before the \
             result is there for others.",
        )
        .outcomes(&["10"])
        .natively(&WithCallback { numbers: 1000, chunk: 125, workers: 2 })
        .swept(sizes!(WithCallback { numbers: 1..=4, chunk: [4], workers: [1] })),
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

/// Sums some numbers, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Chunk<B: Backend> {
    first: i64,
    last: i64,
    sums: process::Queue<B, i64>,
}

impl<B: Backend> Task for Chunk<B> {
    fn run(self) {
        self.sums.put((self.first..=self.last).sum()).expect("the parent is there");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Chunk<B>>(), worker::<B, Sum>()]
}

#[derive(Debug)]
struct InProcesses {
    numbers: i64,
    chunk: i64,
    join_first: bool,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        let sums = process::Queue::<B, i64>::named("sums", 0);
        let Self { numbers, chunk, join_first } = *self;
        let first = (1..=numbers).step_by(usize::try_from(chunk).expect("positive"));
        let chunks = first.map(|first| {
            let last = (first + chunk - 1).min(numbers);
            Chunk { first, last, sums: sums.clone() }
        });
        let collect = || std::iter::from_fn(|| sums.try_get().ok()).sum();
        if join_first {
            processes::<B, _>("chunk", chunks);
            return check(collect(), numbers);
        }
        let started = chunks.enumerate().map(|(n, chunk)| {
            let process = Process::<B>::new(format!("chunk {n}"), chunk);
            process.start().expect("nothing forbids it");
            process
        });
        let started: Vec<_> = started.collect();
        let total = collect();
        started.iter().for_each(|process| process.join().expect("it ends well"));
        check(total, numbers);
    }
}

/// Sums the numbers from the first to the last.
#[derive(Serialize, Deserialize)]
struct Sum(i64, i64);

impl Work for Sum {
    type Output = i64;

    fn run(self) -> i64 {
        (self.0..=self.1).sum()
    }
}

#[derive(Debug)]
struct WithCallback {
    numbers: i64,
    chunk: i64,
    workers: usize,
}

impl Program for WithCallback {
    fn run<B: Backend>(&self) {
        let Self { numbers, chunk, workers } = *self;
        let pool = Pool::<B, Sum>::new(workers).expect("nothing forbids it");
        let total = Arc::new(AtomicI64::<B>::named("total", 0));
        let sums = (1..=numbers).step_by(usize::try_from(chunk).expect("positive")).map(|first| {
            let total = Arc::clone(&total);
            let sum = Sum(first, (first + chunk - 1).min(numbers));
            let added = pool.apply_async_with(sum, move |sum| {
                total.fetch_add(*sum.as_ref().expect("no process dies"), SeqCst);
            });
            added.expect("it is open")
        });
        let sums: Vec<_> = sums.collect();
        for sum in sums {
            sum.take().expect("no process dies");
        }
        let total = total.load(SeqCst);
        pool.close();
        pool.join().expect("it is closed");
        check(total, numbers);
    }
}
