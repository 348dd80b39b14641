//! The pools beside one thread, beside rayon and beside Python's pool of processes, on work that only computes: which
//! of five large numbers are prime. And how many small tasks a second cross to processes, here and in Python.
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
        backend::Std,
        native::ThreadPool,
        primitives::process::{self, Pool, Work, worker},
        scenarios::primes::{NUMBERS, Test, is_prime},
    };
    use rayon::prelude::*;
    use serde::{Deserialize, Serialize};
    use std::{
        cell::RefCell,
        io::{BufRead, BufReader, Write},
        process::{ChildStdin, ChildStdout, Command, Stdio},
        time::{Duration, Instant},
    };

    const ROUNDS: usize = 21;

    /// The tasks of the second table, and the processes that do them.
    const TASKS: u32 = 100_000;
    const PROCESSES: usize = 4;

    /// A task so small that only its way counts.
    #[derive(Serialize, Deserialize)]
    struct Next(u32);

    impl Work for Next {
        type Output = u32;

        fn run(self) -> u32 {
            self.0 + 1
        }
    }

    /// In a process of a pool this does not return.
    pub(super) fn serve() {
        process::serve(&[worker::<Std, Test>(), worker::<Std, Next>()]);
    }

    /// What Python is asked: a line with a command, answered by a line.
    const PYTHON: &str = r#"
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool

def is_prime(n):
    if n < 2: return False
    if n == 2: return True
    if n % 2 == 0: return False
    root = int(n ** 0.5)
    return all(n % d for d in range(3, root + 1, 2))

def following(n):
    return n + 1

if __name__ == "__main__":
    numbers, workers, tasks, processes = eval(sys.stdin.readline())
    with ProcessPoolExecutor(workers) as primes, Pool(processes) as pool:
        for line in sys.stdin:
            if line == "primes\n":
                print([int(answer) for answer in primes.map(is_prime, numbers)], flush=True)
            else:
                chunk = eval(line)
                begun = time.perf_counter()
                for _ in pool.imap(following, range(tasks), chunk): pass
                print(time.perf_counter() - begun, flush=True)
"#;

    /// A Python that answers, if there is one.
    struct Python {
        asked: ChildStdin,
        answers: BufReader<ChildStdout>,
        _script: tempfile::NamedTempFile,
    }

    impl Python {
        fn start(workers: usize) -> Option<Self> {
            // A file, as each of its processes may read it again.
            let mut script = tempfile::Builder::new().suffix(".py").tempfile().ok()?;
            script.write_all(PYTHON.as_bytes()).ok()?;
            let mut command = Command::new("python3");
            command.arg(script.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn().ok()?;
            let (asked, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
            let mut python = Self { asked, answers, _script: script };
            writeln!(python.asked, "{NUMBERS:?}, {workers}, {TASKS}, {PROCESSES}").ok()?;
            Some(python)
        }

        fn ask(&mut self, what: &str) -> String {
            let mut answer = String::new();
            writeln!(self.asked, "{what}").expect("Python listens");
            self.answers.read_line(&mut answer).expect("Python answers");
            answer
        }
    }

    type Candidate = (&'static str, Box<dyn Fn() -> Vec<bool>>);

    fn candidates(workers: usize) -> Vec<Candidate> {
        let ours = ThreadPool::new(workers).expect("there are processors");
        let theirs = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
        let theirs = theirs.expect("threads can be started");
        let processes = Pool::<Std, Test>::new(workers).expect("processes can be started");
        let mut all: Vec<Candidate> = vec![
            ("one thread", Box::new(|| NUMBERS.iter().map(|&n| is_prime(n)).collect())),
            (
                "raceproof's ThreadPool",
                Box::new(move || {
                    let answers = ours.map(is_prime, NUMBERS.iter().copied()).expect("it is open");
                    answers.map(|answer| answer.expect("no panic")).collect()
                }),
            ),
            (
                "raceproof's process::Pool",
                Box::new(move || {
                    let answers = processes.imap(NUMBERS.iter().copied().map(Test));
                    let answers = answers.expect("it is open");
                    answers.map(|answer| answer.expect("no process dies")).collect()
                }),
            ),
            (
                "rayon",
                Box::new(move || {
                    theirs.install(|| NUMBERS.par_iter().map(|&n| is_prime(n)).collect())
                }),
            ),
        ];
        if let Some(python) = Python::start(workers) {
            let python = RefCell::new(python);
            let answers = move || {
                let answer = python.borrow_mut().ask("primes");
                answer.matches(['0', '1']).map(|digit| digit == "1").collect()
            };
            all.push(("Python's ProcessPoolExecutor", Box::new(answers)));
        }
        all
    }

    /// How many small tasks a second come back from processes, in chunks of several sizes.
    pub(super) fn small_tasks() {
        let pool = Pool::<Std, Next>::new(PROCESSES).expect("processes can be started");
        let mut python = Python::start(1);
        println!("\n| {TASKS} small tasks, {PROCESSES} processes | here | in Python |");
        println!("| --- | --- | --- |");
        for chunk in [1, 10, 100, 1000] {
            let a_second = |seconds: f64| format!("{:.0} a second", f64::from(TASKS) / seconds);
            let start = Instant::now();
            let size = chunk.try_into().expect("not zero");
            let results = pool.imap_chunked((0..TASKS).map(Next), size).expect("it is open");
            assert!(results.map(Result::unwrap).eq(1..=TASKS), "others' results");
            let ours = a_second(start.elapsed().as_secs_f64());
            let theirs = python.as_mut().map_or("not installed".into(), |python| {
                a_second(python.ask(&chunk.to_string()).trim().parse().expect("seconds"))
            });
            println!("| chunks of {chunk} | {ours} | {theirs} |");
        }
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
    measured::serve();
    // Tests may start benchmarks too; only `cargo bench` passes this flag.
    if std::env::args().any(|argument| argument == "--bench") {
        measured::all();
        measured::small_tasks();
    }
}

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    eprintln!("nothing is measured under --cfg loom: run it without that flag");
    std::process::ExitCode::FAILURE
}
