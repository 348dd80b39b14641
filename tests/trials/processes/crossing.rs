//! What crosses from one process to another.

use super::remains::pages_of_children;
use raceproof_suite::{
    backend::Engine,
    native::{
        manager::{Manager, Value},
        process::{JoinableQueue, Lock, Pipe, PipeEnd, Process, ProcessGlobal, Queue},
    },
    primitives::{
        self,
        process::{
            Entry, Global, ProcessError, PutError, RecvError, Task, TaskError, Unreachable, entry,
        },
    },
    scenarios,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, thread, time::Duration};

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        entry::<Collect>(),
        entry::<AddOne>(),
        entry::<PassOn>(),
        entry::<Fetch>(),
        entry::<Work>(),
        entry::<Count>(),
        entry::<Drops>(),
        entry::<Impatient>(),
        entry::<Vague>(),
    ]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Parcel {
    to: String,
    weights: Vec<f64>,
    stamps: BTreeMap<u8, Option<char>>,
}

fn parcel() -> Parcel {
    let stamps = [(1, Some('a')), (2, None)].into();
    Parcel { to: "Ann".into(), weights: vec![0.5; 100_000], stamps }
}

#[derive(Serialize, Deserialize)]
struct Collect {
    parcel: Parcel,
    number: u32,
    back: Queue<(u32, Parcel)>,
}

impl Task for Collect {
    fn run(self) {
        assert_eq!(self.parcel, parcel());
        self.back.put((std::process::id(), self.parcel)).unwrap();
        assert_eq!(self.number, 7);
    }
}

pub(crate) fn values_and_handles_cross() {
    let back = Queue::new(0);
    let child = Process::new("child", Collect { parcel: parcel(), number: 7, back: back.clone() });
    child.start().unwrap();
    let (pid, parcel_back) = back.get().unwrap();
    assert_eq!(Some(pid), child.pid());
    assert_ne!(pid, std::process::id());
    assert_eq!(parcel_back, parcel());
    assert_eq!(child.join(), Ok(()));
}

struct Balance;

impl Global for Balance {
    type Value = i64;
    const NAME: &'static str = "balance";

    fn initial() -> i64 {
        100
    }
}

#[derive(Serialize, Deserialize)]
struct AddOne {
    balance: ProcessGlobal<Balance>,
    again: ProcessGlobal<Balance>,
    seen: Queue<i64>,
}

impl Task for AddOne {
    fn run(self) {
        self.balance.with(|balance| *balance += 1);
        self.seen.put(self.again.get()).unwrap();
    }
}

pub(crate) fn each_process_has_its_own_globals() {
    let (balance, seen) = (ProcessGlobal::<Balance>::new(), Queue::new(0));
    balance.set(7);
    let again = balance.clone();
    let child =
        Process::new("child", AddOne { balance: balance.clone(), again, seen: seen.clone() });
    child.start().unwrap();
    assert_eq!(seen.get(), Ok(101), "fresh in the child, and one for both handles");
    assert_eq!(child.join(), Ok(()));
    assert_eq!(balance.get(), 7);
}

/// Passes one end of a pipe on, and sends at the other.
#[derive(Serialize, Deserialize)]
struct PassOn {
    ends: Queue<PipeEnd<String>>,
    given: PipeEnd<String>,
}

impl Task for PassOn {
    fn run(self) {
        // Its own pipe is in this process.
        let (mine, theirs) = Pipe::one_way(1).unwrap();
        self.ends.put(theirs).unwrap();
        self.ends.put(self.given).unwrap();
        assert_eq!(mine.recv(), Ok("hello".into()));
        assert_eq!(
            mine.recv().unwrap_err().to_string(),
            "end of file: the other end of the pipe is closed"
        );
    }
}

pub(crate) fn an_end_of_a_pipe_moves_on() {
    let ends = Queue::new(0);
    let (mine, given) = Pipe::duplex(1).unwrap();
    let child = Process::new("child", PassOn { ends: ends.clone(), given });
    child.start().unwrap();
    let theirs = ends.get().unwrap();
    let given = ends.get().unwrap();
    theirs.send("hello".to_string()).unwrap();
    drop(theirs);
    assert_eq!(child.join(), Ok(()));
    given.send("through".into()).unwrap();
    assert_eq!(mine.recv(), Ok("through".into()));
    drop(given);
    assert!(mine.recv().unwrap_err().to_string().starts_with("end of file"));
}

/// Takes an end of a pipe out of a queue, and sends at it.
#[derive(Serialize, Deserialize)]
struct Fetch(Queue<PipeEnd<String>>);

impl Task for Fetch {
    fn run(self) {
        self.0.get().unwrap().send("hello".into()).unwrap();
    }
}

pub(crate) fn an_end_lies_in_a_queue() {
    let ends = Queue::new(0);
    let child = Process::new("child", Fetch(ends.clone()));
    child.start().unwrap();
    let (mine, theirs) = Pipe::duplex(1).unwrap();
    ends.put(theirs).unwrap();
    assert_eq!(child.join(), Ok(()));
    assert_eq!(mine.recv(), Ok("hello".into()));
    assert!(mine.recv().unwrap_err().to_string().starts_with("end of file"));
}

/// Takes ends of pipes out of a queue and drops them.
#[derive(Serialize, Deserialize)]
struct Drops {
    ends: Queue<PipeEnd<u8>>,
    dropped: Queue<()>,
}

impl Task for Drops {
    fn run(self) {
        for _ in 0..PIPES {
            drop(self.ends.get().unwrap());
            self.dropped.put(()).unwrap();
        }
    }
}

const PIPES: usize = 50;

pub(crate) fn a_dropped_end_is_closed_at_once() {
    let (ends, dropped) = (Queue::new(0), Queue::new(0));
    let child = Process::new("child", Drops { ends: ends.clone(), dropped: dropped.clone() });
    child.start().unwrap();
    for _ in 0..PIPES {
        let (mine, theirs) = Pipe::duplex(1).unwrap();
        ends.put(theirs).unwrap();
        dropped.get().unwrap();
        let end = Err(RecvError::Refused(primitives::RecvError::EndOfFile));
        assert_eq!(mine.try_recv(), end);
    }
    assert_eq!(child.join(), Ok(()));
}

#[derive(Serialize, Deserialize)]
struct Work {
    tasks: JoinableQueue<Option<i64>>,
    done: Queue<i64>,
}

impl Task for Work {
    fn run(self) {
        while let Some(n) = self.tasks.get().unwrap() {
            self.done.put(n * n).unwrap();
            self.tasks.task_done().unwrap();
        }
        self.tasks.task_done().unwrap();
    }
}

pub(crate) fn tasks_are_joined() {
    let (tasks, done) = (JoinableQueue::new(2), Queue::new(0));
    let workers = [0, 1].map(|n| {
        let task = Work { tasks: tasks.clone(), done: done.clone() };
        let worker = Process::new(format!("worker {n}"), task);
        worker.start().unwrap();
        worker
    });
    for n in (1..=10).map(Some) {
        tasks.put(n).unwrap();
    }
    tasks.join().unwrap();
    let mut squares: Vec<_> = std::iter::from_fn(|| done.try_get().ok()).collect();
    squares.sort_unstable();
    assert_eq!(squares, [1, 4, 9, 16, 25, 36, 49, 64, 81, 100]);
    for _ in 0..2 {
        tasks.put(None).unwrap();
    }
    for worker in workers {
        assert_eq!(worker.join(), Ok(()));
    }
    assert_eq!(tasks.task_done(), Err(TaskError::NoSuchTask));
}

#[derive(Serialize, Deserialize)]
struct Count {
    count: Value<u32>,
    lock: Lock,
}

impl Task for Count {
    fn run(self) {
        for _ in 0..100 {
            let _held = self.lock.lock().unwrap();
            self.count.set(&(self.count.get().unwrap() + 1)).unwrap();
        }
    }
}

pub(crate) fn a_lock_excludes_processes() {
    let manager = Manager::start().unwrap();
    let (count, lock) = (manager.value(&0).unwrap(), Lock::new());
    let children = [0, 1, 2].map(|n| {
        let task = Count { count: count.clone(), lock: lock.clone() };
        let child = Process::new(format!("counter {n}"), task);
        child.start().unwrap();
        child
    });
    for child in children {
        assert_eq!(child.join(), Ok(()));
    }
    assert_eq!(count.get(), Ok(300));
}

/// Waits for a message that does not come.
#[derive(Serialize, Deserialize)]
struct Impatient {
    tasks: JoinableQueue<u8>,
    lock: Lock,
    end: PipeEnd<u8>,
}

impl Task for Impatient {
    fn run(self) {
        let moment = Duration::from_millis(60);
        assert_eq!(self.tasks.join_timeout(moment), Ok(false));
        assert_eq!(self.tasks.put_timeout(2, moment), Err(PutError::Full(2)));
        assert_eq!(self.lock.acquire_timeout(moment), Ok(false));
        assert_eq!(self.end.poll_timeout(moment), Ok(false));
        let empty = Err(RecvError::Refused(primitives::RecvError::Empty));
        assert_eq!(self.end.recv_timeout(moment), empty);
    }
}

pub(crate) fn time_runs_out_elsewhere() {
    let (tasks, lock) = (JoinableQueue::new(1), Lock::new());
    let (_mine, end) = Pipe::duplex(1).unwrap();
    tasks.put(1).unwrap();
    lock.acquire().unwrap();
    let child = Process::new("child", Impatient { tasks, lock, end });
    child.start().unwrap();
    assert_eq!(child.join_timeout(Duration::from_secs(5)), Ok(true));
}

/// Cannot be deserialised without knowing its shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Vague(Queue<Either>, PipeEnd<Either>);

impl Task for Vague {
    fn run(self) {
        let item = Either::Text("?".into());
        let error = self.0.put(item.clone()).unwrap_err();
        assert!(matches!(error, PutError::Unreachable(_, Unreachable::Unsendable(_))), "{error}");
        assert_eq!(error.into_inner(), item);
        assert_eq!(self.1.send(item.clone()).unwrap_err().into_inner(), item);
    }
}

pub(crate) fn what_cannot_cross_is_refused() {
    let (queue, (mine, theirs)) = (Queue::new(0), Pipe::duplex(1).unwrap());
    let child = Process::new("child", Vague(queue.clone(), theirs));
    child.start().unwrap();
    assert_eq!(child.join(), Ok::<_, ProcessError>(()));
    assert_eq!(queue.empty(), Ok(true));
    drop(mine);
    let manager = Manager::start().unwrap();
    let keys = manager.dict::<Queue<Either>, u8>().unwrap();
    let error = keys.insert(&queue, &1).unwrap_err().to_string();
    assert!(error.contains("a handle among it is no data"), "{error}");
    let ends = manager.list::<PipeEnd<u8>>().unwrap();
    let error = ends.push(&Pipe::duplex(1).unwrap().0).unwrap_err().to_string();
    assert!(error.contains("an end of a pipe cannot be kept"), "{error}");
}

/// Runs the variant of a scenario once, which must start processes of the system; returns how it
/// ended.
fn run(scenario: &str, variant: &str, engine: Engine) -> Result<(), String> {
    let variant = scenarios::find(scenario).unwrap().variant(variant).unwrap();
    let before = pages_of_children();
    let ended = thread::spawn(move || variant.program.run_on(engine)).join();
    assert!(pages_of_children() > before, "{scenario} started no process on {engine}");
    ended.map_err(|payload| *payload.downcast::<String>().unwrap())
}

pub(crate) fn scenarios_run_in_processes() {
    for engine in [Engine::Std, Engine::ParkingLot].into_iter().filter(|engine| engine.is_built()) {
        for (scenario, variant) in [
            ("ping-pong", "processes"),
            ("globals", "queue"),
            ("manager-dict", "lock"),
            ("sentinel", "processes"),
            ("task-done", "daemon-process"),
            ("car-park", "processes"),
            ("phases", "processes"),
            ("echo", "process-for-each"),
            ("parallel-sum", "pool-callback"),
            ("manager-inserts", "insert-and-append"),
            ("shared-value", "get-lock"),
        ] {
            assert_eq!(run(scenario, variant, engine), Ok(()), "{scenario}/{variant} on {engine}");
        }
        let error = run("globals", "process", engine).unwrap_err();
        assert!(error.contains("the parent's balance is unchanged"), "{error}");
    }
}
