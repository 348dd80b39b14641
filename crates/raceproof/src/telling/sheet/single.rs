//! One execution as a graph of states with a single way: for a program whose states are too many.

use crate::telling::failure::Failure;
use crate::telling::states::{Edge, End, Standing, State, StateGraph, Told};
use crate::telling::trace::{Step, Trace};

/// What is said of a thread that has no step left, and of which it is not known whether it has ended.
const NO_MORE: &str = "takes no further step";
const BEFORE: &str = "before this execution fails";
const LATER: &str = "its turn comes later in this execution";

/// A failing execution as such a graph.
pub(crate) fn single(failure: &Failure) -> StateGraph {
    let trace = &failure.trace;
    let count = trace.steps.len();
    let mut states: Vec<_> = (0..=count)
        .map(|at| State {
            threads: (0..trace.threads.len()).map(|thread| standing(trace, thread, at)).collect(),
            steps: trace.steps.get(at).map(|step| edge(trace, step, at + 1)).into_iter().collect(),
            ..State::default()
        })
        .collect();
    states[count].end = Some(End::Fails {
        kind: failure.kind,
        message: failure.message.clone(),
        place: failure.location.clone(),
    });
    StateGraph {
        memory: failure.schedule.memory,
        threads: trace.threads.clone(),
        started: (1..trace.threads.len()).collect(),
        states,
        ..StateGraph::default()
    }
}

fn edge(trace: &Trace, step: &Step, to: usize) -> Edge {
    let text = step.action(&trace.threads);
    Edge {
        thread: step.thread,
        alternative: 0,
        wakes: false,
        told: vec![Told { thread: step.thread, text, place: step.place.clone() }],
        started: Vec::new(),
        gives_way: false,
        to,
    }
}

/// What a thread does next after so many steps of the execution.
fn standing(trace: &Trace, thread: usize, at: usize) -> Standing {
    let next = trace.steps.iter().enumerate().skip(at).find(|(_, step)| step.thread == thread);
    if let Some((when, step)) = next {
        let waits = (when > at).then(|| LATER.to_owned());
        let does = step.action(&trace.threads);
        return Standing { thread, does, waits, place: step.place.clone() };
    }
    let blocked = trace.blocked.iter().find(|blocked| blocked.thread == thread);
    let (does, place) = match blocked {
        Some(blocked) => (blocked.wait(&trace.threads), blocked.place.clone()),
        None => (NO_MORE.to_owned(), None),
    };
    let waits = Some(if blocked.is_some() { "for ever" } else { BEFORE }.to_owned());
    Standing { thread, does, waits, place }
}
