//! A search that survives its process: what it owes, and what it has found so far, in a file.
//!
//! ```text
//! raceproof checkpoint 1
//! unit UNIT
//! counts EXECUTIONS STEPS REDUNDANT FAILURES DEADLOCKS MILLISECONDS
//! failed PIECE
//! assumes NUMBER NUMBER
//! outcome EXECUTIONS "TEXT"
//! end HASH
//! ```
//!
//! The unit is what is left; `failed` is the way to the first execution that fails, if failures are counted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::{Exploration, Explorer, Outcome};
use super::pieces::{Stop, UnderWay};
use super::{Unit, UnitError, build, put_together, text};
use crate::execution::piece::{Extent, Piece};
use crate::kernel::Assumption;

const BEGIN: &str = "raceproof checkpoint 1";

/// How far a search has come.
struct State {
    /// What is left.
    unit: Unit,
    found: Exploration,
    failed: Option<Piece>,
}

impl Explorer {
    /// As [`check`](Explorer::check), in a way that survives the end of its process at any moment: what is still to be
    /// explored, and what was found so far, is written to the file every few seconds and when a limit is
    /// reached. A search that finds the file goes on from it, and comes to the same as one that was never
    /// interrupted; at most some seconds' work is done again. A search that is over leaves its result there.
    ///
    /// The file is replaced as a whole, so it is never half written. If that fails, because the disk is full for
    /// example, a line on standard error says so, the file stays as it was, and the search goes on.
    ///
    /// It explores what [units](Explorer::unit) do, in the same way: with one worker, and under
    /// Rust's memory model, unless [`Memory::Sequential`](crate::Memory::Sequential) is asked for.
    /// [Limits](Explorer::time_limit) are those of this run, not of all together.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("raceproof-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let file = folder.join("checkpoint");
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Outcome, thread};
    ///
    /// let increments = || {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 4].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || count.fetch_add(1, SeqCst))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// };
    /// let some = Explorer::new().max_executions(10).check_with_checkpoint(&file, increments)?;
    /// assert!(matches!(some.outcome, Outcome::Bounded(_)));
    /// let all = Explorer::new().check_with_checkpoint(&file, increments)?;
    /// assert!(matches!(all.outcome, Outcome::Proved) && all.executions == 24);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<_, raceproof::UnitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`unit`](Explorer::unit), of a file that is one of another search.
    /// [`UnitError::NoCheckpoint`]: the file cannot be read, or is damaged; it is left as it is.
    pub fn check_with_checkpoint<F: Fn()>(
        &self,
        file: impl AsRef<Path>,
        model: F,
    ) -> Result<Exploration, UnitError> {
        let (begun, file) = (Instant::now(), file.as_ref());
        let mut state = match fs::read_to_string(file) {
            Ok(text) => State::parse(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(self.all()?),
            Err(error) => return Err(UnitError::NoCheckpoint(error.to_string())),
        };
        self.check_own(&state.unit)?;
        let mut writer = Writer::new(file, self.checkpoint_every);
        loop {
            match self.go_on(&state, &model, &mut writer) {
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Learnt(lesson)) => {
                    // What was found so far is of another tree.
                    let mut all = self.all()?;
                    all.lessons.clone_from(&state.unit.lessons);
                    all.lessons.push(lesson);
                    state = State::new(all);
                }
                Ok(mut found) => {
                    found.elapsed += begun.elapsed();
                    return Ok(found);
                }
            }
        }
    }

    /// Has a search with a checkpoint write it after so much time, in place of five seconds: for tests of it.
    #[doc(hidden)]
    pub fn checkpoint_every(mut self, time: Duration) -> Self {
        self.checkpoint_every = time;
        self
    }

    fn go_on(
        &self,
        state: &State,
        model: &dyn Fn(),
        writer: &mut Writer<'_>,
    ) -> Result<Exploration, Stop> {
        let begun = Instant::now();
        let now = |found: &Exploration, assumptions, left, failed: &Option<Piece>, program| {
            let unit = Unit { pieces: left, program: Some(program), ..state.unit.clone() };
            let mut all = state.found.clone();
            all.add_part(found.clone());
            all.elapsed += begun.elapsed();
            all.assumptions = put_together(all.assumptions.into_iter().chain(assumptions));
            State { unit, found: all, failed: state.failed.as_ref().or(failed.as_ref()).cloned() }
        };
        let mut look = |way: &UnderWay<'_, '_>| {
            if writer.is_due() {
                let (found, left) = (way.found(), way.left());
                writer.write(&now(found, way.assumptions(), left, way.failed, way.program));
            }
        };
        let knows_failure = state.failed.is_some();
        let explored = self.explore_pieces(&state.unit, knows_failure, model, &mut look)?;
        let left = explored.left.clone();
        let assumptions = explored.found.assumptions.clone();
        let all = now(&explored.found, assumptions, left, &explored.failed, explored.program);
        if explored.is_over {
            writer.write(&all);
        }
        let mut found = all.found;
        let failing = match (explored.failing, all.failed) {
            (Some(failing), _) => Some(failing),
            (None, Some(failed)) => {
                // An earlier process has come to it.
                let node = Piece { extent: Extent::Node(u32::MAX), ..failed };
                let unit = Unit { pieces: vec![node], ..all.unit };
                let again = self.first_of(&unit, model)?;
                Some(again)
            }
            (None, None) => None,
        };
        let nothing = "no execution: each was stopped before its end";
        found.outcome = match (failing, explored.bound) {
            (Some(failing), _) => Outcome::Failed(self.told(model, failing)),
            (None, Some(bound)) => Outcome::Bounded(bound),
            (None, None) if found.executions == 0 => Outcome::Bounded(nothing.to_owned()),
            (None, None) => Outcome::Proved,
        };
        found.elapsed = state.found.elapsed;
        Ok(found)
    }
}

/// Writes the file now and then.
struct Writer<'a> {
    file: &'a Path,
    every: Duration,
    last: Instant,
    /// The last time it could not be written.
    failed: bool,
}

impl<'a> Writer<'a> {
    fn new(file: &'a Path, every: Duration) -> Self {
        Writer { file, every, last: Instant::now(), failed: false }
    }

    fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    fn write(&mut self, state: &State) {
        let written = self.replace(&state.to_string());
        self.last = Instant::now();
        if let Some(error) = written.as_ref().err().filter(|_| !self.failed) {
            let file = self.file.display();
            eprintln!(
                "raceproof: the checkpoint {file} is not written, the search goes on: {error}"
            );
        }
        self.failed = written.is_err();
    }

    /// Writes another file beside it, and puts that in its place.
    fn replace(&self, text: &str) -> io::Result<()> {
        let mut beside = self.file.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let mut new = File::create(&beside)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs::rename(&beside, self.file)
    }
}

/// The assumptions of units, by the numbers that stand for them in the file.
const ASSUMPTIONS: [Assumption; 9] = [
    Assumption::NoSpuriousWakeups,
    Assumption::RareSpuriousWakeups,
    Assumption::ExtremeTimes,
    Assumption::MeasuredTimes,
    Assumption::FewTicks,
    Assumption::SystemClock,
    Assumption::ReadersPass,
    Assumption::NoLoadBuffering,
    Assumption::EndsAfterUses,
];

impl State {
    fn new(unit: Unit) -> Self {
        State { unit, found: Exploration::nothing(), failed: None }
    }

    fn parse(text: &str) -> Result<Self, UnitError> {
        let no = |why: &str| UnitError::NoCheckpoint(why.to_owned());
        let mut lines = text.lines();
        if lines.next() != Some(BEGIN) {
            return Err(no("the file is none of this version's"));
        }
        let damaged = || no("the file is cut off or changed");
        let (body, end) = text.rsplit_once("end ").ok_or_else(damaged)?;
        if end != format!("{:016x}\n", build::hash(body.as_bytes())) {
            return Err(damaged());
        }
        let unit = lines.next().and_then(|line| line.strip_prefix("unit ")).ok_or_else(damaged)?;
        let mut state = State::new(unit.parse().map_err(|_| damaged())?);
        for line in lines {
            let (key, value) = line.split_once(' ').ok_or_else(damaged)?;
            state.read(key, value).ok_or_else(damaged)?;
        }
        Ok(state)
    }

    fn read(&mut self, key: &str, value: &str) -> Option<()> {
        let found = &mut self.found;
        match key {
            "counts" => {
                let numbers = value.split(' ').map(|number| number.parse().ok());
                let numbers = numbers.collect::<Option<Vec<u64>>>()?;
                let [executions, steps, redundant, failures, deadlocks, elapsed] = numbers[..]
                else {
                    return None;
                };
                (found.executions, found.steps, found.redundant) = (executions, steps, redundant);
                (found.failures, found.deadlocks) = (failures, deadlocks);
                found.elapsed = Duration::from_millis(elapsed);
            }
            "failed" => self.failed = Some(text::parse_piece(value)?),
            "assumes" => {
                let assumption = |number: &str| ASSUMPTIONS.get(number.parse::<usize>().ok()?);
                let all = value.split_whitespace().map(|number| assumption(number).cloned());
                found.assumptions = all.collect::<Option<_>>()?;
            }
            "outcome" => {
                let (executions, told) = value.split_once(' ')?;
                found.outcomes.insert(unescaped(told)?, executions.parse().ok()?);
            }
            "end" => {}
            _ => return None,
        }
        Some(())
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Exploration { executions, steps, redundant, failures, deadlocks, elapsed, .. } =
            self.found;
        let mut body = format!(
            "{BEGIN}\nunit {}\ncounts {executions} {steps} {redundant} {failures} {deadlocks} {}\n",
            self.unit,
            elapsed.as_millis(),
        );
        if let Some(failed) = &self.failed {
            body += &format!("failed {}\n", text::piece(failed));
        }
        let number = |it: &Assumption| {
            let number = ASSUMPTIONS.iter().position(|other| other == it);
            format!(" {}", number.expect("units assume nothing else"))
        };
        let numbers = self.found.assumptions.iter().map(number).collect::<String>();
        body += &format!("assumes{}\n", if numbers.is_empty() { " " } else { &numbers });
        let outcomes: &BTreeMap<_, _> = &self.found.outcomes;
        for (told, executions) in outcomes {
            body += &format!("outcome {executions} {}\n", escaped(told));
        }
        writeln!(f, "{body}end {:016x}", build::hash(body.as_bytes()))
    }
}

/// A text in one line.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescaped(line: &str) -> Option<String> {
    let (mut text, mut marks) = (String::new(), line.chars());
    while let Some(mark) = marks.next() {
        text.push(match mark {
            '\\' => match marks.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            mark => mark,
        });
    }
    Some(text)
}
