//! What happens before what: a vector clock for each step.
//!
//! The steps before the node where an execution leaves the one before it are the same as
//! there, clocks and all, so they are kept and not computed again.

use crate::kernel::clock::Clocks;

/// Where a step stands among its thread's steps.
#[derive(Clone, Copy)]
pub(super) struct Place {
    thread: u16,
    /// From 1.
    pub(super) nth: u32,
    /// The last step that it comes directly after, plus one; 0: none.
    pub(super) after: u32,
}

/// What a thread's next step comes after.
#[derive(Default)]
struct Past {
    /// Steps taken.
    steps: u32,
    /// The clock of its last step, or of its parent's before its spawn, as a row.
    row: u32,
    /// The rows of what else it has waited for since.
    also: Vec<u32>,
    /// The rows of what its closure came after, if that was over before the thread.
    closure: Vec<u32>,
}

impl Past {
    fn add(&mut self, row: u32) {
        if row != 0 && row != self.row {
            self.also.push(row);
        }
    }
}

#[derive(Default)]
pub(super) struct Order {
    places: Vec<Place>,
    /// The places of each thread's steps among all.
    of_threads: Vec<Vec<u32>>,
    threads: Vec<Past>,
    /// The clock of each step in the row after its own number; row 0 is all zero.
    clocks: Clocks,
}

impl Order {
    /// A thread starts; its first step comes after its parent's last.
    pub(super) fn start(&mut self, child: u16, parent: Option<u16>) {
        let child = usize::from(child);
        if child >= self.threads.len() {
            self.threads.resize_with(child + 1, Past::default);
            self.of_threads.resize_with(child + 1, Vec::new);
            self.clocks.widen(child + 1);
            self.clocks.reach(0);
        }
        let row = parent.map_or(0, |parent| self.threads[usize::from(parent)].row);
        let past = &mut self.threads[child];
        (past.steps, past.row) = (0, row);
        past.also.clear();
        if let Some(parent) = parent {
            self.inherit_also(child, usize::from(parent));
        }
    }

    /// How many steps a thread has taken.
    pub(super) fn taken(&self, thread: u16) -> u32 {
        self.threads[usize::from(thread)].steps
    }

    /// The places of a thread's steps among all.
    pub(super) fn steps(&self, thread: u16) -> &[u32] {
        &self.of_threads[usize::from(thread)]
    }

    /// Makes what happened before one thread's next step happen before another's.
    pub(super) fn inherit(&mut self, to: u16, from: u16) {
        let (to, from) = (usize::from(to), usize::from(from));
        let row = self.threads[from].row;
        self.threads[to].add(row);
        self.inherit_also(to, from);
    }

    /// The closure of a thread is over before the thread.
    pub(super) fn close(&mut self, thread: u16) {
        let Past { row, also, closure, .. } = &mut self.threads[usize::from(thread)];
        closure.clear();
        closure.push(*row);
        closure.extend_from_slice(also);
    }

    /// Makes what happened before the end of one thread's closure happen before another's next step.
    pub(super) fn inherit_closure(&mut self, to: u16, from: u16) {
        let closure = std::mem::take(&mut self.threads[usize::from(from)].closure);
        closure.iter().for_each(|row| self.threads[usize::from(to)].add(*row));
        self.threads[usize::from(from)].closure = closure;
    }

    fn inherit_also(&mut self, to: usize, from: usize) {
        if !self.threads[from].also.is_empty() {
            let also = std::mem::take(&mut self.threads[from].also);
            also.iter().for_each(|row| self.threads[to].add(*row));
            self.threads[from].also = also;
        }
    }

    /// Makes step `index` happen before a thread's next.
    pub(super) fn happened(&mut self, thread: u16, index: u32) {
        self.threads[usize::from(thread)].add(index + 1);
    }

    /// Says nothing twice of what a thread's next step comes after.
    pub(super) fn tidy(&mut self, thread: u16) {
        let also = &mut self.threads[usize::from(thread)].also;
        also.sort_unstable();
        also.dedup();
    }

    /// Does step `index` happen before a thread's next step?
    pub(super) fn is_past(&self, thread: u16, index: u32) -> bool {
        let Past { row, also, .. } = &self.threads[usize::from(thread)];
        let known = |row: &u32| self.in_row(index as usize, *row);
        known(row) || also.iter().any(known)
    }

    /// Takes a kept step.
    #[inline]
    pub(super) fn repeat(&mut self, thread: u16, index: usize) {
        let past = &mut self.threads[usize::from(thread)];
        past.steps += 1;
        past.row = index as u32 + 1;
        past.also.clear();
    }

    /// Adds a step that comes after its thread's past and after `sources`, which are in
    /// order. Gives those of `sources` to `race` that nothing else orders with it.
    #[inline]
    pub(super) fn push(
        &mut self,
        thread: u16,
        sources: &mut Vec<u32>,
        mut race: impl FnMut(u32, u32),
    ) {
        let index = self.places.len();
        let past = &mut self.threads[usize::from(thread)];
        past.steps += 1;
        let source = sources.last().map_or(0, |source| source + 1);
        let latest = past.also.iter().copied().fold(source, u32::max);
        let nth = past.steps;
        self.places.push(Place { thread, nth, after: past.row.max(latest) });
        self.of_threads[usize::from(thread)].push(index as u32);
        self.clocks.reach(index + 1);
        self.clocks.copy_within(index + 1, past.row as usize);
        past.also.iter().for_each(|row| self.clocks.join_within(index + 1, *row as usize));
        past.also.clear();
        past.row = index as u32 + 1;
        while let Some(source) = sources.pop() {
            if !self.in_row(source as usize, index as u32 + 1) {
                race(source, index as u32);
                self.clocks.join_within(index + 1, source as usize + 1);
            }
        }
        self.clocks.row_mut(index + 1)[usize::from(thread)] = nth;
    }

    /// Keeps the first `len` steps for the next execution and forgets the others.
    pub(super) fn keep(&mut self, len: usize) {
        for place in self.places.drain(len..) {
            self.of_threads[usize::from(place.thread)].pop();
        }
    }

    #[inline]
    pub(super) fn place(&self, index: usize) -> Place {
        self.places[index]
    }

    /// Where a thread's `nth` step is.
    #[inline]
    pub(super) fn find(&self, thread: u16, nth: u32) -> Option<usize> {
        let steps = &self.of_threads[usize::from(thread)];
        steps.get((nth as usize).checked_sub(1)?).map(|step| *step as usize)
    }

    /// Does step `first` happen before step `second` (or equal it)?
    #[inline]
    pub(super) fn before(&self, first: usize, second: usize) -> bool {
        self.in_row(first, second as u32 + 1)
    }

    /// Is step `first` in this row?
    #[inline]
    fn in_row(&self, first: usize, row: u32) -> bool {
        let Place { thread, nth, .. } = self.places[first];
        self.clocks.cell(row as usize, usize::from(thread)) >= nth
    }

    /// Adds the steps after `first` that do not happen after it.
    #[inline]
    pub(super) fn unaware(&self, first: usize, steps: &mut Vec<u32>) {
        let Place { thread, nth, .. } = self.places[first];
        // Step i has row i + 1.
        let rows = self.clocks.rows(first + 2..self.places.len() + 1);
        for (i, row) in (first as u32 + 1..).zip(rows) {
            if row[usize::from(thread)] < nth {
                steps.push(i);
            }
        }
    }
}
