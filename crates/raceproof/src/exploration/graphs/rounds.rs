//! Rounds of loops that wait: what a round is, whether it is fruitless, whether it was as the one before, and whether there
//! is anything new for it to find. What that means is told [there](super::waiting).

use std::ops::Range;

use super::Graphs;
use super::event::{Label, Name};
use super::graph::Choice;
use super::waiting::{Round, Stand};
use crate::kernel::{Kernel, Pending};

impl Graphs {
    /// Is there a newer write than an access reads? If it has written what it has read: one of another value. Has the
    /// lock been had since that a section begins with, and perhaps changed what it guards?
    pub(super) fn overlooks(&self, name: Name) -> bool {
        let (graph, event) = (self.graph(), self.graph().event(name));
        if let Some(object) = event.opens() {
            return self.has_changed_since(name, object);
        }
        if event.holds_more().is_some() {
            return false;
        }
        let Some(location) = event.label.location() else { return false };
        if event.writes {
            let newer = &graph.object(location)[graph.position(location, Some(name))..];
            return newer.iter().any(|write| graph.event(*write).value != event.value);
        }
        graph.object(location).last().copied() != event.source
    }

    /// Does an event leave its atomic other than it was?
    pub(super) fn changes(&self, name: Name) -> bool {
        let event = self.graph().event(name);
        let before = || event.label.location().map(|x| self.value(x, event.source));
        event.writes && !(event.label.reads() && before() == Some(event.value))
    }

    /// The first event of the last round of a thread that waits, if that is known.
    pub(super) fn first_of_round(&self, thread: u16) -> Option<Name> {
        match self.waiting.stands[usize::from(thread)] {
            Stand::Waits(_, Round { from, is_exact: true }) => Some(Name { thread, index: from }),
            _ => None,
        }
    }

    /// The access of a thread that waits, whose rounds have only that one.
    fn access_before(&self, thread: u16) -> Option<Name> {
        let done = self.done[usize::from(thread)];
        self.first_of_round(thread).filter(|first| first.index == done)
    }

    /// Would a thread that waits, and looks again, find what it has found? It does not look there.
    pub(super) fn has_been_seen(&self, thread: u16, label: Label, choice: &Choice) -> bool {
        let Some(name) = self.access_before(thread) else { return false };
        let (graph, event) = (self.graph(), self.graph().event(name));
        if event.label != label || event.writes != choice.writes {
            return false;
        }
        if !event.writes {
            return event.source == choice.source;
        }
        let Some(location) = label.location() else { return false };
        let since = graph.position(location, Some(name))..choice.place;
        let writes = graph.object(location).get(since).unwrap_or_default();
        choice.value == event.value
            && writes.iter().all(|write| graph.event(*write).value == event.value)
    }

    /// Has a round of so many events done the same, and read the same, as the events before it?
    pub(super) fn is_as_before(&self, thread: u16, from: u32, length: u32) -> bool {
        from > length && self.are_as_before(thread, from..from + length, length)
    }

    /// Have these events done the same, and read the same, as those that come so many events before each?
    fn are_as_before(&self, thread: u16, events: Range<u32>, length: u32) -> bool {
        let of = |index: u32| {
            let name = Name { thread, index };
            let event = self.graph().event(name);
            let at = std::ptr::from_ref(self.waiting.site(name)?.at).addr();
            // What writes what was there reads another write each time.
            let source = match event.opens() {
                Some(_) => self.seen_by(name),
                None => event.source.filter(|_| !event.writes),
            };
            let value = event.writes.then_some(event.value);
            Some((at, event.label, source, value.filter(|_| event.holds_more().is_none())))
        };
        events.into_iter().all(|index| of(index).is_some() && of(index) == of(index - length))
    }

    /// Was the thread's last round, of which these are the last events and those of the two before, as the one before,
    /// and is what it has done since, and does next, as in that? Then it may do so next: what forbids that would have
    /// forbidden what it did.
    pub(super) fn is_in_step(
        &self,
        thread: u16,
        ends: [u32; 3],
        label: Label,
        choice: &Choice,
    ) -> bool {
        let ([first, second, third], next) = (ends, self.done[usize::from(thread)] + 1);
        let length = third - second;
        if second - first != length || next > third + length || choice.writes {
            return false;
        }
        let before = self.graph().event(Name { thread, index: next - length });
        let own = |index| {
            let event = self.graph().event(Name { thread, index });
            !event.writes || event.source == Some(Name { thread, index: index - length })
        };
        (before.label, before.source, before.writes) == (label, choice.source, false)
            && (second + 1..next).all(own)
            && self.are_as_before(thread, second + 1..next, length)
    }

    /// The round of a thread that is about to go on after a yield, where it had yielded before after so many
    /// events: what it has read since, in sections or not, if that is all that it has done. If it has done more, or had
    /// not yielded, it may be in its first round, if the next is to begin with something that it has read since.
    pub(super) fn fruitless_round(
        &self,
        kernel: &Kernel,
        thread: u16,
        before: Option<u32>,
    ) -> Option<Round> {
        let Pending { op, at } = kernel.thread(thread).pending;
        if kernel.thread(thread).poll.has_effect() {
            return None;
        }
        let (mut from, mut again, mut is_again, mut held) = (None, None, false, 0);
        for site in self.waiting.sites(thread) {
            let name = Name { thread, index: site.index };
            let event = self.graph().event(name);
            let more = event.holds_more();
            let looks = matches!(event.label, Label::Access(..) | Label::Fence(_));
            // A round that writes what was there has nothing else in it.
            let writes = event.writes && more.is_none();
            if event.fails_for_no_reason() {
                return None;
            }
            held -= more.unwrap_or(0);
            if more.is_none() && !looks
                || writes && (self.changes(name) || from.is_some() || held > 0)
                || held < 0
            {
                break;
            }
            is_again |= std::ptr::eq(site.at, at) && site.object == op.object();
            if held > 0 {
                continue;
            }
            if from.is_some() && self.is_noticed(thread, site.index) {
                break;
            }
            from = Some(site.index);
            again = from.filter(|_| is_again).or(again);
            if before == Some(site.index - 1) && !site.effect {
                return Some(Round { from: site.index, is_exact: true });
            }
            if site.effect || writes || self.is_noticed(thread, site.index) {
                break;
            }
        }
        again.map(|from| Round { from, is_exact: false })
    }

    /// Do others notice that a thread has been in the section which begins with this event, because it may have changed
    /// what the lock guards, or because they try to take it? Then a round has nothing else in it.
    pub(super) fn is_noticed(&self, thread: u16, from: u32) -> bool {
        let name = Name { thread, index: from };
        let Some(end) = self.graph().section_end(name) else { return false };
        let writes = self.graph().event(name).writes;
        let has_effect = |index| self.waiting.has_effect(Name { thread, index });
        self.graph().event(name).opens().is_some() && (writes || (from + 1..=end).any(has_effect))
    }
}
