//! Loops that wait by looking.
//!
//! A thread that yields, and then is about to do what it has done before, at the same place and to the same
//! object, has done a *round* of a loop. It is *fruitless* if it has only read, and changed nothing by other
//! means. A round that reads the same writes as the one before finds what that found; so after a fruitless
//! round a thread goes on only once it can read another write, which is a newer one.
//!
//! That is so of a loop that does not end by itself. Whether it does is tried, as where memory is sequentially
//! consistent: the thread goes on alone, and reads what it read before, or the oldest write that it may. If it
//! comes back to its yield [`LONG`] times, then the loop waits. What it did meanwhile is taken back, and what was
//! found out is known from then on of threads that have the same past: the same events, which read the same,
//! come before.
//!
//! If nothing but such threads is left, each of which has read the last writes, no round will ever find
//! anything: a livelock. A round of several reads may turn out to be as the one before; then the
//! execution is *cut*.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;

use super::event::{Label, Name};
use super::graph::Graph;
use super::{Frame, Graphs};
use crate::kernel::polling::{LONG, SHORT};
use crate::kernel::{FailureKind, Kernel, Pending, Status};

/// Rounds of a loop that waits and is not fruitless, after which it is refused.
const BUSY: u32 = 100;

/// In the place of a round's first and last event: there is none.
const NO_ROUND: (u32, u32) = (u32::MAX, 0);

/// A thread at one of its yields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct State {
    /// The last event that it has done.
    last: Name,
    /// The place's address.
    place: usize,
    /// What comes before, as a hash.
    past: u64,
}

/// Where a thread did one of its events.
struct Site {
    index: u32,
    at: &'static Location<'static>,
    object: Option<u32>,
    /// It has changed something by other means since the event before.
    effect: bool,
}

/// A place where a thread has yielded, and how often it has done more than read in between.
type Busy = (usize, u32);

/// How a thread stands after its last yield.
#[derive(Clone, Copy, Default)]
enum Stand {
    #[default]
    GoesOn,
    /// It has yielded here after so many events, in these calls if they are asked for, and has not done
    /// any since.
    Yielded { place: &'static Location<'static>, done: u32, calls: u64 },
    /// It is to be tried whether its loop ends.
    Undecided { place: &'static Location<'static>, calls: u64 },
    /// It waits at this place, after a round that began with this one of its events, and has not done any
    /// since.
    Waits(&'static Location<'static>, u32),
}

/// A thread that goes on alone.
struct Trial {
    thread: u16,
    place: usize,
    /// Where its execution is taken back to.
    len: usize,
    items: usize,
    /// Its fruitless rounds so far, each by its last event and the calls that the thread was in then.
    rounds: Vec<(u32, u64)>,
}

/// What is known of loops, and how the threads of the execution under way stand.
#[derive(Default)]
pub(super) struct Waiting {
    /// Whether a thread waits after a fruitless round.
    known: HashMap<State, bool>,
    /// The places and calls of loops that were tried for long.
    tried: Vec<(usize, u64)>,
    trial: Option<Trial>,
    sites: Vec<Vec<Site>>,
    busy: Vec<Vec<Busy>>,
    stands: Vec<Stand>,
    /// The last fruitless round of each thread after which it waited, by its first and last event.
    rounds: Vec<(u32, u32)>,
}

impl Waiting {
    /// Another execution begins.
    pub(super) fn begin(&mut self) {
        self.sites.iter_mut().for_each(Vec::clear);
        self.busy.iter_mut().for_each(Vec::clear);
        self.stands.fill(Stand::GoesOn);
        self.rounds.fill(NO_ROUND);
    }

    /// A thread starts.
    pub(super) fn start(&mut self, thread: u16) {
        let threads = usize::from(thread) + 1;
        if self.stands.len() < threads {
            self.sites.resize_with(threads, Vec::new);
            self.busy.resize_with(threads, Vec::new);
            self.stands.resize(threads, Stand::GoesOn);
            self.rounds.resize(threads, NO_ROUND);
        }
    }

    /// The thread that goes on alone, if one does.
    pub(super) fn on_trial(&self) -> Option<u16> {
        self.trial.as_ref().map(|trial| trial.thread)
    }
}

impl Graphs {
    /// The running thread has done an event.
    pub(super) fn note_site(&mut self, kernel: &mut Kernel, thread: u16, object: Option<u32>) {
        let at = kernel.thread(thread).pending.at;
        let effect = kernel.threads[usize::from(thread)].poll.take_effect();
        let index = self.done[usize::from(thread)];
        self.waiting.stands[usize::from(thread)] = Stand::GoesOn;
        self.waiting.sites[usize::from(thread)].push(Site { index, at, object, effect });
    }

    /// The running thread yields. Whether it does nothing else for ever.
    pub(super) fn yields_at(
        &mut self,
        kernel: &mut Kernel,
        place: &'static Location<'static>,
        calls: &dyn Fn() -> u64,
    ) -> bool {
        let (thread, at) = (kernel.current, usize::from(kernel.current));
        let done = self.done[at];
        if let Stand::Yielded { done: before, .. } = self.waiting.stands[at]
            && before == done
        {
            let rounds = self.yields_busily(at, std::ptr::from_ref(place).addr());
            if rounds > LONG && !kernel.me().poll.has_effect() {
                self.waiting.stands[at] = Stand::Waits(place, done + 1);
                return true;
            }
            return false;
        }
        let address = std::ptr::from_ref(place).addr();
        let tried = self.waiting.on_trial() == Some(thread);
        let state = || self.graph().state(Name { thread, index: done }, address);
        let asked = self.script.is_none() && (tried || !self.waiting.known.contains_key(&state()));
        let calls = if asked { calls() } else { 0 };
        self.waiting.stands[at] = Stand::Yielded { place, done, calls };
        false
    }

    /// How often a thread has yielded here without waiting.
    fn yields_busily(&mut self, thread: usize, place: usize) -> u32 {
        let busy = &mut self.waiting.busy[thread];
        let known = busy.iter().position(|(other, _)| *other == place);
        let nth = known.unwrap_or_else(|| {
            busy.push((place, 0));
            busy.len() - 1
        });
        busy[nth].1 += 1;
        busy[nth].1
    }

    /// Finds out of each thread that has yielded, and announced what it does next, whether it waits.
    pub(super) fn judge_yields(&mut self, kernel: &mut Kernel) {
        for thread in kernel.ids() {
            let at = usize::from(thread);
            let Stand::Yielded { place, done, calls } = self.waiting.stands[at] else { continue };
            if kernel.thread(thread).status != Status::Pending || kernel.now.ending {
                continue;
            }
            if done == self.done[at] && self.undone(thread).is_none() {
                self.waiting.stands[at] = self.after_yield(kernel, thread, place, calls);
            } else {
                self.waiting.stands[at] = Stand::GoesOn;
            }
        }
    }

    /// How a thread stands that has yielded here and is about to go on.
    fn after_yield(
        &mut self,
        kernel: &mut Kernel,
        thread: u16,
        place: &'static Location<'static>,
        calls: u64,
    ) -> Stand {
        let (address, last) = (std::ptr::from_ref(place).addr(), self.done[usize::from(thread)]);
        let tried = self.waiting.on_trial() == Some(thread);
        let Some(from) = self.fruitless_round(kernel, thread) else {
            if tried {
                self.conclude(kernel, false);
            } else if self.yields_busily(usize::from(thread), address) > BUSY {
                let what = "a loop that waits and does more than read atomics";
                kernel.fail(FailureKind::Misuse, format!("not yet under Memory::C11: {what}"));
            }
            return Stand::GoesOn;
        };
        if let Some(script) = &self.script {
            let rest = script.get(kernel.events.taken()..).unwrap_or_default();
            let over = rest.iter().all(|(other, _)| *other != thread);
            return if over { Stand::Waits(place, from) } else { Stand::GoesOn };
        }
        if tried {
            self.try_again(kernel, address, last, calls);
            return Stand::GoesOn;
        }
        match self.waiting.known.get(&self.graph().state(Name { thread, index: last }, address)) {
            Some(true) => {
                self.cut |= self.is_as_before(thread, from, last);
                self.waiting.rounds[usize::from(thread)] = (from, last);
                Stand::Waits(place, from)
            }
            Some(false) => Stand::GoesOn,
            None => Stand::Undecided { place, calls },
        }
    }

    /// Does a thread wait, and can read nothing new?
    pub(super) fn waits(&self, thread: u16) -> bool {
        let Stand::Waits(_, from) = self.waiting.stands[usize::from(thread)] else { return false };
        let done = self.done[usize::from(thread)];
        (from..=done).all(|index| !self.overlooks(Name { thread, index }))
    }

    /// Is there a newer write than an access reads?
    fn overlooks(&self, name: Name) -> bool {
        let event = self.graph().event(name);
        let location = event.label.location();
        location.is_some_and(|x| self.graph().object(x).last().copied() != event.source)
    }

    /// What a thread that waits has read in a round of this one access, which it does not read again.
    pub(super) fn read_before(&self, thread: u16) -> Option<Name> {
        let done = self.done[usize::from(thread)];
        let single = matches!(
            self.waiting.stands[usize::from(thread)],
            Stand::Waits(_, from) if from == done
        );
        single.then_some(Name { thread, index: done })
    }

    /// Has a round of a thread read the same as the one before, after which it waited?
    fn is_as_before(&self, thread: u16, from: u32, last: u32) -> bool {
        let length = last + 1 - from;
        let event = |index: u32| {
            let event = self.graph().event(Name { thread, index });
            (event.label, event.source, event.writes)
        };
        self.waiting.rounds[usize::from(thread)] == (from.saturating_sub(length), from - 1)
            && (from..=last).all(|index| event(index) == event(index - length))
    }

    /// The first event of the round that a thread has done which is about to do the same again, if it has
    /// only read since.
    fn fruitless_round(&self, kernel: &Kernel, thread: u16) -> Option<u32> {
        let Pending { op, at } = kernel.thread(thread).pending;
        if kernel.thread(thread).poll.has_effect() {
            return None;
        }
        let sites = &self.waiting.sites[usize::from(thread)];
        for site in sites.iter().rev() {
            let event = self.graph().event(Name { thread, index: site.index });
            if event.writes || !matches!(event.label, Label::Access(..) | Label::Fence(_)) {
                return None;
            }
            if std::ptr::eq(site.at, at) && site.object == op.object() {
                return Some(site.index);
            }
            if site.effect {
                return None;
            }
        }
        None
    }

    /// The thread on trial has done another fruitless round.
    fn try_again(&mut self, kernel: &mut Kernel, place: usize, last: u32, calls: u64) {
        let Waiting { trial: Some(trial), tried, .. } = &mut self.waiting else { return };
        if trial.place != place {
            return self.conclude(kernel, false);
        }
        trial.rounds.push((last, calls));
        let rounds = trial.rounds.len() as u32;
        let known = rounds == SHORT + 1 && tried.contains(&(place, calls));
        if !known && rounds <= LONG {
            return;
        }
        if !known {
            tried.push((place, calls));
        }
        kernel.note_patience(if known { SHORT } else { LONG });
        self.conclude(kernel, true);
    }

    /// Ends the trial: whether the loop in which its thread was last waits. The execution is given up.
    fn conclude(&mut self, kernel: &mut Kernel, waits: bool) {
        let Some(Trial { thread, place, rounds, .. }) = &self.waiting.trial else { return };
        let last = rounds.last().map(|(_, calls)| *calls);
        // A loop before, which yields at the same place through other calls, did end.
        let before = rounds.iter().rposition(|(_, calls)| Some(*calls) != last);
        let first = before.map_or(0, |before| before + 1);
        let until = if waits { first + 1 } else { rounds.len() };
        for (nth, (index, _)) in rounds[..until].iter().enumerate() {
            let last = Name { thread: *thread, index: *index };
            let state = self.frames.last().expect("a graph").graph.state(last, *place);
            self.waiting.known.insert(state, waits && nth == first);
        }
        kernel.now.given_up = Some(kernel.events.taken());
        kernel.now.ending = true;
    }

    /// The execution was given up because a trial is over: takes back what was done in it.
    pub(super) fn take_back(&mut self) {
        let Some(Trial { len, items: owed, .. }) = self.waiting.trial.take() else { return };
        let Frame { graph, items } = self.frame();
        graph.truncate(len);
        items.truncate(owed);
    }

    /// Begins a trial if a thread is to be tried.
    pub(super) fn begin_trial(&mut self, kernel: &mut Kernel) {
        let undecided = kernel.ids().find_map(|id| match self.waiting.stands[usize::from(id)] {
            Stand::Undecided { place, calls } if kernel.thread(id).status == Status::Pending => {
                Some((id, place, calls))
            }
            _ => None,
        });
        let Some((thread, place, calls)) = undecided else { return };
        let place = std::ptr::from_ref(place).addr();
        self.waiting.stands[usize::from(thread)] = Stand::GoesOn;
        let rounds = vec![(self.done[usize::from(thread)], calls)];
        let Frame { graph, items } = self.frame();
        let (len, items) = (graph.len(), items.len());
        self.waiting.trial = Some(Trial { thread, place, len, items, rounds });
        kernel.now.on_trial = Some(thread);
    }

    /// The thread on trial cannot go on, or the execution is over: it has left the loop.
    pub(super) fn end_trial(&mut self, kernel: &mut Kernel) {
        if kernel.now.given_up.is_none() {
            self.conclude(kernel, false);
        }
    }

    /// The threads that wait after fruitless rounds, where they yield, and the accesses of those rounds.
    fn waiting_threads(
        &self,
        kernel: &Kernel,
    ) -> Vec<(u16, &'static Location<'static>, Vec<Name>)> {
        let waiting = kernel.ids().filter_map(|thread| {
            let Stand::Waits(place, from) = self.waiting.stands[usize::from(thread)] else {
                return None;
            };
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
            let location = |name: &Name| self.graph().event(*name).label.location();
            kernel.polls_for_ever(*thread, place, round.iter().filter_map(location));
        }
        !waiting.is_empty()
    }
}

impl Graph {
    /// A thread that yields at this place after its event `last`.
    fn state(&self, last: Name, place: usize) -> State {
        let porf = self.front_after(last).porf;
        let mut hasher = DefaultHasher::new();
        for (thread, count) in (0_u16..).zip(porf.counts()) {
            for index in 1..=*count {
                let name = Name { thread, index };
                let event = self.event(name);
                let before = event.object().and_then(|object| self.before(object, name));
                (thread, index, event.source, before).hash(&mut hasher);
                (event.alternative, event.writes).hash(&mut hasher);
            }
        }
        State { last, place, past: hasher.finish() }
    }
}
