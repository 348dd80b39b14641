//! `raceproof show`: one lesson, told from its story to the proof of its fixes.

use super::{
    args::{self, LimitArgs},
    check::drive,
    excerpt::{self, File, Item},
    exit, stress,
};
use crate::{
    backend::{Capability, Engine, MemoryModel, execution},
    check::{self, Interrupt, Limits, Verdict},
    contracts,
    program::{Expect, Group, Scenario, Variant},
    report::{
        Event, Job, Reporter, Row, failure,
        progress::Progress,
        sink::Sink,
        style::{BAD, FAINT, GOOD, HEAD, paint},
        text::{self, thousands, wrap},
        words::Words,
    },
    scenarios,
};
use anyhow::bail;
use std::{
    collections::HashSet,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// Tells a scenario: the story, the code, how it goes wrong step by step, why the fixes work
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario (`transfer`) or contract (`lock`), or one variant of it (`transfer/ordered`)
    id: String,
    /// The engine that finds and proves [default: the best of this build]
    #[arg(long, short, value_name = "E", value_parser = args::engine())]
    engine: Option<Engine>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, an engine that this build lacks, output that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let (scenario, variant) = args::find(&args.id)?;
    let engine = args.engine.map(args::built).transpose()?;
    let variants = variant.map_or(scenario.variants, std::slice::from_ref);
    let interrupt = args::on_ctrl_c()?;
    let jobs: Vec<_> = variants
        .iter()
        .flat_map(|variant| engines(variant, engine).map(move |engine| (scenario, variant, engine)))
        .collect();
    let rows = checked(&jobs, &args.limits.limits(), &interrupt)?;
    let mut page = Page {
        out: Vec::new(),
        words: Words::default(),
        scenario,
        room: text::columns(text::terminal()),
        shown: HashSet::new(),
    };
    let mut out = Sink::stdout();
    page.head()?;
    for variant in variants {
        let its = rows.iter().filter(|row| row.variant.id == variant.id);
        page.variant(variant, &its.collect::<Vec<_>>())?;
        if engine.is_none() && variant.native.is_some() {
            page.luck(variant, &interrupt)?;
        }
        page.explain();
        out.write_all(&std::mem::take(&mut page.out))?;
    }
    out.flush()?;
    let is_check = |row: &Row| !matches!(row.report.verdict, Verdict::NotApplicable { .. });
    if rows.len() == jobs.len() && !rows.iter().any(is_check) {
        bail!("nothing was checked: {}", check::why_nothing(&jobs));
    }
    Ok(if rows.len() < jobs.len() {
        exit::INTERRUPTED
    } else if rows.iter().any(|row| row.comparison.is_err()) {
        exit::NOT_AS_EXPECTED
    } else {
        exit::AS_EXPECTED
    })
}

/// The engine asked for, or else the best one for `variant`, and where C11 makes a difference the
/// checker that has it, if it is built.
fn engines(variant: &Variant, asked: Option<Engine>) -> impl Iterator<Item = Engine> + use<> {
    let best = asked.unwrap_or_else(|| args::best_engine(variant));
    let other = variant.c11.filter(|_| asked.is_none()).and_then(|_| {
        let has_it = |engine: &Engine| engine.memory_model() == MemoryModel::C11;
        Engine::built().filter(has_it).find(|engine| !engine.is_native())
    });
    [best].into_iter().chain(other)
}

/// Makes the checks; the rows are in the order of the jobs.
fn checked(jobs: &[Job], limits: &Limits, interrupt: &Interrupt) -> io::Result<Vec<Row>> {
    let rows = Rows::default();
    let mut reporters: Vec<Box<dyn Reporter>> =
        vec![Box::new(Progress::stderr()), Box::new(rows.clone())];
    let (_, error) = drive(jobs, args::cores(), limits, interrupt, &mut reporters);
    let mut rows = std::mem::take(&mut *rows.0.lock().unwrap_or_else(PoisonError::into_inner));
    rows.sort_by_key(|row| row.report.engine);
    error.map_or(Ok(rows), Err)
}

/// Keeps the results, for the page.
#[derive(Clone, Default)]
struct Rows(Arc<Mutex<Vec<Row>>>);

impl Reporter for Rows {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Finished { row, .. } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((*row).clone());
        }
        Ok(())
    }
}

/// The page that is being written.
struct Page {
    /// What has been written since it was last handed on.
    out: Vec<u8>,
    words: Words,
    scenario: &'static Scenario,
    room: usize,
    /// The lines whose code stands on the page already: their files, and the first line of each item.
    shown: HashSet<(String, usize)>,
}

impl Page {
    /// The title, the lesson and the story.
    fn head(&mut self) -> io::Result<()> {
        let Scenario { id, group, lesson, source, .. } = self.scenario;
        writeln!(self.out, "{} · {}", paint(HEAD, id), group.title())?;
        self.paragraph(lesson)?;
        writeln!(self.out, "\n{}", excerpt::story(source))
    }

    /// One variant: what it is about, its code, and what the checks say.
    fn variant(&mut self, variant: &'static Variant, rows: &[&Row]) -> io::Result<()> {
        let title = format!("── {}: {} ", variant.id, variant.expected());
        let rule = "─".repeat(self.room.saturating_sub(text::width(&title)));
        writeln!(self.out, "\n{}{}\n", paint(HEAD, title), paint(FAINT, rule))?;
        self.paragraph(variant.why)?;
        self.code(variant)?;
        if rows.is_empty() {
            writeln!(self.out, "\n{}", paint(BAD, "Interrupted before it was checked."))?;
        }
        rows.iter().try_for_each(|row| self.result(row))?;
        self.other_engines(variant, rows)
    }

    /// How often real threads show it, at the size at which they usually do.
    fn luck(&mut self, variant: &'static Variant, interrupt: &Interrupt) -> io::Result<()> {
        let Some((found, runs)) = stress::luck(self.scenario, variant, interrupt) else {
            return Ok(());
        };
        let program = variant.program_for(Engine::Std);
        writeln!(self.out)?;
        self.paragraph(&format!(
            "On real threads luck found it in {} of {} runs of {program:?}.",
            thousands(found),
            thousands(runs)
        ))
    }

    /// Explains the terms in what has been written that have not occurred before.
    fn explain(&mut self) {
        let words = self.words.explain(&String::from_utf8_lossy(&self.out), self.room);
        if !words.is_empty() {
            self.out.push(b'\n');
            self.out.extend(words.into_bytes());
        }
    }

    /// What the engines that were not asked are known to say: under another memory model, or because
    /// they miss the failure.
    fn other_engines(&mut self, variant: &Variant, rows: &[&Row]) -> io::Result<()> {
        let was_asked = |engine| rows.iter().any(|row| row.report.engine == engine);
        let under_c11 = rows.iter().any(|row| row.report.engine.memory_model() == MemoryModel::C11);
        if let Some(claim) = variant.c11.filter(|_| !under_c11) {
            let (c11, expect) = (Engine::C11, claim.expect);
            let other = format!("Under C11, which {c11} has, another thing comes out: {expect}.");
            writeln!(self.out)?;
            self.paragraph(&other)?;
        }
        for (engine, why) in variant.missed_by.iter().filter(|(engine, _)| !was_asked(*engine)) {
            writeln!(self.out)?;
            self.paragraph(&format!(
                "Not every engine finds this: {engine} misses it, since {why}."
            ))?;
        }
        if let Some((engine, claim, why)) =
            variant.imagined.filter(|(engine, ..)| !was_asked(*engine))
        {
            writeln!(self.out)?;
            self.paragraph(&format!(
                "One engine reports what cannot happen, {}: {engine}, since {why}.",
                claim.expect
            ))?;
        }
        Ok(())
    }

    /// The program, and what it uses, so far as that has not been shown.
    fn code(&mut self, variant: &Variant) -> io::Result<()> {
        let Scenario { id, source, group, .. } = *self.scenario;
        let file = File::new(format!("{}.rs", id.replace('-', "_")), source);
        let shared = match group {
            Group::Contracts => File::new("contracts/mod.rs", contracts::SHARED),
            _ => File::new("scenarios/mod.rs", scenarios::SHARED),
        };
        let program = format!("{:?}", variant.program);
        let own = file.of(excerpt::struct_name(&program));
        self.items(&file, &own)?;
        let told = File::new("backend/execution/told.rs", execution::SOURCE);
        for above in [shared, told] {
            self.items(&above, &above.imported_by(&file, &own))?;
        }
        Ok(())
    }

    /// The code of these items of a file, with the numbers of its lines.
    fn items(&mut self, file: &File, items: &[&Item]) -> io::Result<()> {
        let is_new = |item: &&&Item| !self.shown.contains(&(file.name.clone(), item.lines.0));
        let new: Vec<_> = items.iter().filter(is_new).copied().collect();
        if !new.is_empty() {
            writeln!(self.out, "\n{}", paint(FAINT, format_args!("{}:", file.name)))?;
        }
        for (index, item) in new.into_iter().enumerate() {
            if index > 0 {
                writeln!(self.out)?;
            }
            for (number, line) in file.code(item) {
                write!(self.out, "{}", numbered(number, line, self.room))?;
            }
            self.shown.insert((file.name.clone(), item.lines.0));
        }
        Ok(())
    }

    /// What the check found.
    fn result(&mut self, row: &Row) -> io::Result<()> {
        let report = &row.report;
        let (engine, program) = (report.engine, &report.program);
        writeln!(self.out)?;
        if row.variant.c11.is_some() {
            self.paragraph(&format!("Under {}:", engine.memory_model()))?;
        }
        match &report.verdict {
            Verdict::Failed(found) => {
                let place = failure::place(report, found);
                match row.variant.why_imagined_on(engine) {
                    None => self.paragraph(&format!("How it goes wrong, in {place}:"))?,
                    Some(why) => self.paragraph(&format!(
                        "A false alarm, in {place}. This cannot happen: {engine} reports it, since {why}."
                    ))?,
                }
                let told = failure::describe(report, found, self.room);
                write!(self.out, "\n{told}")?;
            }
            Verdict::Proved { executions } | Verdict::Passed { executions, .. }
                if row.is_missed() =>
            {
                let why = row.variant.why_missed_on(engine).unwrap_or_default();
                let executions = thousands(*executions);
                self.paragraph(&format!(
                    "{engine} finds nothing in {executions} executions of {program}. It goes wrong all \
                     the same: {engine} misses it, since {why}."
                ))?;
            }
            Verdict::Proved { executions } => {
                let executions = thousands(*executions);
                let line = format!(
                    "Proved by {engine}: {executions} executions, every interleaving of {program}."
                );
                for line in wrap(&line, self.room) {
                    writeln!(self.out, "{}", paint(GOOD, line))?;
                }
                for assumed in &report.assumptions {
                    self.paragraph(&format!("This is so assuming that {assumed}."))?;
                }
                self.paragraph(&not_proved(engine))?;
            }
            Verdict::Passed { executions, coverage } => {
                let executions = thousands(*executions);
                let line = format!(
                    "Not proved: {engine} found nothing in {executions} executions of {program} \
                     ({coverage}). The others were not tried."
                );
                self.paragraph(&line)?;
            }
            Verdict::Inconclusive { reason } => {
                self.paragraph(&format!("No verdict: {reason}."))?
            }
            Verdict::NotApplicable { reason } => {
                self.paragraph(&format!("Not applicable to {engine}: {reason}."))?;
            }
        }
        if let Some((outcomes, why)) = row.variant.outcomes_missed_on(engine) {
            let outcomes = outcomes.join(", ");
            self.paragraph(&format!("{engine} does not find the outcome {outcomes}: {why}."))?;
        }
        self.reached(row)?;
        self.outcomes(row)?;
        match &row.comparison {
            Ok(()) => Ok(()),
            Err(mismatch) => {
                writeln!(
                    self.out,
                    "{}",
                    paint(
                        BAD,
                        format!("Not as expected: {}.", text::one_line(&mismatch.to_string()))
                    )
                )
            }
        }
    }

    /// Whether the executions came to the point that the variant is about.
    fn reached(&mut self, row: &Row) -> io::Result<()> {
        let (Expect::Reaches { point } | Expect::NeverReaches { point }) = row.expected() else {
            return Ok(());
        };
        let reached = match row.report.reached.get(point) {
            Some(&number) => format!("{} executions reach", thousands(number)),
            None => "No execution reaches".into(),
        };
        self.paragraph(&format!("{reached} the point `{point}`."))
    }

    /// What the executions came to.
    fn outcomes(&mut self, row: &Row) -> io::Result<()> {
        let outcomes = &row.report.outcomes;
        if outcomes.is_empty() {
            return Ok(());
        }
        let each =
            |(outcome, number): (&String, &u64)| format!("{outcome} ({} ×)", thousands(*number));
        let all: Vec<_> = outcomes.iter().map(each).collect();
        self.paragraph(&format!("Outcomes, and how many executions had each: {}.", all.join(", ")))
    }

    fn paragraph(&mut self, text: &str) -> io::Result<()> {
        wrap(text, self.room).iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }
}

/// A line of code with its number; what does not fit goes on below, further in.
fn numbered(number: usize, line: &str, room: usize) -> String {
    let code = line.trim_start();
    let indent = line.len() - code.len();
    let number = paint(FAINT, format_args!("{number:>4}"));
    if text::width(line) + 5 <= room {
        return format!("{number} {line}").trim_end().to_owned() + "\n";
    }
    let mut lines = wrap(code, room.saturating_sub(indent + 5 + 4)).into_iter();
    let mut out = format!("{number} {:indent$}{}\n", "", lines.next().unwrap_or_default());
    for line in lines {
        out += &format!("{:indent$}{line}\n", "", indent = indent + 5 + 4);
    }
    out
}

/// What a proof by `engine` leaves open.
fn not_proved(engine: Engine) -> String {
    let capabilities = engine.capabilities().unwrap_or_default();
    let lacks = |capability| !capabilities.contains(&capability);
    let mut open = vec!["programs of other sizes"];
    if lacks(Capability::AnyWaiter) {
        open.push("waiters that wake in another order than they came in");
    }
    if lacks(Capability::WeakMemory) {
        open.push("atomic accesses weaker than SeqCst");
    }
    if lacks(Capability::DataRaces) {
        open.push("data races in plain memory");
    }
    format!("This says nothing of {}.", open.join(", nor of "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_cannot_do_is_not_proved() {
        let shuttle = not_proved(Engine::Shuttle);
        assert!(shuttle.contains("weaker than SeqCst"), "{shuttle}");
        assert!(shuttle.starts_with("This says nothing of programs of other sizes, nor of "));
    }
}
