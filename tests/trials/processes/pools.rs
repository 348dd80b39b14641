//! Pools of real processes.

use super::{SECOND, eventually, remains::lives, soon};
use raceproof_suite::{
    backend::{Backend, Std},
    contracts::process_pool::Does,
    primitives::{
        ApplyError, FutureError, SubmitError,
        process::{Entry, Pool, ProcessPool, Queue, Work, Workers, active_children, worker},
    },
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

pub(crate) fn entries() -> Vec<Entry> {
    vec![worker::<Std, Job>(), worker::<Std, Keeps>(), worker::<Std, Does>()]
}

/// What the processes do here.
#[derive(Clone, Serialize, Deserialize)]
enum Job {
    /// Returns twice this.
    Double(u32),
    /// Returns its process id.
    Pid,
    /// Says that it has begun, and sleeps for ever.
    Sleep(Queue<Std, u32>),
    /// Is killed by itself.
    Die,
    /// Panics when it is dropped.
    Bomb,
    /// Does not leave the process that it is made in.
    #[serde(skip_serializing)]
    Stays,
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

impl Work for Job {
    type Output = u32;

    fn run(self) -> u32 {
        match self {
            Self::Double(n) => 2 * n,
            Self::Pid => std::process::id(),
            Self::Sleep(begun) => {
                begun.put(std::process::id()).unwrap();
                thread::sleep(Duration::MAX);
                0
            }
            Self::Die | Self::Stays => std::process::abort(),
            Self::Bomb => {
                drop(Bomb);
                0
            }
        }
    }
}

fn pool(workers: usize) -> Pool<Std, Job> {
    Workers::new(workers).name("clerk").pool().unwrap()
}

pub(crate) fn processes_apply_a_function() {
    let pool = pool(2);
    let doubled: Vec<_> = (0..100).map(|n| 2 * n).collect();
    assert_eq!(pool.map((0..100).map(Job::Double)).unwrap(), doubled);
    let in_order: Result<Vec<_>, _> = pool.imap((0..100).map(Job::Double)).unwrap().collect();
    assert_eq!(in_order, Ok(doubled.clone()));
    let any: Result<BTreeSet<_>, _> = pool
        .imap_unordered_chunked((0..100).map(Job::Double), 7.try_into().unwrap())
        .unwrap()
        .collect();
    assert_eq!(any, Ok(doubled.into_iter().collect()));
    let called = Arc::new(Mutex::new(0));
    let calls = Arc::clone(&called);
    let here = Std::current_id();
    let twice = pool.apply_async_with(Job::Double(4), move |twice| {
        assert_ne!(Std::current_id(), here);
        *calls.lock().unwrap() = *twice.as_ref().unwrap();
    });
    assert_eq!(twice.unwrap().get(), Ok(8));
    assert_eq!(*called.lock().unwrap(), 8, "the callback runs in this process");
    assert_ne!(pool.apply(Job::Pid).unwrap(), std::process::id());
    pool.close();
    pool.join().unwrap();
    assert!(matches!(pool.apply(Job::Pid), Err(ApplyError::Refused(SubmitError::ShutDown(_)))));
}

pub(crate) fn a_dead_worker_is_an_error_and_is_replaced() {
    let pool = pool(1);
    let FutureError::Died(failed) = failure(pool.apply(Job::Die)) else { panic!("it is gone") };
    assert_eq!((failed.process.as_str(), failed.code), ("clerk_0", -6));
    assert_eq!(pool.apply(Job::Double(1)).unwrap(), 2);
    let FutureError::Panicked(panicked) = failure(pool.apply(Job::Bomb)) else { panic!("a panic") };
    assert_eq!((panicked.message.as_str(), &*panicked.thread), ("in a destructor", "clerk_1"));
    let begun = Queue::new(0);
    let sleeps = pool.apply_async(Job::Sleep(begun.clone())).unwrap();
    let pid = begun.get().unwrap();
    kill(pid);
    assert!(matches!(soon(|| sleeps.get()), Err(FutureError::Died(failed)) if failed.code == -9));
    assert_eq!(pool.apply(Job::Double(2)).unwrap(), 4);
    // An idle one.
    kill(pool.apply(Job::Pid).unwrap());
    eventually(|| active_children::<Std>().iter().all(|child| child.name() != "clerk_2"));
    assert_eq!(pool.apply(Job::Double(3)).unwrap(), 6, "nothing was under way");
}

fn failure(result: Result<u32, ApplyError<Job>>) -> FutureError {
    match result {
        Err(ApplyError::Failed(error)) => error,
        other => panic!("{:?}", other.ok()),
    }
}

fn kill(pid: u32) {
    let mut killer = std::process::Command::new("kill");
    assert!(killer.args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

pub(crate) fn a_terminated_pool_ends_at_once() {
    let (pool, begun) = (pool(2), Queue::new(0));
    let sleeping = [0, 1].map(|_| pool.apply_async(Job::Sleep(begun.clone())).unwrap());
    let waiting = pool.apply_async(Job::Double(1)).unwrap();
    let pids = [0, 1].map(|_| begun.get().unwrap());
    soon(|| pool.terminate());
    assert!(sleeping.iter().all(|one| matches!(one.get(), Err(FutureError::Died(_)))));
    assert_eq!(waiting.get(), Err(FutureError::Cancelled));
    soon(|| pool.join().unwrap());
    assert!(!pids.into_iter().any(lives));
}

pub(crate) fn a_worn_out_process_is_replaced() {
    let workers = Workers::<Std, Job>::new(1).tasks_per_process(2);
    let pool = workers.pool().unwrap();
    let pids: Vec<_> = (0..6).map(|_| pool.apply(Job::Pid).unwrap()).collect();
    assert_eq!(pids.iter().collect::<BTreeSet<_>>().len(), 3, "{pids:?}");
}

pub(crate) fn a_broken_pool_fails_every_future() {
    let pool: ProcessPool<Std, Job> = ProcessPool::new(2).unwrap();
    let begun = Queue::new(0);
    let sleeps = pool.submit(Job::Sleep(begun.clone())).unwrap();
    begun.get_timeout(SECOND).unwrap();
    let dies = pool.submit(Job::Die).unwrap();
    // It waits, or comes too late.
    let waits = match pool.submit(Job::Double(1)) {
        Ok(waits) => waits.result(),
        Err(SubmitError::BrokenProcessPool(_, failed)) => {
            Err(FutureError::BrokenProcessPool(failed))
        }
        Err(error) => panic!("{error:?}"),
    };
    assert!(matches!(waits, Err(FutureError::BrokenProcessPool(_))), "{waits:?}");
    for future in [dies, sleeps] {
        assert!(
            matches!(soon(|| future.result()), Err(FutureError::BrokenProcessPool(failed)) if failed.code == -6)
        );
    }
    let refused = pool.submit(Job::Double(1)).unwrap_err();
    assert!(matches!(refused, SubmitError::BrokenProcessPool(..)), "{refused:?}");
    soon(|| pool.join().unwrap());
}

pub(crate) fn a_map_has_a_time_limit() {
    let pool: ProcessPool<Std, Job> = ProcessPool::new(1).unwrap();
    let begun = Queue::new(0);
    let works = [Job::Sleep(begun.clone()), Job::Double(1)];
    let mut results = pool.map_timeout(works, Duration::from_millis(50)).unwrap();
    assert_eq!(soon(|| results.next()), Some(Err(FutureError::TimedOut)));
    drop(results);
    pool.shutdown_now();
    soon(|| drop(pool));
}

/// Work whose result cannot leave its process if this is true.
#[derive(Serialize, Deserialize)]
struct Keeps(bool);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kept {
    Goes,
    #[serde(skip_serializing)]
    Stays,
}

impl Work for Keeps {
    type Output = Kept;

    fn run(self) -> Kept {
        if self.0 { Kept::Stays } else { Kept::Goes }
    }
}

pub(crate) fn what_cannot_cross_is_told() {
    let pool: ProcessPool<Std, Job> = ProcessPool::new(1).unwrap();
    let stays = pool.submit(Job::Stays).unwrap().result();
    assert!(tells(&stays, "cannot be sent"), "{stays:?}");
    assert_eq!(pool.submit(Job::Double(2)).unwrap().result(), Ok(4));
    let pool: ProcessPool<Std, Keeps> = ProcessPool::new(1).unwrap();
    let stays = pool.submit(Keeps(true)).unwrap().result();
    assert!(tells(&stays, "cannot be sent"), "{stays:?}");
    assert_eq!(pool.submit(Keeps(false)).unwrap().result(), Ok(Kept::Goes));
}

pub(crate) fn a_chunk_is_one_message() {
    let two = 2.try_into().unwrap();
    let pool = Workers::<Std, Job>::new(1).tasks_per_process(1).pool().unwrap();
    let in_twos = |works: Vec<Job>| pool.imap_chunked(works, two).unwrap().collect::<Vec<_>>();
    let pids = in_twos(vec![Job::Pid; 4]);
    assert!(pids[0] == pids[1] && pids[1] != pids[2] && pids[2] == pids[3], "{pids:?}");
    let lost = in_twos(vec![Job::Double(1), Job::Die]);
    assert!(lost.iter().all(|one| matches!(one, Err(FutureError::Died(_)))), "{lost:?}");
    let stay = in_twos(vec![Job::Double(1), Job::Stays, Job::Double(2), Job::Double(3)]);
    assert!(stay[..2].iter().all(|one| tells(one, "cannot be sent")), "{stay:?}");
    assert_eq!(stay[2..], [Ok(4), Ok(6)]);
    let pool = Workers::<Std, Keeps>::new(1).pool().unwrap();
    let works = [false, true, false].map(Keeps);
    let kept: Vec<_> = pool.imap_chunked(works, 3.try_into().unwrap()).unwrap().collect();
    assert!(tells(&kept[1], "cannot be sent"), "{kept:?}");
    assert_eq!((&kept[0], &kept[2]), (&Ok(Kept::Goes), &Ok(Kept::Goes)), "it takes others along");
}

pub(crate) fn a_panic_is_told() {
    let pool: ProcessPool<Std, Does> = ProcessPool::new(1).unwrap();
    let panics = pool.submit(Does::Panic).unwrap().result();
    assert!(tells(&panics, "no luck"), "{panics:?}");
    assert_eq!(pool.submit(Does::Double(2)).unwrap().result(), Ok(4));
}

/// Whether this is a panic whose message says so.
fn tells<T>(result: &Result<T, FutureError>, what: &str) -> bool {
    matches!(result, Err(FutureError::Panicked(panicked)) if panicked.message.contains(what))
}

/// How many pools are started and terminated, with workers killed at any moment; the environment variable
/// `POOLS` has another number.
fn number() -> usize {
    std::env::var("POOLS").map_or(50, |number| number.parse().expect("a number of pools"))
}

pub(crate) fn many_pools_leave_nothing() {
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let (before, ended, pools) = (descriptors(), AtomicUsize::new(0), number());
    for n in 0..pools {
        let pool = pool(2);
        let works = pool.imap_unordered((0..20).map(Job::Double)).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_micros(200 * (n as u64 % 10)));
                for child in active_children::<Std>() {
                    if child.name().starts_with("clerk") {
                        child.kill().unwrap();
                    }
                }
            });
            for result in works {
                assert!(matches!(result, Ok(_) | Err(FutureError::Died(_))), "{result:?}");
                ended.fetch_add(1, SeqCst);
            }
        });
        assert!(pool.apply(Job::Double(1)).is_ok_and(|twice| twice == 2));
    }
    assert_eq!(ended.load(SeqCst), 20 * pools, "each has an end");
    eventually(|| active_children::<Std>().iter().all(|it| !it.name().starts_with("clerk")));
    eventually(|| descriptors() <= before + 2);
}
