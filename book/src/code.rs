//! The code of a program, line by line, so that a page can say at which line a thread stands.

use crate::html::escape;
use raceproof_suite::{
    backend::execution,
    cli::excerpt::{self, File, Item},
    program::{Scenario, Variant},
    scenarios,
};
use std::fmt::Write;

/// What is printed in bold.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "else", "enum", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "move", "mut", "pub", "ref", "return", "self", "Self",
    "static", "struct", "trait", "type", "unsafe", "use", "where", "while",
];

/// The file of a line as a listing names it, as in `transfer.rs` or `scenarios/mod.rs`.
pub(crate) fn file_name(path: &str) -> String {
    let path = path.replace('\\', "/");
    let below = path.strip_prefix("src/").unwrap_or(&path);
    match below.strip_prefix("scenarios/") {
        Some(file) if file != "mod.rs" => file.to_owned(),
        _ => below.to_owned(),
    }
}

/// The program and what it uses, as HTML.
pub(crate) fn listing(scenario: &Scenario, variant: &Variant, id: &str) -> String {
    let file = File::new(format!("{}.rs", scenario.id.replace('-', "_")), scenario.source);
    let shared = File::new("scenarios/mod.rs", scenarios::SHARED);
    let program = format!("{:?}", variant.program);
    let own = file.of(excerpt::struct_name(&program));
    let told = File::new("backend/execution/told.rs", execution::SOURCE);
    let mut html = format!(
        "<pre class=\"rp-code\" id=\"{id}\" tabindex=\"0\" role=\"region\" aria-label=\"The code of {}\">",
        escape(variant.id)
    );
    add(&mut html, &file, &own);
    for above in [&shared, &told] {
        add(&mut html, above, &above.imported_by(&file, &own));
    }
    html + "</pre>"
}

fn add(html: &mut String, file: &File, items: &[&Item]) {
    if items.is_empty() {
        return;
    }
    let name = escape(&file.name);
    let _ = write!(
        html,
        "<span class=\"rp-file\">{name}</span><span class=\"rp-lines\" data-file=\"{name}\">"
    );
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            *html += "<span class=\"rp-gap\"></span>";
        }
        for (number, line) in file.code(item) {
            let _ = write!(html, "<span data-line=\"{number}\">{}</span>", coloured(line));
        }
    }
    *html += "</span>";
}

/// The program and what it uses, as a block of code in Markdown.
pub(crate) fn block(scenario: &Scenario, variant: &Variant) -> String {
    let file = File::new("", scenario.source);
    let program = format!("{:?}", variant.program);
    let items = file.of(excerpt::struct_name(&program));
    let text = |item: &&Item| file.code(item).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let items: Vec<_> = items.iter().map(text).collect();
    format!("```rust,ignore\n{}\n```\n", items.join("\n\n"))
}

/// A line with its comment and its keywords marked.
fn coloured(line: &str) -> String {
    if let Some(comment) = line.trim_start().strip_prefix("//") {
        let margin = &line[..line.len() - line.trim_start().len()];
        return format!("{margin}<span class=\"rp-comment\">//{}</span>", escape(comment));
    }
    let mut html = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, after) = if end > 0 {
            rest.split_at(end)
        } else if let Some(text) = rest.strip_prefix('"') {
            // Words in a text are no keywords.
            let end = text.find('"').map_or(rest.len(), |end| end + 2);
            rest.split_at(end)
        } else {
            rest.split_at(rest.chars().next().map_or(0, char::len_utf8))
        };
        match KEYWORDS.contains(&word) {
            true => html += &format!("<span class=\"rp-keyword\">{word}</span>"),
            false => html += &escape(word),
        }
        rest = after;
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_marked_and_words_in_texts_are_not() {
        assert_eq!(
            coloured("let x = \"let\"; // a"),
            "<span class=\"rp-keyword\">let</span> x = &quot;let&quot;; // a"
        );
        assert_eq!(coloured("  // <b>"), "  <span class=\"rp-comment\">// &lt;b&gt;</span>");
    }

    #[test]
    fn every_program_has_a_listing_with_lines() {
        for (scenario, variant) in raceproof_suite::program::variants(scenarios::ALL) {
            let html = listing(scenario, variant, "code");
            assert!(html.contains("data-line="), "{}/{}", scenario.id, variant.id);
            assert!(!html.contains("\n\n"), "an empty line ends HTML in Markdown");
        }
    }
}
