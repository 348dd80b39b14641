//! The clock of a model.
//!
//! # What time is
//!
//! Each step happens at some time, and time never goes back: a step that depends on another, or comes
//! after it in its thread, is at the same time or later. An operation that ends because its time is
//! over ends at least so long after it began: `sleep`, and the timed waits, parks and receives that
//! time out. Nothing else is known of time. A step may take any time, so a wait may end late, and
//! never ends early.
//!
//! So an execution does not have one time for each step but all times that these bounds allow. Reading
//! the clock is no step and has no alternatives: it makes a *moment*, one more unknown. Moments and the
//! bounds between them are a [`zone`].
//!
//! # Comparisons
//!
//! What comes before a comparison of two moments may decide it: the program's order, synchronisation,
//! waits, earlier comparisons. Then it is no step either. Otherwise it is a step that chooses among the
//! outcomes that leave some time possible, and its outcome is a bound from then on. It touches nothing:
//! two comparisons may exclude each other's outcomes, but what is possible together is possible in
//! either order, and the outcomes that are left for the second are explored with each outcome of the
//! first.
//!
//! The first alternative is that of the *earliest* times, in which nothing takes longer than it must: a
//! deadline has not passed yet.
//!
//! # Lengths
//!
//! A length of time is a number, and what a program does with it cannot be seen. A length that bounds leave
//! open is the one of the earliest times, and is taken to decide nothing, until that turns out wrong:
//! each execution with such a length runs again with another one in its place, which is [`LONG`] if there
//! is no greatest. If a step, the outcome or a failure differs, the exploration begins again with
//! [`Limits::lengths`](super::Limits). So it does if an execution fails whose lengths exclude each other, or what
//! comparisons found: that it found otherwise is no failure of the program. Then such a length is a step that chooses the least, the most, or that
//! of the earliest times, and is a bound. A proof assumes the one or the other.
//!
//! A wait for the time that is left until a deadline is recognised by that number. If it times out, it
//! ends at the deadline or later, and no more is known of it.
//!
//! # Loops that poll the clock
//!
//! A loop that waits by looking (see [`polling`](super::polling)) and has compared moments in its last
//! round, with the outcome of the earliest times, does not wait for ever: time passes. What the loop does
//! then is explored with the other outcome of that comparison. So an execution in which nothing else can
//! go on *stutters*. It is neither a deadlock nor a livelock, and counts for nothing.
//!
//! A loop may go on to poll when time has passed. If time passes for it more than [`OFTEN`] times and no
//! other thread changes anything, it *ticks*: the exploration begins again, and there time passes for
//! that loop once until another thread changes something. A proof assumes that more often decides
//! nothing.
//!
//! # Other models
//!
//! Zones are from the model checking of timed automata (Alur and Dill 1994, UPPAAL), where a state has
//! a zone; here an execution has. Simulators of time (tokio's paused clock, shuttle's time models) have one
//! time in each execution, and so miss the orders of others.

mod past;
mod question;
mod ticks;
mod twin;
mod zone;

use std::time::{Duration, Instant};

use self::past::{Clock, Past};
use self::question::Asked;
pub(crate) use self::question::{Point, Question, Wanted};
pub(crate) use self::twin::{Look, Twin};
use self::zone::{Nanos, Range, Zone};
use super::assumption::Assumption;
use super::state::Kernel;
use super::thread::NOBODY;

/// A length of time that is longer than any which a program measures against: 1,000 hours.
const LONG: Nanos = 1_000 * 3_600 * 1_000_000_000;

/// Times in a row that time may pass for a loop until it is one that ticks.
const OFTEN: u32 = 30;

/// The first alternative of a length in a schedule. (A choice has fewer alternatives.)
pub(crate) const LENGTH: u16 = NOBODY - 8;

/// Where a timed operation began, if the clock had been read by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began(Option<u32>);

/// The moments of the execution under way, and what is known of lengths in all.
pub(crate) struct Time {
    /// When the exploration began, which stands for the beginning of each execution.
    pub(crate) real: Instant,
    pub(crate) twin: Twin,
    /// The program takes the system's time.
    pub(crate) system: bool,
    zone: Zone,
    past: Past,
    /// The moments of each thread.
    of_threads: Vec<Vec<u32>>,
    /// Whose each moment is, and which of its moments.
    owners: Vec<(u16, u32)>,
    begun: Vec<Clock>,
    asked: Vec<Asked>,
    /// The lengths that bounds leave open and that were told in this execution: from which moment to which.
    told: Vec<(u32, u32, Range)>,
}

impl Default for Time {
    fn default() -> Self {
        Time {
            real: Instant::now(),
            twin: Twin::default(),
            system: false,
            zone: Zone::default(),
            past: Past::default(),
            of_threads: Vec::new(),
            owners: Vec::new(),
            begun: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
        }
    }
}

impl Time {
    /// Forgets the execution before.
    pub(super) fn begin(&mut self) {
        if self.runs() {
            self.zone.clear();
            self.past.clear();
            self.of_threads.clear();
            self.owners.clear();
            self.begun.clear();
            self.asked.clear();
            self.told.clear();
            self.twin.begin();
        }
    }

    /// Was the clock read in this execution?
    fn runs(&self) -> bool {
        self.zone.len() > 0
    }

    fn asked(&mut self, thread: u16) -> &mut Asked {
        let thread = usize::from(thread);
        if thread >= self.asked.len() {
            self.asked.resize_with(thread + 1, Asked::default);
        }
        &mut self.asked[thread]
    }

    /// Adds a moment of a thread, after all that its next step comes after.
    fn add(&mut self, thread: u16) -> u32 {
        let moment = self.zone.add();
        let clock = self.past.of(thread).clone();
        for before in self.latest(&clock) {
            self.zone.bound(before, moment, 0, None);
        }
        let nth = self.past.tick(thread);
        if usize::from(thread) >= self.of_threads.len() {
            self.of_threads.resize_with(usize::from(thread) + 1, Vec::new);
        }
        self.of_threads[usize::from(thread)].push(moment);
        self.owners.push((thread, nth));
        moment
    }

    /// The last of each thread's moments that a clock counts; the beginning if it counts none.
    fn latest(&self, clock: &[u32]) -> Vec<u32> {
        let last = |(moments, count): (&Vec<u32>, &u32)| {
            count.checked_sub(1).map(|last| moments[last as usize])
        };
        let latest: Vec<u32> = self.of_threads.iter().zip(clock).filter_map(last).collect();
        if latest.is_empty() { vec![0] } else { latest }
    }

    /// Does a bound count that the comparison at this moment found? By what comes before the next step of
    /// `thread`, or by all comparisons so far.
    fn counts(&self, thread: Option<u16>) -> impl Fn(u32) -> bool {
        move |by: u32| {
            let (owner, nth) = self.owners[by as usize];
            thread.is_none_or(|thread| self.past.count(thread, owner) >= nth)
        }
    }

    /// Were the lengths that were told possible, all of them together and with what comparisons found?
    fn tells_what_is_possible(&mut self) -> bool {
        self.told.drain(..).all(|(from, to, told)| {
            let possible = self.zone.range(to, from, &|_| true).and(told).is_some();
            if possible {
                self.zone.restrict(to, from, told, None);
            }
            possible
        })
    }

    /// How long `a`'s moment may be after `b`'s.
    fn range(&self, Question { a, b, .. }: Question, thread: Option<u16>) -> Range {
        self.zone.range(a.moment, b.moment, &self.counts(thread))
    }

    /// How long `a`'s moment is after `b`'s if all is as early as possible.
    fn at_earliest(&self, Question { a, b, .. }: Question, thread: Option<u16>) -> Nanos {
        let apart = |times: &[Nanos]| times[a.moment as usize] - times[b.moment as usize];
        self.zone.earliest(&self.counts(thread), apart)
    }
}

impl Kernel {
    /// Accounts for the steps that were taken, if the clock runs.
    #[inline]
    fn catch_up(&mut self) -> bool {
        self.time.runs() && self.follow_steps()
    }

    #[cold]
    fn follow_steps(&mut self) -> bool {
        let Kernel { time, events, .. } = self;
        for event in &events.all()[time.past.steps..] {
            time.past.step(event);
        }
        true
    }

    /// The running thread reads the clock. Returns the moment.
    pub(crate) fn read_clock(&mut self) -> u32 {
        if !self.catch_up() {
            self.time.zone.add();
            self.time.owners.push((0, 0));
            self.catch_up();
        }
        self.time.add(self.current)
    }

    /// The running thread begins something that may last for a time.
    pub(crate) fn begin_waiting(&mut self) -> Began {
        let began = self.catch_up().then(|| {
            let clock = self.time.past.of(self.current).clone();
            self.time.begun.push(clock);
            self.time.begun.len() as u32 - 1
        });
        Began(began)
    }

    /// What the running thread began has ended because its time was over.
    pub(crate) fn has_waited(&mut self, Began(began): Began, length: Duration) {
        if !self.catch_up() {
            return;
        }
        let (me, time) = (self.current, &mut self.time);
        let length = nanos(length);
        let moment = time.add(me);
        let clock = began.map(|began| time.begun[began as usize].clone());
        match time.asked(me).until {
            Some((known, until)) if known == length => {
                time.zone.bound(until.moment, moment, until.offset, None);
            }
            _ => {
                for before in time.latest(&clock.unwrap_or_default()) {
                    time.zone.bound(before, moment, length, None);
                }
                time.twin.note_wait(length);
            }
        }
    }

    /// What comes before a thread's next step comes before its child's first.
    #[inline]
    pub(super) fn spawned_in_time(&mut self, child: u16) {
        if self.catch_up() {
            self.time.past.inherit(child, self.current);
        }
    }

    /// What comes before the end of a thread comes before the running thread's next step.
    #[inline]
    pub(super) fn joined_in_time(&mut self, ended: u16) {
        if self.catch_up() {
            self.time.past.inherit(self.current, ended);
        }
    }

    /// What a proof assumes of time.
    pub(crate) fn assumes_of_time(&self) -> impl Iterator<Item = Assumption> {
        let system = self.time.system.then_some(Assumption::SystemClock);
        let ticks = (!self.limits.tickers.is_empty()).then_some(Assumption::FewTicks);
        self.time.twin.assumes().into_iter().chain(ticks).chain(system)
    }
}

/// A duration as nanoseconds.
pub(crate) fn nanos(duration: Duration) -> Nanos {
    duration.as_nanos().try_into().unwrap_or(Nanos::MAX)
}
