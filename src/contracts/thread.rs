//! The promises of the threads of a process: a thread is started once, is listed while it lives,
//! and a join returns after its end.

use super::{Of, aside};
use crate::{
    backend::{
        Arc, AtomicUsize, Backend,
        Capability::{Daemons, Timeouts},
        Engine,
        execution::outcome,
    },
    primitives::{Thread, ThreadError, Threads},
    program::{Group, Scenario, Variant},
};
use std::{fmt, sync::atomic::Ordering::SeqCst, time::Duration};

/// The contracts of [`Threads`] and [`Thread`].
pub static SCENARIO: Scenario = scenario::<Real>("thread");

/// Names a type for the threads of a process.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Threads`].
pub trait Subject: Clone + Send + Sync + 'static {
    /// The type of a thread.
    type Thread: Clone + Send + Sync + 'static;
    /// A new process.
    fn new() -> Self;
    /// A daemon that is not yet started.
    fn daemon(&self, body: impl FnOnce() + Send + 'static) -> Self::Thread;
    /// A thread that is not yet started.
    fn thread(&self, body: impl FnOnce() + Send + 'static) -> Self::Thread;
    /// Whether the running thread is listed.
    fn lists_current(&self) -> bool;
    /// The number of listed threads, the main one included.
    fn active_count(&self) -> usize;
    /// Waits for all threads except daemons, and for those that they start, then stops the daemons.
    fn finish(&self);
    /// Starts a thread; returns whether it was accepted.
    fn start(thread: &Self::Thread) -> bool;
    /// Waits for a thread; returns whether it was accepted.
    fn join(thread: &Self::Thread) -> bool;
    /// Waits for a short time; returns whether the thread has ended.
    fn join_timeout(thread: &Self::Thread) -> bool;
    /// Whether a thread is alive.
    fn is_alive(thread: &Self::Thread) -> bool;
}

/// Names [`Threads`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Threads<B>;
}

impl<B: Backend> Subject for Threads<B> {
    type Thread = Thread<B>;

    fn new() -> Self {
        Self::new()
    }
    fn daemon(&self, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        self.daemon("daemon", body)
    }
    fn thread(&self, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        self.thread("worker", body)
    }
    fn lists_current(&self) -> bool {
        self.current().is_some()
    }
    fn active_count(&self) -> usize {
        self.active_count()
    }
    fn finish(&self) {
        self.finish().expect("no thread panics");
    }
    fn start(thread: &Thread<B>) -> bool {
        thread.start() != Err(ThreadError::StartedTwice)
    }
    fn join(thread: &Thread<B>) -> bool {
        thread.join().is_ok()
    }
    fn join_timeout(thread: &Thread<B>) -> bool {
        thread.join_timeout(Duration::from_micros(20)) == Ok(true)
    }
    fn is_alive(thread: &Thread<B>) -> bool {
        thread.is_alive()
    }
}

/// The contracts of threads of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Started once, listed while alive, and joined only after the end";
    let source = include_str!("thread.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "joined-after-the-end",
            &Joined::<K>(Of::THIS),
            "Both threads that join it see its results, and see it neither alive nor listed.",
        ),
        Variant::new(
            "listed",
            &Listed::<K>(Of::THIS),
            "However early it looks, a thread finds itself in the list.",
        ),
        Variant::new(
            "started-once",
            &StartedOnce::<K>(Of::THIS),
            "Of two starts one is refused, and the body runs once.",
        ),
        Variant::new(
            "finish-waits-for-all",
            &Finish::<K>(Of::THIS),
            "The end of the process waits for threads that other threads have started.",
        )
        .refused_by(Engine::C11, "daemons"),
        Variant::new(
            "stops-daemons",
            &StopsDaemons::<K>(Of::THIS),
            "The end of the process does not wait for daemons, and stops them wherever they are.",
        )
        .needs(&[Daemons])
        .outcomes(&["not begun", "done"]),
        Variant::new("timed", &Timed::<K>(Of::THIS), "A timed join has seen the end or gives up.")
            .needs(&[Timeouts])
            .outcomes(&["ended", "gave up"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "A thread that was not started cannot be joined, and one that has ended cannot be \
             started.",
        ),
    ];
}

/// A process, a thread of it, and the number that the thread adds one to.
type Adder<B, K> =
    (<K as Kind>::On<B>, <<K as Kind>::On<B> as Subject>::Thread, Arc<AtomicUsize<B>>);

/// A thread of a new process that adds one to a number.
fn adder<B: Backend, K: Kind>() -> Arc<Adder<B, K>> {
    let threads = K::On::<B>::new();
    let number = Arc::new(AtomicUsize::<B>::named("number", 0));
    let other = Arc::clone(&number);
    let body = move || {
        other.fetch_add(1, SeqCst);
    };
    let thread = threads.thread(body);
    Arc::new((threads, thread, number))
}

programs! {
    <K: Kind>;

    Joined<B> {
        let shared = adder::<B, K>();
        assert!(K::On::<B>::start(&shared.1), "refused the first start");
        let join = |(threads, thread, number): &(K::On<B>, _, Arc<AtomicUsize<B>>)| {
            assert!(K::On::<B>::join(thread), "refused to be joined");
            assert_eq!(number.load(SeqCst), 1, "joined before its end");
            assert!(!K::On::<B>::is_alive(thread), "joined while alive");
            assert_eq!(threads.active_count(), 1, "joined while listed");
        };
        let other = aside::<B, _, _>(&shared, "other", join);
        join(&shared);
        other.join().unwrap();
    }

    Listed<B> {
        let threads = K::On::<B>::new();
        let inner = threads.clone();
        let thread = threads.thread(move || assert!(inner.lists_current(), "not in the list"));
        assert_eq!(threads.active_count(), 1, "listed before the start");
        assert!(K::On::<B>::start(&thread), "refused the first start");
        assert!(K::On::<B>::join(&thread), "refused to be joined");
        assert!(threads.lists_current(), "the main thread is not in the list");
    }

    StartedOnce<B> {
        let shared = adder::<B, K>();
        let other = aside::<B, _, _>(&shared, "other", |(_, thread, _)| K::On::<B>::start(thread));
        let mine = K::On::<B>::start(&shared.1);
        assert_ne!(mine, other.join().unwrap(), "started twice, or not at all");
        assert!(K::On::<B>::join(&shared.1), "refused to be joined");
        assert_eq!(shared.2.load(SeqCst), 1, "ran twice, or not at all");
    }

    Finish<B> {
        let threads = K::On::<B>::new();
        let number = Arc::new(AtomicUsize::<B>::named("number", 0));
        let (inner, other) = (threads.clone(), Arc::clone(&number));
        let starter = threads.thread(move || {
            let body = move || {
                other.fetch_add(1, SeqCst);
            };
            assert!(K::On::<B>::start(&inner.thread(body)), "refused the first start of the inner thread");
        });
        assert!(K::On::<B>::start(&starter), "refused the first start of the starter");
        threads.finish();
        assert_eq!(number.load(SeqCst), 1, "ended before its threads");
    }

    StopsDaemons<B> {
        let threads = K::On::<B>::new();
        let done = Arc::new(AtomicUsize::<B>::named("done", 0));
        let other = Arc::clone(&done);
        let daemon = threads.daemon(move || {
            other.fetch_add(1, SeqCst);
            loop {
                B::park();
            }
        });
        assert!(K::On::<B>::start(&daemon), "refused the first start");
        threads.finish();
        outcome(if done.load(SeqCst) == 0 { "not begun" } else { "done" });
    }

    Timed<B> {
        let shared = adder::<B, K>();
        let (_, thread, number) = &*shared;
        assert!(K::On::<B>::start(thread), "refused the first start");
        let ended = K::On::<B>::join_timeout(thread);
        if ended {
            assert_eq!(number.load(SeqCst), 1, "joined before its end");
        }
        outcome(if ended { "ended" } else { "gave up" });
        assert!(K::On::<B>::join(thread), "refused to be joined");
    }

    Refuses<B> {
        let shared = adder::<B, K>();
        let (_, thread, _) = &*shared;
        assert!(!K::On::<B>::join(thread), "joined before the start");
        assert!(K::On::<B>::start(thread), "refused the first start");
        assert!(K::On::<B>::join(thread), "refused to be joined");
        assert!(K::On::<B>::join(thread), "joined only once");
        assert!(!K::On::<B>::start(thread), "started again");
    }
}
