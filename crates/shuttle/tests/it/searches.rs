//! Searches: everything where that is little, and what is said and done where it is not.

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, FailurePersistence, MaxSteps, PortfolioRunner, Runner, thread};

use super::fails;

/// Threads that each add by a load and a store.
fn lost_update(threads: usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let others: Vec<_> = (0..threads)
        .map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
        })
        .collect();
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(count.load(SeqCst), threads, "lost update");
}

/// Threads that add under a lock.
fn locked(threads: usize) {
    let count = Arc::new(Mutex::new(0));
    let others: Vec<_> = (0..threads)
        .map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || *count.lock().unwrap() += 1)
        })
        .collect();
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(*count.lock().unwrap(), threads);
}

#[test]
fn all_kinds_find_what_is_wrong() {
    assert!(fails(|| shuttle::check_random(|| lost_update(2), 100)).contains("lost update"));
    assert!(fails(|| shuttle::check_urw(|| lost_update(2), 100)).contains("lost update"));
    assert!(fails(|| shuttle::check_pct(|| lost_update(2), 100, 2)).contains("lost update"));
    assert!(fails(|| shuttle::check_dfs(|| lost_update(2), None)).contains("lost update"));
    assert!(fails(|| shuttle::check(|| lost_update(2))).contains("lost update"));
}

#[test]
fn a_search_that_ends_runs_each_execution_once() {
    let run = |scheduler| Runner::new(scheduler, Config::new()).run(|| locked(4));
    assert_eq!(run(DfsScheduler::new(None, false)), 24);
    assert_eq!(run(DfsScheduler::new(Some(1), false)), 24);
    let random = Runner::new(RandomScheduler::new(10_000), Config::new());
    assert_eq!(random.run(|| locked(5)), 120);
}

#[test]
fn a_search_that_does_not_end_goes_on_at_random() {
    let run = |scheduler| Runner::new(scheduler, Config::new()).run(|| locked(8));
    let executions = run(RandomScheduler::new(1));
    assert!((1_001..=2_000).contains(&executions), "{executions}");
    // What is wrong comes after many executions that are not; schedules at random come to it soon.
    let late = || {
        locked(7);
        lost_update(2);
    };
    assert!(fails(move || shuttle::check_pct(late, 5_000, 2)).contains("lost update"));
}

#[test]
fn time_ends_a_search() {
    let mut config = Config::new();
    config.max_time = Some(std::time::Duration::ZERO);
    let executions = Runner::new(DfsScheduler::new(None, false), config).run(|| locked(8));
    assert_eq!(executions, 1);
}

#[test]
fn steps_are_limited() {
    let mut config = Config::new();
    config.max_steps = MaxSteps::FailAfter(3);
    let runner = Runner::new(PctScheduler::new(2, 10), config);
    assert!(fails(move || _ = runner.run(|| locked(3))).contains("3 steps"));
}

#[test]
fn several_schedulers_are_one_search() {
    let mut runner = PortfolioRunner::new(true, Config::new());
    runner.add(RandomScheduler::new(100));
    runner.add(PctScheduler::new(3, 100));
    runner.run(|| locked(3));
    let mut runner = PortfolioRunner::new(true, Config::new());
    runner.add(RandomScheduler::new(100));
    assert!(fails(move || runner.run(|| lost_update(2))).contains("lost update"));
}

#[test]
fn a_schedule_is_replayed() {
    let folder = std::env::temp_dir().join(format!("shuttle-facade-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::File(Some(folder.clone()));
    let runner = Runner::new(DfsScheduler::new(None, false), config);
    fails(move || _ = runner.run(|| lost_update(2)));
    let file = folder.join("schedule000.txt");
    let schedule = std::fs::read_to_string(&file).unwrap();
    assert!(fails(|| shuttle::replay(|| lost_update(2), &schedule)).contains("lost update"));
    assert!(fails(|| shuttle::replay_from_file(|| lost_update(2), &file)).contains("lost update"));
    std::fs::remove_dir_all(folder).unwrap();
    assert!(
        fails(|| shuttle::replay(|| lost_update(2), "910102")).contains("a schedule is wanted")
    );
    shuttle::replay(|| lost_update(1), "1");
}
