//! Revisits: what an earlier read, or an earlier acquisition, could have had instead, now that
//! there is another write or another thread that wants the mutex.

use super::event::{Clock, Label, Name};
use super::graph::{Choice, Graph};
use crate::kernel::Op;

/// A write that is not in the graph yet, or is and was not when its thread's last event was added.
pub(super) enum Write<'a> {
    New {
        thread: u16,
        label: Label,
        choice: &'a Choice,
    },
    /// The write part of a read-modify-write that has just been made to read another write.
    Own(Name),
}

/// Gives every graph, and the read that it changes, in which an earlier read reads this write.
/// `prefix` is what comes before the write.
pub(super) fn of_write(
    graph: &Graph,
    location: u32,
    write: &Write<'_>,
    prefix: &Clock,
    mut give: impl FnMut(Graph, Name),
) {
    let own = match write {
        Write::Own(name) => Some(*name),
        Write::New { .. } => None,
    };
    let reads = graph.names().filter(|name| {
        let label = graph.event(*name).label;
        label.location() == Some(location) && label.reads()
    });
    for read in reads.filter(|read| !prefix.has(*read) && Some(*read) != own) {
        if !is_maximal(graph, read, prefix, own) {
            continue;
        }
        let kept = graph.restrict(read, prefix);
        let mut change = |mut graph: Graph, write: Name| {
            if graph.reread(read, write) && graph.is_consistent() {
                give(graph, read);
            }
        };
        match *write {
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
    } else {
        graph.lower(location, &graph.front(thread).hb)..=graph.object(location).len()
    };
    range.filter(|place| !graph.splits(location, *place)).collect()
}

/// Gives every graph, and the acquisition that it changes, in which this thread takes the mutex
/// before a thread that has taken it.
pub(super) fn of_acquisition(
    graph: &Graph,
    thread: u16,
    mutex: u32,
    mut give: impl FnMut(Graph, Name),
) {
    let base = graph.front(thread).porf;
    let chain = graph.object(mutex);
    for (at, later) in chain.iter().copied().enumerate() {
        if base.has(later) {
            continue;
        }
        let Some(prefix) = before_both(graph, chain, at, &base) else { continue };
        if prefix.has(later) || !is_maximal(graph, later, &prefix, None) {
            continue;
        }
        let mut changed = graph.restrict(later, &prefix);
        changed.add(thread, Label::Other(Op::Lock(mutex)), Choice::default());
        changed.retake(mutex, later);
        if changed.is_consistent() {
            give(changed, later);
        }
    }
}

/// What comes before a new acquisition that is put before the one at `at`: the others that remain,
/// with their releases. None, if one of these has to come after it, or is not given back.
fn before_both(graph: &Graph, chain: &[Name], at: usize, base: &Clock) -> Option<Clock> {
    let stamp = graph.event(chain[at]).stamp;
    let mut prefix = base.clone();
    let mut before = vec![false; chain.len()];
    loop {
        let mut more = false;
        for (i, one) in chain.iter().enumerate().filter(|(i, _)| *i != at) {
            let kept = i < at || prefix.has(*one) || graph.event(*one).stamp <= stamp;
            if before[i] || !kept {
                continue;
            }
            let release = graph.release_of(*one).filter(|_| i < at)?;
            prefix.join(&graph.event(release).clocks.porf);
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
/// do not come before `prefix`. The write part of `own` is not there yet.
fn is_maximal(graph: &Graph, read: Name, prefix: &Clock, own: Option<Name>) -> bool {
    let from = graph.event(read).stamp;
    let deleted = |name: Name| {
        graph.event(name).stamp >= from && (name == read || !prefix.has(name)) && Some(name) != own
    };
    graph.names().all(|name| {
        let read_too_early = graph.event(name).source.is_some_and(|write| {
            deleted(write)
                && (prefix.has(name) || graph.event(name).stamp <= graph.event(write).stamp)
        });
        !read_too_early && (!deleted(name) || is_last(graph, name, prefix, own))
    })
}

/// Was the event added as the last at its object, and with its first alternative, as far as those
/// count that were there before or come before `prefix`?
fn is_last(graph: &Graph, name: Name, prefix: &Clock, own: Option<Name>) -> bool {
    let event = graph.event(name);
    let there = |other: &Name| prefix.has(*other) || graph.event(*other).stamp <= event.stamp;
    if let Some(location) = event.label.location() {
        let from = if event.label.reads() { event.source } else { Some(name) };
        let later = &graph.object(location)[graph.position(location, from)..];
        let source_there = event.label.reads().then_some(event.source).flatten();
        return source_there.as_ref().is_none_or(there)
            && !later.iter().any(|write| *write != name && Some(*write) != own && there(write));
    }
    if let Some(mutex) = event.label.mutex() {
        let mut others = graph.object(mutex).iter();
        return others.by_ref().take_while(|other| **other != name).all(there)
            && !others.any(there);
    }
    event.alternative == 0
}
