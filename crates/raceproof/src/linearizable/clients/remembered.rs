//! Clients as a test: what is printed, what is remembered, and how an execution is run again.

use std::fmt::Write as _;

use super::Prepared;
use super::report::{Counterexample, counterexample};
use crate::regressions::Regressions;
use crate::telling::lanes::Page;
use crate::telling::schedule::Schedule;
use crate::telling::text::Style;

impl<O: Send + Sync + 'static, S: 'static> Prepared<O, S> {
    /// What is printed if no client fails; the counterexample if one does.
    pub(super) fn test(mut self) -> Result<String, String> {
        let thread = std::thread::current();
        let name = thread.name().filter(|name| *name != "main").map(str::to_owned);
        if let Some((number, schedule)) = self.engine.explorer.settings.replay.take() {
            let told = self.again(number, &schedule)?;
            return told.map_or(Ok("run again, this execution ends well".to_owned()), |found| {
                Err(found.describe(Page::of_terminal()))
            });
        }
        let wanted = self.engine.explorer.settings.regressions;
        let regressions = name.as_ref().filter(|_| wanted).map(|name| Regressions::of(name));
        if let Some(regressions) = &regressions {
            self.try_remembered(regressions)?;
        }
        let may_be_bounded = self.engine.explorer.settings.allow_bounded;
        let checked = self.check()?;
        let Some(found) = &checked.counterexample else {
            // A limit of time is the user's own; one of a client's search may be the environment's.
            if may_be_bounded || !checked.is_bounded {
                return Ok(checked.to_string());
            }
            return Err(format!(
                "{checked}. Raise the limit, or call `Explorer::allow_bounded` if this is enough."
            ));
        };
        Err(told(found, name.as_deref(), regressions.as_ref()))
    }

    /// Runs one execution of the client with this number, counted from 1.
    fn again(&self, number: usize, schedule: &Schedule) -> Result<Option<Counterexample>, String> {
        let number = number.saturating_sub(1);
        let Some(client) = self.client(number) else { return Ok(None) };
        let failing = self.engine.again(client, schedule, &mut self.engine.memory())?;
        Ok(failing.map(|failing| counterexample(self, number, failing)))
    }

    /// Runs the executions that failed before; an error if one still does.
    fn try_remembered(&self, regressions: &Regressions) -> Result<(), String> {
        for (line, text) in regressions.texts()? {
            let place = format!("{}:{line}", regressions.told());
            let parsed = text.split_once('@').and_then(|(number, schedule)| {
                Some((number.parse().ok()?, schedule.parse().ok()?))
            });
            let Some((number, schedule)) = parsed else {
                eprintln!("{place}: `{text}` is no client and schedule; the line is left out");
                continue;
            };
            match self.again(number, &schedule)? {
                None => println!("{place}: tried first, and no longer fails"),
                Some(found) => {
                    return Err(format!(
                        "{}\nIt was remembered in {place} and tried first.",
                        found.describe(Page::of_terminal())
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A counterexample, how to see it again, and whether it is remembered.
fn told(found: &Counterexample, name: Option<&str>, regressions: Option<&Regressions>) -> String {
    let page = Page::of_terminal();
    let mut text = found.describe(page);
    let _ = writeln!(text, "\nThe client as a test:\n\n{}", found.test);
    let schedule = format!("{}@{}", found.number + 1, found.failure.schedule);
    let command = std::env::var("RACEPROOF_COMMAND");
    let command = command.as_deref().unwrap_or("cargo test");
    let command = match name {
        Some(name) => format!("RACEPROOF_REPLAY={schedule} {command} {name}"),
        None => format!("RACEPROOF_REPLAY={schedule} <the same command>"),
    };
    let _ = writeln!(text, "See it again:\n  {}", Style::Code.paint(page.colour, command));
    if let Some(regressions) = regressions {
        let what = format!("{}: {}", found.in_a_line(), found.failure.summary());
        let told = match regressions.remember(&schedule, &what) {
            Ok(()) => {
                format!("it is remembered in {} and tried first next time", regressions.told())
            }
            Err(error) => format!("it is not remembered: {error}"),
        };
        let _ = writeln!(text, "  {told}");
    }
    text
}
