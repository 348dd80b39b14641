//! A model as a test: it passes if it is proved, and panics with what a person must know if not.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::{env, fs};

use crate::execution::{misuse, try_kernel};
use crate::explorer::{Exploration, Explorer, Model, Outcome};
use crate::kernel::FailureKind;
use crate::regressions::Regressions;
use crate::sheets;
use crate::telling::annotations::{ROOM, annotation, main_place, of_others, section};
use crate::telling::failure::Failure;
use crate::telling::lanes::{Page, draw};
use crate::telling::schedule::Schedule;
use crate::telling::text::{Style, count, duration, wrap};
use crate::telling::trace::Place;

/// A schedule that is remembered is printed if it is no longer than this.
const SHORT: usize = 2_000;

/// Explores every inequivalent interleaving of a closure's threads. Returns if none fails, and
/// prints how many there are: `proved: 156 executions, 3 ms`.
///
/// As [`Explorer::model`] without limits of its own; see [`Explorer::environment`] for the
/// variables that set some.
///
/// ```
/// use raceproof::sync::{Arc, Mutex};
/// use raceproof::thread;
///
/// raceproof::model(|| {
///     let count = Arc::new(Mutex::named("count", 0));
///     let theirs = Arc::clone(&count);
///     let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
///     *count.lock().unwrap() += 1;
///     other.join().unwrap();
///     assert_eq!(*count.lock().unwrap(), 2);
/// });
/// ```
///
/// # The failing execution as a page
///
/// A test that fails under `cargo test` writes one file for a browser, too: `target/raceproof/<test>.html`. It needs
/// no network and no other file, so that it can be kept with the log of a CI run. If the model has no more than 2,000
/// states, and they are found within half a second, its reader is the scheduler: chooses which thread takes the next
/// step, in every way that there is. Otherwise it has the failing execution, step by step. `RACEPROOF_PAGE=off` writes
/// none, and so does a test that [remembers](Explorer::regressions) no schedule.
///
/// # In GitHub's actions
///
/// Where `GITHUB_ACTIONS` is `true`, a failing test that remembers its schedule also annotates the lines on which the failure
/// hangs, and adds its lanes to the summary of the step. `RACEPROOF_ANNOTATIONS=off` leaves that out.
///
/// # Panics
///
/// If an execution fails, or if the search ends before it is complete.
#[track_caller]
pub fn model<F: Fn()>(model: F) {
    Explorer::new().model(model);
}

impl Explorer {
    /// Explores as [`check`](Explorer::check) does, and is a test: it prints what it proves, and panics with
    /// what fails. First it takes what the [environment](Explorer::environment) sets.
    ///
    /// In a test that `cargo test` runs, a failing schedule is remembered in `raceproof-regressions/<test>.txt`
    /// beside the crate, and tried first from then on: see [`regressions`](Explorer::regressions).
    ///
    /// # Panics
    ///
    /// If an execution fails; if the search ends before it is complete, unless that is
    /// [allowed](Explorer::allow_bounded); if a variable of the environment has no meaning.
    #[track_caller]
    pub fn model<F: Fn()>(&self, model: F) {
        Test::begin(self, Location::caller()).run(Model::alone(&model));
    }

    /// As [`model`](Explorer::model), on as many OS threads as there are [workers](Explorer::workers): one, unless this
    /// explorer or `RACEPROOF_WORKERS` says otherwise. So does `#[raceproof::test]`.
    ///
    /// # Panics
    ///
    /// As [`model`](Explorer::model).
    #[track_caller]
    pub fn model_in_parallel<F: Fn() + Sync>(&self, model: F) {
        Test::begin(self, Location::caller()).run(Model::shared(&model));
    }

    /// As [`model`](Explorer::model), but by `search`, which is given this explorer with what the environment
    /// sets. No schedule is remembered.
    ///
    /// # Panics
    ///
    /// As [`model`](Explorer::model).
    #[doc(hidden)]
    #[track_caller]
    pub fn model_by<F: Fn()>(
        &self,
        model: F,
        search: impl FnOnce(&Explorer, &dyn Fn()) -> Exploration,
    ) {
        let mut test = Test::begin(self, Location::caller());
        test.regressions = None;
        let found = search(&test.explorer, &model);
        match &found.outcome {
            Outcome::Proved if test.explorer.settings.replay.is_some() => {
                println!("run again, this execution ends well");
            }
            _ => test.tell(&found, &model),
        }
    }

    /// Explores as [`model`](Explorer::model) does, and passes if an execution fails whose summary contains
    /// `text`. Returns that failure. No schedule is remembered.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::sync::Mutex;
    ///
    /// Explorer::new().expect_failure("deadlock", || {
    ///     let account = Mutex::named("account", 0);
    ///     let _first = account.lock();
    ///     let _second = account.lock();
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If no execution fails, or the first that does fails in another way.
    #[track_caller]
    pub fn expect_failure<F: Fn()>(&self, text: &str, model: F) -> Failure {
        let test = Test::begin(self, Location::caller());
        match test.explorer.clone().minimise().check(model) {
            Exploration { outcome: Outcome::Failed(failure), .. } => {
                let told = format!("{}: {}", failure.kind, failure.message);
                if !told.contains(text) && !failure.summary().contains(text) {
                    let wanted =
                        format!("a failure with `{text}` was expected, and this is another");
                    panic!("{wanted}\n\n{}", failure.describe(test.page));
                }
                failure
            }
            Exploration { executions, .. } => {
                let executions = count(executions, "execution");
                panic!("a failure with `{text}` was expected, and none of {executions} fails")
            }
        }
    }
}

fn tell_assumptions(found: &Exploration) {
    for assumption in &found.assumptions {
        println!("  assuming that {assumption}");
    }
}

/// One model of one test.
struct Test {
    explorer: Explorer,
    /// The test's name, if the thread has one.
    name: Option<String>,
    /// Which model of the test it is, counted from one.
    nth: usize,
    /// Where its failing schedules are, if it is the model of a test and they are wanted.
    regressions: Option<Regressions>,
    page: Page,
    at: &'static Location<'static>,
}

thread_local! {
    /// How many models have run on this OS thread.
    static MODELS: Cell<usize> = const { Cell::new(0) };
}

impl Test {
    #[track_caller]
    fn begin(explorer: &Explorer, at: &'static Location<'static>) -> Self {
        if try_kernel(|_| ()).is_some() {
            misuse("a model inside a model: call one after the other");
        }
        let mut explorer = match explorer.clone().environment() {
            Ok(explorer) => explorer,
            Err(error) => panic!("{error}"),
        };
        let thread = std::thread::current();
        let name = thread.name().filter(|name| *name != "main").map(str::to_owned);
        let nth = MODELS.replace(MODELS.get() + 1) + 1;
        // A schedule is for one model of the test; the others are explored.
        explorer.settings.replay.take_if(|(model, _)| *model != nth);
        let file = |name: &String| if nth == 1 { name.clone() } else { format!("{name}-{nth}") };
        let named = name.as_ref().filter(|_| explorer.settings.regressions);
        let regressions = named.map(|name| Regressions::of(&file(name)));
        Test { explorer, name, nth, regressions, page: Page::of_terminal(), at }
    }

    #[track_caller]
    fn run(&self, model: Model<'_>) {
        if let Some((_, schedule)) = &self.explorer.settings.replay {
            return self.replay(schedule, model.run);
        }
        if let Some(regressions) = &self.regressions {
            self.try_remembered(regressions, model.run);
        }
        let run = model.run;
        self.tell(&self.explorer.clone().minimise().check_model(model), run);
    }

    /// Prints what was found, or panics with it.
    #[track_caller]
    fn tell(&self, found: &Exploration, model: &dyn Fn()) {
        let executions = count(found.executions, "execution");
        let took = duration(found.elapsed);
        match &found.outcome {
            Outcome::Proved => {
                println!("proved: {executions}, {took}");
                tell_assumptions(found);
                if let Some(weaker) = &found.weaker {
                    println!("{weaker}");
                }
            }
            Outcome::Bounded(bound) if found.executions == 0 => {
                panic!("not proved: no execution came to its end ({bound})")
            }
            Outcome::Bounded(bound) if self.explorer.settings.allow_bounded => {
                println!("passed, not proved: {bound}; {executions}, {took}");
                tell_assumptions(found);
            }
            Outcome::Bounded(bound) => panic!(
                "not proved: the search was bounded ({bound}). No execution of {executions} fails, and the \
                 others were not run{}. Raise the limit, or call `Explorer::allow_bounded` if this is enough.",
                found.estimate.map(|size| format!(" ({size})")).unwrap_or_default()
            ),
            Outcome::Failed(failure) => {
                let remembered = self.remember(failure);
                self.fail(failure, &remembered, model);
            }
        }
    }

    /// Runs the execution that was asked for, and shows it however it ends.
    #[track_caller]
    fn replay(&self, schedule: &Schedule, model: &dyn Fn()) {
        let (_, fault, trace) = self.explorer.follow(schedule, model);
        match fault.map(|fault| fault.with(trace.clone(), schedule.clone())) {
            None => {
                let head =
                    Style::Good.paint(self.page.colour, "run again, this execution ends well:");
                println!("{head}\n\n{}", draw(&trace, self.page));
            }
            Some(failure) if failure.kind == FailureKind::Nondeterminism => {
                panic!(
                    "the schedule of RACEPROOF_REPLAY does not fit {}: {}",
                    self.at, failure.message
                )
            }
            Some(failure) => panic!("{}", failure.describe(self.page)),
        }
    }

    /// Runs the schedules that failed before, and panics with the first that still does.
    #[track_caller]
    fn try_remembered(&self, regressions: &Regressions, model: &dyn Fn()) {
        let file = regressions.told();
        let entries = match regressions.entries() {
            Ok(entries) => entries,
            Err(error) => return eprintln!("no remembered schedule is tried: {error}"),
        };
        for entry in entries {
            let place = format!("{file}:{}", entry.line);
            let schedule = match entry.schedule {
                Ok(schedule) => schedule,
                Err(error) => {
                    eprintln!("{place}: {error}; the line is left out");
                    continue;
                }
            };
            let (_, fault, trace) = self.explorer.follow(&schedule, model);
            match fault.map(|fault| fault.with(trace, schedule)) {
                None => println!("{place}: tried first, and no longer fails"),
                Some(failure) if failure.kind == FailureKind::Nondeterminism => {
                    println!("{place}: this schedule no longer fits; the line can be deleted");
                }
                Some(failure) => {
                    let remembered =
                        format!("the schedule was remembered in {place} and tried first");
                    self.fail(&failure, &remembered, model);
                }
            }
        }
    }

    /// Remembers the failure's schedule, if that is wanted and possible; says what came of it.
    fn remember(&self, failure: &Failure) -> String {
        let unique = failure.kind != FailureKind::Nondeterminism;
        let Some(regressions) = self.regressions.as_ref().filter(|_| unique) else {
            return String::new();
        };
        match regressions.add(failure) {
            Ok(()) => {
                let file = regressions.told();
                format!("the schedule is remembered in {file} and tried first next time")
            }
            Err(error) => format!("the schedule is not remembered: {error}"),
        }
    }

    /// Panics with what is wrong, how it comes to that, and how to see it again.
    #[track_caller]
    fn fail(&self, failure: &Failure, remembered: &str, model: &dyn Fn()) -> ! {
        if self.explorer.settings.annotations && self.regressions.is_some() {
            self.annotate(failure);
        }
        panic!("{}", self.report(failure, remembered, model))
    }

    /// Annotates the lines on which the failure hangs, and adds it to the summary of the step.
    fn annotate(&self, failure: &Failure) {
        let name = self.name.as_deref().unwrap_or("a model");
        let own = Place::from(self.at);
        let place = main_place(&failure.trace, failure.location.as_ref()).unwrap_or(&own);
        println!("{}", annotation("error", Some(place), name, &failure.summary()));
        for other in of_others(&failure.trace, Some(place), name) {
            println!("{other}");
        }
        let Some(file) = env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
            return;
        };
        let lanes = draw(&failure.trace, Page { width: ROOM, ..Page::plain() });
        let section = section(name, &failure.summary(), &lanes) + "\n";
        let file = fs::OpenOptions::new().append(true).create(true).open(file);
        if let Err(error) = file.and_then(|mut file| file.write_all(section.as_bytes())) {
            eprintln!("the step's summary is not written: {error}");
        }
    }

    /// What is wrong, how it comes to that, and how to see it again.
    fn report(&self, failure: &Failure, remembered: &str, model: &dyn Fn()) -> String {
        let mut text = failure.describe(self.page);
        if failure.kind == FailureKind::Nondeterminism {
            return text;
        }
        text += "\nSee it again:\n";
        let command = self.command(failure);
        if failure.schedule.to_string().len() <= SHORT || remembered.is_empty() {
            let _ = writeln!(text, "  {}", Style::Code.paint(self.page.colour, &command));
        }
        for line in wrap(remembered, self.page.width - 2).iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {line}");
        }
        text + &self.sheet(failure, &command, model)
    }

    /// The command that runs the execution again.
    fn command(&self, failure: &Failure) -> String {
        let nth = if self.nth == 1 { String::new() } else { format!("{}@", self.nth) };
        let command = match &self.name {
            Some(name) => {
                let tests = std::env::var("RACEPROOF_COMMAND");
                format!("{} {name}", tests.as_deref().unwrap_or("cargo test"))
            }
            None => "<the same command>".to_owned(),
        };
        format!("RACEPROOF_REPLAY={nth}{} {command}", failure.schedule)
    }

    /// Writes the failure as a page, if that is wanted and possible; says where it is.
    fn sheet(&self, failure: &Failure, command: &str, model: &dyn Fn()) -> String {
        let wanted = self.explorer.settings.page && self.regressions.is_some();
        let Some(name) = self.name.as_ref().filter(|_| wanted) else { return String::new() };
        let file = if self.nth == 1 { name.clone() } else { format!("{name}-{}", self.nth) };
        let write = || sheets::write(&file, &self.explorer, failure, model, command);
        // Nothing that goes wrong here may come in the place of the failure.
        let written = catch_unwind(AssertUnwindSafe(write));
        match written.unwrap_or_else(|_| Err("its states cannot be found".to_owned())) {
            Ok(Some(path)) => format!("\nSee it in a browser:\n  {}\n", path.display()),
            Ok(None) => String::new(),
            Err(error) => format!("\nIt is not written as a page: {error}\n"),
        }
    }
}
