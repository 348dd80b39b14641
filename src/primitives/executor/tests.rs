//! Behaviour that does not depend on timing: one worker, or an event that holds it.

use crate::{
    backend::{Arc, Backend, Std, execution::Execution},
    primitives::{
        FutureError, NoWorkers, PoolJoinError, SubmitError, WaitFor, as_completed,
        as_completed_timeout,
        native::{Event, Future, Queue, ThreadPool},
        wait, wait_timeout,
    },
};
use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

/// A pool of one worker that is held until the event is set, and the task that holds it.
fn held() -> (Arc<ThreadPool>, Arc<Event>, Future<()>) {
    let pool = Arc::new(ThreadPool::new(1).unwrap());
    let (go, begun) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let (gone, began) = (Arc::clone(&go), Arc::clone(&begun));
    let first = pool.submit(move || {
        began.set();
        gone.wait();
    });
    begun.wait();
    (pool, go, first.unwrap())
}

#[test]
fn a_future_goes_from_pending_to_done() {
    let (pool, go, first) = held();
    let second = pool.submit(|| 2).unwrap();
    assert!(first.running() && !first.done());
    assert!(!second.running() && !second.done());
    assert_eq!(second.result_timeout(Duration::from_millis(1)), Err(FutureError::TimedOut));
    assert!(!first.cancel() && !first.cancelled());
    go.set();
    assert_eq!((first.result(), second.result()), (Ok(()), Ok(2)));
    assert!(second.done() && !second.running() && !second.cancel());
    assert_eq!(second.take_result(), Ok(2));
    assert_eq!([second.take_result(), second.result()], [const { Err(FutureError::Taken) }; 2]);
    assert!(second.done() && second.exception().is_none());
}

#[test]
fn a_result_is_had_as_soon_as_it_is_there() {
    let (pool, go, first) = held();
    let setter = Std::spawn("setter", move || {
        std::thread::sleep(Duration::from_millis(20));
        go.set();
    });
    let begun = Instant::now();
    assert_eq!(first.result_timeout(Duration::from_secs(5)), Ok(()));
    assert_eq!(first.result_timeout(Duration::from_secs(5)), Ok(()));
    assert!(begun.elapsed() < Duration::from_secs(5));
    setter.join().unwrap();
    drop(pool);
}

#[test]
fn a_cancelled_task_never_runs_and_is_done_for_all() {
    let (pool, go, first) = held();
    let ran = Arc::new(Event::new());
    let runs = Arc::clone(&ran);
    let second = pool.submit(move || runs.set()).unwrap();
    let told = Arc::new(Queue::new(0));
    let telling = Arc::clone(&told);
    second.add_done_callback(move |task| telling.put(task.cancelled()).unwrap());
    assert!(second.cancel() && second.cancel());
    assert_eq!(told.try_get(), Ok(true));
    assert!(second.cancelled() && second.done() && !second.running());
    assert_eq!(second.result(), Err(FutureError::Cancelled));
    assert_eq!(second.exception(), Some(FutureError::Cancelled));
    let waited = wait(&[first.clone(), second.clone()], WaitFor::First);
    assert!(waited.done[0].cancelled() && waited.not_done[0].running());
    go.set();
    drop(pool);
    assert!(!ran.is_set() && told.empty());
}

#[test]
fn panics_kill_no_worker() {
    let pool = ThreadPool::builder(1).name("clerk").build().unwrap();
    let unlucky = pool.submit(|| panic!("no luck")).unwrap();
    let told = Arc::new(Queue::new(0));
    unlucky.add_done_callback(|_| panic!("no luck either"));
    let telling = Arc::clone(&told);
    unlucky.add_done_callback(move |task| telling.put(task.exception()).unwrap());
    unlucky.add_done_callback(|_| panic!("nor at once"));
    let Ok(Some(FutureError::Panicked(panicked))) = told.get() else { panic!("another end") };
    assert_eq!((&*panicked.thread, &*panicked.message), ("clerk_0", "no luck"));
    assert!(told.empty());
    let name = pool.submit(|| Std::current().name().to_owned()).unwrap();
    assert_eq!(name.result().as_deref(), Ok("clerk_0"));
}

#[test]
#[should_panic(expected = "no thread hears")]
fn an_execution_fails_with_a_callback_s_panic() {
    Execution::default().enter::<Std>(|| {
        let pool = ThreadPool::new(1).unwrap();
        let task = pool.submit(|| ()).unwrap();
        task.add_done_callback(|_| panic!("no thread hears"));
        assert_eq!(pool.submit(|| 1).unwrap().result(), Ok(1), "the worker goes on");
    });
}

#[test]
fn a_worker_is_started_only_if_none_is_idle() {
    let pool = ThreadPool::new(2).unwrap();
    assert_eq!(pool.workers(), 2);
    let name = || Std::current().name().to_owned();
    let first = pool.submit(name).unwrap().result().unwrap();
    assert_eq!(first, "pool_0");
    // It is idle soon after its first task, if not at once.
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(pool.submit(name).unwrap().result().unwrap(), "pool_0");
}

#[test]
fn a_shut_down_pool_hands_work_back() {
    let (pool, go, _) = held();
    let queued = pool.submit(|| 2).unwrap();
    pool.shutdown();
    let word = String::from("back");
    let refused = pool.submit(move || word).unwrap_err();
    assert_eq!(refused.to_string(), "the pool is shut down");
    assert_eq!(refused.into_inner()(), "back");
    let (_, items) = pool.map(|n: i32| n, [1, 2]).unwrap_err().into_inner();
    assert_eq!(items, [1, 2]);
    go.set();
    assert_eq!(pool.join(), Ok(()));
    assert_eq!(queued.result(), Ok(2));
    assert_eq!(pool.join(), Ok(()), "twice");
}

#[test]
fn a_shutdown_now_cancels_what_has_not_begun() {
    let (pool, go, first) = held();
    let queued = pool.submit(|| 2).unwrap();
    pool.shutdown_now();
    assert_eq!(queued.result(), Err(FutureError::Cancelled));
    assert!(first.running());
    go.set();
    assert_eq!(pool.join(), Ok(()));
    assert_eq!(first.result(), Ok(()));
}

#[test]
fn a_dropped_pool_does_what_was_submitted() {
    /// Submits a task that takes a while, and drops the pool.
    fn dropped(ran: &Arc<Event>, panics: bool) {
        let pool = ThreadPool::new(1).unwrap();
        let runs = Arc::clone(ran);
        let task = move || {
            std::thread::sleep(Duration::from_millis(20));
            runs.set();
        };
        pool.submit(task).unwrap();
        assert!(!panics, "on purpose");
    }
    let ran = [Arc::new(Event::new()), Arc::new(Event::new())];
    dropped(&ran[0], false);
    assert!(ran[0].is_set(), "its workers go on");
    let theirs = Arc::clone(&ran[1]);
    assert!(Std::spawn("unlucky", move || dropped(&theirs, true)).join().is_err());
    assert!(ran[1].is_set(), "its workers go on");
}

#[test]
fn a_joined_pool_s_threads_have_ended() {
    /// Records that it is dropped, after a while.
    struct Late(Arc<Event>);
    impl Drop for Late {
        fn drop(&mut self) {
            std::thread::sleep(Duration::from_millis(20));
            self.0.set();
        }
    }
    thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
    let (pool, ended) = (ThreadPool::new(1).unwrap(), Arc::new(Event::new()));
    let late = Late(Arc::clone(&ended));
    pool.submit(|| LATE.set(Some(late))).unwrap();
    pool.shutdown();
    assert_eq!(pool.join(), Ok(()));
    assert!(ended.is_set());
}

#[test]
fn misuse_is_refused() {
    assert_eq!(ThreadPool::new(0).err(), Some(NoWorkers));
    let pool = Arc::new(ThreadPool::new(1).unwrap());
    assert_eq!(pool.join(), Err(PoolJoinError::StillOpen));
    let own = Arc::clone(&pool);
    let joins = pool.submit(move || {
        own.shutdown();
        own.join()
    });
    assert_eq!(joins.unwrap().result(), Ok(Err(PoolJoinError::JoinsItself)));
}

#[test]
fn a_pool_dropped_by_its_own_task_waits_for_none() {
    let (pool, go, first) = held();
    let own = Arc::clone(&pool);
    let last = pool.submit(move || drop(own)).unwrap();
    drop(pool);
    go.set();
    assert_eq!((first.result(), last.result()), (Ok(()), Ok(())));
}

#[test]
fn an_initialiser_that_fails_breaks_the_pool() {
    let go = Arc::new(Event::new());
    let held = Arc::clone(&go);
    let initialiser = move || {
        held.wait();
        panic!("no licence")
    };
    let pool = ThreadPool::builder(2).initialiser(initialiser).build().unwrap();
    let tasks = [1, 2, 3].map(|n| pool.submit(move || n).unwrap());
    assert!(tasks[2].cancel());
    go.set();
    for task in &tasks[..2] {
        assert!(
            matches!(task.result(), Err(FutureError::BrokenPool(p)) if p.message == "no licence")
        );
    }
    assert_eq!(tasks[2].result(), Err(FutureError::Cancelled));
    assert!(matches!(pool.submit(|| ()), Err(SubmitError::BrokenPool(..))));
    assert_eq!(pool.join(), Ok(()), "its workers have left");
}

#[test]
fn the_initialiser_runs_once_in_each_worker() {
    let runs = Arc::new(Queue::new(0));
    let counted = Arc::clone(&runs);
    let initialiser = move || counted.put(Std::current().name().to_owned()).unwrap();
    let pool = ThreadPool::builder(1).initialiser(initialiser).build().unwrap();
    let sum: i32 = pool.map(|n| n, [1, 2, 3]).unwrap().map(Result::unwrap).sum();
    assert_eq!((sum, runs.get().as_deref(), runs.qsize()), (6, Ok("pool_0"), 0));
}

#[test]
fn a_map_that_is_dropped_cancels_the_rest() {
    let (pool, go, _) = held();
    let ran = Arc::new(Queue::new(0));
    let runs = Arc::clone(&ran);
    let results = pool.map(move |n| runs.put(n).unwrap(), [1, 2, 3]).unwrap();
    assert_eq!(results.len(), 3);
    drop(results);
    go.set();
    drop(pool);
    assert!(ran.empty());
}

#[test]
fn the_time_to_wait_is_that_for_all() {
    let pool = ThreadPool::new(1).unwrap();
    let short = || std::thread::sleep(Duration::from_millis(20));
    let tasks = [(); 10].map(|()| pool.submit(short).unwrap());
    let waited = wait_timeout(&tasks, WaitFor::All, Duration::from_millis(50));
    assert!(!waited.not_done.is_empty(), "each of them had that time");
    pool.shutdown_now();
}

#[test]
fn waiting_for_several() {
    let (pool, go, first) = held();
    let second = pool.submit(|| ()).unwrap();
    let both = [first, second];
    let moment = Duration::from_millis(1);
    let waited = wait_timeout(&both, WaitFor::All, moment);
    assert_eq!((waited.done.len(), waited.not_done.len()), (0, 2));
    assert_eq!(wait::<Std, ()>(&[], WaitFor::First).done.len(), 0);
    go.set();
    let waited = wait(&both, WaitFor::All);
    assert!(waited.not_done.is_empty() && waited.done.iter().all(Future::done));
    let mut completed = as_completed(both);
    assert_eq!(completed.len(), 2);
    assert!(completed.next().unwrap().done() && completed.next().unwrap().done());
    assert!(completed.next().is_none());
}

#[test]
fn waiting_for_a_failure() {
    let (pool, go, first) = held();
    let [cancelled, second] = [1, 2].map(|_| pool.submit(|| ()).unwrap());
    assert!(cancelled.cancel());
    let unlucky = pool.submit(|| panic!("no luck")).unwrap();
    let moment = Duration::from_millis(1);
    let all = [first, cancelled, unlucky, second];
    let waited = wait_timeout(&all, WaitFor::FirstException, moment);
    assert_eq!(waited.done.len(), 1, "to be cancelled is no failure");
    go.set();
    let waited = wait(&all, WaitFor::FirstException);
    assert!(
        waited.done.iter().any(|task| matches!(task.exception(), Some(FutureError::Panicked(_))))
    );
    let lucky = [all[0].clone(), all[1].clone()];
    assert_eq!(wait(&lucky, WaitFor::FirstException).done.len(), 2, "none fails, so all");
}

#[test]
fn a_time_limit_is_for_all_together() {
    let (pool, go, first) = held();
    let second = pool.submit(|| ()).unwrap();
    let start = Instant::now();
    let moment = Duration::from_millis(20);
    let completed: Vec<_> = as_completed_timeout([first.clone(), second.clone()], moment).collect();
    assert_eq!(completed.len(), 1, "the first that is late ends it");
    assert_eq!(completed[0].as_ref().unwrap_err().to_string(), "2 of 2 futures are not done yet");
    let results: Vec<_> = pool.map_timeout(|n| n, 0..100, moment).unwrap().collect();
    assert_eq!(results, [const { Err(FutureError::TimedOut) }; 100]);
    assert!(start.elapsed() < 20 * moment, "the limit was for each");
    go.set();
    let completed = as_completed_timeout([first, second], Duration::MAX);
    assert!(completed.map(Result::unwrap).all(|task| task.done()));
    let results = pool.map_timeout(|n| n, 0..3, Duration::MAX).unwrap();
    assert_eq!(results.collect::<Result<Vec<_>, _>>(), Ok(vec![0, 1, 2]));
}

#[test]
fn a_map_cancels_what_is_late() {
    let (pool, go, _) = held();
    let ran = Arc::new(Queue::new(0));
    let runs = Arc::clone(&ran);
    let put = move |n| runs.put(n).unwrap();
    let mut results = pool.map_timeout(put, [1, 2], Duration::ZERO).unwrap();
    assert_eq!(results.next(), Some(Err(FutureError::TimedOut)));
    go.set();
    assert_eq!(pool.submit(|| ()).unwrap().result(), Ok(()), "all before it have had their turn");
    assert_eq!(results.next(), Some(Ok(())), "what is there comes out all the same");
    assert_eq!((ran.try_get(), ran.empty()), (Ok(2), true));
}
