//! A program hands its work to a pool, and runs no faster.
//!
//! `pool.submit(work())` looks right. But the arguments of a call are evaluated before the call:
//! the caller runs `work`, from beginning to end, and the pool gets the result. In Python that is
//! not even an error until much later, when a worker tries to call the result. Rust rejects it,
//! unless the result is wrapped in a closure to make it compile.
//!
//! The answer is correct, so only a look at *where* the work ran shows the difference. Hand over the
//! function, not its result: `pool.submit(work)`.

use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{Future, ThreadPool},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "eager-call",
    group: Group::Threads,
    lesson: "Hand over the function, not its result, or the caller does the work itself",
    source: include_str!("eager_call.rs"),
    variants: &[
        Variant::new(
            "result",
            &Submitted { tasks: 1, eagerly: true },
            "The caller does the work, and a worker returns what it was given.",
        )
        .fails(FailureKind::Assertion, "not in a worker")
        .outcomes(&["main"])
        .swept(sizes!(Submitted { tasks: 1..=3, eagerly: [true] })),
        Variant::new(
            "function",
            &Submitted { tasks: 1, eagerly: false },
            "The worker that takes the task calls the function.",
        )
        .outcomes(&["pool_0"])
        .sized(&[(Engine::Dpor, &Submitted { tasks: 2, eagerly: false })])
        .swept(sizes!(Submitted { tasks: 1..=2, eagerly: [false] })),
    ],
};

/// Does some work, and returns the name of the thread that did it.
fn work<B: Backend>() -> String {
    B::current().name().into()
}

#[derive(Debug)]
struct Submitted {
    tasks: usize,
    eagerly: bool,
}

impl Program for Submitted {
    fn run<B: Backend>(&self) {
        let pool = ThreadPool::<B>::new(self.tasks).expect("a worker for each");
        let submit = |_| {
            if self.eagerly {
                let result = work::<B>();
                pool.submit(move || result).expect("open")
            } else {
                pool.submit(work::<B>).expect("open")
            }
        };
        let tasks: Vec<Future<B, String>> = (0..self.tasks).map(submit).collect();
        for task in tasks {
            let place = task.result().expect("no panic");
            outcome(&place);
            assert!(place.starts_with("pool"), "not in a worker, but in {place}");
        }
    }
}
