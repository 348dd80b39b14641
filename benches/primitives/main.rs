//! The primitives beside what a user would choose instead, uncontended and contended, in one run.
//!
//! ```sh
//! cargo bench --bench primitives --no-default-features --features parking_lot
//! ```
//!
//! Runs all contests; a word after `--` selects those whose name contains it. Build it without the default
//! features, as a user of the primitives does: with the program compiled in, each operation checks whether
//! `raceproof run` records it.
//!
//! What is compared: the time of one turn, where a turn is an acquire and a release, a put or a get, or a
//! wait. With one thread nothing contends; with two and four threads all use the same object. Every
//! candidate of a contest is measured in many short rounds, one candidate after the other in each, so that
//! other load on the machine affects them alike. A time is the median of its rounds, and a ratio the
//! median of the rounds' ratios of raceproof's time to the peer's: below 1 raceproof is faster.
//!
//! There is nothing to measure under `--cfg loom`, which makes the peers' crates build on loom's atomics.

#![allow(missing_docs)]

#[cfg(not(loom))]
mod contests;
#[cfg(not(loom))]
mod measure;

#[cfg(not(loom))]
fn main() {
    // Tests may start benchmarks too; only `cargo bench` passes this flag.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = contests::ALL
        .iter()
        .filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| name.contains(wanted)));
    let results: Vec<_> = wanted
        .map(|(name, candidates)| {
            (name, THREADS.map(|threads| measure::contest(threads, candidates(threads))))
        })
        .collect();
    for (backend, title) in ["on parking_lot", "on std"].into_iter().enumerate() {
        println!("\n| {title} | instead of | 1 thread | 2 threads | 4 threads |");
        println!("| --- | --- | --- | --- | --- |");
        for (name, by_threads) in &results {
            print_rows(name, by_threads, backend);
        }
    }
}

#[cfg(not(loom))]
const THREADS: [usize; 3] = [1, 2, 4];

/// A row for each peer: raceproof's time and its ratio to the peer's, for each number of threads.
#[cfg(not(loom))]
fn print_rows(name: &str, by_threads: &[Vec<measure::Compared>; 3], backend: usize) {
    for peer in by_threads[0].iter().map(|compared| compared.peer) {
        print!("| {name} | {peer} |");
        for compared in by_threads {
            match compared.iter().find(|compared| compared.peer == peer) {
                Some(compared) => {
                    let (nanos, ratio) = compared.ours[backend];
                    print!(" {nanos:.0} ns, {ratio:.2}× |");
                }
                None => print!(" |"),
            }
        }
        println!();
    }
}

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    eprintln!("nothing is measured under --cfg loom: run it without that flag");
    std::process::ExitCode::FAILURE
}
