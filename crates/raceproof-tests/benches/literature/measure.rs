//! How long a search takes, and what it comes to.

use std::time::{Duration, Instant};

use raceproof::{Memory, Outcome};

use crate::child::{Child, MOST};
use crate::programs::Program;

/// A search that takes less is repeated, and the shortest time counts.
const REPEATED: Duration = Duration::from_secs(10);

/// How often it is run.
const TIMES: usize = 3;

/// Two workers have five quarters of the time of one, and at least this.
const LEAST: Duration = Duration::from_secs(20);

/// A search that takes less is not measured with two workers: one of them hardly has the time to begin.
pub(crate) const SHARED: Duration = Duration::from_millis(100);

/// Why a search has not ended.
#[derive(Clone, Copy)]
pub(crate) enum Stopped {
    /// It came to this limit after so many executions.
    Time(Duration, u64),
    /// Its process came to its limit.
    Memory,
}

/// What came of a program.
pub(crate) struct Measured {
    pub(crate) program: Program,
    /// What one worker has counted.
    pub(crate) found: u64,
    /// The time of one worker and of two, or why the search has not ended. None: it is too short to be shared.
    pub(crate) times: [Option<Result<Duration, Stopped>>; 2],
    pub(crate) faults: Vec<String>,
}

pub(crate) fn measure(program: Program, limit: Duration) -> Measured {
    let mut measured = Measured { program, found: 0, times: [None; 2], faults: Vec::new() };
    measured.times[0] = Some(measured.alone(limit));
    if let Some(Ok(alone)) = measured.times[0].filter(|time| time.is_ok_and(|time| time >= SHARED))
    {
        measured.times[1] = measured.together(alone, limit);
    }
    measured
}

impl Measured {
    /// How long one worker takes.
    fn alone(&mut self, limit: Duration) -> Result<Duration, Stopped> {
        let Program { row, memory, .. } = &self.program;
        let mut best = Duration::MAX;
        for _ in 0..TIMES {
            let start = Instant::now();
            let found = row.explore(*memory, 1, Some(limit));
            let took = start.elapsed();
            if matches!(found.outcome, Outcome::Bounded(_)) {
                return Err(Stopped::Time(limit, found.executions));
            }
            self.found = row.found(&found);
            self.faults = row.faults(*memory, &found);
            best = best.min(took);
            if took >= REPEATED || !self.faults.is_empty() {
                break;
            }
        }
        Ok(best)
    }

    /// How long two take, in a process of their own. None if there can be no process.
    fn together(&mut self, alone: Duration, limit: Duration) -> Option<Result<Duration, Stopped>> {
        let limit = limit.min((alone * 5 / 4).max(LEAST));
        let Program { row, memory, .. } = &self.program;
        let child = Child { name: row.name.clone(), memory: *memory, workers: 2, limit };
        let mut best = Duration::MAX;
        for _ in 0..TIMES {
            let report = child.run(false)?;
            if report.found.is_none() && !report.killed {
                return Some(Err(Stopped::Memory));
            }
            if !report.ended {
                return Some(Err(Stopped::Time(limit, report.executions)));
            }
            let faults = report.faults.iter().map(|fault| format!("{fault}, by two workers"));
            self.faults.extend(faults);
            best = best.min(report.took);
            if report.took >= REPEATED || !self.faults.is_empty() {
                break;
            }
        }
        Some(Ok(best))
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
        if let Some(Err(stopped)) = self.times[0] {
            return line + &stopped.told();
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
        for (workers, took) in ["one worker", "two"].into_iter().zip(self.times) {
            match took {
                Some(Ok(took)) => line += &format!("; {} with {workers}", time(took)),
                Some(Err(stopped)) => line += &format!("; {} with {workers}", stopped.told()),
                None => {}
            }
        }
        if self.faults.is_empty() { line } else { line + "; WRONG: " + &self.faults.join("; ") }
    }
}

impl Stopped {
    pub(crate) fn told(self) -> String {
        match self {
            Stopped::Time(limit, 0) => format!("not ended after {}", time(limit)),
            Stopped::Time(limit, executions) => {
                format!("not ended after {}, {} executions", time(limit), thousands(executions))
            }
            Stopped::Memory => format!("not ended with {MOST} GiB"),
        }
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
