//! The pool beside one thread and beside rayon, on work that only computes: which of five large numbers
//! are prime.
//!
//! ```sh
//! cargo bench --bench primes
//! ```
//!
//! Each candidate answers for all five numbers, one candidate after the other in each of many rounds, so that other
//! load on the machine affects them alike. A time is the median of its rounds, and "times faster" the median of the
//! rounds' ratios of one thread's time to the candidate's. All must give the same answers in the same order.
//!
//! There is nothing to measure under `--cfg loom`, which makes rayon's crates build on loom's atomics.

#![allow(missing_docs)]

#[cfg(not(loom))]
mod measured {
    use raceproof_suite::{
        native::ThreadPool,
        scenarios::primes::{NUMBERS, is_prime},
    };
    use rayon::prelude::*;
    use std::time::{Duration, Instant};

    const ROUNDS: usize = 21;

    type Candidate = (&'static str, Box<dyn Fn() -> Vec<bool>>);

    fn candidates(workers: usize) -> Vec<Candidate> {
        let ours = ThreadPool::new(workers).expect("there are processors");
        let theirs = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
        let theirs = theirs.expect("threads can be started");
        vec![
            ("one thread", Box::new(|| NUMBERS.iter().map(|&n| is_prime(n)).collect())),
            (
                "raceproof's ThreadPool",
                Box::new(move || {
                    let answers = ours.map(is_prime, NUMBERS.iter().copied()).expect("it is open");
                    answers.map(|answer| answer.expect("no panic")).collect()
                }),
            ),
            (
                "rayon",
                Box::new(move || {
                    theirs.install(|| NUMBERS.par_iter().map(|&n| is_prime(n)).collect())
                }),
            ),
        ]
    }

    pub(super) fn all() {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let candidates = candidates(workers);
        let serial = candidates[0].1();
        let mut times = vec![Vec::new(); candidates.len()];
        for _ in 0..ROUNDS {
            for (times, (name, answers)) in times.iter_mut().zip(&candidates) {
                let start = Instant::now();
                let answers = answers();
                times.push(start.elapsed());
                assert_eq!(answers, serial, "{name}");
            }
        }
        println!("| five numbers, {workers} workers | time | times faster |\n| --- | --- | --- |");
        for ((name, _), theirs) in candidates.iter().zip(&times) {
            let ratios =
                times[0].iter().zip(theirs).map(|(one, its)| one.as_secs_f64() / its.as_secs_f64());
            let millis = median(theirs.iter().map(Duration::as_secs_f64)) * 1e3;
            println!("| {name} | {millis:.1} ms | {:.2}× |", median(ratios));
        }
    }

    fn median(values: impl Iterator<Item = f64>) -> f64 {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }
}

#[cfg(not(loom))]
fn main() {
    // Tests may start benchmarks too; only `cargo bench` passes this flag.
    if std::env::args().any(|argument| argument == "--bench") {
        measured::all();
    }
}

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    eprintln!("nothing is measured under --cfg loom: run it without that flag");
    std::process::ExitCode::FAILURE
}
