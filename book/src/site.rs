//! The pages, and the site that mdBook makes of them.

use crate::{
    chapter,
    gather::{Chapter, name},
    lookup, primitives,
};
use anyhow::Context;
use mdbook_driver::{MDBook, config::Config};
use raceproof_suite::dpor::telling::sheet;
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

const CONFIG: &str = r#"
[book]
title = "The book of races"
language = "en"
src = "src"

[build]
create-missing = false

[output.html]
additional-css = ["stage.css"]
additional-js = ["machine.js", "order.js", "progress.js", "history.js", "tree.js", "stage.js"]
default-theme = "light"
preferred-dark-theme = "navy"
no-section-label = true

[output.html.fold]
enable = true
level = 0

[output.html.search]
limit-results = 20
boost-title = 4
heading-split-level = 1
"#;

/// The pages that are no chapters: the file, the title, the text.
const PAGES: &[(&str, &str, &str)] = &[
    ("lanes.md", "How to read a lane", include_str!("../pages/lanes.md")),
    ("proof.md", "What a proof is worth", include_str!("../pages/proof.md")),
    ("path.md", "A path through the book", include_str!("../pages/path.md")),
    ("glossary.md", "Glossary", include_str!("../pages/glossary.md")),
];

/// Writes the site to `out`.
///
/// # Errors
///
/// A file cannot be written, or mdBook does not like what it is given.
pub(crate) fn write(out: &Path, chapters: &[Chapter]) -> anyhow::Result<()> {
    let room = tempfile::tempdir().context("cannot make a folder for the sources of the book")?;
    let put = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = room.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(room.path()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    put("stage.css", sheet::STYLE)?;
    for (file, text) in sheet::SCRIPTS {
        put(file, text)?;
    }
    for (file, text) in pages(chapters) {
        put(&format!("src/{file}"), &text)?;
    }
    put("src/SUMMARY.md", &contents(chapters))?;
    let mut config = Config::from_str(CONFIG)?;
    config.build.build_dir = absolute(out)?;
    let book = MDBook::load_with_config(room.path(), config)?;
    book.build().context("mdBook cannot make the site")?;
    for Chapter { scenario, forms } in chapters {
        for form in forms {
            if let Ok(played) = &form.stage.played {
                let path = out.join("graphs").join(name(scenario, form.variant) + ".js");
                fs::create_dir_all(path.parent().unwrap_or(out))?;
                fs::write(&path, &played.script)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
    }
    fs::write(out.join(crate::output::MARK), "The book of races, written by `raceproof book`.\n")
        .with_context(|| format!("cannot write to {}", out.display()))
}

fn absolute(out: &Path) -> anyhow::Result<PathBuf> {
    out.canonicalize().with_context(|| format!("cannot write to {}", out.display()))
}

/// Every page but the table of contents, as Markdown.
pub(crate) fn pages(chapters: &[Chapter]) -> Vec<(String, String)> {
    let mut pages = vec![("index.md".to_owned(), lookup::front(chapters))];
    pages.extend(PAGES.iter().map(|(file, _, text)| ((*file).to_owned(), lookup::linked(text))));
    for chapter in chapters {
        pages.push((format!("{}.md", chapter.scenario.id), chapter::page(chapter)));
    }
    pages.extend(lookup::pages(chapters));
    pages.extend(primitives::pages(chapters));
    pages
}

/// The table of contents, as mdBook wants it.
fn contents(chapters: &[Chapter]) -> String {
    let mut summary =
        String::from("# Contents\n\n[The book of races](index.md)\n\n# To begin with\n\n");
    for (file, title, _) in PAGES {
        let _ = writeln!(summary, "- [{title}]({file})");
    }
    let mut group = None;
    for Chapter { scenario, .. } in chapters {
        if group != Some(scenario.group) {
            let _ = writeln!(summary, "\n# {}\n", scenario.group.title());
            group = Some(scenario.group);
        }
        let _ = writeln!(summary, "- [{0}]({0}.md)", scenario.id);
    }
    summary += "\n# To look things up\n\n";
    for (file, title) in lookup::TITLES {
        let _ = writeln!(summary, "- [{title}]({file})");
    }
    summary += "\n# The primitives\n\n";
    for (file, title) in primitives::titles() {
        let _ = writeln!(summary, "- [{title}]({file})");
    }
    summary
}
