//! A parent waits for its child to end, and will read the child's results afterwards.
//!
//! The child writes its results into a pipe and ends. A pipe holds only so much, 64 KiB on Linux.
//! As long as the results are small they fit, the child ends, the parent joins it and reads. One
//! day there are more: the child blocks in the write until somebody reads; the parent, who would
//! read, waits for the child to end. Each waits for the other. It is the best-known trap of
//! `multiprocessing`, with queues as well, since a queue between processes is a pipe with a thread
//! that fills it; and of `subprocess`, where one waits for a program without reading its output.
//!
//! Read first, then join: the end of the file says that the child has written all.

use crate::{
    backend::{Backend, Engine, JoinHandle},
    primitives::{Pipe, PipeEnd},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "join-before-drain",
    group: Group::Queues,
    lesson: "Read what your child writes before you wait for its end, or it cannot come to it",
    source: include_str!("join_before_drain.rs"),
    variants: &[
        Variant::new(
            "join-then-drain",
            &JoinThenDrain { capacity: 1, results: 2 },
            "The child waits for room in the pipe, the parent for the end of the child.",
        )
        .deadlocks("`child` waits for pipe writable"),
        Variant::new(
            "drain-then-join",
            &DrainThenJoin { capacity: 1, results: 2 },
            "The parent makes room until the pipe ends, and then the child has ended or soon will.",
        )
        .sized(&[(Engine::Dpor, &DrainThenJoin { capacity: 2, results: 4 })]),
    ],
};

/// A child that writes `results` numbers, and the end where they can be read.
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
