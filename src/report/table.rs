//! A table for people: a row for each variant, a column for each engine.
//!
//! It comes at the end, in the order of the registry, whatever the order of the results, and with
//! the results there are, if the run was interrupted.

use super::{
    Event, Job, Reporter, Row, Tally, failure,
    junit::engines,
    sink::Sink,
    style::{BAD, FAINT, GOOD, HEAD, paint},
    text::{columns, count, duration, one_line, thousands, width, wrap},
    words::Words,
};
use crate::{
    backend::Engine,
    check::{Mismatch, Report, Verdict},
};
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width,
};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    time::Duration,
};

/// Writes the table, the story of every unexpected result, and a summary.
#[derive(Debug)]
pub struct Table {
    out: Sink,
    /// How wide the terminal is, if it is one.
    terminal: Option<usize>,
    jobs: Vec<Job>,
    /// For each job, its result.
    rows: Vec<Option<Row>>,
}

impl Table {
    /// Writes to `out`, a terminal of that many columns. Elsewhere every row is a single line,
    /// however long.
    #[must_use]
    pub const fn new(out: Sink, terminal: Option<usize>) -> Self {
        Self { out, terminal, jobs: Vec::new(), rows: Vec::new() }
    }

    /// The table; variants without a single result are left out.
    fn table(&self) -> comfy_table::Table {
        let wide = self.wide();
        match self.terminal {
            Some(width) => narrow(wide, width)
                .or_else(|| narrow(self.tall(), width))
                .unwrap_or_else(|| self.tall()),
            None => wide,
        }
    }

    /// A row for each variant, a column for each engine.
    fn wide(&self) -> comfy_table::Table {
        let engines = engines(&self.jobs);
        let marks = Marks::of(self.rows.iter().flatten());
        let heads = ["scenario", "variant", "expected"].into_iter();
        let mut table = headed(heads.chain(engines.iter().map(|engine| engine.name())));
        for name in variants(&self.jobs) {
            let is_its = |row: &&Row| (&*row.report.scenario, &*row.report.variant) == name;
            let its: Vec<&Row> = self.rows.iter().flatten().filter(is_its).collect();
            let Some(first) = its.first() else { continue };
            let expected = Cell::new(first.variant.expected());
            let mut cells = vec![Cell::new(name.0), Cell::new(name.1), expected];
            cells.extend(engines.iter().map(|&engine| {
                let row = its.iter().find(|row| row.report.engine == engine);
                row.map_or(Cell::new(""), |row| cell(row, &marks))
            }));
            table.add_row(cells);
        }
        table
    }

    /// A row for each result.
    fn tall(&self) -> comfy_table::Table {
        let marks = Marks::of(self.rows.iter().flatten());
        let mut table = headed(["scenario", "variant", "engine", "found"].into_iter());
        for row in self.rows.iter().flatten() {
            let Report { scenario, variant, engine, .. } = &row.report;
            let found = cell(row, &marks);
            table.add_row([Cell::new(scenario), Cell::new(variant), Cell::new(engine), found]);
        }
        table
    }

    fn write(&mut self, elapsed: Duration) -> io::Result<()> {
        let done: Vec<&Row> = self.rows.iter().flatten().collect();
        let room = columns(self.terminal);
        if !done.is_empty() {
            let table = self.table().trim_fmt();
            writeln!(self.out, "{table}\n")?;
            for line in wrap(LEGEND, room) {
                writeln!(self.out, "{}", paint(FAINT, line))?;
            }
            let marks = Marks::of(done.iter().copied());
            for line in marks.legend().flat_map(|line| wrap(&line, room)) {
                writeln!(self.out, "{}", paint(FAINT, line))?;
            }
            write!(self.out, "{}", Words::default().explain(&format!("{table}\n{LEGEND}"), room))?;
            writeln!(self.out)?;
        }
        for row in done.iter().filter(|row| row.comparison.is_err()) {
            writeln!(self.out, "{}", unexpected(row, room))?;
        }
        writeln!(self.out, "{}", summary(&self.jobs, &done, elapsed))?;
        self.out.flush()
    }
}

/// Columns without lines, under a ruled header.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What the cells mean.
const LEGEND: &str = "✓ as expected, ✗ not; what was found, after how many executions, in what time. \
                      Proved: no interleaving goes wrong. Passed: none of those tried did. Real \
                      threads (std, parking_lot) find a failure only by luck, so there a pass is \
                      never unexpected; nor is it where an engine is known to miss a failure. A false \
                      alarm is a failure that cannot happen, and that an engine is known to report. \
                      `show` explains both.";

/// What the proofs of a table assume, each with a mark.
#[derive(Default)]
struct Marks<'a>(BTreeSet<&'a str>);

impl<'a> Marks<'a> {
    /// The marks, in order; what comes after the last has the last.
    const SIGNS: [char; 4] = ['*', '†', '‡', '§'];

    fn of(rows: impl Iterator<Item = &'a Row>) -> Self {
        Marks(rows.flat_map(|row| &row.report.assumptions).map(String::as_str).collect())
    }

    fn signed(&self) -> impl Iterator<Item = (char, &'a str)> {
        let last = Self::SIGNS[Self::SIGNS.len() - 1];
        Self::SIGNS.into_iter().chain(std::iter::repeat(last)).zip(self.0.iter().copied())
    }

    /// The marks of a proof.
    fn on(&self, report: &Report) -> String {
        let assumes = |text: &str| report.assumptions.iter().any(|assumed| assumed == text);
        self.signed().filter(|(_, text)| assumes(text)).map(|(sign, _)| sign).collect()
    }

    /// What the marks mean.
    fn legend(&self) -> impl Iterator<Item = String> {
        self.signed().map(|(sign, text)| format!("{sign} assuming that {text}."))
    }
}

/// The jobs' variants, each once, as `(scenario, variant)`.
fn variants(jobs: &[Job]) -> Vec<(&'static str, &'static str)> {
    let mut names = Vec::new();
    for (scenario, variant, _) in jobs {
        if !names.contains(&(scenario.id, variant.id)) {
            names.push((scenario.id, variant.id));
        }
    }
    names
}

/// A table without rows.
pub(super) fn headed<'a>(heads: impl Iterator<Item = &'a str>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(STYLE).enforce_styling().style_text_only();
    table.set_header(heads.map(|head| Cell::new(head).add_attribute(Attribute::Bold)));
    table
}

/// The table with its cells broken between words so that it fits into `width` columns; `None` if it cannot.
pub(super) fn narrow(mut table: comfy_table::Table, width: usize) -> Option<comfy_table::Table> {
    // There is a space on either side of each column.
    let natural = table.column_max_content_widths();
    if natural.iter().map(|&column| usize::from(column) + 2).sum::<usize>() <= width {
        return Some(table);
    }
    let least: Vec<_> = (0..natural.len()).map(|column| longest_word(&table, column) + 2).collect();
    if least.iter().sum::<usize>() > width {
        return None;
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.style_mut().row_separator = LineStyle::none().fill('╌').junction('╌');
    for (column, least) in table.column_iter_mut().zip(least) {
        let least = Width::Fixed(u16::try_from(least).unwrap_or(u16::MAX));
        column.set_constraint(ColumnConstraint::LowerBoundary(least));
    }
    for column in table.column_iter_mut().take(NAMES) {
        column.set_delimiter('-');
    }
    Some(table)
}

/// How many columns, from the left, hold names, which may be broken at a hyphen.
const NAMES: usize = 2;

/// The widest part of a column's cells that cannot be broken.
fn longest_word(table: &comfy_table::Table, column: usize) -> usize {
    let cells = table.header().into_iter().chain(table.row_iter());
    let widest = |cell: &Cell| {
        let text = cell.content();
        let parts = text.split(|c: char| c.is_whitespace() || column < NAMES && c == '-');
        // The hyphen stays with what it follows.
        parts.map(|part| width(part) + usize::from(column < NAMES)).max()
    };
    cells.filter_map(|row| row.cell_iter().nth(column).and_then(widest)).max().unwrap_or(0)
}

/// What was found, executions and time, and whether it is as expected.
fn cell(row: &Row, marks: &Marks<'_>) -> Cell {
    let found = match found(&row.report, marks) {
        _ if row.is_missed() => missed(&row.report),
        found if row.is_imagined() => format!("false alarm: {found}"),
        found => found,
    };
    match (&row.report.verdict, &row.comparison) {
        (Verdict::NotApplicable { .. }, _) => Cell::new(found).fg(Color::DarkGrey),
        (_, Ok(())) => Cell::new(format!("✓ {found}")).fg(Color::Green),
        (_, Err(_)) => {
            Cell::new(format!("✗ {found}")).fg(Color::Red).add_attribute(Attribute::Bold)
        }
    }
}

/// That nothing was found, where it is known that there is something.
fn missed(report: &Report) -> String {
    let executions = thousands(report.verdict.executions().unwrap_or_default());
    format!("misses it {executions} · {}", duration(report.elapsed))
}

/// What was found, in the fewest words.
fn found(report: &Report, marks: &Marks<'_>) -> String {
    let time = duration(report.elapsed);
    match &report.verdict {
        Verdict::Proved { executions } => {
            format!("proved{} {} · {time}", marks.on(report), thousands(*executions))
        }
        // A bound on the search is said at once; a sample is of whatever came.
        Verdict::Passed { executions, coverage }
            if matches!(report.engine, Engine::Dpor | Engine::C11 | Engine::Loom) =>
        {
            format!("passed: {coverage}, {} · {time}", thousands(*executions))
        }
        Verdict::Passed { executions, .. } => format!("passed {} · {time}", thousands(*executions)),
        Verdict::Failed(failure) => {
            format!("{} {} · {time}", failure.kind, thousands(failure.executions))
        }
        Verdict::Inconclusive { .. } => format!("no verdict · {time}"),
        Verdict::NotApplicable { reason } => format!("n/a: {reason}"),
    }
}

/// What should have come out, what did, and how.
fn unexpected(row: &Row, room: usize) -> String {
    let head = format!("✗ {} on {}", row.name(), row.report.engine);
    let mismatch = row.comparison.as_ref().err().map(|mismatch| one_line(&mismatch.to_string()));
    let mismatch = mismatch.unwrap_or_default();
    let mut text = format!("{}: {mismatch}\n", paint(BAD, head));
    text += &format!("  expected: {}\n", row.expected());
    if let Err(Mismatch::UnexpectedOutcome(_) | Mismatch::MissingOutcome(_)) = row.comparison {
        let outcomes = row.variant.claim_on(row.report.engine).outcomes;
        text += &format!("  expected outcomes: {}\n", outcomes.join(" | "));
        let seen: Vec<_> = row.report.outcomes.keys().map(String::as_str).collect();
        text += &format!("  outcomes found:    {}\n", seen.join(" | "));
    }
    text += &match &row.report.verdict {
        Verdict::Failed(failure) => {
            let place = failure::place(&row.report, failure);
            format!("  found: {place}\n{}", failure::describe(&row.report, failure, room))
        }
        Verdict::Passed { coverage, .. } => {
            format!("  found: {} ({coverage})\n", found(&row.report, &Marks::default()))
        }
        _ => format!("  found: {}\n", found(&row.report, &Marks::default())),
    };
    text
}

/// The last line.
fn summary(jobs: &[Job], done: &[&Row], elapsed: Duration) -> String {
    let mut tally = Tally::default();
    for row in done {
        tally.add(row);
    }
    let Tally { as_expected, unexpected, not_applicable } = tally;
    let style = if unexpected == 0 && done.len() == jobs.len() { GOOD } else { BAD };
    let variants = count(variants(jobs).len() as u64, "variant");
    let engines = count(engines(jobs).len() as u64, "engine");
    let mut text = format!(
        "{}: {}, {}, {not_applicable} not applicable; {}",
        paint(HEAD, format_args!("{variants} × {engines}")),
        paint(style, format_args!("{as_expected} as expected")),
        paint(style, format_args!("{unexpected} not")),
        duration(elapsed)
    );
    if done.len() < jobs.len() {
        let cut = format!("; interrupted: {} of {} checks made", done.len(), jobs.len());
        text += &paint(BAD, cut);
    }
    text
}

impl Reporter for Table {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { jobs } => {
                self.jobs = jobs.to_vec();
                self.rows = vec![None; jobs.len()];
                Ok(())
            }
            Event::Finished { job, row } => {
                if let Some(slot) = self.rows.get_mut(*job) {
                    *slot = Some((*row).clone());
                }
                Ok(())
            }
            Event::Ended { elapsed } => self.write(*elapsed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn results_of_every_sort() {
        let memory = samples::Memory::default();
        samples::run(&mut Table::new(Sink::new("memory", memory.clone()), None));
        insta::assert_snapshot!(memory.text());
    }

    #[test]
    fn a_narrow_terminal_breaks_cells_and_not_lines() {
        let memory = samples::Memory::default();
        samples::run(&mut Table::new(Sink::new("memory", memory.clone()), Some(60)));
        let text = memory.text();
        let table: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
        for word in ["unlocked", "assertion", "daemons", "verdict", "transfer"] {
            assert!(text.contains(word), "`{word}` is broken: {text}");
        }
        assert!(table.iter().all(|line| crate::report::text::width(line) <= 60), "{text}");
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn each_assumption_has_its_own_mark() {
        let proved = |assumed: &[&str]| {
            let job = samples::job("transfer", "ordered", Engine::Shuttle);
            let mut row = samples::row(job, Verdict::Proved { executions: 2 });
            row.report.assumptions = assumed.iter().map(ToString::to_string).collect();
            row
        };
        let rows = [proved(&[]), proved(&["b"]), proved(&["b", "a"])];
        let marks = Marks::of(rows.iter());
        let found: Vec<_> = rows.iter().map(|row| found(&row.report, &marks)).collect();
        assert_eq!(found, ["proved 2 · 12 ms", "proved† 2 · 12 ms", "proved*† 2 · 12 ms"]);
        let legend: Vec<_> = marks.legend().collect();
        assert_eq!(legend, ["* assuming that a.", "† assuming that b."]);
    }

    #[test]
    fn where_words_would_break_each_result_has_a_row_of_its_own() {
        let memory = samples::Memory::default();
        samples::run(&mut Table::new(Sink::new("memory", memory.clone()), Some(50)));
        let text = memory.text();
        let table: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
        assert!(table[0].contains("engine") && !table[0].contains("shuttle"), "{text}");
        assert!(table.iter().all(|line| crate::report::text::width(line) <= 50), "{text}");
        assert!(table.iter().any(|line| line.contains("shuttle   ✓ assertion")), "{text}");
    }

    #[test]
    fn an_interrupted_run_shows_what_it_has() {
        let memory = samples::Memory::default();
        let mut table = Table::new(Sink::new("memory", memory.clone()), None);
        let jobs = ["unlocked", "locked"].map(|v| samples::job("counter", v, Engine::Std));
        table.on(&Event::Started { jobs: &jobs }).unwrap();
        let row = samples::row(jobs[1], Verdict::Proved { executions: 4 });
        table.on(&Event::Finished { job: 1, row: &row }).unwrap();
        table.on(&Event::Ended { elapsed: Duration::from_secs(1) }).unwrap();
        let text = memory.text();
        assert!(text.contains(" locked "), "{text}");
        assert!(!text.contains("unlocked"), "{text}");
        assert!(text.ends_with("interrupted: 1 of 2 checks made\n"), "{text}");
    }

    #[test]
    fn a_failure_that_is_missed_is_never_called_a_proof() {
        let job = samples::job("data-race", "plain", Engine::Shuttle);
        let row = samples::row(job, Verdict::Proved { executions: 2 });
        assert_eq!(row.comparison, Ok(()));
        assert_eq!(cell(&row, &Marks::default()).content(), "✓ misses it 2 · 12 ms");
    }

    #[test]
    fn a_pass_is_never_called_a_proof() {
        let job = samples::job("counter", "locked", Engine::Shuttle);
        let passed = Verdict::Passed { executions: 24_000, coverage: "all proved".into() };
        assert_eq!(
            found(&samples::row(job, passed).report, &Marks::default()),
            "passed 24,000 · 12 ms"
        );
        let job = samples::job("counter", "locked", Engine::Loom);
        let coverage = "all with at most 3 preemptions".into();
        let passed = Verdict::Passed { executions: 9, coverage };
        assert_eq!(
            found(&samples::row(job, passed).report, &Marks::default()),
            "passed: all with at most 3 preemptions, 9 · 12 ms"
        );
    }
}
