//! What came of the calls of a client in one execution, and which of them came before which.

use super::operation::Reply;

/// One call of an execution.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Entry {
    /// None: it has not returned.
    pub(super) reply: Option<Reply>,
    /// How many calls of each thread had returned when it began. Empty if nobody looked.
    pub(super) seen: Vec<usize>,
}

/// The calls that were begun in an execution: of the main thread before the others, of each other, and of the main
/// thread after them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct History(pub(super) Vec<Vec<Entry>>);

/// What must come before what in an order that explains the answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Precedence {
    /// What had returned when it began.
    RealTime,
    /// What its own thread had called before.
    Program,
    /// What had returned at a moment, before it began, at which no call was under way.
    Quiescence,
}

/// One call of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Which of the client's calls it is.
    pub(super) lane: usize,
    pub(super) nth: usize,
    pub(super) reply: Option<Reply>,
    /// The items that come before it, one bit each.
    pub(super) after: u64,
}

/// The most calls that a history may have.
pub(super) const MOST: usize = 64;

impl History {
    /// The calls, each with those that come before it.
    pub(super) fn items(&self, precedence: Precedence) -> Vec<Item> {
        let mut items = Vec::new();
        let mut first = Vec::new();
        for (lane, entries) in self.0.iter().enumerate() {
            first.push(items.len());
            let item =
                |(nth, entry): (usize, &Entry)| Item { lane, nth, reply: entry.reply, after: 0 };
            items.extend(entries.iter().enumerate().map(item));
        }
        let last = self.0.len() - 1;
        for at in 0..items.len() {
            let Item { lane, nth, .. } = items[at];
            let seen = &self.0[lane][nth].seen;
            for other in (0..items.len()).filter(|other| *other != at) {
                let Item { lane: theirs, nth: earlier, .. } = items[other];
                let in_program = if theirs == lane {
                    earlier < nth
                } else {
                    theirs == 0 || lane == last && lane != 0
                };
                let is_thread = theirs > 0 && theirs < last;
                let was_seen = is_thread && seen.get(theirs - 1).is_some_and(|n| earlier < *n);
                if in_program || was_seen && precedence != Precedence::Program {
                    items[at].after |= 1 << other;
                }
            }
        }
        close(&mut items);
        if precedence == Precedence::Quiescence {
            keep_quiescent(&mut items);
        }
        items
    }
}

/// What comes before something comes before what that comes before.
fn close(items: &mut [Item]) {
    for middle in 0..items.len() {
        for at in 0..items.len() {
            if items[at].after >> middle & 1 == 1 {
                items[at].after |= items[middle].after;
            }
        }
    }
}

/// Leaves only the order between calls that a moment parts at which none is under way: then each call of one side
/// comes before each of the other.
fn keep_quiescent(items: &mut [Item]) {
    let ordered =
        |one: usize, other: usize| (items[one].after >> other | items[other].after >> one) & 1 == 1;
    // Periods between such moments: what overlaps, directly or by way of others.
    let mut period: Vec<usize> = (0..items.len()).collect();
    for one in 0..items.len() {
        for other in 0..one {
            if !ordered(one, other) && period[one] != period[other] {
                let (from, to) = (period[one], period[other]);
                period.iter_mut().filter(|it| **it == from).for_each(|it| *it = to);
            }
        }
    }
    for at in 0..items.len() {
        let within = (0..items.len()).filter(|other| period[*other] == period[at]);
        let within = within.fold(0, |mask, other| mask | 1 << other);
        items[at].after &= !within;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seen: &[usize]) -> Entry {
        Entry { reply: Some(Reply::Answer(0)), seen: seen.to_vec() }
    }

    /// Thread 1 makes two calls; thread 2 one, when the first of them had returned.
    fn overlapping() -> History {
        let first = vec![entry(&[0, 0]), entry(&[1, 0])];
        History(vec![vec![entry(&[])], first, vec![entry(&[1, 0])], vec![entry(&[])]])
    }

    fn before(precedence: Precedence) -> Vec<u64> {
        overlapping().items(precedence).iter().map(|item| item.after).collect()
    }

    #[test]
    fn what_had_returned_comes_before() {
        assert_eq!(before(Precedence::RealTime), [0, 0b1, 0b11, 0b11, 0b1111]);
        assert_eq!(before(Precedence::Program), [0, 0b1, 0b11, 0b1, 0b1111]);
    }

    #[test]
    fn only_quiescent_moments_part_calls() {
        assert_eq!(before(Precedence::Quiescence), [0, 0b1, 0b11, 0b11, 0b1111]);
        let one = vec![entry(&[0, 0]), entry(&[1, 0])];
        let history = History(vec![vec![], one, vec![entry(&[0, 0])], vec![]]);
        let after =
            |precedence| history.items(precedence).iter().map(|it| it.after).collect::<Vec<_>>();
        assert_eq!(after(Precedence::RealTime), [0, 1, 0]);
        assert_eq!(after(Precedence::Quiescence), [0, 0, 0], "the program's order does not count");
    }
}
