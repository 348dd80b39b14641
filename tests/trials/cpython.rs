//! Each primitive, and its model, compared with CPython's own: the same random operations must give
//! equal answers and errors.
//!
//! The Python is `python3`, or the one that `RACEPROOF_PYTHON` names; without one the tests say so
//! and pass, except under CI. Operations that it lacks (queues can be shut down since 3.13) are left
//! out.

use super::{
    sequential::{Call, Object, SUBJECTS, Subject},
    trial,
};
use libtest_mimic::Trial;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::{
    cell::RefCell,
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The number of sequences that each primitive is compared on.
const SEQUENCES: u32 = 1_000;

/// The primitives that take Python a good part of a millisecond for every operation, or milliseconds for every object,
/// and the number for those.
const SLOW: &[(&str, u32)] = &[
    ("process_pool", 150),
    ("process_executor", 150),
    ("managed_lock", 50),
    ("managed_rlock", 50),
    ("managed_semaphore", 50),
    ("managed_bounded_semaphore", 50),
    ("managed_event", 50),
    ("managed_condition", 50),
    ("managed_barrier", 50),
    ("managed_queue", 50),
];

/// A Python that answers operations on its own objects.
struct Python {
    child: Child,
    /// `None` once all questions have been asked.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    hello: Hello,
}

/// Its first output.
#[derive(serde::Deserialize)]
struct Hello {
    version: String,
    /// Operations that it lacks.
    missing: Vec<String>,
}

impl Python {
    fn start() -> io::Result<Self> {
        let program = std::env::var("RACEPROOF_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut child = Command::new(program)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trials/cpython.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().expect("piped"));
        let hello = read(&mut answers)?;
        Ok(Self { child, requests, answers, hello })
    }

    fn ask(&mut self, subject: &str, size: i64, calls: &[Call]) -> io::Result<Vec<String>> {
        let request = serde_json::json!({ "subject": subject, "size": size, "calls": calls });
        let mut requests = self.requests.as_ref().expect("open until the drop");
        writeln!(requests, "{request}")?;
        read(&mut self.answers)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends by itself, and with it its manager, which would outlive a killed process.
        self.requests = None;
        let _ = self.child.wait();
    }
}

fn read<T: serde::de::DeserializeOwned>(from: &mut impl BufRead) -> io::Result<T> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The operations that both support.
fn common(subject: Subject, missing: &[String]) -> &'static [&'static str] {
    let known = |operation: &&&str| !missing.iter().any(|missing| missing == **operation);
    subject.operations.iter().filter(known).copied().collect::<Vec<_>>().leak()
}

fn agrees_with_python(subject: Subject) -> Result<(), String> {
    let python = match Python::start() {
        Ok(python) => RefCell::new(python),
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("{}: skipped, no python3: {error}", subject.name);
            return Ok(());
        }
        Err(error) => return Err(format!("no python3: {error}")),
    };
    let operations = common(subject, &python.borrow().hello.missing);
    let slow = SLOW.iter().find(|(name, _)| *name == subject.name);
    let cases = slow.map_or(SEQUENCES, |&(_, few)| few);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&subject.sequences(operations), |(size, calls)| {
        let theirs = python.borrow_mut().ask(subject.name, size, &calls);
        let theirs = theirs.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let answers = |mut object: Object| calls.iter().map(|&call| object(call)).collect();
        let ours: Vec<_> = answers((subject.ours)(size));
        proptest::prop_assert_eq!(ours, theirs.clone());
        let model: Vec<_> = answers((subject.model)(size));
        proptest::prop_assert_eq!(model, theirs, "the model");
        Ok(())
    });
    let version = &python.borrow().hello.version;
    result.map_err(|error| format!("Python {version}: {error}"))
}

pub(crate) fn trials() -> Vec<Trial> {
    let of =
        |&subject: &Subject| trial("cpython", subject.name, move || agrees_with_python(subject));
    SUBJECTS.iter().map(of).collect()
}
