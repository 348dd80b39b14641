//! The first page of the crate: its test does what the page says.

use raceproof::telling::lanes::Page;
use raceproof::{Explorer, Outcome};

const PAGE: &str = include_str!("../../../raceproof/README.md");
const MINE: &str = include_str!("front_page.rs");

mod test {
    use raceproof::sync::Arc;
    use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use raceproof::thread;

    pub(super) fn two_increments_count() {
        let count = Arc::new(AtomicU32::named("count", 0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || {
            let seen = theirs.load(SeqCst);
            theirs.store(seen + 1, SeqCst);
        });
        count.fetch_add(1, SeqCst);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "lost update");
    }
}

/// The page's block of code or text that begins with `start`.
fn block(start: &str) -> Vec<&'static str> {
    let (_, rest) = PAGE.split_once(start).expect(start);
    rest.split_once("```").expect("an end").0.lines().map(str::trim_end).collect()
}

/// Lines without where they are, which differs between this file and the page's.
fn without_places(lines: &[&str]) -> Vec<String> {
    let place =
        |line: &str| line.rsplit(['│', ' ']).next().is_some_and(|last| last.contains(".rs:"));
    let cut = |line: &&str| {
        let end = if place(line) { line.rfind(' ').unwrap() } else { line.len() };
        line[..end].trim_end().to_owned()
    };
    lines.iter().map(cut).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_pages_test_is_this_files() {
    let code = block("```rust\n");
    let body =
        code.iter().map(|line| line.trim()).skip_while(|line| !line.starts_with("let count"));
    let body: Vec<_> = body.collect();
    let (body, end) = body.split_at(body.len() - 2);
    assert_eq!(end, ["});", "}"]);
    let mut mine = MINE.lines().map(str::trim);
    for line in body {
        assert!(mine.any(|own| own == *line), "this file has no `{line}` there");
    }
}

#[test]
fn the_page_shows_what_it_prints() {
    let found = Explorer::new().minimise().check(test::two_increments_count);
    let Outcome::Failed(failure) = found.outcome else { panic!("it fails") };
    let printed = block("```text\n");
    let told = failure.describe(Page::plain());
    let told: Vec<_> = told.lines().collect();
    let rest = printed.iter().position(|line| *line == "See it again:").expect("a command");
    assert_eq!(without_places(&printed[..rest]), without_places(&told));
    let code = block("```rust\n");
    for line in printed.iter().filter(|line| line.contains("│ count.rs:")) {
        let number: usize = line.rsplit(':').next().unwrap().parse().unwrap();
        let words = [("reads count: 0", "load"), ("changes", "fetch_add"), ("writes", "store")];
        let word = words.iter().find(|(told, _)| line.contains(told)).map_or("assert", |(_, w)| w);
        assert!(code[number - 1].contains(word), "line {number} has no `{word}`");
    }
    let command =
        format!("  RACEPROOF_REPLAY={} cargo test two_increments_count", failure.schedule);
    assert_eq!(printed[rest + 1], command);
}

#[test]
fn the_page_is_short() {
    assert!(PAGE.len() <= 4096, "{} bytes", PAGE.len());
}
