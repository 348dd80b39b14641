//! What is done with counts, and what comes of it.

use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

use super::matter::Matter;
use super::turn::{Turn, TurnKind};
use crate::kernel::footprint::Footprint;
use crate::kernel::memory::Memory;
use crate::kernel::object::{Id, Kind, Object, second};
use crate::kernel::place::Place;
use crate::kernel::state::Kernel;

/// What is done with the counts of an `Arc`.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Count {
    /// Makes an owner of another one.
    Clone,
    /// Drops an owner.
    Drop,
    /// Makes the first owner of a value that has weak references already.
    Begin,
    /// Makes a weak reference.
    AddWeak,
    /// Drops a weak reference.
    DropWeak,
    /// Makes an owner if there is one.
    Upgrade,
    /// Asks how many owners there are.
    Owners,
    /// Asks how many weak references there are.
    Weaks,
    /// Asks whether an owner is alone, without weak references.
    GetMut,
    /// As [`Count::GetMut`]; an owner with weak references leaves these alone with nothing.
    MakeMut,
    /// Takes the value out if there is no other owner.
    TryUnwrap,
    /// Drops an owner, and takes the value out if it was the last.
    IntoInner,
}

impl Count {
    /// Can its thread tell a count by it?
    pub(in crate::kernel) fn asks(self) -> bool {
        use Count::{AddWeak, Begin, Clone, Drop, DropWeak};
        !matches!(self, Clone | Drop | Begin | AddWeak | DropWeak)
    }

    /// Does it leave another count than it found, or may it?
    pub(in crate::kernel) fn changes(self) -> bool {
        !matches!(self, Count::Owners | Count::Weaks | Count::GetMut)
    }

    /// Is it about the owners?
    pub(super) fn is_of_owners(self) -> bool {
        !matches!(self, Count::AddWeak | Count::DropWeak)
    }

    /// Is it about the weak references?
    pub(super) fn is_of_weaks(self) -> bool {
        use Count::{AddWeak, DropWeak, GetMut, MakeMut, Weaks};
        matches!(self, AddWeak | DropWeak | GetMut | MakeMut | Weaks)
    }

    /// Does it, where there are so many owners, only look at how many there are?
    pub(crate) fn looks(self, owners: u64) -> bool {
        match self {
            Count::Owners | Count::Weaks | Count::GetMut => true,
            Count::Upgrade => owners == 0,
            Count::TryUnwrap | Count::MakeMut => owners != 1,
            _ => false,
        }
    }

    /// Does it come after the owners that were dropped before, as std does it?
    pub(crate) fn acquires(self, owners: u64) -> bool {
        match self {
            Count::Upgrade => owners > 0,
            Count::Drop | Count::IntoInner | Count::TryUnwrap | Count::MakeMut => owners == 1,
            Count::GetMut => true,
            _ => false,
        }
    }

    /// Does what comes after it in this sense come after its thread?
    pub(crate) fn releases(self) -> bool {
        matches!(self, Count::Drop | Count::IntoInner | Count::Begin | Count::MakeMut)
    }

    /// How many owners there are more, where there are so many, and as many weak references; and whether it did
    /// what it tries, dropped the last owner, or found the owner alone.
    pub(super) fn comes_to(self, owners: u32, weaks: u32) -> (i32, bool) {
        match self {
            Count::Clone | Count::Begin => (1, true),
            Count::Upgrade => (i32::from(owners > 0), owners > 0),
            Count::Drop | Count::IntoInner => (-1, owners == 1),
            Count::TryUnwrap => (-i32::from(owners == 1), owners == 1),
            Count::MakeMut => {
                let alone = owners == 1;
                (-i32::from(alone && weaks > 0), alone && weaks == 0)
            }
            Count::GetMut => (0, owners == 1 && weaks == 0),
            Count::Owners | Count::Weaks | Count::AddWeak | Count::DropWeak => (0, false),
        }
    }

    /// How many owners there are after it, if there were so many and there are no weak references.
    pub(crate) fn leaves(self, owners: u64) -> u64 {
        let before = u32::try_from(owners).unwrap_or(u32::MAX);
        u64::from(before.saturating_add_signed(self.comes_to(before, 0).0))
    }

    /// May it decide by a load, or by an exchange that fails, which need not read the last count?
    fn loads(self) -> bool {
        self.asks() && self != Count::IntoInner
    }

    /// What it touches. It writes what it asks for; what commutes reads.
    pub(crate) fn footprint(self, arc: u32, last: bool) -> Footprint {
        match self {
            Count::Drop if last => Footprint::write(arc),
            Count::Clone | Count::Drop => Footprint::read(arc),
            Count::AddWeak | Count::DropWeak => Footprint::read(weaks(arc)),
            Count::Begin | Count::Upgrade | Count::Owners | Count::TryUnwrap | Count::IntoInner => {
                Footprint::write(arc)
            }
            Count::Weaks | Count::GetMut | Count::MakeMut => Footprint::write_both(arc, weaks(arc)),
        }
    }
}

/// The object that stands for the weak references.
pub(super) fn weaks(arc: u32) -> u32 {
    second(arc)
}

/// What the thread is told of a step that only looks, under a weak memory model, is the number of owners that it found
/// and this.
pub(crate) const LOOKED: u32 = 2;

/// What comes of it.
pub(crate) struct Counted {
    pub(in crate::kernel) footprint: Footprint,
    /// How many owners, and weak references, there were before.
    pub(in crate::kernel) before: (u32, u32),
    /// How many owners there are more.
    pub(in crate::kernel) more: i32,
    /// Whether it did what it tries, dropped the last owner, or found the owner alone.
    pub(crate) succeeded: bool,
}

/// Under a weak memory model: the alternative of a step that finds so many owners. It says how many if another count
/// could have been found.
pub(crate) fn seen(how: Count, owners: u64) -> u16 {
    if how.looks(owners) { u16::try_from(owners + 1).unwrap_or(u16::MAX) } else { 0 }
}

impl Kernel {
    /// Adds the counts of a value made by the running thread, which has one owner, or none yet.
    pub(crate) fn create_owned(&mut self, owners: u32, at: &'static Location<'static>) -> Id {
        let id = self.create_pair([Kind::Owners, Kind::Weaks], None, at);
        let matter = self.limits.matters.of(at).unwrap_or_default();
        let object = &mut self.objects[id.index as usize];
        (object.count, object.first, object.matter) = (owners, owners, matter);
        id
    }

    /// The alternative by which this step is taken.
    pub(in crate::kernel) fn count_alternative(&self, thread: u16, arc: u32, how: Count) -> u16 {
        let thread = self.thread(thread);
        let Object { matter, count, .. } = &self.objects[arc as usize];
        if self.limits.memory != Memory::Sequential {
            return seen(how, u64::from(*count));
        }
        let kind = match (how, *matter) {
            (Count::Drop, Matter::Last) if *count == 1 => TurnKind::Last,
            (Count::Drop, Matter::Last) => TurnKind::OneOf,
            _ => TurnKind::Plain,
        };
        Turn { kind, free: thread.free_counts }.number()
    }

    /// Does it, as a step by this turn or freely.
    pub(crate) fn count(&mut self, arc: u32, how: Count, turn: Option<Turn>) -> Counted {
        let weak = weaks(arc);
        let (owners, others) =
            (self.objects[arc as usize].count, self.objects[weak as usize].count);
        let (more, succeeded) = how.comes_to(owners, others);
        self.objects[arc as usize].count = owners.saturating_add_signed(more);
        match how {
            Count::AddWeak => {
                let object = &mut self.objects[weak as usize];
                (object.count, object.first) = (others + 1, 1);
            }
            Count::DropWeak => self.objects[weak as usize].count = others.saturating_sub(1),
            _ => {}
        }
        if turn.is_some() && how.loads() {
            self.note_weak(arc);
        }
        let last = turn.is_some_and(|turn| turn.kind == TurnKind::Last);
        self.order_by_count(arc, how, (owners, others), last);
        if how == Count::Drop && succeeded && !last {
            self.begin_destructor(arc, turn.is_some());
        }
        Counted { footprint: how.footprint(arc, last), before: (owners, others), more, succeeded }
    }

    /// Does it as a step under a weak memory model. What only looks need not find the last count: its alternative
    /// says which one. The order of memory is the model's.
    pub(in crate::kernel) fn count_weakly(&mut self, arc: u32, how: Count) -> Counted {
        let last = self.objects[arc as usize].count;
        let alternative =
            Turn::of_weakly(self.alt).map_or(self.alt, |(_, alternative)| alternative);
        let owners = alternative.checked_sub(1).map_or(last, u32::from);
        let free = std::mem::take(&mut self.me().free_counts);
        self.alt = Turn::weakly(free, alternative);
        let others = self.objects[weaks(arc) as usize].count;
        let (more, succeeded) = how.comes_to(owners, others);
        self.objects[arc as usize].count = last.saturating_add_signed(more);
        Counted { footprint: how.footprint(arc, false), before: (owners, others), more, succeeded }
    }

    /// How many owners there were at first.
    pub(crate) fn first_owners(&self, arc: u32) -> u64 {
        u64::from(self.objects[arc as usize].first)
    }

    /// Orders plain memory by it, as std does. What commutes with others acquires nothing by that.
    fn order_by_count(&mut self, arc: u32, how: Count, before: (u32, u32), last: bool) {
        let (me, weak) = (usize::from(self.current), weaks(arc));
        let races = &mut self.races;
        match (how, before) {
            (Count::Drop | Count::IntoInner, (owners, _)) => {
                races.release(me, arc, false);
                races.release_beside_given(me, arc);
                if owners == 1 && (last || how == Count::IntoInner) {
                    races.acquire(me, arc, false);
                }
            }
            (Count::Begin, _) => races.release(me, arc, false),
            (Count::DropWeak, _) => races.release(me, weak, false),
            (Count::Upgrade, (1.., _)) | (Count::TryUnwrap | Count::MakeMut, (1, _)) => {
                races.acquire(me, arc, false);
            }
            (Count::GetMut, (_, 0)) => {
                races.acquire(me, weak, false);
                races.acquire(me, arc, false);
            }
            (Count::Owners, _) => races.atomic(me, arc, true, false, Relaxed),
            (Count::Weaks, _) => races.atomic(me, weak, true, false, Relaxed),
            _ => {}
        }
    }

    /// Counts owners when every thread has ended: only whether there are any is asked then.
    pub(crate) fn count_afterwards(&mut self, arc: u32, how: Count) {
        if !self.now.over {
            return;
        }
        let owners = &mut self.objects[arc as usize].count;
        match how {
            Count::Begin | Count::Clone => *owners += 1,
            Count::Upgrade if *owners > 0 => *owners += 1,
            Count::Drop | Count::IntoInner => *owners = owners.saturating_sub(1),
            Count::TryUnwrap if *owners == 1 => *owners = 0,
            _ => {}
        }
    }

    /// A value that has an owner yet, in words, if all threads have ended by themselves.
    pub(crate) fn leaked(&self) -> Option<String> {
        if self.now.live > 0 {
            return None;
        }
        let alive = |(number, object): &(u32, &Object)| {
            let here = object.epoch == self.epoch && object.kind == Kind::Owners;
            here && object.count > 0 && !self.statics.owns(*number)
        };
        let (_, first) = (0..).zip(&self.objects).find(alive)?;
        let owners = if first.count == 1 { "an owner" } else { &format!("{} owners", first.count) };
        Some(format!(
            "the value of an `Arc` made at {} is never dropped: it has {owners} left when every thread \
             has ended; look for `Arc`s in a cycle, of which one has to be a `Weak`, and for forgotten \
             ones",
            Place::from(first.at),
        ))
    }
}
