//! Units as text: one word, of letters, digits and marks that mean nothing to a shell.
//!
//! ```text
//! unit1:c11:BOUND:BUILD:PROGRAM:LESSONS:DESCENT:PIECES:CHECK
//! ```
//!
//! Hashes are hexadecimal. A piece is `0.3.1@GUARD`, the way to it, with `=4` if it is a node alone that owes 4, and with
//! `+2-5` if it is what that owes from the second (the first being 0) up to the fourth. A descent is `3/64+HASH` for the
//! third of 64 units, `3/64-HASH` if they were left.

use std::fmt;
use std::str::FromStr;

use super::{Descent, Unit, UnitError, build};
use crate::execution::piece::{Extent, Piece};
use crate::kernel::Memory;

const BEGIN: &str = "unit1";

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.without_check();
        write!(f, "{text}:{:016x}", build::hash(text.as_bytes()))
    }
}

impl Unit {
    fn without_check(&self) -> String {
        let memory = match self.memory {
            Memory::Sequential => "sc",
            Memory::C11 => "c11",
        };
        let program = self.program.map_or(String::new(), |program| format!("{program:x}"));
        let (bound, build) = (self.bound, self.build);
        let (lessons, pieces) = (joined(&self.lessons, piece), joined(&self.pieces, piece));
        let descent = joined(&self.descent, |Descent { nth, of, rest, hash }| {
            format!("{nth}/{of}{}{hash:x}", if *rest { '-' } else { '+' })
        });
        format!("{BEGIN}:{memory}:{bound:x}:{build:x}:{program}:{lessons}:{descent}:{pieces}")
    }

    /// Which unit it is, for people: as in "3/64, 1/8".
    pub(super) fn place(descent: &[Descent]) -> String {
        let place = joined(descent, |Descent { nth, of, .. }| format!("{nth} of {of}"));
        if place.is_empty() { "all of it".to_owned() } else { place.replace(',', ", of that ") }
    }
}

fn joined<T>(all: &[T], one: impl Fn(&T) -> String) -> String {
    all.iter().map(one).collect::<Vec<_>>().join(",")
}

pub(super) fn piece(Piece { way, guard, extent }: &Piece) -> String {
    let way = way.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    match extent {
        Extent::Whole => format!("{way}@{guard:x}"),
        Extent::Node(owed) => format!("{way}@{guard:x}={owed}"),
        Extent::Below(from, to) => format!("{way}@{guard:x}+{from}-{to}"),
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let no = |why: &str| UnitError::NoUnit(why.to_owned());
        if !text.starts_with(BEGIN) {
            return Err(no("a unit begins with `unit1:`"));
        }
        let cut = || no("its text is cut off or changed");
        let (rest, check) = text.rsplit_once(':').ok_or_else(cut)?;
        if check.len() != 16 || u64::from_str_radix(check, 16) != Ok(build::hash(rest.as_bytes())) {
            return Err(cut());
        }
        let fields = rest.split(':').collect::<Vec<_>>();
        let [_, memory, bound, build, program, lessons, descent, pieces] = fields[..] else {
            return Err(cut());
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).map_err(|_| cut());
        let memory = match memory {
            "sc" => Memory::Sequential,
            "c11" => Memory::C11,
            _ => return Err(cut()),
        };
        let program = if program.is_empty() { None } else { Some(hex(program)?) };
        Ok(Unit {
            memory,
            bound: hex(bound)?,
            build: hex(build)?,
            program,
            lessons: list(lessons, parse_piece).ok_or_else(cut)?,
            descent: list(descent, parse_descent).ok_or_else(cut)?,
            pieces: list(pieces, parse_piece).ok_or_else(cut)?,
        })
    }
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if text.is_empty() { Some(Vec::new()) } else { text.split(',').map(one).collect() }
}

fn parse_descent(text: &str) -> Option<Descent> {
    let at = text.find(['+', '-'])?;
    let (nth, of) = text[..at].split_once('/')?;
    let rest = text[at..].starts_with('-');
    let hash = u64::from_str_radix(&text[at + 1..], 16).ok()?;
    Some(Descent { nth: nth.parse().ok()?, of: of.parse().ok()?, rest, hash })
}

pub(super) fn parse_piece(text: &str) -> Option<Piece> {
    let (way, rest) = text.split_once('@')?;
    let number = |text: &str| text.parse::<u32>().ok();
    let way = match way {
        "" => Vec::new(),
        way => way.split('.').map(number).collect::<Option<_>>()?,
    };
    let (guard, extent) = if let Some((guard, owed)) = rest.split_once('=') {
        (guard, Extent::Node(number(owed)?))
    } else if let Some((guard, range)) = rest.split_once('+') {
        let (from, to) = range.split_once('-')?;
        let (from, to) = (number(from)?, number(to)?);
        (guard, (from <= to).then_some(Extent::Below(from, to))?)
    } else {
        (rest, Extent::Whole)
    };
    Some(Piece { way, guard: u32::from_str_radix(guard, 16).ok()?, extent })
}
