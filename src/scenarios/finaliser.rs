//! A reporting library has a queue and a thread that sends what lies in it. The queue has a lock. In a
//! language with a garbage collector, an allocation may start a collection, and a collection runs the
//! finalisers of what it finds, there and then: in the thread that happened to allocate, in the middle
//! of whatever it was doing.
//!
//! It was taking something from the queue, with the lock held. The finaliser of an object that was not
//! cleaned up properly writes a warning, the warning goes to the reporting library, and that puts it
//! into the queue: the thread waits for a lock that it holds (sentry-python #803, crochet #25; Python
//! got a queue that can be entered again for this, bpo-14976). Signal handlers are of the same kind.
//!
//! Code that can run anywhere takes no lock. It leaves a note, and the note is dealt with where the
//! program stands still.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Mutex},
    program::{Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "finaliser",
    group: Group::Trackers,
    lesson: "A finaliser can run in the middle of anything: let it take no lock",
    source: include_str!("finaliser.rs"),
    variants: &[
        Variant::new(
            "takes-the-lock",
            &TakesTheLock,
            "The collection begins in the thread that holds the queue's lock.",
        )
        .deadlocks("`sender` waits for queue, which it holds itself"),
        Variant::new(
            "leaves-a-note",
            &LeavesANote,
            "The warning is put into the queue where no lock is held.",
        ),
    ],
};

/// The allocation that starts a collection, which finds one object.
const COLLECT: usize = 2;

struct Heap<B: Backend> {
    allocations: AtomicUsize<B>,
    queue: Mutex<B, usize>,
    /// A finaliser only leaves a note.
    notes: bool,
}

impl<B: Backend> Heap<B> {
    /// Whether a finaliser has left a note in this thread.
    fn allocate(&self) -> bool {
        let collects = self.allocations.fetch_add(1, SeqCst) + 1 == COLLECT;
        if collects && !self.notes {
            *self.queue.lock() += 1;
        }
        collects && self.notes
    }

    /// Deals with a note where no lock is held.
    fn deal_with(&self, note: bool) {
        if note {
            *self.queue.lock() += 1;
        }
    }

    /// A thread sends, with an allocation under the lock, while another allocates.
    fn run(notes: bool) {
        let (allocations, queue) = (AtomicUsize::named("allocations", 0), Mutex::named("queue", 0));
        let heap = Arc::new(Self { allocations, queue, notes });
        let send = sharing(&heap, |heap: &Self| {
            let queue = heap.queue.lock();
            let note = heap.allocate();
            drop(queue);
            heap.deal_with(note);
        });
        let sender = B::spawn("sender", send);
        let note = heap.allocate();
        heap.deal_with(note);
        sender.join().expect("no panic");
        assert_eq!(*heap.queue.lock(), 1, "one warning");
    }
}

#[derive(Debug)]
struct TakesTheLock;

impl Program for TakesTheLock {
    fn run<B: Backend>(&self) {
        Heap::<B>::run(false);
    }
}

#[derive(Debug)]
struct LeavesANote;

impl Program for LeavesANote {
    fn run<B: Backend>(&self) {
        Heap::<B>::run(true);
    }
}
