//! Whether units are all of a search, and what they come to together.

use super::super::{Exploration, Outcome};
use super::{Descent, Share, Unit, UnitError, put_together};

/// A unit that was explored, and what was left of it.
type Done<'a> = (&'a Unit, &'a [Unit]);

impl Share {
    /// What all units of a search come to: the sums, and a proof if each of them was explored and nothing fails. If
    /// several fail, the failure of the first is told.
    ///
    /// A unit that has left others is followed by the shares of these; one that was
    /// [split](crate::Explorer::split_unit) has the shares of its units in its place.
    ///
    /// # Errors
    ///
    /// [`UnitError::Missing`], [`UnitError::Twice`]: these are not all units, each once.
    /// [`OtherProgram`](UnitError::OtherProgram), [`OtherBuild`](UnitError::OtherBuild),
    /// [`OtherBound`](UnitError::OtherBound): they are not all of one search.
    pub fn whole(shares: &[Share]) -> Result<Exploration, UnitError> {
        let done = shares.iter().map(|share| (&share.unit, share.left.as_slice()));
        Unit::check_whole(&done.collect::<Vec<_>>())?;
        if let Some(share) = shares.iter().find(|share| !share.left.is_empty() && !share.explored) {
            let place = Unit::place(&share.unit.descent);
            return Err(UnitError::Missing(format!("{place} was not explored to its end")));
        }
        let mut whole = Exploration::nothing();
        let mut outcome = Outcome::Proved;
        for Share { unit, found, explored, .. } in shares {
            whole.add_part(found.clone());
            whole.elapsed += found.elapsed;
            outcome = match (outcome, &found.outcome) {
                (Outcome::Failed(failure), _) => Outcome::Failed(failure),
                (_, Outcome::Failed(failure)) => Outcome::Failed(failure.clone()),
                (Outcome::Proved, _) if !explored => {
                    let place = Unit::place(&unit.descent);
                    Outcome::Bounded(format!("a unit was not explored to its end: {place}"))
                }
                (outcome, _) => outcome,
            };
        }
        if whole.executions == 0 && matches!(outcome, Outcome::Proved) {
            let nothing = "no execution: each was stopped before its end";
            outcome = Outcome::Bounded(nothing.to_owned());
        }
        let assumptions = shares.iter().flat_map(|share| share.found.assumptions.iter().cloned());
        whole.assumptions = put_together(assumptions);
        whole.outcome = outcome;
        Ok(whole)
    }
}

impl Unit {
    /// Are these, each with the units that were left of it, all units of one search, each once? [`Share::whole`] asks this
    /// of shares, and also what was found in them.
    ///
    /// # Errors
    ///
    /// As of [`Share::whole`].
    pub fn check_whole(done: &[(&Unit, &[Unit])]) -> Result<(), UnitError> {
        let Some((first, _)) = done.first() else {
            return Err(UnitError::Missing("there is none".to_owned()));
        };
        for (unit, left) in done {
            unit.check_of_search(first)?;
            for part in *left {
                part.check_of_search(first)?;
                let is_part = part
                    .descent
                    .split_last()
                    .is_some_and(|(last, it)| last.rest && it == unit.descent);
                if !is_part {
                    let place = Unit::place(&part.descent);
                    return Err(UnitError::Missing(format!(
                        "{place} is no part of the unit that has left it"
                    )));
                }
            }
        }
        check_covered(&[], done)
    }

    /// Is it a unit of the same search?
    fn check_of_search(&self, first: &Unit) -> Result<(), UnitError> {
        if self.build != first.build {
            return Err(UnitError::OtherBuild);
        }
        if self.memory != first.memory || self.bound != first.bound {
            return Err(UnitError::OtherBound);
        }
        if self.program.is_none() || self.program != first.program {
            let why = "its first execution is not that of the first unit's".to_owned();
            return Err(UnitError::OtherProgram(why));
        }
        if self.lessons != first.lessons {
            let why = "it is of a search that has learnt something else".to_owned();
            return Err(UnitError::OtherProgram(why));
        }
        Ok(())
    }
}

/// Is the unit that has come about by these splits explored, itself or in parts, each once? `done` are those of it.
fn check_covered(descent: &[Descent], done: &[Done<'_>]) -> Result<(), UnitError> {
    let (own, parts): (Vec<_>, Vec<_>) =
        done.iter().copied().partition(|(unit, _)| unit.descent.len() == descent.len());
    let place = || Unit::place(descent);
    let next = |unit: &Unit| unit.descent[descent.len()];
    if own.len() > 1 {
        return Err(UnitError::Twice(place()));
    }
    let wanted = match (own.first(), parts.first()) {
        (None, None) => return Err(UnitError::Missing(format!("nothing is there of {}", place()))),
        (Some((_, [])), None) => return Ok(()),
        (Some((_, [])), Some(_)) => return Err(UnitError::Twice(place())),
        (Some((_, left)), _) => next(&left[0]),
        (None, Some((part, _))) if next(part).rest => {
            let why = format!(
                "units that were left are there, but not the result that has left them, of {}",
                place()
            );
            return Err(UnitError::Missing(why));
        }
        (None, Some((part, _))) => next(part),
    };
    let of_same = |it: Descent| Descent { nth: 0, ..it } == Descent { nth: 0, ..wanted };
    if let Some((other, _)) = parts.iter().find(|(part, _)| !of_same(next(part))) {
        let what = format!("{} is of another split than others", Unit::place(&other.descent));
        return Err(UnitError::Twice(what));
    }
    if let Some((other, _)) =
        parts.iter().find(|(part, _)| !(1..=wanted.of).contains(&next(part).nth))
    {
        return Err(UnitError::Twice(format!("there is no unit {}", Unit::place(&other.descent))));
    }
    for nth in 1..=wanted.of {
        let part = Descent { nth, ..wanted };
        let done = parts.iter().copied().filter(|(unit, _)| next(unit) == part).collect::<Vec<_>>();
        let descent = descent.iter().copied().chain([part]).collect::<Vec<_>>();
        check_covered(&descent, &done)?;
    }
    Ok(())
}
