//! A page for each primitive: what it means, its contracts, and the races in which it plays a part.

use crate::{
    chapter::story,
    code,
    gather::Chapter,
    html::{escape, inline},
};
use raceproof_suite::{contracts, program::Scenario};
use std::fmt::Write;

/// The names by which programs use a primitive, where they are not that of its contracts.
const NAMES: &[(&str, &[&str])] = &[
    ("rlock", &["RLock"]),
    ("pool", &["Pool", "AsyncResult"]),
    ("executor", &["ThreadPool", "Future"]),
    ("local", &["ThreadLocal"]),
    ("net", &["Listener", "Stream"]),
    ("thread", &["Threads", "Thread"]),
    ("manager", &["Manager", "Dict", "List", "Namespace"]),
    ("queue", &["Queue", "LifoQueue", "PriorityQueue"]),
    ("semaphore", &["Semaphore", "BoundedSemaphore"]),
    ("pipe", &["Pipe", "PipeEnd"]),
    ("process", &["Process", "ProcessGlobal"]),
    ("process-queue", &["JoinableQueue"]),
];

fn file(contract: &Scenario) -> String {
    format!("primitive-{}.md", contract.id)
}

/// The files and titles of the pages.
pub(crate) fn titles() -> impl Iterator<Item = (String, &'static str)> {
    contracts::ALL.iter().map(|contract| (file(contract), contract.id))
}

/// The names of a primitive in programs.
fn names(id: &str) -> Vec<String> {
    let known = NAMES.iter().find(|(of, _)| *of == id);
    known.map_or_else(
        || vec![id.split('-').map(capitalised).collect()],
        |(_, names)| names.iter().map(|name| (*name).to_owned()).collect(),
    )
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// Whether a scenario's programs use one of these names.
fn uses(scenario: &Scenario, names: &[String]) -> bool {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let mut words =
        scenario.source.lines().filter(is_code).flat_map(|line| {
            line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        });
    words.any(|word| names.iter().any(|name| name == word))
}

/// The pages.
pub(crate) fn pages(chapters: &[Chapter]) -> Vec<(String, String)> {
    contracts::ALL.iter().map(|contract| (file(contract), page(contract, chapters))).collect()
}

fn page(contract: &Scenario, chapters: &[Chapter]) -> String {
    let mut page =
        format!("# {}\n\n**{}.**\n\n{}\n\n", contract.id, contract.lesson, story(contract.source));
    let names = names(contract.id);
    let used: Vec<_> = chapters
        .iter()
        .map(|chapter| chapter.scenario)
        .filter(|scenario| uses(scenario, &names))
        .map(|scenario| format!("<a href=\"{0}.html\">{0}</a>", scenario.id))
        .collect();
    if !used.is_empty() {
        let _ = write!(page, "<p>Races in which it plays a part: {}.</p>\n\n", used.join(", "));
    }
    page += "## Its contracts\n\nA contract is a small program that must hold, whatever the schedule. Each is chosen so \
             that a plausible mistake in the primitive breaks it.\n\n";
    for variant in contract.variants {
        let _ = write!(
            page,
            "### {0} {{#{0}}}\n\n<p>{1}</p>\n<p class=\"rp-facts\">Expected: {2}. Again: <code>raceproof check \
             --contracts {3}/{0}</code></p>\n\n{4}\n",
            variant.id,
            inline(variant.why),
            inline(&variant.expected()),
            escape(contract.id),
            code::block(contract, variant),
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_programs_use() {
        assert_eq!(names("lock"), ["Lock"]);
        assert_eq!(names("process-lock"), ["ProcessLock"]);
        assert!(
            NAMES.iter().all(|(id, _)| contracts::ALL.iter().any(|contract| contract.id == *id))
        );
    }
}
