//! Objects that are state machines: what happens once, barriers, and channels.
//!
//! A machine says what an act of a thread comes to in its state, or that the thread must wait. All
//! else follows from that, and is the same for each of them: when the act is enabled, what it
//! depends on, and what it would come to elsewhere. For the last the exploration takes a machine in
//! its first state and repeats the acts of other executions on it.
//!
//! A machine may have parts, which are objects with numbers of their own: acts that touch different
//! parts are independent.

pub(crate) mod barrier;
pub(crate) mod channel;
pub(crate) mod once;
mod states;

use std::borrow::Cow;
use std::panic::Location;

use super::event::Event;
use super::footprint::Footprint;
use super::limits::Limits;
use super::names::{Made, Maker};
use super::object::{Id, Kind, Object};
use super::op::Op;
use super::state::Kernel;
use barrier::{Barrier, Leaders};
use channel::Channel;
use once::Once;
pub(crate) use states::{Acted, EVERYTHING, States};

/// What a thread does to a machine.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Act {
    /// Begins the closure of a `Once`, unless one has run; waits for one that runs.
    Call,
    /// As [`Act::Call`], also if an earlier closure has panicked.
    Force,
    /// Ends the closure well.
    Finish,
    /// Ends the closure by a panic.
    Abandon,
    /// Asks whether a closure has run to its end.
    Look,
    /// Waits until one has, or has panicked.
    Await,
    /// Waits until one has.
    AwaitFinish,
    /// Arrives at a barrier.
    Meet,
    /// Goes on from a barrier, once all parties have arrived.
    Pass,
    /// Sends a value; waits for room.
    Send,
    /// Sends a value if there is room, or if the receiver waits.
    TrySend,
    /// Waits until the value that was sent is taken, where values are handed over.
    HandOver,
    /// Receives a value; waits for one.
    Receive,
    /// Receives a value if there is one.
    TryReceive,
    /// Receives a value if there is one when time is over.
    ReceiveInTime,
    /// Takes what is handed over to a receiver that waits.
    Take,
    /// As [`Act::Take`], unless time is over.
    TakeInTime,
    /// Ends a sender.
    DropSender,
    /// Ends the receiver.
    DropReceiver,
}

/// The alternative of an [`Act::Look`] that does not see that a closure has run to its end; of a look whether a thread
/// has ended that does not see that it has; of a try to take a mutex that does not see that it is free.
pub(crate) const NOT_SEEN: u16 = 1;

/// What an act comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) footprint: Footprint,
    /// What its thread is told.
    pub(crate) result: u32,
    /// Whether it leaves the object other than it was, for a thread that looks.
    pub(super) changed: bool,
    /// The object whose releases it acquires.
    pub(super) acquires: Option<u32>,
    /// The object to which it releases.
    pub(super) releases: Option<u32>,
}

impl Outcome {
    pub(super) fn of(footprint: Footprint, result: u32) -> Self {
        Outcome { footprint, result, changed: false, acquires: None, releases: None }
    }
}

/// The numbers of a machine and of its parts.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'a> {
    pub(super) object: u32,
    pub(super) parts: &'a [u32],
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Machine {
    Once(Once),
    Barrier(Barrier),
    Channel(Channel),
}

impl Machine {
    /// How many parts it has.
    fn parts(&self) -> usize {
        match self {
            Machine::Once(_) => Once::PARTS,
            Machine::Barrier(_) => Barrier::PARTS,
            Machine::Channel(channel) => channel.parts(),
        }
    }

    /// It in its first state.
    fn anew(&self) -> Self {
        match self {
            Machine::Once(once) => Machine::Once(once.anew()),
            Machine::Barrier(barrier) => Machine::Barrier(barrier.anew()),
            Machine::Channel(channel) => Machine::Channel(channel.anew()),
        }
    }

    /// What an act of a thread, by this alternative, comes to, or `None` if it must wait.
    fn outcome(&self, numbers: Numbers<'_>, thread: u16, act: Act, alt: u16) -> Option<Outcome> {
        match self {
            Machine::Once(_) if act == Act::Look && alt == NOT_SEEN => {
                Some(Outcome::of(Footprint::read(numbers.parts[0]), 0))
            }
            Machine::Once(once) => once.outcome(numbers, act),
            Machine::Barrier(barrier) => barrier.outcome(numbers, thread, act, alt),
            Machine::Channel(channel) => channel.outcome(numbers, thread, act),
        }
    }

    /// Takes an act that is enabled. Adds the threads to `woken` that go on because of it.
    fn take(&mut self, thread: u16, act: Act, alt: u16, woken: &mut Vec<u16>) {
        match self {
            Machine::Once(once) => once.take(thread, act),
            Machine::Barrier(barrier) => barrier.take(thread, act, alt, woken),
            Machine::Channel(channel) => channel.take(thread, act),
        }
    }

    /// The thread that others wait for.
    fn holder(&self) -> Option<u16> {
        match self {
            Machine::Once(once) => once.runs_in(),
            Machine::Barrier(_) | Machine::Channel(_) => None,
        }
    }
}

/// The machines of the execution under way, by object number.
#[derive(Default)]
pub(crate) struct Machines(Vec<Entry>);

#[derive(Default)]
struct Entry {
    machine: Option<Machine>,
    /// The numbers of its parts, which outlive executions.
    parts: Vec<u32>,
}

impl Machines {
    fn entry(&mut self, object: u32) -> &mut Entry {
        let object = object as usize;
        if object >= self.0.len() {
            self.0.resize_with(object + 1, Entry::default);
        }
        &mut self.0[object]
    }

    /// A thread takes no more steps.
    pub(super) fn stop(&mut self, thread: u16) {
        for Entry { machine, .. } in &mut self.0 {
            if let Some(Machine::Barrier(barrier)) = machine {
                barrier.stop(thread);
            }
        }
    }

    /// The numbers of the parts of each.
    pub(super) fn parts(&self) -> impl Iterator<Item = (u32, &[u32])> {
        (0..).zip(&self.0).map(|(object, entry)| (object, &*entry.parts))
    }

    fn of(&self, object: u32) -> (&Machine, Numbers<'_>) {
        let Entry { machine, parts } = &self.0[object as usize];
        (machine.as_ref().expect("it was made"), Numbers { object, parts })
    }
}

/// A machine to which the acts of other executions are done.
pub(crate) struct Rehearsal<'a> {
    machine: Machine,
    numbers: Numbers<'a>,
    woken: Vec<u16>,
}

impl Rehearsal<'_> {
    /// Repeats a step, if it is one of the machine's.
    pub(crate) fn follow(&mut self, event: &Event) {
        if let Op::Act { object, act } = event.op
            && object == self.numbers.object
        {
            self.machine.take(event.thread, act, event.alt, &mut self.woken);
        }
    }

    /// What an act of a thread comes to now.
    pub(crate) fn outcome(&self, thread: u16, act: Act) -> Option<Outcome> {
        self.machine.outcome(self.numbers, thread, act, 0)
    }
}

impl Kernel {
    /// Adds a machine made by the running thread.
    pub(crate) fn create_machine(
        &mut self,
        kind: Kind,
        machine: Machine,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let id = self.create(kind, name, at);
        let content = self.objects[id.index as usize].content;
        let parts = machine.parts();
        self.machines.entry(id.index).machine = Some(machine);
        self.add_parts(id.index, parts);
        for part in &self.machines.entry(id.index).parts {
            self.objects[*part as usize].content = content;
        }
        id
    }

    /// Sees to it that a machine has so many parts. A part has one number in all executions.
    fn add_parts(&mut self, object: u32, count: usize) {
        let known = self.machines.entry(object).parts.len();
        if known >= count {
            return;
        }
        let at = self.objects[object as usize].at;
        for nth in known..count {
            let number = match &self.names {
                None => self.objects.len() as u32,
                Some(names) => names.object(Maker::Machine(object), Made::Alone, nth as u32),
            };
            self.reach(number, Kind::Part, at);
            self.objects[number as usize] = Object::new(Kind::Part, at);
            self.machines.entry(object).parts.push(number);
        }
        if self.races.is_on() {
            let chains = usize::from(self.now.chains);
            self.races.grow(self.threads.len(), chains, self.objects.len());
        }
    }

    /// What an act of a thread comes to now, or `None` if it must wait.
    pub(super) fn outcome(&self, thread: u16, object: u32, act: Act) -> Option<Outcome> {
        let (machine, numbers) = self.machines.of(object);
        let outcome = machine.outcome(numbers, thread, act, self.alt)?;
        Some(Outcome { footprint: self.footprint_of(thread, outcome), ..outcome })
    }

    /// What an act of a thread touches.
    pub(crate) fn footprint_of(&self, thread: u16, outcome: Outcome) -> Footprint {
        if outcome.footprint == Footprint::NOTHING {
            return self.own_footprint(thread);
        }
        outcome.footprint
    }

    /// Takes an act of the running thread.
    pub(super) fn act(&mut self, object: u32, act: Act) -> Outcome {
        let me = self.current;
        let outcome = self.outcome(me, object, act).expect("it is enabled");
        if let Some(from) = outcome.acquires {
            self.races.acquire(usize::from(me), from, false);
        }
        if let Some(to) = outcome.releases {
            self.races.release(usize::from(me), to, false);
        }
        self.see_act(outcome);
        let mut woken = std::mem::take(&mut self.woken);
        woken.clear();
        let alt = self.alt;
        self.machine(object).take(me, act, alt, &mut woken);
        if act == Act::Meet {
            woken.iter().for_each(|id| self.races.acquire(usize::from(*id), object, false));
        }
        self.woken = woken;
        let parts = self.machine(object).parts();
        self.add_parts(object, parts);
        outcome
    }

    fn machine(&mut self, object: u32) -> &mut Machine {
        self.machines.entry(object).machine.as_mut().expect("it was made")
    }

    /// A machine in its first state, for the acts of other executions.
    pub(crate) fn rehearse(&self, object: u32) -> Rehearsal<'_> {
        let (machine, numbers) = self.machines.of(object);
        Rehearsal { machine: machine.anew(), numbers, woken: Vec::new() }
    }

    /// Adds a barrier made by the running thread.
    pub(crate) fn create_barrier(&mut self, parties: usize, at: &'static Location<'static>) -> Id {
        let Limits { leaders, last_leads, crowds, .. } = self.limits;
        let leaders = match (leaders, last_leads) {
            (false, _) => Leaders::Unknown,
            (true, false) => Leaders::Chosen,
            (true, true) => Leaders::Last,
        };
        let barrier = Barrier::new(parties, leaders, crowds);
        self.create_machine(Kind::Barrier, Machine::Barrier(barrier), None, at)
    }

    /// Adds a channel made by the running thread, with its first sender and its receiver.
    pub(crate) fn create_channel(
        &mut self,
        room: Option<usize>,
        at: &'static Location<'static>,
    ) -> Id {
        let channel = Channel::new(room, self.limits.handovers);
        self.create_machine(Kind::Channel, Machine::Channel(channel), None, at)
    }

    /// Is an act ordered by nothing but some acts that it comes after? So is a receive from a channel, by the send of its
    /// value or the ends of all senders, if there is always room and no thread looks for a value without waiting. So are
    /// arrivals at a barrier, and those that pass, if no round may have other parties.
    pub(crate) fn is_apart(&self, object: u32, act: Act) -> bool {
        match self.machines.of(object).0 {
            Machine::Channel(channel) => {
                let comes_after = matches!(act, Act::Receive | Act::DropSender);
                comes_after && channel.is_unbounded() && !self.limits.looks
            }
            Machine::Barrier(barrier) => !barrier.has_crowds(),
            Machine::Once(_) => false,
        }
    }

    /// How many threads pass a barrier together.
    pub(crate) fn parties(&self, barrier: u32) -> Option<usize> {
        match self.machines.of(barrier).0 {
            Machine::Barrier(barrier) => Some(barrier.parties()),
            Machine::Once(_) | Machine::Channel(_) => None,
        }
    }

    /// Has the running thread found out, by an act that came to this, how acts come one after the other, which orders no
    /// memory?
    pub(super) fn act_is_weak(&self, object: u32, act: Act, result: u32) -> bool {
        match self.machines.of(object).0 {
            // A closure that runs after a call has found the panic of an earlier one does not come after that call.
            Machine::Once(_) => act == Act::Look || result == once::POISONED,
            Machine::Barrier(_) => false,
            Machine::Channel(channel) => channel.is_weak(act, result),
        }
    }

    /// How many values were received from a channel.
    pub(crate) fn received(&self, channel: u32) -> u32 {
        match self.machines.of(channel).0 {
            Machine::Channel(channel) => channel.received(),
            Machine::Once(_) | Machine::Barrier(_) => 0,
        }
    }

    /// Adds another sender to a channel.
    pub(crate) fn add_sender(&mut self, channel: u32) {
        if let Machine::Channel(channel) = self.machine(channel) {
            channel.add_sender();
        }
    }

    /// Has the exploration begin again with receivers whose waiting is a step, where values are handed
    /// over, unless it is.
    pub(crate) fn begin_with_handovers(&mut self) {
        if !self.limits.handovers {
            self.limits.handovers = true;
            self.begin_again();
        }
    }

    /// Was the last arrival at a barrier its round's first?
    pub(crate) fn has_begun_round(&self, barrier: u32) -> bool {
        match self.machines.of(barrier).0 {
            Machine::Barrier(barrier) => barrier.has_begun_round(),
            Machine::Once(_) | Machine::Channel(_) => false,
        }
    }

    /// How many alternatives an act of a thread has.
    pub(super) fn alternatives_of_act(&self, thread: u16, object: u32, act: Act) -> u16 {
        match self.machines.of(object).0 {
            Machine::Barrier(barrier) if act == Act::Pass => barrier.alternatives(thread),
            _ => 1,
        }
    }

    /// Has the exploration begin again with leaders of barriers that are chosen, unless they are.
    pub(crate) fn begin_with_leaders(&mut self) {
        if !self.limits.leaders {
            self.limits.leaders = true;
            self.begin_again();
        }
    }

    /// Has the exploration begin again with arrivals at barriers that depend on each other.
    pub(crate) fn begin_with_crowds(&mut self) {
        self.limits.crowds = true;
        self.begin_again();
    }

    /// The thread that others wait for at a machine.
    pub(crate) fn holder(&self, object: u32) -> Option<u16> {
        self.machines.of(object).0.holder()
    }

    /// Takes an act of the running thread whose execution is torn down: what it comes to, or `None` while
    /// it must wait.
    pub(crate) fn inert_act(&mut self, object: u32, act: Act) -> Option<u32> {
        let me = self.current;
        let (machine, numbers) = self.machines.of(object);
        let act = match act {
            Act::Call => Act::Force,
            Act::Await => return Some(once::OVER),
            Act::Meet | Act::Pass => return Some(0),
            act => act,
        };
        let Some(outcome) = machine.outcome(numbers, me, act, 0) else {
            // Nothing comes of a channel any more.
            return matches!(machine, Machine::Channel(_)).then_some(channel::GONE);
        };
        self.machine(object).take(me, act, 0, &mut Vec::new());
        Some(outcome.result)
    }
}
