//! A server stores its current user in a variable, and looks there whenever it needs the name.
//!
//! As long as one thread serves one user after the other, a global variable is good enough. With a
//! thread for each user it is one variable for all of them. Between the moment a thread stores its
//! user and the moment it looks, another thread may have stored another, and the wrong person's
//! account is shown. A lock around every access does not help; each access is atomic already. The
//! mistake is that the variable is shared.
//!
//! A thread-local variable has one name and one value per thread. Nothing is shared, so there is no
//! race, and no lock is needed. It is for data that belongs to the thread: the current user, a
//! buffer, a connection, a random number generator. Other threads do not see it, which is both its
//! use and its limit.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, join_all},
    primitives::ThreadLocal,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "thread-local",
    group: Group::Threads,
    lesson: "Data that belongs to one thread goes into a thread-local variable",
    source: include_str!("thread_local.rs"),
    variants: &[
        Variant::new(
            "global",
            &Global { users: 2 },
            "Another thread stores its user between this thread's store and its look.",
        )
        .fails(FailureKind::Assertion, "another user's account")
        .swept(sizes!(Global { users: 1..=3 } if users > 1)),
        Variant::new(
            "thread-local",
            &Local { users: 2 },
            "Every thread finds the user that it has stored itself.",
        )
        .sized(&[(Engine::Dpor, &Local { users: 3 })])
        .swept(sizes!(Local { users: 1..=3 })),
    ],
};

/// The threads that serve the users 1, 2 and so on. Each runs `serve` with its own user, which
/// returns the user it finds.
fn serve<B: Backend, S: Send + Sync + 'static>(
    shared: &Arc<S>,
    users: usize,
    serve: fn(&S, usize) -> usize,
) {
    let seen = join_all::<B, usize>((1..=users).map(|user| {
        B::spawn(format!("server of {user}"), sharing(shared, move |shared| serve(shared, user)))
    }));
    assert!(seen.into_iter().eq(1..=users), "another user's account");
}

#[derive(Debug)]
struct Global {
    users: usize,
}

impl Program for Global {
    fn run<B: Backend>(&self) {
        let current = Arc::new(AtomicUsize::<B>::named("user", 0));
        serve::<B, _>(&current, self.users, |current, user| {
            current.store(user, SeqCst);
            current.load(SeqCst)
        });
    }
}

#[derive(Debug)]
struct Local {
    users: usize,
}

impl Program for Local {
    fn run<B: Backend>(&self) {
        let current = Arc::new(ThreadLocal::<B, usize>::named("user", || 0));
        serve::<B, _>(&current, self.users, |current, user| {
            current.set(user);
            current.get()
        });
    }
}
