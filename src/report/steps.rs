//! Which lines the drawing of an execution has: steps, steps put together, and gaps.

use crate::check::{Step, Trace};
use std::fmt::Write;

/// How many lines of a long execution are drawn: at its start, and at its end.
const KEPT: (usize, usize) = (15, 30);
/// How many decisive steps of a long execution are drawn: the last ones.
const KEPT_DECISIVE: usize = 15;

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
            Self::Step(number, _) => number.to_string(),
            Self::Across { first, last, .. } if first == last => first.to_string(),
            Self::Across { first, last, .. } => format!("{first}–{last}"),
            Self::Gap(_) => String::new(),
        }
    }
}

/// Whether the step is about the life of a thread and not about what it works on.
fn is_about_threads(step: &Step) -> bool {
    !step.decisive && (step.action.starts_with("starts ") || step.action.starts_with("joins "))
}

/// The lines of the drawing; each run of one thread's starts and joins is a single one.
pub(super) fn of(trace: &Trace) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = trace.steps.as_slice();
    while let [step, ..] = rest {
        let index = trace.steps.len() - rest.len();
        let alike = |other: &Step| is_about_threads(other) && other.thread == step.thread;
        let run = rest.iter().take_while(|other| alike(other)).count();
        if run == 0 {
            lines.push(Line::Step(index + 1, step));
            rest = &rest[1..];
        } else {
            let text = format!("{} {}", trace.threads[step.thread], together(&rest[..run]));
            lines.push(Line::Across { first: index + 1, last: index + run, text });
            rest = &rest[run..];
        }
    }
    elide(lines)
}

/// "starts x", "starts y" become "starts x, y".
fn together(steps: &[Step]) -> String {
    let mut text = String::new();
    let mut last_verb = "";
    for step in steps {
        let (verb, whom) = step.action.split_once(' ').unwrap_or((&step.action, ""));
        if verb == last_verb {
            let _ = write!(text, ", {whom}");
        } else {
            let and = if text.is_empty() { "" } else { ", then " };
            let _ = write!(text, "{and}{verb} {whom}");
        }
        last_verb = verb;
    }
    text
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
