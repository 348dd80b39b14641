//! Why a unit is not explored, or units are not put together.

use std::fmt;

use super::Unit;

/// Why a search is not split, a unit not explored, or its result not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UnitError {
    /// The text is no unit: says why.
    NoUnit(String),
    /// The unit is one of another program, or the program is not the same each time: says how that is seen.
    OtherProgram(String),
    /// The unit was made by another build of the program.
    OtherBuild,
    /// The unit was made with another memory model, or with other limits of each execution.
    OtherBound,
    /// The program's file, by which its build is known, cannot be read: says why.
    NoBuild(String),
    /// The program does something by which its search cannot be split: says what.
    Indivisible(String),
    /// The program does something in this unit that changes how all of it is explored, which was not known when the search
    /// was split. This is all of the search, with what is known now: [split](crate::Explorer::split_unit) it.
    Learnt(Box<Unit>),
    /// Units are missing: says which.
    Missing(String),
    /// A unit is there twice, itself or in parts: says which.
    Twice(String),
    /// A checkpoint cannot be read, or is damaged: says why.
    NoCheckpoint(String),
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitError::NoUnit(why) => write!(f, "this is no unit: {why}"),
            UnitError::OtherProgram(why) => write!(f, "this is a unit of another program: {why}"),
            UnitError::OtherBuild => f.write_str(
                "this is a unit of another build: units are explored by the program that made them, unchanged",
            ),
            UnitError::OtherBound => {
                f.write_str("this is a unit under another memory model, or with other limits")
            }
            UnitError::NoBuild(why) => {
                write!(f, "a unit names the build of its program, whose file cannot be read: {why}")
            }
            UnitError::Indivisible(what) => write!(f, "this search cannot be split: {what}"),
            UnitError::Learnt(all) => write!(
                f,
                "the program does something here that changes how all of it is explored: split this again: {all}"
            ),
            UnitError::Missing(which) => write!(f, "not all units are there: {which}"),
            UnitError::Twice(which) => write!(f, "a unit is there twice: {which}"),
            UnitError::NoCheckpoint(why) => write!(f, "this checkpoint cannot be gone on from: {why}"),
        }
    }
}

impl std::error::Error for UnitError {}
