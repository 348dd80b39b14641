//! A barrier.
//!
//! A thread that comes to it arrives and then passes, which it can once all parties of its round
//! have arrived. All arrivals of a round come before each thread that passes. Nothing else depends on
//! a pass.
//!
//! **Arrivals.** Two arrivals of one round commute. Mostly no others can meet: the parties of a round
//! are those of the one before, or are started by them. Then an arrival depends on no other. Where an
//! arrival is found that could have been in an earlier round, there are more threads than parties;
//! then the exploration begins again, and all arrivals depend on each other.
//!
//! **The leader** of a round is "a single (arbitrary) thread". It matters only if a thread asks for
//! it. Once one does, the exploration begins again, and the least party of each round chooses among
//! them as it passes. The others pass after it. Under a weak memory model it is the last to arrive, and arrivals depend on each
//! other: any of a round can be the last, because none has seen more of the others than that they have not passed.

use super::{Act, Numbers, Outcome};
use crate::kernel::footprint::Footprint;

/// It is not known whether the thread leads.
pub(crate) const UNKNOWN: u32 = 0;
/// Another one leads.
pub(crate) const FOLLOWS: u32 = 1;
/// The thread leads.
pub(crate) const LEADS: u32 = 2;

/// What an arrival comes to that is its round's last.
pub(in crate::kernel) const OPENS: u32 = 1;

/// A thread that has arrived and not passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Party {
    thread: u16,
    round: u32,
    /// Whether it leads, once that is chosen.
    leads: Option<bool>,
}

/// Which party of a round leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leaders {
    /// No thread asks.
    Unknown,
    /// Any: the least chooses.
    Chosen,
    /// The last to arrive.
    Last,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Barrier {
    parties: u32,
    leaders: Leaders,
    /// Arrivals depend on each other.
    crowds: bool,
    arrived: u32,
    waiting: Vec<Party>,
}

impl Barrier {
    pub(super) const PARTS: usize = 0;

    pub(super) fn new(parties: usize, leaders: Leaders, crowds: bool) -> Self {
        let parties = u32::try_from(parties.max(1)).unwrap_or(u32::MAX);
        let crowds = crowds || leaders == Leaders::Last;
        Barrier { parties, leaders, crowds, arrived: 0, waiting: Vec::new() }
    }

    pub(super) fn anew(&self) -> Self {
        Barrier { arrived: 0, waiting: Vec::new(), ..*self }
    }

    pub(super) fn outcome(
        &self,
        numbers: Numbers<'_>,
        thread: u16,
        act: Act,
        alt: u16,
    ) -> Option<Outcome> {
        if act == Act::Meet {
            let barrier = numbers.object;
            let footprint =
                if self.crowds { Footprint::write(barrier) } else { Footprint::read(barrier) };
            let opens = u32::from((self.arrived + 1).is_multiple_of(self.parties));
            return Some(Outcome { releases: Some(barrier), ..Outcome::of(footprint, opens) });
        }
        let result = match self.party(thread)? {
            party if !self.is_open(party.round) => return None,
            _ if self.leaders == Leaders::Unknown => UNKNOWN,
            Party { leads: Some(leads), .. } => {
                if leads {
                    LEADS
                } else {
                    FOLLOWS
                }
            }
            party if self.of_round(party.round).min() == Some(thread) => {
                if self.chosen(party.round, alt) == Some(thread) { LEADS } else { FOLLOWS }
            }
            _ => return None,
        };
        Some(Outcome::of(Footprint::NOTHING, result))
    }

    /// Takes an act; adds the threads to `woken` that it lets go on.
    pub(super) fn take(&mut self, thread: u16, act: Act, alt: u16, woken: &mut Vec<u16>) {
        if act == Act::Meet {
            // Where that it passed was no change, it has by now.
            self.stop(thread);
            let round = self.arrived / self.parties;
            self.arrived = self.arrived.saturating_add(1);
            self.waiting.push(Party { thread, round, leads: None });
            if self.is_open(round) {
                if self.leaders == Leaders::Last {
                    self.lead(round, Some(thread));
                }
                woken.extend(self.of_round(round));
            }
            return;
        }
        let Some(party) = self.party(thread) else { return };
        if self.leaders == Leaders::Chosen && party.leads.is_none() {
            self.lead(party.round, self.chosen(party.round, alt));
            woken.extend(self.of_round(party.round).filter(|other| *other != thread));
        }
        self.stop(thread);
    }

    /// A round has this leader, or one that was stopped.
    fn lead(&mut self, round: u32, leader: Option<u16>) {
        for party in self.waiting.iter_mut().filter(|party| party.round == round) {
            party.leads = Some(leader == Some(party.thread));
        }
    }

    /// A thread takes no more steps.
    pub(super) fn stop(&mut self, thread: u16) {
        self.waiting.retain(|party| party.thread != thread);
    }

    /// How many leaders a thread may choose from that is about to pass.
    pub(super) fn alternatives(&self, thread: u16) -> u16 {
        match self.party(thread) {
            Some(Party { round, leads: None, .. }) if self.leaders == Leaders::Chosen => {
                let here = self.of_round(round).count() as u32;
                // One that was stopped may be the leader, too.
                (here + u32::from(here < self.parties)) as u16
            }
            _ => 1,
        }
    }

    /// Do arrivals depend on each other?
    pub(super) fn has_crowds(&self) -> bool {
        self.crowds
    }

    pub(super) fn parties(&self) -> usize {
        self.parties as usize
    }

    /// Was the last arrival its round's first?
    pub(super) fn has_begun_round(&self) -> bool {
        self.arrived % self.parties == 1 % self.parties
    }

    fn party(&self, thread: u16) -> Option<Party> {
        self.waiting.iter().copied().find(|party| party.thread == thread)
    }

    fn is_open(&self, round: u32) -> bool {
        self.arrived / self.parties > round
    }

    /// The threads of a round that have not passed.
    fn of_round(&self, round: u32) -> impl Iterator<Item = u16> {
        self.waiting.iter().filter(move |party| party.round == round).map(|party| party.thread)
    }

    /// The leader of a round by this alternative.
    fn chosen(&self, round: u32, alt: u16) -> Option<u16> {
        let mut parties = self.of_round(round).collect::<Vec<_>>();
        parties.sort_unstable();
        parties.get(usize::from(alt)).copied()
    }
}
