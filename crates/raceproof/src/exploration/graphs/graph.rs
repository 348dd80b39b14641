//! Execution graphs.

use std::cell::RefCell;
use std::rc::Rc;

use super::event::{Clock, Event, Label, Name};
use super::objects::Outcome;
use crate::kernel::machine::{Acted, States};
use crate::kernel::spurious::FOR_NO_REASON;

/// The events of an execution, and how they are related.
#[derive(Clone, Default)]
pub(super) struct Graph {
    /// The events of each thread, in program order.
    pub(super) threads: Vec<Vec<Event>>,
    /// The event by which each thread was spawned.
    pub(super) births: Vec<Option<Name>>,
    /// Every event, by stamp.
    pub(super) order: Vec<Name>,
    /// For each atomic its writes in modification order, the initial value aside; for each other
    /// object its [operations](Event::object), one after the other.
    pub(super) objects: Vec<Vec<Name>>,
    /// As `objects`, for the lanes of readers.
    pub(super) lanes: Vec<Vec<Name>>,
    /// What acts on machines come to, for all graphs.
    pub(super) states: Rc<RefCell<States>>,
    pub(super) axioms: Axioms,
}

/// Which graphs there are.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Axioms {
    /// They are those of interleavings. (What happens before what hangs on the orderings all the same: it
    /// decides which plain accesses race.)
    pub(crate) sequential: bool,
    /// They leave the order of writes [open](super::reads_from), of which that in [`objects`](Graph::objects) is one.
    pub(crate) by_reads: bool,
}

/// The first of the numbers of the lanes of readers, in the place of an object's.
pub(super) const LANES: u32 = 1 << 31;

/// How an event comes out.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Choice {
    /// The write that it reads.
    pub(super) source: Option<Name>,
    /// Its place in modification order, if it writes: how many writes come before.
    pub(super) place: usize,
    pub(super) writes: bool,
    pub(super) value: u64,
    pub(super) expected: u64,
    pub(super) alternative: u16,
    /// It is an act that would come to the same in every later state.
    pub(super) settled: bool,
}

impl Choice {
    /// It, failing for no reason.
    pub(super) fn in_vain(self) -> Self {
        Choice { writes: false, value: 0, alternative: FOR_NO_REASON, ..self }
    }
}

impl From<Outcome> for Choice {
    fn from(Outcome { source, alternative }: Outcome) -> Self {
        Choice { source, alternative, ..Choice::default() }
    }
}

impl Graph {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// Every event's name, by stamp.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = Name> + '_ {
        self.order.iter().copied()
    }

    pub(super) fn event(&self, name: Name) -> &Event {
        &self.threads[usize::from(name.thread)][name.index as usize - 1]
    }

    pub(super) fn event_mut(&mut self, name: Name) -> &mut Event {
        &mut self.threads[usize::from(name.thread)][name.index as usize - 1]
    }

    /// How many events a thread has.
    pub(super) fn events_of(&self, thread: u16) -> u32 {
        self.threads.get(usize::from(thread)).map_or(0, Vec::len) as u32
    }

    pub(super) fn last_of(&self, thread: u16) -> Name {
        Name { thread, index: self.events_of(thread) }
    }

    /// The writes of an atomic in modification order, or the operations of another object.
    pub(super) fn object(&self, object: u32) -> &[Name] {
        let (objects, at) = match object.checked_sub(LANES) {
            Some(lane) => (&self.lanes, lane),
            None => (&self.objects, object),
        };
        objects.get(at as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn object_mut(&mut self, object: u32) -> &mut Vec<Name> {
        let (objects, at) = match object.checked_sub(LANES) {
            Some(lane) => (&mut self.lanes, lane as usize),
            None => (&mut self.objects, object as usize),
        };
        if objects.len() <= at {
            objects.resize_with(at + 1, Vec::new);
        }
        &mut objects[at]
    }

    /// How many writes of the atomic come up to this one in modification order; 0: the initial value.
    pub(super) fn position(&self, object: u32, write: Option<Name>) -> usize {
        write.map_or(0, |write| {
            let at = self.object(object).iter().rposition(|other| *other == write);
            at.expect("a write is in its atomic's modification order") + 1
        })
    }

    /// The write at a position.
    pub(super) fn write_at(&self, object: u32, position: usize) -> Option<Name> {
        position.checked_sub(1).map(|at| self.object(object)[at])
    }

    /// Would a write put at this place come between a read-modify-write and what that reads?
    pub(super) fn splits(&self, object: u32, place: usize) -> bool {
        self.object(object).get(place).is_some_and(|next| self.event(*next).label.reads())
    }

    /// The least position that coherence leaves to an event of this past: the last write that
    /// happens before it, or that something which does reads.
    pub(super) fn lower(&self, object: u32, hb: &Clock) -> usize {
        let writes = self.object(object);
        let mut least = writes.iter().rposition(|write| hb.has(*write)).map_or(0, |at| at + 1);
        for name in self.names().rev().filter(|name| hb.has(*name)) {
            if least == writes.len() {
                break;
            }
            let event = self.event(name);
            let reads = event.label.location() == Some(object) && event.label.reads();
            let source = event.source.filter(|_| reads && !event.writes);
            let later = |source| writes[least..].iter().rposition(|write| *write == source);
            least += source.and_then(later).map_or(0, |at| at + 1);
        }
        least
    }

    /// Notes by which event a thread is spawned.
    pub(super) fn start(&mut self, child: u16, birth: Option<Name>) {
        let child = usize::from(child);
        if self.births.len() <= child {
            self.births.resize(child + 1, None);
            self.threads.resize_with(child + 1, Vec::new);
        }
        self.births[child] = birth;
    }

    /// Adds an event to a thread: a write at its place in modification order, an operation of
    /// another object after all others.
    pub(super) fn add(&mut self, thread: u16, label: Label, choice: Choice) -> Name {
        let Choice { source, place, writes, value, expected, alternative, settled: _ } = choice;
        let name = Name { thread, index: self.events_of(thread) + 1 };
        let stamp = self.order.last().map_or(0, |last| self.event(*last).stamp + 1);
        let clocks = Rc::default();
        let mut event =
            Event { label, stamp, source, writes, value, expected, alternative, clocks };
        event.clocks = Rc::new(self.clocks(name, &event, self.front(thread)));
        if let Some(location) = label.location().filter(|_| writes) {
            self.object_mut(location).insert(place, name);
        } else if let Some(object) = event.object() {
            self.object_mut(object).push(name);
        }
        self.threads[usize::from(thread)].push(event);
        self.order.push(name);
        name
    }

    /// Takes back what was added after the first `len` events.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.order.len() > len {
            let Some(name) = self.order.pop() else { return };
            let event = self.threads[usize::from(name.thread)].pop();
            let label = event.expect("an event is in its thread").label;
            if let Some(object) = label.location().or(label.object()) {
                self.object_mut(object).retain(|other| *other != name);
            }
        }
    }

    /// What remains of it if nothing has been done but what comes before a thread's next event after `last`.
    pub(super) fn past_of(&self, last: Name) -> Graph {
        let past = self.front_after(last).porf;
        self.kept(|name| past.has(*name), |thread, _| past.get(thread) as usize)
    }

    /// What remains if every event is taken out that was added after `read` and does not come
    /// before `prefix`; `read` itself remains, without its place at its object.
    pub(super) fn restrict(&self, read: Name, prefix: &Clock) -> Graph {
        let Event { stamp, label, .. } = *self.event(read);
        let kept = |name: &Name| prefix.has(*name) || self.event(*name).stamp <= stamp;
        let mut graph = self.kept(kept, |thread, events| {
            let before = |event: &Event| event.stamp <= stamp;
            events.partition_point(before).max(prefix.get(thread) as usize)
        });
        if let Some(object) = label.location().or(label.object()) {
            graph.object_mut(object).retain(|name| *name != read);
        }
        graph
    }

    /// What remains if only these events are kept, so many of each thread.
    fn kept(&self, kept: impl Fn(&Name) -> bool, length: impl Fn(u16, &[Event]) -> usize) -> Graph {
        let filter = |names: &[Name]| names.iter().copied().filter(&kept).collect::<Vec<_>>();
        let threads = (0..).zip(&self.threads);
        Graph {
            threads: threads.map(|(it, all)| all[..length(it, all)].to_vec()).collect(),
            births: self.births.clone(),
            order: filter(&self.order),
            objects: self.objects.iter().map(|names| filter(names)).collect(),
            lanes: self.lanes.iter().map(|names| filter(names)).collect(),
            states: Rc::clone(&self.states),
            axioms: self.axioms,
        }
    }

    /// Makes a read, the last event of its thread and without a place at its object, read another
    /// write. False if that cannot be.
    pub(super) fn reread(&mut self, read: Name, write: Name) -> bool {
        self.read_again(read, write, false)
    }

    /// As [`reread`](Graph::reread), of one that would write, and fails for no reason.
    pub(super) fn reread_in_vain(&mut self, read: Name, write: Name) -> bool {
        let Event { label, expected, .. } = *self.event(read);
        let would_write = label.writes(self.event(write).value, expected);
        label.may_fail() && would_write && self.read_again(read, write, true)
    }

    fn read_again(&mut self, read: Name, write: Name, fails: bool) -> bool {
        let front = self.front_before(read);
        let mut event = self.event(read).clone();
        let location = event.label.location().expect("a read is of an atomic");
        let place = self.position(location, Some(write));
        let is_open = self.axioms.by_reads && event.label.is_of_memory();
        if !is_open && place < self.lower(location, &front.hb) {
            return false;
        }
        event.source = Some(write);
        let (label, thread) = (event.label, read.thread);
        if label.acts() {
            let acted = self.acted(thread, label, event.source);
            // It waits again, or comes to what it has come to before.
            let waits = acted.is_none();
            let settled = |acted: &Acted| acted.settled;
            let before = self.write_at(location, place - 1);
            let again = acted.is_some_and(|acted| settled(&acted))
                && place > self.lower(location, &front.hb)
                && self.acted(thread, label, before).is_some_and(|it| settled(&it));
            if again || waits && self.waits(read) {
                return false;
            }
            event.writes = acted.is_some_and(|acted| acted.writes);
            event.value = acted.map_or(0, |acted| acted.state);
            event.alternative = acted.map_or(0, |acted| acted.alternative);
        } else {
            event.writes = !fails && label.writes(self.event(write).value, event.expected);
            let finds = label.looks_for_poison().then(|| 1 + self.event(write).value as u16);
            event.alternative = finds.unwrap_or(if fails { FOR_NO_REASON } else { 0 });
        }
        if event.writes && self.splits(location, place) {
            return false;
        }
        event.clocks = Rc::new(self.clocks(read, &event, front));
        if event.writes {
            self.object_mut(location).insert(place, read);
        }
        *self.event_mut(read) = event;
        true
    }

    /// Puts an operation of an object, the last event of its thread and without a place there, after
    /// all others.
    pub(super) fn reorder(
        &mut self,
        object: u32,
        name: Name,
        Outcome { source, alternative }: Outcome,
    ) {
        let front = self.front_before(name);
        let mut event = self.event(name).clone();
        (event.source, event.alternative) = (source, alternative);
        event.clocks = Rc::new(self.clocks(name, &event, front));
        if event.object().is_some() {
            self.object_mut(object).push(name);
        }
        *self.event_mut(name) = event;
    }
}
