//! Random programs.

use super::language::{Do, Guard, Program, Value, What};
use proptest::prelude::*;
use raceproof::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

/// How many of a program's orderings are `SeqCst`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mixture {
    /// None more than others.
    Any,
    /// Three in four.
    Most,
    All,
}

fn mixed(mixture: Mixture, others: &'static [Ordering]) -> BoxedStrategy<Ordering> {
    let other = prop::sample::select(others);
    match mixture {
        Mixture::Any => prop_oneof![4 => other, 1 => Just(SeqCst)].boxed(),
        Mixture::Most => prop_oneof![1 => other, 3 => Just(SeqCst)].boxed(),
        Mixture::All => Just(SeqCst).boxed(),
    }
}

/// An access or a fence.
fn access(mixture: Mixture, locations: usize) -> impl Strategy<Value = What> {
    let store = || mixed(mixture, &[Relaxed, Release]);
    let load = || mixed(mixture, &[Relaxed, Acquire]);
    let both = || mixed(mixture, &[Relaxed, Acquire, Release, AcqRel]);
    let fence = mixed(mixture, &[Acquire, Release, AcqRel]);
    let x = || 0..locations;
    let v = || (1..4_i64).prop_map(Value::Constant);
    let expected = (0..3_i64).prop_map(Value::Constant);
    prop_oneof![
        6 => (x(), v(), store()).prop_map(|(x, v, o)| What::Store(x, v, o)),
        6 => (x(), load()).prop_map(|(x, o)| What::Load(x, o)),
        2 => (x(), v(), both()).prop_map(|(x, v, o)| What::Add(x, v, o)),
        1 => (x(), v(), both()).prop_map(|(x, v, o)| What::Swap(x, v, o)),
        2 => (x(), expected, v(), both(), load())
            .prop_map(|(x, e, n, success, failure)| What::Cas(x, e, n, success, failure)),
        2 => fence.prop_map(What::Fence),
    ]
}

/// A few operations: an access, now and then a plain one behind a condition, a choice, accesses
/// while a mutex is held, which may not be given back.
fn block(mixture: Mixture, locations: usize, objects: Objects) -> impl Strategy<Value = Vec<What>> {
    let locked = prop::collection::vec(access(mixture, locations), 0..3);
    prop_oneof![
        12 => access(mixture, locations).prop_map(|what| vec![what]),
        // A race may be found in an execution that is then cut.
        u32::from(objects.spins == 0) => any::<bool>().prop_map(|write| {
            vec![if write { What::PlainWrite(6) } else { What::PlainRead(6) }]
        }),
        1 => Just(vec![What::Choose(2)]),
        objects.locks => (0..2_usize, locked, prop::bool::weighted(0.9)).prop_map(|(m, inside, back)| {
            let end = back.then_some(What::Unlock(m));
            [What::Lock(m)].into_iter().chain(inside).chain(end).collect()
        }),
        objects.rwlocks => held(access(mixture, locations).boxed()),
        objects.condvars => waiting(),
        objects.condvars => notifying(objects.notify_locked),
        objects.spins => prop_oneof![
            2 => (0..locations, 0..3_i64, mixed(mixture, &[Relaxed, Acquire]))
                .prop_map(|(x, v, o)| vec![What::Spin(x, v, o)]),
            1 => (0..locations, 0..3_i64, mixed(mixture, &[Relaxed, Acquire, AcqRel]))
                .prop_map(|(x, v, o)| vec![What::SpinSwap(x, v, o)]),
            1 => ([0..locations, 0..locations], [0..3_i64, 0..3_i64], mixed(mixture, &[Relaxed, Acquire]))
                .prop_map(|([x, y], [v, w], o)| vec![What::SpinBoth([(x, v), (y, w)], o)]),
        ],
        objects.tokens => prop_oneof![
            2 => Just(vec![What::Park]),
            1 => Just(vec![What::ParkTimeout]),
            3 => (0..2_usize).prop_map(|thread| vec![What::Unpark(thread)]),
        ],
    ]
}

/// Accesses while a read-write lock is held, which may not be given back.
fn held(inside: BoxedStrategy<What>) -> impl Strategy<Value = Vec<What>> {
    let inside = prop::collection::vec(inside, 0..2);
    (inside, prop::bool::weighted(0.6), prop::bool::weighted(0.95)).prop_map(
        |(inside, reads, back)| {
            let (take, give) = match reads {
                true => (What::Read(5), What::ReadUnlock(5)),
                false => (What::Write(5), What::WriteUnlock(5)),
            };
            let end = back.then_some(give);
            [take].into_iter().chain(inside).chain(end).collect()
        },
    )
}

/// A wait at a condition variable, with a timeout or without.
fn waiting() -> impl Strategy<Value = Vec<What>> {
    let kinds = prop::sample::select(&[What::Wait(4, 0), What::WaitTimeout(4, 0)]);
    kinds.prop_map(|wait| vec![What::Lock(0), wait, What::Unlock(0)])
}

/// A notification, with the mutex or, unless it is needed, without.
fn notifying(locked: bool) -> impl Strategy<Value = Vec<What>> {
    let kinds = prop::sample::select(&[What::NotifyOne(4), What::NotifyAll(4)]);
    (kinds, any::<bool>()).prop_map(move |(notify, lock)| match locked || lock {
        true => vec![What::Lock(0), notify, What::Unlock(0)],
        false => vec![notify],
    })
}

fn thread(mixture: Mixture, locations: usize, objects: Objects) -> impl Strategy<Value = Vec<Do>> {
    let blocks = prop::collection::vec(block(mixture, locations, objects), 1..4);
    (blocks, any::<bool>()).prop_map(|(blocks, guarded)| {
        let mut registers = 0;
        let mut code = Vec::new();
        let mut blocks = blocks.concat();
        no_loops(&mut blocks);
        for what in blocks {
            // Plain accesses, and the last access of some threads, hang on what was read before.
            let plain = matches!(what, What::PlainWrite(_) | What::PlainRead(_));
            let only_if = (registers > 0 && (plain || guarded && matches!(what, What::Store(..))))
                .then(|| (registers - 1, Guard::NotZero));
            code.push(Do { what, only_if });
            let reads = matches!(
                what,
                What::Load(..)
                    | What::Add(..)
                    | What::Swap(..)
                    | What::Cas(..)
                    | What::Spin(..)
                    | What::SpinSwap(..)
                    | What::Choose(_)
                    | What::WaitTimeout(..)
            );
            registers += usize::from(reads);
        }
        code
    })
}

/// How often objects other than atomics are used, to 12 plain accesses of atomics.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Objects {
    pub(super) locks: u32,
    pub(super) rwlocks: u32,
    pub(super) condvars: u32,
    /// Whether notifications are given with the mutex only.
    pub(super) notify_locked: bool,
    pub(super) tokens: u32,
    /// Loops that wait by looking.
    pub(super) spins: u32,
}

/// Leaves a thread one operation with a timeout of each kind: two at one place are a loop.
fn no_loops(code: &mut [What]) {
    let (mut waited, mut parked) = (false, false);
    for what in code {
        match *what {
            What::WaitTimeout(c, m) if std::mem::replace(&mut waited, true) => {
                *what = What::Wait(c, m);
            }
            What::ParkTimeout if std::mem::replace(&mut parked, true) => *what = What::Park,
            _ => {}
        }
    }
}

/// Programs of two to four threads.
pub(super) fn program(objects: Objects) -> impl Strategy<Value = Program> {
    let mixtures = prop_oneof![Just(Mixture::Any), Just(Mixture::Most), Just(Mixture::All)];
    program_of(mixtures, objects)
}

/// Programs of two to four threads whose atomics are sequentially consistent.
pub(super) fn sequential(objects: Objects) -> impl Strategy<Value = Program> {
    program_of(Just(Mixture::All), objects)
}

fn program_of(
    mixtures: impl Strategy<Value = Mixture>,
    objects: Objects,
) -> impl Strategy<Value = Program> {
    (mixtures, 1..4_usize, 2..5_usize)
        .prop_flat_map(move |(mixture, locations, threads)| {
            prop::collection::vec(thread(mixture, locations, objects), threads)
        })
        .prop_map(|mut program| {
            for (thread, code) in program.iter_mut().enumerate() {
                for what in code {
                    if let What::Unpark(other) = &mut what.what {
                        *other = (*other).min(thread);
                    }
                }
            }
            program
        })
}
