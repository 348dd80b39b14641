//! The promises of a pool of workers: each task is cancelled or run, once; every thread that waits for it
//! learns its end, whatever that is; and the end of the pool leaves no thread waiting.

mod subject;

pub use subject::{Ending, Kind, Real, Subject, Task};

use super::{Of, aside};
use crate::{
    backend::{
        Arc, AtomicUsize, Backend, Capability::Timeouts, Engine, execution::outcome, join_all,
    },
    primitives::{Event, WaitFor},
    program::{Group, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The contracts of [`ThreadPool`](crate::primitives::ThreadPool) and [`Future`](crate::primitives::Future).
pub static SCENARIO: Scenario = scenario::<Real>("executor");

/// The contracts of pools of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Each task is cancelled or run, once, and every waiter learns its end";
    let source = include_str!("executor.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "every-task-once",
            &EveryTask::<K>(Of::THIS, 2),
            "Two workers run each of two tasks once, and the pool ends after both.",
        )
        .sized(&[(Engine::Loom, &EveryTask::<K>(Of::THIS, 1))]),
        Variant::new(
            "cancelled-or-run",
            &CancelledOrRun::<K>(Of::THIS, 2),
            "Either the cancel comes in time or the task runs, never both and never neither.",
        )
        .outcomes(&["cancelled, cancelled", "cancelled, ran", "ran, cancelled", "ran, ran"])
        .sized(&[
            (Engine::Loom, &CancelledOrRun::<K>(Of::THIS, 1)),
            (Engine::Shuttle, &CancelledOrRun::<K>(Of::THIS, 1)),
        ]),
        Variant::new(
            "result-for-all",
            &ResultForAll::<K>(Of::THIS, 1),
            "Every thread that waits for a task gets its result.",
        )
        .sized(&[(Engine::Dpor, &ResultForAll::<K>(Of::THIS, 2))]),
        Variant::new(
            "callback-once",
            &CallbackOnce::<K>(Of::THIS, 1),
            "A callback that is added while the task ends is called once.",
        )
        .sized(&[(Engine::Dpor, &CallbackOnce::<K>(Of::THIS, 2))]),
        Variant::new(
            "panic-comes-back",
            &PanicComesBack::<K>(Of::THIS, 1),
            "A task's panic is its result, and its worker, idle by then or not, runs the next \
             task.",
        )
        .sized(&[(Engine::Dpor, &PanicComesBack::<K>(Of::THIS, 2))]),
        Variant::new(
            "joined-after-the-end",
            &Joined::<K>(Of::THIS),
            "After a shutdown all submitted tasks are run, and both threads that join see it.",
        ),
        Variant::new(
            "shutdown-now-leaves-nobody",
            &ShutdownNow::<K>(Of::THIS, 1),
            "A thread that waits for a task is woken when the shutdown cancels it.",
        )
        .sized(&[(Engine::Dpor, &ShutdownNow::<K>(Of::THIS, 2))]),
        Variant::new(
            "broken-for-all",
            &Broken::<K>(Of::THIS, 1),
            "If an initialiser panics no task is run, each future says so, and new tasks are \
             refused.",
        )
        .sized(&[(Engine::Dpor, &Broken::<K>(Of::THIS, 2))]),
        Variant::new(
            "map-in-order",
            &MapInOrder::<K>(Of::THIS, 2),
            "Results come in the order of the items, in whatever order the workers finish.",
        )
        .sized(&[(Engine::Loom, &MapInOrder::<K>(Of::THIS, 1))]),
        Variant::new(
            "wait-for-the-first",
            &WaitFirst::<K>(Of::THIS, 2),
            "A thread that waits for the first of two tasks does not wait for the other.",
        )
        .sized(&[(Engine::Loom, &WaitFirst::<K>(Of::THIS, 1))]),
        Variant::new(
            "wait-for-the-first-failure",
            &WaitFailure::<K>(Of::THIS),
            "A wait for a failure passes over a task that returns, and ends at one that fails.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed wait gets the result, or gives up and the result can still be had.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "had it"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "An open pool cannot be joined, a closed one accepts nothing, and a finished task \
             cannot be cancelled.",
        ),
    ];
}

/// A pool without an initialiser, and the number of its tasks that have run.
type Counted<B, K> = (<K as Kind>::On<B>, Arc<AtomicUsize<B>>);

fn pool<B: Backend, K: Kind>(workers: usize) -> Counted<B, K> {
    (K::On::<B>::new(workers, || ()), Arc::new(AtomicUsize::named("runs", 0)))
}

/// Submits a task that counts and returns `value`.
fn submit<B: Backend, K: Kind>(
    (pool, runs): &Counted<B, K>,
    value: i64,
) -> Option<<K::On<B> as Subject>::Future> {
    let runs = Arc::clone(runs);
    pool.submit(Box::new(move || {
        runs.fetch_add(1, SeqCst);
        value
    }))
}

/// A task that waits for the event.
fn held<B: Backend>() -> (Arc<Event<B>>, Task) {
    let go = Arc::new(Event::<B>::named("go"));
    let held = Arc::clone(&go);
    let task = move || {
        held.wait();
        1
    };
    (go, Box::new(task))
}

/// Shuts the pool down, and waits for its workers.
fn finish<S: Subject>(pool: &S) {
    pool.shutdown();
    assert!(pool.join(), "refused to be joined");
}

programs! {
    <K: Kind>;

    EveryTask(workers: usize)<B> {
        let counted = pool::<B, K>(workers);
        let tasks = [1, 2].map(|n| submit::<B, K>(&counted, n).expect("open"));
        assert_eq!(tasks.map(|task| K::On::<B>::result(&task)), [1, 2].map(Ending::Returned), "mixed up");
        finish(&counted.0);
        assert_eq!(counted.1.load(SeqCst), 2, "a task run twice, or not at all");
    }

    CancelledOrRun(tasks: usize)<B> {
        let counted = pool::<B, K>(1);
        let tasks: Vec<_> =
            (0..tasks).map(|_| submit::<B, K>(&counted, 1).expect("open")).collect();
        let cancelled: Vec<_> = tasks.iter().map(K::On::<B>::cancel).collect();
        finish(&counted.0);
        let ran = cancelled.iter().filter(|&&cancelled| !cancelled).count();
        assert_eq!(counted.1.load(SeqCst), ran, "ran after its cancel, or not at all");
        for (task, cancelled) in tasks.iter().zip(cancelled) {
            let ending = if cancelled { Ending::Cancelled } else { Ending::Returned(1) };
            assert_eq!(K::On::<B>::result(task), ending, "another end");
            outcome(if cancelled { "cancelled" } else { "ran" });
        }
    }

    ResultForAll(others: usize)<B> {
        let counted = pool::<B, K>(1);
        let task = Arc::new(submit::<B, K>(&counted, 1).expect("open"));
        let other = |_| aside::<B, _, _>(&task, "other", K::On::<B>::result);
        let others: Vec<_> = (0..others).map(other).collect();
        assert_eq!(K::On::<B>::result(&task), Ending::Returned(1), "another end for the first to ask");
        for other in others {
            assert_eq!(other.join(), Ok(Ending::Returned(1)), "another end for the others");
        }
        finish(&counted.0);
    }

    CallbackOnce(callbacks: usize)<B> {
        let counted = pool::<B, K>(1);
        let task = submit::<B, K>(&counted, 1).expect("open");
        for _ in 0..callbacks {
            let told = Arc::clone(&counted.1);
            let callback = move || {
                told.fetch_add(10, SeqCst);
            };
            K::On::<B>::on_done(&task, Box::new(callback));
        }
        finish(&counted.0);
        assert_eq!(counted.1.load(SeqCst), 1 + 10 * callbacks, "called twice, or not at all");
    }

    PanicComesBack(panics: usize)<B> {
        let counted = pool::<B, K>(1);
        for _ in 0..panics {
            let unlucky = counted.0.submit(Box::new(|| panic!("no luck"))).expect("open");
            assert_eq!(K::On::<B>::result(&unlucky), Ending::Panicked, "no panic");
        }
        let next = submit::<B, K>(&counted, 2).expect("open");
        assert_eq!(K::On::<B>::result(&next), Ending::Returned(2), "another end");
        finish(&counted.0);
    }

    Joined<B> {
        let counted = Arc::new(pool::<B, K>(1));
        let joined = |(pool, runs): &Counted<B, K>| {
            finish(pool);
            assert_eq!(runs.load(SeqCst), 1, "joined before all was done");
        };
        submit::<B, K>(&counted, 1).expect("open");
        let other = aside::<B, _, _>(&counted, "other", joined);
        joined(&counted);
        other.join().unwrap();
    }

    ShutdownNow(waiters: usize)<B> {
        let counted = pool::<B, K>(1);
        let first = submit::<B, K>(&counted, 1).expect("open");
        let second = Arc::new(submit::<B, K>(&counted, 2).expect("open"));
        let waiter = |_| aside::<B, _, _>(&second, "waiter", K::On::<B>::result);
        let waiters: Vec<_> = (0..waiters).map(waiter).collect();
        counted.0.shutdown_now();
        assert!(counted.0.join(), "refused to be joined");
        let end = K::On::<B>::result(&second);
        assert!(join_all(waiters).iter().all(|heard| *heard == end), "heard of different ends");
        let ends = [K::On::<B>::result(&first), end];
        let ran = ends.iter().filter(|ending| **ending != Ending::Cancelled).count();
        assert_eq!(counted.1.load(SeqCst), ran, "ran after its cancel, or not at all");
    }

    Broken(workers: usize)<B> {
        let pool = K::On::<B>::new(workers, || panic!("no licence"));
        let runs = Arc::new(AtomicUsize::<B>::named("runs", 0));
        let counted = (pool, runs);
        let first = submit::<B, K>(&counted, 1).expect("the initialiser has not run yet");
        let second = submit::<B, K>(&counted, 2);
        assert_eq!(K::On::<B>::result(&first), Ending::Broken, "another end of the first task");
        if let Some(second) = second {
            assert_eq!(K::On::<B>::result(&second), Ending::Broken, "another end of the second task");
        }
        assert!(submit::<B, K>(&counted, 3).is_none(), "accepted by a broken pool");
        finish(&counted.0);
        assert_eq!(counted.1.load(SeqCst), 0, "run by a broken pool");
    }

    MapInOrder(workers: usize)<B> {
        let (pool, _) = pool::<B, K>(workers);
        assert_eq!(pool.map(|n| 10 * n, vec![1, 2]), [10, 20], "out of order");
        finish(&pool);
    }

    WaitFirst(workers: usize)<B> {
        let counted = pool::<B, K>(workers);
        let quick = submit::<B, K>(&counted, 2);
        let (go, slow) = held::<B>();
        let slow = counted.0.submit(slow);
        let done = K::On::<B>::wait([slow, quick].map(|task| task.expect("open")).into(), WaitFor::First);
        assert_eq!(done, 1, "another number of tasks is done");
        go.set();
        finish(&counted.0);
    }

    WaitFailure<B> {
        let counted = pool::<B, K>(1);
        let quick = submit::<B, K>(&counted, 1);
        let unlucky = counted.0.submit(Box::new(|| panic!("no luck")));
        let (go, slow) = held::<B>();
        let slow = counted.0.submit(slow);
        let tasks = [slow, unlucky, quick].map(|task| task.expect("open"));
        let done = K::On::<B>::wait(tasks.into(), WaitFor::FirstException);
        assert_eq!(done, 2, "another number of tasks is done");
        go.set();
        finish(&counted.0);
    }

    Timed<B> {
        let counted = pool::<B, K>(1);
        let task = submit::<B, K>(&counted, 1).expect("open");
        let ending = K::On::<B>::result_timeout(&task);
        outcome(if ending == Ending::NotYet { "gave up" } else { "had it" });
        assert!([Ending::NotYet, Ending::Returned(1)].contains(&ending), "another end");
        assert_eq!(K::On::<B>::result(&task), Ending::Returned(1), "the result was lost");
        finish(&counted.0);
    }

    Refuses<B> {
        let counted = pool::<B, K>(1);
        let task = submit::<B, K>(&counted, 1).expect("open");
        assert!(!counted.0.join(), "joined while it is open");
        assert_eq!(K::On::<B>::result(&task), Ending::Returned(1), "another end");
        assert!(!K::On::<B>::cancel(&task), "cancelled what is done");
        finish(&counted.0);
        assert!(submit::<B, K>(&counted, 2).is_none(), "accepted after the shutdown");
        assert!(counted.0.join(), "joined only once");
    }
}
