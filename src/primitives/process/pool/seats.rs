//! The worker processes of a pool.
//!
//! As many threads call them as there may be processes, so a thread that finds none idle may start one.

use super::{
    Work,
    serve::{Message, Serve},
};
use crate::{
    backend::{Backend, Capability, Mutex, Panicked},
    primitives::{
        FutureError,
        process::{Failed, Pipe, PipeEnd, Process, ProcessError, Task},
    },
};

pub(super) struct Seats<B: Backend, W: Work> {
    pub(super) plan: Plan<B, W>,
    state: Mutex<B, State<B, W>>,
}

/// What its processes are like.
pub(super) struct Plan<B: Backend, W: Work> {
    pub(super) name: String,
    /// After how many chunks a process ends, and another takes its place.
    pub(super) tasks: Option<usize>,
    /// Whether another takes the place of one that is gone.
    pub(super) replaces: bool,
    pub(super) make: Make<B, W>,
}

/// Creates a process with this name at this end of a pipe.
pub(super) type Make<B, W> =
    Box<dyn Fn(String, PipeEnd<B, Message<W>>) -> Process<B> + Send + Sync>;

/// Makes processes with this initialiser.
pub(super) fn make<B: Backend, W: Work, I: Task + Clone + Sync>(initialiser: I) -> Make<B, W> {
    Box::new(move |name, end| Process::new(name, Serve { end, initialiser: initialiser.clone() }))
}

struct State<B: Backend, W: Work> {
    idle: Vec<Seat<B, W>>,
    /// Every process that may still live.
    processes: Vec<Process<B>>,
    /// The number of processes started.
    started: usize,
    end: Option<End>,
}

#[derive(Clone)]
enum End {
    /// No more processes are started.
    Terminated,
    /// One was gone.
    Broken(Failed),
}

struct Seat<B: Backend, W: Work> {
    process: Process<B>,
    end: PipeEnd<B, Message<W>>,
    done: usize,
}

/// What became of each piece of work.
pub(super) type Results<W> = Vec<Result<<W as Work>::Output, FutureError>>;

/// How a call failed.
pub(super) enum Failure {
    /// The process is gone.
    Died(Failed),
    /// For another reason.
    Other(FutureError),
}

impl<B: Backend, W: Work> Seats<B, W> {
    #[track_caller]
    pub(super) fn new(plan: Plan<B, W>) -> Self {
        let state = State { idle: Vec::new(), processes: Vec::new(), started: 0, end: None };
        Self { state: Mutex::named(format!("{} processes", plan.name), state), plan }
    }

    /// Starts a process, so that it is known whether that is possible.
    #[track_caller]
    pub(super) fn open(&self) -> Result<(), ProcessError> {
        let mut state = self.state.lock();
        let seat = self.start(&mut state)?;
        state.idle.push(seat);
        Ok(())
    }

    /// Has a process do the work, at least one piece. Blocks until it has, or is gone.
    pub(super) fn call(&self, mut works: Vec<W>) -> Result<Results<W>, Failure> {
        loop {
            let number = works.len();
            let (mut seat, fresh) = self.take()?;
            if let Err(error) = seat.end.send(Message::Do(works)) {
                let failed = seat.ending();
                match error.into_inner() {
                    // It was gone before it could begin. There are not many idle ones.
                    Message::Do(kept) if !fresh && self.plan.replaces => works = kept,
                    _ => return Err(Failure::Died(failed)),
                }
                continue;
            }
            let results = seat.results(number)?;
            seat.done += 1;
            self.give_back(seat);
            return Ok(results);
        }
    }

    /// An idle process, or a new one, and which of them it is.
    fn take(&self) -> Result<(Seat<B, W>, bool), Failure> {
        let mut state = self.state.lock();
        match &state.end {
            Some(End::Terminated) => return Err(Failure::Other(FutureError::Cancelled)),
            Some(End::Broken(failed)) => return Err(Failure::Died(failed.clone())),
            None => {}
        }
        while let Some(seat) = state.idle.pop() {
            // Natively its end of the pipe is closed some time after its death.
            if B::engine().is_native() && self.plan.replaces && !seat.process.is_alive() {
                continue;
            }
            return Ok((seat, false));
        }
        // Under the mutex, so that an end of the pool is an end of this one, too.
        let started = self.start(&mut state).map(|seat| (seat, true));
        started.map_err(|error| {
            let (process, message) = (self.plan.name.clone(), Some(error.to_string()));
            Failure::Died(Failed { process, code: 1, message })
        })
    }

    #[track_caller]
    fn start(&self, state: &mut State<B, W>) -> Result<Seat<B, W>, ProcessError> {
        let (end, theirs) = Pipe::duplex(1).expect("room for one");
        let process = (self.plan.make)(format!("{}_{}", self.plan.name, state.started), theirs);
        process.start()?;
        state.started += 1;
        state.processes.retain(Process::is_alive);
        state.processes.push(process.clone());
        Ok(Seat { process, end, done: 0 })
    }

    fn give_back(&self, seat: Seat<B, W>) {
        let worn_out = self.plan.tasks.is_some_and(|tasks| seat.done >= tasks);
        let mut state = self.state.lock();
        if state.end.is_none() && !worn_out {
            state.idle.push(seat);
        } else {
            drop(state);
            // Its process reads the end of file, and ends.
            drop(seat);
        }
    }

    /// The pool has been joined: every process ends, and is waited for.
    #[track_caller]
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        let idle = std::mem::take(&mut state.idle);
        let processes = std::mem::take(&mut state.processes);
        drop(state);
        drop(idle);
        for process in processes {
            // Nothing is lost if it failed: no task is under way.
            let _ = process.join();
        }
    }

    /// Ends every process wherever it is, where that is possible; elsewhere each ends after its task.
    #[track_caller]
    pub(super) fn terminate(&self) {
        self.end_all(End::Terminated);
    }

    /// One is gone, so all shall be. Returns the first that was.
    pub(super) fn break_up(&self, failed: Failed) -> Failed {
        match self.end_all(End::Broken(failed.clone())) {
            End::Broken(first) => first,
            End::Terminated => failed,
        }
    }

    #[track_caller]
    fn end_all(&self, end: End) -> End {
        let mut state = self.state.lock();
        let first = state.end.get_or_insert(end).clone();
        let idle = std::mem::take(&mut state.idle);
        let processes = state.processes.clone();
        drop(state);
        if B::engine().is_native() || B::engine().can(Capability::Kill) {
            for process in processes {
                // It has been started.
                let _ = process.terminate();
            }
        }
        drop(idle);
        first
    }
}

impl<B: Backend, W: Work> Seat<B, W> {
    /// The results of this many pieces of work, which it has been sent.
    fn results(&self, number: usize) -> Result<Results<W>, Failure> {
        let mut results = Vec::with_capacity(number);
        let told = |message| {
            let thread = self.process.name().into();
            FutureError::Panicked(Panicked { thread, message })
        };
        while results.len() < number {
            match self.end.recv() {
                Ok(Message::Done(more)) => {
                    results.extend(more.into_iter().map(|done| done.map_err(told)));
                }
                Ok(Message::Lost(why)) => {
                    results.extend((0..number).map(|_| Err(told(why.clone()))));
                }
                _ => return Err(Failure::Died(self.ending())),
            }
        }
        Ok(results)
    }

    /// How the process, which is gone, ended.
    fn ending(&self) -> Failed {
        let process = self.process.name().to_owned();
        match self.process.join() {
            Err(ProcessError::Failed(failed)) => failed,
            _ => Failed { process, code: 0, message: None },
        }
    }
}
