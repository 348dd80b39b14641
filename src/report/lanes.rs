//! Draws one execution: a column for each thread, a line for each step.
//!
//! Steps that only start threads or wait for their end are put together into one line across the
//! lanes, so that what goes wrong stands out. Decisive steps have a mark besides their colour.

use super::{
    steps::{self, Line},
    style::{BAD, FAINT, HEAD, KEY, paint},
    text::{file_and_line, width, wrap},
};
use crate::check::{Blocked, Step, Trace};
use anstyle::Style;
use std::fmt::Write;

/// A lane is never narrower, whatever the room.
const NARROWEST: usize = 14;
/// What a cell needs besides its text: the mark and a space.
const MARK: usize = 2;

/// The text of a cell, with the mark in front of it.
struct Cell {
    mark: char,
    style: Style,
    text: String,
}

/// How wide everything is.
struct Layout<'a> {
    trace: &'a Trace,
    /// Which threads have a lane.
    lanes: Vec<usize>,
    /// How wide the text of each lane is.
    widths: Vec<usize>,
    /// How wide the step numbers are.
    numbers: usize,
    /// Whether there is room for locations.
    locations: bool,
    /// How wide the whole may be.
    room: usize,
}

/// Draws `trace` in at most `room` columns (a few more if there are too many threads for that). The
/// drawing is empty if the trace is.
#[must_use]
pub fn draw(trace: &Trace, room: usize) -> String {
    let lines = steps::of(trace);
    if lines.is_empty() && trace.blocked.is_empty() {
        return String::new();
    }
    let layout = Layout::new(trace, &lines, room);
    let mut out = layout.head();
    for line in &lines {
        out += &match line {
            Line::Step(_, step) => layout.step(&line.numbers(), step),
            Line::Across { text, .. } => layout.across(&line.numbers(), text),
            Line::Gap(left_out) => layout.across("", &format!("… {left_out} lines are left out …")),
        };
    }
    out + &layout.blocked()
}

/// What a blocked thread waits for, as its lane says it.
fn wait(trace: &Trace, blocked: &Blocked) -> String {
    let held = match blocked.held_by {
        Some(holder) if holder == blocked.thread => ", which it holds itself".into(),
        Some(holder) => format!(", held by `{}`", trace.threads[holder]),
        None => String::new(),
    };
    let place = blocked.location.as_deref().map(file_and_line);
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    format!("waits for {}{held}{place}", blocked.waits_for)
}

/// Narrows the widest lanes until all of them fit.
fn fit(wanted: &[usize], room: usize) -> Vec<usize> {
    let widest = wanted.iter().copied().max().unwrap_or(0).max(NARROWEST);
    let total = |cap: usize| wanted.iter().map(|&lane| lane.min(cap)).sum::<usize>();
    let cap = (NARROWEST..=widest).rev().find(|&cap| total(cap) <= room).unwrap_or(NARROWEST);
    wanted.iter().map(|&lane| lane.min(cap)).collect()
}

impl<'a> Layout<'a> {
    fn new(trace: &'a Trace, lines: &[Line<'_>], room: usize) -> Self {
        let works = |thread| {
            lines.iter().any(|line| matches!(line, Line::Step(_, step) if step.thread == thread))
        };
        let waits = |thread| trace.blocked.iter().any(|blocked| blocked.thread == thread);
        // Main has a lane only if it does more than look after the others.
        let has_lane = |&thread: &usize| works(thread) || (thread > 0 && waits(thread));
        let lanes: Vec<_> = (0..trace.threads.len()).filter(has_lane).collect();
        let wanted: Vec<_> = lanes.iter().map(|&lane| wanted(trace, lines, lane)).collect();
        let numbers = lines.iter().map(|line| width(&line.numbers())).max().unwrap_or(0);
        let numbers = numbers.max("step".len());
        let place = lines.iter().map(location_width).max().unwrap_or(0);
        // Each lane has a bar and a space on its left.
        let around = numbers + 1 + lanes.len() * (MARK + 3);
        let left = room.saturating_sub(around);
        let beside = left.saturating_sub(place + 2);
        let locations = place > 0 && beside >= lanes.len() * (NARROWEST + 4);
        let widths = fit(&wanted, if locations { beside } else { left });
        Self { trace, lanes, widths, numbers, locations, room }
    }

    fn bar() -> String {
        paint(FAINT, "│")
    }

    /// The names of the threads, and a rule.
    fn head(&self) -> String {
        let cells: Vec<_> = self
            .lanes
            .iter()
            .map(|&lane| {
                Some(Cell { mark: ' ', style: HEAD, text: self.trace.threads[lane].clone() })
            })
            .collect();
        let mut out = self.row("step", &cells, None);
        let mut rule = "─".repeat(self.numbers + 1);
        for width in &self.widths {
            let _ = write!(rule, "┼{}", "─".repeat(width + MARK + 2));
        }
        let _ = writeln!(out, "{}", paint(FAINT, rule));
        out
    }

    fn step(&self, number: &str, step: &Step) -> String {
        let (mark, style) = if step.decisive { ('▶', KEY) } else { (' ', Style::new()) };
        let cells: Vec<_> = self
            .lanes
            .iter()
            .map(|&lane| {
                (lane == step.thread).then(|| Cell { mark, style, text: step.action.clone() })
            })
            .collect();
        let place = step.location.as_deref().filter(|_| self.locations).map(file_and_line);
        self.row(number, &cells, place)
    }

    /// A line that belongs to no lane.
    fn across(&self, numbers: &str, text: &str) -> String {
        let mut out = String::new();
        let room = self.room.saturating_sub(self.numbers + MARK + 3);
        for (index, line) in wrap(text, room).into_iter().enumerate() {
            let number = if index == 0 { numbers } else { "" };
            let _ = writeln!(
                out,
                "{number:>width$} {} {}",
                Self::bar(),
                paint(FAINT, line),
                width = self.numbers
            );
        }
        out
    }

    /// What each blocked thread waits for, side by side.
    fn blocked(&self) -> String {
        let cells: Vec<_> = self
            .lanes
            .iter()
            .map(|&lane| {
                let blocked = self.trace.blocked.iter().find(|blocked| blocked.thread == lane)?;
                Some(Cell { mark: '✗', style: BAD, text: wait(self.trace, blocked) })
            })
            .collect();
        let mut out = String::new();
        if cells.iter().any(Option::is_some) {
            out += &self.row("", &cells, None);
        }
        for blocked in &self.trace.blocked {
            if !self.lanes.contains(&blocked.thread) {
                let name = &self.trace.threads[blocked.thread];
                out += &self.across("", &format!("{name} {}", wait(self.trace, blocked)));
            }
        }
        out
    }

    /// Cells side by side, each broken into as many lines as it needs.
    fn row(&self, number: &str, cells: &[Option<Cell>], place: Option<&str>) -> String {
        let broken: Vec<Vec<String>> = cells
            .iter()
            .zip(&self.widths)
            .map(|(cell, &room)| cell.as_ref().map_or(Vec::new(), |cell| wrap(&cell.text, room)))
            .collect();
        let height = broken.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut out = String::new();
        for line in 0..height {
            let number = if line == 0 { number } else { "" };
            let mut row = format!("{number:>width$} ", width = self.numbers);
            for ((cell, lines), &room) in cells.iter().zip(&broken).zip(&self.widths) {
                row += &Self::bar();
                row += &piece(cell.as_ref(), lines.get(line), line == 0, room);
            }
            if let Some(place) = place.filter(|_| line == 0) {
                row += &paint(FAINT, format_args!("│ {place}"));
            }
            out += row.trim_end();
            out.push('\n');
        }
        out
    }
}

/// One line of one cell, `room` columns of text wide.
fn piece(cell: Option<&Cell>, text: Option<&String>, first: bool, room: usize) -> String {
    let (Some(cell), Some(text)) = (cell, text) else { return " ".repeat(room + MARK + 2) };
    let mark = if first { cell.mark } else { ' ' };
    let fill = " ".repeat(room.saturating_sub(width(text)));
    format!(" {} {fill}", paint(cell.style, format_args!("{mark} {text}")))
}

/// How wide the lane of `thread` would like its text to be.
fn wanted(trace: &Trace, lines: &[Line<'_>], thread: usize) -> usize {
    let steps = lines.iter().filter_map(|line| match line {
        Line::Step(_, step) if step.thread == thread => Some(width(&step.action)),
        _ => None,
    });
    let longest = steps.max().unwrap_or(0).max(width(&trace.threads[thread]));
    // What a blocked thread waits for is long, and may well take a few lines.
    if trace.blocked.iter().any(|blocked| blocked.thread == thread) {
        longest.max(28)
    } else {
        longest
    }
}

fn location_width(line: &Line<'_>) -> usize {
    match line {
        Line::Step(_, step) => step.location.as_deref().map_or(0, |at| width(file_and_line(at))),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    /// The drawing without its colours.
    fn plain(trace: &Trace, room: usize) -> String {
        let drawing = draw(trace, room);
        assert!(drawing.contains('\u{1b}'), "colours are taken out later");
        anstream::adapter::strip_str(&drawing).to_string()
    }

    #[test]
    fn a_lost_update() {
        insta::assert_snapshot!(plain(&samples::lost_update(), 100));
    }

    #[test]
    fn a_deadlock() {
        insta::assert_snapshot!(plain(&samples::deadlock(), 100));
    }

    #[test]
    fn four_busy_threads_fit_into_100_columns() {
        let names = ["main", "customer who wants 1200", "producer 0", "consumer 1", "consumer 2"];
        let mut trace = Trace { threads: names.map(String::from).to_vec(), ..samples::deadlock() };
        for thread in 1..5 {
            let action = "woken by counter released, locks counter";
            trace.steps.push(samples::step(thread, action, 1234, thread == 2));
        }
        let drawing = plain(&trace, 100);
        assert!(drawing.lines().all(|line| width(line) <= 100), "{drawing}");
        insta::assert_snapshot!(drawing);
    }

    #[test]
    fn a_long_execution_is_cut_but_for_its_decisive_steps() {
        let mut trace = samples::lost_update();
        trace.steps = (0..9_999).map(|n| samples::step(1, "yields", 5, n == 5_000)).collect();
        let drawing = plain(&trace, 100);
        let lines: Vec<_> = drawing.lines().collect();
        assert_eq!(lines.len(), 2 + 15 + 1 + 1 + 1 + 30, "{drawing}");
        assert!(lines[17].contains("4985 lines are left out"), "{drawing}");
        assert!(lines[18].starts_with("5001 │ ▶ yields"), "{drawing}");
        assert!(lines.last().is_some_and(|last| last.starts_with("9999")), "{drawing}");
    }

    #[test]
    fn nothing_recorded_is_nothing_drawn() {
        assert_eq!(draw(&Trace::default(), 100), "");
    }
}
