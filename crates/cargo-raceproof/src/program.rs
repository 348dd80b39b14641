//! Runs the tests of one test program, as cargo's runner for it: each test in a process of its own.
//!
//! So each has its own verdict, whatever happens in another, and what its models report is known to be its own.

use std::collections::{BTreeSet, VecDeque};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::row::{Row, Verdict};
use crate::table;

/// The argument by which this program is a runner.
pub(crate) const RUNNER: &str = "run-test-program";
/// The folder for what the tests report, in the environment.
pub(crate) const FOLDER: &str = "RACEPROOF_RUNNER_FOLDER";
/// The tree of links, see [`mirror`](crate::mirror).
pub(crate) const TREE: &str = "RACEPROOF_RUNNER_TREE";
/// How long a test may take, in seconds.
pub(crate) const LIMIT: &str = "RACEPROOF_RUNNER_LIMIT";

/// Arguments with which a test program runs no test.
const ONLY_TELLS: &[&str] = &["--list", "--help", "-h"];
/// How often a test with a limit is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// A test program.
struct Program {
    path: PathBuf,
    args: Vec<String>,
    package: String,
    /// Its name, as cargo's arguments have it.
    name: String,
    /// The package's folder.
    home: PathBuf,
    reports: PathBuf,
    limit: Option<Duration>,
    captures: bool,
}

/// Runs the tests of the program that the arguments name. Fails only if that is not possible: what the tests come to
/// is in the report.
pub(crate) fn run(mut args: impl Iterator<Item = OsString>) -> io::Result<()> {
    end_with_parent();
    let path = args.next().ok_or_else(|| io::Error::other("no test program is named"))?;
    let program =
        Program::new(path.into(), args.map(|arg| arg.to_string_lossy().into_owned()).collect())?;
    if program.args.iter().any(|arg| ONLY_TELLS.contains(&arg.as_str())) {
        return program.command(&program.args).status().map(drop);
    }
    let is_ignored_run =
        program.args.iter().any(|arg| ["--ignored", "--include-ignored"].contains(&arg.as_str()));
    let Some(tests) = program.tests(&[]) else {
        // It has a harness of its own.
        return program.record(&program.whole()?);
    };
    let ignored =
        if is_ignored_run { Vec::new() } else { program.tests(&["--ignored"]).unwrap_or_default() };
    let ignored: BTreeSet<_> = ignored.into_iter().collect();
    let queue = Mutex::new(VecDeque::from(tests));
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let work = || {
        while let Some(test) = next() {
            let row = if ignored.contains(&test) {
                program.ignored(&test)
            } else {
                program.test(&test)?
            };
            program.record(&row)?;
        }
        io::Result::Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..program.threads()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(io::Error::other("a bug"))))
    })
}

/// Standard input is a pipe from the program that prints the table. When it ends, however it ends, so does
/// everything in this process group.
fn end_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::KILL);
    });
}

impl Program {
    fn new(path: PathBuf, args: Vec<String>) -> io::Result<Program> {
        let folder = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .ok_or_else(|| io::Error::other(format!("no {name}")))
        };
        let here = env::current_dir()?;
        // Cargo names the folder in the tree of links.
        let home = env::var_os("CARGO_MANIFEST_DIR").map_or(here, PathBuf::from);
        let home = home
            .strip_prefix(folder(TREE)?)
            .map_or_else(|_| home.clone(), |path| Path::new("/").join(path));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = stem.rsplit_once('-').map_or(stem.clone(), |(name, _)| name.to_owned());
        let captures =
            !args.iter().any(|arg| ["--nocapture", "--no-capture"].contains(&arg.as_str()));
        let limit =
            env::var(LIMIT).ok().and_then(|limit| limit.parse().ok()).map(Duration::from_secs_f64);
        let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
        Ok(Program { path, args, package, name, home, reports: folder(FOLDER)?, limit, captures })
    }

    fn command(&self, args: &[impl AsRef<std::ffi::OsStr>]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(args)
            .stdin(Stdio::null())
            .current_dir(&self.home)
            .env("CARGO_MANIFEST_DIR", &self.home);
        command
    }

    /// The tests that the arguments choose. None if the program cannot list them.
    fn tests(&self, more: &[&str]) -> Option<Vec<String>> {
        let args = self.args.iter().map(String::as_str).chain(["--list", "--format", "terse"]);
        let args: Vec<_> = args.chain(more.iter().copied()).collect();
        let listed = self.command(&args).stderr(Stdio::null()).output().ok()?;
        let text = listed.status.success().then(|| String::from_utf8(listed.stdout).ok())??;
        let kinds = [": test", ": benchmark"];
        let lines = text.lines().filter(|line| !line.is_empty());
        let all_are = lines.clone().all(|line| kinds.iter().any(|kind| line.ends_with(kind)));
        all_are.then(|| {
            lines.filter_map(|line| line.strip_suffix(": test").map(str::to_owned)).collect()
        })
    }

    /// How many tests run at the same time, as in a test program.
    fn threads(&self) -> usize {
        let mut args = self.args.iter();
        let asked = args.find_map(|arg| match arg.strip_prefix("--test-threads") {
            Some("") => Some(String::new()),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        });
        let asked = asked.map(|value| {
            if value.is_empty() { args.next().cloned().unwrap_or_default() } else { value }
        });
        let asked = asked
            .or_else(|| env::var("RUST_TEST_THREADS").ok())
            .and_then(|value| value.parse().ok());
        asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get)
    }

    fn row(&self, test: String, verdict: Verdict) -> Row {
        let package = self.package.clone();
        Row { package, test, verdict, executions: None, time: Duration::ZERO, notes: Vec::new() }
    }

    fn ignored(&self, test: &str) -> Row {
        self.row(format!("{}::{test}", self.name), Verdict::Ignored)
    }

    fn test(&self, test: &str) -> io::Result<Row> {
        let mut args = vec!["--exact", test, "--include-ignored"];
        args.extend((!self.captures).then_some("--nocapture"));
        self.run(format!("{}::{test}", self.name), self.command(&args))
    }

    /// The whole program as one test.
    fn whole(&self) -> io::Result<Row> {
        self.run(self.name.clone(), self.command(&self.args))
    }

    fn run(&self, test: String, mut command: Command) -> io::Result<Row> {
        let file = |kind: &str| {
            self.reports.join(format!("{}.{kind}", test.replace("::", ".").replace('/', "_")))
        };
        let (report, output) = (file("report"), file("output"));
        File::create(&report)?;
        command.env("RACEPROOF_REPORT", &report);
        if self.captures {
            let out = File::create(&output)?;
            command.stdout(out.try_clone()?).stderr(out);
        }
        let begun = Instant::now();
        let ended = self.wait(command)?;
        let verdict = match ended {
            None => Verdict::Unfinished,
            Some(status) if status.success() => Verdict::NoModel,
            Some(status) if status.code().is_none() => Verdict::Crashed,
            Some(_) => Verdict::Failed,
        };
        let mut row = self.row(test, verdict);
        row.time = begun.elapsed();
        row.add_models(&fs::read_to_string(&report)?);
        fs::remove_file(&report)?;
        let mut told = line_of(&row);
        if self.captures {
            let said = String::from_utf8_lossy(&fs::read(&output)?).into_owned();
            fs::remove_file(&output)?;
            if verdict.is_bad() {
                told += &format!("\n{}\n\n", essence(&said));
            }
        }
        let mut out = io::stdout().lock();
        out.write_all(told.as_bytes())?;
        out.flush()?;
        Ok(row)
    }

    /// Waits for a test. None if it takes too long.
    fn wait(&self, mut command: Command) -> io::Result<Option<ExitStatus>> {
        let mut child = command.spawn()?;
        let Some(limit) = self.limit else { return child.wait().map(Some) };
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(GLANCE);
        }
        child.kill()?;
        child.wait()?;
        Ok(None)
    }

    fn record(&self, row: &Row) -> io::Result<()> {
        let rows = self.reports.join("rows");
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(rows)?
            .write_all((row.to_json() + "\n").as_bytes())
    }
}

/// What is told of a test when it has ended.
fn line_of(row: &Row) -> String {
    let executions = match row.executions {
        None => String::new(),
        Some(1) => ", 1 execution".to_owned(),
        Some(executions) => format!(", {} executions", table::grouped(executions)),
    };
    format!("test {} ... {}{executions}, {}\n", row.test, row.verdict.word(), table::told(row.time))
}

/// What a failing test has said, without what its program says of it.
fn essence(said: &str) -> &str {
    let said = said.split_once(" stdout ----\n").map_or(said, |(_, said)| said);
    said.split_once("\n\nfailures:\n    ").map_or(said, |(said, _)| said).trim()
}
