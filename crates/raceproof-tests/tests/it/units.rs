//! A search in units finds what one search finds.

mod bad;
mod checkpoint;

use std::fmt::Debug;

use crate::programs::{
    bounded_buffer, filesystem, indexer, lastzero, locked, philosophers, readers, unlocked,
};
use raceproof::{Assumption, Exploration, Explorer, Memory, RwLockPolicy, Share, Unit, UnitError};

/// All that is told of a search that counts failures, but for the time it takes and which of the failures is the first.
pub(crate) fn told(found: &Exploration) -> impl PartialEq + Debug {
    let outcome = std::mem::discriminant(&found.outcome);
    let counts = [found.executions, found.steps, found.redundant, found.failures, found.deadlocks];
    (counts, outcome, found.outcomes.clone(), found.assumptions.clone())
}

/// As [`told`], of a search under sequential consistency: traces and graphs are counted alike, and nothing else.
fn told_of_traces(found: &Exploration) -> impl PartialEq + Debug {
    let outcome = std::mem::discriminant(&found.outcome);
    (found.executions, found.failures, found.deadlocks, outcome, found.outcomes.clone())
}

/// Explores a unit and what is left of it, `few` executions at a time.
fn shares(
    explorer: &Explorer,
    unit: &Unit,
    few: Option<u64>,
    model: &dyn Fn(),
) -> Result<Vec<Share>, UnitError> {
    let explorer_of_few = few.map(|few| explorer.clone().max_executions(few));
    // Only the text goes on.
    let unit = unit.to_string().parse::<Unit>().expect("a unit");
    let share = explorer_of_few.as_ref().unwrap_or(explorer).unit(&unit, model)?;
    assert!(few.is_none() || share.found.executions <= few.unwrap(), "{share:?}");
    let mut all = vec![share.clone()];
    for left in &share.left {
        all.extend(shares(explorer, left, few, model)?);
    }
    Ok(all)
}

/// Has units find what one search does that counts failures, in splits of several sizes, with some split again, some
/// explored a few executions at a time. None if the search is not split.
pub(crate) fn compare(explorer: &Explorer, seed: usize, model: &dyn Fn()) -> Option<Exploration> {
    let alone = explorer.check(model);
    let is_sequential = !alone.assumptions.contains(&Assumption::NoLoadBuffering);
    for into in [1, 2 + seed % 3, 5 + seed % 60] {
        let few = 2 + alone.executions / 40;
        let whole = in_units(explorer, (into, few), seed, model)?;
        match is_sequential {
            true => assert_eq!(told_of_traces(&whole), told_of_traces(&alone), "{into} units"),
            false => assert_eq!(told(&whole), told(&alone), "{into} units"),
        }
    }
    Some(alone)
}

fn in_units(
    explorer: &Explorer,
    (into, few): (usize, u64),
    seed: usize,
    model: &dyn Fn(),
) -> Option<Exploration> {
    let whole = || {
        let units = explorer.split(into, model)?;
        assert!((1..=into).contains(&units.len()), "{} units", units.len());
        let mut all = Vec::new();
        for (nth, unit) in units.iter().enumerate() {
            match (nth + seed) % 3 {
                0 => all.extend(shares(explorer, unit, None, model)?),
                1 => all.extend(shares(explorer, unit, Some(few), model)?),
                _ => {
                    for part in explorer.split_unit(unit, 3, model)? {
                        all.extend(shares(explorer, &part, None, model)?);
                    }
                }
            }
        }
        for at in 0..all.len() {
            let mut others = all.clone();
            others.remove(at);
            assert!(Share::whole(&others).is_err(), "a unit is missing");
            others.extend([all[at].clone(), all[at].clone()]);
            assert!(Share::whole(&others).is_err(), "a unit is there twice");
            if all.len() > 20 {
                break;
            }
        }
        // The order is that of the engines, which is any.
        let middle = seed % all.len();
        all.rotate_left(middle);
        Share::whole(&all)
    };
    match whole() {
        Ok(found) => Some(found),
        Err(UnitError::Indivisible(_) | UnitError::Learnt(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

fn count(memory: Memory, model: impl Fn()) -> u64 {
    let explorer = Explorer::new().memory(memory).keep_going();
    let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass);
    compare(&explorer, 59, &model).expect("it is split").executions
}

#[test]
fn published_counts() {
    for memory in [Memory::Sequential, Memory::C11] {
        assert_eq!(count(memory, locked(3, 2)), 90);
        assert_eq!(count(memory, locked(5, 1)), 120);
        assert_eq!(count(memory, unlocked(3)), 36);
        assert_eq!(count(memory, readers(7)), 128);
        assert_eq!(count(memory, lastzero(5)), 64);
        assert_eq!(count(memory, indexer(13)), 64);
        assert_eq!(count(memory, filesystem(17)), 16);
        count(memory, philosophers(3));
    }
    assert_eq!(count(Memory::Sequential, unlocked(4)), 576);
    count(Memory::Sequential, bounded_buffer(2));
}

#[test]
fn units_are_about_as_large_as_each_other() {
    let explorer = Explorer::new().memory(Memory::Sequential);
    let units = explorer.split(16, unlocked(4)).unwrap();
    assert_eq!(units.len(), 16);
    let sizes = units.iter().map(|unit| explorer.unit(unit, unlocked(4)).unwrap());
    let sizes = sizes.map(|share| share.found.executions).collect::<Vec<_>>();
    assert_eq!(sizes.iter().sum::<u64>(), 576);
    assert!(*sizes.iter().max().unwrap() < 576 / 3, "{sizes:?}");
}
