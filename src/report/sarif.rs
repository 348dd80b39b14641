//! A SARIF log, as code scanners write it and viewers and forges read it: a result for each check that did not come out
//! as it had to, whose code flow has a thread flow for each lane.
//!
//! The format is [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

use super::{Event, Reporter, Row, failure, sink::Sink, text::one_line};
use crate::check::{Place, Trace, Verdict};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// Collects the results and writes them at the end.
#[derive(Debug)]
pub struct Sarif {
    out: Sink,
    /// The results so far, each with the index of its job.
    results: Vec<(usize, Value)>,
    rules: BTreeSet<String>,
}

impl Sarif {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Sink) -> Self {
        Self { out, results: Vec::new(), rules: BTreeSet::new() }
    }

    fn write(&mut self) -> io::Result<()> {
        self.results.sort_by_key(|(job, _)| *job);
        let results: Vec<_> = self.results.drain(..).map(|(_, result)| result).collect();
        let rules: Vec<_> = self.rules.iter().map(|id| json!({ "id": id })).collect();
        let driver = json!({
            "name": "raceproof",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
        });
        serde_json::to_writer_pretty(&mut self.out, &log)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

impl Reporter for Sarif {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { .. } => Ok(()),
            Event::Finished { job, row } => {
                if let Some((rule, result)) = result(row) {
                    self.rules.insert(rule);
                    self.results.push((*job, result));
                }
                Ok(())
            }
            Event::Ended { .. } => self.write(),
        }
    }
}

/// What is wrong with a check, and the name of that sort of thing.
fn result(row: &Row) -> Option<(String, Value)> {
    let mismatch = row.comparison.as_ref().err()?;
    let about =
        format!("{} on {}: {}", row.name(), row.report.engine, one_line(&mismatch.to_string()));
    let Verdict::Failed(failure) = &row.report.verdict else {
        let rule = row.report.verdict.name().to_owned();
        let result = json!({ "ruleId": rule, "level": "error", "message": { "text": about } });
        return Some((rule, result));
    };
    let rule = failure.kind.to_string().replace(' ', "-");
    let text = format!("{about}\n{}", failure::summary(failure));
    let mut result = json!({ "ruleId": rule, "level": "error", "message": { "text": text } });
    if let Some(place) = failure::line(failure) {
        result["locations"] = json!([location(Some(place), None)]);
    }
    if !failure.trace.steps.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": flows(&failure.trace) }]);
    }
    if let Some(command) = failure::replay_command(&row.report, failure) {
        result["properties"] = json!({ "again": command });
    }
    Some((rule, result))
}

/// A lane for each thread that does something; the numbers of the steps say how they follow each other.
fn flows(trace: &Trace) -> Vec<Value> {
    let flow = |(thread, name): (usize, &String)| {
        let steps = trace.steps.iter().enumerate().filter(|(_, step)| step.thread == thread);
        let locations: Vec<_> = steps
            .map(|(index, step)| {
                let action = step.action(&trace.threads);
                json!({
                    "location": location(step.place.as_ref(), Some(&action)),
                    "executionOrder": index + 1,
                    "importance": if step.decisive { "essential" } else { "important" },
                })
            })
            .collect();
        (!locations.is_empty()).then(|| json!({ "id": name, "locations": locations }))
    };
    trace.threads.iter().enumerate().filter_map(flow).collect()
}

fn location(place: Option<&Place>, says: Option<&str>) -> Value {
    let mut location = json!({});
    if let Some(place) = place {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": place.file.replace('\\', "/") },
            "region": { "startLine": place.line },
        });
    }
    if let Some(says) = says {
        location["message"] = json!({ "text": says });
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn what_comes_out_otherwise_is_a_result_with_a_flow_for_each_lane() {
        let memory = samples::Memory::default();
        samples::run(&mut Sarif::new(Sink::new("memory", memory.clone())));
        let log: Value = serde_json::from_str(&memory.text()).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let rules: Vec<_> = results.iter().map(|result| &result["ruleId"]).collect();
        assert_eq!(rules, ["assertion", "inconclusive"], "in the order of the jobs");
        let flows = results[0]["codeFlows"][0]["threadFlows"].as_array().unwrap();
        let names: Vec<_> = flows.iter().map(|flow| &flow["id"]).collect();
        assert_eq!(names, ["main", "adder 0", "adder 1"]);
        let mut orders: Vec<_> = flows
            .iter()
            .flat_map(|flow| flow["locations"].as_array().unwrap())
            .map(|step| step["executionOrder"].as_u64().unwrap())
            .collect();
        orders.sort_unstable();
        assert_eq!(orders, (1..=9).collect::<Vec<_>>(), "each step is in one lane");
        let second = &flows[1]["locations"][0]["location"];
        assert_eq!(second["message"]["text"], "reads count: 0");
        assert_eq!(second["physicalLocation"]["region"]["startLine"], 81);
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "src/scenarios/counter.rs");
    }
}
