//! Every consistent graph of a program, by brute force: events are added to threads in any order,
//! reads read any write that is there, writes are put at any place in modification order.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::axioms::Axioms;
use super::language::{Program, Value, What, told};

/// A thread, and which of its events, from 0.
pub(super) type Name = (usize, usize);

/// The parts of a wait at a condition variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Whole,
    /// A wait with a timeout is over.
    Wake,
    /// The mutex is taken again.
    Relock,
    /// The second load of a round.
    Second,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Event {
    pub(super) what: What,
    part: Part,
    /// The place of its operation in the thread's code.
    line: usize,
    /// The write that it reads; none: the initial value. Of the end of a wait, the notification.
    pub(super) source: Option<Name>,
    /// The value that it reads, the choice, or the thread that a notification wakes.
    value: i64,
    written: i64,
    pub(super) writes: bool,
    location: Option<usize>,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Graph {
    threads: Vec<Vec<Event>>,
    /// The writes of each atomic in modification order.
    writes: BTreeMap<usize, Vec<Name>>,
    /// The acquisitions of each mutex in their order.
    acquisitions: BTreeMap<usize, Vec<Name>>,
    /// The acquisitions of each read-write lock in their order; those of readers between two writers
    /// have none.
    held: BTreeMap<usize, Vec<BTreeSet<Name>>>,
    /// What happens to the waiters of each condition variable, in order.
    waiting: BTreeMap<usize, Vec<Name>>,
}

/// The token of a thread is an atomic of this number and the thread's.
const TOKENS: usize = 100;

impl Event {
    pub(super) fn location(&self) -> Option<usize> {
        self.location
    }

    /// The mutex that it takes.
    fn takes(&self) -> Option<usize> {
        match (self.what, self.part) {
            (What::Lock(mutex), _) => Some(mutex),
            (What::Wait(_, mutex) | What::WaitTimeout(_, mutex), Part::Relock) => Some(mutex),
            _ => None,
        }
    }

    /// The mutex that it gives back.
    fn gives_back(&self) -> Option<usize> {
        match (self.what, self.part) {
            (What::Unlock(mutex), _) => Some(mutex),
            (What::Wait(_, mutex) | What::WaitTimeout(_, mutex), Part::Whole) => Some(mutex),
            _ => None,
        }
    }

    /// Is it a look of a loop whose registers do not tell it?
    fn is_look(&self) -> bool {
        self.is_fruitless() || matches!(self.what, What::SpinBoth(..))
    }

    /// Is it a look of a loop that has not found what it waits for?
    fn is_fruitless(&self) -> bool {
        match self.what {
            What::Spin(_, wanted, _) => wanted != self.value,
            What::SpinSwap(_, there, _) => there == self.value,
            _ => false,
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

    /// Does this event give a lock back that the other takes later?
    pub(super) fn is_given_back_before(&self, release: Name, acquisition: Name) -> bool {
        let (given, taken) = (self.event(release).what, self.event(acquisition).what);
        if let (
            What::ReadUnlock(one) | What::WriteUnlock(one),
            What::Read(other) | What::Write(other),
        ) = (given, taken)
        {
            let order = &self.held[&other];
            let reads = |name: &Name| matches!(self.event(*name).what, What::Read(_));
            let before = |name: &&Name| {
                let of_it = reads(name) == matches!(given, What::ReadUnlock(_));
                name.0 == release.0 && name.1 < release.1 && of_it
            };
            let mine = order.iter().flatten().filter(before).max();
            let place = |name: &Name| order.iter().position(|names| names.contains(name));
            return one == other && mine.and_then(place) < place(&acquisition);
        }
        let (Some(mutex), Some(same)) =
            (self.event(release).gives_back(), self.event(acquisition).takes())
        else {
            return false;
        };
        let taken = &self.acquisitions[&same];
        let place = |wanted: &dyn Fn(&Name) -> bool| taken.iter().rposition(wanted);
        let by = |name: &Name| name.0 == release.0 && name.1 < release.1;
        mutex == same && place(&by) < place(&|name| *name == acquisition)
    }

    fn registers(&self, thread: usize) -> Vec<i64> {
        self.registers_of(&self.threads[thread])
    }

    fn registers_of(&self, events: &[Event]) -> Vec<i64> {
        let told = |event: &&Event| {
            let token = matches!(event.what, What::Park | What::ParkTimeout | What::Unpark(_));
            let chosen = matches!(event.what, What::Choose(_)) || event.part == Part::Wake;
            event.reads() && !token && !event.is_look() || chosen
        };
        events.iter().filter(told).map(|event| event.value).collect()
    }

    /// Was the thread's last look fruitless, and read this?
    fn has_just_read(&self, thread: usize, source: Option<Name>) -> bool {
        let last = self.threads[thread].last();
        last.is_some_and(|last| last.is_fruitless() && last.source == source)
    }

    /// Was the thread's last look fruitless, and has nothing but what it found been written between that and this?
    fn has_just_swapped(&self, thread: usize, source: Option<Name>) -> bool {
        let Some(last) = self.threads[thread].last().filter(|last| last.is_fruitless()) else {
            return false;
        };
        let Some(location) = last.location().filter(|_| last.writes) else { return false };
        let name = (thread, self.threads[thread].len() - 1);
        let writes = self.modification_order(location).iter().skip_while(|write| **write != name);
        let up_to_it = writes.take(source.map_or(0, |source| {
            let all = self.modification_order(location);
            let at = |name| all.iter().position(|write| *write == name);
            at(source).zip(at(name)).map_or(0, |(source, mine)| (source + 1).saturating_sub(mine))
        }));
        up_to_it.into_iter().all(|write| self.value(Some(*write)) == last.value)
    }

    /// Does a load of a loop of two, which is not there yet, make a round that reads what the one before has
    /// read, or begin one that cannot but do so?
    fn repeats_a_round(&self, thread: usize, event: &Event) -> bool {
        let What::SpinBoth([_, (y, _)], _) = event.what else { return false };
        let sources = |events: &[Event]| {
            let of_it = |other: &Event| other.line == event.line && other.what == event.what;
            events.iter().filter(|other| of_it(other)).map(|other| other.source).collect::<Vec<_>>()
        };
        match (event.part, &sources(&self.threads[thread])[..]) {
            (Part::Second, [.., one, other, first]) => (*one, *other) == (*first, event.source),
            (Part::Whole, [.., one, other]) => {
                *one == event.source && *other == self.modification_order(y).last().copied()
            }
            _ => false,
        }
    }

    fn holder(&self, mutex: usize) -> Option<usize> {
        let (thread, index) = *self.acquisitions.get(&mutex)?.last()?;
        let after = &self.threads[thread][index..];
        let given_back = after.iter().any(|event| event.gives_back() == Some(mutex));
        (!given_back).then_some(thread)
    }

    fn value(&self, write: Option<Name>) -> i64 {
        write.map_or(0, |write| self.event(write).written)
    }

    /// The operation of a thread that comes next, or the rest of its wait.
    fn next(&self, program: &Program, thread: usize) -> Option<Event> {
        let registers = self.registers(thread);
        let last = self.threads[thread].last();
        let rest = last.and_then(|last| match (last.what, last.part) {
            (What::Wait(..), Part::Whole) | (What::WaitTimeout(..), Part::Wake) => {
                Some(Part::Relock)
            }
            (What::WaitTimeout(..), Part::Whole) => Some(Part::Wake),
            (What::SpinBoth(..), Part::Whole) => Some(Part::Second),
            (What::SpinBoth(wanted, _), Part::Second) => {
                let events = &self.threads[thread];
                let read = [events[events.len() - 2].value, last.value];
                (read != wanted.map(|(_, value)| value)).then_some(Part::Whole)
            }
            _ => None,
        });
        let (line, what, part) = match (last, rest) {
            (Some(last), Some(part)) => (last.line, last.what, part),
            (Some(last), None) if last.is_fruitless() => (last.line, last.what, Part::Whole),
            _ => {
                let from = last.map_or(0, |last| last.line + 1);
                let rest = program[thread].iter().enumerate().skip(from);
                let (line, what) = rest.into_iter().find(|(_, what)| what.is_done(&registers))?;
                (line, what.what, Part::Whole)
            }
        };
        let location = match what {
            What::Store(x, ..) | What::Load(x, _) | What::Add(x, ..) => Some(x),
            What::Spin(x, ..) | What::SpinSwap(x, ..) => Some(x),
            What::SpinBoth([(x, _), (y, _)], _) => Some(if part == Part::Second { y } else { x }),
            What::Swap(x, ..) | What::Cas(x, ..) | What::WeakCas(x, ..) => Some(x),
            What::Park | What::ParkTimeout => Some(TOKENS + thread),
            What::Unpark(other) => Some(TOKENS + other),
            _ => None,
        };
        let (source, value, written, writes) = (None, 0, 0, false);
        Some(Event { what, part, line, source, value, written, writes, location })
    }

    /// The threads that wait at a condition variable, each with what began its wait.
    fn waiters(&self, condvar: usize) -> BTreeMap<usize, Name> {
        let mut waiters = BTreeMap::new();
        for name in self.waiting.get(&condvar).into_iter().flatten() {
            let event = self.event(*name);
            match event.what {
                What::NotifyAll(_) => waiters.clear(),
                What::NotifyOne(_) => drop(waiters.remove(&(event.value as usize))),
                _ if event.part == Part::Wake => drop(waiters.remove(&name.0)),
                _ => drop(waiters.insert(name.0, *name)),
            }
        }
        waiters
    }

    /// The notification of a thread that waited at a condition variable, if it was notified.
    fn notification(&self, condvar: usize, thread: usize) -> Option<Name> {
        let changes = &self.waiting[&condvar];
        let began = changes.iter().rposition(|name| name.0 == thread)?;
        changes[began..].iter().copied().find(|name| match self.event(*name).what {
            What::NotifyAll(_) => true,
            What::NotifyOne(_) => self.event(*name).value == thread as i64,
            _ => false,
        })
    }

    /// Every graph with one more event of a thread, consistent or not.
    fn with_one_more(&self, thread: usize, event: Event) -> Vec<Graph> {
        let registers = self.registers(thread);
        let what = event.what;
        let at = |condvar: usize, event: Event| {
            let mut graph = self.with(thread, event);
            let name = (thread, self.threads[thread].len());
            graph.waiting.entry(condvar).or_default().push(name);
            graph
        };
        match what {
            What::Store(_, v, _) => {
                self.written(thread, Event { writes: true, written: v.of(&registers), ..event })
            }
            What::Load(..)
            | What::Spin(..)
            | What::SpinBoth(..)
            | What::SpinSwap(..)
            | What::Add(..)
            | What::Swap(..)
            | What::Cas(..)
            | What::WeakCas(..)
            | What::Park
            | What::ParkTimeout
            | What::Unpark(_) => self.reading(thread, &event),
            What::Lock(_) => self.locked(thread, event),
            What::Read(lock) | What::Write(lock) => self.held(lock, thread, event),
            What::Wait(condvar, _) | What::WaitTimeout(condvar, _) => match event.part {
                Part::Whole => vec![at(condvar, event)],
                Part::Wake => match self.notification(condvar, thread) {
                    source @ Some(_) => {
                        vec![self.with(thread, Event { source, value: 1, ..event })]
                    }
                    None => vec![at(condvar, event)],
                },
                Part::Second => unreachable!("a wait has no second load"),
                Part::Relock => {
                    let source = self.notification(condvar, thread);
                    let timed = matches!(what, What::WaitTimeout(..));
                    if timed || source.is_some() {
                        self.locked(thread, Event { source: source.filter(|_| !timed), ..event })
                    } else {
                        Vec::new()
                    }
                }
            },
            What::NotifyOne(condvar) => {
                let waiters = self.waiters(condvar);
                let mut values = waiters.keys().map(|waiter| *waiter as i64).collect::<Vec<_>>();
                if values.is_empty() {
                    values.push(-1);
                }
                values
                    .into_iter()
                    .map(|value| at(condvar, Event { value, ..event.clone() }))
                    .collect()
            }
            What::NotifyAll(condvar) => vec![at(condvar, event)],
            What::Choose(n) => {
                let choices = (0..n as i64).map(|value| Event { value, ..event.clone() });
                choices.map(|event| self.with(thread, event)).collect()
            }
            What::Fence(_)
            | What::PlainWrite(_)
            | What::PlainRead(_)
            | What::Unlock(_)
            | What::ReadUnlock(_)
            | What::WriteUnlock(_) => vec![self.with(thread, event)],
        }
    }

    /// The graphs with this event, which reads what any write wrote.
    fn reading(&self, thread: usize, event: &Event) -> Vec<Graph> {
        let registers = self.registers(thread);
        let location = event.location().expect("an atomic");
        let sources = self.modification_order(location).iter().copied().map(Some);
        let mut found = Vec::new();
        for source in sources.chain([None]) {
            let value = self.value(source);
            let written = written(event.what, value, |v: Value| v.of(&registers));
            let event = Event { source, value, ..event.clone() };
            match written {
                // It has been there before, and nothing else has been written since.
                Some(_) if event.is_fruitless() && self.has_just_swapped(thread, source) => {}
                Some(written) => {
                    if self.may_fail_for_no_reason(thread, &event) {
                        found.push(self.with(thread, event.clone()));
                    }
                    found.extend(self.written(thread, Event { writes: true, written, ..event }));
                }
                // It waits.
                None if event.what == What::Park => {}
                // It has looked there before, and found nothing.
                None if event.is_fruitless() && self.has_just_read(thread, source) => {}
                None if self.repeats_a_round(thread, &event) => {}
                None => found.push(self.with(thread, event)),
            }
        }
        found
    }

    /// Is it a weak compare-and-swap, and has the thread's last one of this atomic not failed for no reason?
    fn may_fail_for_no_reason(&self, thread: usize, event: &Event) -> bool {
        let is_weak = |event: &Event| matches!(event.what, What::WeakCas(..));
        let before = self.threads[thread].iter().enumerate().rev();
        let last = before.into_iter().find(|(_, it)| is_weak(it) && it.location == event.location);
        is_weak(event)
            && last.is_none_or(|(at, last)| {
                let registers = self.registers_of(&self.threads[thread][..at]);
                last.writes || written(last.what, last.value, |v: Value| v.of(&registers)).is_none()
            })
    }

    /// The graph with this event, which takes a read-write lock; none if it is not free.
    fn held(&self, lock: usize, thread: usize, event: Event) -> Vec<Graph> {
        let reads = matches!(event.what, What::Read(_));
        let count = |wanted: &dyn Fn(What) -> bool| {
            self.threads.iter().flatten().filter(|event| wanted(event.what)).count()
        };
        let writing = count(&|what| what == What::Write(lock))
            > count(&|what| what == What::WriteUnlock(lock));
        let reading =
            count(&|what| what == What::Read(lock)) > count(&|what| what == What::ReadUnlock(lock));
        if writing || reading && !reads {
            return Vec::new();
        }
        let mut graph = self.with(thread, event);
        let name = (thread, self.threads[thread].len());
        let order = graph.held.entry(lock).or_default();
        let is_read = |name: &Name| matches!(self.event(*name).what, What::Read(_));
        match order.last_mut().filter(|last| reads && last.iter().all(is_read)) {
            Some(last) => drop(last.insert(name)),
            None => order.push([name].into()),
        }
        vec![graph]
    }

    /// The graph with this event, which takes a mutex; none if it is not free.
    fn locked(&self, thread: usize, event: Event) -> Vec<Graph> {
        let mutex = event.takes().expect("a mutex");
        if self.holder(mutex).is_some() {
            return Vec::new();
        }
        let mut graph = self.with(thread, event);
        graph.acquisitions.entry(mutex).or_default().push((thread, self.threads[thread].len()));
        vec![graph]
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
        What::SpinSwap(_, v, _) => Some(v),
        What::Cas(_, expected, new, ..) | What::WeakCas(_, expected, new, ..) => {
            (read == of(expected)).then(|| of(new))
        }
        What::Park => (read == 1).then_some(0),
        What::ParkTimeout => Some(0),
        What::Unpark(_) => Some(1),
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
            let Some(next) = next else { continue };
            for more in graph.with_one_more(thread, next.clone()) {
                if seen.contains(&more) {
                    over = false;
                } else if Axioms::of(&more).consistent {
                    over = false;
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
