//! The code that an execution goes through, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::kernel::Place;
use crate::telling::states::StateGraph;

/// So many lines are shown before and after one that a thread stands at.
const AROUND: usize = 4;
/// No more lines than these are shown of a file.
const MOST: usize = 400;

/// A text with the signs escaped that mean something in HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A file as the page calls it: without folders that are only this machine's.
pub(super) fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    match Path::new(path).is_absolute() {
        true => name.unwrap_or_default(),
        false => path.replace('\\', "/"),
    }
}

fn places(graph: &StateGraph) -> impl Iterator<Item = &Place> {
    let told = graph.states.iter().flat_map(|state| &state.steps).flat_map(|edge| &edge.told);
    let told = told.chain(&graph.start).filter_map(|told| told.place.as_ref());
    let stands = graph.states.iter().flat_map(|state| &state.threads);
    told.chain(stands.filter_map(|standing| standing.place.as_ref()))
}

/// The source file that the compiler calls so: it may be named from the workspace's folder.
fn source(path: &str) -> Option<String> {
    let beside = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let beside = beside.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let above = beside.ancestors().map(|folder| folder.join(path));
    std::iter::once(PathBuf::from(path)).chain(above).find_map(|file| fs::read_to_string(file).ok())
}

/// The lines of each file that the graph speaks of, and those around them, as HTML.
pub(super) fn listing(graph: &StateGraph) -> String {
    let mut files: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for place in places(graph) {
        let line = place.line as usize;
        let around = line.saturating_sub(AROUND).max(1)..=line + AROUND;
        files.entry(&place.file).or_default().extend(around);
    }
    let mut html = String::new();
    for (path, wanted) in files {
        if let Some(text) = source(path) {
            lines(&mut html, &file_name(path), &text, &wanted);
        }
    }
    html
}

fn lines(html: &mut String, name: &str, text: &str, wanted: &BTreeSet<usize>) {
    let name = escape(name);
    let _ = write!(
        html,
        "<span class=\"rp-file\">{name}</span><span class=\"rp-lines\" data-file=\"{name}\">"
    );
    let mut last = 0;
    let shown = (1..).zip(text.lines()).filter(|(number, _)| wanted.contains(number));
    for (number, line) in shown.take(MOST) {
        if last > 0 && number > last + 1 {
            *html += "<span class=\"rp-gap\"></span>";
        }
        last = number;
        let _ = write!(html, "<span data-line=\"{number}\">{}</span>", escape(line));
    }
    *html += "</span>";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_are_wanted_are_shown() {
        let mut html = String::new();
        let wanted = BTreeSet::from([1, 2, 4]);
        lines(&mut html, "a.rs", "one\nif x < y {\nthree\nfour", &wanted);
        assert!(html.contains("<span data-line=\"2\">if x &lt; y {</span>"), "{html}");
        assert!(!html.contains("three"), "{html}");
        assert_eq!(html.matches("rp-gap").count(), 1);
    }

    #[test]
    fn a_page_names_no_folder_of_this_machine() {
        assert_eq!(file_name("tests/a.rs"), "tests/a.rs");
        assert_eq!(file_name("/somewhere/else/b.rs"), "b.rs");
    }
}
