//! The steps of the execution under way, each with its conflict clock, and the
//! races between them.
//!
//! The steps before the node where an execution leaves the one before it are the
//! same as there, clocks and all, so they are kept and not computed again.

use crate::kernel::clock::Clocks;
use crate::kernel::op::{Footprint, Op};

/// One step taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) thread: u16,
    /// Which of the step's alternatives.
    pub(crate) alt: u16,
    pub(crate) op: Op,
    /// Depends on `op`: a try that succeeded, a timed wait that was notified.
    pub(crate) flag: bool,
    /// Whether it leaves an object other than it was, as far as a spinning thread can see.
    pub(crate) changed: bool,
    /// Its place among its thread's steps, from 1.
    pub(crate) nth: u32,
    /// The last step that it comes directly after, plus one; 0: none.
    pub(crate) after: u32,
    pub(crate) footprint: Footprint,
    /// A compare-and-swap's expected value; the condition variable of a `Wake`; whether a
    /// writer held the lock of a `TryWrite`.
    pub(crate) expected: u64,
    /// An atomic's value before this step.
    pub(crate) old: u64,
}

impl Event {
    /// A step as its thread's next, with everything unusual left out.
    #[inline]
    pub(crate) fn new(thread: u16, op: Op, footprint: Footprint) -> Self {
        Event {
            thread,
            alt: 0,
            op,
            flag: false,
            changed: true,
            nth: 0,
            after: 0,
            footprint,
            expected: 0,
            old: 0,
        }
    }
}

/// Two steps that depend on each other and that nothing orders otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub(crate) first: u32,
    pub(crate) second: u32,
    /// Its reversal is known to be explored, whatever comes after its second step.
    pub(crate) settled: bool,
}

impl Race {
    pub(crate) fn new(first: u32, second: u32) -> Self {
        Race { first, second, settled: false }
    }
}

#[derive(Default)]
pub(crate) struct Events {
    /// All recorded steps; those from `taken` on belong to an earlier execution.
    all: Vec<Event>,
    /// The places of each thread's steps among them.
    of_threads: Vec<Vec<u32>>,
    /// Steps of this execution so far.
    taken: usize,
    /// How many of `all` this execution repeats.
    kept: usize,
    /// The clock of each step in the row after its own number; row 0 is all zero.
    clocks: Clocks,
    /// Every race whose second step is taken or kept, by that step.
    pub(crate) races: Vec<Race>,
}

impl Events {
    pub(crate) fn widen(&mut self, width: usize) {
        self.clocks.widen(width);
        self.clocks.reach(0);
        self.of_threads.resize_with(width, Vec::new);
    }

    /// Starts from the first step again.
    pub(crate) fn rewind(&mut self) {
        self.taken = 0;
    }

    /// Keeps the first `len` steps for the next execution and forgets the others.
    pub(crate) fn keep(&mut self, len: usize) {
        for event in self.all.drain(len..) {
            self.of_threads[usize::from(event.thread)].pop();
        }
        self.kept = len;
        while self.races.last().is_some_and(|race| race.second as usize >= len) {
            self.races.pop();
        }
    }

    #[inline]
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes the kept step that comes next, if there is one.
    #[inline]
    pub(crate) fn repeat(&mut self) -> Option<&Event> {
        let kept = self.all[..self.kept].get(self.taken)?;
        self.taken += 1;
        Some(kept)
    }

    /// Appends a new step, whose clock row the caller fills.
    #[inline]
    pub(crate) fn push(&mut self, event: Event) -> usize {
        debug_assert_eq!(self.all.len(), self.taken);
        self.all.push(event);
        self.of_threads[usize::from(event.thread)].push(self.taken as u32);
        self.taken += 1;
        self.clocks.reach(self.taken);
        self.taken - 1
    }

    /// Makes row `past` the clock of the step last pushed.
    #[inline]
    pub(crate) fn begin_clock(&mut self, past: u32) {
        self.clocks.copy_within(self.taken, past as usize);
    }

    /// Joins a row into the clock of the step last pushed.
    #[inline]
    pub(crate) fn join_clock(&mut self, row: u32) {
        self.clocks.join_within(self.taken, row as usize);
    }

    /// Puts the step last pushed into its own clock.
    #[inline]
    pub(crate) fn finish_clock(&mut self, thread: usize, nth: u32) {
        self.clocks.row_mut(self.taken)[thread] = nth;
    }

    /// Adds the steps after `first` whose clocks do not have a thread's `nth` step.
    #[inline]
    pub(crate) fn unaware(&self, first: usize, thread: u16, nth: u32, steps: &mut Vec<u32>) {
        // Step i has row i + 1.
        let rows = self.clocks.rows(first + 2..self.taken + 1);
        for (i, row) in (first as u32 + 1..).zip(rows) {
            if row[usize::from(thread)] < nth {
                steps.push(i);
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &Event {
        &self.all[index]
    }

    /// Where a thread's `nth` step is.
    #[inline]
    pub(crate) fn find(&self, thread: u16, nth: u32) -> Option<usize> {
        let steps = &self.of_threads[usize::from(thread)];
        steps.get(nth as usize - 1).map(|step| *step as usize)
    }

    #[inline]
    pub(crate) fn all(&self) -> &[Event] {
        &self.all[..self.taken]
    }

    /// Does step `first` happen before step `second` (or equal it)?
    #[inline]
    pub(crate) fn before(&self, first: usize, second: usize) -> bool {
        self.in_row(first, second as u32 + 1)
    }

    /// Is step `first` in this row?
    #[inline]
    pub(crate) fn in_row(&self, first: usize, row: u32) -> bool {
        let event = &self.all[first];
        self.clocks.cell(row as usize, usize::from(event.thread)) >= event.nth
    }
}
