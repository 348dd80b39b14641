//! The promises of a pool that applies a function to many items: all results, each at its place, and a
//! callback before any thread has them; a termination leaves no thread waiting.

use super::{Of, aside};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, execution::outcome},
    primitives::{AsyncResult, Pool},
    program::{Group, Scenario, Variant},
};
use std::{fmt, num::NonZeroUsize, sync::atomic::Ordering::SeqCst};

/// The contracts of [`Pool`].
pub static SCENARIO: Scenario = scenario::<Real>("pool");

/// Names a type of pools.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The work for one item.
pub type Work = Box<dyn Fn(i64) -> i64 + Send + Sync>;

/// The methods that the contracts call; meanings as for [`Pool`].
pub trait Subject: Send + Sync + 'static {
    /// The type of one result.
    type Single: Send + Sync + 'static;
    /// The type of many results.
    type Many: Send + Sync + 'static;
    /// A pool of at most `workers` workers.
    fn new(workers: usize) -> Self;
    /// Starts the work for the item 1; returns `None` if that was refused.
    fn apply(&self, work: Work, callback: Box<dyn FnOnce() + Send>) -> Option<Self::Single>;
    /// Starts the work for these items; returns `None` if that was refused.
    fn map(&self, work: Work, items: Vec<i64>) -> Option<Self::Many>;
    /// Like [`map`](Self::map), with all of the items in one chunk.
    fn map_in_one(&self, work: Work, items: Vec<i64>) -> Option<Self::Many>;
    /// Does the work for these items; returns the results as they are completed.
    fn unordered(&self, work: Work, items: Vec<i64>) -> Vec<i64>;
    /// Blocks until the result is there; returns `None` if there will be none.
    fn get(single: &Self::Single) -> Option<i64>;
    /// Blocks until the results are there; returns `None` if one is missing.
    fn get_all(many: &Self::Many) -> Option<Vec<i64>>;
    /// Accepts no more work.
    fn close(&self);
    /// Accepts no more work, and drops the work that has not begun.
    fn terminate(&self);
    /// Waits for the workers' end; returns whether it was accepted.
    fn join(&self) -> bool;
}

/// Names [`Pool`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Pool<B>;
}

impl<B: Backend> Subject for Pool<B> {
    type Single = AsyncResult<B, i64>;
    type Many = AsyncResult<B, Vec<i64>>;

    fn new(workers: usize) -> Self {
        Self::new(workers).expect("some workers")
    }
    fn apply(&self, work: Work, callback: Box<dyn FnOnce() + Send>) -> Option<Self::Single> {
        self.apply_async_with(move || work(1), |_| callback()).ok()
    }
    fn map(&self, work: Work, items: Vec<i64>) -> Option<Self::Many> {
        self.map_async(work, items).ok()
    }
    fn map_in_one(&self, work: Work, items: Vec<i64>) -> Option<Self::Many> {
        let all = NonZeroUsize::new(items.len()).expect("some items");
        self.map_async_chunked(work, items, all).ok()
    }
    fn unordered(&self, work: Work, items: Vec<i64>) -> Vec<i64> {
        let results = self.imap_unordered(work, items).expect("open");
        results.map(|result| result.expect("no panic")).collect()
    }
    fn get(single: &Self::Single) -> Option<i64> {
        single.get().ok()
    }
    fn get_all(many: &Self::Many) -> Option<Vec<i64>> {
        many.get().ok()
    }
    fn close(&self) {
        self.close();
    }
    fn terminate(&self) {
        self.terminate();
    }
    fn join(&self) -> bool {
        self.join().is_ok()
    }
}

/// The contracts of pools of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "All results, each at its place, and no thread left waiting by the end";
    let source = include_str!("pool.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "callback-first",
            &CallbackFirst::<K>(Of::THIS, 1),
            "When a result is available, the callback has been called, once.",
        )
        .sized(&[(Engine::Dpor, &CallbackFirst::<K>(Of::THIS, 2))]),
        Variant::new(
            "map-in-order",
            &MapInOrder::<K>(Of::THIS, 2),
            "All results are there, in the order of the items, whichever worker is done first.",
        )
        .sized(&[(Engine::Loom, &MapInOrder::<K>(Of::THIS, 1))]),
        Variant::new(
            "unordered-once",
            &Unordered::<K>(Of::THIS, 2),
            "The results come as they are completed, each of them once.",
        )
        .sized(&[(Engine::Loom, &Unordered::<K>(Of::THIS, 1))]),
        Variant::new(
            "failure-fails-all",
            &Failure::<K>(Of::THIS, 1),
            "If one item's work panics the others are done, and then the whole has failed.",
        )
        .sized(&[(Engine::Dpor, &Failure::<K>(Of::THIS, 2))]),
        Variant::new(
            "closed-then-joined",
            &Closed::<K>(Of::THIS, 1),
            "Work that was accepted before the close is done when the join returns.",
        )
        .sized(&[(Engine::Dpor, &Closed::<K>(Of::THIS, 2))]),
        Variant::new(
            "terminated",
            &Terminated::<K>(Of::THIS, 2),
            "A termination drops the work that has not begun, and wakes the threads that wait for \
             it.",
        )
        .outcomes(&["0 of 2", "1 of 2", "2 of 2"])
        .sized(&[
            (Engine::Loom, &Terminated::<K>(Of::THIS, 1)),
            (Engine::Shuttle, &Terminated::<K>(Of::THIS, 1)),
        ]),
        Variant::new(
            "chunk-as-a-whole",
            &Chunk::<K>(Of::THIS),
            "A chunk of items is one task, which is done or dropped as a whole.",
        )
        .outcomes(&["0 of 2", "2 of 2"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "An open pool cannot be joined, and a closed one accepts no work.",
        ),
    ];
}

/// A pool, and the number of times that its work has run or its callbacks were called.
type Counted<B, K> = (<K as Kind>::On<B>, Arc<AtomicUsize<B>>);

fn pool<B: Backend, K: Kind>(workers: usize) -> Counted<B, K> {
    (K::On::<B>::new(workers), Arc::new(AtomicUsize::named("runs", 0)))
}

/// Work that counts, panics for 0 and gives ten times any other item.
fn tenfold<B: Backend>(runs: &Arc<AtomicUsize<B>>) -> Work {
    let runs = Arc::clone(runs);
    Box::new(move |item| {
        runs.fetch_add(1, SeqCst);
        assert_ne!(item, 0, "no luck");
        10 * item
    })
}

fn finish<S: Subject>(pool: &S) {
    pool.close();
    assert!(pool.join(), "refused to be joined");
}

programs! {
    <K: Kind>;

    CallbackFirst(times: usize)<B> {
        let (pool, told) = pool::<B, K>(1);
        for n in 1..=times {
            let telling = Arc::clone(&told);
            let callback = move || {
                telling.fetch_add(1, SeqCst);
            };
            let single = pool.apply(Box::new(|item| item), Box::new(callback)).expect("open");
            assert_eq!(K::On::<B>::get(&single), Some(1), "another result");
            assert_eq!(told.load(SeqCst), n, "the result came before its callback");
        }
        finish(&pool);
        assert_eq!(told.load(SeqCst), times, "called twice");
    }

    MapInOrder(workers: usize)<B> {
        let (pool, runs) = pool::<B, K>(workers);
        let many = pool.map(tenfold(&runs), vec![1, 2]).expect("open");
        assert_eq!(K::On::<B>::get_all(&many), Some(vec![10, 20]), "out of order, or not all");
        finish(&pool);
        assert_eq!(K::On::<B>::get_all(&many), Some(vec![10, 20]), "had only once");
    }

    Unordered(workers: usize)<B> {
        let (pool, runs) = pool::<B, K>(workers);
        let mut results = pool.unordered(tenfold(&runs), vec![1, 2]);
        results.sort_unstable();
        assert_eq!(results, [10, 20], "a result twice, or not at all");
        finish(&pool);
    }

    Failure(workers: usize)<B> {
        let (pool, runs) = pool::<B, K>(workers);
        let many = pool.map(tenfold(&runs), vec![0, 1]).expect("open");
        assert_eq!(K::On::<B>::get_all(&many), None, "the failure was lost");
        assert_eq!(runs.load(SeqCst), 2, "failed before all was done");
        finish(&pool);
    }

    Closed(workers: usize)<B> {
        let (pool, runs) = pool::<B, K>(workers);
        assert!(pool.map(tenfold(&runs), vec![1, 2]).is_some(), "refused by an open pool");
        finish(&pool);
        assert_eq!(runs.load(SeqCst), 2, "joined before all was done");
    }

    Terminated(workers: usize)<B> {
        let (pool, runs) = pool::<B, K>(workers);
        let many = Arc::new(pool.map(tenfold(&runs), vec![1, 2]).expect("open"));
        let waiter = aside::<B, _, _>(&many, "waiter", K::On::<B>::get_all);
        pool.terminate();
        assert!(pool.join(), "refused to be joined");
        let ran = runs.load(SeqCst);
        let all = waiter.join().unwrap();
        assert_eq!(all.is_some(), ran == 2, "dropped and done, or neither");
        outcome(format_args!("{ran} of 2"));
    }

    Chunk<B> {
        let (pool, runs) = pool::<B, K>(1);
        let many = pool.map_in_one(tenfold(&runs), vec![1, 2]).expect("open");
        pool.terminate();
        let results = K::On::<B>::get_all(&many);
        assert!(pool.join(), "refused to be joined");
        let ran = runs.load(SeqCst);
        assert_ne!(ran, 1, "a chunk was done in part");
        assert_eq!(results, (ran == 2).then(|| vec![10, 20]), "dropped and done, or neither");
        outcome(format_args!("{ran} of 2"));
    }

    Refuses<B> {
        let (pool, runs) = pool::<B, K>(1);
        assert!(!pool.join(), "joined while it is open");
        finish(&pool);
        assert!(pool.map(tenfold(&runs), vec![1]).is_none(), "accepted after the close by `map`");
        assert!(pool.apply(tenfold(&runs), Box::new(|| ())).is_none(), "accepted after the close by `apply`");
        assert!(pool.join(), "joined only once");
    }
}
