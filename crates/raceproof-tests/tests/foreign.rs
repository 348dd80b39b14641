//! A crate that is not ours and tests its own code: what its author sees when a test fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate's tests, by line.
const TESTS: &str = r#"use raceproof::sync::{Arc, Mutex};
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::thread;

#[test]
fn two_increments_count() {
    raceproof::model(|| {
        let count = Arc::new(AtomicU32::named("count", 0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || increment(&theirs));
        increment(&count);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "lost update");
    });
}

fn increment(count: &AtomicU32) {
    let seen = count.load(SeqCst); // line 18
    count.store(seen + 1, SeqCst); // line 19
}

#[test]
fn a_lock_guards_the_balance() {
    raceproof::model(|| {
        let balance = Arc::new(Mutex::named("balance", 500));
        let theirs = Arc::clone(&balance);
        let other = thread::spawn(move || *theirs.lock().unwrap() -= 100);
        *balance.lock().unwrap() -= 100;
        other.join().unwrap();
        assert_eq!(*balance.lock().unwrap(), 300);
    });
}

#[test]
fn two_models() {
    raceproof::model(|| assert!(raceproof::choose(3) < 3));
    raceproof::model(|| assert!(raceproof::choose(3) < 2, "too much"));
}
"#;

/// A new crate in a folder outside of this one's tree, with one file of tests; removed at the end.
struct Foreign {
    folder: PathBuf,
    name: &'static str,
}

impl Foreign {
    fn new(name: &'static str, tests: &str) -> Self {
        let unique = format!("raceproof-foreign-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(unique);
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("raceproof");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dev-dependencies]\nraceproof = {{ path = {ours:?} }}\n[workspace]\n"
        );
        for inner in ["src", "tests"] {
            fs::create_dir_all(folder.join(inner)).unwrap();
        }
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        fs::write(folder.join("tests").join(name).with_extension("rs"), tests).unwrap();
        // The same versions, so that nothing is fetched.
        let lock =
            ours.ancestors().map(|folder| folder.join("Cargo.lock")).find(|lock| lock.exists());
        fs::copy(lock.expect("the workspace has one"), folder.join("Cargo.lock")).unwrap();
        Foreign { folder, name }
    }

    /// What `cargo test` says of one test, and whether it passes.
    fn test(&self, name: &str, set: &[(&str, &str)]) -> (bool, String) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "test",
            "--offline",
            "--test",
            self.name,
            "--",
            "--nocapture",
            "--exact",
            name,
        ]);
        cargo.current_dir(&self.folder).env("CARGO_TARGET_DIR", self.folder.join("target"));
        let others = ["RUST_BACKTRACE", "NEXTEST", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"];
        for variable in ["RUSTFLAGS", "CARGO_BUILD_TARGET"].into_iter().chain(others) {
            cargo.env_remove(variable);
        }
        let output = cargo.env("COLUMNS", "80").envs(set.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    fn remembered(&self) -> PathBuf {
        self.folder.join("raceproof-regressions/two_increments_count.txt")
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_failing_test_is_told_remembered_and_run_again() {
    let bank = Foreign::new("bank", TESTS);
    let failing = "two_increments_count";

    let (passes, told) = bank.test(failing, &[]);
    assert!(!passes, "{told}");
    let summary = "assertion: lost update (left: 1, right: 2), at tests/bank.rs:13\n";
    assert!(told.contains(summary), "{told}");
    assert!(told.contains("▶ reads count: 0"), "{told}");
    assert!(told.contains("│ bank.rs:18\n") && told.contains("│ bank.rs:19\n"), "{told}");
    assert!(!told.contains("raceproof/src"), "a line of the checker is told:\n{told}");
    assert!(
        told.contains("is remembered in raceproof-regressions/two_increments_count.txt"),
        "{told}"
    );
    assert!(!told.contains('\u{1b}'), "no colour where there is no terminal:\n{told}");

    // It is a page for a browser, too, with the code and all executions, unless that is not wanted.
    assert!(
        told.contains("\nSee it in a browser:\n  target/raceproof/two_increments_count.html\n"),
        "{told}"
    );
    let sheet = bank.folder.join("target/raceproof/two_increments_count.html");
    let page = fs::read_to_string(&sheet).unwrap();
    assert!(page.contains("let seen = count.load(SeqCst); // line 18"), "{page}");
    assert!(page.contains("\"ends\":4,\"failing\":2,"), "{page}");
    fs::remove_file(&sheet).unwrap();
    let (passes, without) = bank.test(failing, &[("RACEPROOF_PAGE", "off")]);
    assert!(!passes && !without.contains("browser") && !sheet.exists(), "{without}");

    // In GitHub's actions, the lines are annotated, and the step has a summary.
    assert!(!told.contains("::error"), "{told}");
    let summary_file = bank.folder.join("summary.md");
    let actions =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary_file.to_str().unwrap())];
    let (_, annotated) = bank.test(failing, &actions);
    let error = "\n::error file=tests/bank.rs,line=13,title=two_increments_count::assertion: lost";
    let notice = "\n::notice file=tests/bank.rs,line=18,title=two_increments_count::step ";
    assert!(annotated.contains(error) && annotated.contains(notice), "{annotated}");
    let section = fs::read_to_string(&summary_file).unwrap();
    assert!(section.starts_with("### two_increments_count\n"), "{section}");
    assert!(section.contains("▶ reads count: 0"), "{section}");
    let off = [actions[0], actions[1], ("RACEPROOF_ANNOTATIONS", "off")];
    assert!(!bank.test(failing, &off).1.contains("::error"));
    assert_eq!(fs::read_to_string(&summary_file).unwrap(), section);

    // The printed command runs the same execution again, and no other.
    let command = told.split("RACEPROOF_REPLAY=").nth(1).expect("a command");
    let (schedule, command) = command.split_once(' ').unwrap();
    assert!(command.starts_with("cargo test two_increments_count\n"), "{told}");
    let (passes, again) = bank.test(failing, &[("RACEPROOF_REPLAY", schedule)]);
    let from_summary = |text: &str| text[text.find(summary).unwrap_or(0)..].to_owned();
    let lanes = |text: &str| from_summary(text).split("▶ the failure").next().unwrap().to_owned();
    assert!(!passes && lanes(&again) == lanes(&told), "{again}");

    // Another execution ends well, and is shown.
    let (passes, well) = bank.test(failing, &[("RACEPROOF_REPLAY", "0*2.1*2.0")]);
    assert!(passes && well.contains("ends well") && well.contains("reads count: 1"), "{well}");

    // A schedule of another program is refused.
    let (passes, unfit) = bank.test(failing, &[("RACEPROOF_REPLAY", "7*3")]);
    assert!(!passes && unfit.contains("RACEPROOF_REPLAY does not fit tests/bank.rs:7"), "{unfit}");

    // The remembered schedule is tried first.
    let kept = fs::read_to_string(bank.remembered()).unwrap();
    assert!(kept.contains(&format!("\n{schedule} # assertion: lost update")), "{kept}");
    let (passes, first) = bank.test(failing, &[]);
    let place = "remembered in raceproof-regressions/two_increments_count.txt:3 and tried first";
    assert!(!passes && first.replace("\n  ", " ").contains(place), "{first}");
    assert_eq!(fs::read_to_string(bank.remembered()).unwrap(), kept, "it is not added twice");

    // Once the test is mended, it is told and does not hurt.
    let mended = TESTS.replace("let seen = count.load(SeqCst);", "count.fetch_add(1, SeqCst);");
    let mended = mended.replace("count.store(seen + 1, SeqCst);", "");
    fs::write(bank.folder.join("tests/bank.rs"), mended).unwrap();
    let (passes, mended) = bank.test(failing, &[]);
    assert!(
        passes && mended.contains("raceproof-regressions/two_increments_count.txt:3: "),
        "{mended}"
    );
    assert!(mended.contains("proved: 2 executions"), "{mended}");

    let (passes, guarded) = bank.test("a_lock_guards_the_balance", &[]);
    assert!(passes && guarded.contains("proved: 2 executions, "), "{guarded}");
    let (passes, early) =
        bank.test("a_lock_guards_the_balance", &[("RACEPROOF_MAX_EXECUTIONS", "1")]);
    assert!(
        !passes && early.contains("not proved: the search was bounded (1 execution)"),
        "{early}"
    );
    // A schedule is for one of a test's models, and the others are explored.
    let (passes, told) = bank.test("two_models", &[]);
    assert!(!passes && told.contains("RACEPROOF_REPLAY=2@0:2 cargo test two_models"), "{told}");
    assert!(bank.folder.join("raceproof-regressions/two_models-2.txt").exists());
    let (passes, again) = bank.test("two_models", &[("RACEPROOF_REPLAY", "2@0:2")]);
    assert!(!passes && again.contains("too much") && again.contains("proved: 3 "), "{again}");

    let (passes, bad) = bank.test("a_lock_guards_the_balance", &[("RACEPROOF_TIME", "soon")]);
    assert!(!passes && bad.contains("RACEPROOF_TIME=soon in the environment"), "{bad}");
}

/// The text of the first block of this language in a page, and where it stands.
fn block<'a>(page: &'a str, language: &str) -> (&'a str, std::ops::Range<usize>) {
    let fence = format!("```{language}\n");
    let start = page.find(&fence).expect("the page has such a block") + fence.len();
    let end = start + page[start..].find("```").expect("a block ends");
    (&page[start..end], start..end)
}

/// Set `RACEPROOF_UPDATE=1` to have the failure written into the page instead of compared.
#[test]
fn the_front_page_shows_what_its_test_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let page = fs::read_to_string(&path).unwrap();
    let bank = Foreign::new("deposits", block(&page, "rust").0);
    let (passes, told) = bank.test("deposits_add_up", &[]);
    assert!(!passes, "{told}");
    let start = told.find("assertion: ").expect("a summary");
    let end =
        start + told[start..].find(".html\n").expect("a page, which comes last") + ".html\n".len();
    let (shown, place) = block(&page, "text");
    if std::env::var_os("RACEPROOF_UPDATE").is_some() {
        let updated =
            format!("{}{}{}", &page[..place.start], &told[start..end], &page[place.end..]);
        fs::write(path, updated).unwrap();
    } else {
        assert_eq!(shown, &told[start..end], "run it again with RACEPROOF_UPDATE=1");
    }
}
