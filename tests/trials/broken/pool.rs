//! Broken pools that apply a function to many items.

use super::{copies, executor::caught, made};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex},
    contracts::pool::{Kind, Subject, Work, scenario},
};
use std::{collections::VecDeque, sync::Arc};

copies! {
    CALLBACK_LAST: "callback-first" Assertion "the result came before its callback",
    AS_THEY_COME: "map-in-order" Assertion "out of order, or not all",
    READY_AT_THE_FIRST: "map-in-order" Assertion "out of order, or not all",
    COUNTS_OUTSIDE: "map-in-order" Deadlock "ready",
    LEAVES_IT_THERE: "unordered-once" Assertion "a result twice",
    FAILS_AT_ONCE: "failure-fails-all" Assertion "failed before all was done",
    LEAVES_FAILURES_OUT: "failure-fails-all" Assertion "the failure was lost",
    CLOSE_DROPS: "closed-then-joined" Assertion "joined before all was done",
    DROPS_IN_SILENCE: "terminated" Deadlock "ready",
    SPLITS_CHUNKS: "chunk-as-a-whole" Assertion "a chunk was done in part",
    JOINS_WHILE_OPEN: "refuses" Assertion "joined while it is open",
    ACCEPTS_WHEN_CLOSED: "refuses" Assertion "accepted after the close",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Pool<B>;
}

struct Pool<B: Backend> {
    size: usize,
    shared: Arc<Shared<B>>,
}

/// Work for an item; it is told whether it is done or dropped.
type Job = Box<dyn FnOnce(bool) + Send>;

struct Shared<B: Backend> {
    state: Mutex<B, State<B>>,
    work: Condvar<B>,
}

struct State<B: Backend> {
    jobs: VecDeque<Job>,
    closed: bool,
    handles: Vec<JoinHandle<B, ()>>,
}

/// The results of some items.
struct Results<B: Backend> {
    state: Mutex<B, Came>,
    ready: Condvar<B>,
}

struct Came {
    /// The item's place, and its result unless that failed.
    results: Vec<(usize, Option<i64>)>,
    left: usize,
}

impl Came {
    fn is_ready(&self) -> bool {
        let failed = || self.results.iter().any(|(_, result)| result.is_none());
        self.left == 0
            || made(READY_AT_THE_FIRST) && !self.results.is_empty()
            || made(FAILS_AT_ONCE) && failed()
    }
}

impl<B: Backend> Results<B> {
    fn of(items: usize) -> Arc<Self> {
        let state = Mutex::new(Came { results: Vec::new(), left: items });
        Arc::new(Self { state, ready: Condvar::named("ready") })
    }

    fn put(&self, place: usize, result: Option<i64>) {
        let mut state = self.state.lock();
        if result.is_some() || !made(LEAVES_FAILURES_OUT) {
            state.results.push((place, result));
        }
        let left = state.left - 1;
        if made(COUNTS_OUTSIDE) {
            drop(state);
            state = self.state.lock();
        }
        state.left = left;
        drop(state);
        self.ready.notify_all();
    }

    fn get(&self) -> Option<Vec<i64>> {
        let mut state = self.ready.wait_while(self.state.lock(), |state| !state.is_ready());
        if !made(AS_THEY_COME) {
            state.results.sort_unstable();
        }
        state.results.iter().map(|(_, result)| *result).collect()
    }

    /// Waits for the next result, and takes it.
    fn next(&self) -> Option<i64> {
        let empty = |state: &mut Came| state.results.is_empty();
        let mut state = self.ready.wait_while(self.state.lock(), empty);
        if made(LEAVES_IT_THERE) { state.results[0].1 } else { state.results.remove(0).1 }
    }
}

impl<B: Backend> Shared<B> {
    fn serve(&self) {
        loop {
            let idle = |state: &mut State<B>| state.jobs.is_empty() && !state.closed;
            let mut state = self.work.wait_while(self.state.lock(), idle);
            let Some(job) = state.jobs.pop_front() else { return };
            drop(state);
            job(true);
        }
    }
}

impl<B: Backend> Pool<B> {
    fn start(&self, jobs: Vec<Job>) -> bool {
        let mut state = self.shared.state.lock();
        if state.closed && !made(ACCEPTS_WHEN_CLOSED) {
            return false;
        }
        for job in jobs {
            state.jobs.push_back(job);
            if state.handles.len() < self.size {
                let shared = Arc::clone(&self.shared);
                state.handles.push(B::spawn("worker", move || shared.serve()));
            }
        }
        drop(state);
        self.shared.work.notify_all();
        true
    }

    fn each(&self, work: Work, items: Vec<i64>, in_one: bool) -> Option<Arc<Results<B>>> {
        let results = Results::of(items.len());
        let work = Arc::new(work);
        let job = |(place, item)| {
            let (results, work) = (Arc::clone(&results), Arc::clone(&work));
            Box::new(move |done: bool| {
                let result = if done { caught::<B, _>(|| work(item)) } else { None };
                results.put(place, result);
            }) as Job
        };
        let mut jobs: Vec<_> = items.into_iter().enumerate().map(job).collect();
        if in_one {
            jobs = vec![Box::new(|done| jobs.into_iter().for_each(|job| job(done)))];
        }
        self.start(jobs).then_some(results)
    }
}

impl<B: Backend> Subject for Pool<B> {
    type Single = Arc<Results<B>>;
    type Many = Arc<Results<B>>;

    fn new(size: usize) -> Self {
        let state = State { jobs: VecDeque::new(), closed: false, handles: Vec::new() };
        let shared = Shared { state: Mutex::new(state), work: Condvar::named("work") };
        Self { size, shared: Arc::new(shared) }
    }

    fn apply(&self, work: Work, callback: Box<dyn FnOnce() + Send>) -> Option<Self::Single> {
        let results = Results::of(1);
        let telling = Arc::clone(&results);
        let job = move |_| {
            let result = work(1);
            if made(CALLBACK_LAST) {
                telling.put(0, Some(result));
                callback();
            } else {
                callback();
                telling.put(0, Some(result));
            }
        };
        self.start(vec![Box::new(job)]).then_some(results)
    }

    fn map(&self, work: Work, items: Vec<i64>) -> Option<Self::Many> {
        self.each(work, items, false)
    }

    fn map_in_one(&self, work: Work, items: Vec<i64>) -> Option<Self::Many> {
        self.each(work, items, !made(SPLITS_CHUNKS))
    }

    fn unordered(&self, work: Work, items: Vec<i64>) -> Vec<i64> {
        let number = items.len();
        let results = self.each(work, items, false).expect("open");
        (0..number).map(|_| results.next().expect("no panic")).collect()
    }

    fn get(single: &Self::Single) -> Option<i64> {
        single.get()?.first().copied()
    }

    fn get_all(many: &Self::Many) -> Option<Vec<i64>> {
        many.get()
    }

    fn close(&self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        if made(CLOSE_DROPS) {
            state.jobs.clear();
        }
        drop(state);
        self.shared.work.notify_all();
    }

    fn terminate(&self) {
        let jobs = std::mem::take(&mut self.shared.state.lock().jobs);
        self.close();
        if !made(DROPS_IN_SILENCE) {
            jobs.into_iter().for_each(|job| job(false));
        }
    }

    fn join(&self) -> bool {
        let mut state = self.shared.state.lock();
        if !state.closed {
            return made(JOINS_WHILE_OPEN);
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        handles.into_iter().all(|handle| handle.join().is_ok())
    }
}
