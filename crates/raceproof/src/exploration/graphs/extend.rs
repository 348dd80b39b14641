//! How a graph grows: new events, and what is owed because of them.

use super::consistency::allows;
use super::event::{Clocks, Label, Name};
use super::graph::Choice;
use super::revisit::{self, Write};
use super::{Frame, Graphs, Item};
use crate::execution::strategy::WeakAccess;
use crate::kernel::machine::{Acted, NOT_SEEN};
use crate::kernel::owners::Turn;
use crate::kernel::spurious::later_if_it_fails;
use crate::kernel::{Kernel, Op};

impl Graphs {
    /// Pays what the write part of a revisited read-modify-write owes, now that its value is known.
    pub(super) fn revisit_by_own(&mut self) {
        let Some(own) = self.own.take() else { return };
        let Frame { graph, items, .. } = self.frame();
        let event = graph.event(own);
        let location = event.label.location().expect("a write is of an atomic");
        let prefix = event.clocks.porf.clone();
        revisit::of_write(graph, location, Write::Own(own), &prefix, |graph, read| {
            items.push(Item::Backward(Box::new(graph), read));
        });
    }

    /// Owes the graphs in which this operation of an object comes before others that are there.
    pub(super) fn revisit_operations(&mut self, thread: u16, label: Label) {
        if self.on_trial() == Some(thread) {
            return;
        }
        let found = self.found_by(thread, label);
        let mut owed = Vec::new();
        revisit::of_operation(self.graph(), thread, label, |graph, later| {
            let again = |seen| seen == self.seen_in(&graph, graph.last_of(thread));
            if !found.is_some_and(again) {
                owed.push(Item::Backward(Box::new(graph), later));
            }
        });
        self.frame().items.extend(owed);
    }

    /// Adds a new step that is no access, and owes its other alternatives.
    pub(super) fn step_freely(&mut self, kernel: &Kernel, op: Op, alternative: u16) {
        let thread = kernel.current;
        let label = Label::Other(op);
        let explores = self.script.is_none();
        if explores && label.object().is_some() {
            self.revisit_operations(thread, label);
        }
        let others = std::mem::take(&mut self.others);
        let graph = self.graph();
        let sent = self.received_send(kernel, op);
        let source = sent.or_else(|| graph.notification_for(graph.last_of(thread), label));
        let choice = |alternative| Choice { source, alternative, ..Choice::default() };
        if explores {
            let Frame { graph, items, .. } = self.frame();
            let len = graph.len();
            items.extend(others.iter().rev().map(|alternative| Item::Forward {
                len,
                thread,
                label,
                choice: choice(*alternative),
            }));
        }
        self.others = others;
        self.add(thread, label, choice(alternative));
    }

    /// Adds a new step that is taken for one of an atomic, and which the kernel has taken.
    pub(super) fn atomic_freely(&mut self, kernel: &Kernel, thread: u16, label: Label) {
        // Of a step that counts owners: the free operations before it.
        let free = match label {
            Label::Access(Op::Count { .. }, ..) => {
                Turn::of_weakly(kernel.alt).map(|(free, _)| free)
            }
            _ => None,
        };
        self.with_atomic(label, free.map_or(1, u64::from), |graphs, access| match graphs.script {
            None => _ = graphs.access_freely(thread, label, access),
            Some(_) => {
                let choice = graphs.choice_as_told(kernel.alt, thread, label, access);
                graphs.add(thread, label, choice);
            }
        });
    }

    /// Gives the access for which a step is taken.
    pub(super) fn with_atomic(
        &mut self,
        label: Label,
        expected: u64,
        give: impl FnOnce(&mut Self, &WeakAccess<'_>),
    ) {
        let Label::Access(op, writing, reading) = label else { return };
        let Some(object) = label.location() else { return };
        let make = |there| match op {
            Op::Unpark { .. } => Some(1),
            Op::Park { .. } => (there == 1).then_some(0),
            Op::End { .. } | Op::Poison { .. } => Some(1),
            Op::IsFinished { .. } | Op::IsPoisoned { .. } | Op::SeePoison { .. } => None,
            _ => Some(0),
        };
        let orders = (writing, reading);
        give(self, &WeakAccess { op, object, orders, expected, make: &make });
    }

    /// How a step that is taken for one of an atomic comes out in the wanted execution.
    fn choice_as_told(
        &self,
        alternative: u16,
        thread: u16,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Choice {
        let last = self.graph().object(access.object).len();
        let lower = self.graph().lower(access.object, &self.graph().front(thread).hb);
        let told = Turn::of_weakly(alternative).map(|(_, alternative)| alternative);
        let alternative = match label {
            Label::Access(Op::Count { .. }, ..) => told.unwrap_or(alternative),
            _ => alternative,
        };
        let fits = |choice: &Choice| !label.has_alternatives() || choice.alternative == alternative;
        let choices = (lower..=last).filter_map(|place| self.choice(thread, access, label, place));
        let (mut told, mut settled) = (None, None);
        for choice in choices.filter(fits) {
            settled = settled.or(Some(choice).filter(|choice| choice.settled));
            told = Some(choice);
        }
        settled.or(told).unwrap_or_default()
    }

    /// The value of a write, or of the initial one.
    pub(super) fn value(&self, location: u32, write: Option<Name>) -> u64 {
        match write {
            Some(write) => self.graph().event(write).value,
            None => self.initial.get(location as usize).copied().unwrap_or(0),
        }
    }

    /// How an access comes out that reads, or is put after, the write at this position; `None` if it must wait.
    pub(super) fn choice(
        &self,
        thread: u16,
        access: &WeakAccess<'_>,
        label: Label,
        place: usize,
    ) -> Option<Choice> {
        let source = self.graph().write_at(access.object, place);
        if label.acts() {
            let acted = self.graph().acted(thread, label, source)?;
            let Acted { writes, state: value, alternative, settled, .. } = acted;
            let expected = access.expected;
            return Some(Choice { source, place, writes, value, expected, alternative, settled });
        }
        let new = (access.make)(self.value(access.object, source));
        let expected = access.expected;
        let looks = matches!(label, Label::Access(Op::IsFinished { .. }, ..));
        let alternative = match label.looks_for_poison() {
            true => 1 + self.value(access.object, source) as u16,
            false if looks && source.is_none() => NOT_SEEN,
            false => 0,
        };
        let choice = Choice {
            source: source.filter(|_| label.reads()),
            place,
            writes: new.is_some(),
            value: new.unwrap_or(0),
            expected,
            alternative,
            settled: false,
        };
        Some(choice).filter(|choice| choice.writes || !label.parks())
    }

    /// Adds a new access in the maximal way, and owes the other ways, and the revisits by its write.
    pub(super) fn access_freely(
        &mut self,
        thread: u16,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Name {
        let choice = self.owe_access(thread, label, access);
        self.add(thread, label, choice.unwrap_or_default())
    }

    /// How an access of a thread on trial comes out: it reads the oldest that it may, and owes nothing.
    pub(super) fn oldest(
        &mut self,
        thread: u16,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Option<Choice> {
        let location = access.object;
        let last = self.graph().object(location).len();
        for place in self.graph().lower(location, &self.graph().front(thread).hb)..=last {
            let Some(choice) = self.choice(thread, access, label, place) else { continue };
            if choice.settled {
                return Some(choice);
            }
            if self.writes_again(thread, label, &choice) {
                if place < last && label.acts() {
                    self.leave();
                }
                return Some(choice);
            }
            let in_step =
                self.last_ends().is_some_and(|ends| self.is_in_step(thread, ends, label, &choice));
            let graph = &mut self.frame().graph;
            let splits = choice.writes && graph.splits(location, place);
            if place < last && !splits && (in_step || allows(graph, thread, label, choice)) {
                return Some(choice);
            }
        }
        self.choice(thread, access, label, last)
    }

    /// Owes the ways in which an access may come out, and the revisits by its write; returns the maximal way, which
    /// is not owed, unless it must wait.
    pub(super) fn owe_access(
        &mut self,
        thread: u16,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Option<Choice> {
        if self.on_trial() == Some(thread) {
            return self.oldest(thread, label, access);
        }
        let location = access.object;
        let front = self.graph().front(thread);
        let last = self.graph().object(location).len();
        let lower = match self.graph().axioms.by_reads && label.is_of_memory() {
            // A write has no place, and a read may read any.
            true if label.reads() => 0,
            true => last,
            false => self.graph().lower(location, &front.hb),
        };
        for place in lower..=last {
            let Some(choice) = self.choice(thread, access, label, place) else { continue };
            if choice.settled {
                return Some(choice);
            }
            if self.has_been_seen(thread, label, &choice) {
                continue;
            }
            // A store revisits once: it has its places again in each of those graphs.
            if choice.writes && (label.reads() || place == last) {
                self.revisit_by_new(thread, label, &choice, &front);
            }
            let Frame { graph, items, .. } = self.frame();
            let possible = place < last && !(choice.writes && graph.splits(location, place));
            let fails = choice.writes && label.may_fail();
            let ways = [fails.then(|| choice.in_vain()), possible.then_some(choice)];
            for choice in ways.into_iter().flatten() {
                if allows(graph, thread, label, choice) {
                    items.push(Item::Forward { len: graph.len(), thread, label, choice });
                }
            }
        }
        self.choice(thread, access, label, last)
    }

    /// Owes the graphs in which reads that were added before read a new write.
    fn revisit_by_new(&mut self, thread: u16, label: Label, choice: &Choice, front: &Clocks) {
        let Frame { graph, items, .. } = self.frame();
        let mut prefix = front.porf.clone();
        if let Some(source) = choice.source {
            prefix.join(&graph.event(source).clocks.porf);
        }
        let location = label.location().expect("a write is of an atomic");
        let write = Write::New { thread, label, choice };
        revisit::of_write(graph, location, write, &prefix, |graph, read| {
            items.push(Item::Backward(Box::new(graph), read));
        });
    }

    /// Adds a new access of the execution that is wanted, whose alternative counts the writes after
    /// the one that it reads, or after its place.
    pub(super) fn access_as_told(
        &mut self,
        kernel: &mut Kernel,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Name {
        let (thread, location) = (kernel.current, access.object);
        let hb = self.graph().front(thread).hb;
        let last = self.graph().object(location).len();
        let fails = later_if_it_fails(kernel.alt).filter(|_| label.may_fail());
        let place = last.checked_sub(usize::from(fails.unwrap_or(kernel.alt)));
        let place = place.filter(|place| *place >= self.graph().lower(location, &hb));
        let told = self.choice(thread, access, label, place.unwrap_or(last)).unwrap_or_default();
        let choice = if fails.is_some() && told.writes { told.in_vain() } else { told };
        let graph = &mut self.frame().graph;
        let splits = choice.writes && graph.splits(location, choice.place);
        if place.is_none() || splits || !allows(graph, thread, label, choice) {
            kernel.diverged(format!("thread {thread} cannot read or write so old a value"));
            let choice = self.choice(thread, access, label, last);
            return self.add(thread, label, choice.unwrap_or_default());
        }
        self.add(thread, label, choice)
    }

    /// In the wanted execution: the step of the last write done that comes after what an access
    /// reads and has another value, or after itself.
    pub(super) fn newer_write(
        &mut self,
        kernel: &Kernel,
        location: u32,
        name: Name,
        value: u64,
    ) -> Option<u32> {
        self.script.as_ref()?;
        let graph = self.graph();
        let event = graph.event(name);
        let from = if event.writes { Some(name) } else { event.source };
        let later = &graph.object(location)[graph.position(location, from)..];
        // A read of the newest value is none that a reader would wonder at.
        let tells = |write: &Name| event.writes || graph.event(*write).value != value;
        let other = later.iter().copied().rfind(tells);
        let step = |write: Name| self.written_in.iter().find(|(name, _)| *name == write);
        let newer = other.and_then(step).map(|(_, step)| *step);
        if event.writes {
            self.written_in.push((name, kernel.events.taken() as u32));
        }
        newer
    }

    /// How many writes that have been done come after what an access reads, or after itself.
    pub(super) fn later_writes(&self, location: u32, name: Name) -> usize {
        let event = self.graph().event(name);
        let from = if event.writes { Some(name) } else { event.source };
        let later = &self.graph().object(location)[self.graph().position(location, from)..];
        later.iter().filter(|write| self.is_done(**write)).count()
    }
}
