//! What a run of GitHub's actions shows: annotations at the lines that race, and a summary of the step.
//!
//! An annotation is a [workflow command], a line on standard output. The summary is Markdown in the file that
//! `GITHUB_STEP_SUMMARY` names.
//!
//! [workflow command]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

use super::{Event, Reporter, Row, Tally, failure, sink::Sink, text};
use crate::check::{Failure, Place, Verdict};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

/// How wide the lanes in a summary may be.
const ROOM: usize = 100;

/// Writes annotations as results come, and the summary at the end.
#[derive(Debug)]
pub struct Github {
    commands: Sink,
    summary: Option<Sink>,
    tally: Tally,
    /// What is told of each result that is not as it has to be, with the index of its job.
    told: Vec<(usize, String)>,
}

impl Github {
    /// Writes annotations to `commands`, and the summary to `summary` if there is one.
    #[must_use]
    pub fn new(commands: Sink, summary: Option<Sink>) -> Self {
        Self { commands, summary, tally: Tally::default(), told: Vec::new() }
    }

    fn finished(&mut self, job: usize, row: &Row) -> io::Result<()> {
        self.tally.add(row);
        let Err(mismatch) = &row.comparison else { return Ok(()) };
        let title = format!("{} on {}", row.name(), row.report.engine);
        let mismatch = mismatch.to_string();
        let mut told = format!("### {title}\n\n{}\n", escaped(&mismatch));
        match &row.report.verdict {
            Verdict::Failed(failure) => {
                let text = format!("{mismatch}\n{}", failure::summary(failure));
                let place = failure::line(failure);
                self.annotate("error", place, &title, &text)?;
                self.annotate_race(failure, place, &title)?;
                let lanes = failure::describe(&row.report, failure, ROOM);
                let lanes = anstream::adapter::strip_str(&lanes).to_string();
                let _ = write!(told, "\n```text\n{}\n```\n", lanes.trim_end());
            }
            _ => self.annotate("error", None, &title, &mismatch)?,
        }
        self.told.push((job, told));
        self.commands.flush()
    }

    /// Annotates the other lines on which the failure hangs, each once.
    fn annotate_race(
        &mut self,
        failure: &Failure,
        first: Option<&Place>,
        title: &str,
    ) -> io::Result<()> {
        let mut done: BTreeSet<(&str, u32)> =
            first.iter().map(|place| (place.file.as_str(), place.line)).collect();
        let trace = &failure.trace;
        for (index, step) in trace.steps.iter().enumerate().filter(|(_, step)| step.decisive) {
            let Some(place) = &step.place else { continue };
            if done.insert((&place.file, place.line)) {
                let (thread, action) = (&trace.threads[step.thread], step.action(&trace.threads));
                let text =
                    format!("step {}: {thread} {action}; the failure hangs on it", index + 1);
                self.annotate("notice", Some(place), title, &text)?;
            }
        }
        Ok(())
    }

    fn annotate(
        &mut self,
        level: &str,
        place: Option<&Place>,
        title: &str,
        text: &str,
    ) -> io::Result<()> {
        let place = place.map(|place| {
            format!("file={},line={},", property(&place.file.replace('\\', "/")), place.line)
        });
        let place = place.unwrap_or_default();
        let (title, text) = (property(title), data(text));
        writeln!(self.commands, "::{level} {place}title={title}::{text}")
    }

    fn ended(&mut self, elapsed: Duration) -> io::Result<()> {
        let Some(summary) = &mut self.summary else { return Ok(()) };
        let Tally { as_expected, unexpected, not_applicable } = self.tally;
        let took = text::duration(elapsed);
        let mark = if unexpected == 0 { "✓" } else { "✗" };
        writeln!(
            summary,
            "## {mark} raceproof\n\n| as expected | not as expected | not applicable | time |\n| ---: | ---: | ---: | \
             ---: |\n| {as_expected} | {unexpected} | {not_applicable} | {took} |\n"
        )?;
        self.told.sort_by_key(|(job, _)| *job);
        for (_, told) in &self.told {
            writeln!(summary, "{told}")?;
        }
        summary.flush()
    }
}

impl Reporter for Github {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { .. } => Ok(()),
            Event::Finished { job, row } => self.finished(*job, row),
            Event::Ended { elapsed } => self.ended(*elapsed),
        }
    }
}

/// A text as the data of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A text that Markdown takes as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('*', "\\*").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn lines_that_race_are_annotated_and_the_step_has_a_summary() {
        let (commands, summary) = (samples::Memory::default(), samples::Memory::default());
        let sinks = [&commands, &summary].map(|memory| Sink::new("memory", memory.clone()));
        let [lines, page] = sinks;
        samples::run(&mut Github::new(lines, Some(page)));
        let commands = commands.text();
        let errors: Vec<_> = commands.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), 2, "{commands}");
        let at = "::error file=src/scenarios/counter.rs,line=62,title=counter/locked on shuttle::";
        assert!(errors.iter().any(|line| line.starts_with(at)), "{commands}");
        assert!(commands.contains("lost <update>"), "{commands}");
        let notices = commands.lines().filter(|line| line.starts_with("::notice file="));
        assert!(notices.clone().count() > 0 && notices.clone().all(|line| line.contains("line=8")));
        let page = summary.text();
        assert!(page.contains("| 3 | 2 | 1 | 12.3 s |"), "{page}");
        assert!(page.contains("### counter/locked on shuttle") && page.contains("reads count: 0"));
    }

    #[test]
    fn commands_are_one_line_whatever_is_in_them() {
        assert_eq!(data("50 %\nof: it, all"), "50 %25%0Aof: it, all");
        assert_eq!(property("a: b, c"), "a%3A b%2C c");
    }
}
