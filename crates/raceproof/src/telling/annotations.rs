//! What GitHub's actions show of a failure: annotations beside the lines on which it hangs, and text for the summary of the
//! step.
//!
//! An annotation is a [workflow command], a line on standard output. The summary is Markdown.
//!
//! [workflow command]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

use std::collections::BTreeSet;

use crate::telling::trace::{Place, Trace};

/// How wide the lanes in a summary may be.
pub const ROOM: usize = 100;

/// A command that annotates a place, or the run as a whole, as `error` or `notice`.
pub fn annotation(level: &str, place: Option<&Place>, title: &str, text: &str) -> String {
    let place = place.map(|place| {
        format!("file={},line={},", property(&place.file.replace('\\', "/")), place.line)
    });
    let place = place.unwrap_or_default();
    format!("::{level} {place}title={}::{}", property(title), data(text))
}

/// The place where a failure of this execution is shown: where a thread panicked, or else that of the last step on which
/// the failure hangs, or of the last step.
pub fn main_place<'a>(trace: &'a Trace, panicked: Option<&'a Place>) -> Option<&'a Place> {
    let steps = || trace.steps.iter().rev();
    let decisive = steps().filter(|step| step.decisive).find_map(|step| step.place.as_ref());
    panicked.or(decisive).or_else(|| steps().find_map(|step| step.place.as_ref()))
}

/// Commands that annotate the other lines on which the failure hangs, each once.
pub fn of_others(trace: &Trace, first: Option<&Place>, title: &str) -> Vec<String> {
    let mut done: BTreeSet<(&str, u32)> =
        first.iter().map(|place| (place.file.as_str(), place.line)).collect();
    let decisive = trace.steps.iter().enumerate().filter(|(_, step)| step.decisive);
    let annotations = decisive.filter_map(|(index, step)| {
        let place = step.place.as_ref()?;
        let (thread, action) = (trace.threads.get(step.thread)?, step.action(&trace.threads));
        let text = format!("step {}: {thread} {action}; the failure hangs on it", index + 1);
        let is_new = done.insert((&place.file, place.line));
        is_new.then(|| annotation("notice", Some(place), title, &text))
    });
    annotations.collect()
}

/// A part of a summary: a failure in a few words, and its lanes.
pub fn section(title: &str, words: &str, lanes: &str) -> String {
    format!("### {title}\n\n{}\n\n```text\n{}\n```\n", escaped(words), lanes.trim_end())
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
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('*', "\\*").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_one_line_whatever_is_in_them() {
        assert_eq!(data("50 %\nof: it, all"), "50 %25%0Aof: it, all");
        assert_eq!(property("a: b, c"), "a%3A b%2C c");
    }
}
