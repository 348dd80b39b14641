//! GenMC's test suite: each row's counts are the published ones, and the exploration comes to them.

use raceproof::sync::{Arc, Mutex};
use raceproof::{Explorer, FailureKind, Memory, Outcome, thread};
use raceproof_tests::literature::{Row, genmc};

macro_rules! tests {
    ($($module:ident: $($group:ident)*;)*) => {
        $(mod $module {
            $(#[test]
            fn $group() {
                let mut rows = Vec::new();
                raceproof_tests::literature::genmc::$module::$group(&mut rows);
                super::few_preemptions(&rows);
                super::super::hold(rows);
            })*
        })*
    };
}

raceproof_tests::genmc_groups!(tests);

/// With few preemptions, the exploration comes to the published counts as well.
fn few_preemptions(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in super::wanted(rows) {
        for (most, expected) in genmc::preemptions(&row.name).iter().enumerate() {
            let explorer = Explorer::new().memory(Memory::Sequential).preemption_bound(most);
            let count = row.found(&explorer.check(&row.program));
            if count != *expected {
                wrong.push(format!(
                    "{}, {most} preemptions: {count}, published {expected}",
                    row.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn few_preemptions_are_counted_of_rows() {
    let rows = genmc::rows();
    let lacks = |name: &&str| rows.iter().all(|row| row.name != **name);
    assert_eq!(genmc::with_few_preemptions().find(lacks), None, "it is no row");
}

/// Threads that take a mutex twice: no execution is complete.
#[test]
fn mutexes_that_are_taken_twice() {
    let model = || {
        let mutexes = Arc::new([(); 3].map(Mutex::new));
        let threads = [[2, 0], [1, 2], [1, 0]].map(|[one, other]| {
            let mutexes = Arc::clone(&mutexes);
            thread::spawn(move || {
                let guards = [one, other, other, one].map(|at| mutexes[at].lock());
                drop(guards);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    };
    for memory in [Memory::Sequential, Memory::C11] {
        let found = Explorer::new().keep_going().memory(memory).check(model);
        let Outcome::Failed(failure) = &found.outcome else { panic!("lock-inplace3 passes") };
        assert_eq!(failure.kind, FailureKind::Deadlock);
        assert_eq!((found.deadlocks, found.redundant), (found.executions, 0));
    }
}

/// The counts that are expected are those that are published, or the row says what makes them others.
#[test]
fn the_counts_are_the_published_ones() {
    let mut wrong = Vec::new();
    for row in genmc::rows().into_iter().filter(|row| !row.loops) {
        let all = genmc::published().filter(|it| it.name == row.name).collect::<Vec<_>>();
        if all.is_empty() && row.models.len() == 2 {
            wrong.push(format!("{} is not in GenMC's test suite", row.name));
        }
        if all.is_empty() {
            continue; // Miri's
        }
        let counts = [Memory::Sequential, Memory::C11].map(|memory| row.published_count(memory));
        let is_so = |it: &genmc::Published| {
            it.counts.iter().zip(counts).all(|(one, other)| one.is_none_or(|one| one == other))
        };
        if !all.iter().any(is_so) {
            let listed = all.iter().map(|it| it.counts).collect::<Vec<_>>();
            wrong.push(format!("{}: {counts:?}, published {listed:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
