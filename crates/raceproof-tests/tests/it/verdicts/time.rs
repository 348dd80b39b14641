//! Programs that look at the clock.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Instant as Real;

use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex, mpsc};
use raceproof::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use raceproof::{Assumption, Exploration, Explorer, FailureKind, Memory, Outcome};
use raceproof::{hint, outcome, thread};

use super::{SOON, fails, fails_with, holds};

/// Explores a model that holds.
#[track_caller]
fn explored(model: impl Fn()) -> Exploration {
    let result = Explorer::new().check(model);
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    assert_eq!(result.redundant, 0, "redundant executions");
    result
}

fn texts<const N: usize>(outcomes: [&str; N]) -> BTreeSet<String> {
    outcomes.into_iter().map(str::to_owned).collect()
}

/// Waits for a flag until a deadline, as std's documentation of `Condvar` has it.
fn wait_until(pair: &(Mutex<bool>, Condvar), deadline: Instant) -> bool {
    let mut ready = pair.0.lock().unwrap();
    while !*ready {
        let now = Instant::now();
        if now >= deadline {
            return false;
        }
        ready = pair.1.wait_timeout(ready, deadline - now).unwrap().0;
    }
    true
}

fn set(pair: &(Mutex<bool>, Condvar)) {
    *pair.0.lock().unwrap() = true;
    pair.1.notify_one();
}

#[test]
fn a_deadline_by_the_clock_is_no_livelock() {
    let found = holds(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let setter = thread::spawn(move || set(&theirs));
        outcome(wait_until(&pair, Instant::now() + 10 * SOON));
        setter.join().unwrap();
    });
    assert_eq!(found, texts(["false", "true"]));
    let given_up = holds(|| {
        let pair = (Mutex::new(false), Condvar::new());
        outcome(wait_until(&pair, Instant::now() + 10 * SOON));
    });
    assert_eq!(given_up, texts(["false"]));
}

#[test]
fn a_wait_until_a_deadline_may_give_up() {
    fails_with(FailureKind::Assertion, "gave up", || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let setter = thread::spawn(move || set(&theirs));
        assert!(wait_until(&pair, Instant::now() + SOON), "gave up");
        setter.join().unwrap();
    });
}

/// Whatever is found of a deadline, is found by later looks of all threads.
#[test]
fn a_deadline_that_threads_share_passes_once() {
    let found = holds(|| {
        let deadline = Instant::now() + SOON;
        let first = thread::spawn(move || Instant::now() >= deadline);
        let first = first.join().unwrap();
        let second = Instant::now() >= deadline;
        outcome(format!("{first} {second}"));
    });
    assert_eq!(found, texts(["false false", "false true", "true true"]));
    // Two threads that nothing orders find any of the four.
    let result = explored(|| {
        let deadline = Instant::now() + SOON;
        let late = move || Instant::now() >= deadline;
        let (a, b) = (thread::spawn(late), thread::spawn(late));
        outcome(format!("{} {}", a.join().unwrap(), b.join().unwrap()));
    });
    assert_eq!(result.executions, 4);
    assert_eq!(result.outcomes.len(), 4);
}

#[test]
fn two_threads_agree_on_which_moment_was_first() {
    let result = explored(|| {
        let moment = || thread::spawn(Instant::now);
        let (a, b) = (moment(), moment());
        let (a, b) = (a.join().unwrap(), b.join().unwrap());
        let first = thread::spawn(move || a < b);
        let second = thread::spawn(move || a < b);
        let (first, second) = (first.join().unwrap(), second.join().unwrap());
        assert_eq!(first, second);
        assert_eq!(a.cmp(&b).is_lt(), first);
    });
    // Before, at the same time, after.
    assert_eq!(result.executions, 3);
}

#[test]
fn time_never_goes_back_and_a_wait_is_never_short() {
    let result = explored(|| {
        let start = Instant::now();
        let then = Instant::now();
        assert!(start <= then);
        thread::sleep(5 * SOON);
        assert!(Instant::now() >= then + 5 * SOON);
        assert!(start.elapsed() >= 5 * SOON);
        thread::park_timeout(SOON);
        assert!(Instant::now() >= start + 6 * SOON);
        let lock = Mutex::new(());
        let waited = Condvar::new().wait_timeout(lock.lock().unwrap(), SOON).unwrap().1;
        assert!(waited.timed_out() && Instant::now() >= start + 7 * SOON);
        let (_sender, receiver) = mpsc::channel::<()>();
        receiver.recv_timeout(SOON).unwrap_err();
        assert!(Instant::now() >= start + 8 * SOON);
    });
    assert_eq!(result.executions, 1);
}

/// A timer sleeps, then says that it is time.
#[test]
fn a_timer_never_fires_too_early() {
    holds(|| {
        let fired = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&fired);
        let start = Instant::now();
        let timer = thread::spawn(move || {
            thread::sleep(10 * SOON);
            theirs.store(true, SeqCst);
        });
        if fired.load(SeqCst) {
            assert!(Instant::now() >= start + 10 * SOON, "too early");
        }
        timer.join().unwrap();
        assert!(start.elapsed() >= 10 * SOON, "too early");
    });
    fails_with(FailureKind::Assertion, "too early", || {
        let fired = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&fired);
        let start = Instant::now();
        let timer = thread::spawn(move || {
            theirs.store(true, SeqCst);
            thread::sleep(10 * SOON);
        });
        if fired.load(SeqCst) {
            assert!(Instant::now() >= start + 10 * SOON, "too early");
        }
        timer.join().unwrap();
    });
}

/// A store is at a time, and what was read before it is earlier.
#[test]
fn a_look_that_comes_before_a_change_is_earlier() {
    let found = holds(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || {
            let before = Instant::now();
            theirs.store(true, SeqCst);
            before
        });
        let seen = flag.load(SeqCst);
        let after = Instant::now();
        let before = other.join().unwrap();
        outcome(format!("{seen} {}", before <= after));
    });
    assert_eq!(found, texts(["false false", "false true", "true true"]));
}

/// A thread that is notified goes on after what notifies it, be the mutex held by then or not.
#[test]
fn a_notification_is_earlier_than_what_it_wakes() {
    holds(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let start = Instant::now();
        let other = thread::spawn(move || {
            thread::sleep(10 * SOON);
            theirs.1.notify_one();
        });
        let guard = pair.0.lock().unwrap();
        let (guard, waited) = pair.1.wait_timeout(guard, SOON).unwrap();
        if !waited.timed_out() {
            assert!(Instant::now() >= start + 10 * SOON, "too early");
        }
        drop(guard);
        other.join().unwrap();
    });
}

fn retry(limit: Duration, pause: fn()) -> impl Fn() {
    move || {
        let ready = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ready);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        let start = Instant::now();
        let found = loop {
            if ready.load(SeqCst) {
                break true;
            }
            if start.elapsed() > limit {
                break false;
            }
            pause();
        };
        outcome(found);
        setter.join().unwrap();
    }
}

#[test]
fn a_retry_until_a_time_has_elapsed_may_give_up() {
    let pauses: [fn(); 4] = [thread::yield_now, hint::spin_loop, || thread::sleep(3 * SOON), || {}];
    for pause in pauses {
        let result = explored(retry(10 * SOON, pause));
        assert_eq!(result.outcomes.into_keys().collect::<BTreeSet<_>>(), texts(["false", "true"]));
        assert!(result.assumptions.contains(&Assumption::ExtremeTimes), "{:?}", result.assumptions);
    }
}

#[test]
fn a_retry_that_gives_up_is_told_and_replayed() {
    let model = || {
        let start = Instant::now();
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        while lock.try_lock().is_err() {
            assert!(start.elapsed() < Duration::from_secs(5), "gave up");
            thread::yield_now();
        }
        other.join().unwrap();
    };
    let failure = fails(model);
    assert!(failure.message.contains("gave up"), "{failure}");
    let schedule = failure.schedule.to_string().parse().unwrap();
    let Outcome::Failed(again) = Explorer::replay(&schedule, model).outcome else {
        panic!("{schedule} ends well")
    };
    assert_eq!((again.kind, again.message), (failure.kind, failure.message));
}

#[test]
fn a_program_that_only_measures_has_no_execution_more() {
    let count = |measures: bool| {
        let result = explored(move || {
            let total = Arc::new(AtomicUsize::new(0));
            let threads = [(); 2].map(|()| {
                let total = Arc::clone(&total);
                thread::spawn(move || {
                    let start = measures.then(Instant::now);
                    total.fetch_add(1, SeqCst);
                    start.map(|start| start.elapsed())
                })
            });
            let spent = threads.map(|thread| thread.join().unwrap());
            let _ = format!("{spent:?}");
        });
        assert_eq!(result.assumptions == [Assumption::MeasuredTimes], measures);
        result.executions
    };
    assert_eq!(count(true), count(false));
}

/// An execution that measures is run twice. With few preemptions the second is not taken for one that is known.
#[test]
fn a_program_that_measures_is_explored_with_few_preemptions() {
    let model = |wrong: bool| {
        move || {
            let start = Instant::now();
            let (one, other) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
            let (theirs, mut turned) = (Arc::clone(&other), Arc::clone(&one));
            let mut first = Arc::clone(&theirs);
            if !wrong {
                std::mem::swap(&mut first, &mut turned);
            }
            let thread = thread::spawn(move || {
                let _first = first.lock();
                let _second = turned.lock();
            });
            let guards = (one.lock(), other.lock());
            drop(guards);
            thread.join().unwrap();
            let _ = format!("{:?}", start.elapsed());
        }
    };
    let few =
        |wrong| Explorer::new().memory(Memory::Sequential).preemption_bound(1).check(model(wrong));
    let found = few(false);
    assert!(matches!(found.outcome, Outcome::Bounded(_)) && found.executions == 2, "{found:?}");
    assert!(found.assumptions.contains(&Assumption::MeasuredTimes), "{found:?}");
    let Outcome::Failed(failure) = few(true).outcome else { panic!("a deadlock passes") };
    assert_eq!(failure.kind, FailureKind::Deadlock);
}

/// The number decides something only once it is long, in one thread, behind a lock.
#[test]
fn a_length_that_decides_something_is_found() {
    fails_with(FailureKind::Assertion, "slow", || {
        let spent = Arc::new(Mutex::new(Duration::ZERO));
        let theirs = Arc::clone(&spent);
        let other = thread::spawn(move || {
            let start = Instant::now();
            thread::sleep(SOON);
            *theirs.lock().unwrap() = start.elapsed();
        });
        assert!(*spent.lock().unwrap() < Duration::from_secs(1), "slow");
        other.join().unwrap();
    });
}

#[test]
fn a_loop_that_spins_until_a_deadline_ends() {
    let result = explored(|| {
        let deadline = Instant::now() + SOON;
        while Instant::now() < deadline {}
        while Instant::now() < deadline + SOON {
            hint::spin_loop();
        }
    });
    assert!(result.executions < 20, "{}", result.executions);
}

/// Time passes, but nothing that the loop waits for comes.
#[test]
fn a_loop_that_ticks_and_waits_for_nothing_is_a_livelock() {
    fails_with(FailureKind::Livelock, "nothing changes", || {
        let flag = AtomicBool::new(false);
        let mut next = Instant::now() + SOON;
        while !flag.load(SeqCst) {
            if Instant::now() >= next {
                next += SOON;
            }
            thread::yield_now();
        }
    });
}

#[test]
fn two_that_poll_with_deadlines_time_out_in_any_order() {
    let found = holds(|| {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let start = Instant::now();
        let poll = |own: usize, limit: Duration| {
            let flags = Arc::clone(&flags);
            thread::spawn(move || {
                loop {
                    if flags[1 - own].load(SeqCst) {
                        break "found";
                    }
                    if Instant::now() >= start + limit {
                        flags[own].store(true, SeqCst);
                        break "late";
                    }
                    thread::yield_now();
                }
            })
        };
        let (a, b) = (poll(0, SOON), poll(1, 2 * SOON));
        outcome(format!("{} {}", a.join().unwrap(), b.join().unwrap()));
    });
    assert_eq!(found, texts(["found late", "late found", "late late"]));
}

#[test]
fn a_rest_of_time_is_what_is_left() {
    holds(|| {
        let start = Instant::now();
        let deadline = start + 10 * SOON;
        thread::sleep(4 * SOON);
        let rest = deadline.saturating_duration_since(Instant::now());
        assert!(rest <= 6 * SOON);
        thread::sleep(rest);
        assert!(Instant::now() >= deadline);
        assert_eq!(deadline.checked_duration_since(Instant::now() + SOON), None);
    });
}

#[test]
fn instants_count_as_std_s_do() {
    holds(|| {
        let start = Instant::now();
        let mut later = start + SOON;
        assert_eq!(later - start, SOON);
        assert_eq!(later.duration_since(start), SOON);
        assert_eq!(start.duration_since(later), Duration::ZERO);
        assert_eq!(start.checked_duration_since(later), None);
        assert_eq!(start.checked_duration_since(start), Some(Duration::ZERO));
        later += SOON;
        later -= 2 * SOON;
        assert!(later == start && later >= start && later <= start && start.max(later) == start);
        assert_eq!(later - SOON + SOON, start);
        assert_eq!(start.checked_add(Duration::MAX), None);
        assert!(format!("{start:?}").starts_with("Instant"));
        let set = std::collections::HashSet::from([start, later]);
        assert_eq!(set.len(), 1);
    });
}

#[test]
fn the_system_s_clock_goes_as_the_other_does() {
    let result = explored(|| {
        let start = SystemTime::now();
        assert!(start > UNIX_EPOCH);
        let since = start.duration_since(UNIX_EPOCH).unwrap();
        assert!(since > Duration::from_secs(1_700_000_000));
        thread::sleep(SOON);
        assert!(start.elapsed().unwrap() >= SOON);
        let error = UNIX_EPOCH.duration_since(start).unwrap_err();
        assert!(error.duration() > Duration::from_secs(1_700_000_000));
        assert!(SystemTime::now() >= start + SOON);
    });
    assert!(result.assumptions.contains(&Assumption::SystemClock));
}

#[test]
fn an_instant_from_before_the_model_is_earlier() {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    holds(|| {
        assert!(start <= Instant::now());
        assert_eq!((start + SOON) - start, SOON);
    });
}

#[test]
fn an_instant_of_another_execution_is_refused() {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    fails_with(FailureKind::Misuse, "taken in another execution", || {
        let first = *FIRST.get_or_init(Instant::now);
        let _ = raceproof::choose(2);
        let _ = first < Instant::now();
    });
}

#[test]
fn outside_of_a_model_time_is_real() {
    let (start, real) = (Instant::now(), Real::now());
    std::thread::sleep(SOON);
    assert!(start.elapsed() >= SOON && start.elapsed() <= real.elapsed() + Duration::from_secs(5));
    assert!(SystemTime::now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).is_ok());
}

#[test]
fn comparisons_are_refused_under_c11() {
    let result = Explorer::new().memory(Memory::C11).check(|| {
        let start = Instant::now();
        assert_eq!((start + SOON) - start, SOON);
        let _ = Instant::now() > start + SOON;
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("{result:?}") };
    assert_eq!(failure.kind, FailureKind::Misuse);
    assert!(
        failure.message.contains("not yet under Memory::C11: comparisons of times"),
        "{failure}"
    );
}
