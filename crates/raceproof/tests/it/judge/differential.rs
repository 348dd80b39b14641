//! The explorer against the interpreter.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use raceproof::oracle::Observation;
use raceproof::{Exploration, Explorer, FailureKind, Outcome, RwLockPolicy};

use super::enumerate::{End, Ending, Found, explore};
use super::generator::{Shape, program};
use super::language::{Block, Do, Hold, MUTEXES, contains, count};
use super::mirror::{self, Names};
use super::state::{Queue, Rules, TICKS};
use super::steps::SCOPE;
use super::traces;

/// Runs a program under the explorer: what its executions come to.
fn observe(explorer: &Explorer, program: &Block) -> (BTreeSet<Ending>, Exploration) {
    let names = Names::default();
    let mut endings = BTreeSet::new();
    let see = |observed: Observation| {
        endings.insert(ending(&observed, &names));
    };
    let exploration = explorer.observe(|| mirror::run(program, &names), see);
    (endings, exploration)
}

/// An execution's report as an ending: each part of it is a thread's name, a colon, and `+` when the
/// thread began, a value that it observed, or `!` when it panicked.
fn ending(observed: &Observation, names: &Names) -> Ending {
    let mut ending = Ending::new();
    for part in observed.outcome.split(", ") {
        let (name, what) = part.split_once(':').expect("a name");
        let (log, end) = ending.entry(name.to_owned()).or_insert((Vec::new(), End::Well));
        match what {
            "+" => {}
            "!" => *end = End::Panicked,
            value => log.push(value.parse().expect("a value")),
        }
    }
    let names = names.lock().unwrap();
    for thread in &observed.blocked {
        ending.get_mut(&names[thread]).expect("it began").1 = End::Blocked;
    }
    ending
}

/// States, executions and prefixes of traces beyond which a program is too large.
const STATES: usize = 4_000;
const EXECUTIONS: u64 = 3_000;
const PREFIXES: usize = 6_000;

/// Programs of each shape, unless the environment says otherwise.
const CASES: u32 = 500;

/// What a comparison looked at.
#[derive(Default, Debug)]
struct Compared {
    programs: u32,
    traces: u32,
    polls: u32,
    failing: u32,
}

/// Compares explorer and interpreter, unless the program is too large.
fn compare(
    program: &Block,
    (spurious, passes): (bool, bool),
    compared: &mut Compared,
) -> Result<(), String> {
    let ahead = ahead(program);
    let rules = Rules {
        spurious: spurious && !loops(program),
        queue: if passes { Queue::ReadersPass } else { Queue::Any },
        ahead,
        ..Rules::of(program)
    };
    let limit = if ahead.is_some() { 4 * STATES } else { STATES };
    let Some(found) = explore(program, rules, limit) else {
        return Ok(());
    };
    let policy = if passes { RwLockPolicy::ReadersPass } else { RwLockPolicy::Any };
    let explorer = Explorer::new().max_executions(EXECUTIONS).spurious_wakeups(rules.spurious);
    let explorer = explorer.rwlock_policy(policy);
    if found.uses_after_drop {
        compared.failing += 1;
        let outcome = explorer.check(|| mirror::run(program, &Names::default())).outcome;
        let bounded = matches!(outcome, Outcome::Bounded(_));
        return if bounded { Ok(()) } else { judge(&outcome, &found) };
    }
    let (endings, all) = observe(&explorer.clone().keep_going(), program);
    if all.executions >= EXECUTIONS {
        return Ok(());
    }
    let verdict = explorer.check(|| mirror::run(program, &Names::default()));
    compared.programs += 1;
    compared.failing += u32::from(found.fails());
    judge(&verdict.outcome, &found)?;
    if all.redundant > 0 {
        return Err(format!("{} redundant executions", all.redundant));
    }
    if found.livelocks {
        return Ok(());
    }
    if endings != found.endings {
        let missing: Vec<_> = found.endings.difference(&endings).collect();
        let invented: Vec<_> = endings.difference(&found.endings).collect();
        return Err(format!("endings: missing {missing:?}; invented {invented:?}"));
    }
    if contains(program, &|what| matches!(what, Do::Forever(_))) {
        compared.polls += 1;
    }
    if !rules.spurious
        && (passes || !may_wait_behind(program))
        && counts_traces(program)
        && let Some(traces) = traces::count(program, rules, PREFIXES)
    {
        compared.traces += 1;
        if traces != all.executions {
            return Err(format!("{} executions, but {traces} traces", all.executions));
        }
    }
    Ok(())
}

/// How far the clock must be able to go so that any time that the program has may have passed, if it looks
/// at the clock.
fn ahead(program: &Block) -> Option<i64> {
    let moves = count(program, &|what| matches!(what, Do::Later(_))) as i64;
    contains(program, &|what| matches!(what, Do::Now(_))).then_some(TICKS * moves + 1)
}

/// Has the program a loop? Each of its rounds may end for no reason, so there are too many executions.
fn loops(program: &Block) -> bool {
    contains(program, &|what| matches!(what, Do::Times(..) | Do::Forever(_)))
}

/// May a thread wait behind one that waits to write? The interpreter takes a step for that, the explorer
/// only where it must.
fn may_wait_behind(program: &Block) -> bool {
    contains(program, &|what| {
        matches!(what, Do::Hold(Hold::Exclusive | Hold::TryShared, MUTEXES.., _))
    })
}

/// Is the explorer's verdict one that the findings allow?
pub(super) fn judge(outcome: &Outcome, found: &Found) -> Result<(), String> {
    let failure = match outcome {
        Outcome::Proved if found.fails() => return Err(format!("a false proof: {found:?}")),
        Outcome::Proved => return Ok(()),
        Outcome::Failed(failure) => failure,
        other => return Err(format!("neither proved nor failed: {other:?}")),
    };
    let message = failure.message.strip_prefix('p').and_then(|text| text.parse().ok());
    let scope = failure.message.contains("scoped thread panicked").then_some(SCOPE);
    let possible = match failure.kind {
        FailureKind::Assertion => {
            message.or(scope).is_some_and(|message| found.panics.contains(&message))
        }
        FailureKind::Deadlock => found.deadlocks,
        FailureKind::Livelock => found.livelocks,
        FailureKind::UseAfterFree => found.uses_after_drop,
        _ => false,
    };
    if possible { Ok(()) } else { Err(format!("a false alarm: {failure}; it does {found:?}")) }
}

/// Are the program's steps those whose granularity is documented, with no pause that is taken for
/// waiting?
fn counts_traces(program: &Block) -> bool {
    let pauses = |what: &Do| {
        matches!(what, Do::Yield | Do::SpinLoop | Do::Sleep | Do::ParkTimeout | Do::WaitTimeout(_))
    };
    let ends = |what: &Do| matches!(what, Do::Forever(_) | Do::IsFinished(_) | Do::Now(_));
    let other = |what: &Do| pauses(what) || ends(what) || what.channel().is_some();
    !contains(program, &other)
}

/// A number that the environment says.
pub(super) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// The seed of a shape's programs: the number in the environment's `SEED`, any number if that is
/// `random`, and else always the same, so that a run repeats.
pub(super) fn seed(shape: Shape) -> u64 {
    let any = std::env::var("SEED").is_ok_and(|seed| seed == "random");
    let drawn = any.then(|| RandomState::new().hash_one(shape as u8));
    let seed = drawn.or_else(|| setting("SEED")).unwrap_or(shape as u64);
    println!("{shape:?}: SEED={seed}");
    seed
}

pub(super) fn rng(seed: u64) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(4))
}

/// Compares on random programs of a shape: as many as `CASES` says, from the seed that `SEED` says.
fn compare_all(shape: Shape) {
    let seed = seed(shape);
    let config = ProptestConfig {
        cases: setting("CASES").map_or(CASES, |cases| cases as u32),
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng(seed));
    let compared = RefCell::new(Compared::default());
    let rules = (any::<bool>(), any::<bool>());
    let result = runner.run(&(program(shape), rules), |(program, rules)| {
        compare(&program, rules, &mut compared.borrow_mut()).map_err(TestCaseError::fail)
    });
    println!("{shape:?}: {:?}", compared.borrow());
    if let Err(error) = result {
        panic!("SEED={seed}: {error}");
    }
}

#[test]
fn atomics() {
    compare_all(Shape::Atomics);
}

#[test]
fn ends() {
    compare_all(Shape::Ends);
}

#[test]
fn locks() {
    compare_all(Shape::Locks);
}

#[test]
fn readers() {
    compare_all(Shape::Readers);
}

#[test]
fn waits() {
    compare_all(Shape::Waits);
}

#[test]
fn channels() {
    compare_all(Shape::Channels);
}

#[test]
fn threads() {
    compare_all(Shape::Threads);
}

#[test]
fn panics() {
    compare_all(Shape::Panics);
}

#[test]
fn polls() {
    compare_all(Shape::Polls);
}

#[test]
fn times() {
    compare_all(Shape::Times);
}

#[test]
fn mixed() {
    compare_all(Shape::Mixed);
}
