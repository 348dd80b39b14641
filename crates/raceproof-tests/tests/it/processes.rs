//! Processes: killed in every place they may be in, and whole where they hold a lock.

use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{Exploration, Explorer, FailureKind, Outcome, outcome, thread};

fn process(body: impl FnOnce() + Send + 'static) -> thread::Thread {
    let first = thread::Builder::new().named("process").process().spawn(body).unwrap();
    first.thread().clone()
}

fn check(model: impl Fn()) -> Exploration {
    let found = Explorer::new().check(model);
    assert_eq!(found.redundant, 0);
    found
}

#[track_caller]
fn proves(model: impl Fn(), outcomes: &[&str]) -> u64 {
    let found = check(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.outcomes.into_keys().collect::<Vec<_>>(), outcomes);
    found.executions
}

#[track_caller]
fn fails(model: impl Fn(), kind: FailureKind, message: &str) {
    let Outcome::Failed(failure) = check(model).outcome else { panic!("it does not fail") };
    assert_eq!(failure.kind, kind);
    assert!(failure.message.contains(message), "{failure}");
}

#[test]
fn a_process_is_killed_in_every_place() {
    let executions = proves(
        || {
            let count = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&count);
            let victim = process(move || (0..3).for_each(|_| _ = theirs.fetch_add(1, SeqCst)));
            thread::kill(&victim);
            outcome(count.load(SeqCst));
        },
        &["0", "1", "2", "3"],
    );
    assert_eq!(executions, 4);
}

#[test]
fn all_its_threads_are_killed_and_no_others() {
    let model = || {
        let counts = Arc::new([(); 2].map(|()| AtomicUsize::new(0)));
        let theirs = Arc::clone(&counts);
        let victim = process(move || {
            let inner = Arc::clone(&theirs);
            thread::spawn(move || inner[0].fetch_add(1, SeqCst)).join().unwrap();
            process(move || _ = theirs[1].fetch_add(1, SeqCst));
        });
        thread::kill(&victim);
        outcome(counts[0].load(SeqCst));
    };
    // The grandchild is started only by a child that lives on, and has a process of its own.
    proves(model, &["0", "1"]);
}

#[test]
fn what_is_done_under_a_lock_is_done_as_a_whole() {
    let model = || {
        let pair = Arc::new((Mutex::new(()), [(); 2].map(|()| AtomicUsize::new(0))));
        let theirs = Arc::clone(&pair);
        let victim = process(move || {
            let _guard = theirs.0.lock().unwrap();
            theirs.1.iter().for_each(|half| _ = half.fetch_add(1, SeqCst));
        });
        thread::kill(&victim);
        let _guard = pair.0.lock().unwrap();
        outcome(format!("{}{}", pair.1[0].load(SeqCst), pair.1[1].load(SeqCst)));
    };
    proves(model, &["00", "11"]);
}

#[test]
fn what_a_blocked_thread_holds_stays_held() {
    let model = || {
        let held = Arc::new(Mutex::named("held", ()));
        let theirs = Arc::clone(&held);
        let victim = process(move || {
            let _guard = theirs.lock().unwrap();
            thread::park();
        });
        thread::kill(&victim);
        drop(held.lock().unwrap());
    };
    fails(model, FailureKind::Deadlock, "`main` waits for held, held by `process`");
}

#[test]
fn a_killed_waiter_takes_no_notification() {
    let model = || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let wait = |shared: &(Mutex<bool>, Condvar)| {
            let guard = shared.0.lock().unwrap();
            drop(shared.1.wait_while(guard, |ready| !*ready).unwrap());
        };
        let (theirs, others) = (Arc::clone(&shared), Arc::clone(&shared));
        let victim = process(move || wait(&theirs));
        let waiter = thread::spawn(move || wait(&others));
        thread::kill(&victim);
        *shared.0.lock().unwrap() = true;
        shared.1.notify_one();
        waiter.join().unwrap();
    };
    proves(model, &[]);
}

#[test]
fn two_processes_may_kill_each_other() {
    let model = || {
        let alive = Arc::new([(); 2].map(|()| AtomicUsize::new(0)));
        let handles = Arc::new(Mutex::new(Vec::<thread::Thread>::new()));
        for me in 0..2 {
            let (alive, known) = (Arc::clone(&alive), Arc::clone(&handles));
            let body = move || {
                let other = match &known.lock().unwrap()[..] {
                    [first, second] => [second, first][me].clone(),
                    _ => return,
                };
                thread::kill(&other);
                alive[me].fetch_add(1, SeqCst);
            };
            let started = process(body);
            handles.lock().unwrap().push(started);
        }
        thread::stop_daemons();
        outcome(format!("{}{}", alive[0].load(SeqCst), alive[1].load(SeqCst)));
    };
    proves(model, &["00", "01", "10"]);
}

#[test]
fn a_process_that_has_ended_is_left_as_it_is() {
    let model = || {
        let victim = thread::Builder::new().process().spawn(|| ()).unwrap();
        let first = victim.thread().clone();
        victim.join().unwrap();
        thread::kill(&first);
        thread::kill(&first);
    };
    assert_eq!(proves(model, &[]), 1);
}

#[test]
fn a_process_cannot_kill_itself() {
    let model = || thread::kill(&thread::current());
    fails(model, FailureKind::Misuse, "a process cannot kill itself");
}
