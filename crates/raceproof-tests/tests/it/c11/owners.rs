//! `Arc`s whose counts decide something, against what std makes them of: an atomic count in a struct of this file, with
//! the orderings that std's has.
#![allow(unsafe_code)]

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use raceproof::sync::atomic::{AtomicUsize, fence};
use raceproof::sync::{Arc, Weak};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, outcome, thread};

use super::random::cases;

const THREADS: usize = 3;

/// What is owned: something for each thread to write, and an atomic.
#[derive(Default)]
struct Value {
    cells: [UnsafeCell<u8>; THREADS],
    flag: std::sync::Arc<AtomicUsize>,
}

impl Value {
    /// A value whose flag outlives it.
    fn new(flag: &std::sync::Arc<AtomicUsize>) -> Self {
        Value { cells: Default::default(), flag: std::sync::Arc::clone(flag) }
    }

    /// Reads what every thread may have written: the sum of it.
    fn sum(&self) -> u8 {
        // SAFETY: the checker ends an execution at a race.
        self.cells.iter().map(|cell| cell.with(|cell| unsafe { *cell })).sum()
    }

    fn write(&self, thread: usize) {
        // SAFETY: as above.
        self.cells[thread].with_mut(|cell| unsafe { *cell += 1 });
    }

    /// What the destructor does: a step, and a look at all that was written.
    fn end(&self) {
        let seen = self.flag.fetch_add(1, Relaxed);
        outcome(format!("end {seen} {}", self.sum()));
    }
}

/// An owner of a value.
trait Owner: Clone + Send + 'static {
    fn new(value: Value) -> Self;
    fn value(&self) -> &Value;
    fn count(&self) -> usize;
    fn is_alone(&mut self) -> bool;
    /// The value's sum, or the owner again.
    fn try_unwrap(self) -> Result<u8, Self>;
    /// The value's sum if this was the last owner.
    fn into_inner(self) -> Option<u8>;
}

/// An owner of the mirror's, whose value has a destructor if it is to be dropped by the last one.
#[derive(Clone)]
struct Mirrored(Arc<Dropped>);

struct Dropped(Option<Value>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            value.end();
        }
    }
}

impl Owner for Mirrored {
    fn new(value: Value) -> Self {
        Mirrored(Arc::new(Dropped(Some(value))))
    }

    fn value(&self) -> &Value {
        self.0.0.as_ref().unwrap()
    }

    fn count(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    fn is_alone(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some()
    }

    fn try_unwrap(self) -> Result<u8, Self> {
        let taken = Arc::try_unwrap(self.0).map_err(Mirrored);
        taken.map(|mut value| value.0.take().unwrap().sum())
    }

    fn into_inner(self) -> Option<u8> {
        Arc::into_inner(self.0).map(|mut value| value.0.take().unwrap().sum())
    }
}

/// An owner made of an atomic.
struct Made(std::sync::Arc<Counted>);

struct Counted {
    count: AtomicUsize,
    value: Value,
}

impl Made {
    /// Drops an owner; whether it was the last.
    fn release(&self) -> bool {
        let last = self.0.count.fetch_sub(1, Release) == 1;
        if last {
            fence(Acquire);
        }
        last
    }

    /// Ends the owner without a step.
    fn forget(self) -> std::sync::Arc<Counted> {
        let inner = std::sync::Arc::clone(&self.0);
        std::mem::forget(self);
        inner
    }
}

impl Clone for Made {
    fn clone(&self) -> Self {
        self.0.count.fetch_add(1, Relaxed);
        Made(std::sync::Arc::clone(&self.0))
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.release() {
            self.0.value.end();
        }
    }
}

impl Owner for Made {
    fn new(value: Value) -> Self {
        Made(std::sync::Arc::new(Counted { count: AtomicUsize::new(1), value }))
    }

    fn value(&self) -> &Value {
        &self.0.value
    }

    fn count(&self) -> usize {
        self.0.count.load(Relaxed)
    }

    fn is_alone(&mut self) -> bool {
        self.0.count.load(Acquire) == 1
    }

    fn try_unwrap(self) -> Result<u8, Self> {
        if self.0.count.compare_exchange(1, 0, Relaxed, Relaxed).is_err() {
            return Err(self);
        }
        fence(Acquire);
        Ok(self.forget().value.sum())
    }

    fn into_inner(self) -> Option<u8> {
        let last = self.release();
        let inner = self.forget();
        last.then(|| inner.value.sum())
    }
}

/// What a thread does with its owner, which it drops in the end if it still has it.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// Clones it, and drops the clone.
    Clone,
    /// Asks how many there are; if there is one, looks at what was written.
    Count,
    IsAlone,
    TryUnwrap,
    IntoInner,
    Write,
    SetFlag,
    GetFlag,
}

fn run<O: Owner>(thread: usize, owner: O, flag: &AtomicUsize, program: &[Do]) -> Vec<usize> {
    let mut owner = Some(owner);
    let mut seen = Vec::new();
    for what in program {
        let Some(mine) = &mut owner else { break };
        match what {
            Do::Clone => drop(mine.clone()),
            Do::Count => {
                seen.push(mine.count());
                if *seen.last().unwrap() == 1 {
                    seen.push(mine.value().sum().into());
                }
            }
            Do::IsAlone => {
                let alone = mine.is_alone();
                seen.push(alone.into());
                if alone {
                    seen.push(mine.value().sum().into());
                }
            }
            Do::TryUnwrap => match owner.take().unwrap().try_unwrap() {
                Ok(sum) => seen.push(sum.into()),
                Err(again) => owner = Some(again),
            },
            Do::IntoInner => {
                let taken = owner.take().unwrap().into_inner();
                seen.push(taken.map_or(9, usize::from));
            }
            Do::Write => mine.value().write(thread),
            Do::SetFlag => flag.store(7, Relaxed),
            Do::GetFlag => seen.push(flag.load(Relaxed)),
        }
    }
    seen
}

fn model<O: Owner>(programs: &[Vec<Do>]) {
    let flag = std::sync::Arc::new(AtomicUsize::new(0));
    let first = O::new(Value::new(&flag));
    let threads: Vec<_> = (1..programs.len())
        .map(|id| {
            let (owner, flag) = (first.clone(), std::sync::Arc::clone(&flag));
            let program = programs[id].clone();
            thread::spawn(move || run(id, owner, &flag, &program))
        })
        .collect();
    let mut seen = vec![run(0, first, &flag, &programs[0])];
    seen.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    outcome(format!("{seen:?}"));
}

const MOST: u64 = 20_000;

fn explore(model: impl Fn()) -> Exploration {
    Explorer::new().memory(Memory::C11).max_executions(MOST).check(model)
}

/// What is found in both ways; none if that takes too long.
fn both(programs: &[Vec<Do>]) -> Option<[Exploration; 2]> {
    let made = explore(|| model::<Made>(programs));
    let over = !matches!(made.outcome, Outcome::Bounded(_));
    over.then(|| [made, explore(|| model::<Mirrored>(programs))])
}

fn kind(found: &Exploration) -> Option<FailureKind> {
    match &found.outcome {
        Outcome::Failed(failure) if failure.kind == FailureKind::Misuse => panic!("{failure}"),
        Outcome::Failed(failure) => Some(failure.kind),
        Outcome::Proved => None,
        other => panic!("neither proved nor failed: {other:?}"),
    }
}

fn steps() -> impl Strategy<Value = Vec<Do>> {
    let one = prop_oneof![
        1 => Just(Do::Clone),
        2 => Just(Do::Count),
        1 => Just(Do::IsAlone),
        2 => Just(Do::TryUnwrap),
        1 => Just(Do::IntoInner),
        2 => Just(Do::Write),
        1 => Just(Do::SetFlag),
        1 => Just(Do::GetFlag),
    ];
    prop::collection::vec(one, 0..4)
}

/// The mirror's `Arc` has the executions of one that is made of an atomic as std's is, each once.
#[test]
fn an_arc_is_what_std_makes_it_of() {
    let (compared, failed) = (Cell::new(0), Cell::new(0));
    let programs = prop::collection::vec(steps(), 2..=THREADS);
    let result = TestRunner::new(cases(150)).run(&programs, |programs| {
        let Some([made, mirrored]) = both(&programs) else { return Ok(()) };
        compared.set(compared.get() + 1);
        failed.set(failed.get() + u32::from(kind(&made).is_some()));
        prop_assert_eq!(kind(&made), kind(&mirrored));
        prop_assert_eq!(mirrored.redundant, 0);
        if kind(&made).is_none() {
            let endings = |found: &Exploration| found.outcomes.keys().cloned().collect::<Vec<_>>();
            prop_assert_eq!(endings(&made), endings(&mirrored));
        }
        // Where which one is the last decides nothing, its drops are no steps.
        prop_assert!(mirrored.executions <= made.executions);
        Ok(())
    });
    let (compared, failed) = (compared.get(), failed.get());
    println!("{compared} programs compared, of which {failed} fail");
    result.unwrap();
    assert!(compared > 50 && failed > 10 && failed < compared, "{compared}, {failed}");
}

/// Where owners are counted by steps, there are as many executions.
#[test]
fn counted_owners_have_as_many_executions_as_an_atomic() {
    use Do::{Clone, Count, GetFlag, IsAlone, SetFlag, TryUnwrap};
    for programs in [
        vec![vec![Count], vec![]],
        vec![vec![TryUnwrap], vec![TryUnwrap]],
        vec![vec![TryUnwrap], vec![TryUnwrap], vec![TryUnwrap]],
        vec![vec![Count, Count], vec![Clone]],
        vec![vec![IsAlone], vec![Clone], vec![]],
        vec![vec![Count, GetFlag], vec![SetFlag, Clone], vec![Count]],
    ] {
        let [made, mirrored] = both(&programs).expect("a small program");
        assert_eq!((kind(&made), kind(&mirrored)), (None, None), "{programs:?}");
        assert_eq!(made.executions, mirrored.executions, "{programs:?}");
        assert_eq!(made.outcomes, mirrored.outcomes, "{programs:?}");
    }
}

/// A count that is found to be 1 says nothing about what the other owners did before.
#[test]
fn a_count_orders_nothing() {
    let programs = |asks| vec![vec![Do::Write, asks], vec![Do::Write]];
    let found = explore(|| model::<Mirrored>(&programs(Do::Count)));
    assert_eq!(kind(&found), Some(FailureKind::DataRace));
    for asks in [Do::IsAlone, Do::TryUnwrap, Do::IntoInner] {
        assert_eq!(kind(&explore(|| model::<Mirrored>(&programs(asks)))), None, "{asks:?}");
    }
}

/// An upgrade finds the value as long as it has an owner, which comes after those that were dropped.
#[test]
fn an_upgrade_fails_once_the_last_owner_is_gone() {
    let found = explore(|| {
        let owner = Arc::new(Dropped(None));
        let weak = Arc::downgrade(&owner);
        let other = thread::spawn(move || drop(owner));
        let upgraded = weak.upgrade().is_some();
        let again = weak.upgrade().is_some();
        other.join().unwrap();
        outcome(format!("{upgraded} {again} {}", weak.upgrade().is_some()));
    });
    assert_eq!(kind(&found), None);
    let endings = found.outcomes.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(endings, ["false false false", "true false false", "true true false"]);
}

/// An owner that the destructor of another value drops is dropped by that value's last owner, whichever that is.
#[test]
fn an_owner_inside_of_another_value_is_dropped_by_either_thread() {
    let model = |asks: fn(Arc<()>) -> bool, levels: bool| {
        let inner = Arc::new(());
        let (first, second) = (Arc::clone(&inner), Arc::clone(&inner));
        let outer = Arc::new((first, levels.then(|| Arc::new(second))));
        let theirs = Arc::clone(&outer);
        let other = thread::spawn(move || drop(theirs));
        drop(outer);
        outcome(asks(inner));
        other.join().unwrap();
    };
    let asks: [fn(Arc<()>) -> bool; 3] = [
        |inner| Arc::try_unwrap(inner).is_ok(),
        |inner| Arc::strong_count(&inner) == 1,
        |mut inner| Arc::get_mut(&mut inner).is_some(),
    ];
    for asks in asks {
        for levels in [false, true] {
            let found = explore(|| model(asks, levels));
            assert_eq!(kind(&found), None);
            let endings = found.outcomes.keys().map(String::as_str).collect::<Vec<_>>();
            assert_eq!(endings, ["false", "true"]);
        }
    }
}

/// A destructor that asks for a count does so in either thread, before or after the other drops an owner.
#[test]
fn a_destructor_asks_for_a_count_in_either_thread() {
    struct Asks(Arc<()>, std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.1.store(Arc::strong_count(&self.0), std::sync::atomic::Ordering::Relaxed);
        }
    }
    let found = explore(|| {
        let (inner, seen) = (Arc::new(()), std::sync::Arc::default());
        let outer = Arc::new(Asks(Arc::clone(&inner), std::sync::Arc::clone(&seen)));
        let theirs = Arc::clone(&outer);
        let other = thread::spawn(move || drop(theirs));
        drop(outer);
        drop(inner);
        other.join().unwrap();
        outcome(seen.load(std::sync::atomic::Ordering::Relaxed));
    });
    assert_eq!(kind(&found), None);
    assert_eq!(found.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), ["1", "2"]);
}

/// A cell that outlives a value, and that the value's destructor writes, is written by either thread.
#[test]
fn a_destructor_writes_a_cell_in_either_thread() {
    struct Writes(Arc<UnsafeCell<u8>>);
    impl Drop for Writes {
        fn drop(&mut self) {
            self.0.write(1);
        }
    }
    let model = |joins: bool, nests: bool| {
        let cell = Arc::new(UnsafeCell::new(0));
        let writes = Writes(Arc::clone(&cell));
        let outer: Arc<(Option<Writes>, Option<Arc<Writes>>)> =
            Arc::new(if nests { (None, Some(Arc::new(writes))) } else { (Some(writes), None) });
        let theirs = Arc::clone(&outer);
        let other = thread::spawn(move || drop(theirs));
        drop(outer);
        if joins {
            other.join().unwrap();
        }
        assert!(cell.read() < 2);
    };
    for memory in [Memory::Sequential, Memory::C11] {
        for nests in [false, true] {
            let explorer = Explorer::new().memory(memory);
            let found = explorer.check(|| model(true, nests));
            assert_eq!(kind(&found), None);
            assert_eq!(found.executions, 1);
            let found = explorer.check(|| model(false, nests));
            assert_eq!(kind(&found), Some(FailureKind::DataRace));
        }
    }
}

/// A cycle's weak reference finds nothing before the value is there; it need not find it afterwards, unless something
/// orders the two.
#[test]
fn a_weak_reference_may_be_older_than_its_value() {
    let found = explore(|| {
        let mut other = None;
        let owner = Arc::new_cyclic(|weak: &Weak<Dropped>| {
            let weak = weak.clone();
            other = Some(thread::spawn(move || weak.upgrade().is_some()));
            Dropped(None)
        });
        outcome(other.unwrap().join().unwrap());
        drop(owner);
    });
    assert_eq!(kind(&found), None);
    assert_eq!(found.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), ["false", "true"]);
}

/// The schedule of a failure in which an older count is found repeats it.
#[test]
fn a_schedule_says_which_count_is_found() {
    let model = || {
        let flag = std::sync::Arc::new(AtomicUsize::new(0));
        let owner = Arc::new(0);
        let (theirs, done) = (Arc::clone(&owner), std::sync::Arc::clone(&flag));
        thread::spawn(move || {
            drop(theirs);
            done.store(1, Relaxed);
        });
        if flag.load(Relaxed) == 1 {
            assert_eq!(Arc::strong_count(&owner), 1, "an older count");
        }
    };
    let Outcome::Failed(failure) = explore(model).outcome else {
        panic!("no older count is found")
    };
    assert!(failure.message.contains("an older count"), "{failure}");
    println!("{}", failure);
    let again = Explorer::replay(&failure.schedule, model);
    let Outcome::Failed(again) = again.outcome else { panic!("not repeated: {again:?}") };
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
}
