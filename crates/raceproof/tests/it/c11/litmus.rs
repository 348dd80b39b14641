//! Litmus tests with known counts: how many graphs there are, and whether an outcome is allowed.
//!
//! `litmus.txt` has one a line: `name: program => [outcome] allowed count-under-C11 count-under-SC`,
//! `-` if no outcome is asked for. An outcome is `thread.register=value`s, or `race`. The counts are
//! those of GenMC 0.11's test suite where it has the program.

use super::language::{model, parse};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome};

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
    let found = Explorer::new().keep_going().memory(memory).check(|| model(&program));
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
    found.outcomes.keys().any(|outcome| {
        let threads = outcome.split(" | ").map(|thread| thread.split(' ').collect::<Vec<_>>());
        let threads = threads.collect::<Vec<_>>();
        wanted.split_whitespace().all(|one| {
            let (place, value) = one.split_once('=').expect("a value");
            let (thread, register) = place.split_once('.').expect("a register");
            let [thread, register] =
                [thread, register].map(|n| n.parse::<usize>().expect("a number"));
            threads[thread].get(register) == Some(&value)
        })
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
    assert_eq!(TABLE.lines().count(), 102);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
