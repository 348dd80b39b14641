//! What a step did, in words.

use crate::backend::execution::{Event, History, Operation, Value};

pub(super) fn object(history: &History, event: &Event) -> String {
    event.object.and_then(|object| history.objects.get(object)).cloned().unwrap_or_default()
}

fn mutex(history: &History, event: &Event) -> String {
    event.mutex.and_then(|mutex| history.objects.get(mutex)).cloned().unwrap_or_default()
}

pub(super) fn thread(history: &History, event: &Event) -> String {
    match event.value {
        Some(Value::Int(index)) => usize::try_from(index)
            .ok()
            .and_then(|index| history.threads.get(index))
            .cloned()
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn bytes(count: &str) -> String {
    if count == "1" { "1 byte".into() } else { format!("{count} bytes") }
}

/// What a recorded step did.
pub(super) fn action(history: &History, event: &Event) -> String {
    let object = object(history, event);
    let value = event.value.map(|value| value.to_string()).unwrap_or_default();
    match event.operation {
        Operation::Lock => format!("locks {object}"),
        Operation::TryLock if event.value == Some(Value::Bool(true)) => {
            format!("tries {object}: locks it")
        }
        Operation::TryLock => format!("tries {object}: taken"),
        Operation::Unlock => format!("unlocks {object}"),
        Operation::Wait => format!("unlocks {}, waits for {object}", mutex(history, event)),
        Operation::Wake => format!("woken by {object}, locks {}", mutex(history, event)),
        Operation::TimeOut => format!("times out, locks {}", mutex(history, event)),
        Operation::NotifyOne => format!("notifies one of {object}"),
        Operation::NotifyAll => format!("notifies all of {object}"),
        Operation::Load => format!("reads {object}: {value}"),
        Operation::Store => format!("writes {object}: {value}"),
        Operation::Change => format!("changes {object}: {value}"),
        Operation::Spawn => format!("starts {}", thread(history, event)),
        Operation::Join => format!("joins {}", thread(history, event)),
        Operation::Yield => "yields".into(),
        Operation::Choose => format!("chooses {value}"),
        Operation::Fence => "fences".into(),
        Operation::Accept if value.is_empty() => format!("accepts nobody at {object}"),
        Operation::Accept => format!("accepts client {value} of {object}"),
        Operation::Connect if value.is_empty() => format!("cannot connect to {object}"),
        Operation::Connect => format!("connects to {object}"),
        Operation::Read if value.is_empty() => format!("cannot read from {object}"),
        Operation::Read if event.value == Some(Value::Int(0)) => {
            format!("reads end of file from {object}")
        }
        Operation::Read => format!("reads {} from {object}", bytes(&value)),
        Operation::Write if value.is_empty() => format!("cannot write to {object}"),
        Operation::Write => format!("writes {} to {object}", bytes(&value)),
        Operation::EndWriting => format!("writes no more to {object}"),
        Operation::HangUp => format!("hangs up on {object}"),
        Operation::Close => format!("closes {object}"),
    }
}
