//! What happened in a failing execution, step by step, for a person to read: plain data.

use super::action::{action, object, thread};
use crate::{
    backend::execution::{Event, History, Operation, Value},
    dpor,
};
use serde::{Deserialize, Serialize};

/// An execution, step by step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The names of the threads; the first is the one that ran the program.
    pub threads: Vec<String>,
    /// What they did, in order.
    pub steps: Vec<Step>,
    /// The threads that can never go on, in a deadlock.
    pub blocked: Vec<Blocked>,
}

/// One step of one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The thread's index in [`Trace::threads`].
    pub thread: usize,
    /// What it did, as in "locks account a" or "reads count: 0".
    pub action: String,
    /// The line of the program, as `file:line`.
    pub location: Option<String>,
    /// Whether the failure hangs on this step.
    pub decisive: bool,
}

/// A thread that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The thread's index in [`Trace::threads`].
    pub thread: usize,
    /// What it waits for, as in "account b".
    pub waits_for: String,
    /// The index of the thread that could end the wait, if it is known.
    pub held_by: Option<usize>,
    /// The line where it waits.
    pub location: Option<String>,
}

impl Trace {
    /// The trace of a recorded execution that deadlocked, or ended some other way.
    pub(super) fn of(history: &History, deadlock: bool) -> Self {
        let decisive = if deadlock { holding(history) } else { overtaken(history) };
        let steps = history
            .events
            .iter()
            .zip(decisive)
            .map(|(event, decisive)| Step {
                thread: event.thread,
                action: action(history, event),
                location: location(event),
                decisive,
            })
            .collect();
        let blocked = if deadlock { blocked(history) } else { Vec::new() };
        Self { threads: history.threads.clone(), steps, blocked }
    }

    /// The trace of an execution that the explorer recorded.
    pub(super) fn of_model(trace: &dpor::Trace) -> Self {
        let steps = trace
            .steps
            .iter()
            .map(|step| Step {
                thread: step.thread,
                action: step.action(&trace.threads),
                location: step.place.as_ref().map(ToString::to_string),
                decisive: step.decisive,
            })
            .collect();
        let blocked = trace
            .blocked
            .iter()
            .map(|blocked| Blocked {
                thread: blocked.thread,
                waits_for: blocked.waits_for.clone(),
                held_by: blocked.holders.first().copied(),
                location: blocked.place.as_ref().map(ToString::to_string),
            })
            .collect();
        Self { threads: trace.threads.clone(), steps, blocked }
    }

    /// Who waits for what, in one line.
    #[must_use]
    pub fn circle(&self) -> String {
        let wait = |blocked: &Blocked| {
            let thread = &self.threads[blocked.thread];
            let held = match blocked.held_by {
                Some(holder) if holder == blocked.thread => ", which it holds itself".into(),
                Some(holder) => format!(", held by `{}`", self.threads[holder]),
                None => String::new(),
            };
            format!("`{thread}` waits for {}{held}", blocked.waits_for)
        };
        self.blocked.iter().map(wait).collect::<Vec<_>>().join("; ")
    }
}

pub(super) fn location(event: &Event) -> Option<String> {
    event.location.map(|location| format!("{}:{}", location.file(), location.line()))
}

/// Whether `event` leaves its thread with the mutex `object` held.
fn takes(event: &Event, object: usize) -> bool {
    match event.operation {
        Operation::Lock => event.object == Some(object),
        Operation::TryLock => {
            event.object == Some(object) && event.value == Some(Value::Bool(true))
        }
        Operation::Wake | Operation::TimeOut => event.mutex == Some(object),
        _ => false,
    }
}

/// Whether `event` releases the mutex `object`.
fn releases(event: &Event, object: usize) -> bool {
    match event.operation {
        Operation::Unlock => event.object == Some(object),
        Operation::Wait => event.mutex == Some(object),
        _ => false,
    }
}

/// The step that took the mutex `object` and was not undone by a release.
fn taken_by(history: &History, object: usize) -> Option<usize> {
    let mut taken = None;
    for (index, event) in history.events.iter().enumerate() {
        if takes(event, object) {
            taken = Some(index);
        } else if releases(event, object) {
            taken = None;
        }
    }
    taken
}

/// Marks the steps that took what a blocked thread waits for.
fn holding(history: &History) -> Vec<bool> {
    let mut marks = vec![false; history.events.len()];
    for pending in history.pending.iter().flatten() {
        if pending.operation == Operation::Lock
            && let Some(index) = pending.object.and_then(|object| taken_by(history, object))
        {
            marks[index] = true;
        }
    }
    marks
}

/// Marks each read whose value another thread replaced before the reader wrote, with both writes.
fn overtaken(history: &History) -> Vec<bool> {
    let access = |event: &Event| {
        let write = match event.operation {
            Operation::Load => false,
            Operation::Store | Operation::Change => true,
            _ => return None,
        };
        Some(Access { thread: event.thread, object: event.object?, write })
    };
    mark_overtaken(&history.events.iter().map(access).collect::<Vec<_>>())
}

/// One read or write of a variable.
struct Access<O> {
    thread: usize,
    object: O,
    write: bool,
}

/// For each step of an execution, whether it is a read whose value another thread replaced before
/// the reader wrote, or one of those two writes.
fn mark_overtaken<O: PartialEq>(steps: &[Option<Access<O>>]) -> Vec<bool> {
    let mut marks = vec![false; steps.len()];
    for (last, step) in steps.iter().enumerate() {
        let Some(write) = step.as_ref().filter(|access| access.write) else { continue };
        let of_the_same = |step: &Option<Access<O>>, own: bool, writes: bool| {
            step.as_ref().is_some_and(|access| {
                access.object == write.object
                    && (access.thread == write.thread) == own
                    && access.write == writes
            })
        };
        let before = &steps[..last];
        let Some(first) = before.iter().rposition(|step| of_the_same(step, true, false)) else {
            continue;
        };
        let between = &before[first..];
        if let Some(overtaker) = between.iter().rposition(|step| of_the_same(step, false, true)) {
            for step in [first, first + overtaker, last] {
                marks[step] = true;
            }
        }
    }
    marks
}

fn blocked(history: &History) -> Vec<Blocked> {
    history
        .pending
        .iter()
        .enumerate()
        .filter_map(|(index, pending)| {
            let event = pending.as_ref()?;
            let (waits_for, held_by) = match event.operation {
                Operation::Join => (format!("the end of `{}`", thread(history, event)), None),
                Operation::Lock => (
                    object(history, event),
                    event
                        .object
                        .and_then(|object| taken_by(history, object))
                        .map(|taken| history.events[taken].thread),
                ),
                _ => (object(history, event), None),
            };
            Some(Blocked { thread: index, waits_for, held_by, location: location(event) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(thread: usize, operation: Operation, object: usize, value: Option<Value>) -> Event {
        Event { thread, operation, object: Some(object), mutex: None, value, location: None }
    }

    #[test]
    fn an_overtaken_read_and_both_writes_are_decisive() {
        let int = |value| Some(Value::Int(value));
        let history = History {
            threads: vec!["main".into(), "x".into(), "y".into()],
            objects: vec!["count".into()],
            events: vec![
                event(1, Operation::Load, 0, int(0)),
                event(2, Operation::Load, 0, int(0)),
                event(2, Operation::Store, 0, int(1)),
                event(1, Operation::Store, 0, int(1)),
                event(0, Operation::Load, 0, int(1)),
            ],
            pending: vec![None, None, None],
            ..History::default()
        };
        let trace = Trace::of(&history, false);
        let decisive: Vec<_> = trace.steps.iter().map(|step| step.decisive).collect();
        assert_eq!(decisive, [true, false, true, true, false]);
        assert_eq!(trace.steps[3].action, "writes count: 1");
        assert!(trace.blocked.is_empty());
    }

    #[test]
    fn a_deadlock_names_who_waits_for_whom() {
        let lock = |thread, object| event(thread, Operation::Lock, object, None);
        let history = History {
            threads: vec!["x".into(), "y".into()],
            objects: vec!["a".into(), "b".into()],
            events: vec![lock(0, 0), lock(1, 1)],
            pending: vec![Some(lock(0, 1)), Some(lock(1, 0))],
            ..History::default()
        };
        let trace = Trace::of(&history, true);
        assert!(trace.steps.iter().all(|step| step.decisive));
        assert_eq!(trace.circle(), "`x` waits for b, held by `y`; `y` waits for a, held by `x`");
    }
}
