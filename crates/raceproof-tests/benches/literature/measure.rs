//! How long a search takes, and what it comes to.

use std::time::{Duration, Instant};

use raceproof::{Exploration, Memory, Outcome};

use crate::programs::Program;

/// A search that takes less is repeated, and the shortest time counts.
const REPEATED: Duration = Duration::from_secs(10);

/// How often it is run.
const TIMES: usize = 3;

/// A search that takes less is not measured with two workers: one of them hardly has the time to begin.
pub(crate) const SHARED: Duration = Duration::from_millis(100);

/// What came of a program.
pub(crate) struct Measured {
    pub(crate) program: Program,
    /// What one worker has counted.
    pub(crate) found: u64,
    /// The time of one worker and of two; none if the search did not end in time, or was not shared.
    pub(crate) times: [Option<Duration>; 2],
    /// The limit, if a search came to it, and how many executions it had run by then.
    pub(crate) stopped: Option<(Duration, u64)>,
    pub(crate) faults: Vec<String>,
}

pub(crate) fn measure(program: Program, limit: Duration) -> Measured {
    let mut measured =
        Measured { program, found: 0, times: [None; 2], stopped: None, faults: Vec::new() };
    let alone = measured.explore(1, limit);
    if let Some(found) = &alone {
        measured.found = measured.program.row.found(found);
    }
    if measured.times[0].is_some_and(|time| time >= SHARED) {
        measured.explore(2, limit);
    }
    measured
}

impl Measured {
    /// Explores with so many workers; notes the time and what is wrong. None if the limit was reached.
    fn explore(&mut self, workers: usize, limit: Duration) -> Option<Exploration> {
        let Program { row, memory, .. } = &self.program;
        let (mut best, mut last) = (Duration::MAX, None);
        for _ in 0..TIMES {
            let start = Instant::now();
            let found = row.explore(*memory, workers, Some(limit));
            let took = start.elapsed();
            if matches!(found.outcome, Outcome::Bounded(_)) {
                self.stopped = Some((limit, found.executions));
                return None;
            }
            let faults = row.faults(*memory, &found);
            if !faults.is_empty() {
                let told = faults.into_iter().map(|fault| format!("{fault} ({workers} workers)"));
                self.faults.extend(told);
                return Some(found);
            }
            best = best.min(took);
            last = Some(found);
            if took >= REPEATED {
                break;
            }
        }
        self.times[workers - 1] = Some(best);
        last
    }

    /// Whether the count that is to be reached is the published one.
    pub(crate) fn is_equal(&self) -> bool {
        let Program { row, memory, published, .. } = &self.program;
        published.is_none_or(|published| published == row.count(*memory))
    }

    /// What is told of it while the benchmark runs.
    pub(crate) fn line(&self) -> String {
        let Program { row, memory, .. } = &self.program;
        let mut line = format!("{} ({}): ", row.name, model(*memory));
        if let Some((limit, executions)) = self.stopped {
            return line
                + &format!(
                    "not ended after {}, {} executions",
                    time(limit),
                    thousands(executions)
                );
        }
        line += &thousands(self.found);
        line += &match self.program.published {
            None => ", not counted elsewhere".to_owned(),
            Some(count) if count == self.found => ", as published".to_owned(),
            Some(count) => format!(", published {}", thousands(count)),
        };
        if let Some((_, why)) = row.published.filter(|_| !self.is_equal()) {
            line += &format!(" ({why})");
        }
        for (workers, took) in self.times.iter().enumerate() {
            if let Some(took) = took {
                line += &format!("; {} with {}", time(*took), ["one worker", "two"][workers]);
            }
        }
        if self.faults.is_empty() { line } else { line + "; WRONG: " + &self.faults.join("; ") }
    }
}

pub(crate) fn model(memory: Memory) -> &'static str {
    if memory == Memory::C11 { "Rust's" } else { "sequential" }
}

pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| std::str::from_utf8(group).expect("digits")).collect::<Vec<_>>().join(",")
}

/// A time with three digits.
pub(crate) fn time(time: Duration) -> String {
    let (number, unit) = match time.as_secs_f64() {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        seconds => (seconds * 1e6, "µs"),
    };
    let decimals = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.decimals$} {unit}")
}
