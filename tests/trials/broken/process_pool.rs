//! Broken pools of processes.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex},
    contracts::process_pool::{Does, Ending, Kind, Subject, scenario},
    primitives::process::{Pipe, PipeEnd, Process, Queue, Task, Work},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

copies! {
    CROSSES_RESULTS: "its-result" Assertion "another's result",
    LEAVES_A_PROCESS: "its-result" Assertion "a process is left",
    DIES_OF_A_PANIC: "a-panic" Assertion "not told of the panic",
    KEEPS_THE_DEAD: "replaced" Assertion "given to a process that is gone",
    CALLS_LAST: "callback-first" Assertion "called late",
    HANGS_WITH_THE_DEAD: "a-death" Deadlock "results",
    CANCELS_IN_SILENCE: "terminated" Deadlock "ended",
    OPEN_WHEN_BROKEN: "broken" Assertion "open although it is broken",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Pool<B, false>;
    type Breaking<B: Backend> = Pool<B, true>;
}

/// A pool of one process, with a thread for each task.
struct Pool<B: Backend, const BREAKS: bool>(Arc<Own<B>>);

struct Own<B: Backend> {
    /// Held while the process does a task.
    worker: Mutex<B, Option<Worker<B>>>,
    state: Mutex<B, State<B>>,
}

struct State<B: Backend> {
    open: bool,
    cancelled: bool,
    process: Option<Process<B>>,
    threads: Vec<JoinHandle<B, ()>>,
}

struct Worker<B: Backend> {
    process: Process<B>,
    end: PipeEnd<B, Message>,
    results: Queue<B, Option<i64>>,
}

#[derive(Serialize, Deserialize)]
enum Message {
    Do(Does),
    Done(Option<i64>),
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Serve<B: Backend> {
    end: PipeEnd<B, Message>,
    results: Queue<B, Option<i64>>,
}

impl<B: Backend> Task for Serve<B> {
    fn run(self) {
        while let Ok(Message::Do(work)) = self.end.recv() {
            let panics = matches!(work, Does::Panic);
            if panics && made(DIES_OF_A_PANIC) {
                break;
            }
            let result = if panics { None } else { Some(work.run()) };
            if made(HANGS_WITH_THE_DEAD) {
                self.results.put(result).unwrap();
            } else if self.end.send(Message::Done(result)).is_err() {
                break;
            }
        }
    }
}

/// The end of a task, once it is known.
type Pending<B> = Arc<(Mutex<B, Option<Ending>>, Condvar<B>)>;

impl<B: Backend> Own<B> {
    fn hire(&self) -> Worker<B> {
        let (end, theirs) = Pipe::duplex(1).unwrap();
        let results = Queue::named("results", 0);
        let serve = Serve { end: theirs, results: results.clone() };
        let process = Process::new("worker", serve);
        process.start().unwrap();
        self.state.lock().process = Some(process.clone());
        Worker { process, end, results }
    }

    /// What becomes of the task; `None` if no one is told.
    fn call(&self, work: Does, breaks: bool) -> Option<Ending> {
        let mut place = self.worker.lock();
        let State { cancelled, .. } = *self.state.lock();
        if cancelled {
            return (!made(CANCELS_IN_SILENCE)).then_some(Ending::Cancelled);
        }
        let mut worker = place.take().unwrap_or_else(|| self.hire());
        if !breaks && !made(KEEPS_THE_DEAD) && !worker.process.is_alive() {
            worker = self.hire();
        }
        let sent = worker.end.send(Message::Do(work));
        let done = if made(HANGS_WITH_THE_DEAD) {
            worker.results.get().ok()
        } else {
            match worker.end.recv() {
                Ok(Message::Done(done)) => Some(done),
                _ => None,
            }
        };
        let (Ok(()), Some(done)) = (sent, done) else {
            let _ = worker.process.join();
            if breaks && !made(OPEN_WHEN_BROKEN) {
                self.state.lock().open = false;
            }
            return Some(if breaks { Ending::Broken } else { Ending::Died });
        };
        *place = Some(worker);
        let crossed = usize::from(made(CROSSES_RESULTS)) as i64;
        Some(done.map_or(Ending::Panicked, |value| Ending::Returned(value + crossed)))
    }
}

impl<B: Backend, const BREAKS: bool> Pool<B, BREAKS> {
    fn begin(&self, work: Does, first: Option<Box<dyn FnOnce() + Send>>) -> Option<Pending<B>> {
        let mut state = self.0.state.lock();
        if !state.open {
            return None;
        }
        let pending: Pending<B> = Arc::new((Mutex::default(), Condvar::named("ended")));
        let (own, tells) = (Arc::clone(&self.0), Arc::clone(&pending));
        state.threads.push(B::spawn("caller", move || {
            let Some(ending) = own.call(work, BREAKS) else { return };
            let (before, after) = if made(CALLS_LAST) { (None, first) } else { (first, None) };
            before.into_iter().for_each(|first| first());
            *tells.0.lock() = Some(ending);
            tells.1.notify_all();
            after.into_iter().for_each(|first| first());
        }));
        Some(pending)
    }
}

impl<B: Backend, const BREAKS: bool> Subject for Pool<B, BREAKS> {
    type Pending = Pending<B>;

    fn new(_: usize) -> Self {
        let state = State { open: true, cancelled: false, process: None, threads: Vec::new() };
        let own = Own { worker: Mutex::new(None), state: Mutex::new(state) };
        *own.worker.lock() = Some(own.hire());
        Self(Arc::new(own))
    }

    fn start(&self, work: Does) -> Option<Pending<B>> {
        self.begin(work, None)
    }

    fn start_with(&self, work: Does, first: impl FnOnce() + Send + 'static) -> Pending<B> {
        self.begin(work, Some(Box::new(first))).expect("it is open")
    }

    fn get(pending: &Pending<B>) -> Ending {
        let ended = pending.1.wait_while(pending.0.lock(), |ending| ending.is_none());
        (*ended).expect("just seen")
    }

    fn close(&self) {
        self.0.state.lock().open = false;
    }

    fn cancel(&self) {
        let mut state = self.0.state.lock();
        (state.open, state.cancelled) = (false, true);
        let process = state.process.clone();
        drop(state);
        process.into_iter().for_each(|process| process.terminate().unwrap());
    }

    fn join(&self) {
        let threads = std::mem::take(&mut self.0.state.lock().threads);
        for thread in threads {
            thread.join().unwrap();
        }
        let worker = self.0.worker.lock().take();
        if let Some(Worker { process, end, .. }) = worker {
            drop(end);
            if !made(LEAVES_A_PROCESS) {
                let _ = process.join();
            } else {
                self.0.state.lock().process = Some(process);
            }
        }
    }
}
