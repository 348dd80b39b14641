//! One execution for each consistent execution graph, under Rust's memory model.
//!
//! A *graph* has the events of an execution, and says for each read which write it reads, for each
//! atomic in which *modification order* its writes come, for each mutex and condition variable in
//! which order their [operations](objects) come. A thread's token is an atomic.
//! The exploration is that of Kokologiannakis, Marmanis, Gladstein and Vafeiadis ("Truly Stateless,
//! Optimal Dynamic Partial Order Reduction", POPL 2022):
//!
//! 1. Run an execution through the graph, then go on to its end. Each new event is added in the
//!    *maximal* way: a read reads the last write, a write comes last. Every other way that is
//!    [consistent](consistency) is owed.
//! 2. A new write may be read by reads that were added before it. For each such graph the events
//!    are taken out that were added after the read and that the write does not need; but only if
//!    they were all added in the maximal way, so that no graph comes about twice ([`revisit`]).
//!    An operation of a mutex or a condition variable revisits later ones in the same way.
//! 3. Go on with what is owed last.
//!
//! Graphs may also be those of interleavings alone, and leave the order of writes [open](reads_from).
//!
//! Program order and reads-from have no cycle: load buffering is not explored.
//!
//! # Replay
//!
//! Values are those of the execution under way. An event is done again once what it reads, or the
//! operation before it at its object, has been done; among those that may be, the one that was added
//! first. Fences, spawns and joins need no choice: they are added when their thread comes to them.

mod clocks;
mod consistency;
mod event;
mod extend;
mod graph;
mod halted;
mod interleaving;
mod lanes;
mod linear;
mod machines;
mod objects;
mod parcel;
mod reads_from;
mod refusal;
mod replay;
mod revisit;
mod rounds;
mod sections;
mod trial;
mod turns;
mod waiting;
mod walk;
mod way;

use self::event::{Label, Name};
pub(crate) use self::graph::Axioms;
use self::graph::{Choice, Graph};
pub(crate) use self::halted::Halt;
use self::parcel::Parcel;
use self::refusal::refuse;
use self::waiting::Waiting;
use self::walk::Walk;
pub(crate) use self::way::Route;
use self::way::{Fork, Journey};
use super::pool::Pool;
use super::replay::stray;
use crate::execution::Strategy;
use crate::execution::piece::Piece;
use crate::execution::strategy::{Accessed, Crew, MakeStrategy, WeakAccess};
use crate::kernel::spurious::fails_weakly;
use crate::kernel::trials::Yields;
use crate::kernel::{FailureKind, Kernel, Op, RwLockPolicy, Status};
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
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
    /// The further alternatives of the new step that was chosen.
    others: Vec<u16>,
    /// The lock and the thread of each [lane](lanes) of a reader.
    lanes: Vec<(u32, u16)>,
    /// How many lanes each thread has taken for its announced step.
    taken: Vec<u16>,
    /// In which step of the wanted execution each write was done.
    written_in: Vec<(Name, u32)>,
    waiting: Waiting,
    /// What is noted at the end of the steps of the one execution that is wanted, if it halts there.
    halt: Option<Rc<RefCell<Halt>>>,
    /// Whether the execution ended in a wait that is in vain.
    cut: bool,
    /// What waits for a worker, if there are several.
    pool: Option<Arc<Pool<Parcel>>>,
    /// A random path is explored, and not all.
    walk: Option<Box<Walk>>,
    /// Pieces are explored, and not all.
    journey: Option<Box<Journey>>,
    axioms: Axioms,
    /// Which of several writes is the last was asked for, where that is open.
    last_was_asked: Cell<bool>,
}

/// A graph that grows, and what is owed from its prefixes.
#[derive(Default)]
struct Frame {
    graph: Graph,
    items: Vec<Item>,
    /// Which executions owe these, if that is asked.
    forks: Vec<Fork>,
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

    /// Explores the graphs of which these axioms speak.
    pub(crate) fn under(axioms: Axioms) -> Self {
        Graphs { axioms, ..Graphs::default() }
    }

    /// Has room for so many threads: an execution that was run out may have started more than the strategy has seen.
    fn reach(&mut self, threads: usize) {
        if self.done.len() < threads {
            self.done.resize(threads, 0);
            self.taken.resize(threads, 0);
            self.waiting.start(threads as u16 - 1);
        }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("an execution has a graph")
    }

    fn graph(&self) -> &Graph {
        &self.frames.last().expect("an execution has a graph").graph
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

    /// Owes what the operations owe that threads wait for.
    fn revisit_by_pending(&mut self, kernel: &Kernel) {
        for thread in kernel.ids().filter(|id| kernel.thread(*id).status == Status::Pending) {
            let op = kernel.thread(thread).pending.op;
            let label = self.next_take(kernel, thread).unwrap_or(Label::Other(op));
            if Label::of_atomic(kernel, op).is_none()
                && label.takes()
                && self.undone(thread).is_none()
                && !self.looks_no_more(kernel, thread)
            {
                self.revisit_operations(thread, label);
            }
        }
        self.revisit_by_waiting_acts(kernel);
    }

    /// Does something that has no alternatives.
    fn pass(&mut self, kernel: &mut Kernel, thread: u16, label: Label) {
        if let Recorded::New = self.recorded(kernel, thread, label) {
            self.add(thread, label, Choice::default());
        }
        self.note_site(kernel, thread, None);
        self.tell_races(kernel, thread);
    }

    /// Says what happens before the plain accesses of a thread that come next.
    fn tell_races(&self, kernel: &mut Kernel, thread: u16) {
        let index = self.done[usize::from(thread)];
        let (graph, name) = (self.graph(), Name { thread, index });
        if index > 0 && !graph.event(name).label.takes() {
            let hb = &graph.event(name).clocks.hb;
            kernel.races.give(thread, hb.counts(), index + 1);
        } else {
            kernel.races.give(thread, graph.front_after(name).hb.counts(), index + 1);
        }
    }

    /// Refuses a program that has asked for what graphs leave open.
    fn refuse_what_is_open(&self, kernel: &mut Kernel) {
        if self.last_was_asked.take() {
            kernel.refuse("the last of several writes without a load, by reads-from alone");
        }
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

impl Strategy for Graphs {
    fn begin(&mut self, kernel: &mut Kernel) {
        self.set_out();
        if self.frames.is_empty() {
            let graph = Graph { axioms: self.axioms, ..Graph::default() };
            self.frames.push(Frame::of(graph));
        }
        self.reach(kernel.threads.len());
        self.done.fill(0);
        self.taken.fill(0);
        self.cut = false;
        self.written_in.clear();
        self.waiting.begin();
        kernel.limits.rwlock = RwLockPolicy::ReadersPass;
        kernel.limits.last_leads = true;
        kernel.races.take_given_clocks();
        if let Some(script) = &self.script {
            kernel.yields = Yields::Scripted(script.clone());
        }
    }

    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        self.refuse_what_is_open(kernel);
        if refuse(kernel) || lanes::finds_readers(kernel) {
            return None;
        }
        if self.script.is_some() {
            self.judge_yields(kernel);
        }
        if let Some(script) = &self.script {
            let step = match script.get(kernel.events.taken()).copied() {
                Some((thread, _)) if !kernel.ready(thread) => {
                    stray(kernel, thread);
                    None
                }
                Some(step) => Some(step),
                None if self.halts(kernel) => None,
                None => {
                    let goes_on = |id: &u16| kernel.enabled(*id) && !self.waits(*id);
                    let Some(lowest) = kernel.ids().find(goes_on) else {
                        self.comes_to_an_end(kernel);
                        return None;
                    };
                    Some((lowest, self.first_alternative(kernel, lowest)))
                }
            };
            if let Some((thread, _)) = step {
                self.take_all(kernel, thread);
            }
            return step;
        }
        if let Some(step) = self.replaying(kernel) {
            return Some(step);
        }
        if !self.is_replayed(kernel) {
            kernel.diverged("a thread does not come to its step".to_owned());
            return None;
        }
        self.revisit_by_own();
        self.judge_yields(kernel);
        if self.on_trial().is_none() {
            self.begin_trial(kernel);
        }
        if kernel.now.ending || self.cut {
            return None;
        }
        if self.meets_others(kernel) {
            self.leave();
        }
        if self.leaves(kernel) {
            return None;
        }
        let thread = self.lowest(kernel);
        if thread.is_none() {
            self.comes_to_an_end(kernel);
        }
        let step = thread.map(|thread| (thread, self.first_alternative(kernel, thread)));
        step.filter(|_| !self.leaves(kernel))
    }

    fn step(&mut self, kernel: &mut Kernel) {
        let (event, _) = kernel.events.last();
        let (thread, op, alternative) = (event.thread, event.op, event.alt);
        self.taken[usize::from(thread)] = 0;
        let atomic = Label::of_atomic(kernel, op);
        let label = atomic.unwrap_or(Label::Other(op));
        if let Some(object) = label.object().or(op.object()) {
            Self::check_made(kernel, object);
        }
        self.learn_states(kernel, op);
        match self.recorded(kernel, thread, label) {
            Recorded::New if atomic.is_some() => self.atomic_freely(kernel, thread, label),
            Recorded::New => {
                self.step_freely(kernel, op, alternative);
                self.find_crowd(kernel, op);
            }
            Recorded::Event(name) => self.note_act(name),
            Recorded::Differs => {}
        }
        self.note_site(kernel, thread, op.object());
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
                return Accessed { old, new: (access.make)(old), latest: false, newer: None };
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
        let fails = event.fails_for_no_reason();
        let new = (access.make)(old).filter(|_| !fails);
        if new.is_some() != writes {
            kernel.diverged(format!("{:?} writes no more, or did not write", access.op));
        }
        let event = self.frame().graph.event_mut(name);
        (event.value, event.expected) = (new.unwrap_or(0), access.expected);
        let later = self.later_writes(location, name);
        kernel.alt = u16::try_from(later).unwrap_or(u16::MAX - 2);
        if label.may_fail() {
            kernel.note_spurious(thread, location, fails);
            kernel.alt = if fails { fails_weakly(kernel.alt) } else { kernel.alt };
        }
        self.note_site(kernel, thread, Some(location));
        self.tell_races(kernel, thread);
        let newer = self.newer_write(kernel, location, name, new.unwrap_or(old));
        Accessed { old, new, latest: later == 0 && writes, newer }
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

    fn last_written(&self, location: u32) -> u64 {
        if self.graph().leaves_open_the_last_of(location) {
            self.last_was_asked.set(true);
        }
        self.value(location, self.last_done(location))
    }

    fn rewrite(&mut self, location: u32, value: u64) {
        match self.last_done(location) {
            Some(last) => self.frame().graph.event_mut(last).value = value,
            None => self.create(location, value),
        }
    }

    fn inherit(&mut self, kernel: &mut Kernel, to: u16, from: u16) {
        self.pass(kernel, to, Label::Other(Op::Join(from)));
    }

    fn start(&mut self, kernel: &mut Kernel, child: u16, parent: Option<u16>) {
        self.reach(usize::from(child) + 1);
        self.waiting.start(child);
        let birth = parent.map(|parent| {
            self.pass(kernel, parent, Label::Spawn(child));
            Name { thread: parent, index: self.done[usize::from(parent)] }
        });
        self.frame().graph.start(child, birth);
        self.tell_races(kernel, child);
    }

    fn stops(&mut self, kernel: &mut Kernel) {
        self.end_trial(kernel);
    }

    fn end(&mut self, kernel: &mut Kernel) {
        self.refuse_what_is_open(kernel);
        self.note_end(kernel);
        self.note_first();
        if kernel.now.ending || self.script.is_some() {
            return;
        }
        self.revisit_by_own();
        self.revisit_by_pending(kernel);
    }

    fn cut(&self) -> bool {
        self.cut || self.waiting.repeats()
    }

    fn in_telling_order(&self) -> Option<Vec<(u16, u16)>> {
        Some(Graphs::in_telling_order(self))
    }

    fn yields(
        &mut self,
        kernel: &mut Kernel,
        at: &'static Location<'static>,
        calls: &dyn Fn() -> u64,
    ) -> bool {
        let Axioms { sequential, by_reads } = self.axioms;
        if sequential || by_reads {
            kernel.refuse("loops that wait, where graphs are of interleavings, or leave the order of writes open");
        }
        self.yields_at(kernel, at, calls)
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {
        self.take_back();
    }

    fn recruit(&mut self, _: &mut Kernel, helpers: usize) -> Option<Crew> {
        if !self.waiting.known.is_empty() {
            return None;
        }
        let pool = Arc::new(Pool::new(helpers + 1));
        self.pool = Some(Arc::clone(&pool));
        let axioms = self.axioms;
        let helper = || {
            let pool = Arc::clone(&pool);
            let make = move || Box::new(Graphs::helper(pool, axioms)) as Box<dyn Strategy>;
            Box::new(make) as MakeStrategy
        };
        Some(Crew { helpers: (0..helpers).map(|_| helper()).collect(), pool })
    }

    fn kept(&self) -> (usize, usize) {
        self.kept_by_frames()
    }

    fn next(&mut self, kernel: &mut Kernel) -> bool {
        if self.walk.is_some() {
            let counts = !self.cut() && !kernel.now.stutters;
            return self.walk_on(counts);
        }
        if self.journey.is_some() {
            return self.travel();
        }
        self.share();
        self.take_next() || self.help()
    }

    fn is_passing(&self) -> bool {
        Graphs::is_passing(self)
    }

    fn way(&self) -> Option<Piece> {
        Graphs::way(self)
    }

    fn pieces_left(&self) -> Vec<Piece> {
        Graphs::pieces_left(self)
    }

    fn knows_of_loops(&self) -> bool {
        !self.waiting.known.is_empty()
    }
}
