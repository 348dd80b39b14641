//! Objects that are state machines: what happens once.
//!
//! A machine says what an act of a thread comes to in its state, or that the thread must wait. All
//! else follows from that, and is the same for each of them: when the act is enabled, what it
//! depends on, and what it would come to elsewhere. For the last the exploration takes a machine in
//! its first state and repeats the acts of other executions on it.
//!
//! A machine may have parts, which are objects with numbers of their own: acts that touch different
//! parts are independent.

pub(crate) mod once;

use std::borrow::Cow;
use std::panic::Location;

use super::footprint::Footprint;
use super::object::{Id, Kind, Object};
use super::op::Op;
use super::state::Kernel;
use once::Once;

/// What a thread does to a machine.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
}

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

#[derive(Clone, Copy, Debug)]
pub(crate) enum Machine {
    Once(Once),
}

impl Machine {
    /// How many parts it has.
    fn parts(&self) -> usize {
        match self {
            Machine::Once(_) => Once::PARTS,
        }
    }

    /// It in its first state.
    fn anew(&self) -> Self {
        match self {
            Machine::Once(once) => Machine::Once(once.anew()),
        }
    }

    /// What an act comes to, or `None` if its thread must wait.
    fn outcome(&self, numbers: Numbers<'_>, act: Act) -> Option<Outcome> {
        match self {
            Machine::Once(once) => once.outcome(numbers, act),
        }
    }

    /// Takes an act that is enabled.
    fn take(&mut self, thread: u16, act: Act) {
        match self {
            Machine::Once(once) => once.take(thread, act),
        }
    }

    /// The thread that others wait for.
    fn holder(&self) -> Option<u16> {
        match self {
            Machine::Once(once) => once.runs_in(),
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

    fn of(&self, object: u32) -> (&Machine, Numbers<'_>) {
        let Entry { machine, parts } = &self.0[object as usize];
        (machine.as_ref().expect("it was made"), Numbers { object, parts })
    }
}

/// A machine to which the acts of other executions are done.
pub(crate) struct Rehearsal<'a> {
    machine: Machine,
    numbers: Numbers<'a>,
}

impl Rehearsal<'_> {
    /// Repeats a step, if it is one of the machine's.
    pub(crate) fn follow(&mut self, thread: u16, op: Op) {
        if let Op::Act { object, act } = op
            && object == self.numbers.object
        {
            self.machine.take(thread, act);
        }
    }

    /// What an act comes to now.
    pub(crate) fn outcome(&self, act: Act) -> Option<Outcome> {
        self.machine.outcome(self.numbers, act)
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
        self.machines.entry(id.index).machine = Some(machine);
        self.add_parts(id.index, machine.parts());
        for part in &self.machines.entry(id.index).parts {
            self.objects[*part as usize].content = content;
        }
        id
    }

    /// Sees to it that a machine has so many parts. A part has one number in all executions.
    fn add_parts(&mut self, object: u32, count: usize) {
        let parts = &mut self.machines.entry(object).parts;
        let at = self.objects[object as usize].at;
        while parts.len() < count {
            parts.push(self.objects.len() as u32);
            self.objects.push(Object::new(Kind::Part, at));
        }
        if self.races.is_on() {
            let chains = usize::from(self.now.chains);
            self.races.grow(self.threads.len(), chains, self.objects.len());
        }
    }

    /// What an act of a thread comes to now, or `None` if it must wait.
    pub(super) fn outcome(&self, thread: u16, object: u32, act: Act) -> Option<Outcome> {
        let (machine, numbers) = self.machines.of(object);
        let outcome = machine.outcome(numbers, act)?;
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
        self.machine(object).take(me, act);
        outcome
    }

    fn machine(&mut self, object: u32) -> &mut Machine {
        self.machines.entry(object).machine.as_mut().expect("it was made")
    }

    /// A machine in its first state, for the acts of other executions.
    pub(crate) fn rehearse(&self, object: u32) -> Rehearsal<'_> {
        let (machine, numbers) = self.machines.of(object);
        Rehearsal { machine: machine.anew(), numbers }
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
            act => act,
        };
        let outcome = machine.outcome(numbers, act)?;
        self.machine(object).take(me, act);
        Some(outcome.result)
    }
}
