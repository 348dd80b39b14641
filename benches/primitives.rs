//! The primitives beside what a user would pick instead, uncontended and contended, in one run.
//!
//! ```sh
//! cargo bench --bench primitives             # all; a word after `--` picks those whose name has it
//! ```
//!
//! What is compared: the time of one turn, where a turn is an acquire and a release, a put or a get, a
//! wait. With one thread nothing contends; with two and four threads all use the same object. Every
//! candidate of a contest is measured in many short rounds, one candidate after the other in each, so that
//! whatever else the machine does hits them alike. A time is the median of its rounds, and a ratio the
//! median of the rounds' ratios of ours to the peer's: below 1 ours is faster.
//!
//! There is nothing to measure under `--cfg loom`, which makes the peers' crates build on loom's atomics.

#![allow(missing_docs)]

#[cfg(not(loom))]
#[path = "primitives/contests.rs"]
mod contests;
#[cfg(not(loom))]
#[path = "primitives/measure.rs"]
mod measure;

#[cfg(not(loom))]
fn main() {
    // `cargo test` runs benchmarks too, to see that they start.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("| | threads | instead | its time | on parking_lot | on std |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for threads in [1, 2, 4] {
        for (name, candidates) in contests::all(threads) {
            if wanted.as_ref().is_none_or(|wanted| name.contains(wanted)) {
                measure::contest(name, threads, candidates);
            }
        }
    }
}

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    eprintln!("nothing is measured under --cfg loom: run it without that flag");
    std::process::ExitCode::FAILURE
}
