//! Litmus tests with known counts: how many graphs there are, and whether an outcome is allowed.
//!
//! `litmus.txt` has one a line: `name: program => [outcome] allowed count-under-C11 count-under-SC`,
//! `-` if no outcome is asked for. An outcome is `thread.register=value`s, or `race`. The counts are
//! those of GenMC 0.11's test suite where it has the program.

use super::language::{model, parse};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, Step, Value};

const TABLE: &str = include_str!("litmus.txt");

struct Litmus {
    name: &'static str,
    program: &'static str,
    /// The outcome that is asked for, and whether it is allowed.
    wanted: Option<(&'static str, bool)>,
    /// How many graphs there are under C11 and under sequential consistency.
    counts: [u64; 2],
}

fn litmus(line: &'static str) -> Litmus {
    let (head, tail) = line.split_once(" => ").expect("an arrow");
    let (name, program) = head.split_once(": ").expect("a name");
    let words = tail.split_whitespace().collect::<Vec<_>>();
    let [.., c11, sequential] = words[..] else { panic!("two counts") };
    let wanted = tail.strip_prefix('[').and_then(|tail| tail.split_once("] "));
    let wanted = wanted.map(|(outcome, rest)| (outcome, rest.starts_with("yes")));
    let counts = [c11, sequential].map(|count| count.parse().expect("a count"));
    Litmus { name, program, wanted, counts }
}

fn explore(memory: Memory, program: &str) -> Exploration {
    let program = parse(program);
    let found = Explorer::new().keep_going().memory(memory).check(|| drop(model(&program)));
    if let Outcome::Failed(failure) = &found.outcome {
        assert_eq!(failure.kind, FailureKind::DataRace, "{failure}");
    }
    found
}

/// Is there an execution that comes to this?
fn comes_to(found: &Exploration, wanted: &str) -> bool {
    if wanted == "race" {
        return found.failures > 0;
    }
    found.outcomes.keys().any(|outcome| is_like(outcome, wanted))
}

/// Are the registers those that are wanted?
fn is_like(outcome: &str, wanted: &str) -> bool {
    let threads = outcome.split(" | ").map(|thread| thread.split(' ').collect::<Vec<_>>());
    let threads = threads.collect::<Vec<_>>();
    wanted.split_whitespace().all(|one| {
        let (place, value) = one.split_once('=').expect("a value");
        let (thread, register) = place.split_once('.').expect("a register");
        let [thread, register] = [thread, register].map(|n| n.parse::<usize>().expect("a number"));
        threads[thread].get(register) == Some(&value)
    })
}

#[test]
fn each_litmus_test_has_its_graphs_and_outcomes() {
    let mut wrong = Vec::new();
    for Litmus { name, program, wanted, counts } in TABLE.lines().map(litmus) {
        let [c11, sequential] =
            [Memory::C11, Memory::Sequential].map(|memory| explore(memory, program));
        let found = [c11.executions, sequential.executions];
        if found != counts || [c11.redundant, sequential.redundant] != [0, 0] {
            wrong.push(format!("{name}: {found:?} executions, {counts:?} expected"));
        }
        if let Some((outcome, allowed)) = wanted
            && comes_to(&c11, outcome) != allowed
        {
            wrong.push(format!("{name}: {outcome} is allowed: {allowed}"));
        }
    }
    assert_eq!(TABLE.lines().count(), 136);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Executions beyond which it takes too long to fail in each outcome.
const SMALL: u64 = 30;

/// What needs weak memory is told with a stale step, and what does not is not. The schedule of either repeats it.
#[test]
fn a_stale_step_is_told_where_it_is_needed() {
    let (mut weak, mut strong) = (0, 0);
    let small = TABLE.lines().map(litmus).filter(|litmus| litmus.counts[0] <= SMALL);
    for Litmus { name, program, .. } in small {
        let [c11, sequential] =
            [Memory::C11, Memory::Sequential].map(|memory| explore(memory, program));
        if c11.failures > 0 {
            continue;
        }
        let program = parse(program);
        for wanted in c11.outcomes.keys() {
            let model = || assert_ne!(model(&program), *wanted, "it comes to it");
            let explorer = Explorer::new().memory(Memory::C11);
            let Outcome::Failed(failure) = explorer.check(model).outcome else {
                panic!("{name}: nothing comes to {wanted}");
            };
            let stale = |step: &Step| matches!(step.value, Some(Value::Stale { .. }));
            let told = failure.trace.steps.iter().any(stale);
            let again = explorer.run_again(&failure.schedule, model).outcome;
            assert!(
                matches!(&again, Outcome::Failed(it) if it.message == failure.message),
                "{name}"
            );
            if sequential.outcomes.contains_key(wanted) {
                strong += u32::from(!told);
            } else {
                assert!(told, "{name}: {failure}");
                weak += 1;
            }
        }
    }
    // One outcome may have several graphs, of which the first is told.
    println!("{weak} outcomes that need weak memory; {strong} that do not, told so");
    assert!(weak > 25 && strong > 300, "{weak}, {strong}");
}
