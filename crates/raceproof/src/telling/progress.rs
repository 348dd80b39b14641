//! A line on the terminal that shows how far a search is.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::telling::text::{count, thousands};

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

    /// Shows how many executions have been run, now and then.
    #[inline]
    pub(crate) fn show(&self, executions: u64) {
        if let Some(last) = &self.last {
            self.write(last, executions);
        }
    }

    #[cold]
    fn write(&self, last: &Cell<Instant>, executions: u64) {
        let now = Instant::now();
        if now - last.get() < EVERY {
            return;
        }
        last.set(now);
        let line = line(executions, now - self.begun);
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
fn line(executions: u64, elapsed: Duration) -> String {
    let rate = (executions as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    format!("{}, {} a second", count(executions, "execution"), thousands(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_executions_and_rate() {
        let told = line(12_345, Duration::from_secs(2));
        assert_eq!(told, "12,345 executions, 6,172 a second");
    }

    #[test]
    fn no_line_is_written_where_none_is_wanted() {
        let progress = Progress::begin(false);
        progress.show(1);
        assert!(progress.last.is_none());
    }
}
