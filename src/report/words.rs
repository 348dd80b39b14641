//! The terms of the field that reports use, each explained where a reader first meets it.

use super::{
    style::{FAINT, paint},
    text::wrap,
};
use std::collections::HashSet;

/// The terms and what they mean.
const WORDS: &[(&str, &str)] = &[
    (
        "dpor",
        "this project's own checker, by dynamic partial-order reduction: of all interleavings that are \
         equivalent it runs one",
    ),
    ("c11", "this project's own checker under the C11 memory model"),
    ("loom", "a checker by the tokio project, which knows the C11 memory model"),
    (
        "shuttle",
        "a checker by AWS Labs, which tries interleavings in depth-first and in random order",
    ),
    ("interleaving", "one order in which the steps of all threads can happen"),
    (
        "inequivalent",
        "two interleavings are equivalent if they differ only in the order of steps that do not affect \
         each other, and inequivalent otherwise",
    ),
    ("preemption", "a switch to another thread although the one that runs could go on"),
    (
        "PCT",
        "probabilistic concurrency testing: random priorities of the threads, changed at a few random \
         steps",
    ),
    (
        "C11",
        "the memory model of C, C++ and Rust: an atomic load may return an old value, unless the \
         orderings forbid it",
    ),
    ("SeqCst", "the strongest ordering: all threads see such accesses in one and the same order"),
    ("outcome", "what one execution reports as its result, by calling `outcome`"),
];

/// Which terms have been explained.
#[derive(Debug, Default)]
pub struct Words(HashSet<&'static str>);

impl Words {
    /// Explains the terms of `text` that have not been explained yet, a line for each, `room` columns wide.
    pub fn explain(&mut self, text: &str, room: usize) -> String {
        let text = anstream::adapter::strip_str(text).to_string();
        let words: HashSet<_> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let occurs = |term: &str| words.contains(term) || words.contains(&*format!("{term}s"));
        let mut out = String::new();
        for &(term, meaning) in WORDS {
            if occurs(term) && self.0.insert(term) {
                for line in definition(term, meaning, room) {
                    out += &format!("{}\n", paint(FAINT, line));
                }
            }
        }
        out
    }
}

fn definition(term: &str, meaning: &str, room: usize) -> Vec<String> {
    let mut lines = wrap(&format!("{term}: {meaning}."), room.saturating_sub(2));
    lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, "  "));
    lines
}

/// All terms, as `--help` lists them.
#[must_use]
pub fn help() -> String {
    let definitions = WORDS.iter().flat_map(|(term, meaning)| definition(term, meaning, 96));
    definitions.fold("Words:".into(), |help, line| format!("{help}\n  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_explained_once_where_it_occurs() {
        let mut words = Words::default();
        let told = words.explain("in execution 3 on dpor, with 2 preemptions", 100);
        let told = anstream::adapter::strip_str(&told).to_string();
        let first: Vec<_> = told.lines().filter(|line| !line.starts_with(' ')).collect();
        assert!(first[0].starts_with("dpor: ") && first[1].starts_with("preemption: "), "{told}");
        assert_eq!(first.len(), 2, "{told}");
        assert_eq!(words.explain("dpor", 100), "");
        assert!(words.explain("PCT (depth 3)", 100).contains("probabilistic"));
        assert_eq!(words.explain("looming", 100), "");
    }
}
