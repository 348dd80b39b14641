//! A program hands its work to a pool, and is not a bit faster.
//!
//! `pool.submit(work())` looks right. But the arguments of a call are computed before the call: it
//! is the caller who runs `work`, from beginning to end, and the pool gets what came out. In Python
//! that is not even an error until much later, when a worker tries to call the result. In Rust it
//! would not compile, unless the result is wrapped into a closure to make it compile, and then it
//! does.
//!
//! The answer is correct, so only a look at *where* the work ran tells the difference. Hand over the
//! function, not its result: `pool.submit(work)`.

use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{Future, ThreadPool},
    program::{FailureKind, Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "eager-call",
    group: Group::Threads,
    lesson: "Hand over the function and not its result, or the work is done before it is handed over",
    source: include_str!("eager_call.rs"),
    variants: &[
        Variant::new(
            "result",
            &Submitted { tasks: 1, eagerly: true },
            "The caller does the work, and a worker hands back what it was given.",
        )
        .fails(FailureKind::Assertion, "not in a worker")
        .outcomes(&["main"]),
        Variant::new(
            "function",
            &Submitted { tasks: 1, eagerly: false },
            "The function is called by the worker that takes the task.",
        )
        .outcomes(&["pool_0"])
        .sized(&[(Engine::Dpor, &Submitted { tasks: 2, eagerly: false })]),
    ],
};

/// Does something, and says in which thread.
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
