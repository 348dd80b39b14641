//! Revisits: what an earlier read, or an earlier operation of an object, could have had instead, now
//! that there is another write or another operation.

use super::event::{Clock, Label, Name};
use super::graph::{Choice, Graph};

/// A write that is not in the graph yet, or is and was not when its thread's last event was added.
#[derive(Clone, Copy)]
pub(super) enum Write<'a> {
    New {
        thread: u16,
        label: Label,
        choice: &'a Choice,
    },
    /// The write part of a read-modify-write that has just been made to read another write.
    Own(Name),
}

impl Write<'_> {
    fn own(self) -> Option<Name> {
        match self {
            Write::Own(name) => Some(name),
            Write::New { .. } => None,
        }
    }
}

/// Gives every graph, and the read that it changes, in which an earlier read reads this write.
/// `prefix` is what comes before the write.
pub(super) fn of_write(
    graph: &Graph,
    location: u32,
    write: Write<'_>,
    prefix: &Clock,
    mut give: impl FnMut(Graph, Name),
) {
    let own = write.own();
    let reads = graph.names().filter(|name| {
        let label = graph.event(*name).label;
        label.location() == Some(location) && label.reads()
    });
    for read in reads.filter(|read| !prefix.has(*read) && Some(*read) != own) {
        if !is_maximal(graph, read, prefix, Some(write)) {
            continue;
        }
        let kept = graph.restrict(read, prefix);
        let mut change = |mut graph: Graph, write: Name| {
            if graph.event(read).label.may_fail() {
                let mut graph = graph.clone();
                if graph.reread_in_vain(read, write) && graph.settle() {
                    give(graph, read);
                }
            }
            if graph.reread(read, write) && graph.settle() {
                give(graph, read);
            }
        };
        match write {
            Write::Own(own) => change(kept, own),
            Write::New { thread, label, choice } => {
                for place in places(&kept, location, thread, label, choice) {
                    let mut graph = kept.clone();
                    let write = graph.add(thread, label, Choice { place, ..*choice });
                    change(graph, write);
                }
            }
        }
    }
}

/// The places in modification order that a new write may have.
fn places(graph: &Graph, location: u32, thread: u16, label: Label, choice: &Choice) -> Vec<usize> {
    let range = if label.reads() {
        let place = graph.position(location, choice.source);
        place..=place
    } else if graph.axioms.by_reads && label.is_of_memory() {
        let last = graph.object(location).len();
        last..=last
    } else {
        graph.lower(location, &graph.front(thread).hb)..=graph.object(location).len()
    };
    range.filter(|place| !graph.splits(location, *place)).collect()
}

/// Gives every graph, and the operation that it changes, in which this thread's next operation of
/// an object comes before one that is there. Each of the two comes out in every way that it can.
pub(super) fn of_operation(
    graph: &Graph,
    thread: u16,
    label: Label,
    mut give: impl FnMut(Graph, Name),
) {
    let Some(object) = label.object() else { return };
    let previous = graph.last_of(thread);
    let mut base = graph.front(thread).porf;
    if let Some(notification) = graph.notification_for(previous, label).filter(|_| label.takes()) {
        base.join(&graph.event(notification).clocks.porf);
    }
    let all = graph.object(object);
    for (at, later) in all.iter().copied().enumerate() {
        if base.has(later) {
            continue;
        }
        let Some(prefix) = before_both(graph, all, at, &base) else { continue };
        if prefix.has(later) || !is_maximal(graph, later, &prefix, None) {
            continue;
        }
        let kept = graph.restrict(later, &prefix);
        for first in kept.outcomes(previous, label) {
            if first.source.is_some() && !label.takes() {
                // The wait is notified already, so it does not end by itself.
                continue;
            }
            let mut kept = kept.clone();
            kept.add(thread, label, first.into());
            let before = Name { index: later.index - 1, ..later };
            for second in kept.outcomes(before, kept.event(later).label) {
                let mut changed = kept.clone();
                changed.reorder(object, later, second);
                if changed.settle() {
                    give(changed, later);
                }
            }
        }
    }
}

/// What comes before a new operation of an object that is put before the one at `at`: the others that
/// remain, until they are over. None, if one of these has to come after it, or is not over.
fn before_both(graph: &Graph, all: &[Name], at: usize, base: &Clock) -> Option<Clock> {
    let stamp = graph.event(all[at]).stamp;
    let mut prefix = base.clone();
    let mut before = vec![false; all.len()];
    loop {
        let mut more = false;
        for (i, one) in all.iter().enumerate().filter(|(i, _)| *i != at) {
            let kept = i < at || prefix.has(*one) || graph.event(*one).stamp <= stamp;
            if before[i] || !kept {
                continue;
            }
            let over = graph.over(*one).filter(|_| i < at)?;
            prefix.join(&graph.event(over).clocks.porf);
            before[i] = true;
            more = true;
        }
        if !more {
            return Some(prefix);
        }
    }
}

/// Would the events that are to be deleted, and `read` itself, be added as they are, if the graph
/// without them were extended in the maximal way? They are those that were added after `read` and
/// do not come before `prefix`. What `write` writes is not there yet.
fn is_maximal(graph: &Graph, read: Name, prefix: &Clock, write: Option<Write<'_>>) -> bool {
    let own = write.and_then(Write::own);
    let from = graph.event(read).stamp;
    let deleted = |name: Name| {
        graph.event(name).stamp >= from && (name == read || !prefix.has(name)) && Some(name) != own
    };
    let reads_too_early = |name: Name| {
        graph.event(name).source.is_some_and(|write| {
            deleted(write)
                && (prefix.has(name) || graph.event(name).stamp <= graph.event(write).stamp)
        })
    };
    let waits = |name: Name| name == read && graph.waits(name);
    !graph.names().any(reads_too_early)
        && graph
            .names()
            .all(|name| !deleted(name) || waits(name) || is_last(graph, name, prefix, write))
}

/// Was the event added as the last at its object, and with its first alternative, as far as those
/// count that were there before or come before `prefix`?
fn is_last(graph: &Graph, name: Name, prefix: &Clock, write: Option<Write<'_>>) -> bool {
    let own = write.and_then(Write::own);
    let event = graph.event(name);
    let there = |other: &Name| prefix.has(*other) || graph.event(*other).stamp <= event.stamp;
    if graph.waits(name) {
        // It waits there, whichever of the states it is in which it must.
        let all = event.label.location().map_or(&[][..], |location| graph.object(location));
        let last = all.iter().copied().rfind(|other| there(other) && Some(*other) != own);
        return event.source.as_ref().is_none_or(there)
            && graph.acted(name.thread, event.label, last).is_none();
    }
    if event.fails_for_no_reason() {
        return false;
    }
    if graph.axioms.by_reads && event.label.is_of_memory() {
        return !event.label.reads()
            || event.source.as_ref().is_none_or(there)
                && graph.reads_the_greatest(name, prefix, write);
    }
    if let Some(location) = event.label.location() {
        let from = if event.label.reads() { event.source } else { Some(name) };
        let later = &graph.object(location)[graph.position(location, from)..];
        let source_there = event.label.reads().then_some(event.source).flatten();
        return source_there.as_ref().is_none_or(there)
            && (graph.is_settled(name)
                || !later
                    .iter()
                    .any(|write| *write != name && Some(*write) != own && there(write)));
    }
    if let Some(object) = event.object() {
        let mut others = graph.object(object).iter();
        return others.by_ref().take_while(|other| **other != name).all(there)
            && !others.any(there)
            && graph.is_first_alternative(name);
    }
    event.source.as_ref().is_none_or(there) && graph.is_first_alternative(name)
}
