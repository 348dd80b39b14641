//! What the command line asks for.

use std::time::Duration;

use crate::child::Child;
use crate::programs::Program;

/// Executions of a search that takes less than a second.
const QUICK: u64 = 20_000;

/// Executions of a search that may take minutes.
const LONG: u64 = 1_000_000;

#[derive(Default)]
pub(crate) struct Arguments {
    quick: bool,
    long: bool,
    limit: Option<Duration>,
    text: Option<String>,
    /// Whether the page is to be written.
    pub(crate) update: bool,
    /// What to explore in this process and no more.
    pub(crate) child: Option<Child>,
}

impl Arguments {
    pub(crate) fn new() -> Result<Self, String> {
        let mut arguments = Arguments::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => {} // cargo's
                "--quick" => arguments.quick = true,
                "--long" => arguments.long = true,
                "--limit" => {
                    let seconds = words.next().and_then(|seconds| seconds.parse().ok());
                    let seconds = seconds.filter(|seconds| *seconds > 0);
                    let seconds =
                        seconds.ok_or("`--limit` needs a number of seconds, such as 60")?;
                    arguments.limit = Some(Duration::from_secs(seconds));
                }
                "--child" => arguments.child = Some(Child::told(words.by_ref())?),
                option if option.starts_with("--") => {
                    return Err(format!("`{option}` is none of --quick, --long and --limit"));
                }
                _ if arguments.text.is_some() => return Err(format!("one text, not `{word}` too")),
                _ => arguments.text = Some(word),
            }
        }
        if arguments.quick && arguments.long {
            return Err("--quick or --long, not both".to_owned());
        }
        arguments.update = std::env::var("RACEPROOF_UPDATE").is_ok_and(|update| !update.is_empty());
        if arguments.update && !arguments.measures_memory() {
            return Err(
                "the page has all programs: with RACEPROOF_UPDATE, --long and no text".to_owned()
            );
        }
        Ok(arguments)
    }

    /// Whether a program is to be explored.
    pub(crate) fn wants(&self, program: &Program) -> bool {
        let most = match (self.quick, self.long) {
            (true, _) => QUICK,
            (_, true) => u64::MAX,
            _ => LONG,
        };
        let named = |text: &String| program.row.name.contains(text.as_str());
        program.row.count(program.memory) <= most && self.text.as_ref().is_none_or(named)
    }

    /// After how long a search is stopped.
    pub(crate) fn limit(&self) -> Duration {
        self.limit.unwrap_or(Duration::from_secs(if self.long { 1_200 } else { 120 }))
    }

    pub(crate) fn measures_memory(&self) -> bool {
        self.long && self.text.is_none()
    }
}
