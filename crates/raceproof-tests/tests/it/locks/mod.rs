//! The spin locks of libvsync (`include/vsync/spinlock`), written anew from what they do, as std's threads would run
//! them: with loops that pause and no annotation. Those that are right are proved. The artifact of "Recurrence Sets
//! for Proving Fair Non-termination under Axiomatic Memory Consistency Models" (POPL 2026) weakens an ordering in
//! some of them (`hernanponcedeleon/Dat3M:artifact-popl/libvsync.patch`), so that a thread may wait for ever; those
//! are found. `hclhlock` is not among them. `LARGE=1` adds locks of more threads.

mod queues;
mod sequences;
mod words;

use raceproof::cell::UnsafeCell;
use raceproof::sync::Arc;
use raceproof::sync::atomic::AtomicI64;
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, hint, thread};

/// A lock, whose threads have numbers.
trait Lock: Send + Sync + 'static {
    fn acquire(&self, thread: usize);
    fn release(&self, thread: usize);
}

/// Atomics that are 0.
fn zeros<const N: usize>() -> [AtomicI64; N] {
    [0; N].map(AtomicI64::new)
}

/// Waits until this is so.
fn until(mut so: impl FnMut() -> bool) {
    while !so() {
        hint::spin_loop();
    }
}

/// Threads that add to a plain number with the lock, each so often.
fn explore<L: Lock>(threads: usize, each: usize, new: impl Fn() -> L) -> Exploration {
    let model = || {
        let shared = Arc::new((new(), UnsafeCell::new(0)));
        let start = |me| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..each {
                    theirs.0.acquire(me);
                    theirs.1.write(theirs.1.read() + 1);
                    theirs.0.release(me);
                }
            })
        };
        let threads = (0..threads).map(start).collect::<Vec<_>>();
        let count = threads.len() * each;
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
        assert_eq!(shared.1.read(), count);
    };
    Explorer::new().memory(Memory::C11).check(model)
}

/// The lock is right.
fn prove<L: Lock>(name: &str, threads: usize, each: usize, new: impl Fn() -> L) {
    let found = explore(threads, each, new);
    assert!(matches!(found.outcome, Outcome::Proved), "{name}: {:?}", found.outcome);
    println!("{name}, {threads} threads: {} executions, {:?}", found.executions, found.elapsed);
}

/// A thread may wait for ever.
fn waits_for_ever<L: Lock>(name: &str, threads: usize, each: usize, new: impl Fn() -> L) {
    let found = explore(threads, each, new);
    let Outcome::Failed(failure) = found.outcome else { panic!("{name}: {:?}", found.outcome) };
    assert_eq!(failure.kind, FailureKind::Livelock, "{name}: {failure}");
    println!("{name}: the {}th execution, {:?}", found.executions, found.elapsed);
}

/// Whether locks of more threads are explored, too.
fn large() -> bool {
    std::env::var_os("LARGE").is_some()
}
