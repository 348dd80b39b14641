//! A pool of threads does a loop in parallel. Each round takes a lock and, with the lock held, does a
//! smaller loop, which is done in parallel, too: it is split, and another thread may take its other
//! half.
//!
//! If one does, the first thread has to wait for it. A good pool does not waste that time: the thread
//! takes another piece of work meanwhile. What it finds is the next round of the large loop, and that
//! takes the lock, which the thread itself holds a few frames further down its stack (rayon #592,
//! #1174). One after the other, all of this is correct; there is no cycle of locks, and each function
//! gives back what it takes.
//!
//! A wait that works meanwhile is a call of anything. So hold no lock across it.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "stolen-under-a-lock",
    group: Group::Trackers,
    lesson: "A pool that works while it waits may call you again: hold no lock meanwhile",
    source: include_str!("stolen_under_a_lock.rs"),
    variants: &[
        Variant::new(
            "splits-with-the-lock",
            &SplitsWithTheLock,
            "While it waits for the half that was stolen, the thread begins the next round.",
        )
        .deadlocks("`main` waits for data, which it holds itself"),
        Variant::new(
            "splits-without-it",
            &SplitsWithoutIt { rounds: 2 },
            "A round has given the lock back before it is split.",
        )
        .sized(&[(Engine::Loom, &SplitsWithoutIt { rounds: 1 })])
        .swept(sizes!(SplitsWithoutIt { rounds: 1..=2 })),
    ],
};

/// A piece of work.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// A round of the large loop.
    Round,
    /// The other half of a round's small loop.
    Half,
}

struct Pool<B: Backend> {
    queue: Mutex<B, Queue>,
    changed: Condvar<B>,
    data: Mutex<B, ()>,
    with_the_lock: bool,
}

#[derive(Debug)]
struct Queue {
    work: Vec<Work>,
    /// How many halves are not done.
    halves: usize,
}

impl<B: Backend> Pool<B> {
    fn take(&self) -> Option<Work> {
        self.queue.lock().work.pop()
    }

    fn do_some(&self, work: Work) {
        match work {
            Work::Half => {
                self.queue.lock().halves -= 1;
                self.changed.notify_all();
            }
            Work::Round => {
                let data = self.data.lock();
                let _held = self.with_the_lock.then_some(data);
                let mut queue = self.queue.lock();
                queue.work.push(Work::Half);
                queue.halves += 1;
                drop(queue);
                self.wait_for_halves();
            }
        }
    }

    /// Does other work until all halves are done.
    fn wait_for_halves(&self) {
        loop {
            let idle = |queue: &mut Queue| queue.halves > 0 && queue.work.is_empty();
            let mut queue = self.changed.wait_while(self.queue.lock(), idle);
            if queue.halves == 0 {
                return;
            }
            let work = queue.work.pop();
            drop(queue);
            if let Some(work) = work {
                self.do_some(work);
            }
        }
    }

    /// So many rounds. One thread begins with the first, another takes one piece of work.
    fn run(rounds: usize, with_the_lock: bool) {
        let queue = Queue { work: vec![Work::Round; rounds - 1], halves: 0 };
        let pool = Arc::new(Self {
            queue: Mutex::named("queue", queue),
            changed: Condvar::named("changed"),
            data: Mutex::named("data", ()),
            with_the_lock,
        });
        let help = sharing(&pool, |pool: &Self| {
            if let Some(work) = pool.take() {
                pool.do_some(work);
            }
        });
        let helper = B::spawn("helper", help);
        pool.do_some(Work::Round);
        helper.join().expect("no panic");
    }
}

#[derive(Debug)]
struct SplitsWithTheLock;

impl Program for SplitsWithTheLock {
    fn run<B: Backend>(&self) {
        Pool::<B>::run(2, true);
    }
}

#[derive(Debug)]
struct SplitsWithoutIt {
    rounds: usize,
}

impl Program for SplitsWithoutIt {
    fn run<B: Backend>(&self) {
        Pool::<B>::run(self.rounds, false);
    }
}
