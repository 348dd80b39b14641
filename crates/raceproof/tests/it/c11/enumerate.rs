//! Every consistent graph of a program, by brute force: events are added to threads in any order,
//! reads read any write that is there, writes are put at any place in modification order.

use std::collections::{BTreeMap, HashSet};

use super::axioms::Axioms;
use super::language::{Program, Value, What, told};

/// A thread, and which of its events, from 0.
pub(super) type Name = (usize, usize);

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Event {
    pub(super) what: What,
    /// The place of its operation in the thread's code.
    line: usize,
    /// The write that it reads; none: the initial value.
    pub(super) source: Option<Name>,
    /// The value that it reads, or the choice.
    value: i64,
    written: i64,
    pub(super) writes: bool,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Graph {
    threads: Vec<Vec<Event>>,
    /// The writes of each atomic in modification order.
    writes: BTreeMap<usize, Vec<Name>>,
    /// The acquisitions of each mutex in their order.
    acquisitions: BTreeMap<usize, Vec<Name>>,
}

impl Event {
    pub(super) fn location(&self) -> Option<usize> {
        match self.what {
            What::Store(x, ..) | What::Load(x, _) | What::Add(x, ..) => Some(x),
            What::Swap(x, ..) | What::Cas(x, ..) => Some(x),
            _ => None,
        }
    }

    pub(super) fn reads(&self) -> bool {
        self.location().is_some() && !matches!(self.what, What::Store(..))
    }
}

impl Graph {
    pub(super) fn names(&self) -> Vec<Name> {
        let threads = self.threads.iter().enumerate();
        threads.flat_map(|(t, events)| (0..events.len()).map(move |i| (t, i))).collect()
    }

    pub(super) fn event(&self, (thread, index): Name) -> &Event {
        &self.threads[thread][index]
    }

    pub(super) fn modification_order(&self, location: usize) -> &[Name] {
        self.writes.get(&location).map_or(&[], Vec::as_slice)
    }

    /// Does this event give a mutex back that the other takes later?
    pub(super) fn is_given_back_before(&self, release: Name, acquisition: Name) -> bool {
        let (What::Unlock(mutex), What::Lock(same)) =
            (self.event(release).what, self.event(acquisition).what)
        else {
            return false;
        };
        let taken = &self.acquisitions[&same];
        let place = |wanted: &dyn Fn(&Name) -> bool| taken.iter().rposition(wanted);
        let by = |name: &Name| name.0 == release.0 && name.1 < release.1;
        mutex == same && place(&by) < place(&|name| *name == acquisition)
    }

    fn registers(&self, thread: usize) -> Vec<i64> {
        let told = |event: &&Event| event.reads() || matches!(event.what, What::Choose(_));
        self.threads[thread].iter().filter(told).map(|event| event.value).collect()
    }

    fn holder(&self, mutex: usize) -> Option<usize> {
        let (thread, index) = *self.acquisitions.get(&mutex)?.last()?;
        let after = &self.threads[thread][index..];
        let given_back = after.iter().any(|event| event.what == What::Unlock(mutex));
        (!given_back).then_some(thread)
    }

    fn value(&self, write: Option<Name>) -> i64 {
        write.map_or(0, |write| self.event(write).written)
    }

    /// The operation of a thread that comes next.
    fn next(&self, program: &Program, thread: usize) -> Option<(usize, What)> {
        let registers = self.registers(thread);
        let from = self.threads[thread].last().map_or(0, |last| last.line + 1);
        let rest = program[thread].iter().enumerate().skip(from);
        let (line, what) = rest.into_iter().find(|(_, what)| what.is_done(&registers))?;
        Some((line, what.what))
    }

    /// Every graph with one more event of a thread, consistent or not.
    fn with_one_more(&self, line: usize, thread: usize, what: What) -> Vec<Graph> {
        let registers = self.registers(thread);
        let event = Event { what, line, source: None, value: 0, written: 0, writes: false };
        let mut found = Vec::new();
        match what {
            What::Store(_, v, _) => {
                found = self
                    .written(thread, Event { writes: true, written: v.of(&registers), ..event });
            }
            What::Load(..) | What::Add(..) | What::Swap(..) | What::Cas(..) => {
                let location = event.location().expect("an atomic");
                let sources = self.modification_order(location).iter().copied().map(Some);
                for source in sources.chain([None]) {
                    let value = self.value(source);
                    let written = written(what, value, |v: Value| v.of(&registers));
                    let event = Event { source, value, ..event.clone() };
                    found.extend(match written {
                        Some(written) => {
                            self.written(thread, Event { writes: true, written, ..event })
                        }
                        None => vec![self.with(thread, event)],
                    });
                }
            }
            What::Lock(mutex) if self.holder(mutex).is_some() => {}
            What::Lock(mutex) => {
                let mut graph = self.with(thread, event);
                let name = (thread, self.threads[thread].len());
                graph.acquisitions.entry(mutex).or_default().push(name);
                found.push(graph);
            }
            What::Choose(n) => {
                let choices = (0..n as i64).map(|value| Event { value, ..event.clone() });
                found.extend(choices.map(|event| self.with(thread, event)));
            }
            What::Fence(_) | What::PlainWrite(_) | What::PlainRead(_) | What::Unlock(_) => {
                found.push(self.with(thread, event));
            }
        }
        found
    }

    fn with(&self, thread: usize, event: Event) -> Graph {
        let mut graph = self.clone();
        graph.threads[thread].push(event);
        graph
    }

    /// The graphs with this write, at every place in modification order.
    fn written(&self, thread: usize, event: Event) -> Vec<Graph> {
        let location = event.location().expect("an atomic");
        let name = (thread, self.threads[thread].len());
        let places = 0..=self.modification_order(location).len();
        let put = |place| {
            let mut graph = self.with(thread, event.clone());
            graph.writes.entry(location).or_default().insert(place, name);
            graph
        };
        places.map(put).collect()
    }
}

/// What an operation writes if it reads this value.
fn written(what: What, read: i64, of: impl Fn(Value) -> i64) -> Option<i64> {
    match what {
        What::Add(_, v, _) => Some(read + of(v)),
        What::Swap(_, v, _) => Some(of(v)),
        What::Cas(_, expected, new, ..) => (read == of(expected)).then(|| of(new)),
        _ => None,
    }
}

/// What the graphs of a program come to.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) executions: u64,
    /// Executions with a data race.
    pub(super) races: u64,
    /// Executions without, in which some thread waits for ever.
    pub(super) deadlocks: u64,
    /// How many of the others come to which registers.
    pub(super) outcomes: BTreeMap<String, u64>,
}

/// Every graph of a program; none if there are more than `enough`, the unfinished among them.
pub(super) fn all(program: &Program, enough: usize) -> Option<Found> {
    let empty = Graph { threads: vec![Vec::new(); program.len()], ..Graph::default() };
    let mut seen = HashSet::new();
    let mut todo = vec![empty];
    let mut found = Found::default();
    while let Some(graph) = todo.pop() {
        if seen.len() > enough {
            return None;
        }
        let next = (0..program.len()).map(|thread| graph.next(program, thread));
        let next = next.collect::<Vec<_>>();
        let mut over = true;
        for (thread, next) in next.iter().enumerate() {
            let Some((line, what)) = *next else { continue };
            for more in graph.with_one_more(line, thread, what) {
                over = false;
                if !seen.contains(&more) && Axioms::of(&more).consistent {
                    seen.insert(more.clone());
                    todo.push(more);
                }
            }
        }
        if over {
            found.executions += 1;
            if Axioms::of(&graph).races {
                found.races += 1;
            } else if next.iter().any(Option::is_some) {
                found.deadlocks += 1;
            } else {
                let registers = (0..program.len()).map(|thread| graph.registers(thread));
                *found.outcomes.entry(told(registers)).or_default() += 1;
            }
        }
    }
    Some(found)
}
