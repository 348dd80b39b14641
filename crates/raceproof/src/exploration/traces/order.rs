//! What happens before what: a vector clock for each step.
//!
//! The steps before the node where an execution leaves the one before it are the same as
//! there, clocks and all, so they are kept and not computed again.

use crate::kernel::clock::Clocks;

/// Where a step stands among those of its thread's chain.
#[derive(Clone, Copy)]
pub(super) struct Place {
    chain: u16,
    /// From 1.
    pub(super) nth: u32,
    /// The last step that it comes directly after, plus one; 0: none.
    pub(super) after: u32,
}

/// What a thread's next step comes after.
#[derive(Default)]
struct Past {
    /// Its chain.
    chain: u16,
    /// How many steps its chain had taken before it.
    first: u32,
    /// How many it has taken.
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

/// The steps of a chain of threads: see [`Thread::chain`](crate::kernel::thread::Thread::chain).
#[derive(Default)]
struct Chain {
    /// How many of them this execution has taken.
    taken: u32,
    /// Their places among all, with those that are kept.
    steps: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Order {
    places: Vec<Place>,
    chains: Vec<Chain>,
    threads: Vec<Past>,
    /// The clock of each step in the row after its own number; row 0 is all zero. A clock has an entry
    /// for each chain.
    clocks: Clocks,
}

impl Order {
    /// A thread of a chain starts; its first step comes after its parent's last.
    pub(super) fn start(&mut self, child: u16, parent: Option<u16>, chain: u16) {
        let child = usize::from(child);
        if child >= self.threads.len() {
            self.threads.resize_with(child + 1, Past::default);
        }
        if usize::from(chain) >= self.chains.len() {
            self.chains.resize_with(usize::from(chain) + 1, Chain::default);
            self.clocks.widen(usize::from(chain) + 1);
            self.clocks.reach(0);
        }
        if parent.is_none() {
            self.chains.iter_mut().for_each(|chain| chain.taken = 0);
        }
        let row = parent.map_or(0, |parent| self.threads[usize::from(parent)].row);
        let past = &mut self.threads[child];
        (past.chain, past.row) = (chain, row);
        (past.first, past.steps) = (self.chains[usize::from(chain)].taken, 0);
        past.also.clear();
        if let Some(parent) = parent {
            self.inherit_also(child, usize::from(parent));
        }
    }

    /// How many steps a thread has taken.
    pub(super) fn taken(&self, thread: u16) -> u32 {
        self.threads[usize::from(thread)].steps
    }

    /// The places of the steps that a thread has taken among all.
    pub(super) fn steps(&self, thread: u16) -> &[u32] {
        let &Past { chain, first, steps, .. } = &self.threads[usize::from(thread)];
        &self.chains[usize::from(chain)].steps[first as usize..(first + steps) as usize]
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
        self.chains[usize::from(past.chain)].taken += 1;
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
        let chain = past.chain;
        let source = sources.last().map_or(0, |source| source + 1);
        let latest = past.also.iter().copied().fold(source, u32::max);
        let Chain { taken, steps } = &mut self.chains[usize::from(chain)];
        *taken += 1;
        past.steps += 1;
        steps.push(index as u32);
        let nth = *taken;
        self.places.push(Place { chain, nth, after: past.row.max(latest) });
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
        self.clocks.row_mut(index + 1)[usize::from(chain)] = nth;
    }

    /// Keeps the first `len` steps for the next execution and forgets the others.
    pub(super) fn keep(&mut self, len: usize) {
        for place in self.places.drain(len..) {
            self.chains[usize::from(place.chain)].steps.pop();
        }
    }

    /// How many steps are known.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    #[inline]
    pub(super) fn place(&self, index: usize) -> Place {
        self.places[index]
    }

    /// Where the `nth` step of a thread's chain is.
    #[inline]
    pub(super) fn find(&self, thread: u16, nth: u32) -> Option<usize> {
        let Chain { steps, .. } =
            &self.chains[usize::from(self.threads[usize::from(thread)].chain)];
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
        let Place { chain, nth, .. } = self.places[first];
        self.clocks.cell(row as usize, usize::from(chain)) >= nth
    }

    /// Adds the steps after `first` that do not happen after it.
    #[inline]
    pub(super) fn unaware(&self, first: usize, steps: &mut Vec<u32>) {
        let Place { chain, nth, .. } = self.places[first];
        // Step i has row i + 1.
        let rows = self.clocks.rows(first + 2..self.places.len() + 1);
        for (i, row) in (first as u32 + 1..).zip(rows) {
            if row[usize::from(chain)] < nth {
                steps.push(i);
            }
        }
    }
}
