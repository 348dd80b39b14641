//! Go's `sync.WaitGroup` and `sync.Once`.

use raceproof_suite::backend::{Backend, Condvar, Mutex};
use std::borrow::Cow;

/// Counts what is under way, so that a thread can wait until nothing is.
///
/// Go also panics at some misuses, an `add` beside a `wait` among them, but only where it happens to notice; that
/// is not told here.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::WaitGroup;
///
/// let tasks = WaitGroup::<Std>::named("tasks");
/// tasks.add(1);
/// tasks.done();
/// tasks.wait();
/// ```
#[derive(Debug)]
pub struct WaitGroup<B: Backend> {
    count: Mutex<B, i64>,
    zero: Condvar<B>,
}

impl<B: Backend> WaitGroup<B> {
    /// A group of none.
    #[track_caller]
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            count: Mutex::named(format!("count of {name}"), 0),
            zero: Condvar::named(format!("the end of all {name}")),
        }
    }

    /// Adds `n`, which may be negative. If nothing is left, every thread that waits goes on.
    ///
    /// # Panics
    ///
    /// Less than nothing is left.
    #[track_caller]
    pub fn add(&self, n: i64) {
        let mut count = self.count.lock();
        *count += n;
        assert!(*count >= 0, "negative WaitGroup counter");
        if *count == 0 {
            self.zero.notify_all();
        }
    }

    /// One is done.
    ///
    /// # Panics
    ///
    /// None was left.
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Blocks until nothing is left.
    #[track_caller]
    pub fn wait(&self) {
        drop(self.zero.wait_while(self.count.lock(), |count| *count > 0));
    }
}

/// Does something once. Whoever comes while it is being done waits for its end; a call from within waits for ever.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::Once;
///
/// let (once, mut times) = (Once::<Std>::named("start"), 0);
/// once.call(|| times += 1);
/// once.call(|| times += 1);
/// assert_eq!(times, 1);
/// ```
#[derive(Debug)]
pub struct Once<B: Backend>(Mutex<B, bool>);

impl<B: Backend> Once<B> {
    /// Something that has not been done.
    #[track_caller]
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Mutex::named(name, false))
    }

    /// Does it with `f`, unless it has been done. Blocks while another thread does it.
    #[track_caller]
    pub fn call(&self, f: impl FnOnce()) {
        let mut done = self.0.lock();
        if !*done {
            // In Go it has been done, too, if it panics.
            *done = true;
            f();
        }
    }
}
