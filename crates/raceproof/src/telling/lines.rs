//! Which lines the drawing of an execution has: steps, steps put together, repetitions, and gaps.

use std::fmt::Write;

use crate::telling::text::{count, thousands};
use crate::telling::trace::{Operation, Step, Trace};

/// How many lines of a long execution are drawn: at its start, and at its end.
const KEPT: (usize, usize) = (15, 30);
/// How many decisive steps of a long execution are drawn: the last ones.
const KEPT_DECISIVE: usize = 15;
/// A loop is told as one if it has at most this many steps.
const LONGEST_LOOP: usize = 12;
/// A loop is told as one if it is run at least this many times.
const FEWEST_ROUNDS: usize = 4;

/// One line of the drawing, before it is broken to fit.
pub(super) enum Line<'a> {
    /// A step in its thread's lane.
    Step(usize, &'a Step),
    /// Steps `first..=last`, across the lanes.
    Across { first: usize, last: usize, text: String },
    /// This many lines are left out.
    Gap(usize),
}

impl Line<'_> {
    /// The step numbers in front of the line.
    pub(super) fn numbers(&self) -> String {
        match self {
            Line::Step(number, _) => number.to_string(),
            Line::Across { first, last, .. } if first == last => first.to_string(),
            Line::Across { first, last, .. } => format!("{first}–{last}"),
            Line::Gap(_) => String::new(),
        }
    }

    /// What a line without a lane says.
    pub(super) fn text(&self) -> String {
        match self {
            Line::Step(..) => String::new(),
            Line::Across { text, .. } => text.clone(),
            Line::Gap(lines) => format!("… {} left out …", count(*lines as u64, "line")),
        }
    }
}

/// The lines of the drawing. Each run of one thread's starts and joins is a single one, and so are
/// the rounds of a loop after its first.
pub(super) fn of(trace: &Trace) -> Vec<Line<'_>> {
    let steps = trace.steps.as_slice();
    let mut lines = Vec::new();
    let mut index = 0;
    while index < steps.len() {
        let rest = &steps[index..];
        let alike = |step: &&Step| is_quiet(step) && step.thread == rest[0].thread;
        let run = rest.iter().take_while(alike).count();
        if run > 0 {
            let text = format!("{} {}", name(trace, rest[0].thread), together(&rest[..run]));
            lines.push(Line::Across { first: index + 1, last: index + run, text });
            index += run;
            continue;
        }
        let Some((length, rounds)) = looping(rest) else {
            lines.push(Line::Step(index + 1, &rest[0]));
            index += 1;
            continue;
        };
        let first = (index..index + length).map(|at| Line::Step(at + 1, &steps[at]));
        lines.extend(first);
        let last = index + length * rounds;
        let again = thousands(rounds as u64 - 1);
        let what = if length == 1 { "this step".into() } else { format!("these {length} steps") };
        let text = format!("{what} again, {again} times");
        lines.push(Line::Across { first: index + length + 1, last, text });
        index = last;
    }
    elide(lines)
}

fn name(trace: &Trace, thread: usize) -> &str {
    trace.threads.get(thread).map_or("?", String::as_str)
}

/// Is the step only about the life of a thread?
fn is_quiet(step: &Step) -> bool {
    !step.decisive && step.operation.is_about_threads()
}

/// "starts x", "starts y" become "starts x, y".
fn together(steps: &[Step]) -> String {
    let mut text = String::new();
    let mut last: Option<Operation> = None;
    for step in steps {
        let whom = step.object.as_deref().unwrap_or_default();
        if last == Some(step.operation) {
            let _ = write!(text, ", {whom}");
        } else {
            let and = if text.is_empty() { "" } else { ", then " };
            let _ = write!(text, "{and}{} {whom}", step.operation.verb());
        }
        last = Some(step.operation);
    }
    text.trim_end().to_owned()
}

/// The length of the shortest loop that `steps` begin with, and how often it is run, if that is
/// worth a line.
fn looping(steps: &[Step]) -> Option<(usize, usize)> {
    let same = |a: &Step, b: &Step| {
        // Who was preempted is no difference.
        (a.thread, a.operation, a.decisive) == (b.thread, b.operation, b.decisive)
            && (&a.object, &a.with, &a.value) == (&b.object, &b.with, &b.value)
            && a.place == b.place
    };
    (1..=LONGEST_LOOP).find_map(|length| {
        if steps.get(length).is_none_or(|second| !same(&steps[0], second)) {
            return None;
        }
        let equal = (length..steps.len()).take_while(|at| same(&steps[*at], &steps[at - length]));
        let rounds = 1 + equal.count() / length;
        (rounds >= FEWEST_ROUNDS).then_some((length, rounds))
    })
}

/// Leaves out the middle of a long execution, except for its decisive steps.
fn elide(lines: Vec<Line<'_>>) -> Vec<Line<'_>> {
    let total = lines.len();
    if total <= KEPT.0 + KEPT.1 + KEPT_DECISIVE {
        return lines;
    }
    let is_decisive = |line: &Line<'_>| matches!(line, Line::Step(_, step) if step.decisive);
    let decisive: Vec<_> = (0..total).filter(|&index| is_decisive(&lines[index])).collect();
    let first_decisive = decisive.iter().rev().nth(KEPT_DECISIVE - 1).copied().unwrap_or(0);
    let mut kept = Vec::new();
    let mut left_out = 0;
    for (index, line) in lines.into_iter().enumerate() {
        let at_an_end = index < KEPT.0 || index >= total - KEPT.1;
        let is_kept = at_an_end || (is_decisive(&line) && index >= first_decisive);
        if !is_kept {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            kept.push(Line::Gap(left_out));
            left_out = 0;
        }
        kept.push(line);
    }
    kept
}
