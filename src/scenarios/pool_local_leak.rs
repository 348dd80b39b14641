//! A web server handles requests in a pool, and stores the user of a request in a thread-local
//! variable. Now and then a visitor who is not logged in is greeted by another user's name.
//!
//! A thread-local variable belongs to the *thread*, and in a pool a thread outlives its task. The
//! value that the previous task stored is still there. Whether a task sees it depends on which
//! worker takes the task, and so on the schedule. A test with a fresh pool, or with as many workers
//! as requests, never sees it. Names are not all that leaks like this: open transactions, changed
//! locales, a random seed, a buffer with half a message in it.
//!
//! What belongs to a task must be set at its beginning, each time; or it must be passed to the task
//! as an argument, and not be thread-local at all.

use crate::{
    backend::{Arc, Backend, Engine, execution::outcome},
    primitives::{ThreadLocal, ThreadPool},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "pool-local-leak",
    group: Group::Threads,
    lesson: "A worker outlives its task, and so does what the task left in a thread-local",
    source: include_str!("pool_local_leak.rs"),
    variants: &[
        Variant::new(
            "left-behind",
            &LeftBehind { workers: 2 },
            "The visitor's request is handled by the worker that handled Ann's.",
        )
        .fails(FailureKind::Assertion, "taken for another")
        .outcomes(&["Ann", "nobody"])
        .sized(&[(Engine::Loom, &LeftBehind { workers: 1 })])
        .swept(sizes!(LeftBehind { workers: 1..=2 })),
        Variant::new(
            "initialise-for-each-task",
            &Initialised { workers: 1 },
            "Each task sets the variable before it uses it.",
        )
        .outcomes(&["nobody"])
        .sized(&[(Engine::Dpor, &Initialised { workers: 2 })])
        .swept(sizes!(Initialised { workers: 1..=3 })),
    ],
};

/// The user of a worker's current request, if one is logged in.
type User<B> = ThreadLocal<B, Option<&'static str>>;

/// Handles the requests of Ann, who logs in, and of a visitor; returns the user that `greet` greets
/// second.
fn serve<B: Backend>(workers: usize, greet: fn(&User<B>) -> Option<&'static str>) {
    let pool = ThreadPool::<B>::new(workers).expect("some workers");
    let user = Arc::new(User::<B>::named("user", || None));
    let anns = Arc::clone(&user);
    pool.submit(move || anns.set(Some("Ann"))).expect("open");
    let greeted = pool.submit(move || greet(&user)).expect("open").result().expect("no panic");
    outcome(greeted.unwrap_or("nobody"));
    drop(pool);
    assert_eq!(greeted, None, "taken for another");
}

#[derive(Debug)]
struct LeftBehind {
    workers: usize,
}

impl Program for LeftBehind {
    fn run<B: Backend>(&self) {
        serve::<B>(self.workers, |user| user.get());
    }
}

#[derive(Debug)]
struct Initialised {
    workers: usize,
}

impl Program for Initialised {
    fn run<B: Backend>(&self) {
        serve::<B>(self.workers, |user| {
            user.set(None);
            user.get()
        });
    }
}
