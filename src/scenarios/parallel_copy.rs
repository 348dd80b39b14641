//! Several workers copy a list of files. Each takes the next index, copies that file, and comes back
//! for another, until there are none left.
//!
//! It is the simplest way to share work out: it needs no plan, and a quick worker does more. All of
//! it depends on taking the index. *load-then-store* reads the index and writes it back increased by
//! one: two workers read the same index and copy the same file, to the same place, at the same time.
//! Each file must be claimed by exactly one worker, and a claim must look and take in one step: one
//! atomic `fetch_add`, or a queue that holds the indices.
//!
//! A pool of *processes* deals the files out itself, so no index is shared. On real threads that
//! variant copies the files of a folder and compares their bytes; `raceproof run parallel-copy --from
//! DIR --to DIR` copies yours.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, join_all},
    primitives::{
        Queue,
        process::{Entry, Pool, Work, worker},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::{fs, num::NonZeroUsize, path::PathBuf, sync::atomic::Ordering::SeqCst};

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
        Variant::new(
            "processes",
            &InProcesses { files: 2, workers: 1 },
            "The pool hands each file to one process, and has an answer for each.",
        )
        .natively(&InProcesses { files: 20, workers: 2 })
        .swept(sizes!(InProcesses { files: 1..=2, workers: [1] })),
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

/// A file to copy, for a process to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CopyFile {
    /// The file.
    pub from: PathBuf,
    /// Its copy, in a folder that is there.
    pub to: PathBuf,
}

impl Work for CopyFile {
    /// How many bytes it has, or why it cannot be copied.
    type Output = Result<u64, String>;

    fn run(self) -> Self::Output {
        fs::copy(&self.from, &self.to).map_err(|why| format!("{}: {why}", self.from.display()))
    }
}

/// Stands for a copy where there are no files.
#[derive(Serialize, Deserialize)]
struct Pretend(usize);

impl Work for Pretend {
    type Output = usize;

    fn run(self) -> usize {
        self.0
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![worker::<B, CopyFile>(), worker::<B, Pretend>()]
}

#[derive(Debug)]
struct InProcesses {
    files: usize,
    workers: usize,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        if B::engine().is_native() {
            return self.copy_real_files::<B>();
        }
        let pool = Pool::<B, Pretend>::new(self.workers).expect("nothing forbids it");
        let chunk = NonZeroUsize::new(self.files).expect("there are files");
        let copied = pool.map_async_chunked((0..self.files).map(Pretend), chunk);
        let copied = copied.expect("it is open").take().expect("no process dies");
        pool.close();
        pool.join().expect("it is closed");
        assert!(copied.into_iter().eq(0..self.files), "a file was copied twice, or not at all");
    }
}

impl InProcesses {
    fn copy_real_files<B: Backend>(&self) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = |name: String| folder.path().join(name);
        let copies = (0..self.files).map(|n| {
            let (from, to) = (path(format!("{n}")), path(format!("copy of {n}")));
            fs::write(&from, vec![u8::try_from(n % 256).expect("small"); 1000 * n])
                .expect("a file can be written");
            CopyFile { from, to }
        });
        let copies: Vec<_> = copies.collect();
        let pool = Pool::<B, CopyFile>::new(self.workers).expect("nothing forbids it");
        let bytes = pool.map(copies.clone()).expect("no process dies");
        pool.close();
        pool.join().expect("it is closed");
        for (n, (CopyFile { from, to }, bytes)) in copies.iter().zip(bytes).enumerate() {
            assert_eq!(bytes, Ok(1000 * n as u64), "another length");
            let [from, to] = [from, to].map(|path| fs::read(path).expect("it is there"));
            assert_eq!(from, to, "file {n} differs from its copy");
        }
    }
}
