//! Broken pools of workers.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex, MutexGuard},
    contracts::executor::{Ending, Kind, Subject, Task, scenario},
    primitives::WaitFor,
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::Duration,
};

copies! {
    SHUTDOWN_WAKES_ONE: "every-task-once" Deadlock "work",
    NO_NOTIFY: "panic-comes-back" Deadlock "work",
    CANCEL_LOOKS_FIRST: "cancelled-or-run" Assertion "ran after its cancel",
    RUNS_WHAT_IS_CANCELLED: "cancelled-or-run" Assertion "ran after its cancel",
    NOTIFY_ONE_FOR_ALL: "result-for-all" Deadlock "done",
    CALLBACK_LOOKS_FIRST: "callback-once" Assertion "called twice, or not at all",
    LATE_CALLBACKS_KEPT: "callback-once" Assertion "called twice, or not at all",
    PANIC_KILLS_THE_WORKER: "panic-comes-back" Deadlock "done",
    SHUTDOWN_DROPS_TASKS: "joined-after-the-end" Assertion "joined before all was done",
    ONE_JOINS_FOR_ALL: "joined-after-the-end" Assertion "joined before all was done",
    CANCELS_IN_SILENCE: "shutdown-now-leaves-nobody" Deadlock "done",
    BREAKS_IN_SILENCE: "broken-for-all" Deadlock "done",
    ACCEPTS_WHEN_BROKEN: "broken-for-all" Assertion "accepted by a broken pool",
    WORKS_WHEN_BROKEN: "broken-for-all" Assertion "another end",
    AS_THEY_COME: "map-in-order" Assertion "out of order",
    WAITS_FOR_ALL: "wait-for-the-first" Deadlock "go",
    TAKES_ANY_END_FOR_A_FAILURE: "wait-for-the-first-failure" Assertion "another number of tasks",
    MISSES_FAILURES: "wait-for-the-first-failure" Deadlock "go",
    LOSES_THE_RESULT: "timed" Assertion "the result was lost",
    JOINS_WHILE_OPEN: "refuses" Assertion "joined while it is open",
    ACCEPTS_WHEN_DOWN: "refuses" Assertion "accepted after the shutdown",
    CANCELS_ANYTHING: "refuses" Assertion "cancelled what is done",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Pool<B>;
}

struct Pool<B: Backend>(Arc<Shared<B>>);

struct Shared<B: Backend> {
    size: usize,
    initialiser: fn(),
    state: Mutex<B, State<B>>,
    work: Condvar<B>,
    left: Condvar<B>,
}

struct State<B: Backend> {
    tasks: VecDeque<(Future<B>, Task)>,
    down: bool,
    broken: bool,
    handles: Vec<JoinHandle<B, ()>>,
    present: usize,
}

struct Future<B: Backend>(Arc<(Mutex<B, Stage>, Condvar<B>)>);

impl<B: Backend> Clone for Future<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Default)]
struct Stage {
    begun: bool,
    ending: Option<Ending>,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

impl<B: Backend> Future<B> {
    fn begin(&self) -> bool {
        let mut stage = self.0.0.lock();
        stage.begun = true;
        stage.ending.is_none() || made(RUNS_WHAT_IS_CANCELLED)
    }

    fn end(&self, ending: Ending) {
        self.end_at(self.0.0.lock(), ending);
    }

    fn end_at(&self, mut stage: MutexGuard<'_, B, Stage>, ending: Ending) {
        stage.ending = Some(stage.ending.filter(|_| made(LOSES_THE_RESULT)).unwrap_or(ending));
        let callbacks = std::mem::take(&mut stage.callbacks);
        drop(stage);
        if made(NOTIFY_ONE_FOR_ALL) {
            self.0.1.notify_one();
        } else {
            self.0.1.notify_all();
        }
        callbacks.into_iter().for_each(|callback| callback());
    }
}

/// The result of `body`, unless it panics.
pub(crate) fn caught<B: Backend, T>(body: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(body));
    result
        .map_err(|payload| {
            if B::is_engine_panic(&*payload) {
                resume_unwind(payload)
            }
        })
        .ok()
}

impl<B: Backend> Shared<B> {
    fn serve(&self) {
        let broken = caught::<B, _>(self.initialiser).is_none();
        if broken && !made(WORKS_WHEN_BROKEN) {
            let mut state = self.state.lock();
            state.broken = true;
            let tasks = std::mem::take(&mut state.tasks);
            drop(state);
            for (future, _) in tasks {
                if !made(BREAKS_IN_SILENCE) {
                    future.end(Ending::Broken);
                }
            }
        } else {
            while self.serve_one() {}
        }
        let mut state = self.state.lock();
        state.present -= 1;
        drop(state);
        self.left.notify_all();
    }

    fn serve_one(&self) -> bool {
        let mut state =
            self.work.wait_while(self.state.lock(), |state| state.tasks.is_empty() && !state.down);
        if state.down && made(SHUTDOWN_DROPS_TASKS) {
            return false;
        }
        let Some((future, task)) = state.tasks.pop_front() else { return false };
        drop(state);
        if !future.begin() {
            return true;
        }
        let result = caught::<B, _>(task);
        if result.is_none() && made(PANIC_KILLS_THE_WORKER) {
            future.end(Ending::Panicked);
            return false;
        }
        future.end(result.map_or(Ending::Panicked, Ending::Returned));
        true
    }
}

impl<B: Backend> Subject for Pool<B> {
    type Future = Future<B>;

    fn new(size: usize, initialiser: fn()) -> Self {
        let state = State {
            tasks: VecDeque::new(),
            down: false,
            broken: false,
            handles: Vec::new(),
            present: 0,
        };
        let (work, left) = (Condvar::named("work"), Condvar::named("left"));
        Self(Arc::new(Shared { size, initialiser, state: Mutex::new(state), work, left }))
    }

    fn submit(&self, task: Task) -> Option<Future<B>> {
        let mut state = self.0.state.lock();
        let refused = state.down && !made(ACCEPTS_WHEN_DOWN);
        if refused || state.broken && !made(ACCEPTS_WHEN_BROKEN) {
            return None;
        }
        let future = Future(Arc::new((Mutex::new(Stage::default()), Condvar::named("done"))));
        state.tasks.push_back((future.clone(), task));
        if state.handles.len() < self.0.size {
            let shared = Arc::clone(&self.0);
            state.handles.push(B::spawn("worker", move || shared.serve()));
            state.present += 1;
        }
        if !made(NO_NOTIFY) {
            self.0.work.notify_one();
        }
        Some(future)
    }

    fn map(&self, task: fn(i64) -> i64, items: Vec<i64>) -> Vec<i64> {
        let came = Arc::new(Mutex::<B, _>::new(Vec::new()));
        let submit = |item| {
            let came = Arc::clone(&came);
            let task = move || {
                came.lock().push(task(item));
                task(item)
            };
            self.submit(Box::new(task)).expect("open")
        };
        let futures: Vec<_> = items.into_iter().map(submit).collect();
        let result = |future| match Self::result(&future) {
            Ending::Returned(value) => value,
            other => panic!("{other:?}"),
        };
        let results = futures.into_iter().map(result).collect();
        if made(AS_THEY_COME) { came.lock().clone() } else { results }
    }

    fn shutdown(&self) {
        self.0.state.lock().down = true;
        if made(SHUTDOWN_WAKES_ONE) {
            self.0.work.notify_one();
        } else {
            self.0.work.notify_all();
        }
    }

    fn shutdown_now(&self) {
        let tasks = std::mem::take(&mut self.0.state.lock().tasks);
        self.shutdown();
        for (future, _) in tasks {
            if !made(CANCELS_IN_SILENCE) {
                Self::cancel(&future);
            }
        }
    }

    fn join(&self) -> bool {
        let mut state = self.0.state.lock();
        if !state.down {
            return made(JOINS_WHILE_OPEN);
        }
        let handles = std::mem::take(&mut state.handles);
        if made(ONE_JOINS_FOR_ALL) {
            drop(state);
            return handles.into_iter().all(|handle| handle.join().is_ok());
        }
        let present = |state: &mut State<B>| state.present > 0;
        drop(self.0.left.wait_while(state, present));
        true
    }

    fn cancel(future: &Future<B>) -> bool {
        let mut stage = future.0.0.lock();
        if stage.begun || stage.ending.is_some() {
            return made(CANCELS_ANYTHING);
        }
        if made(CANCEL_LOOKS_FIRST) {
            drop(stage);
            stage = future.0.0.lock();
        }
        future.end_at(stage, Ending::Cancelled);
        true
    }

    fn result(future: &Future<B>) -> Ending {
        let stage =
            future.0.1.wait_while(future.0.0.lock(), |stage: &mut Stage| stage.ending.is_none());
        stage.ending.expect("awaited")
    }

    fn result_timeout(future: &Future<B>) -> Ending {
        let pending = |stage: &mut Stage| stage.ending.is_none();
        let moment = Duration::from_micros(20);
        let (mut stage, _) = future.0.1.wait_timeout_while(future.0.0.lock(), moment, pending);
        let ending = stage.ending.unwrap_or(Ending::NotYet);
        if made(LOSES_THE_RESULT) {
            stage.ending = Some(ending);
        }
        ending
    }

    fn on_done(future: &Future<B>, callback: Box<dyn FnOnce() + Send>) {
        let mut stage = future.0.0.lock();
        let done = stage.ending.is_some();
        if made(CALLBACK_LOOKS_FIRST) {
            drop(stage);
            stage = future.0.0.lock();
        }
        if done && !made(LATE_CALLBACKS_KEPT) {
            drop(stage);
            callback();
        } else {
            stage.callbacks.push(callback);
        }
    }

    fn wait(futures: Vec<Future<B>>, what: WaitFor) -> usize {
        if made(WAITS_FOR_ALL) {
            return futures.iter().map(Self::result).count();
        }
        let ends = Arc::new((Mutex::<B, _>::new(Vec::new()), Condvar::<B>::named("ends")));
        for future in &futures {
            let (told, done) = (Arc::clone(&ends), future.clone());
            let tell = move || {
                told.0.lock().push(Self::result(&done) == Ending::Panicked);
                told.1.notify_all();
            };
            Self::on_done(future, Box::new(tell));
        }
        let any = what == WaitFor::First || made(TAKES_ANY_END_FOR_A_FAILURE);
        let enough = |&failed: &bool| any || failed && !made(MISSES_FAILURES);
        let all = futures.len();
        let blocked = |ends: &mut Vec<bool>| ends.len() < all && !ends.iter().any(enough);
        ends.1.wait_while(ends.0.lock(), blocked).len()
    }
}
