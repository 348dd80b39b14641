//! Coroutines. The size says what the body does when it is closed: nothing, suspend again, or return.

use super::{Object, number, truth};
use raceproof_suite::{native::Coroutine, primitives::CoroutineState};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
};

pub(super) const OPERATIONS: &[&str] = &["send", "close", "alive", "cleanups"];

const SUSPENDS: i64 = 1;
/// What makes the body panic.
const BAD: i64 = 0;
/// The sum of its values before it returns.
const ENOUGH: i64 = 8;

/// Counts in its destructor.
struct Cleanup(Rc<Cell<i64>>);

impl Drop for Cleanup {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

pub(super) fn ours(on_close: i64) -> Object {
    let cleanups = Rc::new(Cell::new(0));
    let theirs = Rc::clone(&cleanups);
    let mut adder = Coroutine::new(move |yielder, first| {
        let _cleanup = Cleanup(theirs);
        let mut total = first;
        while total < ENOUGH {
            let ask = || yielder.suspend(total);
            let asked = if on_close == 0 { Ok(ask()) } else { catch_unwind(AssertUnwindSafe(ask)) };
            total += match asked {
                // Nothing is printed, unlike by a `panic!`.
                Ok(BAD) => resume_unwind(Box::new("bad value")),
                Ok(value) => value,
                Err(_) if on_close == SUSPENDS => 1,
                Err(_) => return total,
            };
        }
        total
    });
    Box::new(move |(operation, value)| match operation {
        "send" => match catch_unwind(AssertUnwindSafe(|| adder.resume(value))) {
            Ok(Ok(CoroutineState::Yielded(total))) => total.to_string(),
            Ok(Ok(CoroutineState::Returned(total))) => format!("StopIteration {total}"),
            Ok(Err(_)) => "StopIteration None".into(),
            Err(_) => "ValueError".into(),
        },
        "close" => adder.close().map_or("RuntimeError", |_| "None").into(),
        "alive" => truth(!adder.has_ended()),
        _ => number(Ok(cleanups.get())),
    })
}

pub(super) fn model(on_close: i64) -> Object {
    let (mut total, mut ended, mut cleanups) = (None, false, 0);
    Box::new(move |(operation, value)| {
        let done = match operation {
            "alive" => return truth(!ended),
            "cleanups" => return number(Ok(cleanups)),
            "send" if ended => return "StopIteration None".into(),
            "close" if ended || total.is_none() => {
                ended = true;
                return "None".into();
            }
            "send" if total.is_some() && value == BAD => Some("ValueError".into()),
            "close" if on_close != SUSPENDS => Some("None".into()),
            _ => {
                let more = if operation == "close" { 1 } else { value };
                let sum = total.map_or(value, |total| total + more);
                total = Some(sum);
                let stop = if operation == "close" {
                    "None".into()
                } else {
                    format!("StopIteration {sum}")
                };
                (sum >= ENOUGH).then_some(stop)
            }
        };
        match (done, total) {
            (Some(answer), _) => {
                ended = true;
                cleanups += 1;
                answer
            }
            (None, Some(total)) if operation == "send" => total.to_string(),
            (None, _) => "RuntimeError".into(),
        }
    })
}
