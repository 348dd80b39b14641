//! The states of machines in other orders of their acts than that of the execution under way.
//!
//! A weak memory model orders the acts on a machine as it does read-modify-writes of an atomic, whose values are the
//! machine's states. States have numbers, which outlive executions.

use super::channel::GONE;
use super::once::OVER;
use super::{Act, Machine, NOT_SEEN, Numbers};
use crate::kernel::Kernel;
use crate::kernel::owners::{self, Count};

/// Senders of a channel, as far as states are told apart: how many there are is known from the execution.
const SENDERS: u32 = 1 << 30;

/// The states of all machines that have come about, by object number.
#[derive(Clone, Default, Debug)]
pub(crate) struct States(Vec<Entry>);

#[derive(Clone, Default, Debug)]
struct Entry {
    states: Vec<Machine>,
    /// The first state of the machine of the execution under way: that of another may have another size.
    first: usize,
    /// Senders that were made by now.
    senders: u32,
}

/// Stands for all parts of what is acquired.
pub(crate) const EVERYTHING: u32 = u32::MAX;

/// What an act comes to in a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acted {
    /// The state after it.
    pub(crate) state: u64,
    /// Whether it counts as a write: what comes to the same wherever it is put only reads.
    pub(crate) writes: bool,
    /// Whether it comes to the same in every later state.
    pub(crate) settled: bool,
    pub(crate) alternative: u16,
    /// The part whose releases it acquires, and the one to which it releases.
    pub(crate) acquires: Option<u32>,
    pub(crate) releases: Option<u32>,
}

impl Acted {
    /// Writes this state and acquires what was released to this part.
    pub(crate) fn by_acquiring(state: u64, part: u32) -> Self {
        let (acquires, releases) = (Some(part), None);
        Acted { state, writes: true, settled: false, alternative: 0, acquires, releases }
    }

    /// Writes this state and releases to this part.
    pub(crate) fn by_releasing(state: u64, part: u32) -> Self {
        let (acquires, releases) = (None, Some(part));
        Acted { state, writes: true, settled: false, alternative: 0, acquires, releases }
    }

    /// Finds this state, and no more.
    pub(crate) fn by_looking(state: u64) -> Self {
        let (acquires, releases) = (None, None);
        let alternative = NOT_SEEN;
        Acted { state, writes: false, settled: false, alternative, acquires, releases }
    }
}

impl States {
    fn entry(&mut self, object: u32) -> &mut Entry {
        let at = object as usize;
        if self.0.len() <= at {
            self.0.resize_with(at + 1, Entry::default);
        }
        &mut self.0[at]
    }

    /// Knows the machine of the execution under way; returns its first state.
    pub(crate) fn learn(&mut self, kernel: &Kernel, object: u32) -> u64 {
        let machine = kernel.machines.of(object).0;
        let entry = self.entry(object);
        if let Machine::Channel(channel) = machine {
            entry.senders = channel.made();
        }
        entry.first = entry.number(with_senders(machine.anew(), SENDERS));
        entry.first as u64
    }

    /// Knows the owners of a value of the execution under way; returns how many there were at first.
    pub(crate) fn learn_owners(&mut self, kernel: &Kernel, arc: u32) -> u64 {
        let first = kernel.first_owners(arc);
        self.entry(arc).first = first as usize;
        first
    }

    /// What comes of a count where there are so many owners, or as many as at first. Memory is ordered as by std's
    /// `Arc`: drops release, and the last one acquires.
    pub(crate) fn count(&self, arc: u32, how: Count, owners: Option<u64>) -> Acted {
        let owners = owners.unwrap_or(self.0[arc as usize].first as u64);
        let (looks, part) = (how.looks(owners), Some(0));
        Acted {
            state: how.leaves(owners),
            writes: !looks,
            settled: false,
            alternative: owners::seen(how, owners),
            acquires: part.filter(|_| how.acquires(owners)),
            releases: part.filter(|_| how.releases() && !looks),
        }
    }

    /// What an act of a thread comes to in a state, which is the first one unless it is given, or `None` if it must wait.
    pub(crate) fn act(
        &mut self,
        thread: u16,
        object: u32,
        act: Act,
        state: Option<u64>,
    ) -> Option<Acted> {
        let entry = &mut self.0[object as usize];
        let before = &entry.states[state.map_or(entry.first, |state| state as usize)];
        let mut machine = with_senders(before.clone(), entry.senders);
        // The machine is number 0, its parts follow.
        let parts = (1..=machine.parts() as u32).collect::<Vec<_>>();
        let numbers = Numbers { object: 0, parts: &parts };
        let outcome = machine.outcome(numbers, thread, act, 0)?;
        let looks = act == Act::Look;
        let passes = act == Act::Pass;
        if !passes {
            machine.take(thread, act, 0, &mut Vec::new());
        }
        let after = with_senders(machine, SENDERS);
        // One that finds an earlier closure's panic would come to something else after another closure has run.
        let called = matches!(act, Act::Call | Act::Force | Act::Await | Act::AwaitFinish)
            && outcome.result == OVER;
        let sends = matches!(act, Act::Send | Act::TrySend | Act::HandOver);
        let settled = passes || sends && outcome.result == GONE;
        let writes = !looks && !called && !settled;
        Some(Acted {
            state: entry.number(after) as u64,
            writes,
            settled,
            alternative: if looks && outcome.result == 0 { NOT_SEEN } else { 0 },
            acquires: if passes { Some(0) } else { outcome.acquires },
            releases: outcome.releases,
        })
    }
}

impl Entry {
    /// A state's number.
    fn number(&mut self, state: Machine) -> usize {
        let known = self.states.iter().position(|known| *known == state);
        known.unwrap_or_else(|| {
            self.states.push(state);
            self.states.len() - 1
        })
    }
}

fn with_senders(machine: Machine, made: u32) -> Machine {
    match machine {
        Machine::Channel(channel) => Machine::Channel(channel.with_senders(made)),
        other => other,
    }
}
