//! Schedules: an execution as a short string.
//!
//! A schedule lists whose step comes next, threads numbered in the order they are
//! spawned, the root being 0. `2*3` is three steps of thread 2; `1:4` is a step of
//! thread 1 that has alternatives and takes number 4: a choice, or the thread that a
//! notification wakes, `-` for none; `1:~` is a yield of a thread that waits by looking (`1:~2` after
//! two of its yields that are no steps, nor is anything of the thread in between), and `1:^` the
//! arrival of a thread at a read-write lock that it is going to write. `1:1` may be a read that waits behind
//! such a thread, or a `try_read` that fails because of one.
//! `1:&` is a step of an `Arc`'s count; where it matters which owner is dropped last, `1:$` drops the last and
//! `1:%` another one; `1:&3` comes after three that are no steps.
//! `2:=` at the end: nothing changes any more, and two threads wait for ever by the yields before it.
//! `1:!*3` at the end: thread 1 stays at its third access of a cell.
//!
//! `c11` at the beginning: under Rust's memory model. Then a number at a step of an atomic says how many of the writes
//! before it come after what it reads, or after its own. `1:?3` is a weak compare-and-swap that fails for no reason, and
//! that reads what three writes come after.

use std::fmt;
use std::str::FromStr;

use crate::kernel::event::Detail;
use crate::kernel::owners::{Turn, TurnKind};
use crate::kernel::polling::{STANDS, passed, passing};
use crate::kernel::rwlock::ARRIVE;
use crate::kernel::spurious::{fails_weakly, later_if_it_fails};
use crate::kernel::{HELD, Kernel, Memory, NOBODY, Op};

/// The steps of an execution, from its first to its last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub struct Schedule {
    pub(crate) memory: Memory,
    /// Thread and alternative of each step.
    pub(crate) steps: Vec<(u16, u16)>,
}

/// How a schedule begins under Rust's memory model.
const C11: &str = "c11";

impl Schedule {
    /// That of the execution that has just ended, with threads numbered in the order of their spawns.
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let order = |thread: u16| {
            kernel.threads.get(usize::from(thread)).map_or(thread, |thread| thread.order)
        };
        let steps = kernel.events.all().iter().map(|event| {
            let by_thread = matches!(event.op, Op::NotifyOne(_));
            let alternative = match event.detail {
                Detail::Poll(round) => round.alternative(),
                _ if by_thread => order(event.alt),
                _ => event.alt,
            };
            (order(event.thread), alternative)
        });
        // A thread that polls to the end is told from one that has ended by the yield to come.
        let polls = match kernel.limits.memory {
            Memory::Sequential => &kernel.now.polled_last[..],
            Memory::C11 => &[],
        };
        let stands = (!polls.is_empty()).then_some((polls.len() as u16, STANDS));
        let polls =
            polls.iter().map(|id| (order(*id), kernel.thread(*id).poll.round().alternative()));
        let polls = polls.chain(stands);
        let held = kernel.now.held.into_iter();
        let held = held.flat_map(|(id, nth)| (0..nth).map(move |_| (order(id), HELD)));
        Schedule { memory: kernel.limits.memory, steps: steps.chain(polls).chain(held).collect() }
    }

    /// Are the arrivals of writers steps in it?
    pub(crate) fn has_arrivals(&self) -> bool {
        self.steps.iter().any(|(_, alt)| *alt == ARRIVE)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &self.steps[..];
        let mut separator = "";
        if self.memory == Memory::C11 {
            f.write_str(C11)?;
            separator = ".";
        }
        while let Some((thread, alt)) = rest.first() {
            write!(f, "{separator}{thread}")?;
            separator = ".";
            let run = rest.iter().take_while(|step| *step == &(*thread, *alt)).count();
            match *alt {
                0 => {}
                NOBODY => write!(f, ":-")?,
                alt if let Some(others) = passed(alt) => match others {
                    0 => write!(f, ":~")?,
                    _ => write!(f, ":~{others}")?,
                },
                HELD => write!(f, ":!")?,
                STANDS => write!(f, ":=")?,
                ARRIVE => write!(f, ":^")?,
                alt if self.memory == Memory::C11
                    && let Some(later) = later_if_it_fails(alt) =>
                {
                    match later {
                        0 => write!(f, ":?")?,
                        _ => write!(f, ":?{later}")?,
                    }
                }
                alt => match Turn::of(alt) {
                    Some(Turn { kind, free: 0 }) => write!(f, ":{}", sign(kind))?,
                    Some(Turn { kind, free }) => write!(f, ":{}{free}", sign(kind))?,
                    None => write!(f, ":{alt}")?,
                },
            }
            if run > 1 {
                write!(f, "*{run}")?;
            }
            rest = &rest[run..];
        }
        Ok(())
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

impl TryFrom<String> for Schedule {
    type Error = ParseScheduleError;

    fn try_from(text: String) -> Result<Self, ParseScheduleError> {
        text.parse()
    }
}

/// Why a string is no schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseScheduleError {
    part: String,
}

impl fmt::Display for ParseScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no step of a schedule; steps look like 2, 2*3, 2:1 or 2:-", self.part)
    }
}

impl std::error::Error for ParseScheduleError {}

impl FromStr for Schedule {
    type Err = ParseScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut steps = Vec::new();
        let mut parts = text.split('.').filter(|part| !part.is_empty()).peekable();
        let memory = match parts.next_if_eq(&C11) {
            Some(_) => Memory::C11,
            None => Memory::Sequential,
        };
        for part in parts {
            let error = || ParseScheduleError { part: part.to_owned() };
            let (step, run) = part.split_once('*').unwrap_or((part, "1"));
            let (thread, alt) = step.split_once(':').unwrap_or((step, "0"));
            let thread = thread.parse().map_err(|_| error())?;
            let alt = match alt {
                "-" => NOBODY,
                "!" => HELD,
                "=" => STANDS,
                "^" => ARRIVE,
                alt => match (alt.strip_prefix('?'), alt.strip_prefix('~')) {
                    (Some(""), _) => fails_weakly(0),
                    (Some(later), _) => fails_weakly(later.parse().map_err(|_| error())?),
                    (_, Some("")) => passing(0),
                    (_, Some(others)) => passing(others.parse().map_err(|_| error())?),
                    _ => turn(alt).or_else(|| alt.parse().ok()).ok_or_else(error)?,
                },
            };
            let run: u32 = run.parse().map_err(|_| error())?;
            if run > 1 << 24 {
                return Err(error());
            }
            steps.extend((0..run).map(|_| (thread, alt)));
        }
        Ok(Schedule { memory, steps })
    }
}

/// A step of an `Arc`'s count.
fn turn(alt: &str) -> Option<u16> {
    let kinds = [TurnKind::Plain, TurnKind::OneOf, TurnKind::Last];
    let kind = kinds.into_iter().find(|kind| alt.starts_with(sign(*kind)))?;
    let free = &alt[1..];
    let free = if free.is_empty() { 0 } else { free.parse().ok()? };
    Some(Turn { kind, free }.number())
}

fn sign(kind: TurnKind) -> char {
    match kind {
        TurnKind::Plain => '&',
        TurnKind::OneOf => '%',
        TurnKind::Last => '$',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_survives_its_string() {
        let steps = [(0, 0), (0, 0), (1, 0), (2, 4), (2, 4), (0, NOBODY), (10, 0), (1, HELD)];
        let yields = [(3, passing(0)), (3, passing(2)), (3, passing(u16::MAX))];
        let steps = [&steps[..], &yields, &[(2, STANDS)]].concat();
        let schedule = Schedule { memory: Memory::Sequential, steps };
        assert_eq!(schedule.to_string(), "0*2.1.2:4*2.0:-.10.1:!.3:~.3:~2.3:~4096.2:=");
        assert_eq!(schedule.to_string().parse(), Ok(schedule));
        assert_eq!("1:&.2:$12.0:%*2".parse::<Schedule>().unwrap().to_string(), "1:&.2:$12.0:%*2");
        assert_eq!("c11.1:2.0".parse::<Schedule>().unwrap().to_string(), "c11.1:2.0");
        assert_eq!("".parse(), Ok(Schedule::default()));
    }

    #[test]
    fn nonsense_is_refused() {
        let error = "0*2.one".parse::<Schedule>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`one` is no step of a schedule; steps look like 2, 2*3, 2:1 or 2:-"
        );
        assert!("1*99999999999".parse::<Schedule>().is_err());
    }
}
