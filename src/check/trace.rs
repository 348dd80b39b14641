//! What happened in a recorded execution, as the checker's plain data.

use crate::{
    backend::execution::{Event, History, Value},
    dpor::{self, Blocked, Operation, Place, Step, Trace, telling::unique},
};

/// The trace of a recorded execution that deadlocked, or ended some other way.
pub(super) fn of(history: &History, deadlock: bool) -> Trace {
    let names = Names::of(history);
    let steps = history.events.iter().map(|event| names.step(event)).collect();
    let blocked = if deadlock { names.blocked(history) } else { Vec::new() };
    let mut trace = Trace { threads: names.threads, steps, blocked };
    trace.mark_decisive();
    without_own_places(trace)
}

/// The trace without the places that mean nothing to who reads a program: those within the primitives that it
/// uses.
pub(super) fn without_own_places(mut trace: Trace) -> Trace {
    let steps = trace.steps.iter_mut().map(|step| &mut step.place);
    let blocked = trace.blocked.iter_mut().map(|blocked| &mut blocked.place);
    for place in steps.chain(blocked) {
        *place = place.take().filter(|place| !is_own(&place.file));
    }
    trace
}

/// Whether a file is one of the primitives' or the backends'.
pub(super) fn is_own(file: &str) -> bool {
    let source = file!().trim_end_matches("check/trace.rs");
    let within = file.strip_prefix(source);
    within.is_some_and(|file| file.starts_with("primitives") || file.starts_with("backend"))
}

/// What the threads and objects of an execution are called; no two have the same name.
pub(super) struct Names {
    threads: Vec<String>,
    objects: Vec<String>,
}

impl Names {
    pub(super) fn of(history: &History) -> Self {
        let (threads, objects) = (history.threads.iter(), history.objects.iter());
        Self { threads: unique(threads.cloned()), objects: unique(objects.cloned()) }
    }

    pub(super) fn thread(&self, index: usize) -> String {
        self.threads.get(index).cloned().unwrap_or_default()
    }

    /// The name of what `event` is about.
    pub(super) fn subject(&self, event: &Event) -> Option<String> {
        match (event.operation, &event.value) {
            (Operation::Spawn | Operation::Join, Some(Value::Int(index))) => {
                Some(self.thread(usize::try_from(*index).ok()?))
            }
            _ => self.objects.get(event.object?).cloned(),
        }
    }

    fn step(&self, event: &Event) -> Step {
        Step {
            object: self.subject(event),
            with: event.mutex.and_then(|mutex| self.objects.get(mutex)).cloned(),
            value: value(event),
            place: event.location.map(Place::from),
            ..Step::new(event.thread, event.operation)
        }
    }

    /// What each blocked thread waits for.
    fn blocked(&self, history: &History) -> Vec<Blocked> {
        let wait = |(thread, pending): (usize, &Option<Event>)| {
            let event = pending.as_ref()?;
            let subject = self.subject(event).unwrap_or_default();
            let waits_for = match event.operation {
                Operation::Join => format!("the end of `{subject}`"),
                _ => subject,
            };
            let holder = match (event.operation, event.object) {
                (Operation::Lock, Some(object)) => holder(history, object),
                _ => None,
            };
            let place = event.location.map(Place::from);
            let (holders, behind) = (holder.into_iter().collect(), Vec::new());
            Some(Blocked { thread, waits_for, holders, behind, place })
        };
        history.pending.iter().enumerate().filter_map(wait).collect()
    }
}

/// What a step read, wrote or found out.
fn value(event: &Event) -> Option<dpor::Value> {
    let value = event.value.clone();
    let count = |value| match value {
        Value::Int(count) => u64::try_from(count).ok().map(dpor::Value::Count),
        _ => None,
    };
    match event.operation {
        Operation::Spawn | Operation::Join => None,
        Operation::Connect => Some(dpor::Value::Flag(value.is_some())),
        Operation::Accept | Operation::Receive | Operation::Send => count(value?),
        Operation::TryLock => Some(dpor::Value::Flag(value? == Value::Bool(true))),
        _ => Some(match value? {
            Value::Bool(value) => dpor::Value::text(value),
            Value::Int(value) => dpor::Value::text(value),
            Value::BoolChange(old, new) => dpor::Value::change(old, new),
            Value::IntChange(old, new) => dpor::Value::change(old, new),
            Value::Shown(value) => dpor::Value::text(value),
            Value::ShownChange(old, new) => dpor::Value::change(old, new),
        }),
    }
}

/// The thread that took the mutex `object` and has not released it.
fn holder(history: &History, object: usize) -> Option<usize> {
    history.events.iter().fold(None, |holder, event| {
        let (object, this) = (Some(object), Some(event.thread));
        match event.operation {
            Operation::Lock if event.object == object => this,
            Operation::TryLock if event.object == object => match event.value {
                Some(Value::Bool(true)) => this,
                _ => holder,
            },
            Operation::Wake | Operation::TimeOut if event.mutex == object => this,
            Operation::Unlock if event.object == object => None,
            Operation::Wait if event.mutex == object => None,
            _ => holder,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(thread: usize, operation: Operation, object: usize, value: Option<Value>) -> Event {
        Event { thread, operation, object: Some(object), mutex: None, value, location: None }
    }

    #[test]
    fn a_recorded_execution_is_told_in_the_checkers_words() {
        let history = History {
            threads: vec!["main".into(), "x".into(), "x".into()],
            objects: vec!["count".into(), "count".into()],
            events: vec![
                event(0, Operation::Spawn, 0, Some(Value::Int(2))),
                event(1, Operation::Load, 0, Some(Value::Int(0))),
                event(2, Operation::Rmw, 1, Some(Value::IntChange(0, 1))),
                event(2, Operation::TryLock, 1, Some(Value::Bool(false))),
                event(1, Operation::Receive, 0, Some(Value::Int(1))),
                event(1, Operation::Connect, 0, None),
            ],
            pending: vec![None, None, None],
            ..History::default()
        };
        let trace = of(&history, false);
        assert_eq!(trace.threads, ["main", "x", "x #2"]);
        let actions: Vec<_> = trace.steps.iter().map(|step| step.action(&trace.threads)).collect();
        let expected = [
            "starts x #2",
            "reads count: 0",
            "changes count #2: 0 → 1",
            "tries to lock count #2: it is taken",
            "reads 1 byte from count",
            "cannot connect to count",
        ];
        assert_eq!(actions, expected);
    }

    #[test]
    fn a_deadlock_names_the_holders() {
        let lock = |thread, object| event(thread, Operation::Lock, object, None);
        let history = History {
            threads: vec!["x".into(), "y".into()],
            objects: vec!["a".into(), "b".into()],
            events: vec![lock(0, 0), lock(1, 1)],
            pending: vec![Some(lock(0, 1)), Some(lock(1, 0))],
            ..History::default()
        };
        let trace = of(&history, true);
        assert!(trace.steps.iter().all(|step| step.decisive));
        assert_eq!(trace.circle(), "`x` waits for b, held by `y`; `y` waits for a, held by `x`");
    }

    #[test]
    fn what_happens_within_a_primitive_has_no_place() {
        let place = |file: &str| Some(Place { file: file.into(), line: 1 });
        let within = file!().replace("check/trace.rs", "primitives/executor/crew.rs");
        let step = Step::new(0, Operation::Yield);
        let steps = [place(&within), place("tests/mine.rs"), place(file!())]
            .map(|place| Step { place, ..step.clone() });
        let trace = Trace { threads: vec!["x".into()], steps: steps.into(), blocked: Vec::new() };
        let places = without_own_places(trace).steps.into_iter().map(|step| step.place.is_some());
        assert_eq!(places.collect::<Vec<_>>(), [false, true, true]);
    }
}
