//! Threads that are alike.

use super::{JoinHandle, Result, spawn};
use crate::execution::{is_outside, kernel};
use crate::kernel::Alike;

/// Threads that are alike, from [`spawn_symmetric`].
#[derive(Debug)]
pub struct Symmetric<T>(Vec<JoinHandle<T>>);

/// Starts so many threads that are alike: each runs a clone of the closure, with its number from 0 on.
///
/// Executions that differ in nothing but which of them does what are explored once: of those threads which have made the same
/// steps, only looked by them, and found the same, the one with the lowest number goes on first. Three threads that increment a
/// counter come to 1 execution in the place of 6. That they are alike is not known but [assumed](crate::Assumption::AlikeThreads):
/// their numbers may name them, or be among the values that they write, but what goes wrong may not hang on which of
/// them has which number.
///
/// Only a search for a proof under sequential consistency has fewer executions by it, and none if the threads turn out to make
/// different steps, or in a program with loops that wait by looking, daemons or processes; under [`Memory::C11`](crate::Memory::C11) they are threads as any. Outside of a
/// model they are std's.
///
/// ```
/// use raceproof::sync::Arc;
/// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use raceproof::{Explorer, Memory, thread};
///
/// let found = Explorer::new().memory(Memory::Sequential).check(|| {
///     let count = Arc::new(AtomicU32::new(0));
///     let theirs = Arc::clone(&count);
///     let threads = thread::spawn_symmetric(4, move |_| theirs.fetch_add(1, SeqCst));
///     threads.join().into_iter().for_each(|result| drop(result.unwrap()));
///     assert_eq!(count.load(SeqCst), 4);
/// });
/// assert_eq!(found.executions, 1);
/// ```
///
/// # Panics
///
/// If the system has no room for their stacks.
#[track_caller]
pub fn spawn_symmetric<F, T>(threads: usize, f: F) -> Symmetric<T>
where
    F: FnOnce(usize) -> T + Clone + Send + 'static,
    T: Send + 'static,
{
    let mut handles: Vec<JoinHandle<T>> = Vec::with_capacity(threads);
    for number in 0..threads {
        if !is_outside() {
            let before = handles.last().map(|handle| handle.thread().number());
            let alike = before.map_or(Alike::First, Alike::After);
            kernel(|kernel| kernel.now.alike = Some(alike));
        }
        let f = f.clone();
        handles.push(spawn(move || f(number)));
    }
    Symmetric(handles)
}

impl<T> Symmetric<T> {
    /// Waits for all of them; what each returned, or what it panicked with, by their numbers.
    #[track_caller]
    pub fn join(self) -> Vec<Result<T>> {
        self.0.into_iter().map(JoinHandle::join).collect()
    }
}
