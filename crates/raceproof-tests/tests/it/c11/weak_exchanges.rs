//! Weak compare-and-swaps that fail for no reason, against the axioms.

use super::enumerate::all;
use super::generator::Objects;
use super::language::{Program, What, model, parse};
use super::random::{each, explored_by};
use raceproof::sync::Arc;
use raceproof::sync::atomic::AtomicUsize;
use raceproof::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use raceproof::{Assumption, Explorer, Memory, Outcome, hint, thread};

/// It with each compare-and-swap a weak one.
fn weak(program: &Program) -> Program {
    let mut program = program.clone();
    for what in program.iter_mut().flatten() {
        if let What::Cas(x, expected, new, success, failure) = what.what {
            what.what = What::WeakCas(x, expected, new, success, failure);
        }
    }
    program
}

/// Whether the explorer finds each graph once that the axioms allow; false if there are too many graphs to compare.
fn is_found(program: &Program) -> bool {
    let program = weak(program);
    let Some(all) = all(&program, 500) else { return false };
    let explorer = Explorer::new().keep_going().memory(Memory::C11).spurious_wakeups(true);
    assert_eq!(explored_by(&explorer, &program), all);
    true
}

#[test]
fn beside_atomics() {
    let (wanted, compared) = each(Objects::default(), 100, is_found);
    assert!(compared >= wanted / 4, "only {compared} programs were small enough");
}

#[test]
fn beside_mutexes() {
    let objects = Objects { locks: 6, ..Objects::default() };
    let (wanted, compared) = each(objects, 60, is_found);
    assert!(compared >= wanted / 4, "only {compared} programs were small enough");
}

/// The smallest programs in which something may be left out, with how many graphs each has.
#[test]
fn of_the_smallest_programs() {
    let programs = [
        ("CW.rlx.rlx x 0 1", 2),
        // Not twice in a row.
        ("CW.rlx.rlx x 0 1; CW.rlx.rlx x 0 1", 2),
        ("CW.rlx.rlx x 0 1 | W.rlx x 2", 3),
        ("CW.rlx.rlx x 0 1 | CW.rlx.rlx x 0 1", 5),
        ("CW.rlx.rlx x 1 2; R.rlx x | W.rlx x 1", 4),
        ("W.rlx y 1; CW.rel.rlx x 0 1 | R.acq x; nz r0 R.rlx y", 0),
        ("W.rlx y 1; W.rel x 1 | CW.rlx.acq x 1 2; nz r0 R.rlx y", 0),
        ("CW.sc.sc x 0 1; R.sc y | CW.sc.sc y 0 1; R.sc x", 0),
    ];
    for (text, graphs) in programs {
        let program = parse(text);
        assert!(is_found(&program), "{text}");
        let all = all(&program, 500).expect("it is small");
        assert!(graphs == 0 || all.executions == graphs, "{text}: {}", all.executions);
    }
}

/// An explorer that is told so explores them by default where orderings are weak, and says how rare they are.
#[test]
fn by_default() {
    let program = parse("W.rlx y 1; CW.rel.rlx x 0 1 | R.acq x; R.rlx y");
    let found = Explorer::new().spurious_wakeups(true).check(|| drop(model(&program)));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert!(found.assumptions.contains(&Assumption::NoLoadBuffering), "{found:?}");
    assert!(found.assumptions.contains(&Assumption::RareSpuriousWakeups), "{found:?}");
}

/// A loop around one waits for a change if it has failed for a reason, and looks again if it has not.
#[test]
fn loops_around_them_end() {
    let all_ends = |threads: usize, body: fn(&(AtomicUsize, AtomicUsize))| {
        let model = move || {
            let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let others = (0..threads).map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || body(&shared))
            });
            let others = others.collect::<Vec<_>>();
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(shared.0.load(Relaxed), threads);
        };
        let explorer = Explorer::new().memory(Memory::C11);
        let found =
            [false, true].map(|wanted| explorer.clone().spurious_wakeups(wanted).check(model));
        for found in &found {
            assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
            assert_eq!(found.redundant, 0);
        }
        assert!(found[0].executions < found[1].executions, "{found:?}");
    };
    let locked = |shared: &(AtomicUsize, AtomicUsize)| {
        while shared.1.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
        shared.0.store(shared.0.load(Relaxed) + 1, Relaxed);
        shared.1.store(0, Release);
    };
    let retried = |shared: &(AtomicUsize, AtomicUsize)| {
        let mut old = shared.0.load(Relaxed);
        while let Err(now) = shared.0.compare_exchange_weak(old, old + 1, AcqRel, Relaxed) {
            old = now;
        }
    };
    for threads in [2, 3] {
        all_ends(threads, locked);
        all_ends(threads, retried);
    }
}
