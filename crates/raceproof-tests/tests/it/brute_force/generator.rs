//! Random programs.

use proptest::collection::SizeRange;
use proptest::prelude::*;

use super::programs::{Do, Program, Role};

fn simple() -> impl Strategy<Value = Do> {
    prop_oneof![
        3 => (0..2usize).prop_map(Do::Load),
        3 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Store(x, v)),
        2 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Add(x, v)),
        2 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::Swap(x, a, b)),
        2 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::WeakSwap(x, a, b)),
        3 => (0..2usize).prop_map(Do::NotifyOne),
        2 => (0..2usize).prop_map(Do::NotifyAll),
        1 => (2..3usize).prop_map(Do::Choose),
        1 => (1..3u64).prop_map(Do::Late),
        1 => Just(Do::Sleep),
        2 => Just(Do::TryRead(0)),
        2 => Just(Do::TryWrite(0)),
        2 => (0..2usize).prop_map(|m| Do::TryLocked(m, vec![])),
        1 => Just(Do::Make),
        1 => Just(Do::ParkTimeout),
        2 => (0..4usize).prop_map(Do::Unpark),
        1 => (0..4usize).prop_map(Do::Kill),
    ]
}

fn operation() -> impl Strategy<Value = Do> {
    let inner = || prop::collection::vec(simple(), 0..2);
    prop_oneof![
        5 => simple(),
        4 => (0..2usize, inner()).prop_map(|(m, inner)| Do::Locked(m, inner)),
        2 => (0..2usize, inner()).prop_map(|(m, inner)| Do::TryLocked(m, inner)),
        2 => (0..2usize, 0..2usize).prop_map(|(m, n)| Do::Locked(m, vec![Do::Locked(n, vec![])])),
        3 => (0..2usize).prop_map(Do::Wait),
        3 => (0..2usize).prop_map(Do::WaitTimeout),
        2 => (0..2usize).prop_map(Do::LockedNotify),
        3 => inner().prop_map(|inner| Do::Read(0, inner)),
        3 => inner().prop_map(|inner| Do::Write(0, inner)),
        1 => Just(Do::Park),
        1 => (0..2usize).prop_map(Do::Spin),
        1 => (0..2usize).prop_map(Do::SpinLock),
        1 => (0..2usize).prop_map(Do::PollUntil),
    ]
}

/// Threads that do some of these operations each, one in five of them a daemon, one in five a
/// process.
fn threads(
    operation: impl Strategy<Value = Do>,
    operations: impl Into<SizeRange>,
    threads: impl Into<SizeRange>,
) -> impl Strategy<Value = Program> {
    let body = prop::collection::vec(operation, operations);
    let role =
        prop_oneof![3 => Just(Role::Plain), 1 => Just(Role::Daemon), 1 => Just(Role::Process)];
    prop::collection::vec((body, role), threads)
}

pub(super) fn program() -> impl Strategy<Value = Program> {
    prop_oneof![
        4 => threads(operation(), 1..4, 2..3),
        3 => threads(operation(), 1..3, 3..4),
        1 => threads(operation(), 1..2, 4..5),
    ]
}

/// Programs whose threads all work on the same object, where the rare orders are: which of several
/// waiters a notification wakes, whether a compare-and-swap or a try succeeds when it comes earlier.
pub(super) fn crowded() -> impl Strategy<Value = Program> {
    let crowd = |operation: BoxedStrategy<Do>, longest| threads(operation, 1..=longest, 3..=4);
    let notified = prop_oneof![
        4 => Just(Do::Wait(0)),
        3 => Just(Do::NotifyOne(0)),
        1 => Just(Do::NotifyAll(0)),
        1 => Just(Do::WaitTimeout(0)),
        1 => Just(Do::LockedNotify(0)),
    ];
    let swapped = prop_oneof![
        1 => (0..3i64, 1..3i64).prop_map(|(old, new)| Do::Swap(0, old, new)),
        1 => (0..3i64, 1..3i64).prop_map(|(old, new)| Do::WeakSwap(0, old, new)),
        1 => (0..3i64).prop_map(|value| Do::Store(0, value)),
        1 => Just(Do::Load(0)),
        1 => Just(Do::Add(0, 1)),
    ];
    let parked = prop_oneof![
        2 => Just(Do::Park),
        1 => Just(Do::ParkTimeout),
        3 => (0..4usize).prop_map(Do::Unpark),
        1 => Just(Do::Add(0, 1)),
    ];
    let tried = prop_oneof![
        2 => Just(Do::TryLocked(0, vec![])),
        1 => Just(Do::Locked(0, vec![])),
        1 => Just(Do::TryLocked(0, vec![Do::Add(0, 1)])),
        1 => Just(Do::Load(0)),
    ];
    let shared = prop_oneof![
        1 => Just(Do::TryRead(0)),
        1 => Just(Do::TryWrite(0)),
        1 => Just(Do::Read(0, vec![])),
        1 => Just(Do::Write(0, vec![])),
    ];
    let killed = prop_oneof![
        3 => (0..4usize).prop_map(Do::Kill),
        1 => (0..2usize).prop_map(|atomic| Do::Locked(0, vec![Do::Add(atomic, 1)])),
        1 => Just(Do::Locked(0, vec![Do::Locked(1, vec![])])),
        1 => Just(Do::WaitTimeout(0)),
        1 => Just(Do::NotifyOne(0)),
        1 => Just(Do::Choose(2)),
        1 => Just(Do::Spin(0)),
    ];
    let timed = prop_oneof![
        3 => (1..3u64).prop_map(Do::Late),
        1 => Just(Do::Sleep),
        1 => Just(Do::Locked(0, vec![])),
        1 => (1..3u64).prop_map(|millis| Do::Locked(0, vec![Do::Late(millis)])),
        1 => Just(Do::Load(0)),
        1 => Just(Do::Store(0, 1)),
    ];
    prop_oneof![
        crowd(timed.boxed(), 2),
        crowd(killed.boxed(), 1),
        crowd(notified.boxed(), 1),
        crowd(swapped.boxed(), 2),
        crowd(parked.boxed(), 2),
        crowd(tried.boxed(), 2),
        crowd(shared.boxed(), 1),
    ]
}

/// Programs whose threads read and write one lock, and wait for each other inside.
pub(super) fn readers() -> impl Strategy<Value = Program> {
    let waits = || {
        prop_oneof![
            3 => Just(Do::Read(0, vec![])),
            1 => (0..2usize).prop_map(|mutex| Do::Locked(mutex, vec![])),
            1 => Just(Do::Park),
            1 => (0..4usize).prop_map(Do::Unpark),
            1 => (0..2usize).prop_map(Do::Spin),
            1 => (0..2usize).prop_map(|atomic| Do::Store(atomic, 1)),
            1 => Just(Do::TryRead(0)),
            1 => Just(Do::Wait(0)),
            1 => Just(Do::NotifyAll(0)),
        ]
    };
    let inner = || prop::collection::vec(waits(), 0..2);
    let operation = prop_oneof![
        4 => inner().prop_map(|inner| Do::Read(0, inner)),
        3 => Just(Do::Write(0, vec![])),
        1 => inner().prop_map(|inner| Do::Downgraded(0, inner)),
        1 => inner().prop_map(|inner| Do::Locked(0, inner)),
        1 => Just(Do::TryRead(0)),
        1 => Just(Do::TryWrite(0)),
        1 => waits(),
    ];
    prop_oneof![
        2 => threads(operation.clone().boxed(), 1..4, 2..3),
        3 => threads(operation.clone().boxed(), 1..3, 3..4),
        1 => threads(operation.boxed(), 1..2, 4..5),
    ]
}

/// Programs of what happens once, or not at all.
pub(super) fn once() -> impl Strategy<Value = Program> {
    let simple = || {
        prop_oneof![
            2 => (0..2usize).prop_map(|atomic| Do::Add(atomic, 1)),
            1 => (0..2usize).prop_map(Do::Load),
            2 => Just(Do::LookOnce),
            1 => Just(Do::Locked(0, vec![])),
            1 => Just(Do::Choose(2)),
        ]
    };
    let inner = || prop::collection::vec(simple(), 0..2);
    let call = (any::<bool>(), any::<bool>(), inner());
    let operation = prop_oneof![
        6 => call.prop_map(|(force, panics, inner)| Do::Once { force, panics, inner }),
        2 => any::<bool>().prop_map(Do::AwaitOnce),
        1 => Just(Do::Once { force: true, panics: false, inner: vec![Do::Read(0, vec![])] }),
        1 => Just(Do::Write(0, vec![])),
        1 => Just(Do::Read(0, vec![Do::Once { force: true, panics: false, inner: vec![] }])),
        1 => (0..4usize).prop_map(Do::Kill),
        1 => simple(),
    ];
    prop_oneof![
        2 => threads(operation.clone().boxed(), 1..4, 2..3),
        3 => threads(operation.clone().boxed(), 1..3, 3..4),
        1 => threads(operation.boxed(), 1..2, 4..5),
    ]
}

/// Programs whose threads send and receive.
pub(super) fn channels() -> impl Strategy<Value = Program> {
    let simple = |channels: std::ops::Range<usize>| {
        let channel = || channels.clone();
        prop_oneof![
            5 => channel().prop_map(Do::Send),
            2 => channel().prop_map(Do::TrySend),
            4 => channel().prop_map(Do::Recv),
            2 => channel().prop_map(Do::TryRecv),
            2 => channel().prop_map(Do::RecvTimeout),
            1 => channel().prop_map(Do::DropSender),
            1 => channel().prop_map(Do::DropReceiver),
            1 => (0..2usize).prop_map(|atomic| Do::Add(atomic, 1)),
        ]
        .boxed()
    };
    let operation = move |channels: std::ops::Range<usize>| {
        prop_oneof![
            14 => simple(channels.clone()),
            1 => simple(channels.clone()).prop_map(|inner| Do::Locked(0, vec![inner])),
            1 => simple(channels.clone()).prop_map(|inner| Do::Read(0, vec![inner])),
            1 => Just(Do::Write(0, vec![])),
            1 => (0..4usize).prop_map(Do::Kill),
            1 => Just(Do::Late(1)),
        ]
        .boxed()
    };
    let few = [0..1, 1..2, 2..3, 0..3].map(|channels| {
        let operation = operation(channels);
        prop_oneof![
            2 => threads(operation.clone(), 1..4, 2..3),
            3 => threads(operation.clone(), 1..3, 3..4),
            1 => threads(operation, 1..2, 4..5),
        ]
        .boxed()
    });
    let [free, bounded, handed, all] = few;
    prop_oneof![3 => free, 3 => bounded, 4 => handed, 1 => all]
}

/// Programs whose threads wait for each other at a barrier: as many as pass it, or more.
pub(super) fn barriers() -> impl Strategy<Value = Program> {
    let operation = |asks: BoxedStrategy<bool>| {
        prop_oneof![
            6 => asks.prop_map(Do::Meet),
            2 => (0..2usize).prop_map(|atomic| Do::Add(atomic, 1)),
            1 => (0..2usize).prop_map(Do::Load),
            1 => Just(Do::Locked(0, vec![])),
            1 => Just(Do::Locked(0, vec![Do::Meet(false)])),
            1 => Just(Do::Read(0, vec![Do::Meet(false)])),
            1 => Just(Do::Write(0, vec![])),
            1 => Just(Do::Late(1)),
            1 => (0..4usize).prop_map(Do::Kill),
        ]
        .boxed()
    };
    prop_oneof![
        4 => threads(operation(Just(false).boxed()), 1..4, 2..3),
        2 => threads(operation(any::<bool>().boxed()), 1..4, 2..3),
        2 => threads(operation(Just(false).boxed()), 1..3, 3..4),
        1 => threads(operation(any::<bool>().boxed()), 1..3, 3..4),
    ]
}

/// Programs of many threads with little to do: an execution that leaves the one before it early
/// has other steps after the point where the two part.
pub(super) fn spread() -> impl Strategy<Value = Program> {
    let operation = prop_oneof![
        4 => (0..2usize).prop_map(Do::Load),
        3 => (0..2usize, 1..3i64).prop_map(|(atomic, value)| Do::Store(atomic, value)),
        1 => (0..2usize).prop_map(|atomic| Do::Add(atomic, 1)),
        1 => Just(Do::Locked(0, vec![])),
    ];
    prop_oneof![
        2 => threads(operation.clone().boxed(), 1..3, 5..6),
        1 => threads(operation.boxed(), 1..2, 6..7),
    ]
}
