//! The threads that wait at the conditions of one lock, the longest waiting first.

use crate::backend::ProcessId;
use std::collections::VecDeque;

#[derive(Default)]
pub(super) struct Line {
    places: VecDeque<Place>,
    /// The number of the next place.
    next: u64,
}

struct Place {
    number: u64,
    condition: u64,
    process: ProcessId,
    notified: bool,
}

impl Line {
    /// Joins the end of the line; returns the number of the place.
    pub(super) fn join(&mut self, condition: u64, process: ProcessId) -> u64 {
        let number = self.next;
        self.next += 1;
        self.places.push_back(Place { number, condition, process, notified: false });
        number
    }

    pub(super) fn is_notified(&self, number: u64) -> bool {
        self.places.iter().any(|place| place.number == number && place.notified)
    }

    pub(super) fn has_notified(&self) -> bool {
        self.places.iter().any(|place| place.notified)
    }

    /// Notifies the first `n` of a condition that are not notified yet.
    pub(super) fn notify(&mut self, condition: u64, n: usize) {
        let waits = |place: &&mut Place| place.condition == condition && !place.notified;
        for place in self.places.iter_mut().filter(waits).take(n) {
            place.notified = true;
        }
    }

    /// Notifies all, of every condition.
    pub(super) fn notify_every(&mut self) {
        self.places.iter_mut().for_each(|place| place.notified = true);
    }

    /// Leaves the line; returns whether the place was notified.
    pub(super) fn leave(&mut self, number: u64) -> bool {
        let at = self.places.iter().position(|place| place.number == number);
        at.and_then(|at| self.places.remove(at)).is_some_and(|place| place.notified)
    }

    /// Removes the places of processes that are gone. Their notifications go to the next.
    pub(super) fn remove_if(&mut self, gone: impl Fn(ProcessId) -> bool) {
        let (gone, stay): (VecDeque<_>, _) =
            self.places.drain(..).partition(|place| gone(place.process));
        self.places = stay;
        for place in gone.into_iter().filter(|place| place.notified) {
            self.notify(place.condition, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_waiting_is_notified_first_and_once() {
        let (mut line, process) = (Line::default(), ProcessId::default());
        let [first, other, second] = [0, 1, 0].map(|condition| line.join(condition, process));
        assert!(!line.has_notified());
        line.notify(0, 1);
        assert!(line.has_notified());
        assert_eq!([first, other, second].map(|n| line.is_notified(n)), [true, false, false]);
        line.notify(0, 9);
        assert_eq!([first, other, second].map(|n| line.leave(n)), [true, false, true]);
        assert!(!line.leave(first), "it has left before");
    }

    #[test]
    fn what_a_gone_place_was_told_is_told_to_the_next() {
        let (mut line, process) = (Line::default(), ProcessId::default());
        let gone = line.join(0, process);
        line.notify(0, 1);
        line.remove_if(|_| true);
        let stays = line.join(0, process);
        assert!(!line.leave(gone) && !line.is_notified(stays), "it came later");
        let next = line.join(0, process);
        line.notify(0, 1);
        let told = line.places[0].number;
        line.remove_if(|_| false);
        assert!(told == stays && line.is_notified(stays) && !line.is_notified(next));
    }
}
