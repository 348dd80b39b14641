//! One execution for each consistent execution graph, under Rust's memory model.
//!
//! A *graph* has the events of an execution, and says for each read which write it reads, for each
//! atomic in which *modification order* its writes come, for each mutex in which order it is taken.
//! The exploration is that of Kokologiannakis, Marmanis, Gladstein and Vafeiadis ("Truly Stateless,
//! Optimal Dynamic Partial Order Reduction", POPL 2022):
//!
//! 1. Run an execution through the graph, then go on to its end. Each new event is added in the
//!    *maximal* way: a read reads the last write, a write comes last. Every other way that is
//!    [consistent](consistency) is owed.
//! 2. A new write may be read by reads that were added before it. For each such graph the events
//!    are taken out that were added after the read and that the write does not need; but only if
//!    they were all added in the maximal way, so that no graph comes about twice ([`revisit`]).
//!    An acquisition of a mutex revisits later ones in the same way.
//! 3. Go on with what is owed last.
//!
//! Program order and reads-from have no cycle: load buffering is not explored.
//!
//! # Replay
//!
//! Values are those of the execution under way. An event is done again once what it reads, or the
//! release that it waits for, has been done; among those that may be, the one that was added
//! first. Fences, spawns and joins need no choice: they are
//! added when their thread comes to them.

mod consistency;
mod event;
mod graph;
mod revisit;

use self::event::{Clocks, Label, Name};
use self::graph::{Choice, Graph};
use self::revisit::Write;
use crate::execution::Strategy;
use crate::execution::strategy::{Accessed, WeakAccess};
use crate::kernel::{FailureKind, Kernel, Op, Status};
use std::sync::atomic::Ordering;

/// Explores each consistent graph once.
#[derive(Default)]
pub(crate) struct Graphs {
    /// The last one's graph is the one of the execution under way.
    frames: Vec<Frame>,
    /// How many events each thread has done in this execution.
    done: Vec<u32>,
    /// The initial value of each atomic.
    initial: Vec<u64>,
    /// A read-modify-write that was made to read another write: its write is new.
    own: Option<Name>,
    /// The steps of the one execution that is wanted.
    script: Option<Vec<(u16, u16)>>,
}

/// A graph that grows, and what is owed from its prefixes.
#[derive(Default)]
struct Frame {
    graph: Graph,
    items: Vec<Item>,
}

/// Something that is still to be explored.
enum Item {
    /// The first `len` events, and then this one.
    Forward { len: usize, thread: u16, label: Label, choice: Choice },
    /// A graph in which this event was changed.
    Backward(Box<Graph>, Name),
}

/// What the graph says of a thread's next event.
enum Recorded {
    Event(Name),
    New,
    /// It is another.
    Differs,
}

impl Graphs {
    /// Runs the execution of these steps.
    pub(crate) fn along(steps: Vec<(u16, u16)>) -> Self {
        Graphs { script: Some(steps), ..Graphs::default() }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("an execution has a graph")
    }

    fn graph(&self) -> &Graph {
        &self.frames.last().expect("an execution has a graph").graph
    }

    /// The next event of a thread that the graph has and this execution has not done.
    fn undone(&self, thread: u16) -> Option<Name> {
        let index = self.done[usize::from(thread)] + 1;
        (index <= self.graph().events_of(thread)).then_some(Name { thread, index })
    }

    fn is_done(&self, name: Name) -> bool {
        self.done[usize::from(name.thread)] >= name.index
    }

    /// Has everything been done that must come before this event?
    fn may_be_done(&self, name: Name) -> bool {
        let event = self.graph().event(name);
        let source_done = event.source.is_none_or(|source| self.is_done(source));
        source_done
            && event.label.mutex().is_none_or(|mutex| match self.graph().before(mutex, name) {
                Some(before) => {
                    self.graph().release_of(before).is_some_and(|release| self.is_done(release))
                }
                None => true,
            })
    }

    /// The thread that goes on through the graph.
    fn replaying(&self, kernel: &Kernel) -> Option<(u16, u16)> {
        let next = kernel.ids().filter(|id| kernel.enabled(*id));
        let next = next.filter_map(|id| self.undone(id)).filter(|name| self.may_be_done(*name));
        let name = next.min_by_key(|name| self.graph().event(*name).stamp)?;
        Some((name.thread, self.graph().event(name).alternative))
    }

    /// Are all events done but acquisitions that wait for a thread to give the mutex back?
    fn is_replayed(&self, kernel: &Kernel) -> bool {
        let waits = |name: Name| {
            self.graph().event(name).label.mutex().is_some() && !self.may_be_done(name)
        };
        let started = |id: &u16| usize::from(*id) < self.done.len();
        kernel.ids().filter(started).filter_map(|id| self.undone(id)).all(waits)
    }

    /// The event of a thread that does this now.
    fn recorded(&mut self, kernel: &mut Kernel, thread: u16, label: Label) -> Recorded {
        let Some(name) = self.undone(thread) else { return Recorded::New };
        let recorded = self.graph().event(name).label;
        self.done[usize::from(thread)] += 1;
        if recorded == label {
            return Recorded::Event(name);
        }
        kernel.diverged(format!("{label:?} takes the place of {recorded:?}"));
        Recorded::Differs
    }

    /// Adds an event of a thread.
    fn add(&mut self, thread: u16, label: Label, choice: Choice) -> Name {
        self.done[usize::from(thread)] += 1;
        self.frame().graph.add(thread, label, choice)
    }

    /// Does something that has no alternatives.
    fn pass(&mut self, kernel: &mut Kernel, thread: u16, label: Label) {
        if let Recorded::New = self.recorded(kernel, thread, label) {
            self.add(thread, label, Choice::default());
        }
        self.tell_races(kernel, thread);
    }

    /// Says what happens before the plain accesses of a thread that come next.
    fn tell_races(&self, kernel: &mut Kernel, thread: u16) {
        let index = self.done[usize::from(thread)];
        let Clocks { hb, .. } = self.graph().front_after(Name { thread, index });
        kernel.races.give(thread, hb.counts(), index + 1);
    }

    /// Pays what the write part of a revisited read-modify-write owes, now that its value is known.
    fn revisit_by_own(&mut self) {
        let Some(own) = self.own.take() else { return };
        let Frame { graph, items } = self.frame();
        let event = graph.event(own);
        let location = event.label.location().expect("a write is of an atomic");
        let prefix = event.clocks.porf.clone();
        revisit::of_write(graph, location, &Write::Own(own), &prefix, |graph, read| {
            items.push(Item::Backward(Box::new(graph), read));
        });
    }

    /// Owes the graphs in which this thread takes a mutex before others that have taken it.
    fn revisit_acquisitions(&mut self, thread: u16, mutex: u32) {
        if self.script.is_some() {
            return;
        }
        let Frame { graph, items } = self.frame();
        revisit::of_acquisition(graph, thread, mutex, |graph, later| {
            items.push(Item::Backward(Box::new(graph), later));
        });
    }

    /// Adds a new step that is no access.
    fn step_freely(&mut self, thread: u16, op: Op, alternative: u16) {
        let label = Label::Other(op);
        match op {
            Op::Lock(mutex) => self.revisit_acquisitions(thread, mutex),
            Op::Choose(alternatives) if self.script.is_none() => {
                let Frame { graph, items } = self.frame();
                let len = graph.len();
                items.extend((1..alternatives).rev().map(|alternative| {
                    let choice = Choice { alternative, ..Choice::default() };
                    Item::Forward { len, thread, label, choice }
                }));
            }
            _ => {}
        }
        self.add(thread, label, Choice { alternative, ..Choice::default() });
    }

    /// The value of a write, or of the initial one.
    fn value(&self, location: u32, write: Option<Name>) -> u64 {
        match write {
            Some(write) => self.graph().event(write).value,
            None => self.initial.get(location as usize).copied().unwrap_or(0),
        }
    }

    /// How an access comes out that reads, or is put after, the write at this position.
    fn choice(&self, access: &WeakAccess<'_>, label: Label, place: usize) -> Choice {
        let source = self.graph().write_at(access.object, place);
        let new = (access.make)(self.value(access.object, source));
        let expected = access.expected;
        Choice {
            source: source.filter(|_| label.reads()),
            place,
            writes: new.is_some(),
            value: new.unwrap_or(0),
            expected,
            alternative: 0,
        }
    }

    /// Adds a new access in the maximal way, and owes the other ways, and the revisits by its write.
    fn access_freely(&mut self, thread: u16, label: Label, access: &WeakAccess<'_>) -> Name {
        let location = access.object;
        let front = self.graph().front(thread);
        let last = self.graph().object(location).len();
        for place in self.graph().lower(location, &front.hb)..=last {
            let choice = self.choice(access, label, place);
            // A store revisits once: it has its places again in each of those graphs.
            if choice.writes && (label.reads() || place == last) {
                self.revisit_by_new(thread, label, &choice, &front);
            }
            let Frame { graph, items } = self.frame();
            let possible = !(choice.writes && graph.splits(location, place));
            if place < last && possible && allows(graph, thread, label, choice) {
                items.push(Item::Forward { len: graph.len(), thread, label, choice });
            }
        }
        let choice = self.choice(access, label, last);
        self.add(thread, label, choice)
    }

    /// Owes the graphs in which reads that were added before read a new write.
    fn revisit_by_new(&mut self, thread: u16, label: Label, choice: &Choice, front: &Clocks) {
        let Frame { graph, items } = self.frame();
        let mut prefix = front.porf.clone();
        if let Some(source) = choice.source {
            prefix.join(&graph.event(source).clocks.porf);
        }
        let location = label.location().expect("a write is of an atomic");
        let write = Write::New { thread, label, choice };
        revisit::of_write(graph, location, &write, &prefix, |graph, read| {
            items.push(Item::Backward(Box::new(graph), read));
        });
    }

    /// Adds a new access of the execution that is wanted, whose alternative counts the writes after
    /// the one that it reads, or after its place.
    fn access_as_told(
        &mut self,
        kernel: &mut Kernel,
        label: Label,
        access: &WeakAccess<'_>,
    ) -> Name {
        let (thread, location) = (kernel.current, access.object);
        let hb = self.graph().front(thread).hb;
        let last = self.graph().object(location).len();
        let place = last.checked_sub(usize::from(kernel.alt));
        let place = place.filter(|place| *place >= self.graph().lower(location, &hb));
        let choice = self.choice(access, label, place.unwrap_or(last));
        let graph = &mut self.frame().graph;
        let splits = choice.writes && graph.splits(location, choice.place);
        if place.is_none() || splits || !allows(graph, thread, label, choice) {
            kernel.diverged(format!("thread {thread} cannot read or write so old a value"));
            let choice = self.choice(access, label, last);
            return self.add(thread, label, choice);
        }
        self.add(thread, label, choice)
    }

    /// How many writes that have been done come after what an access reads, or after itself.
    fn later_writes(&self, location: u32, name: Name) -> usize {
        let event = self.graph().event(name);
        let from = if event.writes { Some(name) } else { event.source };
        let later = &self.graph().object(location)[self.graph().position(location, from)..];
        later.iter().filter(|write| self.is_done(**write)).count()
    }

    /// Fails the execution if some thread announces what is not explored yet.
    fn refuse(kernel: &mut Kernel) -> bool {
        let pending = kernel.ids().filter(|id| kernel.thread(*id).status == Status::Pending);
        let Some(what) = pending.map(|id| kernel.thread(id).pending.op).find_map(not_yet) else {
            return false;
        };
        kernel.fail(FailureKind::Misuse, format!("not yet under Memory::C11: {what}"));
        true
    }

    /// Fails the execution if the running thread uses an object whose making nothing orders before.
    fn check_made(kernel: &mut Kernel, object: u32) {
        let thread = kernel.current;
        if let Some(made) = kernel.races.unordered_making(object as usize, thread) {
            let message = format!(
                "data race on {}: {} makes it at {}:{}, {} uses it, and nothing orders them",
                kernel.object_name(object),
                kernel.thread_name(made.thread),
                made.at.file(),
                made.at.line(),
                kernel.thread_name(thread),
            );
            kernel.fail(FailureKind::DataRace, message);
        }
    }
}

/// Is the graph consistent with this event?
fn allows(graph: &mut Graph, thread: u16, label: Label, choice: Choice) -> bool {
    let len = graph.len();
    graph.add(thread, label, choice);
    let consistent = graph.is_consistent();
    graph.truncate(len);
    consistent
}

/// What is not explored yet, in words.
fn not_yet(op: Op) -> Option<&'static str> {
    match op {
        Op::Lock(_)
        | Op::Unlock(_)
        | Op::Load(_)
        | Op::Store(_)
        | Op::Rmw(_)
        | Op::CompareExchange(_)
        | Op::Choose(_)
        | Op::Touch { .. }
        | Op::Join(_)
        | Op::JoinClosure(_) => None,
        Op::WeakExchange(_) => Some("compare_exchange_weak that fails for no reason"),
        Op::TryLock(_) => Some("Mutex::try_lock"),
        Op::ReadLock(_)
        | Op::GiveWay(_)
        | Op::ReadBehind(_)
        | Op::Arrive(_)
        | Op::Downgrade(_)
        | Op::WriteLock(_)
        | Op::ReadUnlock(_)
        | Op::WriteUnlock(_)
        | Op::TryRead(_)
        | Op::TryWrite(_) => Some("read-write locks"),
        Op::Wait { .. }
        | Op::Asleep { .. }
        | Op::Wake(_)
        | Op::Relock(_)
        | Op::NotifyOne(_)
        | Op::NotifyAll(_) => {
            Some("condition variables, and channels and barriers, which use them")
        }
        Op::BeginPark { .. } | Op::Park { .. } | Op::ParkTimeout { .. } | Op::Unpark { .. } => {
            Some("park and unpark")
        }
        Op::Act { .. } => Some("Once, OnceLock and LazyLock"),
        Op::Compare => Some("comparisons of times"),
        Op::Yield => Some("loops that wait by looking"),
        Op::End { .. } | Op::IsFinished { .. } => Some("is_finished"),
        Op::Poison { .. }
        | Op::IsPoisoned { .. }
        | Op::SeePoison { .. }
        | Op::ClearPoison { .. } => Some("is_poisoned and clear_poison"),
        Op::StopDaemons => Some("daemons"),
        Op::Kill(_) => Some("processes"),
    }
}

impl Strategy for Graphs {
    fn begin(&mut self, kernel: &mut Kernel) {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        self.done.fill(0);
        kernel.races.take_given_clocks();
    }

    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        if Self::refuse(kernel) {
            return None;
        }
        let lowest = |kernel: &Kernel| kernel.ids().find(|id| kernel.enabled(*id));
        if let Some(script) = &self.script {
            return match script.get(kernel.events.taken()) {
                Some((thread, _)) if !kernel.ready(*thread) => {
                    kernel.diverged(format!("thread {thread} cannot take its step"));
                    None
                }
                Some(step) => Some(*step),
                None => lowest(kernel).map(|thread| (thread, 0)),
            };
        }
        if let Some(step) = self.replaying(kernel) {
            return Some(step);
        }
        if !self.is_replayed(kernel) {
            kernel.diverged("a thread does not come to its step".to_owned());
            return None;
        }
        self.revisit_by_own();
        let free = |id: &u16| kernel.enabled(*id) && self.undone(*id).is_none();
        kernel.ids().find(free).map(|thread| (thread, 0))
    }

    fn step(&mut self, kernel: &mut Kernel) {
        let (event, _) = kernel.events.last();
        let (thread, op, alternative) = (event.thread, event.op, event.alt);
        if let Op::Lock(mutex) = op {
            Self::check_made(kernel, mutex);
        }
        if let Recorded::New = self.recorded(kernel, thread, Label::Other(op)) {
            self.step_freely(thread, op, alternative);
        }
        self.tell_races(kernel, thread);
    }

    fn access(&mut self, kernel: &mut Kernel, access: &WeakAccess<'_>) -> Accessed {
        let (thread, location) = (kernel.current, access.object);
        Self::check_made(kernel, location);
        let label = Label::Access(access.op, access.orders.0, access.orders.1);
        let name = match self.recorded(kernel, thread, label) {
            Recorded::Event(name) => name,
            Recorded::New if self.script.is_some() => self.access_as_told(kernel, label, access),
            Recorded::New => self.access_freely(thread, label, access),
            Recorded::Differs => {
                let old = self.value(location, None);
                return Accessed { old, new: (access.make)(old), latest: false };
            }
        };
        let event = self.graph().event(name);
        let writes = event.writes;
        let before = match writes {
            true => {
                self.graph().write_at(location, self.graph().position(location, Some(name)) - 1)
            }
            false => event.source,
        };
        let old = self.value(location, before);
        let new = (access.make)(old);
        if new.is_some() != writes {
            kernel.diverged(format!("{:?} writes no more, or did not write", access.op));
        }
        let event = self.frame().graph.event_mut(name);
        (event.value, event.expected) = (new.unwrap_or(0), access.expected);
        kernel.alt = u16::try_from(self.later_writes(location, name)).unwrap_or(u16::MAX - 2);
        self.tell_races(kernel, thread);
        let latest = self.graph().object(location).last() == Some(&name);
        Accessed { old, new, latest: latest && writes }
    }

    fn fence(&mut self, kernel: &mut Kernel, order: Ordering) {
        self.pass(kernel, kernel.current, Label::Fence(order));
    }

    fn create(&mut self, location: u32, value: u64) {
        let location = location as usize;
        if self.initial.len() <= location {
            self.initial.resize(location + 1, 0);
        }
        self.initial[location] = value;
    }

    fn inherit(&mut self, kernel: &mut Kernel, to: u16, from: u16) {
        self.pass(kernel, to, Label::Other(Op::Join(from)));
    }

    fn start(&mut self, kernel: &mut Kernel, child: u16, parent: Option<u16>) {
        if self.done.len() <= usize::from(child) {
            self.done.resize(usize::from(child) + 1, 0);
        }
        let birth = parent.map(|parent| {
            self.pass(kernel, parent, Label::Spawn(child));
            Name { thread: parent, index: self.done[usize::from(parent)] }
        });
        self.frame().graph.start(child, birth);
        self.tell_races(kernel, child);
    }

    fn end(&mut self, kernel: &mut Kernel) {
        if kernel.now.ending || self.script.is_some() {
            return;
        }
        self.revisit_by_own();
        for thread in kernel.ids().filter(|id| kernel.thread(*id).status == Status::Pending) {
            if let Op::Lock(mutex) = kernel.thread(thread).pending.op
                && self.undone(thread).is_none()
            {
                self.revisit_acquisitions(thread, mutex);
            }
        }
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        while let Some(Frame { graph, items }) = self.frames.last_mut() {
            match items.pop() {
                Some(Item::Forward { len, thread, label, choice }) => {
                    graph.truncate(len);
                    graph.add(thread, label, choice);
                    self.own = None;
                    return true;
                }
                Some(Item::Backward(graph, changed)) => {
                    self.own = graph.event(changed).writes.then_some(changed);
                    self.frames.push(Frame { graph: *graph, items: Vec::new() });
                    return true;
                }
                None => {
                    self.frames.pop();
                }
            }
        }
        false
    }
}
