//! What one test comes to.

use std::time::Duration;

use serde_json::{Value, json};

/// How a test ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Every execution of its models was explored.
    Proved,
    /// Nothing that was explored fails, and there is more.
    Passed,
    /// A model fails, as the test says that it must.
    FailsAsExpected,
    /// It passes, and has no model.
    NoModel,
    Ignored,
    Failed,
    Crashed,
    Unfinished,
}

impl Verdict {
    pub(crate) const ALL: [Verdict; 8] = [
        Verdict::Proved,
        Verdict::Passed,
        Verdict::FailsAsExpected,
        Verdict::NoModel,
        Verdict::Ignored,
        Verdict::Failed,
        Verdict::Crashed,
        Verdict::Unfinished,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Verdict::Proved => "proved",
            Verdict::Passed => "passed, not proved",
            Verdict::FailsAsExpected => "fails as expected",
            Verdict::NoModel => "passed, no model",
            Verdict::Ignored => "ignored",
            Verdict::Failed => "FAILED",
            Verdict::Crashed => "CRASHED",
            Verdict::Unfinished => "UNFINISHED",
        }
    }

    /// Whether it is not as it should be.
    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Verdict::Failed | Verdict::Crashed | Verdict::Unfinished)
    }
}

/// A test and what it comes to: a row of the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) package: String,
    /// The program that it is in, and its name there.
    pub(crate) test: String,
    pub(crate) verdict: Verdict,
    /// Those of all its models; none if it has no model.
    pub(crate) executions: Option<u64>,
    /// That of its models, or if there is none its own.
    pub(crate) time: Duration,
    /// What its proofs assume, and why they are no proofs.
    pub(crate) notes: Vec<String>,
}

impl Row {
    /// As a line for the program that prints the table.
    pub(crate) fn to_json(&self) -> String {
        json!({
            "package": self.package,
            "test": self.test,
            "verdict": self.verdict.word(),
            "executions": self.executions,
            "microseconds": self.time.as_micros() as u64,
            "notes": self.notes,
        })
        .to_string()
    }

    pub(crate) fn from_json(line: &str) -> Option<Row> {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        let word = text("verdict")?;
        Some(Row {
            package: text("package")?,
            test: text("test")?,
            verdict: Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)?,
            executions: row["executions"].as_u64(),
            time: Duration::from_micros(row["microseconds"].as_u64()?),
            notes: row["notes"]
                .as_array()?
                .iter()
                .filter_map(|note| note.as_str().map(str::to_owned))
                .collect(),
        })
    }

    /// Takes over what the test's models have reported.
    pub(crate) fn add_models(&mut self, report: &str) {
        let models: Vec<Value> =
            report.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let sum = |key: &str| models.iter().filter_map(|model| model[key].as_u64()).sum();
        let any = |verdict: &str| models.iter().any(|model| model["verdict"] == verdict);
        if models.is_empty() {
            return;
        }
        self.executions = Some(sum("executions"));
        self.time = Duration::from_micros(sum("microseconds"));
        if self.verdict == Verdict::NoModel {
            self.verdict = match () {
                () if any("failed") => Verdict::FailsAsExpected,
                () if any("bounded") => Verdict::Passed,
                () => Verdict::Proved,
            };
        }
        for model in &models {
            let bound =
                model["bound"].as_str().map(|bound| format!("the search was bounded: {bound}"));
            let assumes =
                model["assumes"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let notes = bound
                .into_iter()
                .chain(assumes.map(|assumption| format!("assuming that {assumption}")));
            // What a failing model assumes says nothing.
            for note in notes.filter(|_| model["verdict"] != "failed") {
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn row(test: &str, verdict: Verdict) -> Row {
    let (package, test, time) = ("p".to_owned(), test.to_owned(), Duration::from_millis(2));
    Row { package, test, verdict, executions: None, time, notes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_decide_what_a_test_that_passes_is_worth() {
        let proved = r#"{"verdict":"proved","executions":3,"microseconds":7,"assumes":["x"]}"#;
        let bounded =
            r#"{"verdict":"bounded","bound":"y","executions":4,"microseconds":1,"assumes":["x"]}"#;
        let failed = r#"{"verdict":"failed","executions":1,"microseconds":1,"assumes":["z"]}"#;
        let of = |models: &[&str]| {
            let mut row = row("t", Verdict::NoModel);
            row.add_models(&models.join("\n"));
            (row.verdict, row.executions, row.notes)
        };
        let x = "assuming that x".to_owned();
        assert_eq!(of(&[]), (Verdict::NoModel, None, vec![]));
        assert_eq!(of(&[proved]), (Verdict::Proved, Some(3), vec![x.clone()]));
        let notes = vec![x.clone(), "the search was bounded: y".to_owned()];
        assert_eq!(of(&[proved, bounded]), (Verdict::Passed, Some(7), notes));
        assert_eq!(of(&[proved, failed]), (Verdict::FailsAsExpected, Some(4), vec![x]));
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        for verdict in Verdict::ALL {
            let row =
                Row { notes: vec!["\"a\"".to_owned()], executions: Some(3), ..row("t", verdict) };
            assert_eq!(Row::from_json(&row.to_json()), Some(row));
        }
        assert_eq!(Row::from_json("{}"), None);
    }
}
