//! Random programs whose destructors take steps, while their executions fail at any point.
//!
//! What may go wrong is an abort or a hang, so the programs run in child processes of the test
//! binary. A program is told by the seed that makes it and the moves that shrink it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use raceproof::{Explorer, Outcome};

use super::differential::{CASES, judge, seed, setting, until};
use super::enumerate::explore;
use super::generator::{Shape, program};
use super::language::Block;
use super::mirror::{self, Names};
use super::state::{Queue, Rules};

/// What the child process is told: a seed and how many programs follow it, or a seed and moves.
const TASK: &str = "RACEPROOF_JUDGE";

/// Programs in one child process.
const BATCH: u64 = 25;

/// How long a child process may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Moves after which a program is small enough.
const MOVES: usize = 200;

#[test]
fn destructors_of_failed_executions() {
    if let Ok(task) = std::env::var(TASK) {
        return work(&task);
    }
    let first = seed(Shape::Destructors);
    let until = until(1);
    let most = until.map_or_else(|| setting("CASES").unwrap_or(CASES), |_| u64::MAX);
    let mut programs = 0;
    while programs < most && until.is_none_or(|until| Instant::now() < until) {
        let (seed, count) = (first.wrapping_add(programs), BATCH.min(most - programs));
        programs += count;
        if let Err((told, why)) = child(&format!("{seed} {count}")) {
            let seed = told.last().copied().unwrap_or(seed);
            let (program, why) = shrink(seed, why);
            panic!("SEED={seed}: {why}\n{program:#?}");
        }
    }
    println!("{:?}: programs: {programs}", Shape::Destructors);
}

/// Runs the programs of a task, each told before it runs.
fn work(task: &str) {
    let (seed, what) = task.split_once(' ').expect("two words");
    let seed: u64 = seed.parse().expect("a seed");
    if let Ok(count) = what.parse::<u64>() {
        for seed in (0..count).map(|nth| seed.wrapping_add(nth)) {
            println!("\nseed {seed}");
            check(&tree(seed).current());
        }
    } else {
        let mut tree = tree(seed);
        what.chars().for_each(|which| _ = advance(&mut tree, which == 's'));
        check(&tree.current());
    }
}

/// The program must come to what the interpreter says, in one piece.
fn check(program: &Block) {
    let rules = Rules { queue: Queue::Any, ..Rules::of(program) };
    let Some(found) = explore(program, rules, 2_000) else { return };
    let explorer = Explorer::new().max_executions(100);
    let outcome = explorer.check(|| mirror::run(program, &Names::default())).outcome;
    if !matches!(outcome, Outcome::Bounded(_)) {
        judge(&outcome, &found).unwrap();
    }
    let _ = explorer.keep_going().check(|| mirror::run(program, &Names::default()));
}

/// The random program of a seed, as something to shrink.
fn tree(seed: u64) -> Box<dyn ValueTree<Value = Block>> {
    let mut runner = TestRunner::new_with_rng(Default::default(), super::differential::rng(seed));
    Box::new(program(Shape::Destructors).new_tree(&mut runner).expect("a program"))
}

fn advance(tree: &mut Box<dyn ValueTree<Value = Block>>, simplify: bool) -> bool {
    if simplify { tree.simplify() } else { tree.complicate() }
}

/// The smallest program found that still goes wrong, and how it does.
fn shrink(seed: u64, mut why: String) -> (Block, String) {
    let (mut tree, mut moves, mut failed) = (tree(seed), String::new(), true);
    let mut smallest = tree.current();
    while moves.len() < MOVES && advance(&mut tree, failed) {
        moves.push(if failed { 's' } else { 'c' });
        let result = child(&format!("{seed} {moves}"));
        failed = result.is_err();
        if let Err((_, reason)) = result {
            (smallest, why) = (tree.current(), reason);
        }
    }
    (smallest, why)
}

/// Runs a task in a child process: the seeds that it told and how it went wrong, if it did.
fn child(task: &str) -> Result<(), (Vec<u64>, String)> {
    let test = "judge::teardown::destructors_of_failed_executions";
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", test, "--nocapture"])
        .env(TASK, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child process");
    let begun = Instant::now();
    while child.try_wait().expect("a child process").is_none() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(2));
    }
    let late = begun.elapsed() >= PATIENCE;
    if late {
        child.kill().expect("a child process");
    }
    let output = child.wait_with_output().expect("a child process");
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let seeds = told.lines().filter_map(|line| line.strip_prefix("seed ")?.parse().ok());
    let errors = String::from_utf8_lossy(&output.stderr);
    let how = if late { "hangs".to_owned() } else { output.status.to_string() };
    Err((seeds.collect(), format!("{how}: {errors}")))
}
