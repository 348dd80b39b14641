//! The tables of `docs/PERFORMANCE.md`.

use std::fmt::Write;
use std::time::Duration;

use raceproof::Memory;
use raceproof_tests::literature::unfolding::Took;

use crate::child::{MOST, Report};
use crate::measure::{Measured, Stopped, model, thousands, time};
use crate::memory::Kept;
use crate::programs::{Program, Source, not_written};

/// Programs with fewer executions are listed without their times.
const SMALL: u64 = 1_000;

/// What else the machine does.
pub(crate) struct Surroundings {
    cores: usize,
    /// How many threads wanted a core in the last minute, on average.
    load: Option<String>,
}

impl Surroundings {
    pub(crate) fn now() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        let load = load.and_then(|text| Some(text.split(' ').next()?.to_owned()));
        Surroundings { cores: std::thread::available_parallelism().map_or(1, usize::from), load }
    }

    fn told(&self) -> String {
        let mut told = format!("The machine has {} cores", self.cores);
        if let Some(load) = &self.load {
            let _ = write!(
                told,
                "; {load} threads wanted one, on average, in the minute before the run"
            );
        }
        told + ". Of a search that takes less than ten seconds, the shortest time of three counts.\n"
    }
}

/// The tables.
pub(crate) fn text(
    measured: &[Measured],
    left: &[Program],
    kept: &[Kept],
    surroundings: &Surroundings,
) -> String {
    let mut text = surroundings.told();
    unfoldings(&mut text, measured);
    others(&mut text, measured);
    small(&mut text, measured);
    different(&mut text, measured);
    if !left.is_empty() {
        let names = left.iter().map(|it| format!("{} ({})", it.row.name, model(it.memory)));
        let _ = write!(text, "\nNot explored in this run: {}.\n", listed(names));
    }
    if !kept.is_empty() {
        memory(&mut text, kept);
    }
    text
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// How long a tool took.
fn took(took: Took) -> String {
    match took {
        Took::Seconds(seconds) => time(Duration::from_secs_f64(seconds)),
        Took::OutOfTime => "more than 8 min".to_owned(),
        Took::OutOfMemory => "out of memory".to_owned(),
    }
}

/// What was found, and the times of one worker and of two.
fn outcome(it: &Measured) -> String {
    let [alone, together] = it.times;
    let told = |time_of: Result<Duration, Stopped>| time_of.map_or_else(Stopped::told, time);
    match alone {
        Some(Ok(alone)) => {
            let together = together.map_or_else(|| "–".to_owned(), told);
            format!("{} | {} | {together}", thousands(it.found), time(alone))
        }
        Some(Err(stopped)) => format!("| {} |", stopped.told()),
        None => "| |".to_owned(),
    }
}

fn published(it: &Measured) -> String {
    it.program.published.map_or_else(|| "–".to_owned(), thousands)
}

fn unfoldings(text: &mut String, measured: &[Measured]) {
    let mut rows = String::new();
    for it in measured {
        let Program { row, source, .. } = &it.program;
        let Source::Unfolding { dpu, nidhugg, .. } = *source else { continue };
        let (dpu, nidhugg) = (took(dpu), took(nidhugg));
        let (published, found) = (published(it), outcome(it));
        let _ = writeln!(rows, "| {} | {published} | {dpu} | {nidhugg} | {found} |", row.name);
    }
    if rows.is_empty() {
        return;
    }
    *text += "\n### Mutexes, under sequential consistency: CAV 2018\n\n";
    *text +=
        "| program | published | DPU, optimal | Nidhugg 0.2 | here | one worker | two workers |\n";
    *text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    *text += &rows;
}

/// Those of GenMC, Miri and Nidhugg that have these counts.
fn of_tests<'a>(
    measured: &'a [Measured],
    wanted: impl Fn(&Measured) -> bool + 'a,
) -> impl Iterator<Item = &'a Measured> + 'a {
    measured
        .iter()
        .filter(|it| !matches!(it.program.source, Source::Unfolding { .. }))
        .filter(move |it| it.is_equal() && wanted(it))
}

fn count(it: &Measured) -> u64 {
    it.program.row.count(it.program.memory)
}

fn suite(source: Source) -> &'static str {
    match source {
        Source::Genmc => "GenMC",
        Source::Miri => "Miri with GenMC",
        Source::Nidhugg => "Nidhugg",
        Source::Unfolding { .. } => "DPU",
    }
}

fn others(text: &mut String, measured: &[Measured]) {
    let mut rows = String::new();
    for it in of_tests(measured, |it| count(it) >= SMALL) {
        let Program { row, memory, source, .. } = &it.program;
        let (suite, model) = (suite(*source), model(*memory));
        let (published, found) = (published(it), outcome(it));
        let _ = writeln!(rows, "| {} | {suite} | {model} | {published} | {found} |", row.name);
    }
    if rows.is_empty() {
        return;
    }
    *text += "\n### Programs of test suites\n\n";
    *text += "| program | suite | memory | published | here | one worker | two workers |\n";
    *text += "| --- | --- | --- | ---: | ---: | ---: | ---: |\n";
    *text += &rows;
}

fn small(text: &mut String, measured: &[Measured]) {
    let is_small = |it: &Measured| count(it) < SMALL;
    if of_tests(measured, is_small).next().is_none() {
        return;
    }
    let _ = write!(
        text,
        "\n### Smaller programs of test suites\n\nEach has as many executions as published:\n\n"
    );
    for source in [Source::Genmc, Source::Miri, Source::Nidhugg] {
        for memory in [Memory::Sequential, Memory::C11] {
            let of = of_tests(measured, |it| is_small(it) && it.faults.is_empty());
            let of = of.filter(|it| it.program.source == source && it.program.memory == memory);
            let of = of.collect::<Vec<_>>();
            if of.is_empty() {
                continue;
            }
            let all = of.iter().filter_map(|it| it.times[0]?.ok()).sum();
            let names =
                of.iter().map(|it| format!("`{}` {}", it.program.row.name, thousands(it.found)));
            let (suite, model, names) = (suite(source), model(memory), listed(names));
            let (rows, all) = (of.len(), time(all));
            let _ = writeln!(text, "- {suite}, {model} memory, {rows} programs in {all}: {names}.");
        }
    }
}

fn different(text: &mut String, measured: &[Measured]) {
    let mut rows = String::new();
    for it in measured.iter().filter(|it| !it.is_equal()) {
        let Program { row, memory, source, .. } = &it.program;
        let Some((_, why)) = row.published else { continue };
        let (suite, model) = (suite(*source), model(*memory));
        let (published, here) = (published(it), thousands(it.found));
        let _ =
            writeln!(rows, "| {} | {suite} | {model} | {published} | {here} | {why} |", row.name);
    }
    if !rows.is_empty() {
        *text += "\n### Programs that are counted otherwise\n\n";
        *text += "| program | suite | memory | published | here | because of |\n";
        *text += "| --- | --- | --- | ---: | ---: | --- |\n";
        *text += &rows;
    }
    *text += "\nThese programs of GenMC's test suite are not written here:\n\n";
    for (folder, names) in not_written() {
        let _ = writeln!(
            text,
            "- `{folder}`: {}.",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        );
    }
}

fn memory(text: &mut String, kept: &[Kept]) {
    *text += "\n### Memory\n\n";
    *text += "| program | memory model | workers | executions | kept at most | most memory of the process |\n";
    *text += "| --- | --- | ---: | ---: | ---: | ---: |\n";
    for Kept { name, memory, workers, report } in kept {
        let died = report.found.is_none() && !report.killed;
        let executions = thousands(report.executions);
        let executions = match report {
            _ if died => format!("{executions}, then out of memory"),
            Report { ended: false, took, .. } => {
                format!("{executions}, stopped after {}", time(*took))
            }
            _ => executions,
        };
        let resident = match report.found {
            None => format!("up to {MOST} GiB"),
            Some(_) => format!("{:.0} MiB", report.resident),
        };
        let (model, kept) = (model(*memory), report.kept);
        let _ = writeln!(
            text,
            "| {name} | {model} | {workers} | {executions} | {kept:.1} MiB | {resident} |"
        );
    }
}

/// Writes the tables into the page.
pub(crate) fn write(text: &str) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PERFORMANCE.md");
    let old = std::fs::read_to_string(page).expect("the page");
    let (begin, end) = ("<!-- literature -->\n", "<!-- end of literature -->");
    let (before, rest) = old.split_once(begin).expect("a mark");
    let (_, after) = rest.split_once(end).expect("its end");
    std::fs::write(page, format!("{before}{begin}{text}{end}{after}")).expect("the page");
}
