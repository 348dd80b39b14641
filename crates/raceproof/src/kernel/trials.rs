//! Does a loop end by itself? It is tried.
//!
//! When a thread yields at a place where it has
//! yielded before, it first goes on alone. If it leaves the loop, ends, or is blocked, then its
//! yields so far were free: what it did is an execution like any other. If it comes back to the
//! place [`LONG`] times, then the loop is one that waits. The execution is given up, and in the next
//! one, which begins alike, the thread waits when it first yields in the calls in which it was
//! last: a loop before, which yields at the same place through another call, did end. What was found out is kept with what the
//! thread had [seen](super::seen) by then, which says in what state it was. (A loop that
//! has once been tried for long is tried again, in the same calls, for [`SHORT`] in other states. A state that a trial came
//! by so many rounds before its end needs none of its own; trials become longer where each round leaves another state.)
//!
//! That this finds every loop which ends by itself is no more than likely: a proof [assumes](Assumption::FairPolls) it, and
//! says after how few rounds a loop was taken to wait.

use std::collections::HashMap;
use std::panic::Location;

use super::assumption::Assumption;
use super::polling::Visit;
use super::seen::Seen;
use super::state::Kernel;

/// Rounds after which a loop is taken for one that waits, when it is tried first.
pub(crate) const LONG: u32 = 1_000;

/// Rounds after which it is, if it was tried for long before.
pub(crate) const SHORT: u32 = 50;

/// What is known of yields.
pub(crate) enum Yields {
    /// What was found out so far, and what is being tried.
    Tried(Box<Tried>),
    /// An execution that is run again: its steps, the yields among them.
    Scripted(Vec<(u16, u16)>),
}

#[derive(Default)]
pub(crate) struct Tried {
    /// By the yields of which loop a thread waits that has seen this, its yield included; none: by
    /// no loop's.
    waits: HashMap<Seen, Option<u32>>,
    /// What the rounds of each loop looked at while it was tried. One round may look at what the
    /// one before did not.
    pub(super) looked_at: Vec<Vec<u32>>,
    /// The calls in which a loop has been tried for long, and how often it was found there not to end since. Its place is that of
    /// other loops as well if they pause through one function.
    calls: HashMap<u64, u32>,
    /// The yields of which nothing is known of the thread that goes on alone, with what it had
    /// seen by then.
    trial: Vec<(Seen, Visit)>,
    /// After how many rounds the loop that is being tried is taken to wait, if it is in these calls by then.
    patience: Option<(u32, u64)>,
    /// What the thread had seen when it yielded in a trial that did not end, there and in loops before.
    ahead: HashMap<Seen, Ahead>,
    /// The loop that was found not to end last; its thread has begun again and is not there yet.
    sought: Option<u32>,
    /// The least number of rounds after which a loop was taken to wait.
    least: Option<u32>,
    /// A change was made that lets no loop go because of its generation.
    pub(super) is_long: bool,
    /// What the rounds of each loop [count](super::rounds).
    pub(super) counting: Vec<Vec<u32>>,
    /// Another thread has looked at what the rounds of a loop count.
    pub(super) is_counted: bool,
}

/// How a trial went on.
struct Ahead {
    /// The loop's number.
    number: u32,
    /// The calls that its thread was in at the end. Another thread may be in the same calls, and leave them.
    calls: u64,
    /// How many more rounds there were.
    rounds: u32,
}

impl Default for Yields {
    fn default() -> Self {
        Yields::Tried(Box::default())
    }
}

impl Kernel {
    /// The loop by whose yield the thread waits here, if it does.
    pub(super) fn waits_by(
        &mut self,
        me: u16,
        seen: Seen,
        visit: Visit,
        callers: &dyn Fn() -> u64,
    ) -> Option<u32> {
        let tried = match &mut self.yields {
            Yields::Tried(tried) => tried,
            Yields::Scripted(steps) => {
                let mut rest = steps.iter().skip(visit.mark as usize);
                let next = rest.find(|step| step.0 == me);
                let told = self.threads[usize::from(me)].poll.alternative();
                return next.filter(|step| step.1 == told).map(|_| 0);
            }
        };
        if self.now.on_trial.take_if(|thread| *thread != me).is_some() {
            tried.end_trial();
        }
        let known = tried.waits.get(&seen).copied();
        match known.or_else(|| tried.come_by(seen, callers).map(Some)) {
            Some(Some(number)) => {
                tried.end_trial();
                tried.waits.insert(seen, Some(number));
                self.now.on_trial = None;
                return Some(number);
            }
            Some(None) => return None,
            None => {}
        }
        self.now.on_trial = Some(me);
        tried.trial.push((seen, visit));
        if !tried.waits_at(visit.place, callers) {
            return None;
        }
        // It begins again, and waits where it first comes to where it is now.
        let begun = tried.trial[0].1.mark;
        let ends = tried.end_in_vain(visit.place, callers());
        // Its thread may have come out of other loops at first, and looks no more at what they did.
        let settled = ends[ends.len() / 4];
        let mut watched = Vec::new();
        self.watch_steps(me, settled, visit.mark, &mut watched);
        let looked_at = watched.iter().map(|watch| watch.obj()).collect();
        let counting = self.counting(me, &ends);
        if let Yields::Tried(tried) = &mut self.yields {
            tried.looked_at.push(looked_at);
            tried.counting.push(counting);
        }
        self.give_up(me, begun);
        None
    }

    /// Ends the trial if its thread cannot go on.
    #[inline]
    pub(crate) fn end_vain_trial(&mut self) {
        if self.now.on_trial.is_some_and(|thread| !self.enabled(thread)) {
            self.end_trial();
        }
    }

    /// The thread on trial cannot go on, or the execution is over: its yields were free.
    #[cold]
    pub(crate) fn end_trial(&mut self) {
        self.now.on_trial = None;
        if let Yields::Tried(tried) = &mut self.yields {
            tried.end_trial();
        }
    }

    /// A loop was taken to wait after so many rounds.
    pub(crate) fn note_patience(&mut self, rounds: u32) {
        if let Yields::Tried(tried) = &mut self.yields {
            tried.note_patience(rounds);
        }
    }

    /// What a proof assumes because yields were taken for steps, if any were.
    pub(crate) fn assumes_polls(&self) -> Option<Assumption> {
        match &self.yields {
            Yields::Tried(tried) => tried.least.map(|rounds| Assumption::FairPolls { rounds }),
            Yields::Scripted(_) => None,
        }
    }

    /// Stops the execution, whose steps after the yield at `mark` by this thread go for nothing.
    fn give_up(&mut self, thread: u16, mark: u32) {
        let events = self.events.all().iter().enumerate().skip(mark as usize);
        let own = events.clone().find(|(_, event)| event.thread == thread);
        self.now.given_up = Some(own.map_or(self.events.taken(), |(index, _)| index));
        self.now.ending = true;
    }
}

impl Tried {
    /// The loop by which the thread waits that has seen this, if a trial came by and went on for long, or by the loop that is
    /// sought.
    fn come_by(&mut self, seen: Seen, callers: &dyn Fn() -> u64) -> Option<u32> {
        let Ahead { number, calls, rounds } = *self.ahead.get(&seen)?;
        let is_sought = self.sought == Some(number);
        if !is_sought && rounds < SHORT || calls != callers() {
            return None;
        }
        self.sought.take_if(|_| is_sought);
        // Told alike for loops that are tried alike.
        let least = [LONG, SHORT].into_iter().find(|least| rounds >= *least);
        self.note_patience(least.unwrap_or(rounds.max(1)));
        Some(number)
    }

    /// Has the loop that is being tried, and yields here, had as many rounds as one that waits?
    fn waits_at(&mut self, place: &'static Location<'static>, callers: &dyn Fn() -> u64) -> bool {
        let rounds = self.rounds_at(place).count() as u32;
        if rounds == SHORT + 1 {
            // Where each round leaves the thread in another state, a trial goes by more of them.
            let calls = callers();
            let often = self.calls.get(&calls);
            self.patience = often.map(|often| (LONG.min(SHORT + often), calls));
        }
        let limit = self.patience.map_or(LONG, |(limit, _)| limit);
        // In other calls it is another loop, which has not been tried for long.
        rounds > limit && self.patience.take_if(|(_, calls)| *calls != callers()).is_none()
    }

    /// The rounds of the trial that ended here.
    fn rounds_at(
        &self,
        place: &'static Location<'static>,
    ) -> impl DoubleEndedIterator<Item = &(Seen, Visit)> {
        self.trial.iter().filter(move |(_, visit)| visit.place == place)
    }

    /// The trial did not end, of a loop that yields here, in these calls: says how many steps there were at the end of each round.
    fn end_in_vain(&mut self, place: &'static Location<'static>, calls: u64) -> Vec<u32> {
        let known = self.patience.take().is_some();
        *self.calls.entry(calls).or_default() += u32::from(known);
        let ends = self.rounds_at(place).map(|(_, visit)| visit.mark).collect();
        let number = self.looked_at.len() as u32;
        let mut rounds = 0;
        for (seen, visit) in self.trial.drain(..).rev() {
            self.ahead.insert(seen, Ahead { number, calls, rounds });
            rounds += u32::from(visit.place == place);
        }
        self.sought = Some(number);
        ends
    }

    /// The yields of the trial were free.
    fn end_trial(&mut self) {
        self.patience = None;
        self.waits.extend(self.trial.drain(..).map(|(seen, _)| (seen, None)));
    }

    fn note_patience(&mut self, rounds: u32) {
        self.least = self.least.or(Some(rounds)).min(Some(rounds));
    }
}
