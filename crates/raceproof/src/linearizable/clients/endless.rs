//! Executions that come to no end, because their last steps repeat.

use crate::telling::failure::Failure;
use crate::telling::schedule::Schedule;
use crate::telling::text::thousands;
use crate::telling::trace::{Operation, Step};

/// So many times something is repeated, at least, before it is taken for a loop.
const ROUNDS: usize = 3;

/// What repeats up to near the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Loop {
    /// Where it begins.
    begin: usize,
    /// How long one round is.
    length: usize,
    /// Where it ends.
    end: usize,
}

/// The shortest repetition that takes up at least half of `all` and ends in its last quarter: the search has gone another
/// way in the last steps.
fn repetition<T>(all: &[T], same: impl Fn(&T, &T) -> bool) -> Option<Loop> {
    let half = all.len().div_ceil(2);
    for end in (all.len() - all.len() / 4..=all.len()).rev() {
        for length in 1..=half / ROUNDS {
            let pairs = all[..end].iter().skip(length).zip(&all[..end]).rev();
            let repeated = pairs.take_while(|(later, earlier)| same(later, earlier)).count();
            if repeated + length >= half {
                return Some(Loop { begin: end - repeated - length, length, end });
            }
        }
    }
    None
}

/// A schedule that goes on as it ends.
pub(super) struct Prolonged {
    /// As long as an execution may be.
    pub(super) whole: Schedule,
    /// Up to where it begins to repeat itself for longer than it did.
    pub(super) begin: Schedule,
    /// Whether one thread alone takes the steps that are repeated.
    pub(super) by_one: bool,
}

/// This schedule with `most` steps, the last ones repeated; none if there is no such end.
pub(super) fn prolonged(schedule: &Schedule, most: usize) -> Option<Prolonged> {
    let Schedule { memory, steps } = schedule;
    if most <= steps.len() {
        return None;
    }
    let Loop { length, end, .. } = repetition(steps, |one, other| one == other)?;
    let mut steps = steps[..end].to_vec();
    let begin = Schedule { memory: *memory, steps: steps.clone() };
    let by_one = steps[end - length..].iter().all(|step| step.0 == steps[end - 1].0);
    while steps.len() < most {
        steps.push(steps[steps.len() - length]);
    }
    Some(Prolonged { whole: Schedule { memory: *memory, steps }, begin, by_one })
}

/// An execution whose end repeats as long as `most` steps, as a person is to see it: up to two rounds of what repeats.
pub(super) fn brief(mut failure: Failure, most: usize, what: &str) -> Failure {
    let steps = &failure.trace.steps;
    let alike = |one: &Step, other: &Step| {
        let said = |step: &Step| (step.thread, step.operation, step.object.clone());
        let returns = one.operation == Operation::Return || other.operation == Operation::Return;
        said(one) == said(other) && one.place == other.place && !returns
    };
    let mut round = String::new();
    if let Some(Loop { begin, length, .. }) = repetition(steps, alike) {
        failure.trace.steps.truncate(begin + 2 * length);
        let shown = if length == 1 { "step".to_owned() } else { format!("{length} steps") };
        round = format!(", which repeats the last {shown} shown");
    }
    let most = thousands(most as u64);
    failure.message =
        format!("not {what}: in {most} steps of this execution{round}, no operation returns");
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8]) -> Option<(usize, usize, usize)> {
        let found = repetition(text, |one, other| one == other)?;
        Some((found.begin, found.length, found.end))
    }

    #[test]
    fn the_shortest_repetition_that_takes_up_half() {
        assert_eq!(of(b"xyzabababab"), Some((3, 2, 11)));
        assert_eq!(of(b"aaaaaaaa"), Some((0, 1, 8)));
        assert_eq!(of(b"xababababyx"), Some((1, 2, 9)), "its end is something else");
        assert_eq!(of(b"xyzuvwxababab"), None, "less than half of it repeats");
        assert_eq!(of(b"abcdef"), None);
        assert_eq!(of(b""), None);
    }

    #[test]
    fn a_schedule_goes_on_as_it_ends() {
        let schedule: Schedule = "0*2.1.2.1.2.1.2.1.2.3".parse().unwrap();
        let found = prolonged(&schedule, 14).unwrap();
        assert_eq!(found.begin.to_string(), "0*2.1.2.1.2.1.2.1.2");
        assert_eq!(found.whole.to_string(), "0*2.1.2.1.2.1.2.1.2.1.2.1.2");
        assert!(!found.by_one);
        assert!(prolonged(&schedule, 11).is_none());
        assert!(prolonged(&"0.1*9".parse().unwrap(), 20).unwrap().by_one);
    }
}
