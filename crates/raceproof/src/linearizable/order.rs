//! The search for an order of the operations that explains their answers.
//!
//! It is that of Wing and Gong ("Testing and verifying concurrent objects", 1993), with the list of calls and returns and the
//! memory of configurations of Lowe ("Testing for linearizability", 2017). It uses no stack, so a history may be long.

use std::collections::HashSet;
use std::hash::Hash;

use super::{Done, Model};

/// Which operations have a place in the order, one bit each.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Placed(Vec<u64>);

impl Placed {
    fn none(operations: usize) -> Self {
        Self(vec![0; operations.div_ceil(64)])
    }

    fn toggle(&mut self, n: usize) {
        self.0[n / 64] ^= 1 << (n % 64);
    }
}

/// The operation that is called at a place, if one is.
fn called(place: usize) -> Option<usize> {
    (place % 2 == 1).then_some(place / 2)
}

/// The calls and returns of the operations without a place, as they come in time: a list that is linked both ways. An
/// operation is taken out, and put back in the reverse order, in constant time.
struct Timeline {
    next: Vec<usize>,
    before: Vec<usize>,
}

/// The place before the first of them, and behind the last.
const ENDS: usize = 0;

/// The places of the call and the return of an operation.
const fn places(operation: usize) -> (usize, usize) {
    (2 * operation + 1, 2 * operation + 2)
}

impl Timeline {
    fn of<C, A>(history: &[Done<C, A>]) -> Self {
        let moments = history.iter().enumerate().flat_map(|(n, done)| {
            let (call, end) = places(n);
            [(done.called, call), (done.returned, end)]
        });
        let mut moments: Vec<_> = moments.collect();
        moments.sort_unstable();
        let mut list =
            Timeline { next: vec![ENDS; moments.len() + 1], before: vec![ENDS; moments.len() + 1] };
        let mut last = ENDS;
        for (_, place) in moments {
            list.next[last] = place;
            list.before[place] = last;
            last = place;
        }
        list.next[last] = ENDS;
        list.before[ENDS] = last;
        list
    }

    fn first(&self) -> usize {
        self.next[ENDS]
    }

    fn take(&mut self, operation: usize) {
        let (call, end) = places(operation);
        for place in [call, end] {
            let (before, next) = (self.before[place], self.next[place]);
            (self.next[before], self.before[next]) = (next, before);
        }
    }

    /// Puts the operation back that was taken last.
    fn put_back(&mut self, operation: usize) {
        let (call, end) = places(operation);
        for place in [end, call] {
            let (before, next) = (self.before[place], self.next[place]);
            (self.next[before], self.before[next]) = (place, place);
        }
    }
}

/// An order that explains the history; if there is none, how many operations the longest beginning of one has.
pub(super) fn search<M: Model>(
    model: &M,
    history: &[Done<M::Call, M::Answer>],
) -> Result<Vec<usize>, usize> {
    let mut list = Timeline::of(history);
    let mut placed = Placed::none(history.len());
    // The operations that have a place, each with the state before it.
    let mut order: Vec<(usize, M)> = Vec::new();
    let mut state = model.clone();
    // What has been placed and the state that led to: another order of the same need not be tried.
    let mut tried = HashSet::new();
    let (mut longest, mut place) = (0, list.first());
    while order.len() < history.len() {
        if let Some(n) = called(place) {
            let Done { call, answer, .. } = &history[n];
            place = list.next[place];
            let Some(after) = state.step(call, answer) else { continue };
            placed.toggle(n);
            if tried.insert((placed.clone(), after.clone())) {
                order.push((n, std::mem::replace(&mut state, after)));
                list.take(n);
                longest = longest.max(order.len());
                place = list.first();
            } else {
                placed.toggle(n);
            }
            continue;
        }
        // An operation returns here that has no place: none that is called later can come before it.
        let Some((last, before)) = order.pop() else { return Err(longest) };
        state = before;
        placed.toggle(last);
        list.put_back(last);
        place = list.next[places(last).0];
    }
    Ok(order.into_iter().map(|(n, _)| n).collect())
}
