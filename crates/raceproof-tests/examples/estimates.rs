//! Prints the table of `docs/large.md` that shows how good estimates are; with `RACEPROOF_UPDATE=1` it writes it into the
//! page.
//!
//! ```sh
//! RACEPROOF_UPDATE=1 cargo run --release -p raceproof-tests --example estimates
//! ```
//!
//! Each program is explored to its end, which gives the truth, and then anew up to 1, 5, 20 and 50 % of that.

#![allow(dead_code, missing_docs)]

use std::fmt::Write;

use programs::{filesystem, indexer, lastzero, locked, philosophers, readers, unlocked};
use raceproof::{Explorer, Memory, Outcome};

#[path = "../tests/it/programs/mod.rs"]
mod programs;

/// The parts of a search after which the estimates are looked at, in per cent.
const PARTS: [u64; 4] = [1, 5, 20, 50];

/// How far an estimate may be from the truth.
const FACTOR: f64 = 2.0;

struct Row {
    name: String,
    executions: u64,
    /// The estimates, as parts of the truth.
    ratios: [f64; 4],
}

fn measure(name: &str, memory: Memory, model: Box<dyn Fn()>) -> Row {
    let explorer = Explorer::new().memory(memory);
    let found = explorer.check(&model);
    assert!(matches!(found.outcome, Outcome::Proved), "{name}: {:?}", found.outcome);
    let executions = found.executions;
    let ratios = PARTS.map(|part| {
        let explorer = explorer.clone().estimate().max_executions(executions * part / 100);
        let found = explorer.check(&model);
        assert!(matches!(found.outcome, Outcome::Bounded(_)), "{name}: {:?}", found.outcome);
        found.estimate.map_or(f64::NAN, |it| it.executions as f64 / executions as f64)
    });
    let row = Row { name: name.to_owned(), executions, ratios };
    eprint!("{}", line(&row, memory));
    row
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| std::str::from_utf8(group).expect("digits")).collect::<Vec<_>>().join(",")
}

fn line(row: &Row, memory: Memory) -> String {
    let model = match memory {
        Memory::C11 => "Rust's",
        _ => "sequential",
    };
    let ratios = row.ratios.map(|ratio| format!("{ratio:.2}")).join(" | ");
    format!("| {} | {model} | {} | {ratios} |\n", row.name, thousands(row.executions))
}

/// A program's name, the memory model under which it is explored, and what it does.
type Measured = (&'static str, Memory, Box<dyn Fn()>);

/// The programs, and whether they are measured under Rust's memory model, too.
fn programs() -> Vec<Measured> {
    use Memory::{C11, Sequential};
    vec![
        ("locked 8 x 1", Sequential, Box::new(locked(8, 1))),
        ("locked 3 x 4", Sequential, Box::new(locked(3, 4))),
        ("unlocked 5", Sequential, Box::new(unlocked(5))),
        ("readers 14", Sequential, Box::new(readers(14))),
        ("lastzero 13", Sequential, Box::new(lastzero(13))),
        ("indexer 15", Sequential, Box::new(indexer(15))),
        ("filesystem 24", Sequential, Box::new(filesystem(24))),
        ("philosophers 14", Sequential, Box::new(philosophers(14))),
        ("locked 7 x 1", C11, Box::new(locked(7, 1))),
        ("unlocked 5", C11, Box::new(unlocked(5))),
        ("readers 13", C11, Box::new(readers(13))),
        ("lastzero 11", C11, Box::new(lastzero(11))),
        ("indexer 14", C11, Box::new(indexer(14))),
    ]
}

fn main() {
    let mut text =
        "| program | memory | executions | 1 % | 5 % | 20 % | 50 % |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    let mut rows = Vec::new();
    for (name, memory, model) in programs() {
        let row = measure(name, memory, model);
        text += &line(&row, memory);
        rows.push(row);
    }
    let is_near = |ratio: f64| (1.0 / FACTOR..=FACTOR).contains(&ratio);
    let all = rows.len();
    let near = PARTS.iter().enumerate().map(|(at, part)| {
        let near = rows.iter().filter(|row| is_near(row.ratios[at])).count();
        format!("{near} at {part} %")
    });
    let near = near.collect::<Vec<_>>().join(", ");
    let _ = write!(text, "\nOf these {all}, so many are within a factor of two: {near}.\n");
    print!("{text}");
    if std::env::var("RACEPROOF_UPDATE").is_ok_and(|update| !update.is_empty()) {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/large.md");
        let old = std::fs::read_to_string(page).expect("the page");
        let (begin, end) = ("<!-- estimates -->\n", "<!-- end of estimates -->");
        let (before, rest) = old.split_once(begin).expect("a mark");
        let (_, after) = rest.split_once(end).expect("its end");
        std::fs::write(page, format!("{before}{begin}{text}{end}{after}")).expect("the page");
    }
}
