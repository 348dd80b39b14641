//! Each primitive against its model when several threads use it at once: a random small program of
//! operations is explored to the end, and every history must be linearizable.
//!
//! Two threads with two operations each or three with one, blocking and timed operations among them.
//! Only programs that cannot come to a standstill are kept: in the model some order of the operations
//! completes from everywhere, so a deadlock that the search finds is the primitive's own.

use libtest_mimic::{Arguments, Trial};
use proptest::{
    prelude::*,
    sample,
    test_runner::{Config, TestRunner},
};
use raceproof::{
    backend::{AtomicUsize, Backend, Engine, join_all},
    check::{self, Limits, Verdict},
    linearizability::{Done, Model, linearize},
    primitives::{Event, LifoQueue, Lock, Pipe, PipeEnd, PriorityQueue, Queue, Semaphore},
    program::{Group, Program, Scenario, Variant},
};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    process::ExitCode,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

/// How many programs each primitive is explored with.
const PROGRAMS: u32 = 60;

const MOMENT: Duration = Duration::from_micros(20);

/// What an operation answers: a number, or that it was refused or gave up.
type Answer = Result<i64, ()>;

/// A primitive, its operations and its model.
trait Subject: Debug + Send + Sync + 'static {
    const NAME: &'static str;
    const OPERATIONS: &'static [Op];
    type On<B: Backend>: Send + Sync;
    type State: State;

    fn make<B: Backend>() -> Self::On<B>;
    fn call<B: Backend>(on: &Self::On<B>, op: Op) -> Answer;
}

/// A model's state. Operations that block are not possible until they would not.
trait State: Clone + Debug + Default + Eq + std::hash::Hash + Ord {
    /// Everything that `op` can answer, and the state after it.
    fn step(&self, op: Op) -> Vec<(Answer, Self)>;
}

/// An operation; not every primitive has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    /// Acquires, gets, receives, waits.
    Take,
    /// As `Take`, without blocking.
    TryTake,
    /// As `Take`, for a while.
    TakeTimeout,
    /// Releases, puts, sends, sets.
    Give(i64),
    /// As `Give`, without blocking.
    TryGive(i64),
    /// Shuts down, closes, clears.
    End,
    /// Looks.
    Look,
}

/// Lets the checker of histories use a model.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sequential<S>(S);

impl<S: State> Model for Sequential<S> {
    type Call = Op;
    type Answer = Answer;

    fn step(&self, op: &Op, answer: &Answer) -> Option<Self> {
        self.0
            .step(*op)
            .into_iter()
            .find(|(given, _)| given == answer)
            .map(|(_, after)| Self(after))
    }
}

/// A program: the operations of each thread.
#[derive(Clone, Debug)]
struct Random<S> {
    threads: Vec<Vec<Op>>,
    subject: std::marker::PhantomData<S>,
}

impl<S: Subject> Program for Random<S> {
    fn run<B: Backend>(&self) {
        let shared = Arc::new((S::make::<B>(), AtomicUsize::<B>::named("clock", 0)));
        let history = join_all(self.threads.iter().enumerate().map(|(n, ops)| {
            let (shared, ops) = (Arc::clone(&shared), ops.clone());
            B::spawn(format!("thread {n}"), move || {
                let (object, clock) = &*shared;
                let timed = |&op: &Op| {
                    // Reading the clock is a step, so every order of calls and returns is explored.
                    let called = clock.fetch_add(1, SeqCst);
                    let answer = S::call(object, op);
                    Done { call: op, answer, called, returned: clock.fetch_add(1, SeqCst) }
                };
                ops.iter().map(timed).collect::<Vec<_>>()
            })
        }));
        let model = Sequential(S::State::default());
        if let Err(error) = linearize(&model, &history.concat()) {
            panic!("{error}");
        }
    }
}

/// Whether the model can come to a standstill: nobody can go on, and somebody is not done.
fn can_stand_still<S: State>(threads: &[Vec<Op>]) -> bool {
    let mut open = vec![(S::default(), vec![0; threads.len()])];
    let mut seen = BTreeSet::new();
    while let Some((state, at)) = open.pop() {
        if !seen.insert((state.clone(), at.clone())) {
            continue;
        }
        let before = open.len();
        let mut done = true;
        for (n, ops) in threads.iter().enumerate() {
            let Some(&op) = ops.get(at[n]) else { continue };
            done = false;
            for (_, after) in state.step(op) {
                let mut at = at.clone();
                at[n] += 1;
                open.push((after, at));
            }
        }
        if open.len() == before && !done {
            return true;
        }
    }
    false
}

fn programs<S: Subject>() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let op = || sample::select(S::OPERATIONS);
    let two = proptest::collection::vec(proptest::collection::vec(op(), 1..=2), 2..=2);
    let three = proptest::collection::vec(proptest::collection::vec(op(), 1..=1), 3..=3);
    prop_oneof![two, three]
        .prop_filter("comes to a standstill", |threads| !can_stand_still::<S::State>(threads))
}

fn is_linearizable<S: Subject>() -> Result<(), String> {
    let config = Config { cases: PROGRAMS, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&programs::<S>(), |threads| {
        let program = Random::<S> { threads, subject: std::marker::PhantomData };
        // Programs live as long as the process; there are few, and they are small.
        let variant = Variant::new("random", Box::leak(Box::new(program)), "");
        let scenario = Scenario {
            id: S::NAME,
            group: Group::Contracts,
            lesson: "",
            source: "",
            variants: &[],
        };
        match check::check_here(&scenario, &variant, Engine::Dpor, &Limits::default()).verdict {
            Verdict::Proved { .. } => Ok(()),
            Verdict::Failed(failure) => Err(TestCaseError::fail(failure.message)),
            verdict => Err(TestCaseError::fail(format!("{verdict:?}"))),
        }
    });
    result.map_err(|error| error.to_string())
}

/// A number of permits, as of a lock or semaphore; at most `MAX`, refused above.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Held<const MAX: i64>(i64);

impl<const MAX: i64> State for Held<MAX> {
    fn step(&self, op: Op) -> Vec<(Answer, Self)> {
        let free = self.0 < MAX;
        let taken = (Ok(0), Self(self.0 + 1));
        let refused = (Err(()), self.clone());
        match op {
            Op::Take if free => vec![taken],
            Op::Take => vec![],
            Op::TakeTimeout if free => vec![taken],
            Op::TryTake if free => vec![taken],
            Op::Give(_) if self.0 > 0 => vec![(Ok(0), Self(self.0 - 1))],
            Op::Look => vec![(Ok(self.0), self.clone())],
            _ => vec![refused],
        }
    }
}

#[derive(Debug)]
struct Locks;

impl Subject for Locks {
    const NAME: &'static str = "lock";
    const OPERATIONS: &'static [Op] =
        &[Op::Take, Op::TryTake, Op::TakeTimeout, Op::Give(0), Op::Look];
    type On<B: Backend> = Lock<B>;
    type State = Held<1>;

    fn make<B: Backend>() -> Lock<B> {
        Lock::new()
    }
    fn call<B: Backend>(lock: &Lock<B>, op: Op) -> Answer {
        match op {
            Op::Take => {
                lock.acquire();
                Ok(0)
            }
            Op::TryTake => lock.try_acquire().then_some(0).ok_or(()),
            Op::TakeTimeout => lock.acquire_timeout(MOMENT).then_some(0).ok_or(()),
            Op::Look => Ok(lock.locked().into()),
            _ => lock.release().map(|()| 0).map_err(|_| ()),
        }
    }
}

#[derive(Debug)]
struct Semaphores;

impl Subject for Semaphores {
    const NAME: &'static str = "semaphore";
    const OPERATIONS: &'static [Op] =
        &[Op::Take, Op::TryTake, Op::TakeTimeout, Op::Give(0), Op::Look];
    type On<B: Backend> = raceproof::primitives::BoundedSemaphore<B>;
    type State = Held<2>;

    fn make<B: Backend>() -> Self::On<B> {
        raceproof::primitives::BoundedSemaphore::new(2)
    }
    fn call<B: Backend>(semaphore: &Self::On<B>, op: Op) -> Answer {
        let semaphore: &Semaphore<B> = semaphore;
        match op {
            Op::Take => {
                semaphore.acquire();
                Ok(0)
            }
            Op::TryTake => semaphore.try_acquire().then_some(0).ok_or(()),
            Op::TakeTimeout => semaphore.acquire_timeout(MOMENT).then_some(0).ok_or(()),
            Op::Look => Ok(2 - semaphore.permits() as i64),
            _ => semaphore.release().map(|()| 0).map_err(|_| ()),
        }
    }
}

/// A lock whose check and whose change are two steps, which must be rejected.
#[derive(Debug)]
struct Torn;

impl Subject for Torn {
    const NAME: &'static str = "torn lock is rejected";
    const OPERATIONS: &'static [Op] = &[Op::TryTake, Op::Look];
    type On<B: Backend> = AtomicUsize<B>;
    type State = Held<1>;

    fn make<B: Backend>() -> AtomicUsize<B> {
        AtomicUsize::new(0)
    }
    fn call<B: Backend>(lock: &AtomicUsize<B>, op: Op) -> Answer {
        let held = lock.load(SeqCst);
        match op {
            Op::Look => Ok(held as i64),
            _ if held > 0 => Err(()),
            _ => {
                lock.store(1, SeqCst);
                Ok(0)
            }
        }
    }
}

fn torn_is_rejected() -> Result<(), String> {
    match is_linearizable::<Torn>() {
        Err(error) if error.contains("not linearizable") => Ok(()),
        result => Err(format!("{result:?}")),
    }
}

/// Whether an event is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct IsSet(bool);

impl State for IsSet {
    fn step(&self, op: Op) -> Vec<(Answer, Self)> {
        match op {
            Op::Take if !self.0 => vec![],
            // The time may be over just before the set.
            Op::TakeTimeout if !self.0 => vec![(Err(()), self.clone())],
            Op::Give(_) => vec![(Ok(0), Self(true))],
            Op::End => vec![(Ok(0), Self(false))],
            Op::Look => vec![(Ok(self.0.into()), self.clone())],
            _ => vec![(Ok(0), self.clone())],
        }
    }
}

#[derive(Debug)]
struct Events;

impl Subject for Events {
    const NAME: &'static str = "event";
    const OPERATIONS: &'static [Op] = &[Op::Take, Op::TakeTimeout, Op::Give(0), Op::End, Op::Look];
    type On<B: Backend> = Event<B>;
    type State = IsSet;

    fn make<B: Backend>() -> Event<B> {
        Event::new()
    }
    fn call<B: Backend>(event: &Event<B>, op: Op) -> Answer {
        match op {
            Op::Take => event.wait(),
            Op::TakeTimeout => return event.wait_timeout(MOMENT).then_some(0).ok_or(()),
            Op::Look => return Ok(event.is_set().into()),
            Op::End => event.clear(),
            _ => event.set(),
        }
        Ok(0)
    }
}

/// The items of a container with room for one, whose order is that of a number: 0 oldest first, 1 newest
/// first, 2 smallest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Items<const ORDER: u8> {
    items: Vec<i64>,
    ended: bool,
}

/// How many items there is room for.
const ROOM: usize = 2;

impl<const ORDER: u8> Items<ORDER> {
    fn without_next(&self) -> Option<(i64, Self)> {
        let all = 0..self.items.len();
        let next = match ORDER {
            0 => all.min(),
            1 => all.max(),
            _ => all.min_by_key(|&n| self.items[n]),
        }?;
        let mut after = self.clone();
        let item = after.items.remove(next);
        Some((item, after))
    }

    fn with(&self, item: i64) -> Self {
        let mut after = self.clone();
        after.items.push(item);
        after
    }
}

impl<const ORDER: u8> State for Items<ORDER> {
    fn step(&self, op: Op) -> Vec<(Answer, Self)> {
        let refused = (Err(()), self.clone());
        let got = self.without_next().map(|(item, after)| (Ok(item), after));
        let full = self.items.len() >= ROOM;
        match op {
            Op::Give(_) | Op::TryGive(_) if self.ended => vec![refused],
            Op::Give(_) if full => vec![],
            Op::TryGive(_) if full => vec![refused],
            Op::Give(item) | Op::TryGive(item) => vec![(Ok(0), self.with(item))],
            Op::Take if self.ended => vec![got.unwrap_or(refused)],
            Op::Take => got.into_iter().collect(),
            Op::TakeTimeout => match got {
                Some(got) => vec![got],
                None => vec![refused],
            },
            Op::TryTake => vec![got.unwrap_or(refused)],
            Op::End => vec![(Ok(0), Self { ended: true, ..self.clone() })],
            Op::Look => vec![(Ok(self.items.len() as i64), self.clone())],
        }
    }
}

/// Declares the subjects for the three queues.
macro_rules! queues {
    ($($subject:ident $name:literal $queue:ident $order:literal),*) => {$(
        #[derive(Debug)]
        struct $subject;

        impl Subject for $subject {
            const NAME: &'static str = $name;
            const OPERATIONS: &'static [Op] = &[
                Op::Take, Op::TryTake, Op::TakeTimeout, Op::Give(1), Op::Give(2), Op::TryGive(3),
                Op::End, Op::Look,
            ];
            type On<B: Backend> = $queue<B, i64>;
            type State = Items<$order>;

            fn make<B: Backend>() -> Self::On<B> {
                $queue::new(ROOM)
            }
            fn call<B: Backend>(queue: &Self::On<B>, op: Op) -> Answer {
                match op {
                    Op::Take => queue.get().map_err(|_| ()),
                    Op::TryTake => queue.try_get().map_err(|_| ()),
                    Op::TakeTimeout => queue.get_timeout(MOMENT).map_err(|_| ()),
                    Op::Give(item) => queue.put(item).map(|()| 0).map_err(|_| ()),
                    Op::TryGive(item) => queue.try_put(item).map(|()| 0).map_err(|_| ()),
                    Op::Look => Ok(queue.qsize() as i64),
                    Op::End => {
                        queue.shutdown();
                        Ok(0)
                    }
                }
            }
        }
    )*};
}
queues!(Fifos "queue" Queue 0, Lifos "lifo queue" LifoQueue 1, Priorities "priority queue" PriorityQueue 2);

/// One direction of a pipe: messages go in at the right end and come out at the left.
#[derive(Debug)]
struct Pipes;

impl Subject for Pipes {
    const NAME: &'static str = "pipe";
    const OPERATIONS: &'static [Op] = &[
        Op::Take,
        Op::TryTake,
        Op::TakeTimeout,
        Op::Give(1),
        Op::Give(2),
        Op::TryGive(3),
        Op::End,
    ];
    type On<B: Backend> = (PipeEnd<B, i64>, PipeEnd<B, i64>);
    type State = Items<0>;

    fn make<B: Backend>() -> Self::On<B> {
        Pipe::one_way(ROOM).expect("there is room")
    }
    fn call<B: Backend>((left, right): &Self::On<B>, op: Op) -> Answer {
        match op {
            Op::Take => left.recv().map_err(|_| ()),
            Op::TryTake => left.try_recv().map_err(|_| ()),
            Op::TakeTimeout => left.recv_timeout(MOMENT).map_err(|_| ()),
            Op::Give(item) => right.send(item).map(|()| 0).map_err(|_| ()),
            Op::TryGive(item) => right.try_send(item).map(|()| 0).map_err(|_| ()),
            _ => {
                right.close();
                Ok(0)
            }
        }
    }
}

/// What a test is: `Err` says how it failed.
type Test = fn() -> Result<(), String>;

fn main() -> ExitCode {
    let tests: [(_, Test); 8] = [
        (Locks::NAME, is_linearizable::<Locks>),
        (Torn::NAME, torn_is_rejected),
        (Semaphores::NAME, is_linearizable::<Semaphores>),
        (Events::NAME, is_linearizable::<Events>),
        (Fifos::NAME, is_linearizable::<Fifos>),
        (Lifos::NAME, is_linearizable::<Lifos>),
        (Priorities::NAME, is_linearizable::<Priorities>),
        (Pipes::NAME, is_linearizable::<Pipes>),
    ];
    let trials = tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, move || test().map_err(Into::into)))
        .collect();
    let mut arguments = Arguments::from_args();
    // One search at a time: it replaces the process's panic hook.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}
