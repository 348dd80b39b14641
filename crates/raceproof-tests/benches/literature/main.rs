//! The programs of the literature, each explored to its end: how many executions it has beside the published count, and
//! how long that takes beside the published time.
//!
//! ```sh
//! cargo bench -p raceproof-tests --bench literature -- [--quick | --long] [--limit SECONDS] [TEXT]
//! ```
//!
//! `--quick` explores what takes less than a second, `--long` what takes minutes, too, and measures the memory. With a
//! text, only programs with that text in their names are explored. A search that has not ended after the limit (120
//! seconds, 1,200 with `--long`) is stopped, and its row says so. Two workers have twice as long as one has taken,
//! and run in a process of their own with a limit on its memory. Each search that ends must come to the count, or the
//! benchmark ends with an error.
//!
//! `RACEPROOF_UPDATE=1 cargo bench -p raceproof-tests --bench literature -- --long` writes `docs/PERFORMANCE.md`.

#![allow(missing_docs)]

mod arguments;
mod child;
mod measure;
mod memory;
mod page;
mod programs;

use std::process::ExitCode;

use arguments::Arguments;

#[path = "../../tests/it/c11/language.rs"]
#[allow(dead_code, unreachable_pub)]
mod language;

fn main() -> ExitCode {
    let arguments = match Arguments::new() {
        Ok(arguments) => arguments,
        Err(fault) => {
            eprintln!("{fault}");
            return ExitCode::from(2);
        }
    };
    if let Some(child) = &arguments.child {
        child.explore();
        return ExitCode::SUCCESS;
    }
    let surroundings = page::Surroundings::now();
    let (mut chosen, mut left) =
        programs::all().into_iter().partition::<Vec<_>, _>(|it| arguments.wants(it));
    if chosen.is_empty() {
        eprintln!("no program to explore has that text in its name");
        return ExitCode::from(2);
    }
    // The longest come last, so that a page of a run that was broken off has the others.
    chosen.sort_by_key(|it| it.row.count(it.memory));
    left.extend(chosen.iter().cloned());
    let kept = if arguments.measures_memory() { memory::measure() } else { Vec::new() };
    let mut measured = Vec::new();
    let mut text = String::new();
    for program in chosen {
        left.retain(|it| it.place != program.place);
        let row = measure::measure(program, arguments.limit());
        println!("{}", row.line());
        measured.push(row);
        measured.sort_by_key(|row| row.program.place);
        left.sort_by_key(|it| it.place);
        text = page::text(&measured, &left, &kept, &surroundings);
        if arguments.update {
            page::write(&text);
        }
    }
    print!("\n{text}");
    let faults = measured.iter().flat_map(|row| &row.faults).collect::<Vec<_>>();
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
