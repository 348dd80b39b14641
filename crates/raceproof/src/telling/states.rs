//! The graph of the states that a program can be in, and the steps between them.
//!
//! Whoever walks it is the scheduler: each path is an execution. It is plain data, made by
//! [`Explorer::states`](crate::Explorer::states).

use std::collections::{HashMap, VecDeque};
use std::fmt;

use crate::kernel::{FailureKind, Memory, NOBODY, Place};
use crate::telling::schedule::Schedule;

/// The states that a program can be in between two steps. Beginnings of executions that are equivalent lead to one
/// state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StateGraph {
    /// The memory model.
    pub memory: Memory,
    /// The threads' names.
    pub threads: Vec<String>,
    /// The names of the objects that steps are about.
    pub objects: Vec<String>,
    /// What happens before the first step.
    pub start: Vec<Told>,
    /// The threads that are started before the first step.
    pub started: Vec<usize>,
    /// The states; the first is that before any step.
    pub states: Vec<State>,
}

/// A state: how everything stands, and what may come next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// The threads that have something to do.
    pub threads: Vec<Standing>,
    /// The objects that are there.
    pub objects: Vec<Shown>,
    /// The steps that may be taken.
    pub steps: Vec<Edge>,
    /// How the execution ends, if it ends here.
    pub end: Option<End>,
}

/// A thread and its next operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Standing {
    /// The thread: an index into [`StateGraph::threads`].
    pub thread: usize,
    /// What it does next, as in "locks account a".
    pub does: String,
    /// Why it cannot now, as in "waits for account a, held by `b to a`".
    pub waits: Option<String>,
    /// The line that asks for it.
    pub place: Option<Place>,
}

/// An object as it is in a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shown {
    /// The object: an index into [`StateGraph::objects`].
    pub object: usize,
    /// Its value, if that was told: of a lock, the value when it was taken or given back last; of an atomic, its
    /// last value in modification order.
    pub value: Option<String>,
    /// Which threads hold it or wait for it.
    pub note: Option<String>,
}

/// A step from one state to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The thread that takes it: an index into [`StateGraph::threads`].
    pub thread: usize,
    /// Which of its alternatives it is.
    pub alternative: u16,
    /// Whether the alternative is the number of a thread, or none.
    pub wakes: bool,
    /// What the step does, and what follows from it without another step.
    pub told: Vec<Told>,
    /// The threads that are started in it.
    pub started: Vec<usize>,
    /// By it reads wait behind a writer, which is no thread's turn.
    pub gives_way: bool,
    /// The state that it leads to: an index into [`StateGraph::states`].
    pub to: usize,
}

/// Something that a thread does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Told {
    /// The thread: an index into [`StateGraph::threads`].
    pub thread: usize,
    /// What it does, as in "locks account a: 500".
    pub text: String,
    /// The line that asked for it.
    pub place: Option<Place>,
}

/// How an execution ends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Well, and with this [outcome](crate::outcome), if it reported one.
    Well(Option<String>),
    /// In a failure.
    Fails {
        /// What kind of failure.
        kind: FailureKind,
        /// What it says.
        message: String,
        /// The line of the panic.
        place: Option<Place>,
    },
}

/// Why there is no graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unstepped {
    /// There are more states than wanted.
    TooMany(usize),
    /// The program does something that cannot be followed step by step.
    Refused(String),
}

impl fmt::Display for Unstepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unstepped::TooMany(most) => write!(f, "it has more than {most} states"),
            Unstepped::Refused(what) => write!(f, "it cannot be followed step by step: {what}"),
        }
    }
}

impl std::error::Error for Unstepped {}

impl Told {
    /// It with names that `name` puts in.
    pub(crate) fn named(mut self, name: &dyn Fn(&str) -> String) -> Self {
        self.text = name(&self.text);
        self
    }
}

impl Edge {
    /// Its alternative as schedules write it behind a thread, as in `:1`; nothing if that is 0.
    pub fn sign(&self) -> String {
        let steps = vec![(0, self.alternative)];
        let schedule = Schedule { memory: Memory::Sequential, steps };
        schedule.to_string().split_off(1)
    }
}

impl End {
    /// Whether it is a failure.
    pub fn fails(&self) -> bool {
        matches!(self, End::Fails { .. })
    }

    /// Whether it is a failure of this kind.
    pub(crate) fn is_failure(&self, wanted: FailureKind) -> bool {
        matches!(self, End::Fails { kind, .. } if *kind == wanted)
    }

    /// Whether no thread could go on.
    pub fn is_deadlock(&self) -> bool {
        matches!(self, End::Fails { kind: FailureKind::Deadlock, .. })
    }
}

/// A state, and the thread that took the step to it: it is entered anew for each of these.
type At = (usize, usize);

impl StateGraph {
    /// The state that these steps lead to, each an index into [`State::steps`]; `None` if there is no such step.
    pub fn follow(&self, path: &[usize]) -> Option<&State> {
        let step = |state: &usize, step: &usize| Some(self.states[*state].steps.get(*step)?.to);
        let last = path.iter().try_fold(0, |state, next| step(&state, next))?;
        self.states.get(last)
    }

    /// The schedule of these steps.
    ///
    /// # Panics
    ///
    /// If there is no such path.
    pub fn schedule(&self, path: &[usize]) -> Schedule {
        let mut order = vec![0];
        order.extend(&self.started);
        let place = |order: &[usize], thread: usize| {
            order.iter().position(|other| *other == thread).map_or(NOBODY, |at| at as u16)
        };
        let (mut state, mut steps) = (0, Vec::new());
        for step in path {
            let edge = &self.states[state].steps[*step];
            let alternative = match edge.wakes {
                true => place(&order, usize::from(edge.alternative)),
                false => edge.alternative,
            };
            steps.push((place(&order, edge.thread), alternative));
            order.extend(&edge.started);
            state = edge.to;
        }
        Schedule { memory: self.memory, steps }
    }

    /// The states in which executions end: as many as there are inequivalent executions.
    pub fn ends(&self) -> impl Iterator<Item = &End> {
        self.states.iter().filter_map(|state| state.end.as_ref())
    }

    /// Whether a step preempts the thread that took the last one, which could have gone on.
    pub fn preempts(&self, state: usize, last: usize, edge: &Edge) -> bool {
        let goes_on = |edge: &Edge| edge.thread == last && !edge.gives_way;
        edge.thread != last && !edge.gives_way && self.states[state].steps.iter().any(goes_on)
    }

    /// A path to a failure with as few preemptions as possible, among these one with the fewest steps; and how
    /// many preemptions it has.
    pub fn shortest_failure(&self) -> Option<(Vec<usize>, usize)> {
        self.shortest(|state| state.end.as_ref().is_some_and(End::fails))
    }

    /// As [`StateGraph::shortest_failure`], to any state that is wanted.
    pub fn shortest(&self, wanted: impl Fn(&State) -> bool) -> Option<(Vec<usize>, usize)> {
        let mut best: HashMap<At, (usize, usize)> = HashMap::from([((0, 0), (0, 0))]);
        let mut from: HashMap<At, (At, usize)> = HashMap::new();
        let mut levels: Vec<VecDeque<At>> = vec![VecDeque::from([(0, 0)])];
        let mut level = 0;
        while level < levels.len() {
            while let Some(at) = levels[level].pop_front() {
                let (state, last) = at;
                let (preemptions, length) = best[&at];
                if preemptions < level {
                    continue;
                }
                if wanted(&self.states[state]) {
                    return Some((walked(&from, at), preemptions));
                }
                for (number, edge) in self.states[state].steps.iter().enumerate() {
                    let more = usize::from(self.preempts(state, last, edge));
                    let next = (edge.to, edge.thread);
                    let cost = (preemptions + more, length + 1);
                    if best.get(&next).is_none_or(|known| cost < *known) {
                        best.insert(next, cost);
                        from.insert(next, (at, number));
                        levels.resize_with(levels.len().max(cost.0 + 1), VecDeque::new);
                        levels[cost.0].push_back(next);
                    }
                }
            }
            level += 1;
        }
        None
    }
}

/// The steps by which this was come to.
fn walked(from: &HashMap<At, (At, usize)>, mut at: At) -> Vec<usize> {
    let mut steps = Vec::new();
    while let Some((before, step)) = from.get(&at) {
        steps.push(*step);
        at = *before;
    }
    steps.reverse();
    steps
}
