//! Loops that wait by looking.
//!
//! What a thread does between two yields at one place is a *round* of a loop. It is *fruitless* if it has only read,
//! or done nothing but write what was there, and changed nothing by other means. A round that reads the same writes
//! as the one before finds what that found; so after a fruitless round a thread goes on only once it can read another
//! write, which is a newer one, and once no other thread can go on. After a round that writes what was there, that
//! write has to have another value.
//!
//! Whether there is one depends on writes that nothing orders before that round. A graph in which such a write was put
//! in between later, while another thread reads what the round has written, is not found. Nothing is lost by it: where
//! the other thread reads what the round has read, it finds the same value, and no more happens before.
//!
//! Where the first round begins is not known. It is somewhere among what the thread has read last, since it is
//! about to do what it has done there; so then it goes on once any of that has another write. If the round that
//! follows reads the same as the one before, it is taken back.
//!
//! All that is so of a loop that does not end by itself. Whether it does is [tried](super::trial).
//!
//! If nothing but threads that wait is left, each of which has read the last writes, no round will ever find
//! anything: a livelock. A round of several reads of which one is not the last may turn out to be as the one
//! before; then the thread does not look again in this execution, which is *cut* in the end. Until then the
//! others go on: what they write may yet be read by that round.

use std::collections::HashMap;
use std::panic::Location;

use super::event::Name;
use super::graph::Graph;
use super::sections::Left;
use super::trial::{Known, Trial};
use super::{Frame, Graphs};
use crate::kernel::seen::Seen;
use crate::kernel::trials::LONG;
use crate::kernel::{Kernel, Pending, Status};

/// Rounds of a loop that waits and is not fruitless, after which it is refused.
const BUSY: u32 = 100;

/// A thread at one of its yields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    /// The last event that it has done.
    pub(super) last: Name,
    /// The place's address.
    pub(super) place: usize,
    /// What comes before: two pasts are taken for one if these are equal.
    pub(super) past: Seen,
}

/// Where a thread did one of its events.
pub(super) struct Site {
    pub(super) index: u32,
    pub(super) at: &'static Location<'static>,
    pub(super) object: Option<u32>,
    /// It has changed something by other means since the event before.
    pub(super) effect: bool,
    /// What the [section](super::sections) has left that begins with it.
    left: Left,
}

/// A thread's last yield at a place.
#[derive(Clone, Copy)]
pub(super) struct Visit {
    place: usize,
    /// How many events it had done.
    done: u32,
    /// It waited then.
    waited: bool,
    /// How often it had yielded there after more than reads.
    busy: u32,
    /// How often in a row it had yielded there after nothing.
    idle: u32,
}

/// A fruitless round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Its first event, or one before.
    pub(super) from: u32,
    /// It does begin there.
    pub(super) is_exact: bool,
}

/// How a thread stands after its last yield.
#[derive(Clone, Copy, Default)]
pub(super) enum Stand {
    #[default]
    GoesOn,
    /// It has yielded here, in these calls if they are asked for, and has not done any event since. It
    /// had yielded here before.
    Yielded { place: &'static Location<'static>, before: Option<Visit>, state: State, calls: u64 },
    /// It is to be tried whether its loop ends.
    Undecided { place: &'static Location<'static>, calls: u64 },
    /// It waits at this place, after this round, and has not done any event since.
    Waits(&'static Location<'static>, Round),
}

/// What is known of loops, and how the threads of the execution under way stand.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) known: HashMap<State, Known>,
    /// The places and calls of loops that were tried for long.
    pub(super) tried: Vec<(usize, u64)>,
    pub(super) trial: Option<Trial>,
    sites: Vec<Vec<Site>>,
    visits: Vec<Vec<Visit>>,
    pub(super) stands: Vec<Stand>,
    /// Threads of which a round has turned out to be as the one before.
    repeating: Vec<u16>,
}

impl Waiting {
    /// Another execution begins.
    pub(super) fn begin(&mut self) {
        self.sites.iter_mut().for_each(Vec::clear);
        self.visits.iter_mut().for_each(Vec::clear);
        self.stands.fill(Stand::GoesOn);
        self.repeating.clear();
    }

    /// A thread starts.
    pub(super) fn start(&mut self, thread: u16) {
        let threads = usize::from(thread) + 1;
        if self.stands.len() < threads {
            self.sites.resize_with(threads, Vec::new);
            self.visits.resize_with(threads, Vec::new);
            self.stands.resize(threads, Stand::GoesOn);
        }
    }

    /// Where a thread did its events, the last first.
    pub(super) fn sites(&self, thread: u16) -> impl Iterator<Item = &Site> {
        self.sites[usize::from(thread)].iter().rev()
    }

    pub(super) fn site(&self, Name { thread, index }: Name) -> Option<&Site> {
        self.sites(thread).find(|site| site.index == index)
    }

    /// Has the thread changed something by other means before this event, and since the one before?
    pub(super) fn has_effect(&self, name: Name) -> bool {
        self.site(name).is_some_and(|site| site.effect)
    }

    pub(super) fn left(&self, name: Name) -> Left {
        self.site(name).map_or(Left::Anything, |site| site.left)
    }

    pub(super) fn set_left(&mut self, Name { thread, index }: Name, left: Left) {
        let mut sites = self.sites[usize::from(thread)].iter_mut().rev();
        if let Some(site) = sites.find(|site| site.index == index) {
            site.left = left;
        }
    }

    /// Has a round turned out to be as the one before? Then so is the execution as another one.
    pub(super) fn repeats(&self) -> bool {
        !self.repeating.is_empty()
    }
}

impl Graphs {
    /// The running thread has done an event.
    pub(super) fn note_site(&mut self, kernel: &mut Kernel, thread: u16, object: Option<u32>) {
        let at = kernel.thread(thread).pending.at;
        let effect = kernel.threads[usize::from(thread)].poll.take_effect();
        let index = self.done[usize::from(thread)];
        self.waiting.stands[usize::from(thread)] = Stand::GoesOn;
        self.waiting.sites[usize::from(thread)].push(Site {
            index,
            at,
            object,
            effect,
            left: Left::Anything,
        });
    }

    /// A thread has taken a lane for what it has announced.
    pub(super) fn note_lane(&mut self, kernel: &Kernel, thread: u16) {
        let Pending { op, at } = kernel.thread(thread).pending;
        let index = self.done[usize::from(thread)];
        self.waiting.stands[usize::from(thread)] = Stand::GoesOn;
        let site = Site { index, at, object: op.object(), effect: false, left: Left::Anything };
        self.waiting.sites[usize::from(thread)].push(site);
    }

    /// The running thread yields. Whether it does nothing else for ever.
    pub(super) fn yields_at(
        &mut self,
        kernel: &mut Kernel,
        place: &'static Location<'static>,
        calls: &dyn Fn() -> u64,
    ) -> bool {
        let (thread, at) = (kernel.current, usize::from(kernel.current));
        let (done, address) = (self.done[at], std::ptr::from_ref(place).addr());
        let tried = self.on_trial() == Some(thread);
        // A trial is of one loop, and its end says of which pasts something is known.
        let past =
            if tried { Seen::default() } else { self.graph().past(Name { thread, index: done }) };
        let state = State { last: Name { thread, index: done }, place: address, past };
        let waited = matches!(self.waiting.known.get(&state), Some(Known::Waits(_)));
        let known = self.waiting.visits[at].iter_mut().find(|visit| visit.place == address);
        let before = known.as_deref().copied();
        let idle = before.filter(|before| before.done == done).map_or(0, |before| before.idle + 1);
        let busy = before.map_or(0, |before| before.busy);
        let visit = Visit { place: address, done, waited, busy, idle };
        match known {
            Some(known) => *known = visit,
            None => self.waiting.visits[at].push(visit),
        }
        if idle > 0 {
            return self.idles(kernel, place, idle);
        }
        let asked = self.script.is_none() && (tried || !self.waiting.known.contains_key(&state));
        let calls = if asked { calls() } else { 0 };
        self.waiting.stands[at] = Stand::Yielded { place, before, state, calls };
        false
    }

    /// The running thread has yielded here so often after nothing. Whether it does nothing else for ever.
    fn idles(
        &mut self,
        kernel: &mut Kernel,
        place: &'static Location<'static>,
        times: u32,
    ) -> bool {
        let for_ever = times > LONG;
        if for_ever && kernel.me().poll.has_effect() {
            refuse_busy_loop(kernel);
        } else if for_ever {
            let at = usize::from(kernel.current);
            let nothing = Round { from: self.done[at] + 1, is_exact: true };
            self.waiting.stands[at] = Stand::Waits(place, nothing);
        }
        for_ever
    }

    /// Notes that a thread has yielded here after more than reads; refuses it if it has too often.
    fn note_busy(&mut self, kernel: &mut Kernel, thread: u16, place: usize) {
        let mut visits = self.waiting.visits[usize::from(thread)].iter_mut();
        let visit = visits.find(|visit| visit.place == place).expect("it has yielded here");
        visit.busy += 1;
        if visit.busy > BUSY {
            refuse_busy_loop(kernel);
        }
    }

    /// Finds out of each thread that has yielded, and announced what it does next, whether it waits.
    pub(super) fn judge_yields(&mut self, kernel: &mut Kernel) {
        for thread in kernel.ids() {
            let at = usize::from(thread);
            let Stand::Yielded { .. } = self.waiting.stands[at] else { continue };
            if kernel.thread(thread).status != Status::Pending || kernel.now.ending {
                continue;
            }
            self.waiting.stands[at] = match self.undone(thread) {
                None => self.after_yield(kernel, thread),
                Some(_) => Stand::GoesOn,
            };
        }
    }

    /// How a thread stands that has yielded and is about to go on.
    fn after_yield(&mut self, kernel: &mut Kernel, thread: u16) -> Stand {
        let stand = self.waiting.stands[usize::from(thread)];
        let Stand::Yielded { place, before, state, calls } = stand else { return stand };
        let tried = self.on_trial() == Some(thread);
        let round = self.fruitless_round(kernel, thread, before.map(|before| before.done));
        if tried && !round.is_some_and(|round| round.is_exact) {
            self.conclude(kernel, false);
            return Stand::GoesOn;
        }
        let Some(round) = round else {
            self.note_busy(kernel, thread, state.place);
            return Stand::GoesOn;
        };
        if let Some(script) = &self.script {
            let rest = script.get(kernel.events.taken()..).unwrap_or_default();
            let over = rest.iter().all(|(other, _)| *other != thread);
            if over {
                self.note_sections(kernel, thread, round.from, state.last.index);
            }
            return if over { Stand::Waits(place, round) } else { Stand::GoesOn };
        }
        if tried {
            self.try_again(kernel, state.place, state.last.index, calls);
            return Stand::GoesOn;
        }
        match self.waiting.known.get(&state) {
            Some(Known::Waits(length)) => {
                let round = length.map_or(round, |length| Round {
                    from: state.last.index + 1 - length,
                    is_exact: true,
                });
                self.note_sections(kernel, thread, round.from, state.last.index);
                Stand::Waits(place, self.unrepeated(kernel, state, before, round))
            }
            Some(Known::Ends) => {
                if before.is_some() && !round.is_exact {
                    self.note_busy(kernel, thread, state.place);
                }
                Stand::GoesOn
            }
            None => Stand::Undecided { place, calls },
        }
    }

    /// The round of a thread that waits; the one before, if it waited then as well and has read the same since:
    /// then the round is taken back if nothing newer is to be read, and the execution is cut if there is.
    fn unrepeated(
        &mut self,
        kernel: &mut Kernel,
        state: State,
        before: Option<Visit>,
        round: Round,
    ) -> Round {
        let Name { thread, index: last } = state.last;
        let at = usize::from(thread);
        let length = last + 1 - round.from;
        let is_next = before.is_some_and(|before| before.waited && before.done + 1 == round.from);
        let writes = self.graph().event(state.last).writes && length == 1;
        if !is_next || writes || !self.is_as_before(thread, round.from, length) {
            return round;
        }
        let events = (round.from..=last).map(|index| Name { thread, index });
        let overlooks = |name| self.overlooks(name);
        if self.is_noticed(thread, round.from) || events.into_iter().any(overlooks) {
            self.waiting.repeating.push(thread);
            return round;
        }
        // No other thread could go on when this one looked again, or would have; these are the last events.
        let Frame { graph, .. } = self.frame();
        graph.truncate(graph.len() - length as usize);
        self.done[at] -= length;
        self.waiting.sites[at].retain(|site| site.index < round.from);
        let visits = self.waiting.visits[at].iter_mut();
        visits.for_each(|visit| visit.done = visit.done.min(round.from - 1));
        self.tell_races(kernel, thread);
        Round { from: round.from - length, is_exact: true }
    }

    /// Does a thread wait?
    pub(super) fn waits(&self, thread: u16) -> bool {
        matches!(self.waiting.stands[usize::from(thread)], Stand::Waits(..))
    }

    /// Does a thread wait that can read something new, or find something else in a section?
    pub(super) fn may_look_again(&self, thread: u16) -> bool {
        let Stand::Waits(_, Round { from, .. }) = self.waiting.stands[usize::from(thread)] else {
            return false;
        };
        if self.waiting.repeating.contains(&thread) {
            return false;
        }
        let done = self.done[usize::from(thread)];
        (from..=done).any(|index| self.overlooks(Name { thread, index }))
    }

    /// Is it not its loop by which a thread waits, but what it is about to do?
    pub(super) fn is_held_up(&self, kernel: &Kernel, thread: u16) -> bool {
        let Stand::Waits(_, Round { from, .. }) = self.waiting.stands[usize::from(thread)] else {
            return false;
        };
        // After a round of nothing it is about to do nothing.
        from <= self.done[usize::from(thread)] && !kernel.enabled(thread)
    }

    /// Does a thread wait that does not look again, or finds nothing new if it does?
    pub(super) fn looks_no_more(&self, kernel: &Kernel, thread: u16) -> bool {
        self.waits(thread)
            && (!self.is_held_up(kernel, thread) || self.waiting.repeating.contains(&thread))
    }

    /// The threads that wait after fruitless rounds, where they yield, and the accesses of those rounds.
    fn waiting_threads(
        &self,
        kernel: &Kernel,
    ) -> Vec<(u16, &'static Location<'static>, Vec<Name>)> {
        let waiting = kernel.ids().filter_map(|thread| {
            let Stand::Waits(place, Round { from, .. }) = self.waiting.stands[usize::from(thread)]
            else {
                return None;
            };
            if self.is_held_up(kernel, thread) {
                return None;
            }
            let done = self.done[usize::from(thread)];
            let round = (from..=done).map(|index| Name { thread, index }).collect();
            let pending = kernel.thread(thread).status == Status::Pending;
            pending.then_some((thread, place, round))
        });
        waiting.collect()
    }

    /// Nothing can go on. Whether threads wait after fruitless rounds, which they do for ever.
    pub(super) fn has_waiting(&self, kernel: &mut Kernel) -> bool {
        let waiting = self.waiting_threads(kernel);
        for (thread, place, round) in &waiting {
            let looked_at = |name: &Name| {
                let label = self.graph().event(*name).label;
                label.location().or(label.object())
            };
            kernel.polls_for_ever(*thread, place, round.iter().filter_map(looked_at));
        }
        !waiting.is_empty()
    }
}

/// Fails the execution because of a loop that waits and does more than read.
pub(super) fn refuse_busy_loop(kernel: &mut Kernel) {
    kernel.refuse("a loop that waits and does more than look");
}

impl Graph {
    /// What comes before a thread's next event after `last`, as a hash.
    pub(super) fn past(&self, last: Name) -> Seen {
        let number = |name: Name| u64::from(name.thread) << 32 | u64::from(name.index);
        // An event's index is not 0.
        let number_if = |name: Option<Name>| name.map_or(0, number);
        let porf = self.front_after(last).porf;
        let mut past = Seen::default();
        for (thread, count) in (0_u16..).zip(porf.counts()) {
            past.mix(u64::from(*count));
            for index in 1..=*count {
                let event = self.event(Name { thread, index });
                past.mix(number_if(event.source));
                past.mix(u64::from(event.alternative) << 1 | u64::from(event.writes));
            }
        }
        // (An object that comes later may be known already.)
        for (nth, order) in (0_u64..).zip(&self.objects).chain((1 << 32..).zip(&self.lanes)) {
            let is_before = |name: &Name| porf.has(*name) && self.event(*name).object().is_some();
            for name in order.iter().copied().filter(is_before) {
                past.mix(nth);
                past.mix(number(name));
            }
        }
        past
    }
}
