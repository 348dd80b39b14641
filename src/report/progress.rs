//! A progress bar on standard error, while the checks run; nothing at all where that is no terminal.

use super::{Event, Reporter, Row};
use crate::check::Verdict;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io, time::Duration};

/// How often the bar shows that time goes by.
const TICK: Duration = Duration::from_millis(100);

/// Shows how many checks are done, and the last one of them.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar on standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()) }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed} · {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

/// The last result in a few words.
fn said(row: &Row) -> String {
    let found = match &row.report.verdict {
        Verdict::Failed(failure) => failure.kind.to_string(),
        verdict => verdict.name().into(),
    };
    let mark = if row.comparison.is_ok() { "✓" } else { "✗" };
    format!("{mark} {} on {}: {found}", row.name(), row.report.engine)
}

impl Reporter for Progress {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { jobs } => {
                self.bar.set_length(jobs.len() as u64);
                self.bar.set_style(style());
                if !self.bar.is_hidden() {
                    self.bar.enable_steady_tick(TICK);
                }
            }
            Event::Finished { row, .. } => {
                self.bar.set_message(said(row));
                self.bar.inc(1);
            }
            Event::Ended { .. } => self.bar.finish_and_clear(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn every_result_moves_the_bar() {
        let mut progress = Progress { bar: ProgressBar::hidden() };
        samples::run(&mut progress);
        assert_eq!(progress.bar.position(), 6);
        assert_eq!(progress.bar.length(), Some(6));
        assert_eq!(progress.bar.message(), "✓ counter/unlocked on shuttle: assertion");
        assert!(progress.bar.is_finished());
    }

    #[test]
    fn the_template_is_understood() {
        assert!(
            ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed} · {wide_msg}").is_ok()
        );
    }
}
