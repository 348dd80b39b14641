//! Schedules at random, and what is done within a budget.

use std::time::Duration;

use crate::programs::{bounded_buffer, locked};
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::{Exploration, Explorer, FailureKind, Outcome, Sampling, choose, outcome, thread};

const ALL: [Sampling; 4] =
    [Sampling::Uniform, Sampling::Pct { depth: 3 }, Sampling::Pos, Sampling::Urw];

fn failing_schedule(found: &Exploration) -> String {
    match &found.outcome {
        Outcome::Failed(failure) => failure.schedule.to_string(),
        other => panic!("{other:?}"),
    }
}

fn done(found: &Exploration) -> &str {
    match &found.outcome {
        Outcome::Bounded(done) => done,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_seed_draws_the_same_schedules() {
    for how in ALL {
        let schedules = |seed| {
            let found = Explorer::new().sample(how, 1_000).seed(seed).check(unlocked_asserting);
            (found.executions, found.steps, failing_schedule(&found))
        };
        assert_eq!(schedules(1), schedules(1), "{how}");
        let differ = (2..12).filter(|seed| schedules(*seed) != schedules(1)).count();
        assert!(differ > 0, "{how}: the seed makes no difference");
    }
}

/// Three unlocked increments, of which none may be lost.
fn unlocked_asserting() {
    let count = Arc::new(AtomicU32::named("count", 0));
    let threads = [(); 3].map(|()| {
        let count = Arc::clone(&count);
        thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(count.load(SeqCst), 3, "lost update");
}

#[test]
fn a_sample_says_what_it_was() {
    for (how, told) in ALL.into_iter().zip(["uniform", "PCT, depth 3", "POS", "URW"]) {
        let found = Explorer::new().sample(how, 1_234).seed(42).check(locked(3, 2));
        assert_eq!(done(&found), format!("1,234 random schedules ({told}, seed 42)"));
        assert_eq!(found.executions, 1_234);
    }
    let fewer = Explorer::new().sample(Sampling::Pos, 1_000).max_executions(10).check(locked(2, 1));
    assert_eq!(done(&fewer), "10 random schedules (POS, seed 0)");
    let long =
        Explorer::new().sample(Sampling::Pos, u64::MAX).time_limit(Duration::from_millis(100));
    // On a busy machine it may be one.
    let found = long.check(locked(2, 1));
    let told = done(&found);
    assert!(told.contains(" random schedule") && told.ends_with(" (POS, seed 0)"), "{told}");
}

/// A thread reads twice while another waits to write: stuck where the second read waits behind it.
fn reads_twice() {
    let lock = Arc::new(RwLock::named("lock", 0));
    let theirs = Arc::clone(&lock);
    let writer = thread::spawn(move || *theirs.write().unwrap() += 1);
    let first = lock.read().unwrap();
    let second = lock.read().unwrap();
    drop((first, second));
    writer.join().unwrap();
}

/// A notification wakes one of two, and it matters which; and a wait times out, or does not.
fn wakes_any() {
    let shared = Arc::new((Mutex::named("open", false), Condvar::named("changed")));
    let waiters = [1, 2].map(|n| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let open = shared.0.lock().unwrap();
            let waited = shared.1.wait_timeout(open, Duration::from_millis(1)).unwrap();
            outcome(if waited.1.timed_out() { 0 } else { n });
        })
    });
    let open = shared.0.lock().unwrap();
    shared.1.notify_one();
    drop(open);
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    outcome(choose(3));
}

#[test]
fn each_finds_a_deadlock_and_tells_it_as_a_search_does() {
    for how in ALL {
        for model in [opposite_order as fn(), reads_twice] {
            let found = Explorer::new().sample(how, 1_000).check(model);
            let Outcome::Failed(failure) = &found.outcome else { panic!("{how}: {found:?}") };
            assert_eq!(failure.kind, FailureKind::Deadlock, "{how}");
            let again = Explorer::replay(&failure.schedule, model);
            let Outcome::Failed(again) = again.outcome else { panic!("{how}: ends well") };
            assert_eq!(again.message, failure.message);
        }
    }
}

fn opposite_order() {
    let locks = Arc::new([Mutex::named("a", ()), Mutex::named("b", ())]);
    let theirs = Arc::clone(&locks);
    thread::spawn(move || {
        let _first = theirs[1].lock().unwrap();
        let _second = theirs[0].lock().unwrap();
    });
    let _first = locks[0].lock().unwrap();
    let _second = locks[1].lock().unwrap();
}

#[test]
fn what_a_step_may_come_to_is_drawn_as_well() {
    let all = Explorer::new().check(wakes_any).outcomes;
    for how in ALL {
        let found = Explorer::new().sample(how, 2_000).check(wakes_any);
        assert!(found.outcomes.keys().eq(all.keys()), "{how}: {:?}, {all:?}", found.outcomes);
    }
}

/// How many of 4,000 schedules fail.
fn failing(how: Sampling, model: impl Fn()) -> f64 {
    let found = Explorer::new().keep_going().sample(how, 20_000).seed(7).check(model);
    assert_eq!(found.executions, 20_000);
    found.failures as f64 / 20_000.0
}

/// Each of so many threads takes the turn after the one before, or gives up; the failure is that all do. `steps` steps
/// come before, in each.
fn in_order(threads: u32, steps: usize) -> impl Fn() {
    move || {
        let turn = Arc::new(AtomicU32::named("turn", 0));
        // The last starts first, so that the order of starting is the wrong one.
        let workers: Vec<_> = (0..threads)
            .rev()
            .map(|n| {
                let turn = Arc::clone(&turn);
                thread::spawn(move || {
                    let own = AtomicU32::new(0);
                    (0..steps).for_each(|_| {
                        let _ = own.fetch_add(1, SeqCst);
                    });
                    let _ = turn.compare_exchange(n, n + 1, SeqCst, SeqCst);
                })
            })
            .collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        assert!(turn.load(SeqCst) < threads, "each in its turn");
    }
}

/// A thread looks twice, and another changes what it looks at, and back, in between: of depth 3.
fn in_between() {
    let flag = Arc::new(AtomicU32::named("flag", 0));
    let theirs = Arc::clone(&flag);
    let other = thread::spawn(move || {
        theirs.store(1, SeqCst);
        theirs.store(0, SeqCst);
    });
    let seen = [(); 2].map(|()| flag.load(SeqCst));
    other.join().unwrap();
    assert_ne!(seen, [1, 0], "seen between");
}

#[test]
fn pct_finds_a_failure_as_often_as_it_promises() {
    // Two threads of one order: priorities alone find it in half of the schedules.
    assert!((0.45..0.55).contains(&failing(Sampling::Pct { depth: 1 }, in_order(2, 10))));
    // Three threads in one order: priorities alone, one time in six.
    let third = failing(Sampling::Pct { depth: 1 }, in_order(3, 5));
    assert!((0.13..0.20).contains(&third), "{third}");
    // Two threads, 4 steps, and two changes: at least 1/(2·16), and of this program no more.
    let between = failing(Sampling::Pct { depth: 3 }, in_between);
    assert!((0.9 / 32.0..1.1 / 32.0).contains(&between), "{between}");
    // One change is one too few, wherever it is.
    assert_eq!(failing(Sampling::Pct { depth: 2 }, in_between), 0.0);
}

/// After how many of another thread's eight steps a thread takes its only one.
fn one_among_eight() {
    let count = Arc::new(AtomicU32::named("count", 0));
    let theirs = Arc::clone(&count);
    thread::spawn(move || {
        (0..8).for_each(|_| {
            let _ = theirs.fetch_add(1, SeqCst);
        })
    });
    outcome(count.load(SeqCst));
}

#[test]
fn urw_draws_each_interleaving_as_often() {
    let often = |how| {
        let found = Explorer::new().sample(how, 9_000).check(one_among_eight);
        let often: Vec<u64> = (0..=8).map(|n| found.outcomes[&n.to_string()]).collect();
        often
    };
    let even = often(Sampling::Urw);
    assert!(even.iter().all(|times| (850..1_150).contains(times)), "{even:?}");
    // Even steps are not even interleavings.
    let steps = often(Sampling::Uniform);
    assert!(steps[0] > 4_000 && steps[6] < 200, "{steps:?}");
}

/// Two threads' increments, and then a third's, which its parent starts late.
fn started_late() {
    let count = Arc::new(AtomicU32::named("count", 0));
    let (first, second) = (Arc::clone(&count), Arc::clone(&count));
    thread::spawn(move || {
        first.fetch_add(1, SeqCst);
        thread::spawn(move || {
            (0..7).for_each(|_| {
                let _ = first.fetch_add(1, SeqCst);
            })
        });
    });
    thread::spawn(move || outcome(second.load(SeqCst)));
}

#[test]
fn urw_counts_the_steps_of_threads_that_are_yet_to_start() {
    let found = Explorer::new().sample(Sampling::Urw, 9_000).check(started_late);
    let even: Vec<u64> = (0..=8).map(|n| found.outcomes[&n.to_string()]).collect();
    assert!(even.iter().all(|times| (850..1_150).contains(times)), "{even:?}");
}

#[test]
fn within_a_budget_a_small_program_is_proved() {
    let within = Explorer::new().within(Duration::from_secs(60));
    let found = within.check(locked(3, 1));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert_eq!(found.executions, 6);
    let found = within.check(bounded_buffer(2));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    let found = within.check(unlocked_asserting);
    assert!(matches!(found.outcome, Outcome::Failed(_)), "{found:?}");
}

#[test]
fn within_a_budget_what_can_be_done_of_a_large_program_is_done() {
    let found = Explorer::new().within(Duration::from_secs(1)).check(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads = [(); 5].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || [(); 3].map(|()| count.fetch_add(1, SeqCst)))
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let done = done(&found);
    assert!(done.starts_with("every schedule with at most "), "{done}");
    assert!(done.ends_with(" random schedules (URW; PCT, depth 3; POS, seed 0)"), "{done}");
}

/// The main thread, of the most steps, is overtaken once by the last of many: deep for a search, and shallow.
fn hidden() {
    let turn = Arc::new(AtomicU32::named("turn", 0));
    let noise: Vec<_> = (0..5)
        .map(|_| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                (0..4).for_each(|_| {
                    let _ = turn.fetch_add(2, SeqCst);
                })
            })
        })
        .collect();
    let theirs = Arc::clone(&turn);
    let odd = thread::spawn(move || theirs.fetch_add(1, SeqCst));
    let first = turn.load(SeqCst);
    assert!(first != 1, "overtaken");
    noise.into_iter().for_each(|thread| thread.join().unwrap());
    odd.join().unwrap();
}

#[test]
fn within_a_budget_a_failure_is_found_that_a_search_comes_to_late() {
    let found = Explorer::new().within(Duration::from_secs(4)).check(hidden);
    let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
    assert!(failure.message.contains("overtaken"));
}

#[test]
#[should_panic(expected = "under sequential consistency only")]
fn schedules_are_not_drawn_of_weak_memory() {
    let weak = Explorer::new().memory(raceproof::Memory::C11);
    weak.sample(Sampling::Pos, 10).check(locked(2, 1));
}
