//! Sequence locks, whose readers look again if something was written meanwhile, and readers of a read-write lock.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::words::{Again, ReadWrite};
use super::{Lock, prove, until};
use raceproof::cell::UnsafeCell;
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicI64, fence};
use raceproof::{Explorer, Memory, Outcome, thread};

/// seqlock: an odd count means that a writer has it.
#[derive(Default)]
struct Sequence(AtomicI64);

impl Lock for Sequence {
    fn acquire(&self, _: usize) {
        let mut count = 0;
        until(|| {
            count += count % 2;
            let swapped = self.0.compare_exchange(count, count + 1, Acquire, Acquire);
            swapped.inspect_err(|seen| count = *seen).is_ok()
        });
        fence(Release);
    }

    fn release(&self, _: usize) {
        self.0.store(self.0.load(Relaxed) + 1, Release);
    }
}

impl Sequence {
    /// Reads the same in all, by this.
    fn read<T>(&self, read: impl Fn() -> T) -> T {
        loop {
            let mut count = 0;
            until(|| {
                count = self.0.load(Acquire);
                count % 2 == 0
            });
            let value = read();
            fence(Acquire);
            if self.0.load(Relaxed) == count {
                return value;
            }
        }
    }
}

#[test]
fn writers() {
    prove("seqlock", 2, 1, Sequence::default);
    prove("rec_seqlock", 2, 1, || Again::new(Sequence::default()));
}

/// Proves that this holds with two threads.
fn prove_both<S: Send + Sync + 'static>(new: fn() -> S, one: fn(&S), other: fn(&S)) {
    let found = Explorer::new().memory(Memory::C11).check(|| {
        let shared = Arc::new(new());
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || one(&theirs));
        other(&shared);
        thread.join().expect("no thread panics");
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    println!("{} executions, {:?}", found.executions, found.elapsed);
}

type Both = [AtomicI64; 2];

fn new_both() -> Both {
    [0; 2].map(AtomicI64::new)
}

#[test]
fn readers_of_a_sequence() {
    let read = |(lock, both): &(Sequence, Both)| {
        let [one, other] = lock.read(|| both.each_ref().map(|x| x.load(Relaxed)));
        assert_eq!(one, other);
    };
    let write = |(lock, both): &(Sequence, Both)| {
        lock.acquire(0);
        both.iter().for_each(|x| x.store(1, Relaxed));
        lock.release(0);
    };
    prove_both(|| (Sequence::default(), new_both()), write, read);
}

/// seqcount: one writer, and a reader that looks once.
#[test]
fn a_reader_that_looks_once() {
    let write = |(count, both): &(AtomicI64, Both)| {
        let before = count.load(Relaxed);
        count.store(before + 1, Relaxed);
        fence(Release);
        both.iter().for_each(|x| x.store(1, Relaxed));
        count.store(before + 2, Release);
    };
    let read = |(count, both): &(AtomicI64, Both)| {
        let before = count.load(Acquire) & !1;
        let [one, other] = both.each_ref().map(|x| x.load(Relaxed));
        fence(Acquire);
        assert!(count.load(Relaxed) != before || one == other);
    };
    prove_both(|| (AtomicI64::new(0), new_both()), write, read);
}

#[test]
fn a_reader_of_a_read_write_lock() {
    let write = |(lock, cell): &(ReadWrite, UnsafeCell<u32>)| {
        lock.acquire(0);
        cell.write(1);
        lock.release(0);
    };
    let read = |(lock, cell): &(ReadWrite, UnsafeCell<u32>)| {
        lock.read();
        cell.read();
        lock.read_release();
    };
    prove_both(|| (ReadWrite::new(), UnsafeCell::new(0)), write, read);
}
