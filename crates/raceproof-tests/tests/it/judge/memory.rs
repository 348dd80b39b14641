//! Plain memory: which accesses of a cell are ordered, and which race.
//!
//! "A data race occurs if two accesses conflict and neither happens before the other." What happens
//! before a step is here the number of ended accesses of each thread that its thread knows of: it
//! learns of them by what std says synchronises.

use super::language::Do;
use super::state::{Scope, State, Tid};

/// How many ended accesses of each thread are known; none of the threads beyond.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Known(Vec<u32>);

impl Known {
    fn of(&self, thread: Tid) -> u32 {
        self.0.get(thread).copied().unwrap_or(0)
    }

    pub(super) fn learn(&mut self, other: &Known) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }

    fn count(&mut self, thread: Tid) {
        if self.0.len() <= thread {
            self.0.resize(thread + 1, 0);
        }
        self.0[thread] += 1;
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Cell {
    /// The last access of each kind by each thread, unless a write has followed it.
    accesses: Vec<Access>,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Access {
    thread: Tid,
    writes: bool,
    /// Its number among its thread's accesses, from 1; none: it has not ended.
    nth: Option<u32>,
}

/// What is wrong with an access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Conflict {
    Race,
    /// With an access of the same thread.
    Overlap,
}

impl<'p> State<'p> {
    /// Begins an access.
    pub(super) fn open_cell(&mut self, id: Tid, what: &'p Do) {
        let Do::Access { cell, writes, block } = what else { unreachable!("an access") };
        let known = &self.threads[id].known;
        let accesses = &mut self.cells[*cell].accesses;
        for earlier in accesses.iter().filter(|earlier| *writes || earlier.writes) {
            let mine = earlier.thread == id;
            match earlier.nth {
                None if mine => self.conflict = Some(Conflict::Overlap),
                Some(_) if mine => {}
                Some(nth) if nth <= known.of(earlier.thread) => {}
                _ => self.conflict = self.conflict.or(Some(Conflict::Race)),
            }
        }
        accesses.push(Access { thread: id, writes: *writes, nth: None });
        accesses.sort_unstable();
        self.threads[id].enter(block, Scope::Cell { cell: *cell, writes: *writes });
    }

    /// Ends an access.
    pub(super) fn close_cell(&mut self, id: Tid, cell: usize, writes: bool) {
        let known = &mut self.threads[id].known;
        known.count(id);
        let nth = known.of(id);
        let accesses = &mut self.cells[cell].accesses;
        let mine = |access: &Access| access.thread == id && access.writes == writes;
        let open = accesses.iter().position(|access| mine(access) && access.nth.is_none());
        accesses.remove(open.expect("an access that has not ended"));
        // What conflicts with an access before this one and not with this one, it would have found.
        let covered = |access: &Access| access.nth.is_some() && (writes || mine(access));
        accesses.retain(|access| !covered(access));
        accesses.push(Access { thread: id, writes, nth: Some(nth) });
        accesses.sort_unstable();
    }
}
