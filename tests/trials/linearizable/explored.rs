//! Small random programs of operations on one object, each explored completely.
//!
//! An operation that blocks is one step of the model if it takes effect at once (an acquire), and two
//! steps if it does something before it waits: it begins (arrives at a barrier, releases a lock) and
//! ends (leaves the barrier, has the lock back). Both have the call and the return of the one
//! operation, and the model lets it end only after it has begun. Changes that a model makes by itself,
//! such as a timer whose time comes, are silent steps. Since a notification may wake any waiter, the
//! sequential reference is the set of all states that the model may be in.

use proptest::{
    prelude::*,
    sample,
    test_runner::{Config, TestRunner},
};
use raceproof::linearizable::{Done, Model, linearize};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Dpor, Engine, join_all},
    check::{self, Limits, Verdict},
    program::{AnyProgram, Group, Scenario, Variant},
};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    hash::Hash,
    marker::PhantomData,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

/// The number of programs that each primitive is explored with.
const PROGRAMS: u32 = 60;

/// The answer of an operation: a number, or that it was refused or gave up.
pub(crate) type Answer = Result<i64, ()>;

/// The answer of an operation without one, and of an operation that has begun.
pub(crate) const DONE: Answer = Ok(0);

/// A primitive, its operations and its model.
pub(crate) trait Subject: Debug + Send + Sync + 'static {
    const NAME: &'static str;
    const OPERATIONS: &'static [Self::Op];
    type Op: Copy + Debug + PartialEq + Send + Sync + 'static;
    type On<B: Backend>: Send + Sync;
    type State: State<Op = Self::Op>;

    fn make<B: Backend>() -> Self::On<B>;
    fn call<B: Backend>(on: &Self::On<B>, op: Self::Op) -> Answer;

    /// The operations of the threads of a program.
    fn programs() -> BoxedStrategy<Vec<Vec<Self::Op>>> {
        prop_oneof![threads(2, Self::OPERATIONS, 2), threads(3, Self::OPERATIONS, 1),].boxed()
    }
}

/// `threads` threads that each do one to `length` of these operations.
pub(crate) fn threads<O: Copy + Debug + 'static>(
    number: usize,
    operations: &'static [O],
    length: usize,
) -> BoxedStrategy<Vec<Vec<O>>> {
    let thread = proptest::collection::vec(sample::select(operations), 1..=length);
    proptest::collection::vec(thread, number).boxed()
}

/// Which part of an operation takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it, at once.
    Whole,
    /// The part before it waits; its answer is [`DONE`].
    Begin,
    /// The rest.
    End,
}

/// A model's state. A blocking operation is impossible until it would not block.
pub(crate) trait State: Clone + Debug + Default + Ord + Hash {
    type Op;

    /// Every answer that this part of an operation of thread number `thread` can give, with the
    /// state after it.
    fn step(&self, thread: usize, op: Self::Op, part: Part) -> Vec<(Answer, Self)>;

    /// Whether the operation takes effect in two steps.
    fn is_in_two_parts(_: Self::Op) -> bool {
        false
    }

    /// The states that this one may change to by itself.
    fn silent(&self) -> Vec<Self> {
        Vec::new()
    }
}

/// Part of an operation of a thread.
#[derive(Clone, Copy, Debug)]
struct Call<O> {
    thread: usize,
    op: O,
    part: Part,
}

/// The operation of a thread, part by part.
fn parts<S: State<Op: Copy>>(thread: usize, op: S::Op) -> impl Iterator<Item = Call<S::Op>> {
    let parts: &[Part] =
        if S::is_in_two_parts(op) { &[Part::Begin, Part::End] } else { &[Part::Whole] };
    parts.iter().map(move |&part| Call { thread, op, part })
}

/// The states that a model may be in.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sequential<S>(BTreeSet<S>);

impl<S: State> Sequential<S> {
    /// These states, and the states they may change to by themselves.
    fn settled(states: impl IntoIterator<Item = S>) -> Self {
        let mut all = BTreeSet::new();
        let mut open: Vec<_> = states.into_iter().collect();
        while let Some(state) = open.pop() {
            if all.insert(state.clone()) {
                open.extend(state.silent());
            }
        }
        Self(all)
    }
}

impl<S: State<Op: Copy>> Model for Sequential<S> {
    type Call = Call<S::Op>;
    type Answer = Answer;

    fn step(&self, call: &Call<S::Op>, answer: &Answer) -> Option<Self> {
        let &Call { thread, op, part } = call;
        let steps = self.0.iter().flat_map(|state| state.step(thread, op, part));
        let after = steps.filter(|(given, _)| given == answer).map(|(_, after)| after);
        Some(Self::settled(after)).filter(|after| !after.0.is_empty())
    }
}

/// A program: the operations of each thread.
#[derive(Clone, Debug)]
struct Random<S: Subject> {
    threads: Vec<Vec<S::Op>>,
    subject: PhantomData<S>,
}

/// For the one engine that explores them: compiling them for all engines, like a `Program`, takes
/// minutes.
impl<S: Subject> AnyProgram for Random<S> {
    fn run_on(&self, engine: Engine) {
        assert_eq!(engine, Engine::Dpor);
        self.run::<Dpor>();
    }
}

impl<S: Subject> Random<S> {
    fn run<B: Backend>(&self) {
        let shared = Arc::new((S::make::<B>(), AtomicUsize::<B>::named("clock", 0)));
        let history = join_all(self.threads.iter().enumerate().map(|(thread, ops)| {
            let (shared, ops) = (Arc::clone(&shared), ops.clone());
            B::spawn(format!("thread {thread}"), move || {
                let (object, clock) = &*shared;
                let timed = |op| {
                    // Reading the clock is a step, so every order of calls and returns is explored.
                    let called = clock.fetch_add(1, SeqCst);
                    let answer = S::call(object, op);
                    done::<S::State>(thread, op, answer, [called, clock.fetch_add(1, SeqCst)])
                };
                ops.into_iter().flat_map(timed).collect::<Vec<_>>()
            })
        }));
        let model = Sequential::settled([S::State::default()]);
        if let Err(error) = linearize(&model, &history.concat()) {
            panic!("{error}");
        }
    }
}

/// The parts of an operation, each with the moments of its call and return; no two moments are equal.
fn done<S: State<Op: Copy>>(
    thread: usize,
    op: S::Op,
    answer: Answer,
    [called, returned]: [usize; 2],
) -> Vec<Done<Call<S::Op>, Answer>> {
    parts::<S>(thread, op)
        .map(|call| {
            let (answer, after) = match call.part {
                Part::Begin => (DONE, 0),
                Part::Whole | Part::End => (answer, 1),
            };
            Done { call, answer, called: 2 * called + after, returned: 2 * returned + after }
        })
        .collect()
}

/// Whether the model can get stuck: no thread can go on, and some thread is not done.
fn can_stand_still<S: State<Op: Copy>>(threads: &[Vec<S::Op>]) -> bool {
    let threads: Vec<Vec<_>> = threads
        .iter()
        .enumerate()
        .map(|(thread, ops)| ops.iter().flat_map(|&op| parts::<S>(thread, op)).collect())
        .collect();
    let mut open = vec![(S::default(), vec![0; threads.len()])];
    let mut seen = BTreeSet::new();
    while let Some((state, at)) = open.pop() {
        if !seen.insert((state.clone(), at.clone())) {
            continue;
        }
        let mut next: Vec<_> =
            state.silent().into_iter().map(|state| (state, at.clone())).collect();
        let due = threads.iter().zip(&at).filter_map(|(calls, &at)| calls.get(at));
        for &Call { thread, op, part } in due.clone() {
            let mut at = at.clone();
            at[thread] += 1;
            let steps = state.step(thread, op, part).into_iter();
            next.extend(steps.map(|(_, after)| (after, at.clone())));
        }
        if next.is_empty() && due.count() > 0 {
            return true;
        }
        open.extend(next);
    }
    false
}

/// Programs that cannot get stuck: from every state some order of the operations completes, so a
/// deadlock that the search finds is the primitive's own.
fn programs<S: Subject>() -> impl Strategy<Value = Vec<Vec<S::Op>>> {
    S::programs()
        .prop_filter("comes to a standstill", |threads| !can_stand_still::<S::State>(threads))
}

/// Explores random programs; every history of each must be linearizable.
pub(crate) fn is_linearizable<S: Subject>() -> Result<(), String> {
    let limits =
        Limits { executions: 1_000_000, time: Duration::from_secs(60), ..Limits::default() };
    let config = Config { cases: PROGRAMS, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&programs::<S>(), |threads| {
        let program = Random::<S> { threads, subject: PhantomData };
        // Programs live as long as the process; there are few, and they are small.
        let variant = Variant::new("random", Box::leak(Box::new(program)), "");
        let scenario = Scenario {
            id: S::NAME,
            group: Group::Contracts,
            lesson: "",
            source: "",
            variants: &[],
        };
        match check::check_here(&scenario, &variant, Engine::Dpor, &limits).verdict {
            Verdict::Proved { .. } => Ok(()),
            Verdict::Failed(failure) => Err(TestCaseError::fail(failure.message)),
            verdict => Err(TestCaseError::fail(format!("{verdict:?}"))),
        }
    });
    result.map_err(|error| error.to_string())
}
