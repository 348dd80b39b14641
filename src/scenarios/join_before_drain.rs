//! A parent waits for its child to end, and plans to read the child's results afterwards.
//!
//! The child writes its results into a pipe and ends. A pipe has a limited capacity, 64 KiB on
//! Linux. As long as the results are small they fit: the child ends, and the parent joins it and
//! reads. One day there are more. The child blocks in the write until the parent reads; the parent
//! waits for the child to end before it reads. It is the best-known trap of `multiprocessing`.
//! Queues have it as well, because a queue between processes is a pipe with a thread that fills it.
//! So does `subprocess`, when a program is waited for without reading its output.
//!
//! Read first, then join: the end of file says that the child has written everything.

use crate::{
    backend::{Backend, Engine, JoinHandle},
    primitives::{Pipe, PipeEnd},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "join-before-drain",
    group: Group::Queues,
    lesson: "Read a child's output before you wait for its end, or it may never end",
    source: include_str!("join_before_drain.rs"),
    variants: &[
        Variant::new(
            "join-then-drain",
            &JoinThenDrain { capacity: 1, results: 2 },
            "The child waits for room in the pipe, and the parent for the end of the child.",
        )
        .deadlocks("`child` waits for pipe writable")
        .swept(sizes!(JoinThenDrain { capacity: 1..=2, results: 1..=3 } if results > capacity)),
        Variant::new(
            "drain-then-join",
            &DrainThenJoin { capacity: 1, results: 2 },
            "The parent reads until the end of file, and then the child has ended or soon will.",
        )
        .sized(&[(Engine::Dpor, &DrainThenJoin { capacity: 2, results: 4 })])
        .swept(sizes!(DrainThenJoin { capacity: 1..=2, results: 1..=3 })),
    ],
};

/// A child that writes `results` numbers, and the end of the pipe to read them from.
fn child<B: Backend>(capacity: usize, results: usize) -> (PipeEnd<B, usize>, JoinHandle<B, ()>) {
    let (reader, writer) = Pipe::<B, usize>::one_way(capacity).expect("some capacity");
    let write = move || (0..results).for_each(|result| writer.send(result).expect("it is read"));
    (reader, B::spawn("child", write))
}

fn drain<B: Backend>(reader: &PipeEnd<B, usize>, results: usize) {
    let read: Vec<_> = std::iter::from_fn(|| reader.recv().ok()).collect();
    assert!(read.into_iter().eq(0..results), "results lost");
}

#[derive(Debug)]
struct JoinThenDrain {
    capacity: usize,
    results: usize,
}

impl Program for JoinThenDrain {
    fn run<B: Backend>(&self) {
        let (reader, child) = child::<B>(self.capacity, self.results);
        child.join().expect("no panic");
        drain(&reader, self.results);
    }
}

#[derive(Debug)]
struct DrainThenJoin {
    capacity: usize,
    results: usize,
}

impl Program for DrainThenJoin {
    fn run<B: Backend>(&self) {
        let (reader, child) = child::<B>(self.capacity, self.results);
        drain(&reader, self.results);
        child.join().expect("no panic");
    }
}
