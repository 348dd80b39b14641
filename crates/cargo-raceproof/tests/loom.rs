//! `cargo raceproof loom` in crates that are made for it, outside of this tree.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const TESTS: &str = r#"#![cfg(loom)]
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};

fn increments(increment: fn(&AtomicUsize)) {
    loom::model(move || {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = count.clone();
        let other = loom::thread::spawn(move || increment(&theirs));
        increment(&count);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "lost update");
    });
}

#[test]
fn counts() {
    increments(|count| _ = count.fetch_add(1, SeqCst));
}

#[test]
fn loses() {
    increments(|count| count.store(count.load(SeqCst) + 1, SeqCst));
}

#[test]
#[should_panic(expected = "lost update")]
fn must_lose() {
    increments(|count| count.store(count.load(SeqCst) + 1, SeqCst));
}

#[test]
fn is_bounded() {
    let mut builder = loom::model::Builder::new();
    builder.max_permutations = Some(1);
    builder.check(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = count.clone();
        loom::thread::spawn(move || theirs.fetch_add(1, SeqCst));
        count.load(SeqCst);
    });
}

#[test]
fn is_in_its_folder() {
    assert!(std::path::Path::new("tests/loom.rs").exists());
    assert_eq!(std::env::var("CARGO_MANIFEST_DIR").unwrap(), std::env::current_dir().unwrap().to_str().unwrap());
    assert!(!std::env::current_dir().unwrap().to_str().unwrap().contains("/raceproof/tree/"));
}

#[test]
#[ignore = "too slow"]
fn is_slow() {
    loom::model(|| {
        if let Ok(file) = std::env::var("STARTED") {
            std::fs::write(file, std::process::id().to_string()).unwrap();
        }
        loop {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    });
}

#[test]
#[ignore = "ends its process"]
fn aborts() {
    std::process::abort();
}
"#;

/// A new crate in a folder outside of this one's tree; removed at the end.
struct Crate {
    folder: PathBuf,
}

impl Crate {
    /// A crate with these dependencies and the tests of above.
    fn new(name: &str, dependencies: &str) -> Crate {
        let folder =
            std::env::temp_dir().join(format!("cargo-raceproof-{name}-{}", std::process::id()));
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{dependencies}\n[workspace]\n\
             [lints.rust]\nunexpected_cfgs = {{ level = \"allow\" }}\n"
        );
        let made = Crate { folder };
        made.write("Cargo.toml", &manifest);
        made.write("src/lib.rs", "");
        made.write("tests/loom.rs", TESTS);
        made
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Takes the versions that this workspace has, so that nothing is fetched.
    fn lock(&self) {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(ours, self.folder.join("Cargo.lock")).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(&self.folder);
        assert!(cargo.status().unwrap().success());
    }

    /// `cargo raceproof loom`, in this folder. All crates share one target directory.
    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-raceproof"));
        command.args(["raceproof", "loom"]).args(args.split_whitespace()).current_dir(&self.folder);
        for (variable, _) in std::env::vars() {
            let is_ours = ["RUST", "RACEPROOF", "LOOM", "CARGO_ENC", "CARGO_PROFILE"];
            if is_ours.iter().any(|beginning| variable.starts_with(beginning))
                && variable != "RUSTUP_TOOLCHAIN"
            {
                command.env_remove(variable);
            }
        }
        command.env("CARGO", env!("CARGO")).env("CARGO_TARGET_DIR", Self::target());
        command
    }

    fn target() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("loom")
    }

    /// The exit code, and what is told.
    fn run(&self, args: &str) -> (Option<i32>, String) {
        said(&mut self.command(args))
    }

    /// Every file, and what is in it.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => _ = files.insert(path.clone(), fs::read(path).unwrap()),
                }
            }
        }
        files
    }
}

impl Drop for Crate {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn said(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text = [output.stderr, output.stdout].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// The row of a test in the table, with one space between its columns.
fn row(told: &str, test: &str) -> String {
    let table = told.split("\ntest ").last().unwrap();
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(test));
    let row = row.unwrap_or_else(|| panic!("no row of {test}:\n{told}"));
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn tests_end_in_a_table_and_change_no_file() {
    let counter = Crate::new("counter", "[target.'cfg(loom)'.dependencies]\nloom = \"0.7\"");
    counter.lock();
    let before = counter.files();
    let (code, told) = counter.run("--profile dev --offline");
    assert_eq!(code, Some(1), "{told}");
    assert!(row(&told, "loom::counts").starts_with("loom::counts proved 2 "), "{told}");
    assert!(row(&told, "loom::loses").starts_with("loom::loses FAILED "), "{told}");
    assert!(
        row(&told, "loom::must_lose").starts_with("loom::must_lose fails as expected "),
        "{told}"
    );
    let bounded = row(&told, "loom::is_bounded");
    assert!(
        bounded.starts_with("loom::is_bounded passed, not proved 1 ") && bounded.ends_with(" a"),
        "{told}"
    );
    assert!(told.contains("\na: the search was bounded: 1 execution\n"), "{told}");
    assert!(
        row(&told, "loom::is_in_its_folder")
            .starts_with("loom::is_in_its_folder passed, no model - "),
        "{told}"
    );
    assert!(row(&told, "loom::is_slow").starts_with("loom::is_slow ignored - "), "{told}");
    assert!(
        told.ends_with(
            "\n7 tests: 1 proved; 1 passed, not proved; 1 fails as expected; 1 passed, no model; 2 ignored; 1 FAILED\n"
        ),
        "{told}"
    );
    assert!(
        told.contains("assertion: lost update (left: 1, right: 2), at tests/loom.rs:12\n"),
        "{told}"
    );
    assert_eq!(counter.files(), before);

    // What the failure says runs the same execution again.
    let (_, command) = told.split_once("RACEPROOF_REPLAY=").expect("a command");
    let (schedule, command) = command.split_once(' ').unwrap();
    let command = command.lines().next().unwrap();
    assert_eq!(command, "cargo raceproof loom -- --profile dev loses");
    let args = command.strip_prefix("cargo raceproof loom").unwrap();
    let (code, again) =
        said(counter.command(args).env("RACEPROOF_REPLAY", schedule).arg("--offline"));
    assert!(
        again.contains("lost update") && row(&again, "loom::loses").contains("FAILED 1 "),
        "{again}"
    );
    assert_eq!(code, Some(1));

    // Arguments choose tests, and each has a process of its own.
    let (code, told) =
        counter.run("--profile dev --offline -- --exact counts aborts --include-ignored");
    assert_eq!(code, Some(1), "{told}");
    assert!(row(&told, "loom::aborts").starts_with("loom::aborts CRASHED"), "{told}");
    assert!(told.ends_with("\n2 tests: 1 proved; 1 CRASHED\n"), "{told}");
    let (code, told) = counter.run("--profile dev --offline counts");
    assert_eq!((code, told.ends_with("\n1 test: 1 proved\n")), (Some(0), true), "{told}");
    let (code, told) = counter.run("--limit 0.5 -- --profile dev --offline is_slow -- --ignored");
    assert_eq!((code, told.ends_with("\n1 test: 1 UNFINISHED\n")), (Some(1), true), "{told}");

    // Nobody reads the results.
    let mut child =
        counter.command("--profile dev --offline counts").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    if let Ok(full) = File::options().write(true).open("/dev/full") {
        let (code, told) = said(counter.command("--profile dev --offline counts").stdout(full));
        assert!(code == Some(2) && told.contains("No space left"), "{told}");
    }
    assert_eq!(counter.files(), before);
}

#[test]
fn versions_and_workspaces_are_those_of_the_crate() {
    let outer = Crate::new("outer", "");
    fs::remove_dir_all(outer.folder.join("tests")).unwrap();
    outer.write(
        "house/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"rooms/*\"]\n[workspace.lints.rust]\nunexpected_cfgs = \"allow\"\n",
    );
    let member = |name: &str, loom: &str, more: &str| {
        outer.write(
            &format!("house/rooms/{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lints]\nworkspace = true\n\
                 [dependencies]\n{more}\n[target.'cfg(loom)'.dependencies]\nloom = \"{loom}\"\n"
            ),
        );
        outer.write(&format!("house/rooms/{name}/tests/loom.rs"), TESTS);
        outer.write(&format!("house/rooms/{name}/src/lib.rs"), "");
    };
    member("old", "0.5", "outer = { path = \"../../..\" }");
    member("new", "=0.7.2", "");
    let before = outer.files();
    let house = Crate { folder: outer.folder.join("house") };
    let (code, told) = house.run("--profile dev counts");
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.ends_with("\n2 tests: 2 proved\n") && told.contains("\nold loom::counts  proved"),
        "{told}"
    );
    assert!(told.contains("loom v0.7.2 (") && told.contains("loom v0.5.6 ("), "{told}");
    // One of them, from its folder, and by its manifest. No lock file has come of it.
    let old = Crate { folder: outer.folder.join("house/rooms/old") };
    let (code, told) = old.run("--profile dev counts");
    assert_eq!((code, told.ends_with("\n1 test: 1 proved\n")), (Some(0), true), "{told}");
    let (code, told) = outer.run("--profile dev --manifest-path house/rooms/new/Cargo.toml counts");
    assert_eq!((code, told.ends_with("\n1 test: 1 proved\n")), (Some(0), true), "{told}");
    assert_eq!(outer.files(), before);
}

#[test]
fn what_cannot_be_run_is_told() {
    let told = |it: &Crate, args: &str| {
        let (code, told) = it.run(args);
        assert_eq!(code, Some(2), "{told}");
        told
    };
    let none = Crate::new("none", "");
    assert!(told(&none, "").contains("depends on loom"));
    assert!(told(&none, "--facade /nowhere").contains("/nowhere (--facade): set RACEPROOF_LOOM"));
    let (code, variable) = said(none.command("").env("RACEPROOF_LOOM", "/nowhere"));
    assert!(code == Some(2) && variable.contains("/nowhere (RACEPROOF_LOOM)"), "{variable}");
    assert!(told(&none, "--limit soon").contains("--limit takes a number of seconds"));
    let loom = Path::new(env!("CARGO_MANIFEST_DIR")).join("../loom");
    let patched =
        Crate::new("patched", &format!("[dev-dependencies]\nloom = {{ path = {loom:?} }}"));
    assert!(told(&patched, "").contains("loom does not come from a registry here"));
    let broken = Crate::new("broken", "[dev-dependencies]\nloom = \"0.7\"");
    broken.write("src/lib.rs", "nonsense");
    assert!(told(&broken, "--profile dev").contains("could not compile `broken`"));
    let folder = Crate { folder: none.folder.join("src") };
    fs::remove_file(none.folder.join("Cargo.toml")).unwrap();
    assert!(told(&folder, "").contains("could not find `Cargo.toml`"));
}

/// Waits until a file has something in it, and reads that as a number.
fn number(file: &Path) -> i32 {
    let begun = Instant::now();
    loop {
        if let Some(number) = fs::read_to_string(file).ok().and_then(|text| text.parse().ok()) {
            return number;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(500),
            "nothing is written to {}",
            file.display()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

/// Fails if a process does not end soon.
fn ends(process: i32) {
    let begun = Instant::now();
    let is_alive = || {
        let state = Command::new("ps")
            .args(["-o", "stat=", "-p", &process.to_string()])
            .output()
            .unwrap()
            .stdout;
        !(state.is_empty() || state.starts_with(b"Z"))
    };
    while is_alive() {
        assert!(begun.elapsed() < Duration::from_secs(10), "process {process} goes on");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn no_process_outlives_an_end_from_outside() {
    let slow = Crate::new("slow", "[target.'cfg(loom)'.dev-dependencies]\nloom = \"0.7\"");
    slow.lock();
    let before = slow.files();
    let started = Crate::target().with_extension("started");
    let start = || -> (Child, i32) {
        let _ = fs::remove_file(&started);
        let mut command = slow.command(
            "--profile dev --offline -- counts is_slow --include-ignored --test-threads 2",
        );
        let child = command.env("STARTED", &started).stdout(Stdio::piped()).spawn().unwrap();
        let test = number(&started);
        (child, test)
    };
    let (mut child, test) = start();
    // The other test has ended.
    let mut line = [0; 21];
    child.stdout.as_mut().unwrap().read_exact(&mut line).unwrap();
    send("-INT", child.id());
    let ended = child.wait_with_output().unwrap();
    ends(test);
    let told = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(told.ends_with("\n1 test: 1 proved\ninterrupted: there are more tests\n"), "{told}");

    let (mut child, test) = start();
    send("-KILL", child.id());
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    ends(test);
    assert_eq!(slow.files(), before);
}
