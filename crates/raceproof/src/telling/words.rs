//! A step in words. Everything that shows a trace uses these.

use crate::telling::operation::{Operation, Value};
use crate::telling::text::{count, cut, one_line};
use crate::telling::trace::Step;

/// How much of what a panic says stands among the steps; the failure has all of it.
const SAID: usize = 60;

impl Step {
    /// What the step did, in words, as in "locks account a" or "reads count: 0". `threads` are
    /// the names of [`Trace::threads`](crate::Trace::threads).
    pub fn action(&self, threads: &[String]) -> String {
        use Operation as Op;
        let object = self.object.as_deref().unwrap_or_default();
        let verb = self.operation.verb();
        let does = if object.is_empty() { verb.to_owned() } else { format!("{verb} {object}") };
        let came_of_it = match (self.operation, &self.value) {
            (Op::Wait | Op::Wake | Op::TimeOut | Op::SpuriousWake, _) => return self.wait(does),
            (Op::Accept | Op::Connect | Op::Receive | Op::Send, value) => {
                return network(self.operation, object, value.as_ref());
            }
            (Op::Call, Some(value)) => return value.to_string(),
            (Op::Return, Some(value)) => return format!("→ {value}"),
            (Op::Choose, Some(value)) => return format!("{does} {value}"),
            (Op::TryLock | Op::TryRead | Op::TryWrite, Some(Value::Flag(taken))) => {
                if *taken { "locks it" } else { "it is taken" }.to_owned()
            }
            (Op::TryRead, Some(Value::Threads(writers))) => {
                let wait = if writers.len() == 1 { "waits" } else { "wait" };
                format!("{} {wait} to write it", names(writers, threads))
            }
            (Op::TryLock | Op::TryRead | Op::TryWrite, Some(value)) => format!("locks it: {value}"),
            (Op::CompareExchange, Some(Value::Text(seen))) => format!("{seen}, not as expected"),
            (Op::CompareExchange, Some(stale @ Value::Stale { value, .. }))
                if matches!(**value, Value::Text(_)) =>
            {
                format!("{stale}, not as expected")
            }
            (Op::ParkTimeout, Some(Value::Flag(unparked))) => {
                if *unparked { "unparked" } else { "times out" }.to_owned()
            }
            (Op::IsFinished, Some(Value::Flag(ended))) => {
                if *ended { "ended" } else { "not yet" }.to_owned()
            }
            (Op::ArriveAtBarrier, Some(Value::Flag(last))) => {
                if *last { "it opens" } else { "waits" }.to_owned()
            }
            (Op::PassBarrier, Some(Value::Flag(leads))) => {
                if *leads { "leads" } else { "does not lead" }.to_owned()
            }
            (Op::LookOnce, Some(Value::Flag(done))) => {
                if *done { "done" } else { "not yet" }.to_owned()
            }
            (Op::IsPoisoned, Some(Value::Flag(poisoned))) => {
                if *poisoned { "poisoned" } else { "none" }.to_owned()
            }
            (Op::Upgrade, Some(Value::Flag(there))) => {
                if *there { "it is there" } else { "it is gone" }.to_owned()
            }
            (Op::Unwrap, Some(Value::Flag(alone))) => {
                if *alone { "the only owner" } else { "there are other owners" }.to_owned()
            }
            (Op::Panic, Some(Value::Text(said))) => cut(&one_line(said), SAID),
            (Op::WaitBehind, Some(Value::Threads(writers))) => {
                format!("behind {}", names(writers, threads))
            }
            (_, Some(Value::Threads(woken))) => wakes(woken, threads),
            (_, Some(value)) => value.to_string(),
            (_, None) => return does,
        };
        format!("{does}: {came_of_it}")
    }

    /// A wait that begins or ends: `does`, with what that does to the mutex.
    fn wait(&self, does: String) -> String {
        let Some(mutex) = &self.with else {
            return does;
        };
        match (self.operation, &self.value) {
            (Operation::Wait, Some(value)) => format!("unlocks {mutex}: {value}, then {does}"),
            (Operation::Wait, None) => format!("unlocks {mutex}, {does}"),
            (_, Some(value)) => format!("{does}, locks {mutex}: {value}"),
            (_, None) => format!("{does}, locks {mutex}"),
        }
    }
}

/// Which threads a notification wakes.
fn wakes(woken: &[usize], threads: &[String]) -> String {
    if woken.is_empty() {
        "no thread waits".into()
    } else {
        format!("wakes {}", names(woken, threads))
    }
}

fn names(which: &[usize], threads: &[String]) -> String {
    let names = which.iter().filter_map(|thread| threads.get(*thread));
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What a step on a network did.
fn network(operation: Operation, object: &str, value: Option<&Value>) -> String {
    let bytes = |number: u64| count(number, "byte");
    match (operation, value) {
        (Operation::Accept, Some(client)) => format!("accepts client {client} of {object}"),
        (Operation::Accept, None) => format!("accepts no client at {object}"),
        (Operation::Connect, Some(Value::Flag(true))) => format!("connects to {object}"),
        (Operation::Connect, _) => format!("cannot connect to {object}"),
        (Operation::Receive, Some(Value::Count(0))) => format!("reads end of file from {object}"),
        (Operation::Receive, Some(Value::Count(n))) => format!("reads {} from {object}", bytes(*n)),
        (Operation::Receive, _) => format!("cannot read from {object}"),
        (_, Some(Value::Count(n))) => format!("writes {} to {object}", bytes(*n)),
        _ => format!("cannot write to {object}"),
    }
}
