//! The running thread and the clock.

use std::panic::Location;
use std::time::Duration;

use super::installed::{kernel, misuse, try_kernel};
use super::polling::yield_at;
use super::step::perform;
use super::teardown;
use crate::kernel::time::{Began, Point, Question};
use crate::kernel::{Id, Op, Pending};

/// A moment now; `None` outside of a model.
pub(crate) fn moment() -> Option<Id> {
    try_kernel(|kernel| Id { epoch: kernel.epoch, index: kernel.read_clock() })
}

/// What a real instant is in the execution under way; `None` outside of a model.
pub(crate) fn real_moment(instant: std::time::Instant) -> Option<Point> {
    let begun = try_kernel(|kernel| kernel.time.real)?;
    let after = |late: Duration| late.as_nanos().try_into().unwrap_or(i128::MAX);
    let offset = match instant.checked_duration_since(begun) {
        Some(late) => after(late),
        None => -after(begun.duration_since(instant)),
    };
    Some(Point { moment: 0, offset })
}

/// The answer to a question about moments of the execution under way. A step only if nothing that comes
/// before decides it.
pub(crate) fn ask(question: Question, at: &'static Location<'static>) -> i128 {
    if let Some(answer) = kernel(|kernel| kernel.ask(question)) {
        return answer;
    }
    if !teardown::under_way() {
        perform(Pending { op: Op::Compare, at });
        // A loop may wait by looking at the clock alone.
        if kernel(|kernel| kernel.has_just_hoped()) {
            yield_at(at);
        }
    }
    kernel(|kernel| kernel.answer())
}

/// A moment of another execution was used.
#[cold]
#[track_caller]
pub(crate) fn foreign_moment() -> ! {
    misuse("a time that was taken in another execution is used: take it inside the model")
}

/// Something that lasts for a time begins.
pub(crate) fn begin_waiting() -> Began {
    kernel(|kernel| kernel.begin_waiting())
}

/// It has ended because its time was over.
pub(crate) fn has_waited(began: Began, length: Duration) {
    kernel(|kernel| kernel.has_waited(began, length));
}

/// Is there a model?
pub(crate) fn is_running() -> bool {
    try_kernel(|_| ()).is_some()
}

/// Notes that the program takes the system's time.
pub(crate) fn assume_system_clock() {
    try_kernel(|kernel| kernel.time.system = true);
}
