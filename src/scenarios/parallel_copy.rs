//! Several workers copy a list of files. Each takes the next index, copies that file, and comes back
//! for another, until there are none left.
//!
//! It is the simplest way to share work out: it needs no plan, and a quick worker does more. All of
//! it depends on taking the index. *load-then-store* reads the index and writes it back increased by
//! one: two workers read the same index and copy the same file, to the same place, at the same time.
//! Each file must be claimed by exactly one worker, and a claim must look and take in one step: one
//! atomic `fetch_add`, or a queue that holds the indices.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, join_all},
    primitives::Queue,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "parallel-copy",
    group: Group::Threads,
    lesson: "Workers that share work out by a next index must take the index in one step",
    source: include_str!("parallel_copy.rs"),
    variants: &[
        Variant::new(
            "load-then-store",
            &LoadThenStore { files: 1, workers: 2 },
            "Two workers read the same index before either has written the next one.",
        )
        .fails(FailureKind::Assertion, "copied 2 times")
        .swept(sizes!(LoadThenStore { files: 1..=2, workers: 1..=2 } if workers > 1)),
        Variant::new(
            "fetch-add",
            &FetchAdd { files: 2, workers: 2 },
            "Reading the index and raising it is one step, so only one worker reads each value.",
        )
        .sized(&[(Engine::Dpor, &FetchAdd { files: 3, workers: 3 })])
        .swept(sizes!(FetchAdd { files: 1..=3, workers: 1..=3 })),
        Variant::new(
            "queue",
            &FromQueue { files: 2, workers: 2 },
            "An index that one worker gets from the queue no other worker can get.",
        )
        .sized(&[
            (Engine::Dpor, &FromQueue { files: 3, workers: 3 }),
            (Engine::Loom, &FromQueue { files: 1, workers: 2 }),
        ])
        .swept(sizes!(FromQueue { files: 1..=3, workers: 1..=3 })),
    ],
};

/// The number of times each file was copied.
struct Files<B: Backend>(Vec<AtomicUsize<B>>);

impl<B: Backend> Files<B> {
    fn new(files: usize) -> Arc<Self> {
        let copies = |file| AtomicUsize::named(format!("copies of file {file}"), 0);
        Arc::new(Self((0..files).map(copies).collect()))
    }

    /// Copies the file, if there is one.
    fn copy(&self, file: usize) -> bool {
        self.0.get(file).map(|copies| copies.fetch_add(1, SeqCst)).is_some()
    }

    fn check(&self) {
        for (file, copies) in self.0.iter().enumerate() {
            let copies = copies.load(SeqCst);
            assert_eq!(copies, 1, "file {file} was copied {copies} times");
        }
    }
}

/// Has workers copy the files whose indices they get from `next`.
fn copy_all<B: Backend>(
    files: usize,
    workers: usize,
    next: impl Fn() -> usize + Send + Sync + 'static,
) {
    let files = Files::<B>::new(files);
    let next = Arc::new(next);
    join_all((0..workers).map(|n| {
        let next = Arc::clone(&next);
        let body = sharing(&files, move |files: &Files<B>| while files.copy(next()) {});
        B::spawn(format!("worker {n}"), body)
    }));
    files.check();
}

#[derive(Debug)]
struct LoadThenStore {
    files: usize,
    workers: usize,
}

impl Program for LoadThenStore {
    fn run<B: Backend>(&self) {
        let next = AtomicUsize::<B>::named("next", 0);
        copy_all::<B>(self.files, self.workers, move || {
            let file = next.load(SeqCst);
            next.store(file + 1, SeqCst);
            file
        });
    }
}

#[derive(Debug)]
struct FetchAdd {
    files: usize,
    workers: usize,
}

impl Program for FetchAdd {
    fn run<B: Backend>(&self) {
        let next = AtomicUsize::<B>::named("next", 0);
        copy_all::<B>(self.files, self.workers, move || next.fetch_add(1, SeqCst));
    }
}

#[derive(Debug)]
struct FromQueue {
    files: usize,
    workers: usize,
}

impl Program for FromQueue {
    fn run<B: Backend>(&self) {
        let indices = Queue::<B, usize>::named("indices", 0);
        (0..self.files).for_each(|file| indices.put(file).expect("open"));
        indices.shutdown();
        // When the queue is empty, this is an index past the last file.
        copy_all::<B>(self.files, self.workers, move || indices.get().unwrap_or(usize::MAX));
    }
}
