//! What a run of GitHub's actions shows: annotations at the lines that race, and a summary of the step, in the file that
//! `GITHUB_STEP_SUMMARY` names.

use super::{Event, Reporter, Row, Tally, failure, sink::Sink, text};
use crate::check::Verdict;
use crate::dpor::telling::annotations::{ROOM, annotation, escaped, of_others, section};
use std::{
    io::{self, Write},
    time::Duration,
};

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
        let (annotations, told) = match &row.report.verdict {
            Verdict::Failed(failure) => {
                let text = format!("{mismatch}\n{}", failure::summary(failure));
                let place = failure::line(failure);
                let mut annotations = vec![annotation("error", place, &title, &text)];
                annotations.extend(of_others(&failure.trace, place, &title));
                let lanes = failure::describe(&row.report, failure, ROOM);
                let lanes = anstream::adapter::strip_str(&lanes).to_string();
                (annotations, section(&title, &mismatch, &lanes))
            }
            _ => {
                let annotations = vec![annotation("error", None, &title, &mismatch)];
                (annotations, format!("### {title}\n\n{}\n", escaped(&mismatch)))
            }
        };
        for annotation in annotations {
            writeln!(self.commands, "{annotation}")?;
        }
        self.told.push((job, told));
        self.commands.flush()
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
}
