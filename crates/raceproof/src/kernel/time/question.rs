//! What programs ask of the clock.

use std::panic::Location;
use std::time::Duration;

use super::zone::{Nanos, Range};
use super::{LENGTH, LONG, Time};
use crate::kernel::memory::Memory;
use crate::kernel::state::Kernel;

/// A moment and so many nanoseconds more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Its number in its execution; 0 is the beginning.
    pub(crate) moment: u32,
    pub(crate) offset: Nanos,
}

/// What a program wants to know of two points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Whether the first is before the second: -1, or 1 if it is not.
    Before,
    /// Their order: -1, 0 or 1.
    Order,
    /// How long the first is after the second, in nanoseconds; 0 if it is before.
    Length,
}

/// A question that a program asks of the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) a: Point,
    pub(crate) b: Point,
    pub(crate) wanted: Wanted,
}

/// One answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Alternative {
    number: u16,
    /// How long `a`'s moment is after `b`'s.
    range: Range,
    answer: Nanos,
}

/// What a thread asks, and what it was told.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) question: Option<Question>,
    pub(super) answer: Nanos,
    /// The answers that are possible by what comes before, that of the earliest times first.
    possible: Vec<Alternative>,
    /// The step after its last comparison that chose the earliest times and had other outcomes.
    pub(super) hopeful: usize,
    /// How often it found at a place that time has passed, and how many changes of other threads there
    /// were by then.
    pub(super) passed: Vec<(&'static Location<'static>, u32, usize)>,
    /// The last length that it was told and that bounds left open: it is the time until this point.
    pub(super) until: Option<(Nanos, Point)>,
}

impl Time {
    /// The answers to a thread's question that are possible by what comes before its next step. That
    /// of the earliest times is the first.
    fn possible(&self, question: Question, thread: u16) -> Vec<Alternative> {
        let past = self.range(question, Some(thread));
        let now = self.at_earliest(question, Some(thread));
        // Two lengths may be one.
        let mut possible: Vec<Alternative> = Vec::new();
        for one in outcomes(question, past, now) {
            let new = possible.iter().all(|other| other.answer != one.answer);
            possible.extend((new && one.range.and(past).is_some()).then_some(one));
        }
        possible.sort_by_key(|one| !one.range.has(now));
        possible
    }

    /// Those that all comparisons so far leave.
    fn left(&self, question: Question, thread: u16) -> Vec<Alternative> {
        let mut left = self.asked[usize::from(thread)].possible.clone();
        let range = self.range(question, None);
        left.retain(|one| one.range.and(range).is_some());
        if left.is_empty() {
            // None of the lengths is left, but one between them.
            let now = self.at_earliest(question, None);
            left.push(length_of(question, LENGTH + 3, now));
        }
        left
    }
}

/// The outcomes of a question, whether they are possible or not. `past` are the lengths that are, and
/// `now` is that of the earliest times.
fn outcomes(question: Question, past: Range, now: Nanos) -> Vec<Alternative> {
    // `a` is before `b` if its moment is less than this after that of `b`.
    let apart = question.b.offset - question.a.offset;
    let before = Range { least: None, most: Some(apart - 1) };
    let equal = Range { least: Some(apart), most: Some(apart) };
    let of = |number, range, answer| Alternative { number, range, answer };
    match question.wanted {
        Wanted::Before => {
            let others = Range { least: Some(apart), most: None };
            vec![of(0, before, -1), of(1, others, 1)]
        }
        Wanted::Order => {
            let after = Range { least: Some(apart + 1), most: None };
            vec![of(0, before, -1), of(1, equal, 0), of(2, after, 1)]
        }
        Wanted::Length => {
            // Another one than that of the earliest times, where no bound says so.
            let least = past.least.unwrap_or(if now > -LONG { -LONG } else { now - LONG });
            let most = past.most.unwrap_or(if now < LONG { LONG } else { now + LONG });
            let numbered = (LENGTH..).zip([now, least, most]);
            numbered.map(|(number, length)| length_of(question, number, length)).collect()
        }
    }
}

/// The length between two moments as an answer, of which no more is told if it is none.
fn length_of(question: Question, number: u16, length: Nanos) -> Alternative {
    let apart = question.b.offset - question.a.offset;
    if length > apart {
        let range = Range { least: Some(length), most: Some(length) };
        return Alternative { number, range, answer: length - apart };
    }
    Alternative { number, range: Range { least: None, most: Some(apart) }, answer: 0 }
}

impl Kernel {
    /// The running thread asks. The answer if there is only one by what comes before, or if it is taken to
    /// decide nothing; otherwise the thread must choose by a step.
    pub(crate) fn ask(&mut self, question: Question) -> Option<i128> {
        let me = self.current;
        let weak = self.limits.memory != Memory::Sequential;
        if !self.catch_up() || weak && question.a.moment != question.b.moment {
            return (!weak).then(|| plainly(question));
        }
        let alternatives = self.time.possible(question, me);
        let asked = self.time.asked(me);
        asked.question = Some(question);
        asked.answer = alternatives.first().map_or(0, |first| first.answer);
        asked.until = None;
        let mut answer = asked.answer;
        if alternatives.len() > 1 {
            asked.possible.clone_from(&alternatives);
            if question.wanted != Wanted::Length || self.limits.lengths {
                return None;
            }
            let Question { a, b, .. } = question;
            answer = self.time.twin.length(alternatives.iter().map(|one| one.answer));
            let until = Point { moment: a.moment, offset: a.offset - b.offset };
            let told = length_of(question, LENGTH, answer + b.offset - a.offset);
            self.time.told.push((b.moment, a.moment, told.range));
            self.time.asked(me).until = Some((answer, until));
        }
        if self.limits.polls {
            self.me().seen.mix(answer as u64);
        }
        Some(answer)
    }

    /// What the running thread has chosen.
    pub(crate) fn answer(&mut self) -> i128 {
        let me = self.current;
        self.time.asked(me).answer
    }

    /// The numbers of the answers that a thread may choose now, that of the earliest times first.
    pub(in crate::kernel) fn answers(&self, thread: u16) -> Vec<u16> {
        let asked = self.time.asked.get(usize::from(thread)).and_then(|asked| asked.question);
        let Some(question) = asked else { return vec![0] };
        let left = self.time.left(question, thread);
        let mut numbers: Vec<u16> = left.iter().map(|one| one.number).collect();
        let at = self.thread(thread).pending.at;
        if self.limits.tickers.of(at).is_some() && self.passes(thread, at) > 0 {
            numbers.truncate(1);
        }
        numbers
    }

    /// Takes the answer that was chosen for the running thread.
    pub(in crate::kernel) fn choose_answer(&mut self) {
        let (me, alt) = (self.current, self.alt);
        self.catch_up();
        let Some(question) = self.time.asked(me).question else { return };
        let offered = self.answers(me).len();
        let alternatives = self.time.left(question, me);
        let Some(nth) = alternatives.iter().position(|one| one.number == alt) else {
            return self.diverged("time does not pass so".to_owned());
        };
        let Alternative { range, answer, .. } = alternatives[nth];
        let moment = self.time.add(me);
        self.time.zone.restrict(question.a.moment, question.b.moment, range, Some(moment));
        let steps = self.events.taken();
        let asked = self.time.asked(me);
        asked.answer = answer;
        if nth == 0 && offered > 1 {
            asked.hopeful = steps + 1;
        } else if nth > 0 {
            self.note_passing();
        }
        self.time.twin.bounds |= question.wanted == Wanted::Length;
    }

    /// Was the step taken last a comparison as if time stood still, of the running thread's?
    pub(crate) fn has_just_hoped(&mut self) -> bool {
        let (me, steps) = (self.current, self.events.taken());
        self.time.asked(me).hopeful == steps
    }

    /// What a thread's last comparison found, in words.
    pub(crate) fn told_of_time(&self, thread: u16) -> String {
        let asked = self.time.asked.get(usize::from(thread));
        let Some(Asked { question: Some(question), answer, .. }) = asked else {
            return String::new();
        };
        match (question.wanted, answer) {
            (Wanted::Length, nanos) => {
                let nanos = u64::try_from(*nanos).unwrap_or(u64::MAX);
                format!("{:?} between them", Duration::from_nanos(nanos))
            }
            (_, -1) => "the first is earlier".to_owned(),
            (_, 0) => "they are equal".to_owned(),
            (Wanted::Order, _) => "the first is later".to_owned(),
            (Wanted::Before, _) => "the first is not earlier".to_owned(),
        }
    }

    /// Has a thread, at step `from` or later, compared moments as if time stood still?
    pub(in crate::kernel) fn hopes(&self, thread: u16, from: u32) -> bool {
        let asked = self.time.asked.get(usize::from(thread));
        asked.is_some_and(|asked| asked.hopeful > from as usize)
    }
}

/// The answer if all moments are the beginning.
fn plainly(Question { a, b, wanted }: Question) -> i128 {
    let length = a.offset - b.offset;
    match wanted {
        Wanted::Before if length < 0 => -1,
        Wanted::Before => 1,
        Wanted::Order => length.signum(),
        Wanted::Length => length.max(0),
    }
}
