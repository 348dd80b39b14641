//! Of which values the owners matter.

use std::panic::Location;

use super::count::Count;
use super::turn::Turn;
use crate::kernel::datarace::Access;
use crate::kernel::memory::Memory;
use crate::kernel::object::Object;
use crate::kernel::polling::Yields;
use crate::kernel::state::Kernel;

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

/// What matters of the `Arc`s that are made at a place: nothing, but at these places.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Matters(Option<&'static Place>);

/// A place, in front of those that were found before it. There are few, and they stay.
#[derive(Debug)]
struct Place {
    at: &'static Location<'static>,
    matter: Matter,
    others: Matters,
}

impl Matters {
    fn is_empty(self) -> bool {
        self.0.is_none()
    }

    pub(super) fn of(self, at: &'static Location<'static>) -> Matter {
        let mut places = std::iter::successors(self.0, |place| place.others.0);
        places.find(|place| place.at == at).map_or(Matter::Nothing, |place| place.matter)
    }

    fn note(&mut self, at: &'static Location<'static>, matter: Matter) {
        self.0 = Some(Box::leak(Box::new(Place { at, matter, others: *self })));
    }
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
        if self.limits.memory != Memory::Sequential {
            self.order_counts(arc, how.asks(), at);
            return false;
        }
        let matters = self.objects[arc as usize].matter > Matter::Nothing;
        let counted = self.is_told_to_count().unwrap_or(matters || how.asks());
        if counted && !matters {
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
        let turn = |(thread, alt): &(u16, u16)| {
            if *thread == self.current { Turn::of(*alt) } else { None }
        };
        let free = self.thread(self.current).free_counts;
        Some(rest.find_map(turn).is_some_and(|turn| turn.free == free))
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

    /// Under a weaker memory model a count decides only what is decided by what happens before. Fails if
    /// a change of it and a question are not ordered.
    pub(super) fn order_counts(&mut self, arc: u32, asks: bool, at: &'static Location<'static>) {
        let access = Access::now(self, asks, at);
        if self.races.access(arc as usize, access, false).is_some() {
            self.refuse(
                "the count of an `Arc` that decides something before its other owners are joined",
            );
        }
    }
}
