//! The graph of the states of a program, by running it again and again.

mod growing;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::growing::Growing;
use super::{Explorer, Model, Search};
use crate::execution::{Ended, Kept, Session, execute, kernel, with};
use crate::exploration::{Graphs, Halt, Stepwise, Walk};
use crate::kernel::{FailureKind, Fault, Limits, Memory};
use crate::telling::recorder::Recorder;
use crate::telling::schedule::Schedule;
use crate::telling::states::{StateGraph, Unstepped};
use crate::telling::trace::Trace;
use crate::telling::values::Wanted;

/// What cannot always be followed.
const POLLS: &str = "a loop that waits by looking";

/// Why a walk ended before it was complete.
enum Stop {
    /// It must begin again with these limits.
    Restart(Box<Limits>),
    For(Unstepped),
}

/// How much may be walked.
#[derive(Clone, Copy)]
struct Most {
    states: usize,
    until: Option<Instant>,
}

impl Most {
    /// Whether the time is not over.
    fn in_time(self) -> Result<(), Stop> {
        match self.until {
            Some(until) if Instant::now() > until => {
                Err(refused("its states are too many to be found in time"))
            }
            _ => Ok(()),
        }
    }
}

impl Explorer {
    /// Every state that the program can be in, with the steps between them, under this explorer's
    /// [memory model](Explorer::memory): a graph in which each path is an execution, and each execution is one path or
    /// equivalent to one. As many states are ends as there are inequivalent executions.
    ///
    /// Under [`Memory::C11`] the alternatives of a load are the values that it may read, and those of a store the
    /// places that it may have among the other writes.
    ///
    /// ```
    /// use raceproof::sync::{Arc, Mutex};
    /// use raceproof::{Explorer, Memory, thread};
    ///
    /// let graph = Explorer::new().memory(Memory::Sequential).states(100, || {
    ///     let count = Arc::new(Mutex::named("count", 0));
    ///     let theirs = Arc::clone(&count);
    ///     let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
    ///     *count.lock().unwrap() += 1;
    ///     other.join().unwrap();
    /// });
    /// assert_eq!(graph.unwrap().ends().count(), 2); // Either thread comes first.
    /// ```
    ///
    /// # Errors
    ///
    /// There are more states than `most`, or the program does something that cannot be followed step by step:
    /// a loop that waits by looking under [`Memory::C11`], for one.
    pub fn states(&self, most: usize, model: impl Fn()) -> Result<StateGraph, Unstepped> {
        self.states_until(Most { states: most, until: None }, &model)
    }

    /// As [`states`](Explorer::states), of a model under this memory model, and in no more than about this time.
    pub(crate) fn states_within(
        &self,
        memory: Memory,
        most: usize,
        time: Duration,
        model: &dyn Fn(),
    ) -> Result<StateGraph, Unstepped> {
        let most = Most { states: most, until: Some(Instant::now() + time) };
        let limits = Limits { memory, ..self.limits };
        Explorer { limits, ..self.clone() }.time_limit(time).states_until(most, model)
    }

    fn states_until(&self, most: Most, model: &dyn Fn()) -> Result<StateGraph, Unstepped> {
        let mut limits = Limits { keep_going: false, numbers: true, ..self.limits };
        loop {
            let walked = match limits.memory {
                Memory::Sequential => walk(limits, most, model),
                Memory::C11 => walk_weakly(limits, most, model),
            };
            match walked {
                Ok(graph) if self.finds(&graph, limits, model) => return Ok(graph),
                // Whether more threads come to a barrier than pass it together is seen by the search alone.
                Ok(_) if !limits.crowds => limits.crowds = true,
                Ok(_) if limits.polls => return Err(Unstepped::Refused(POLLS.to_owned())),
                Ok(_) => {
                    let what = "its ends are not those that a search finds";
                    return Err(Unstepped::Refused(what.to_owned()));
                }
                Err(Stop::Restart(others)) => limits = *others,
                Err(Stop::For(reason)) => return Err(reason),
            }
        }
    }

    /// Whether a search finds as many executions that end well as the graph has such ends, as many deadlocks, and
    /// failures if there are any. (Behind a data race and a panic of the main thread a search goes on, so those are
    /// others.)
    fn finds(&self, graph: &StateGraph, limits: Limits, model: &dyn Fn()) -> bool {
        let ends = graph.ends().count() as u64;
        let limits = Limits { keep_going: true, numbers: false, ..limits };
        let explorer = Explorer { limits, search: Search::Traces, ..self.clone() };
        // Enough for what comes behind a failure.
        let explorer = explorer.max_executions(8 * ends + 1);
        let races = Cell::new(false);
        let look = |fault: &Fault| {
            races.set(races.get() | (fault.kind == FailureKind::DataRace));
            true
        };
        let (found, _) = explorer.search(Model::alone(model), &mut None, Instant::now(), &look);
        let failures = graph.ends().filter(|end| end.fails()).count() as u64;
        if races.get() {
            return failures > 0;
        }
        let deadlocks = graph.ends().filter(|end| end.is_deadlock()).count() as u64;
        found.executions - found.failures == ends - failures
            && found.deadlocks == deadlocks
            && (found.failures > 0) == (failures > 0)
    }

    /// What the execution of a schedule does, whether it fails or not.
    #[doc(hidden)]
    pub fn trace(&self, schedule: &Schedule, model: impl Fn()) -> Trace {
        self.follow(schedule, &model).2
    }
}

fn refused(what: impl Into<String>) -> Stop {
    Stop::For(Unstepped::Refused(what.into()))
}

/// Runs an execution and writes it down.
fn recorded(model: &dyn Fn()) -> Result<Ended, Stop> {
    with(|session| session.recorder = Some(Box::<Recorder>::default()));
    let ended = execute(model, false);
    match ended.restart {
        Some(others) => Err(Stop::Restart(Box::new(others))),
        None => Ok(ended),
    }
}

/// Walks under sequential consistency.
fn walk(limits: Limits, most: Most, model: &dyn Fn()) -> Result<StateGraph, Stop> {
    let walk = Rc::new(RefCell::new(Walk::default()));
    let strategy = Stepwise::new(Rc::clone(&walk), most.states);
    let _installed = Session::install(Box::new(strategy), limits);
    let _wanted = Wanted::begin();
    let mut graph = Growing::default();
    loop {
        most.in_time()?;
        let ended = recorded(model)?;
        let found = walk.borrow();
        if found.is_full {
            return Err(Stop::For(Unstepped::TooMany(most.states)));
        }
        if found.is_confused {
            return Err(refused(POLLS));
        }
        if ended.repeats {
            // Whether a fair continuation ends is not asked here: it goes on until it is a livelock.
            let limits = kernel(|kernel| kernel.limits);
            return Err(Stop::Restart(Box::new(Limits { repeats: false, ..limits })));
        }
        if ended.stutters {
            return Err(refused("a loop that waits for time to pass"));
        }
        if ended.given_up {
            continue;
        }
        kernel(|kernel| graph.add(kernel, &found.path, found.reached, ended))?;
        drop(found);
        if !with(Session::plan) {
            let moments = std::mem::take(&mut walk.borrow_mut().moments);
            return Ok(graph.finish(Memory::Sequential, moments));
        }
    }
}

/// Walks under Rust's memory model: each step by an execution that halts after it.
fn walk_weakly(limits: Limits, most: Most, model: &dyn Fn()) -> Result<StateGraph, Stop> {
    let halt = Rc::new(RefCell::new(Halt::default()));
    let along = |steps: &[(u16, u16)]| -> Box<Graphs> {
        Box::new(Graphs::up_to(steps.to_vec(), Rc::clone(&halt)))
    };
    let _installed = Session::install(along(&[]), limits);
    let _wanted = Wanted::begin();
    let mut graph = Growing::default();
    let mut walk = Walk::default();
    // The states on the way, and the step after each.
    let mut todo: Vec<Vec<(usize, (u16, u16))>> = vec![Vec::new()];
    while let Some(path) = todo.pop() {
        most.in_time()?;
        let steps: Vec<_> = path.iter().map(|(_, step)| *step).collect();
        with(|session| session.exchange(Kept::new(along(&steps))));
        let ended = recorded(model)?;
        let strays = |ended: &Ended| {
            ended.fault.as_ref().is_some_and(|fault| fault.kind == FailureKind::Nondeterminism)
        };
        if strays(&ended) {
            // Memory does not allow it.
            continue;
        }
        if let Some(what) = kernel(|kernel| kernel.limits.unexplored) {
            return Err(refused(what));
        }
        let mut halt = halt.borrow_mut();
        if halt.polls {
            return Err(refused(POLLS));
        }
        let Some(moment) = halt.moment.take() else {
            return Err(refused("an execution that was not seen to halt"));
        };
        let (state, is_new) = walk.state(halt.key, || moment);
        if walk.moments.len() > most.states {
            return Err(Stop::For(Unstepped::TooMany(most.states)));
        }
        if is_new && ended.cut {
            let next = halt.possible.iter().rev().map(|step| {
                let mut path = path.clone();
                path.push((state, *step));
                path
            });
            todo.extend(next);
        }
        kernel(|kernel| graph.add(kernel, &path, state, ended))?;
    }
    Ok(graph.finish(Memory::C11, walk.moments))
}
