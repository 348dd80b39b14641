// A workshop: a pool of threads, a cache, a pipeline, and what they are made of.
//
// Every line but those of `world` is as it was written for std.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use world::cell::{Cell, RefCell};
use world::statics;
use world::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use world::sync::mpsc::{self, Receiver, SyncSender};
use world::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, Weak};
use world::thread::{self, JoinHandle};
use world::thread_local;
use world::time::{Duration, Instant};

statics! {
    /// Jobs that have panicked in any pool.
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    static NAMES: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| Mutex::new(vec!["nobody".into()]));
    static GREETED: Once = Once::new();
}

thread_local! {
    static JOBS_HERE: Cell<u32> = const { Cell::new(0) };
    static NOTES: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Debug, PartialEq)]
struct Settings {
    workers: usize,
}

impl Settings {
    fn get() -> &'static Settings {
        SETTINGS.get_or_init(|| Settings { workers: 2 })
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads that take jobs from one queue.
struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<u32>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Pool {
    fn new(workers: usize) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new() });
        let workers = (0..workers)
            .map(|nth| {
                let shared = Arc::clone(&shared);
                let builder = thread::Builder::new().name(format!("worker {nth}"));
                builder.spawn(move || shared.work()).expect("a thread")
            })
            .collect();
        Pool { shared, workers }
    }

    fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let mut queue = self.shared.queue.lock().unwrap();
        queue.jobs.push_back(Box::new(job));
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// Runs what is left, and says how many jobs the workers have done.
    fn finish(mut self) -> u32 {
        self.close();
        self.workers.drain(..).map(|worker| worker.join().unwrap()).sum()
    }

    fn close(&self) {
        self.shared.queue.lock().unwrap().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn work(&self) -> u32 {
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            JOBS_HERE.set(JOBS_HERE.get() + 1);
        }
        JOBS_HERE.get()
    }

    fn next(&self) -> Option<Job> {
        let queue = self.queue.lock().unwrap();
        let waits = |queue: &mut Queue| queue.jobs.is_empty() && !queue.closed;
        self.changed.wait_while(queue, waits).unwrap().jobs.pop_front()
    }
}

/// Values by key, each made once and kept as long as somebody has it.
struct Cache<V> {
    slots: RwLock<HashMap<u32, Arc<OnceLock<Weak<V>>>>>,
    made: AtomicUsize,
}

impl<V: From<u32>> Cache<V> {
    fn new() -> Self {
        Cache { slots: RwLock::new(HashMap::new()), made: AtomicUsize::new(0) }
    }

    fn slot(&self, key: u32) -> Arc<OnceLock<Weak<V>>> {
        if let Some(slot) = self.slots.read().unwrap().get(&key) {
            return Arc::clone(slot);
        }
        Arc::clone(self.slots.write().unwrap().entry(key).or_default())
    }

    fn get(&self, key: u32) -> Arc<V> {
        let mut made = None;
        let weak = self
            .slot(key)
            .get_or_init(|| {
                self.made.fetch_add(1, Ordering::Relaxed);
                let value = Arc::new(V::from(key));
                let weak = Arc::downgrade(&value);
                made = Some(value);
                weak
            })
            .clone();
        if let Some(value) = made.or_else(|| weak.upgrade()) {
            return value;
        }
        self.slots.write().unwrap().remove(&key);
        self.get(key)
    }
}

/// Stages that hand values on, each in a thread of its own.
struct Pipeline {
    first: SyncSender<u64>,
    last: Receiver<u64>,
    stages: Vec<JoinHandle<()>>,
}

impl Pipeline {
    fn new(stages: Vec<fn(u64) -> u64>) -> Self {
        let (first, mut input) = mpsc::sync_channel(1);
        let mut running = Vec::new();
        for stage in stages {
            let (output, next) = mpsc::sync_channel(1);
            let work = move || {
                for value in input {
                    if output.send(stage(value)).is_err() {
                        break;
                    }
                }
            };
            running.push(thread::spawn(work));
            input = next;
        }
        Pipeline { first, last: input, stages: running }
    }

    fn close(self) -> Vec<u64> {
        let Pipeline { first, last, stages } = self;
        drop(first);
        let rest = last.iter().collect();
        stages.into_iter().for_each(|stage| stage.join().unwrap());
        rest
    }
}

/// A door that opens once.
pub(super) struct Latch {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Latch {
    pub(super) fn new() -> Self {
        Latch { open: Mutex::new(false), opened: Condvar::new() }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass(&self) {
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
    }

    fn pass_in_time(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut open = self.open.lock().unwrap();
        while !*open {
            let now = Instant::now();
            if now >= deadline {
                return false;
            }
            open = self.opened.wait_timeout(open, deadline - now).unwrap().0;
        }
        true
    }
}

/// A mistake: whoever has begun to wait is not told.
#[allow(dead_code)]
pub(super) fn open_without_telling(latch: &Latch) {
    thread::scope(|scope| {
        scope.spawn(|| latch.pass());
        *latch.open.lock().unwrap() = true;
    });
}

pub(super) fn a_pool_runs_every_job() {
    let done = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(Settings::get().workers);
    for _ in 0..2 {
        let done = Arc::clone(&done);
        pool.submit(move || _ = done.fetch_add(1, Ordering::SeqCst));
    }
    assert_eq!(pool.finish(), 2);
    assert_eq!(done.load(Ordering::SeqCst), 2);
}

pub(super) fn a_pool_outlives_a_job_that_panics() {
    let before = PANICS.load(Ordering::Relaxed);
    let pool = Pool::new(1);
    let (sender, receiver) = mpsc::channel();
    pool.submit(|| std::panic::resume_unwind(Box::new("a job fails")));
    pool.submit(move || sender.send(thread::current().name().map(str::to_owned)).unwrap());
    assert_eq!(receiver.recv().unwrap().as_deref(), Some("worker 0"));
    drop(pool);
    assert_eq!(PANICS.load(Ordering::Relaxed), before + 1);
}

pub(super) fn a_cache_makes_each_value_once() {
    let cache = Cache::<u64>::new();
    let keep = [cache.get(1)];
    thread::scope(|scope| {
        let others = [1, 2].map(|key| {
            scope.spawn({
                let cache = &cache;
                move || *cache.get(key)
            })
        });
        assert_eq!(others.map(|other| other.join().unwrap()), [1, 2]);
    });
    assert_eq!((cache.made.load(Ordering::Relaxed), *keep[0]), (2, 1));
}

pub(super) fn a_cache_forgets_what_nobody_has() {
    let cache = Cache::<u64>::new();
    drop(cache.get(7));
    assert_eq!(*cache.get(7), 7);
    assert_eq!(cache.made.load(Ordering::Relaxed), 2);
}

pub(super) fn a_pipeline_keeps_the_order() {
    let pipeline = Pipeline::new(vec![|value| value + 1, |value| value * 10]);
    pipeline.first.send(1).unwrap();
    pipeline.first.send(2).unwrap();
    assert_eq!(pipeline.last.recv(), Ok(20));
    assert_eq!(pipeline.close(), [30]);
}

pub(super) fn a_pipeline_stops_early() {
    let Pipeline { first, last, stages } = Pipeline::new(vec![|value| value]);
    first.send(1).unwrap();
    drop(last);
    // The stage finds it out by its own send.
    drop(first);
    stages.into_iter().for_each(|stage| stage.join().unwrap());
}

pub(super) fn a_latch_opens_once() {
    let latch = Arc::new(Latch::new());
    let theirs = Arc::clone(&latch);
    let other = thread::spawn(move || theirs.pass());
    let passed = latch.pass_in_time(Duration::from_millis(1));
    assert!(!passed);
    latch.open();
    other.join().unwrap();
    assert!(latch.pass_in_time(Duration::ZERO));
}

pub(super) fn numbers_are_given_once() {
    let give = || {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        NOTES.with_borrow_mut(|notes| notes.push(number));
        NAMES.lock().unwrap().push(format!("number {number}"));
        NOTES.with_borrow(|notes| notes[notes.len() - 1])
    };
    let others = [thread::spawn(give), thread::spawn(give)];
    let mut numbers = vec![give()];
    numbers.extend(others.map(|other| other.join().unwrap()));
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 3);
    assert!(NAMES.lock().unwrap().len() > 3);
}

pub(super) fn a_broadcast_reaches_all() {
    let barrier = Arc::new(Barrier::new(3));
    let said = Arc::new(RwLock::new(String::new()));
    let listeners: Vec<_> = (0..2)
        .map(|_| {
            let (barrier, said) = (Arc::clone(&barrier), Arc::clone(&said));
            thread::spawn(move || {
                barrier.wait();
                said.read().unwrap().clone()
            })
        })
        .collect();
    said.write().unwrap().push_str("now");
    barrier.wait();
    for listener in listeners {
        assert_eq!(listener.join().unwrap(), "now");
    }
}

pub(super) fn a_debounced_call_comes_once() {
    let called = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let called = Arc::clone(&called);
            thread::spawn(move || {
                let first = Cell::new(false);
                GREETED.call_once(|| first.set(true));
                first.get() && called.swap(true, Ordering::AcqRel)
            })
        })
        .collect();
    for thread in threads {
        assert!(!thread.join().unwrap());
    }
    assert!(GREETED.is_completed());
}
