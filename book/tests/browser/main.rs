//! The book in a real browser: Chromium, through its driver.
//!
//! Without a browser these tests say so and pass, except where `CI=true`: there they fail. The variable
//! `RACEPROOF_BOOK` names a book that is there already; otherwise one is made. `RACEPROOF_AXE` names the file of
//! axe-core, without which the pages' accessibility is not looked at.

mod browser;
mod pages;
mod reading;
mod stage;

use browser::Browser;
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::OnceLock,
};

/// The folder of the book.
fn book() -> &'static Path {
    static BOOK: OnceLock<PathBuf> = OnceLock::new();
    BOOK.get_or_init(|| {
        if let Ok(book) = std::env::var("RACEPROOF_BOOK") {
            return std::fs::canonicalize(book).expect("the book of RACEPROOF_BOOK");
        }
        let book = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
        let made =
            Command::new(env!("CARGO_BIN_EXE_raceproof-book")).arg("--out").arg(&book).status();
        assert!(made.expect("the generator starts").success(), "the book cannot be written");
        book
    })
}

/// The address of a page of the book, as a file.
fn address(page: &str) -> String {
    format!("file://{}/{page}", book().display())
}

type Test = (&'static str, fn(&mut Browser));

const TESTS: &[Test] = &[
    ("the shortest failures are played by clicks", stage::shortest_failures),
    ("the keyboard alone breaks a program", stage::keyboard),
    ("a link with a schedule opens at that point", stage::links),
    ("everything is undone", stage::undo),
    ("a fixed form holds on every path", stage::fixed),
    ("weak memory: the reader chooses what a load reads", stage::weak),
    ("progress is kept, and forgotten on demand", stage::progress),
    ("a step says what it must come after", reading::relations),
    ("the tree of the interleavings", reading::tree),
    ("a failing test as a page of its own", reading::own_page),
    ("a failing test with too many states", reading::own_page_of_many),
    ("a random path and the tree of every stage, and no error", pages::random_paths),
    ("nothing overflows at 360 pixels", pages::narrow),
    ("no serious finding of axe-core", pages::accessible),
    ("every scenario and variant has its chapter", pages::complete),
];

fn main() -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut browser = match Browser::start() {
        Ok(browser) => browser,
        Err(why) => {
            println!("no browser: {why}; on Debian: apt install chromium chromium-driver");
            let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            return if in_ci { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let mut failed = 0;
    for (name, test) in TESTS {
        if filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        let test = std::panic::AssertUnwindSafe(|| test(&mut browser));
        let well = std::panic::catch_unwind(test).is_ok();
        failed += usize::from(!well);
        println!("{name}: {}", if well { "ok" } else { "FAILED" });
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
