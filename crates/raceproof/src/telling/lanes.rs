//! Draws one execution: a column for each thread, a line for each step.
//!
//! Steps that only start threads or wait for their end are put together into one line across the
//! lanes, so that what goes wrong stands out. What the marks mean is said below the lanes.

use std::fmt::Write;

use crate::telling::lines::{self, Line};
pub use crate::telling::page::Page;
use crate::telling::text::{Style, longest_word, width, wrap};
use crate::telling::trace::{Blocked, Operation, Step, Trace};

/// A lane is never narrower, whatever the room.
const NARROWEST: usize = 14;
/// What a panic says and what a blocked thread waits for is long, and may well take a few lines of this.
const LONG: usize = 28;
/// What a cell needs besides its text: the mark and a space.
const MARK: usize = 2;
/// In front of a step that the failure hangs on.
const DECISIVE: char = '▶';
/// Behind the number of a step that preempts another thread.
const PREEMPTS: char = '»';
/// In front of what a blocked thread waits for.
const BLOCKED: char = '✗';

/// How far the steps of an operation are set off below its call.
const NESTED: usize = 2;

/// The text of a cell, with the mark in front of it.
struct Cell {
    mark: char,
    style: Style,
    /// How far it is set off.
    indent: usize,
    text: String,
}

/// Where the lines of the source are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    /// In a column of their own, as in `a.rs:12`.
    Column,
    /// In a column of their own, as in `:12`, all of one file.
    Lines,
    /// Behind what the step did, for want of room.
    Inline,
}

/// How wide everything is.
struct Layout<'a> {
    trace: &'a Trace,
    page: Page,
    /// Which threads have a lane.
    lanes: Vec<usize>,
    /// How wide the text of each lane is.
    widths: Vec<usize>,
    /// How wide the step numbers are.
    numbers: usize,
    places: Places,
    /// For each step, whether it is one of an operation that is under way.
    nested: Vec<bool>,
}

/// For each step, whether its thread is in an operation.
fn nested(trace: &Trace) -> Vec<bool> {
    let mut within = vec![false; trace.threads.len()];
    let nests = |step: &Step| {
        let Some(within) = within.get_mut(step.thread) else { return false };
        match step.operation {
            Operation::Call => !std::mem::replace(within, true),
            Operation::Return => *within && !std::mem::replace(within, false),
            _ => return *within,
        };
        false
    };
    trace.steps.iter().map(nests).collect()
}

/// Draws `trace` (a few columns wider than `page` if there are too many threads for it). The drawing is
/// empty if the trace is.
pub fn draw(trace: &Trace, page: Page) -> String {
    let lines = lines::of(trace);
    if lines.is_empty() && trace.blocked.is_empty() {
        return String::new();
    }
    let layout = Layout::new(trace, &lines, page);
    let mut out = layout.head();
    for line in &lines {
        match line {
            Line::Step(number, step) => out += &layout.step(*number, step),
            line => out += &layout.across(&line.numbers(), &line.text()),
        }
    }
    out + &layout.blocked() + &layout.legend(&lines)
}

/// What a blocked thread waits for, as its lane says it.
fn wait(trace: &Trace, blocked: &Blocked) -> String {
    let place = blocked.place.as_ref().map(|place| format!(" ({})", place.short()));
    blocked.wait(&trace.threads) + &place.unwrap_or_default()
}

/// Narrows the widest lanes until all of them fit, if they can without cutting words.
fn fit(wanted: &[usize], words: &[usize], room: usize) -> Vec<usize> {
    let widest = wanted.iter().copied().max().unwrap_or(0).max(NARROWEST);
    let lanes = |cap: usize, words: bool, longest: &[usize]| -> Vec<usize> {
        let least = |word: &usize| if words { *word } else { 0 };
        wanted.iter().zip(longest).map(|(lane, word)| (*lane).min(cap.max(least(word)))).collect()
    };
    let fitting = |whole: bool| {
        (NARROWEST..=widest)
            .rev()
            .map(|cap| lanes(cap, whole, words))
            .find(|lanes| lanes.iter().sum::<usize>() <= room)
    };
    fitting(true).or_else(|| fitting(false)).unwrap_or_else(|| lanes(NARROWEST, false, words))
}

/// Whether all places of the trace are in one file.
fn one_file(trace: &Trace) -> Option<&str> {
    let mut places = trace.steps.iter().filter_map(|step| step.place.as_ref());
    let first = places.next()?;
    places.all(|place| place.file == first.file).then_some(first.file.as_str())
}

impl<'a> Layout<'a> {
    fn new(trace: &'a Trace, lines: &[Line<'_>], page: Page) -> Self {
        let works = |thread| {
            lines.iter().any(|line| matches!(line, Line::Step(_, step) if step.thread == thread))
        };
        let waits = |thread| trace.blocked.iter().any(|blocked| blocked.thread == thread);
        // Main has a lane only if it does more than look after the others.
        let has_lane = |&thread: &usize| works(thread) || (thread > 0 && waits(thread));
        let lanes: Vec<_> = (0..trace.threads.len()).filter(has_lane).collect();
        let numbers = lines.iter().map(|line| width(&line.numbers())).max().unwrap_or(0);
        let numbers = numbers.max("step".len());
        // Each lane has a bar and a space on its left.
        let around = numbers + 1 + lanes.len() * (MARK + 3);
        let left = page.width.saturating_sub(around);
        let mut layout = Layout {
            trace,
            page,
            lanes,
            widths: Vec::new(),
            numbers,
            places: Places::Inline,
            nested: nested(trace),
        };
        // A column of places, if it costs no lane its room; else a narrower one; else any that leaves
        // the lanes enough.
        let tries = [
            (Places::Column, true),
            (Places::Lines, false),
            (Places::Column, false),
            (Places::Inline, false),
        ];
        for (places, in_full) in tries {
            layout.places = places;
            if layout.spread(lines, left, in_full) {
                break;
            }
        }
        layout
    }

    /// Gives each lane its width, with `left` columns for all of them and the places. Returns whether that
    /// is enough: for all that they say if they must have it `in_full`.
    fn spread(&mut self, lines: &[Line<'_>], left: usize, in_full: bool) -> bool {
        let column = lines.iter().map(|line| self.place_width(line)).max().unwrap_or(0);
        // The last lane needs no space behind it, unless there is a column of places.
        let room = if column == 0 { left + 1 } else { left.saturating_sub(column + 2) };
        let wanted = self.needs(lines, width);
        let words = self.needs(lines, longest_word);
        self.widths = fit(&wanted, &words, room);
        let fits = self.widths.iter().sum::<usize>() <= room;
        let whole = self.widths.iter().zip(&words).all(|(width, word)| width >= word);
        let roomy = room >= self.lanes.len() * (NARROWEST + 4);
        let possible = self.places != Places::Lines || one_file(self.trace).is_some();
        possible && fits && whole && roomy && (!in_full || self.widths == wanted)
    }

    /// The column of places, for this line.
    fn place_width(&self, line: &Line<'_>) -> usize {
        match line {
            Line::Step(_, step) => self.place(step).map_or(0, |place| width(&place)),
            _ => 0,
        }
    }

    /// What the column of places says of a step.
    fn place(&self, step: &Step) -> Option<String> {
        let place = step.place.as_ref()?;
        match self.places {
            Places::Column => Some(place.short()),
            Places::Lines => Some(format!(":{}", place.line)),
            Places::Inline => None,
        }
    }

    /// What the lane of a step's thread says of it.
    fn action(&self, step: &Step) -> String {
        let action = step.action(&self.trace.threads);
        match &step.place {
            Some(place) if self.places == Places::Inline => format!("{action} ({})", place.short()),
            _ => action,
        }
    }

    /// How far the step with this number is set off.
    fn indent(&self, number: usize) -> usize {
        if self.nested.get(number - 1).is_some_and(|nested| *nested) { NESTED } else { 0 }
    }

    /// How much room each lane needs, as `measure` has it.
    fn needs(&self, lines: &[Line<'_>], measure: fn(&str) -> usize) -> Vec<usize> {
        let need = |&thread: &usize| {
            let steps = lines.iter().filter_map(|line| match line {
                Line::Step(number, step) if step.thread == thread => {
                    let need = measure(&self.action(step)) + self.indent(*number);
                    let long = step.operation == Operation::Panic;
                    Some(if long { need.min(LONG) } else { need })
                }
                _ => None,
            });
            let longest = steps.max().unwrap_or(0).max(measure(&self.trace.threads[thread]));
            let waits = self.trace.blocked.iter().find(|blocked| blocked.thread == thread);
            longest.max(waits.map_or(0, |blocked| measure(&wait(self.trace, blocked)).min(LONG)))
        };
        self.lanes.iter().map(need).collect()
    }

    fn paint(&self, style: Style, text: impl std::fmt::Display) -> String {
        style.paint(self.page.colour, text)
    }

    fn bar(&self) -> String {
        self.paint(Style::Faint, "│")
    }

    /// The names of the threads, and a rule.
    fn head(&self) -> String {
        let name = |&lane: &usize| {
            Some(Cell {
                mark: ' ',
                style: Style::Head,
                indent: 0,
                text: self.trace.threads[lane].clone(),
            })
        };
        let cells: Vec<_> = self.lanes.iter().map(name).collect();
        let mut out = self.row("step", ' ', &cells, None);
        let mut rule = "─".repeat(self.numbers + 1);
        for width in &self.widths {
            let _ = write!(rule, "┼{}", "─".repeat(width + MARK + 2));
        }
        let rule: String = rule.chars().take(self.page.width).collect();
        let _ = writeln!(out, "{}", self.paint(Style::Faint, rule));
        out
    }

    fn step(&self, number: usize, step: &Step) -> String {
        let indent = self.indent(number);
        let (mark, style) =
            if step.decisive { (DECISIVE, Style::Key) } else { (' ', Style::Plain) };
        let cell = |&lane: &usize| {
            (lane == step.thread).then(|| Cell { mark, style, indent, text: self.action(step) })
        };
        let cells: Vec<_> = self.lanes.iter().map(cell).collect();
        let preempts = if step.preemption { PREEMPTS } else { ' ' };
        self.row(&number.to_string(), preempts, &cells, self.place(step))
    }

    /// A line that belongs to no lane.
    fn across(&self, numbers: &str, text: &str) -> String {
        let mut out = String::new();
        let room = self.page.width.saturating_sub(self.numbers + MARK + 3);
        for (index, line) in wrap(text, room).into_iter().enumerate() {
            let number = if index == 0 { numbers } else { "" };
            let line = self.paint(Style::Faint, line);
            let _ = writeln!(out, "{number:>width$} {} {line}", self.bar(), width = self.numbers);
        }
        out
    }

    /// What each blocked thread waits for, side by side.
    fn blocked(&self) -> String {
        let cell = |&lane: &usize| {
            let blocked = self.trace.blocked.iter().find(|blocked| blocked.thread == lane)?;
            Some(Cell {
                mark: BLOCKED,
                style: Style::Bad,
                indent: 0,
                text: wait(self.trace, blocked),
            })
        };
        let cells: Vec<_> = self.lanes.iter().map(cell).collect();
        let mut out = String::new();
        if cells.iter().any(Option::is_some) {
            out += &self.row("", ' ', &cells, None);
        }
        for blocked in &self.trace.blocked {
            if !self.lanes.contains(&blocked.thread) {
                let name = &self.trace.threads[blocked.thread];
                out += &self.across("", &format!("{name} {}", wait(self.trace, blocked)));
            }
        }
        out
    }

    /// What the marks mean, as far as there are any.
    fn legend(&self, lines: &[Line<'_>]) -> String {
        let any = |which: fn(&Step) -> bool| {
            lines.iter().any(|line| matches!(line, Line::Step(_, step) if which(step)))
        };
        let mut parts = Vec::new();
        if any(|step| step.decisive) {
            parts.push(format!("{DECISIVE} the failure hangs on this step"));
        }
        if any(|step| step.preemption) {
            parts.push(format!("{PREEMPTS} a preemption: the thread before could have gone on"));
        }
        if let Some(file) = one_file(self.trace).filter(|_| self.places == Places::Lines) {
            parts.push(format!("lines are those of {file}"));
        }
        if parts.is_empty() {
            return String::new();
        }
        let mut out = String::new();
        for line in wrap(&parts.join(" · "), self.page.width) {
            let _ = writeln!(out, "{}", self.paint(Style::Faint, line));
        }
        out
    }

    /// Cells side by side, each broken into as many lines as it needs.
    fn row(
        &self,
        number: &str,
        preempts: char,
        cells: &[Option<Cell>],
        place: Option<String>,
    ) -> String {
        let broken: Vec<Vec<String>> = cells
            .iter()
            .zip(&self.widths)
            .map(|(cell, &room)| {
                let lines = |cell: &Cell| wrap(&cell.text, room.saturating_sub(cell.indent));
                cell.as_ref().map_or(Vec::new(), lines)
            })
            .collect();
        let height = broken.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut out = String::new();
        for line in 0..height {
            let (number, preempts) = if line == 0 { (number, preempts) } else { ("", ' ') };
            let mut row = format!("{number:>width$}{preempts}", width = self.numbers);
            for ((cell, lines), &room) in cells.iter().zip(&broken).zip(&self.widths) {
                row += &self.bar();
                row += &self.piece(cell.as_ref(), lines.get(line), line == 0, room);
            }
            if let Some(place) = place.as_ref().filter(|_| line == 0) {
                row += &self.paint(Style::Faint, format_args!("│ {place}"));
            }
            out += row.trim_end();
            out.push('\n');
        }
        out
    }

    /// One line of one cell, `room` columns of text wide.
    fn piece(
        &self,
        cell: Option<&Cell>,
        text: Option<&String>,
        first: bool,
        room: usize,
    ) -> String {
        let (Some(cell), Some(text)) = (cell, text) else { return " ".repeat(room + MARK + 2) };
        let mark = if first { cell.mark } else { ' ' };
        let fill = " ".repeat(room.saturating_sub(width(text) + cell.indent));
        let indent = " ".repeat(cell.indent);
        format!(" {} {fill}", self.paint(cell.style, format_args!("{mark} {indent}{text}")))
    }
}
