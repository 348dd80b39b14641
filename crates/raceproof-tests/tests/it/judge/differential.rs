//! The explorer against the interpreter.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use raceproof::oracle::Observation;
use raceproof::{
    Assumption, Equivalence, Exploration, Explorer, Failure, FailureKind, Memory, Outcome,
    RwLockPolicy,
};

use super::enumerate::{End, Ending, Found, explore};
use super::gates::POISONED;
use super::generator::{Shape, program};
use super::language::{Block, CHANNELS, Do, Hold, MUTEXES, contains, count};
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

/// Time after which a search under Rust's memory model is given up. Of a loop whose rounds do more than look, each number of
/// fruitless rounds is an execution until it is refused, and these are long.
const ENOUGH: Duration = Duration::from_secs(1);

const EXECUTIONS: u64 = 3_000;

/// Of programs with loops that wait, whose executions are long.
const EXECUTIONS_OF_LOOPS: u64 = 300;

const PREFIXES: usize = 6_000;

/// Programs of each shape, unless the environment says otherwise; a fifth of it of those that take long.
pub(super) const CASES: u64 = 100;

/// Programs from one seed, if there is a time for those of a shape.
const FEW: u32 = 5;

/// What a comparison looked at.
#[derive(Default, Debug)]
struct Compared {
    programs: u32,
    traces: u32,
    /// Proofs that assume of polls that the scheduler is fair.
    fair: u32,
    failing: u32,
    /// Searches that were cut.
    cut: u32,
    /// Programs explored under Rust's memory model as well.
    weak: u32,
    /// Programs of which that was given up.
    long: u32,
    /// Programs explored by reads-from as well, and not by traces all the same.
    by_reads: u32,
}

/// Compares explorer and interpreter, unless the program is too large.
fn compare(
    program: &Block,
    (spurious, passes): (bool, bool),
    compared: &mut Compared,
) -> Result<(), String> {
    if contains(program, &|what| *what == Do::Keep) {
        return depends_on_the_past(program, compared);
    }
    let ahead = ahead(program);
    let polls = contains(program, &|what| matches!(what, Do::Forever(_)));
    let rules = Rules {
        spurious: spurious && !loops(program),
        queue: if passes { Queue::ReadersPass } else { Queue::Any },
        ahead,
        // The deadline is at most one reading and its moves away.
        horizon: ahead.filter(|_| polls).map(|ahead| 2 * ahead),
        ..Rules::of(program)
    };
    let limit = if ahead.is_some() { 4 * STATES } else { STATES };
    let Some(found) = explore(program, rules, limit) else {
        return Ok(());
    };
    let policy = if passes { RwLockPolicy::ReadersPass } else { RwLockPolicy::Any };
    let most = if polls { EXECUTIONS_OF_LOOPS } else { EXECUTIONS };
    let explorer = Explorer::new().max_executions(most).spurious_wakeups(rules.spurious);
    let explorer = explorer.rwlock_policy(policy);
    let verdict = explorer.check(|| mirror::run(program, &Names::default()));
    if matches!(verdict.outcome, Outcome::Bounded(_)) {
        return gets_on(&explorer, program, &found);
    }
    judge(&verdict.outcome, &found)?;
    repeats(&explorer, &verdict.outcome, program)?;
    compared.programs += 1;
    compared.failing += u32::from(found.fails());
    if found.livelocks || found.overlaps || found.uses_after_drop {
        return Ok(());
    }
    let (endings, all) = observe(&explorer.clone().keep_going(), program);
    if all.executions >= most {
        return Ok(());
    }
    if all.redundant > 0 {
        return Err(format!("{} redundant executions", all.redundant));
    }
    // A race is found even where there are deadlocks, which may be told before it.
    if found.races && found.panics.is_empty() && all.failures == all.deadlocks {
        return Err("no execution has a data race".to_owned());
    }
    if endings != found.endings {
        let missing: Vec<_> = found.endings.difference(&endings).collect();
        let invented: Vec<_> = endings.difference(&found.endings).collect();
        return Err(format!("endings: missing {missing:?}; invented {invented:?}"));
    }
    compared.fair += u32::from(assumes_fairness(program, &found, &all)?);
    // Loops that wait take long under Rust's memory model: one program in four.
    let compares = !polls || spurious && passes;
    if compares && (passes || !may_wait_behind(program)) {
        let weak = Explorer::new().memory(Memory::C11).spurious_wakeups(rules.spurious);
        compared.weak += u32::from(is_the_same_under_c11(&weak, program, &found, &all, compared)?);
        compared.by_reads +=
            u32::from(is_the_same_by_reads_from((&explorer, most), program, &found, &all)?);
    }
    let rules = Rules { matters: found.matters, ..rules };
    if !rules.spurious
        && (passes || !may_wait_behind(program))
        && counts_traces(program)
        && (all.failures + all.deadlocks < all.executions || !detaches(program))
        && let Some(traces) = traces::count(program, rules, PREFIXES)
    {
        compared.traces += 1;
        if traces != all.executions {
            return Err(format!("{} executions, but {traces} traces", all.executions));
        }
    }
    Ok(())
}

/// Steps of an execution for each of the program's states, at the most: it comes to none again and again.
const STEPS: u64 = 4;

/// Does a search that is cut get on? One that goes round in a loop for ever has executions longer than the program's states allow.
/// (Under Rust's memory model some loops do, until they are refused.)
fn gets_on(explorer: &Explorer, program: &Block, found: &Found) -> Result<(), String> {
    if found.livelocks || contains(program, &|what| matches!(what, Do::Times(10.., _))) {
        return Ok(());
    }
    let explorer = explorer.clone().memory(Memory::Sequential);
    let Exploration { executions, steps, .. } =
        explorer.check(|| mirror::run(program, &Names::default()));
    if steps <= executions * STEPS * found.states as u64 {
        return Ok(());
    }
    Err(format!("{executions} executions of {steps} steps, but {} states", found.states))
}

/// Whether executions end under Rust's memory model as the interpreter's do, or in more ways if the sequential search
/// assumes something of memory: atomics are `SeqCst`. False if that is not explored, or too much.
fn is_the_same_under_c11(
    explorer: &Explorer,
    program: &Block,
    found: &Found,
    sequential: &Exploration,
    compared: &mut Compared,
) -> Result<bool, String> {
    let explorer = explorer.clone().max_executions(EXECUTIONS).time_limit(ENOUGH);
    let refused =
        |failure: &Failure| matches!(failure.kind, FailureKind::Misuse | FailureKind::StepLimit);
    let verdict = explorer.check(|| mirror::run(program, &Names::default())).outcome;
    if matches!(&verdict, Outcome::Failed(it) if refused(it))
        || matches!(verdict, Outcome::Bounded(_))
    {
        return Ok(false);
    }
    let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
    let assumes = sequential.assumptions.iter().any(of_memory);
    if !assumes || found.fails() {
        let told = |why| format!("under C11, {why}");
        match &verdict {
            // It may fail in other ways.
            Outcome::Failed(_) if assumes => {}
            verdict => judge(verdict, found).map_err(told)?,
        }
    }
    repeats(&explorer, &verdict, program).map_err(|why| format!("under C11, {why}"))?;
    // Once the main thread has panicked, others take no more steps, and not every ending is found.
    if found.endings.iter().any(|ending| ending["0"].1 == End::Panicked) {
        return Ok(true);
    }
    let (endings, all) = observe(&explorer.keep_going(), program);
    let long = all.elapsed >= ENOUGH;
    compared.long += u32::from(long);
    let bounded = long || all.executions >= EXECUTIONS;
    if bounded || matches!(&all.outcome, Outcome::Failed(it) if refused(it)) {
        return Ok(false);
    }
    let missing: Vec<_> = found.endings.difference(&endings).collect();
    let invented: Vec<_> = endings.difference(&found.endings).collect();
    if missing.is_empty() && (assumes || invented.is_empty()) {
        return Ok(true);
    }
    Err(format!("under C11, missing {missing:?}; invented {invented:?}"))
}

/// Whether a search by reads-from finds what the interpreter does. False if the program is not explored by it, or is too large.
fn is_the_same_by_reads_from(
    (explorer, most): (&Explorer, u64),
    program: &Block,
    found: &Found,
    all: &Exploration,
) -> Result<bool, String> {
    let explorer = explorer.clone().memory(Memory::Sequential).time_limit(ENOUGH);
    let explorer = explorer.equivalence(Equivalence::ReadsFrom);
    let told = |why| format!("by reads-from, {why}");
    let verdict = explorer.check(|| mirror::run(program, &Names::default())).outcome;
    if matches!(verdict, Outcome::Bounded(_)) {
        return Ok(false);
    }
    judge(&verdict, found).map_err(told)?;
    repeats(&explorer, &verdict, program).map_err(told)?;
    // Once the main thread has panicked, others take no more steps, and not every ending is found.
    if found.endings.iter().any(|ending| ending["0"].1 == End::Panicked) {
        return Ok(false);
    }
    let (endings, by_reads) = observe(&explorer.keep_going(), program);
    // One that has failed says so, and not that it was bounded.
    if by_reads.elapsed >= ENOUGH || by_reads.executions >= most {
        return Ok(false);
    }
    if endings == found.endings {
        return Ok(by_reads.assumptions.contains(&Assumption::EndsAfterUses));
    }
    let missing: Vec<_> = found.endings.difference(&endings).collect();
    let invented: Vec<_> = endings.difference(&found.endings).collect();
    let executions = (by_reads.executions, all.executions);
    Err(told(format!("{executions:?} executions: missing {missing:?}; invented {invented:?}")))
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

/// Is a handle dropped? Who drops the result then is explored once an execution has ended well.
fn detaches(program: &Block) -> bool {
    contains(program, &|what| matches!(what, Do::Detach(_)))
}

/// May a thread wait behind one that waits to write? The interpreter takes a step for that, the explorer
/// only where it must.
fn may_wait_behind(program: &Block) -> bool {
    contains(program, &|what| {
        matches!(what, Do::Hold(Hold::Exclusive | Hold::TryShared, MUTEXES.., _))
    })
}

/// Does the search assume of polls that the scheduler is fair? It must say so if some execution goes on
/// for ever. The interpreter, which remembers states, has explored every number of fruitless rounds,
/// one more than those after which the explorer takes a loop to wait among them, and the endings are the
/// same: what is assumed is not false of the program. (That time passes is no assumption.)
fn assumes_fairness(program: &Block, found: &Found, all: &Exploration) -> Result<bool, String> {
    let fair = |assumption: &Assumption| matches!(assumption, Assumption::FairPolls { .. });
    let assumes = all.assumptions.iter().any(fair);
    let endless = contains(program, &|what| matches!(what, Do::Forever(_)));
    match (assumes, endless, found.cycles) {
        (true, false, _) => Err("fairness is assumed, and every loop ends by itself".to_owned()),
        (false, _, true) if ahead(program).is_none() => {
            Err("some execution goes on for ever, and nothing is assumed".to_owned())
        }
        _ => Ok(assumes),
    }
}

/// A search is no proof if it was cut because the program did not do the same when it was run again.
fn depends_on_the_past(program: &Block, compared: &mut Compared) -> Result<(), String> {
    let explorer = Explorer::new().max_executions(EXECUTIONS);
    let all = explorer.check(|| mirror::run(program, &Names::default()));
    compared.programs += 1;
    compared.cut += u32::from(all.redundant > 0);
    match all.outcome {
        Outcome::Proved if all.redundant > 0 => Err(format!("a proof, but {} cut", all.redundant)),
        _ => Ok(()),
    }
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
    let says = |text: &str| failure.message.contains(text);
    let scope = says("scoped thread panicked").then_some(SCOPE);
    let scope = scope.or(says("has previously been poisoned").then_some(POISONED));
    let possible = match failure.kind {
        FailureKind::Assertion => {
            // A scope's panic is told as the one that it passes on.
            let passed = |m| found.panics.contains(&SCOPE) && found.taken.contains(&m);
            message.or(scope).is_some_and(|m| found.panics.contains(&m) || passed(m))
        }
        FailureKind::Deadlock => found.deadlocks,
        // A loop that changes something for ever, its count of rounds say, is told as one that is
        // not over.
        FailureKind::Livelock | FailureKind::StepLimit => found.livelocks,
        FailureKind::UseAfterFree => found.uses_after_drop,
        FailureKind::DataRace => found.races,
        FailureKind::Overlap => found.overlaps,
        _ => false,
    };
    if possible { Ok(()) } else { Err(format!("a false alarm: {failure}; it does {found:?}")) }
}

/// Does a failure come again from its schedule?
fn repeats(explorer: &Explorer, outcome: &Outcome, program: &Block) -> Result<(), String> {
    let Outcome::Failed(failure) = outcome else { return Ok(()) };
    let again = explorer.run_again(&failure.schedule, || mirror::run(program, &Names::default()));
    let same = |it: &Failure| {
        // At what a loop looks in which nothing is new is known to a search alone. Of several races any may come first: the
        // step of a count that was to be the next is in no schedule.
        let any = matches!(it.kind, FailureKind::Livelock | FailureKind::DataRace);
        let said = any || it.message == failure.message;
        // Under Rust's memory model another thread may come to what is not explored, before the one that fails.
        let weak = failure.schedule.to_string().starts_with("c11");
        let refused = weak && it.kind == FailureKind::Misuse;
        refused || it.kind == failure.kind && said
    };
    match &again.outcome {
        Outcome::Failed(it) if same(it) => Ok(()),
        Outcome::Failed(it) => Err(format!("replayed, it is {}: {failure}", it.summary())),
        other => Err(format!("replayed, it is {other:?}: {failure}")),
    }
}

/// Are the program's steps those whose granularity is documented, with no pause that is taken for
/// waiting?
fn counts_traces(program: &Block) -> bool {
    let other = |what: &Do| match what {
        Do::Yield | Do::SpinLoop | Do::Sleep | Do::ParkTimeout | Do::WaitTimeout(_) => true,
        Do::Forever(_) | Do::IsFinished(_) | Do::Meet | Do::Count { .. } | Do::Now(_) => true,
        // Its closure looks at an atomic and ends in one step of the interpreter's.
        Do::Force | Do::RecvTimeout(_) => true,
        _ => what.channel().is_some_and(|channel| CHANNELS[channel] == Some(0)),
    };
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

/// How much longer than those of other shapes its programs take: they have many states, or are tried for long.
fn weight(shape: Shape) -> u32 {
    let slow = matches!(
        shape,
        Shape::Polls | Shape::Times | Shape::Deadlines | Shape::Mixed | Shape::Readers
    );
    if slow { 5 } else { 1 }
}

/// Until when programs of a shape are compared, if the environment says for how many seconds: longer if they take longer.
pub(super) fn until(weight: u32) -> Option<Instant> {
    setting("TIME").map(|seconds| Instant::now() + weight * Duration::from_secs(seconds))
}

/// Compares on random programs of a shape, from the seed that `SEED` says: as many as `CASES` says, or a few from each seed after
/// the other for as long as `TIME` says.
fn compare_all(shape: Shape) {
    let first = seed(shape);
    let until = until(weight(shape));
    let cases = setting("CASES").unwrap_or(CASES) / u64::from(weight(shape));
    let config = ProptestConfig {
        cases: if until.is_some() { FEW } else { cases.max(1) as u32 },
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    };
    let compared = RefCell::new(Compared::default());
    let strategy = (program(shape), (any::<bool>(), any::<bool>()));
    for seed in (0..).map(|nth| first.wrapping_add(nth)) {
        let mut runner = TestRunner::new_with_rng(config.clone(), rng(seed));
        let result = runner.run(&strategy, |(program, rules)| {
            compare(&program, rules, &mut compared.borrow_mut()).map_err(TestCaseError::fail)
        });
        let over = until.is_none_or(|until| Instant::now() >= until);
        if over || result.is_err() {
            println!("{shape:?}: {:?}", compared.borrow());
        }
        if let Err(error) = result {
            panic!("SEED={seed}: {error}");
        }
        if over {
            break;
        }
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
fn crowds() {
    compare_all(Shape::Crowd);
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
fn cells() {
    compare_all(Shape::Cells);
}

#[test]
fn scopes() {
    compare_all(Shape::Scopes);
}

#[test]
fn gates() {
    compare_all(Shape::Gates);
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
fn kept() {
    compare_all(Shape::Kept);
}

#[test]
fn deadlines() {
    compare_all(Shape::Deadlines);
}

#[test]
fn owners() {
    compare_all(Shape::Owners);
}

#[test]
fn drops() {
    compare_all(Shape::Drops);
}

#[test]
fn mixed() {
    compare_all(Shape::Mixed);
}
