//! All the work is done, main has waited for that, and yet the program does not end.
//!
//! The workers run `loop { queue.get(); work; queue.task_done() }`. Main fills the queue and calls
//! `queue.join()`, which returns when every item has been worked on, as it should. Then it joins
//! the worker threads. But the workers have not ended: they are in `get`, waiting for an item that
//! never comes. The work is finished, but the workers do not know it.
//!
//! They have to be told: by one sentinel each, or by a shutdown of the queue, which makes `get`
//! return an error once the queue is empty. Making them daemons only hides the question, because a
//! daemon may be stopped in the middle of something.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, JoinHandle, join_all},
    primitives::Queue,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "workers-never-told",
    group: Group::Queues,
    lesson: "A worker that waits for more does not know that all work is done: tell it to stop",
    source: include_str!("workers_never_told.rs"),
    variants: &[
        Variant::new(
            "not-told",
            &NotTold { workers: 1, items: 1 },
            "The queue is joined, and the worker waits for the next item.",
        )
        .deadlocks("`worker 0` waits for queue not empty")
        .swept(sizes!(NotTold { workers: 1..=2, items: 1..=2 })),
        Variant::new(
            "sentinels",
            &Sentinels { workers: 1, items: 1 },
            "Each worker finds a sentinel after the last item, and ends.",
        )
        .sized(&[(Engine::Dpor, &Sentinels { workers: 2, items: 1 })])
        .swept(sizes!(Sentinels { workers: 1..=2, items: 1..=3 - workers })),
        Variant::new(
            "shutdown",
            &Shutdown { workers: 1, items: 1 },
            "`get` tells every worker that the queue is shut down.",
        )
        .sized(&[(Engine::Dpor, &Shutdown { workers: 2, items: 1 })])
        .swept(sizes!(Shutdown { workers: 1..=2, items: 1..=3 - workers })),
    ],
};

/// Items, and `None` for "stop".
type Work<B> = Queue<B, Option<usize>>;

/// Starts workers, gives them items, and waits until these are done.
fn work<B: Backend>(queue: &Arc<Work<B>>, workers: usize, items: usize) -> Vec<JoinHandle<B, ()>> {
    let workers = (0..workers).map(|n| {
        let body = sharing(queue, |queue: &Work<B>| {
            while let Ok(Some(_item)) = queue.get() {
                queue.task_done().expect("one is under way");
            }
        });
        B::spawn(format!("worker {n}"), body)
    });
    let workers: Vec<_> = workers.collect();
    (0..items).for_each(|item| queue.put(Some(item)).expect("open"));
    queue.join();
    workers
}

#[derive(Debug)]
struct NotTold {
    workers: usize,
    items: usize,
}

impl Program for NotTold {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Work::<B>::named("queue", 0));
        join_all(work(&queue, self.workers, self.items));
    }
}

#[derive(Debug)]
struct Sentinels {
    workers: usize,
    items: usize,
}

impl Program for Sentinels {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Work::<B>::named("queue", 0));
        let workers = work(&queue, self.workers, self.items);
        (0..self.workers).for_each(|_| queue.put(None).expect("open"));
        join_all(workers);
    }
}

#[derive(Debug)]
struct Shutdown {
    workers: usize,
    items: usize,
}

impl Program for Shutdown {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Work::<B>::named("queue", 0));
        let workers = work(&queue, self.workers, self.items);
        queue.shutdown();
        join_all(workers);
    }
}
