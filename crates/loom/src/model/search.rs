//! One search after the other, until one says enough: under Rust's memory model; sequentially, if the model
//! does what is not explored under that yet; with few preemptions, if that is asked for and all is too much.

use std::env;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use raceproof::{Exploration, Explorer, Failure, FailureKind, Memory, Outcome};

use super::checkpoint;

/// With what the message of a refusal begins.
const REFUSED: &str = "not yet under Memory::C11";

/// Executions after which all is too much, where preemptions may be bounded.
const PATIENT: u64 = 100_000;

/// What is searched for, and how long.
pub(super) struct Search {
    pub(super) executions: Option<u64>,
    pub(super) time: Option<Duration>,
    pub(super) preemptions: Option<usize>,
    pub(super) file: Option<PathBuf>,
}

/// Does the execution fail only because what it does is not explored yet?
pub(super) fn is_refused(failure: &Failure) -> bool {
    failure.kind == FailureKind::Misuse && failure.message.starts_with(REFUSED)
}

/// Which memory models are explored, in turn: those of `RACEPROOF_MEMORY`.
#[track_caller]
fn memories() -> &'static [Memory] {
    match env::var("RACEPROOF_MEMORY").as_deref() {
        Ok("c11") => &[Memory::C11],
        Ok("sequential") => &[Memory::Sequential],
        Ok("") | Err(_) => &[Memory::C11, Memory::Sequential],
        Ok(other) => {
            panic!("RACEPROOF_MEMORY={other} has no meaning: `c11` or `sequential` is wanted")
        }
    }
}

impl Search {
    /// What the searches come to: the last one that was needed.
    #[track_caller]
    pub(super) fn run(&self, explorer: &Explorer, model: &dyn Fn()) -> Exploration {
        let begun = Instant::now();
        let memories = memories();
        let explorer = explorer.clone().without_preemption_bound().minimise();
        if let Some(found) = self.run_again(&explorer, memories, model) {
            return found;
        }
        let mut found = None;
        for memory in memories {
            let explorer = self.limited(explorer.clone().memory(*memory), self.patience(), begun);
            let here = explorer.check(model);
            let more = self.preemptions.is_some() && self.is_left(&here, begun);
            let last = memories.last() == Some(memory) && !more;
            if last || !self.goes_on(&here, *memory, begun) {
                found = Some(here);
                break;
            }
        }
        let found = found.unwrap_or_else(|| {
            let bound = self.preemptions.unwrap_or_default();
            let explorer = self.limited(explorer.clone(), self.executions, begun);
            explorer.memory(Memory::Sequential).preemption_bound(bound).check(model)
        });
        if let Some(file) = &self.file {
            checkpoint::write(file, &found);
        }
        found
    }

    /// The execution of the checkpoint file, if it still fails.
    #[track_caller]
    fn run_again(
        &self,
        explorer: &Explorer,
        memories: &[Memory],
        model: &dyn Fn(),
    ) -> Option<Exploration> {
        let schedule = self.file.as_deref().and_then(checkpoint::read)?;
        memories.iter().find_map(|memory| {
            checkpoint::run_again(&explorer.clone().memory(*memory), &schedule, model)
        })
    }

    /// Executions after which a search that is not bounded ends.
    fn patience(&self) -> Option<u64> {
        let patient = self.preemptions.map(|_| PATIENT);
        [patient, self.executions].into_iter().flatten().min()
    }

    fn limited(&self, mut explorer: Explorer, executions: Option<u64>, begun: Instant) -> Explorer {
        if let Some(most) = executions {
            explorer = explorer.max_executions(most);
        }
        if let Some(time) = self.time {
            explorer = explorer.time_limit(time.saturating_sub(begun.elapsed()));
        }
        explorer
    }

    /// Has a search ended early, but not because of the limits of all?
    fn is_left(&self, found: &Exploration, begun: Instant) -> bool {
        matches!(found.outcome, Outcome::Bounded(_))
            && self.time.is_none_or(|time| begun.elapsed() < time)
            && self.executions.is_none_or(|most| found.executions < most)
    }

    /// Is what was found not the last word? Says why.
    fn goes_on(&self, found: &Exploration, memory: Memory, begun: Instant) -> bool {
        match &found.outcome {
            Outcome::Failed(failure) if memory == Memory::C11 => {
                let message = &failure.message;
                let why = match failure.kind {
                    _ if is_refused(failure) => {
                        message.trim_start_matches(REFUSED).trim_start_matches(": ")
                    }
                    FailureKind::StepLimit => message,
                    // Of a schedule that was found sequentially.
                    FailureKind::Nondeterminism if is_set("RACEPROOF_REPLAY") => return true,
                    _ => return false,
                };
                println!(
                    "explored sequentially, since under Rust's memory model this is not explored yet: {why}"
                );
                true
            }
            Outcome::Bounded(_) if self.is_left(found, begun) => {
                let under = if memory == Memory::C11 {
                    "under Rust's memory model"
                } else {
                    "sequentially"
                };
                println!("{} executions {under} do not fail, and there are more", found.executions);
                true
            }
            _ => false,
        }
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use raceproof::sync::Mutex;

    use super::*;

    #[test]
    fn a_refusal_is_recognised() {
        let explorer = Explorer::new().memory(Memory::C11);
        let tries = || _ = Mutex::new(0).try_lock();
        let refused = explorer.check(tries).outcome;
        assert!(matches!(&refused, Outcome::Failed(failure) if is_refused(failure)), "{refused:?}");
        let other = explorer.check(|| panic!("not yet under Memory::C11")).outcome;
        assert!(matches!(&other, Outcome::Failed(failure) if !is_refused(failure)), "{other:?}");
    }
}
