//! Of which values the owners matter.

use std::collections::HashMap;
use std::panic::Location;

use super::count::{Count, weaks};
use super::turn::Turn;
use crate::kernel::datarace::Access;
use crate::kernel::memory::Memory;
use crate::kernel::object::Object;
use crate::kernel::state::Kernel;
use crate::kernel::trials::Yields;

/// What of the owners of a value some thread can tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Matter {
    #[default]
    Nothing,
    /// How many there are.
    Count,
    /// Which one is the last, too.
    Last,
}

/// What destructors did to the counts of a value, or to a cell, by its number.
pub(crate) type Insides = HashMap<u32, Vec<Inside>>;

/// What the destructors of one value did to another object.
pub(crate) struct Inside {
    /// The value whose destructors they were.
    of: u32,
    /// One asked for a count, or wrote the cell.
    conflicts: bool,
}

impl Kernel {
    /// Is this a step of the running thread? If it has to be one and is none, the exploration begins
    /// again.
    pub(crate) fn is_counted(
        &mut self,
        arc: u32,
        how: Count,
        at: &'static Location<'static>,
    ) -> bool {
        let weakly = self.limits.memory != Memory::Sequential;
        let matters = self.objects[arc as usize].matter > Matter::Nothing;
        let counted = match self.is_told_to_count() {
            Some(told) => told,
            None if weakly => self.decides_weakly(arc, how, at),
            None => matters || how.asks(),
        };
        if counted && !matters && !weakly {
            self.begin_with(arc, Matter::Count);
        } else if !counted {
            self.me().free_counts = self.me().free_counts.saturating_add(1);
        }
        counted
    }

    /// Is this one a step in the schedule that is run again, if it alone says which ones are?
    fn is_told_to_count(&self) -> Option<bool> {
        let told = self.told_turns()?;
        let mut rest = told.iter().skip(self.events.taken());
        let weakly = self.limits.memory != Memory::Sequential;
        let free = |(thread, alt): &(u16, u16)| match *thread == self.current {
            true if weakly => Turn::of_weakly(*alt).map(|(free, _)| free),
            true => Turn::of(*alt).map(|turn| turn.free),
            false => None,
        };
        Some(rest.find_map(free) == Some(self.thread(self.current).free_counts))
    }

    /// The schedule that is run again, if it has turns and nothing else is known of them.
    fn told_turns(&self) -> Option<&[(u16, u16)]> {
        match &self.yields {
            Yields::Scripted(steps) if self.limits.matters.is_empty() => {
                steps.iter().any(|step| Turn::of(step.1).is_some()).then_some(steps)
            }
            _ => None,
        }
    }

    /// Has the exploration begin again with these owners counted by steps.
    pub(super) fn begin_with(&mut self, arc: u32, matter: Matter) {
        if self.told_turns().is_some() {
            return;
        }
        let Object { at, matter: known, .. } = &self.objects[arc as usize];
        if matter > *known {
            self.limits.matters.note(at, matter);
            self.begin_again();
        }
    }

    /// Under a weak memory model: is this to be a step of the running thread? Changes and questions are none as long as what
    /// happens before orders each of them with each other of which one is a question. Then it is found out how often
    /// an owner is made and dropped, as if the count were an atomic.
    ///
    /// Weak references are not explored so.
    fn decides_weakly(&mut self, arc: u32, how: Count, at: &'static Location<'static>) -> bool {
        self.order_destructors(arc, how.asks(), at);
        let weak = weaks(arc);
        // Questions of several threads where there has been no weak reference decide nothing for each other, but another thread's
        // first one might have come before, and stay when its owner is gone.
        let decides = how == Count::Weaks || self.objects[weak as usize].first > 0;
        let of_weaks = how.is_of_weaks() && (decides || !how.asks());
        if how.is_of_weaks() && !of_weaks {
            self.races.note_owned(weak as usize, Access::now(self, true, at));
        }
        let may_be_first = how == Count::AddWeak
            && self.races.unordered_owner(weak as usize, self.current).is_some();
        if may_be_first || of_weaks && self.is_unordered(weak, how.asks(), at) {
            self.refuse(
                "the count of weak references that decides something before others are joined",
            );
            return false;
        }
        let has_weaks = self.objects[weak as usize].count > 0;
        // An owner that has weak references is not alone, whatever its count is.
        if !how.is_of_owners() || how == Count::GetMut && has_weaks {
            return false;
        }
        if self.objects[arc as usize].matter == Matter::Nothing {
            self.order_counts(arc, how.asks(), at);
            return false;
        }
        if how == Count::MakeMut && has_weaks {
            self.refuse("Arc::make_mut beside weak references and other owners");
            return false;
        }
        true
    }

    /// Under a weak memory model: has the exploration begin again with the owners counted by steps, if a change of
    /// their count and a question are not ordered.
    pub(super) fn order_counts(&mut self, arc: u32, asks: bool, at: &'static Location<'static>) {
        if self.is_unordered(arc, asks, at) {
            self.begin_with(arc, Matter::Count);
        }
    }

    /// Under a weak memory model: what destructors did to these counts before, another thread might do, if it were the
    /// last owner. Where that would not be ordered with what the running thread does now, and one of the two is a
    /// question, the exploration begins again with the owners counted whose last one runs the destructor.
    fn order_destructors(&mut self, arc: u32, asks: bool, at: &'static Location<'static>) {
        for value in self.destroyed_around(arc, asks) {
            self.order_counts(value, true, at);
        }
        self.note_inside(arc, asks);
    }

    /// Likewise of a cell, one of whose two accesses writes, under any memory model.
    #[inline]
    pub(crate) fn order_destructors_of_cell(&mut self, cell: u32, written: bool) {
        if !self.now.inside.is_empty() || !self.now.destructors.is_empty() {
            self.order_cell(cell, written);
        }
    }

    #[cold]
    fn order_cell(&mut self, cell: u32, written: bool) {
        let matter = match self.limits.memory {
            Memory::Sequential => Matter::Last,
            Memory::C11 => Matter::Count,
        };
        for value in self.destroyed_around(cell, written) {
            if !self.races.comes_after(self.current, value) {
                self.begin_with(value, matter);
            }
        }
        self.note_inside(cell, written);
    }

    /// The values whose destructors are over and have done something to this object that this conflicts with.
    fn destroyed_around(&self, object: u32, conflicts: bool) -> Vec<u32> {
        let mut values: Vec<u32> = Vec::new();
        let mut next = 0;
        let mut inner = Some(object);
        while let Some(object) = inner {
            let first = next == 0;
            for it in self.now.inside.get(&object).into_iter().flatten() {
                // The last owner may have been dropped by a destructor in turn.
                let counts = !first || conflicts || it.conflicts;
                if counts && !values.contains(&it.of) && self.destructors().all(|of| of != it.of) {
                    values.push(it.of);
                }
            }
            inner = values.get(next).copied();
            next += 1;
        }
        values
    }

    /// Notes what the running thread does, if that is in a destructor.
    pub(super) fn note_inside(&mut self, object: u32, conflicts: bool) {
        let Some(of) = self.destructors().last() else { return };
        let inside = self.now.inside.entry(object).or_default();
        match inside.iter_mut().find(|it| it.of == of) {
            Some(known) => known.conflicts |= conflicts,
            None => inside.push(Inside { of, conflicts }),
        }
    }

    /// Is a change of a count not ordered with an earlier question, or a question with either?
    fn is_unordered(&mut self, counted: u32, asks: bool, at: &'static Location<'static>) -> bool {
        let access = Access::now(self, asks, at);
        self.races.access(counted as usize, access, false).is_some()
    }
}
