//! The engines side by side: the same programs, word for word, on dpor, on loom (when built with
//! `--cfg loom`) and on shuttle's depth-first scheduler, in one run.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo bench --bench engines
//! ```
//!
//! What is compared: the number of executions that each engine needs to explore the program exhaustively,
//! and the wall time of the whole search, without raceproof's own wrappers: each program is compiled
//! against the library's own types by a changed `use`. Each pair of program and engine runs in its own
//! process, one at a time. A search that takes less than a fifth of a second is repeated, and the mean
//! counts. A search that has not ended after the cap (`RACEPROOF_BENCH_CAP` seconds, 20 unless set) is
//! stopped; its row says how far it came, and its ratio is a lower bound. loom supports five threads
//! including the main one, so larger programs do not run on it. It explores C11 atomics where the others
//! are sequentially consistent, so its counts for programs with atomics are larger for that reason too.
//!
//! A second table has programs with weaker orderings, on dpor under sequential consistency and under C11, and on loom.
//! The executions that are cut are not counted, but their time is. The first ratio is that of the times of one execution.
//!
//! Below the tables: the cost of one step of dpor, beside a bare switch to a fiber and back measured in
//! turns with it in the same process, and how often it asks the allocator for memory once warm. A step is
//! an operation that a thread announces, a spawn or a join.
//!
//! Benchmarks are built with link-time optimisation (`[profile.bench]`), which makes dpor's steps a fifth
//! faster than the release profile does.

#![allow(missing_docs)]

mod cost;
mod orderings;

use raceproof::{Explorer, Memory, Outcome};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The programs, for one library: its `sync` and `thread` have std's names.
macro_rules! programs {
    ($module:ident: $($library:tt)*) => {
        mod $module {
            use $($library)*::{
                sync::{
                    Condvar, Mutex,
                    atomic::{AtomicUsize, Ordering::SeqCst},
                },
                thread,
            };
            use std::sync::Arc;

            /// Every program by its name, with the number of threads it starts.
            pub(crate) static ALL: &[(&str, usize, fn())] = &[
                ("locked counter 2x1", 2, || locked(2, 1)),
                ("locked counter 3x1", 3, || locked(3, 1)),
                ("locked counter 4x1", 4, || locked(4, 1)),
                ("locked counter 2x2", 2, || locked(2, 2)),
                ("locked counter 4x2", 4, || locked(4, 2)),
                ("unlocked counter 2", 2, || unlocked(2)),
                ("unlocked counter 3", 3, || unlocked(3)),
                ("unlocked counter 4", 4, || unlocked(4)),
                ("readers 3", 4, || readers(3)),
                ("readers 13", 14, || readers(13)),
                ("lastzero 3", 4, || lastzero(3)),
                ("lastzero 10", 11, || lastzero(10)),
                ("indexer 14", 14, || indexer(14)),
                ("filesystem 16", 16, || filesystem(16)),
                ("philosophers 3", 3, || philosophers(3)),
                ("bounded buffer 2", 2, || bounded_buffer(2)),
            ];

            pub(crate) fn crew(n: usize, body: impl Fn(usize) + Send + Sync + 'static) {
                let body = Arc::new(body);
                let threads: Vec<_> = (0..n)
                    .map(|i| {
                        let body = Arc::clone(&body);
                        thread::spawn(move || body(i))
                    })
                    .collect();
                for thread in threads {
                    thread.join().unwrap();
                }
            }

            /// `n` threads each take a lock and add one, `k` times: (nk)!/(k!)^n traces.
            pub(crate) fn locked(n: usize, k: usize) {
                let count = Arc::new(Mutex::new(0));
                let shared = Arc::clone(&count);
                crew(n, move |_| {
                    for _ in 0..k {
                        *shared.lock().unwrap() += 1;
                    }
                });
                assert_eq!(*count.lock().unwrap(), n * k);
            }

            /// `n` threads each load, then store: (n!)^2 traces.
            fn unlocked(n: usize) {
                let count = AtomicUsize::new(0);
                crew(n, move |_| {
                    let seen = count.load(SeqCst);
                    count.store(seen + 1, SeqCst);
                });
            }

            /// One writer, `n` readers: 2^n traces.
            fn readers(n: usize) {
                let x = AtomicUsize::new(0);
                crew(n + 1, move |i| {
                    if i == 0 {
                        x.store(1, SeqCst);
                    } else {
                        x.load(SeqCst);
                    }
                });
            }

            /// Thread i writes the value of cell i - 1 plus one to cell i; thread 0 looks for the
            /// last zero: (n + 3)·2^(n - 2) traces.
            fn lastzero(n: usize) {
                let cells: Vec<_> = (0..=n).map(|_| AtomicUsize::new(0)).collect();
                crew(n + 1, move |i| {
                    if i == 0 {
                        let mut at = n;
                        while cells[at].load(SeqCst) != 0 {
                            at -= 1;
                        }
                    } else {
                        let before = cells[i - 1].load(SeqCst);
                        cells[i].store(before + 1, SeqCst);
                    }
                });
            }

            /// Thread t inserts 11m + t, for m from 1 to 4, in a hash table of 128.
            fn indexer(n: usize) {
                let table: Vec<_> = (0..128).map(|_| AtomicUsize::new(0)).collect();
                crew(n, move |t| {
                    for m in 1..=4 {
                        let value = 11 * m + t;
                        let mut at = 7 * value % 128;
                        while table[at].compare_exchange(0, value, SeqCst, SeqCst).is_err() {
                            at = (at + 1) % 128;
                        }
                    }
                });
            }

            /// Thread t finds a free block for inode t mod 32, if that has none.
            fn filesystem(n: usize) {
                let inodes: Vec<_> = (0..32).map(|_| Mutex::new(0)).collect();
                let blocks: Vec<_> = (0..26).map(|_| Mutex::new(false)).collect();
                crew(n, move |t| {
                    let i = t % 32;
                    let mut inode = inodes[i].lock().unwrap();
                    let mut b = i * 2 % 26;
                    while *inode == 0 {
                        let mut taken = blocks[b].lock().unwrap();
                        if !*taken {
                            *taken = true;
                            *inode = b + 1;
                        }
                        drop(taken);
                        b = (b + 1) % 26;
                    }
                });
            }

            /// `n` philosophers each take their two forks, the lower one first, and eat once.
            fn philosophers(n: usize) {
                let forks: Vec<_> = (0..n).map(|_| Mutex::new(0)).collect();
                crew(n, move |i| {
                    let (a, b) = (i, (i + 1) % n);
                    let mut first = forks[a.min(b)].lock().unwrap();
                    let mut second = forks[a.max(b)].lock().unwrap();
                    *first += 1;
                    *second += 1;
                });
            }

            /// A producer puts `n` items into a buffer of one, a consumer takes them.
            fn bounded_buffer(n: usize) {
                let buffer = (Mutex::new(None), Condvar::new(), Condvar::new());
                crew(2, move |i| {
                    let (slot, full, empty) = (&buffer.0, &buffer.1, &buffer.2);
                    for item in 0..n {
                        let mut slot = slot.lock().unwrap();
                        if i == 0 {
                            while slot.is_some() {
                                slot = empty.wait(slot).unwrap();
                            }
                            *slot = Some(item);
                            full.notify_one();
                        } else {
                            while slot.is_none() {
                                slot = full.wait(slot).unwrap();
                            }
                            assert_eq!(slot.take(), Some(item));
                            empty.notify_one();
                        }
                    }
                });
            }
        }
    };
}

programs!(dpor: raceproof);
#[cfg(loom)]
programs!(loom: ::loom);
#[cfg(feature = "shuttle")]
programs!(shuttle: ::shuttle);

orderings::orderings!(dpor_orderings, dpor: raceproof);
#[cfg(loom)]
orderings::orderings!(loom_orderings, loom: ::loom);

/// The request to a measuring process: "engine/program".
const REQUEST: &str = "RACEPROOF_BENCH";
/// Shorter searches are repeated until this much time has passed.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// One search, or the mean of several.
struct Measured {
    executions: u64,
    nanos: u64,
    /// Whether the search was complete.
    ended: bool,
}

fn cap() -> Duration {
    let seconds = std::env::var("RACEPROOF_BENCH_CAP").ok().and_then(|cap| cap.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}

fn main() {
    if let Ok(request) = std::env::var(REQUEST) {
        return serve(&request);
    }
    // `cargo test` runs benchmarks too, to check that they start.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("{:<20} {:>26} {:>34} {:>34}", "program", "dpor", "loom", "shuttle, depth first");
    for &(program, threads, _) in dpor::ALL {
        let ours = ask("dpor", program).expect("dpor is part of every build");
        let mut row = format!("{program:<20} {:>26}", describe(&ours));
        for engine in ["loom", "shuttle"] {
            let cell = match ask(engine, program) {
                _ if engine == "loom" && threads > 4 => "more than 5 threads".into(),
                Some(theirs) => {
                    let bound = if theirs.ended { "" } else { ">" };
                    let ratio = theirs.nanos as f64 / ours.nanos as f64;
                    format!("{}, {bound}{}x", describe(&theirs), significant(ratio))
                }
                None => "not in this build".into(),
            };
            row += &format!(" {cell:>34}");
        }
        println!("{row}");
    }
    compare_models();
    print!("\n{}", run_child("dpor", "steps"));
}

/// The table of memory models.
fn compare_models() {
    println!("\n{:<28} {:>26} {:>34} {:>40}", "program", "sequential", "C11", "loom");
    for &(program, threads, _) in dpor_orderings::ALL {
        let [sequential, weak] =
            ["dpor", "c11"].map(|engine| ask(engine, program).expect("it is part of every build"));
        let each = |measured: &Measured| measured.nanos as f64 / measured.executions as f64;
        let ratio = each(&weak) / each(&sequential);
        let weak_cell = format!("{}, {}x", describe(&weak), significant(ratio));
        let loom = match ask("loom", program) {
            _ if threads > 4 => "more than 5 threads".into(),
            None => "not in this build".into(),
            Some(loom) => {
                let bound = if loom.ended { "" } else { ">" };
                let times = |one: u64, other: u64| significant(one as f64 / other as f64);
                let executions = times(loom.executions, weak.executions);
                let time = times(loom.nanos, weak.nanos);
                format!("{}, {bound}{executions}x in {bound}{time}x", describe(&loom))
            }
        };
        println!("{program:<28} {:>26} {weak_cell:>34} {loom:>40}", describe(&sequential));
    }
}

fn describe(measured: &Measured) -> String {
    let mark = if measured.ended { "" } else { ">" };
    format!("{mark}{} in {mark}{}", measured.executions, time(measured.nanos))
}

fn time(nanos: u64) -> String {
    let nanos = nanos as f64;
    if nanos < 1e6 {
        format!("{} µs", significant(nanos / 1e3))
    } else if nanos < 1e9 {
        format!("{} ms", significant(nanos / 1e6))
    } else {
        format!("{} s", significant(nanos / 1e9))
    }
}

/// Three significant digits.
fn significant(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn run_child(engine: &str, program: &str) -> String {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(REQUEST, format!("{engine}/{program}"))
        .stderr(Stdio::inherit())
        .output()
        .expect("this program runs");
    assert!(output.status.success(), "{engine} on {program}: {}", output.status);
    String::from_utf8(output.stdout).expect("the child writes UTF-8")
}

/// Makes a process measure `program` on `engine`; returns `None` if this build lacks the engine.
fn ask(engine: &str, program: &str) -> Option<Measured> {
    if engine == "loom" && !cfg!(loom) || engine == "shuttle" && !cfg!(feature = "shuttle") {
        return None;
    }
    let crowd = |row: &&(&str, usize, fn())| row.0 == program && row.1 > 4;
    if engine == "loom" && dpor::ALL.iter().chain(dpor_orderings::ALL).any(|row| crowd(&row)) {
        return None;
    }
    let answer = run_child(engine, program);
    let numbers: Vec<u64> =
        answer.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [executions, nanos, ended] = numbers[..] else { panic!("{engine} on {program}: {answer}") };
    Some(Measured { executions, nanos, ended: ended == 1 })
}

fn serve(request: &str) {
    let (engine, program) = request.split_once('/').expect("engine/program");
    if program == "steps" {
        return cost::report();
    }
    let find = |all: &[(&str, usize, fn())], others: &[(&str, usize, fn())]| {
        let all = all.iter().chain(others);
        all.copied().find(|row| row.0 == program).expect("a program of a table").2
    };
    let once: Box<dyn Fn() -> (u64, bool)> = match engine {
        #[cfg(loom)]
        "loom" => {
            let program = find(loom::ALL, loom_orderings::ALL);
            Box::new(move || search_with_loom(program))
        }
        #[cfg(feature = "shuttle")]
        "shuttle" => {
            let program = find(shuttle::ALL, &[]);
            Box::new(move || search_with_shuttle(program))
        }
        _ => {
            let program = find(dpor::ALL, dpor_orderings::ALL);
            let memory = if engine == "c11" { Memory::C11 } else { Memory::Sequential };
            Box::new(move || search_with_dpor(program, memory))
        }
    };
    let start = Instant::now();
    let mut searches = 0;
    let (executions, ended) = loop {
        let found = once();
        searches += 1;
        if start.elapsed() >= LONG_ENOUGH {
            break found;
        }
    };
    let nanos = start.elapsed().as_nanos() / searches;
    println!("{executions} {nanos} {}", u8::from(ended));
}

fn search_with_dpor(program: fn(), memory: Memory) -> (u64, bool) {
    let found = Explorer::new().memory(memory).time_limit(cap()).check(program);
    let optimal = memory == Memory::C11 || found.redundant == 0;
    assert!(optimal, "the exploration is not optimal");
    let ended = match found.outcome {
        Outcome::Proved => true,
        Outcome::Bounded(_) => false,
        Outcome::Failed(failure) => panic!("{failure}"),
    };
    (found.executions, ended)
}

#[cfg(loom)]
fn search_with_loom(program: fn()) -> (u64, bool) {
    use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let mut builder = ::loom::model::Builder::new();
    builder.max_branches = 10_000;
    builder.max_duration = Some(cap());
    // loom checks the time only this often.
    builder.checkpoint_interval = 1_000;
    let start = Instant::now();
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        program();
    });
    (executions.load(Relaxed), start.elapsed() < cap())
}

#[cfg(feature = "shuttle")]
fn search_with_shuttle(program: fn()) -> (u64, bool) {
    use ::shuttle::{Config, Runner, scheduler::DfsScheduler};
    let mut config = Config::new();
    config.silence_warnings = true;
    config.max_time = Some(cap());
    let start = Instant::now();
    let executions = Runner::new(DfsScheduler::new(None, false), config).run(program);
    (executions as u64, start.elapsed() < cap())
}
