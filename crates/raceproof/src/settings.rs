//! What the environment sets: limits of a search, a schedule to run again, what is printed.

use std::env::{self, VarError};
use std::fmt;
use std::time::Duration;

use crate::exploration::WANTED;
use crate::explorer::{Equivalence, Explorer};
use crate::kernel::Memory;
use crate::telling::schedule::Schedule;

/// What an [`Explorer`] is told besides its limits.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Whether [`Explorer::model`] accepts a search that ends early.
    pub(crate) allow_bounded: bool,
    /// Whether [`Explorer::model`] remembers failing schedules.
    pub(crate) regressions: bool,
    /// Whether [`Explorer::model`] writes a failing test as a page, too, if it remembers its schedule.
    pub(crate) page: bool,
    /// Whether [`Explorer::model`] annotates lines, and writes the step's summary, in GitHub's actions.
    pub(crate) annotations: bool,
    /// Whether a line on the terminal shows how far a search is.
    pub(crate) progress: bool,
    /// Which model of a test to run again, counted from one, and how.
    pub(crate) replay: Option<(usize, Schedule)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            allow_bounded: false,
            regressions: true,
            page: true,
            annotations: false,
            progress: false,
            replay: None,
        }
    }
}

/// An environment variable whose value means nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingError {
    variable: &'static str,
    value: String,
    wanted: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SettingError { variable, value, wanted } = self;
        write!(f, "{variable}={value} in the environment has no meaning: {wanted}")
    }
}

impl std::error::Error for SettingError {}

impl Explorer {
    /// Lets [`model`](Explorer::model) pass although the search was bounded or ended early. Nothing that it
    /// explored fails; what it did not explore may.
    pub fn allow_bounded(mut self) -> Self {
        self.settings.allow_bounded = true;
        self
    }

    /// Whether [`model`](Explorer::model) remembers failing schedules in `raceproof-regressions`, and tries
    /// them first; it does unless told otherwise. A test that is meant to fail is better off with
    /// [`expect_failure`](Explorer::expect_failure), which remembers nothing, than with `should_panic`.
    pub fn regressions(mut self, wanted: bool) -> Self {
        self.settings.regressions = wanted;
        self
    }

    /// Takes what the environment sets over what was set before. [`model`](Explorer::model) does so
    /// by itself; [`check`](Explorer::check) does not.
    ///
    /// | Variable | Value |
    /// |---|---|
    /// | `RACEPROOF_MAX_EXECUTIONS` | how many executions a search may run, as in `100000` |
    /// | `RACEPROOF_TIME` | how long it may take: `10`, `10s`, `500ms`, `2m` |
    /// | `RACEPROOF_WITHIN` | how long [what can be done](Explorer::within) may take, as in `10s` |
    /// | `RACEPROOF_SAMPLE` | [schedules at random](Explorer::sample), 10,000 or `RACEPROOF_MAX_EXECUTIONS`: `uniform`, `pct:3`, `pos`, `urw`, `graphs` |
    /// | `RACEPROOF_SEED` | the [seed](Explorer::seed) of those, as in `42` |
    /// | `RACEPROOF_WORKERS` | how many OS threads [explore](Explorer::workers) a model that may run on several, as in `4` |
    /// | `RACEPROOF_MAX_MEMORY` | how much a search [may keep](Explorer::max_memory): bytes, or as in `512K`, `64M`, `2G` |
    /// | `RACEPROOF_PREEMPTIONS` | how many preemptions an execution may have, as in `2`; `iterate`: [none, one, two](Explorer::iterate_bounds) and so on |
    /// | `RACEPROOF_MEMORY` | `c11` or `sequential`: the [memory model](Explorer::memory), and no other |
    /// | `RACEPROOF_EQUIVALENCE` | `traces` or `reads-from`: [which executions](Explorer::equivalence) are taken for one |
    /// | `RACEPROOF_WEAKEN` | `on`: after a proof, which orderings [could be weaker](Explorer::weaken) |
    /// | `RACEPROOF_SPURIOUS` | `on`: what may happen for no reason [does](Explorer::spurious_wakeups) |
    /// | `RACEPROOF_CANCELLATION` | `on`: tasks [are cancelled](Explorer::cancellation) wherever they wait |
    /// | `RACEPROOF_LEAKS` | `on`: a value that is never dropped is a [leak](Explorer::leaks) |
    /// | `RACEPROOF_LOG` | `progress` shows how far a search is, and [how large](Explorer::estimate) |
    /// | `RACEPROOF_REPLAY` | a schedule: this execution is run, and no other |
    /// | `RACEPROOF_REGRESSIONS` | `off`: no schedule is remembered or tried first |
    /// | `RACEPROOF_PAGE` | `off`: no [page](fn@crate::model#the-failing-execution-as-a-page) of a failing test is written |
    /// | `RACEPROOF_ANNOTATIONS` | `github`: a failing test annotates the lines on which it hangs, which it does by itself if `GITHUB_ACTIONS` is `true`; `off`: it never does |
    /// | `RACEPROOF_COMMAND` | what a failure tells to type, if that is not `cargo test` |
    ///
    /// # Errors
    ///
    /// If a variable has a value that means nothing.
    pub fn environment(self) -> Result<Self, SettingError> {
        self.told_by(|variable| match env::var(variable) {
            Ok(value) => Some(value),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
        })
    }

    /// Takes what `look` finds of each variable.
    fn told_by(mut self, look: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let number = "a number such as 1000 is wanted";
        if let Some(most) = value(&look, "RACEPROOF_MAX_EXECUTIONS", number, |text| {
            text.parse().ok().filter(|most| *most > 0)
        })? {
            self = self.max_executions(most);
        }
        let time = "a time such as 10, 10s, 500ms or 2m is wanted";
        if let Some(limit) = value(&look, "RACEPROOF_TIME", time, parse_time)? {
            self = self.time_limit(limit);
        }
        if let Some(budget) = value(&look, "RACEPROOF_WITHIN", time, parse_time)? {
            self = self.within(budget);
        }
        if let Some(how) = value(&look, "RACEPROOF_SAMPLE", WANTED, |text| text.parse().ok())? {
            self = self.sample_as_limited(how);
        }
        let seed = "a number such as 42 is wanted";
        if let Some(seed) = value(&look, "RACEPROOF_SEED", seed, |text| text.parse().ok())? {
            self = self.seed(seed);
        }
        let workers = "a number such as 2 is wanted, at least 1";
        if let Some(workers) = value(&look, "RACEPROOF_WORKERS", workers, |text| {
            text.parse().ok().filter(|workers| *workers > 0)
        })? {
            self = self.workers(workers);
        }
        let memory = "a number of bytes such as 1000000, 512K, 64M or 2G is wanted";
        if let Some(most) = value(&look, "RACEPROOF_MAX_MEMORY", memory, parse_bytes)? {
            self = self.max_memory(most);
        }
        let few = "a number such as 2, or `iterate`, is wanted";
        let bounds = |text: &str| match text {
            "iterate" => Some(None),
            number => number.parse().ok().map(Some),
        };
        if let Some(bound) = value(&look, "RACEPROOF_PREEMPTIONS", few, bounds)? {
            self = match bound {
                Some(bound) => self.preemption_bound(bound),
                None => self.iterate_bounds(),
            };
        }
        let model = "`c11` or `sequential` is wanted";
        let models = |text: &str| match text {
            "c11" => Some(Memory::C11),
            "sequential" => Some(Memory::Sequential),
            _ => None,
        };
        if let Some(memory) = value(&look, "RACEPROOF_MEMORY", model, models)? {
            self = self.memory(memory);
        }
        let coarse = "`traces` or `reads-from` is wanted";
        let equivalences = |text: &str| match text {
            "traces" => Some(Equivalence::Traces),
            "reads-from" => Some(Equivalence::ReadsFrom),
            _ => None,
        };
        if let Some(it) = value(&look, "RACEPROOF_EQUIVALENCE", coarse, equivalences)? {
            self = self.equivalence(it);
        }
        let on = |yes: &'static str, no: &'static str| {
            move |text: &str| (text == yes).then_some(true).or((text == no).then_some(false))
        };
        let kept = "`on` or `off` is wanted";
        if let Some(wanted) = value(&look, "RACEPROOF_SPURIOUS", kept, on("on", "off"))? {
            self = self.spurious_wakeups(wanted);
        }
        if let Some(wanted) = value(&look, "RACEPROOF_CANCELLATION", kept, on("on", "off"))? {
            self = self.cancellation(wanted);
        }
        if value(&look, "RACEPROOF_WEAKEN", kept, on("on", "off"))? == Some(true) {
            self = self.weaken();
        }
        if let Some(wanted) = value(&look, "RACEPROOF_LEAKS", kept, on("on", "off"))? {
            self = self.leaks(wanted);
        }
        let log = "`progress` or `off` is wanted";
        if let Some(wanted) = value(&look, "RACEPROOF_LOG", log, on("progress", "off"))? {
            self.settings.progress = wanted;
        }
        if let Some(wanted) = value(&look, "RACEPROOF_REGRESSIONS", kept, on("on", "off"))? {
            self.settings.regressions = wanted;
        }
        if let Some(wanted) = value(&look, "RACEPROOF_PAGE", kept, on("on", "off"))? {
            self.settings.page = wanted;
        }
        let annotations = "`github` or `off` is wanted";
        let in_actions = look("GITHUB_ACTIONS").as_deref() == Some("true");
        self.settings.annotations =
            value(&look, "RACEPROOF_ANNOTATIONS", annotations, on("github", "off"))?
                .unwrap_or(in_actions);
        let steps = "a schedule such as 1.2*2.1 is wanted, as a failure prints it";
        if let Some(replay) = value(&look, "RACEPROOF_REPLAY", steps, parse_replay)? {
            self.settings.replay = Some(replay);
        }
        Ok(self)
    }
}

/// The value of a variable that is set, and not to nothing.
fn value<T>(
    look: impl Fn(&str) -> Option<String>,
    variable: &'static str,
    wanted: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SettingError> {
    let Some(text) = look(variable).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    match parse(text.trim()) {
        Some(value) => Ok(Some(value)),
        None => Err(SettingError { variable, value: text, wanted: wanted.to_owned() }),
    }
}

/// A time: a number of seconds, or of the unit behind it.
fn parse_time(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit.trim() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// A number of bytes, at least 1: of bytes, or of the unit behind it, each of which is 1024 of the one before.
fn parse_bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim() {
        "" | "B" => 1,
        "K" | "KB" | "KiB" => 1 << 10,
        "M" | "MB" | "MiB" => 1 << 20,
        "G" | "GB" | "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}

/// A schedule, after the number of its model and `@` if that is not the first.
fn parse_replay(text: &str) -> Option<(usize, Schedule)> {
    let (model, schedule) = text.split_once('@').unwrap_or(("1", text));
    Some((model.parse().ok().filter(|model| *model > 0)?, schedule.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variable: &str, value: &str) -> Result<Explorer, String> {
        let look = |asked: &str| (asked == variable).then(|| value.to_owned());
        Explorer::new().told_by(look).map_err(|error| error.to_string())
    }

    #[test]
    fn times_have_units() {
        let times = ["10", "10s", "500ms", "2m", "1.5", "1h"].map(parse_time);
        let expected = [10_000, 10_000, 500, 120_000, 1_500, 3_600_000];
        assert_eq!(times, expected.map(|millis| Some(Duration::from_millis(millis))));
        assert_eq!(["", "s", "ten", "10 parsecs", "-1", "1e"].map(parse_time), [None; 6]);
    }

    #[test]
    fn memory_has_units() {
        let memory = ["1000", "1B", "512K", "64M", "64 MiB", "2GB"].map(parse_bytes);
        let expected = [1_000, 1, 512 << 10, 64 << 20, 64 << 20, 2 << 30];
        assert_eq!(memory, expected.map(Some));
        let bad = ["", "0", "M", "1.5M", "-1", "64m", "20000000000G"];
        assert_eq!(bad.map(parse_bytes), [None; 7]);
    }

    #[test]
    fn a_bad_value_names_its_variable_and_says_what_is_wanted() {
        let bad = [
            ("RACEPROOF_MAX_EXECUTIONS", "many"),
            ("RACEPROOF_MAX_EXECUTIONS", "0"),
            ("RACEPROOF_TIME", "soon"),
            ("RACEPROOF_WITHIN", "soon"),
            ("RACEPROOF_SAMPLE", "often"),
            ("RACEPROOF_SAMPLE", "pct:0"),
            ("RACEPROOF_SEED", "-1"),
            ("RACEPROOF_WORKERS", "0"),
            ("RACEPROOF_WORKERS", "all"),
            ("RACEPROOF_MAX_MEMORY", "0"),
            ("RACEPROOF_MAX_MEMORY", "all"),
            ("RACEPROOF_PREEMPTIONS", "-1"),
            ("RACEPROOF_EQUIVALENCE", "coarse"),
            ("RACEPROOF_SPURIOUS", "often"),
            ("RACEPROOF_CANCELLATION", "1"),
            ("RACEPROOF_LEAKS", "some"),
            ("RACEPROOF_WEAKEN", "some"),
            ("RACEPROOF_LOG", "loud"),
            ("RACEPROOF_REPLAY", "1.two"),
            ("RACEPROOF_REPLAY", "0@1"),
            ("RACEPROOF_REGRESSIONS", "maybe"),
            ("RACEPROOF_PAGE", "pdf"),
            ("RACEPROOF_ANNOTATIONS", "on"),
        ];
        for (variable, value) in bad {
            let error = told(variable, value).unwrap_err();
            let begin = format!("{variable}={value} in the environment has no meaning: ");
            assert!(
                error.starts_with(&begin) && error.contains("wanted")
                    || error.ends_with("prints it"),
                "{error}"
            );
        }
    }

    #[test]
    fn good_values_are_taken() {
        let replay = told("RACEPROOF_REPLAY", "2@1.2*2").unwrap().settings.replay.unwrap();
        assert_eq!((replay.0, replay.1.to_string()), (2, "1.2*2".to_owned()));
        assert!(told("RACEPROOF_LOG", "progress").unwrap().settings.progress);
        assert!(!told("RACEPROOF_REGRESSIONS", "off").unwrap().settings.regressions);
        assert!(!told("RACEPROOF_PAGE", "off").unwrap().settings.page);
        let annotates = |variable, value| told(variable, value).unwrap().settings.annotations;
        assert!(annotates("RACEPROOF_ANNOTATIONS", "github"));
        assert!(annotates("GITHUB_ACTIONS", "true") && !annotates("GITHUB_ACTIONS", "false"));
        let weaker = |value| told("RACEPROOF_WEAKEN", value).unwrap().check(|| ()).weaker;
        assert_eq!((weaker("on").is_some(), weaker("off").is_some()), (true, false));
        let parks = || {
            crate::thread::current().unpark();
            crate::thread::park();
        };
        assert_eq!(told("RACEPROOF_SPURIOUS", "on").unwrap().check(parks).executions, 2);
        assert!(told("RACEPROOF_TIME", "").is_ok());
    }
}
