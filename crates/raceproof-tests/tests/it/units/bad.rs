//! Units and shares that are not taken, and searches that are not split.

use std::process::Command;
use std::{env, fs};

use super::compare;
use crate::programs::{locked, unlocked};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Memory, Outcome, Share, Unit, UnitError, hint, thread};

fn explorer() -> Explorer {
    Explorer::new().memory(Memory::Sequential)
}

#[test]
fn a_text_that_is_cut_off_or_changed_is_no_unit() {
    let text = explorer().split(4, unlocked(3)).unwrap()[1].to_string();
    assert!(text.chars().all(|mark| mark.is_ascii_alphanumeric() || "@.,:+-/=".contains(mark)));
    assert!(text.parse::<Unit>().is_ok());
    for len in 0..text.len() {
        assert!(matches!(text[..len].parse::<Unit>(), Err(UnitError::NoUnit(_))), "{len}");
    }
    for at in 0..text.len() {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'1' { b'2' } else { b'1' };
        let other = String::from_utf8(other).unwrap();
        assert!(matches!(other.parse::<Unit>(), Err(UnitError::NoUnit(_))), "{other}");
    }
}

#[test]
fn a_unit_of_another_program_is_refused() {
    for unit in explorer().split(4, unlocked(3)).unwrap() {
        for other in [&locked(3, 1) as &dyn Fn(), &unlocked(4), &unlocked(2)] {
            let refused = explorer().unit(&unit, other);
            assert!(matches!(refused, Err(UnitError::OtherProgram(_))), "{refused:?}");
            let refused = explorer().split_unit(&unit, 2, other);
            assert!(matches!(refused, Err(UnitError::OtherProgram(_))), "{refused:?}");
        }
    }
}

#[test]
fn a_unit_of_other_bounds_is_refused() {
    let unit = &explorer().split(2, unlocked(3)).unwrap()[0];
    let others = [
        explorer().memory(Memory::C11),
        explorer().max_steps(99),
        explorer().keep_going(),
        explorer().spurious_wakeups(true),
        explorer().leaks(true),
    ];
    for other in others {
        assert_eq!(other.unit(unit, unlocked(3)).unwrap_err(), UnitError::OtherBound);
        assert_eq!(other.split_unit(unit, 2, unlocked(3)).unwrap_err(), UnitError::OtherBound);
    }
    assert!(explorer().max_executions(9).unit(unit, unlocked(3)).is_ok());
}

/// Where the child finds the unit that it is to explore.
const UNIT: &str = "RACEPROOF_TESTS_UNIT";

/// The child of the next test.
#[test]
fn explores_the_unit_that_it_is_given() {
    let Ok(unit) = env::var(UNIT) else { return };
    match explorer().unit(&unit.parse().unwrap(), unlocked(3)) {
        Ok(share) => println!("executions: {}", share.found.executions),
        Err(error) => println!("refused: {error}"),
    }
}

#[test]
fn a_unit_of_another_build_is_refused() {
    let units = explorer().split(2, unlocked(3)).unwrap();
    let here = explorer().unit(&units[0], unlocked(3)).unwrap().found.executions;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("tests");
    let explored = |changed: bool| {
        let mut program = fs::read(env::current_exe().unwrap()).unwrap();
        program.extend(changed.then_some(0));
        fs::copy(env::current_exe().unwrap(), &copy).unwrap();
        fs::write(&copy, program).unwrap();
        let child = ["units::bad::explores_the_unit_that_it_is_given", "--exact", "--nocapture"];
        let child = Command::new(&copy).args(child).env(UNIT, units[0].to_string()).output();
        String::from_utf8(child.unwrap().stdout).unwrap()
    };
    let told = explored(false);
    assert!(told.contains(&format!("executions: {here}\n")), "{told}");
    let told = explored(true);
    assert!(told.contains("refused: this is a unit of another build"), "{told}");
}

/// The shares of a search's units.
fn shares(units: &[Unit]) -> Vec<Share> {
    units.iter().map(|unit| explorer().unit(unit, unlocked(3)).unwrap()).collect()
}

#[test]
fn nothing_is_proved_unless_each_unit_is_there_once() {
    let whole =
        |shares: &[Share]| Share::whole(shares).map(|found| (found.executions, found.outcome));
    let missing = |shares: &[Share]| matches!(whole(shares), Err(UnitError::Missing(_)));
    let twice = |shares: &[Share]| matches!(whole(shares), Err(UnitError::Twice(_)));
    let units = explorer().split(5, unlocked(3)).unwrap();
    let all = shares(&units);
    assert!(matches!(whole(&all), Ok((36, Outcome::Proved))));
    assert!(missing(&[]));
    assert!((0..5).all(|at| missing(&[&all[..at], &all[at + 1..]].concat())));
    assert!((0..5).all(|at| twice(&[&all[..], &all[at..=at]].concat())));

    // One is split again: its parts are there, and it is not, or the other way round.
    let parts = shares(&explorer().split_unit(&units[2], 3, unlocked(3)).unwrap());
    let others = [&all[..2], &all[3..]].concat();
    assert!(matches!(whole(&[&others[..], &parts].concat()), Ok((36, Outcome::Proved))));
    assert!(twice(&[&all[..], &parts].concat()));
    assert!(twice(&[&all[..], &parts[1..]].concat()));
    assert!(missing(&[&others[..], &parts[1..]].concat()));

    // A unit of another split of the same unit.
    let other = shares(&explorer().split_unit(&units[2], 2, unlocked(3)).unwrap());
    assert!(twice(&[&others[..], &parts[..1], &other[1..]].concat()));
    let other = shares(&explorer().split(4, unlocked(3)).unwrap());
    assert!(twice(&[&all[..4], &other[3..]].concat()));
}

#[test]
fn what_a_limit_has_left_must_be_there() {
    let few = explorer().max_executions(4);
    let units = explorer().split(2, unlocked(3)).unwrap();
    let first = few.unit(&units[0], unlocked(3)).unwrap();
    assert!(!first.left.is_empty() && first.explored && first.found.executions == 4, "{first:?}");
    assert!(matches!(first.found.outcome, Outcome::Bounded(_)));
    let left = shares(&first.left);
    let second = shares(&units[1..]);
    let first = [first];
    let whole = |parts: &[&[Share]]| Share::whole(&parts.concat()).map(|found| found.executions);
    assert_eq!(whole(&[&first, &left, &second]), Ok(36));
    assert!(matches!(whole(&[&first, &second]), Err(UnitError::Missing(_))));
    assert!(matches!(whole(&[&first, &left[1..], &second]), Err(UnitError::Missing(_))));
    assert!(matches!(whole(&[&left, &second]), Err(UnitError::Missing(_))));
    let anew = shares(&units[..1]);
    assert!(matches!(whole(&[&first, &anew, &second]), Err(UnitError::Twice(_))));
    assert!(matches!(whole(&[&anew, &left, &second]), Err(UnitError::Twice(_))));
    let longer = explorer().max_executions(6).unit(&units[0], unlocked(3)).unwrap();
    assert!(matches!(whole(&[&[longer], &left, &second]), Err(UnitError::Twice(_))));
}

#[test]
fn a_unit_that_fails_makes_no_proof() {
    let model = || {
        let count = Arc::new(AtomicU32::new(0));
        let threads = [(); 3].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
        });
        let _ = threads.map(|thread| thread.join().unwrap());
        assert_ne!(count.load(SeqCst), 2, "two");
    };
    let units = explorer().split(4, model).unwrap();
    let shares = units.iter().map(|unit| explorer().unit(unit, model).unwrap()).collect::<Vec<_>>();
    assert!(shares.iter().any(|share| !share.explored));
    let Outcome::Failed(failure) = Share::whole(&shares).unwrap().outcome else {
        panic!("it fails")
    };
    assert!(failure.kind == FailureKind::Assertion && failure.message.contains("two"), "{failure}");
    let again = Explorer::replay(&failure.schedule, model);
    assert!(matches!(again.outcome, Outcome::Failed(again) if again.message == failure.message));
}

fn refused(explorer: &Explorer, model: &dyn Fn()) -> String {
    let whole = || {
        let units = explorer.split(4, model)?;
        units.iter().map(|unit| explorer.unit(unit, model)).collect::<Result<Vec<_>, _>>()
    };
    match whole() {
        Err(UnitError::Indivisible(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_split_is_refused() {
    let c11 = Explorer::new().keep_going();
    let looks = || {
        let ready = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&ready);
        thread::spawn(move || theirs.store(1, SeqCst));
        while ready.load(SeqCst) == 0 {
            hint::spin_loop();
        }
    };
    assert!(refused(&c11, &looks).contains("loops that wait"));
    let daemon = || drop(thread::Builder::new().daemon().spawn(|| ()).unwrap());
    assert!(refused(&c11, &daemon).contains("daemons"));
    let bounded = Explorer::new().preemption_bound(2);
    assert!(refused(&bounded, &unlocked(2)).contains("preemptions are bounded"));
    let relaxed = || {
        let count = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&count);
        thread::spawn(move || theirs.fetch_add(1, Relaxed));
        count.load(Relaxed);
    };
    assert!(refused(&explorer(), &relaxed).contains("weaker than SeqCst"));
    assert!(compare(&c11, 3, &relaxed).is_some());
}

/// The number of such a thread is that of the order in which they are first seen, and the order of what is owed hangs on
/// it.
#[test]
fn threads_that_only_some_executions_start_are_refused() {
    let model = || {
        let seen = Arc::new(AtomicU32::new(0));
        let writers = [1, 2].map(|value| {
            let seen = Arc::clone(&seen);
            thread::spawn(move || seen.store(value, SeqCst))
        });
        if seen.load(SeqCst) == 2 {
            let seen = Arc::clone(&seen);
            thread::spawn(move || seen.store(3, SeqCst));
        }
        let _ = writers.map(|writer| writer.join().unwrap());
    };
    let told = refused(&Explorer::new().keep_going(), &model);
    assert!(told.contains("a thread starts in some of its executions only"), "{told}");
}

/// Threads of which one, where it comes last, tries to take a lock: then all executions are explored otherwise.
fn tries_late() -> impl Fn() {
    || {
        let count = Arc::new(AtomicU32::new(0));
        let lock = Arc::new(raceproof::sync::Mutex::new(0));
        let threads = [(); 3].map(|()| {
            let (count, lock) = (Arc::clone(&count), Arc::clone(&lock));
            thread::spawn(move || {
                *lock.lock().unwrap() += 1;
                count.store(count.load(SeqCst) + 1, SeqCst);
            })
        });
        if count.load(SeqCst) == 3 {
            drop(lock.try_lock());
        }
        let _ = threads.map(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_split_learns_or_a_unit_says_what_to_split_again() {
    let explorer = Explorer::new().memory(Memory::C11).keep_going();
    let alone = explorer.check(tries_late());
    let (mut learnt, mut split) = (0, explorer.split(2, tries_late()).unwrap());
    let shares = loop {
        let shares = split.iter().map(|unit| explorer.unit(unit, tries_late()));
        match shares.collect::<Result<Vec<_>, _>>() {
            Ok(shares) => break shares,
            Err(UnitError::Learnt(all)) => {
                learnt += 1;
                // Of what is learnt, the text tells.
                let all = all.to_string().parse::<Unit>().unwrap();
                split = explorer.split_unit(&all, 9, tries_late()).unwrap();
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert!(learnt > 0, "the split has seen it already");
    assert_eq!(Share::whole(&shares).unwrap().executions, alone.executions);
    let old = explorer.split(2, tries_late()).unwrap();
    let mut other = shares[0].clone();
    other.unit = old[0].clone();
    let mixed = [&shares[1..], &[other]].concat();
    assert!(matches!(Share::whole(&mixed), Err(UnitError::OtherProgram(_))));
}

#[test]
fn a_program_that_is_not_the_same_each_time_is_found_out() {
    static RUNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let explorer = Explorer::new().keep_going();
    let model = || {
        // The model does not see it.
        let nth = RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let count = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&count);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        if nth % 5 == 4 {
            count.load(SeqCst);
        }
        count.load(SeqCst);
        thread.join().unwrap();
    };
    let whole = || {
        let units = explorer.split(4, model)?;
        let shares = units.iter().map(|unit| explorer.unit(unit, model));
        Share::whole(&shares.collect::<Result<Vec<_>, _>>()?)
    };
    for _ in 0..5 {
        let found = whole();
        assert!(
            !matches!(&found, Ok(found) if matches!(found.outcome, Outcome::Proved)),
            "{found:?}"
        );
    }
}

#[test]
#[should_panic(expected = "a search has a unit at least")]
fn a_search_has_a_unit() {
    let _ = Explorer::new().split(0, || ());
}
