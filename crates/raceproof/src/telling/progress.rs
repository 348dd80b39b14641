//! A line on the terminal that shows how far a search is.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::telling::estimate::Estimate;
use crate::telling::text::{bytes, count, thousands};

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// The line of one search; it is wiped out when the search is over.
pub(crate) struct Progress {
    begun: Instant,
    /// When the line was written last; none if no line is wanted.
    last: Option<Cell<Instant>>,
}

impl Progress {
    /// A line if one is `wanted` and standard error is a terminal.
    pub(crate) fn begin(wanted: bool) -> Self {
        let begun = Instant::now();
        let last = (wanted && stderr().is_terminal()).then(|| Cell::new(begun));
        Progress { begun, last }
    }

    /// No line.
    pub(crate) fn none() -> Self {
        Progress { begun: Instant::now(), last: None }
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.last.is_some()
    }

    /// Is the line to be written anew?
    pub(crate) fn is_due(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.get().elapsed() >= EVERY)
    }

    /// Shows how many executions have been run, how many there may be, and the memory that is kept.
    pub(crate) fn show(&self, executions: u64, estimate: Option<Estimate>, kept: u64) {
        let Some(last) = &self.last else { return };
        let now = Instant::now();
        last.set(now);
        let line = line(executions, now - self.begun, estimate, kept);
        let _ = write!(stderr(), "\r\u{1b}[2K{line}").and_then(|()| stderr().flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.as_ref().is_some_and(|last| last.get() > self.begun) {
            let _ = write!(stderr(), "\r\u{1b}[2K");
        }
    }
}

/// How far a search is after some time.
fn line(executions: u64, elapsed: Duration, estimate: Option<Estimate>, kept: u64) -> String {
    let rate = (executions as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let mut line = format!("{}, {} a second", count(executions, "execution"), thousands(rate));
    if let Some(estimate) = estimate {
        let done = percent(executions, estimate.executions);
        line += &format!("; {estimate}, {done} done");
    }
    line + &format!("; {} kept", bytes(kept))
}

/// How much of it that is, as far as it is worth telling.
fn percent(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    match percent {
        ..0.01 => "less than 0.01 %".to_owned(),
        ..1.0 => format!("{percent:.2} %"),
        _ => format!("{percent:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_executions_and_rate() {
        let told = line(12_345, Duration::from_secs(2), None, 2_048);
        assert_eq!(told, "12,345 executions, 6,172 a second; 2.0 KiB kept");
    }

    #[test]
    fn the_line_tells_how_much_is_left() {
        let estimate = Estimate { executions: 1_234_567, left: Duration::from_secs(40) };
        let told = line(36_000, Duration::from_secs(2), Some(estimate), 64 << 20);
        let all = "about 1.2 million executions, 40 s left, 3 % done";
        assert_eq!(told, format!("36,000 executions, 18,000 a second; {all}; 64 MiB kept"));
    }

    #[test]
    fn small_parts_are_told() {
        let told = [(0, 1), (1, 100_000), (1, 1_000), (1, 2)].map(|(part, of)| percent(part, of));
        assert_eq!(told, ["less than 0.01 %", "less than 0.01 %", "0.10 %", "50 %"]);
    }

    #[test]
    fn no_line_is_written_where_none_is_wanted() {
        let progress = Progress::begin(false);
        progress.show(1, None, 0);
        assert!(!progress.is_shown() && !progress.is_due());
    }
}
