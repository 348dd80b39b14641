//! Random programs, of a few shapes in which rare orders are common.

use proptest::collection::vec;
use proptest::prelude::*;

use super::language::{ARCS, Block, CHANNELS, Do, Hold, MUTEXES, Whom, count};
use super::loops::{alike, poll, poll_until_late};
use super::state::TICKS;

/// What the operations of a program are mostly about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Atomics,
    Crowd,
    Locks,
    /// The read-write lock, with what readers inside may wait for.
    Readers,
    Waits,
    Channels,
    Threads,
    Cells,
    Scopes,
    Gates,
    Panics,
    Polls,
    Mixed,
    Kept,
    Destructors,
    Ends,
    Times,
    /// Loops that poll until one deadline, which is the second slot of all threads.
    Deadlines,
    /// Owners that come and go, and questions how many there are.
    Owners,
    /// Owners that come and go.
    Drops,
}

/// A program of two to four threads, of up to seven that do little each, or of few that poll or do anything.
pub(super) fn program(shape: Shape) -> BoxedStrategy<Block> {
    let (own, threads) = match shape {
        Shape::Crowd => (0..1, 4..7),
        Shape::Polls | Shape::Mixed => (0..3, 1..3),
        _ => (0..3, 1..4),
    };
    let root = (block(shape, own.clone()), vec(thread(shape), threads), block(shape, own));
    let root = root.prop_map(|(before, threads, after)| {
        let joins = (0..threads.len()).map(Do::Join).collect::<Vec<_>>();
        [before, threads, after, joins].concat()
    });
    if matches!(shape, Shape::Owners | Shape::Drops) {
        let shared = vec(prop_oneof![3 => arc(Do::CloneArc), 1 => arc(Do::DowngradeArc)], 1..6);
        return (shared, root).prop_map(|(shared, root)| [shared, root].concat()).boxed();
    }
    if shape == Shape::Polls {
        return prop_oneof![1 => root, 1 => alike()].boxed();
    }
    if shape == Shape::Times {
        return root.prop_filter("too many times", few_times).boxed();
    }
    if shape == Shape::Deadlines {
        let deadline = [Do::Now(1), Do::Later(1)];
        return root.prop_map(move |program| [&deadline[..], &program].concat()).boxed();
    }
    root.boxed()
}

/// Does a program read the clock as often as the interpreter's ticks are fine, and moves times little?
fn few_times(program: &Block) -> bool {
    let readings = count(program, &|what| matches!(what, Do::Now(_)));
    let moves = count(program, &|what| matches!(what, Do::Later(_)));
    (2..TICKS as usize).contains(&readings) && moves < 3
}

/// A thread that the root starts.
fn thread(shape: Shape) -> BoxedStrategy<Do> {
    let size = if shape == Shape::Crowd { 1..3 } else { 1..4 };
    let plain = block(shape, size).prop_map(Do::Spawn);
    let given = block(shape, 1..4).prop_map(Do::SpawnWith);
    let giving = block(shape, 1..3).prop_map(Do::SpawnGiving);
    let parts = (block(shape, 1..3), block(shape, 1..3), block(shape, 0..2));
    let scope = parts.prop_map(|(first, second, body)| Do::Scope(first, second, body));
    match shape {
        Shape::Threads => prop_oneof![3 => plain, 2 => given, 2 => giving, 2 => scope].boxed(),
        Shape::Cells => prop_oneof![5 => plain, 1 => scope].boxed(),
        Shape::Scopes => prop_oneof![1 => plain, 3 => scope].boxed(),
        Shape::Channels | Shape::Readers | Shape::Mixed | Shape::Destructors | Shape::Times => {
            prop_oneof![3 => plain, 2 => given].boxed()
        }
        _ => plain.boxed(),
    }
}

pub(super) fn block(shape: Shape, size: std::ops::Range<usize>) -> BoxedStrategy<Block> {
    vec(operation(shape), size).boxed()
}

pub(super) fn operation(shape: Shape) -> BoxedStrategy<Do> {
    match shape {
        Shape::Atomics => atomic(),
        Shape::Crowd => prop_oneof![
            3 => (0..2usize).prop_map(Do::Load),
            2 => (0..2usize).prop_map(|x| Do::Store(x, 1)),
        ]
        .boxed(),
        Shape::Locks => {
            prop_oneof![3 => lock(atomic()), 1 => lock(lock(atomic())), 1 => atomic()].boxed()
        }
        Shape::Readers => {
            let inside =
                || prop_oneof![2 => read_or_write(atomic()), 1 => atomic(), 1 => waiting()];
            prop_oneof![4 => read_or_write(inside().boxed()), 1 => inside()].boxed()
        }
        Shape::Waits => prop_oneof![4 => wait(), 1 => atomic(), 2 => token()].boxed(),
        Shape::Channels => prop_oneof![6 => channel(), 1 => atomic(), 1 => lock(channel())].boxed(),
        Shape::Threads => prop_oneof![3 => handle(), 2 => atomic(), 1 => token()].boxed(),
        Shape::Cells => {
            prop_oneof![4 => cell(), 3 => around_a_cell(), 1 => atomic(), 1 => token()].boxed()
        }
        Shape::Scopes => prop_oneof![3 => scoped(2), 2 => atomic()].boxed(),
        Shape::Gates => prop_oneof![4 => gate(2), 1 => atomic(), 1 => lock(atomic())].boxed(),
        Shape::Panics => prop_oneof![3 => panicking(), 1 => lock(atomic()), 1 => atomic()].boxed(),
        Shape::Polls => {
            let spins = (100..200u32, pause()).prop_map(|(n, pause)| Do::Times(n, vec![pause]));
            prop_oneof![8 => poll(), 8 => atomic(), 4 => lock(atomic()), 4 => wait(), 1 => spins]
                .boxed()
        }
        Shape::Destructors => destroyed(2),
        Shape::Ends => prop_oneof![4 => atomic(), 1 => Just(Do::ReadCell), 2 => ending()].boxed(),
        Shape::Times => timed(),
        Shape::Kept => {
            let kept =
                vec(atomic(), 1..3).prop_map(|then| Do::Times(1, vec![Do::Keep, Do::If(1, then)]));
            prop_oneof![4 => atomic(), 1 => kept].boxed()
        }
        Shape::Deadlines => prop_oneof![
            3 => poll_until_late(),
            1 => Just(Do::Times(1, vec![Do::Now(0), Do::Reached(0, 1)])),
            1 => Just(Do::Sleep),
            3 => atomic(),
            1 => lock(atomic()),
        ]
        .boxed(),
        Shape::Owners => {
            prop_oneof![6 => owned(), 6 => asked(), 4 => atomic(), 1 => cell()].boxed()
        }
        Shape::Drops => {
            prop_oneof![8 => owned(), 4 => atomic(), 2 => lock(owned()), 1 => cell()].boxed()
        }
        Shape::Mixed => prop_oneof![
            lock(atomic()),
            wait(),
            token(),
            channel(),
            handle(),
            panicking(),
            poll(),
            gate(1),
            atomic()
        ]
        .boxed(),
    }
}

pub(super) fn atomic() -> BoxedStrategy<Do> {
    prop_oneof![
        3 => (0..2usize).prop_map(Do::Load),
        3 => (0..2usize, 1..3i64).prop_map(|(x, value)| Do::Store(x, value)),
        2 => (0..2usize, 1..3i64).prop_map(|(x, value)| Do::Add(x, value)),
        1 => (0..2usize, 1..3i64).prop_map(|(x, value)| Do::Swap(x, value)),
        1 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::CompareExchange(x, a, b)),
        1 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::CompareExchangeWeak(x, a, b)),
        1 => (2..3usize).prop_map(Do::Choose),
        1 => pause(),
    ]
    .boxed()
}

/// A drop of what other threads may use, perhaps once they have said something.
fn ending() -> BoxedStrategy<Do> {
    let end = || prop_oneof![Just(Do::DropAtomic(1)), Just(Do::DropCell)];
    let told = (0..3i64, end());
    let told = told.prop_map(|(value, end)| vec![Do::Load(0), Do::If(value, vec![end])]);
    let joined = (0..3usize, end()).prop_map(|(thread, end)| vec![Do::Join(thread), end]);
    let together = |block| Do::Times(1, block);
    prop_oneof![1 => end(), 4 => told.prop_map(together), 2 => joined.prop_map(together)].boxed()
}

pub(super) fn pause() -> BoxedStrategy<Do> {
    prop_oneof![Just(Do::Yield), Just(Do::SpinLoop), Just(Do::Sleep)].boxed()
}

fn data() -> BoxedStrategy<Do> {
    prop_oneof![3 => Just(Do::Get), 3 => (1..3i64).prop_map(Do::Put), 1 => Just(Do::Downgrade)]
        .boxed()
}

fn lock(inner: BoxedStrategy<Do>) -> BoxedStrategy<Do> {
    let hold = prop_oneof![
        3 => Just(Hold::Exclusive),
        2 => Just(Hold::TryExclusive),
        2 => Just(Hold::Shared),
        1 => Just(Hold::TryShared),
    ];
    let inner = vec(prop_oneof![2 => data(), 1 => inner], 0..3);
    (hold, 0..3usize, inner).prop_map(|(hold, lock, inner)| Do::Hold(hold, lock, inner)).boxed()
}

fn read_or_write(inner: BoxedStrategy<Do>) -> BoxedStrategy<Do> {
    let hold = prop_oneof![
        4 => Just(Hold::Shared),
        3 => Just(Hold::Exclusive),
        2 => Just(Hold::TryShared),
        1 => Just(Hold::TryExclusive),
    ];
    let inner = vec(prop_oneof![1 => data(), 2 => inner], 0..3);
    (hold, inner).prop_map(|(hold, inner)| Do::Hold(hold, MUTEXES, inner)).boxed()
}

/// What a reader may wait for, and what it waits for.
fn waiting() -> BoxedStrategy<Do> {
    prop_oneof![
        1 => (0..2usize).prop_map(|mutex| Do::Hold(Hold::Exclusive, mutex, vec![])),
        1 => token(),
        1 => (0..2usize).prop_map(Do::Join),
        1 => (0..2usize).prop_map(|x| {
            Do::Forever(vec![Do::Load(x), Do::LeaveUnless(0), Do::Yield])
        }),
        1 => (1..3usize).prop_map(Do::Recv),
        1 => (1..3usize, 1..3i64).prop_map(|(channel, value)| Do::Send(channel, value)),
    ]
    .boxed()
}

fn notify() -> BoxedStrategy<Do> {
    prop_oneof![
        3 => (0..2usize).prop_map(Do::NotifyOne),
        2 => (0..2usize).prop_map(Do::NotifyAll),
    ]
    .boxed()
}

fn wait_for() -> BoxedStrategy<Do> {
    prop_oneof![
        3 => (0..2usize).prop_map(Do::Wait),
        3 => (0..2usize).prop_map(Do::WaitTimeout),
    ]
    .boxed()
}

fn wait() -> BoxedStrategy<Do> {
    let inner = vec(prop_oneof![2 => wait_for(), 2 => data(), 1 => notify()], 1..3);
    let held = inner.prop_map(|inner| Do::Hold(Hold::Exclusive, 0, inner));
    prop_oneof![3 => held, 2 => notify()].boxed()
}

fn whom() -> BoxedStrategy<Whom> {
    prop_oneof![Just(Whom::Me), Just(Whom::Parent), (0..2usize).prop_map(Whom::Child)].boxed()
}

fn token() -> BoxedStrategy<Do> {
    prop_oneof![
        1 => Just(Do::Park),
        1 => Just(Do::ParkTimeout),
        3 => whom().prop_map(Do::Unpark),
    ]
    .boxed()
}

fn channel() -> BoxedStrategy<Do> {
    let any = || 0..CHANNELS.len();
    prop_oneof![
        4 => (any(), 1..3i64).prop_map(|(channel, value)| Do::Send(channel, value)),
        1 => (any(), 1..3i64).prop_map(|(channel, value)| Do::TrySend(channel, value)),
        3 => any().prop_map(Do::Recv),
        2 => any().prop_map(Do::TryRecv),
        2 => any().prop_map(Do::RecvTimeout),
        1 => any().prop_map(Do::DropSender),
    ]
    .boxed()
}

fn handle() -> BoxedStrategy<Do> {
    let body = || vec(prop_oneof![3 => atomic(), 1 => Just(Do::JoinSibling), 1 => token()], 1..3);
    prop_oneof![
        2 => (0..2usize).prop_map(Do::Join),
        2 => (0..2usize).prop_map(Do::IsFinished),
        1 => (0..2usize).prop_map(Do::Detach),
        1 => body().prop_map(Do::SpawnGiving),
        1 => body().prop_map(Do::Spawn),
        1 => (body(), body(), body()).prop_map(|(a, b, c)| Do::Scope(a, b, c)),
        1 => Just(Do::JoinSibling),
    ]
    .boxed()
}

/// An access of plain memory.
fn cell() -> BoxedStrategy<Do> {
    let inner = prop_oneof![3 => atomic(), 1 => notify(), 1 => token(), 1 => lock(atomic())];
    let told = (0..2usize, 1..3i64).prop_map(|(x, value)| vec![Do::Store(x, value)]);
    let block = prop_oneof![3 => Just(Vec::new()), 2 => vec(inner, 1..3), 1 => told];
    (0..2usize, any::<bool>(), block)
        .prop_map(|(cell, writes, block)| Do::Access { cell, writes, block })
        .boxed()
}

/// What may order accesses of plain memory, or seem to.
fn around_a_cell() -> BoxedStrategy<Do> {
    let together = |block| Do::Times(1, block);
    let seen = (0..2usize, 1..3i64, vec(cell(), 1..2))
        .prop_map(move |(x, value, then)| together(vec![Do::Load(x), Do::If(value, then)]));
    let waits = vec(prop_oneof![3 => wait_for(), 1 => data()], 1..3)
        .prop_map(|inner| Do::Hold(Hold::Exclusive, 0, inner));
    let waited = (wait_for(), cell()).prop_map(move |(wait, then)| {
        together(vec![Do::Hold(Hold::Exclusive, 0, vec![wait]), then])
    });
    let notified =
        (cell(), notify()).prop_map(move |(first, notify)| together(vec![first, notify]));
    prop_oneof![
        2 => seen,
        3 => lock(cell()),
        1 => waits,
        1 => notify(),
        1 => waited,
        1 => notified,
    ]
    .boxed()
}

/// Scopes, one in the other.
fn scoped(depth: u32) -> BoxedStrategy<Do> {
    let simple = prop_oneof![
        4 => atomic(),
        2 => Just(Do::JoinSibling),
        1 => token(),
        1 => (1..4i64).prop_map(Do::Panic),
        2 => vec(prop_oneof![2 => atomic(), 1 => token()], 1..3).prop_map(Do::Local),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let block = || vec(scoped(depth - 1), 1..3);
    let scope = (block(), block(), vec(scoped(depth - 1), 0..2));
    let scope = scope.prop_map(|(first, second, body)| Do::Scope(first, second, body));
    prop_oneof![3 => simple, 1 => scope].boxed()
}

/// A barrier, and what happens once.
fn gate(depth: u32) -> BoxedStrategy<Do> {
    let simple = prop_oneof![
        2 => atomic(),
        1 => (1..4i64).prop_map(Do::Panic),
        1 => lock(atomic()),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let inner = || vec(prop_oneof![3 => simple.clone(), 1 => gate(depth - 1)], 0..3);
    prop_oneof![
        3 => Just(Do::Meet),
        2 => inner().prop_map(Do::CallOnce),
        2 => inner().prop_map(Do::CallOnceForce),
        1 => Just(Do::IsCompleted),
        2 => inner().prop_map(Do::GetOrInit),
        1 => (1..4i64).prop_map(Do::SetOnce),
        1 => Just(Do::GetOnce),
        2 => Just(Do::Force),
        1 => inner().prop_map(Do::Catch),
    ]
    .boxed()
}

fn panicking() -> BoxedStrategy<Do> {
    let plain = || prop_oneof![3 => atomic(), 1 => lock(atomic())];
    let wild = || prop_oneof![2 => plain(), 2 => (1..4i64).prop_map(Do::Panic)];
    let guarded = (vec(plain(), 1..3), vec(wild(), 0..3));
    prop_oneof![
        1 => (1..4i64).prop_map(Do::Panic),
        1 => (1..4i64).prop_map(Do::ResumeUnwind),
        1 => (0..3usize).prop_map(Do::IsPoisoned),
        1 => (0..3usize).prop_map(Do::ClearPoison),
        2 => vec(wild(), 1..3).prop_map(Do::Catch),
        2 => lock(wild().boxed()),
        1 => (0..2i64, 1..4i64).prop_map(|(seen, m)| Do::If(seen, vec![Do::Panic(m)])),
        2 => guarded.prop_map(|(destructor, block)| Do::Guarded(destructor, block)),
        1 => vec(plain(), 1..3).prop_map(Do::Local),
    ]
    .boxed()
}

fn arc(operation: fn(usize) -> Do) -> BoxedStrategy<Do> {
    (0..ARCS).prop_map(operation).boxed()
}

/// An owner or a weak reference that comes or goes.
fn owned() -> BoxedStrategy<Do> {
    prop_oneof![
        4 => arc(Do::DropArc),
        2 => arc(Do::CloneArc),
        1 => arc(Do::DowngradeArc),
        1 => arc(Do::DropWeak),
    ]
    .boxed()
}

/// A question how many there are.
fn asked() -> BoxedStrategy<Do> {
    prop_oneof![
        4 => arc(Do::Upgrade),
        2 => arc(Do::TryUnwrap),
        2 => arc(Do::IntoInner),
        1 => arc(Do::CountOwners),
        1 => arc(Do::CountWeaks),
        1 => arc(Do::GetMut),
    ]
    .boxed()
}

fn time() -> BoxedStrategy<Do> {
    prop_oneof![
        5 => (0..2usize).prop_map(Do::Now),
        2 => (0..2usize).prop_map(Do::Later),
        3 => (0..2usize).prop_map(|a| Do::Reached(a, 1 - a)),
        2 => Just(Do::Order(0, 1)),
        2 => (0..2usize).prop_map(Do::PutTime),
        2 => (0..2usize).prop_map(Do::GetTime),
    ]
    .boxed()
}

/// Looks at the clock, waits that time ends, and what orders threads.
fn timed() -> BoxedStrategy<Do> {
    let waits = prop_oneof![
        3 => Just(Do::Sleep),
        1 => Just(Do::ParkTimeout),
        1 => Just(Do::RecvTimeout(0)),
        1 => Just(Do::RecvTimeout(2)),
        1 => Just(Do::Unpark(Whom::Parent)),
        1 => Just(Do::Send(0, 1)),
    ];
    let waited = prop_oneof![Just(Do::WaitTimeout(0)), Just(Do::NotifyOne(0)), time()];
    let held = vec(waited, 1..4);
    let of_first = |what: Do| Do::Hold(Hold::Exclusive, 0, vec![what]);
    let post = Do::Times(1, vec![Do::Now(0), of_first(Do::PutTime(0))]);
    let fetch = Do::Times(1, vec![of_first(Do::GetTime(1)), Do::Now(0), Do::Order(0, 1)]);
    prop_oneof![
        2 => Just(post),
        2 => Just(fetch),
        6 => time(),
        2 => waits,
        2 => atomic(),
        3 => held.prop_map(|inner| Do::Hold(Hold::Exclusive, 0, inner)),
    ]
    .boxed()
}

/// What goes on in a destructor, and what it may do if it finds something amiss.
fn destructor() -> BoxedStrategy<Block> {
    let does = prop_oneof![
        3 => lock(atomic()),
        3 => (0..2usize).prop_map(Do::Join),
        2 => channel(),
        2 => wait(),
        1 => token(),
        1 => vec(atomic(), 1..3).prop_map(Do::Spawn),
        1 => vec(panicking(), 1..2).prop_map(Do::Catch),
    ];
    let amiss = (0..2i64).prop_map(|seen| Do::If(seen, vec![Do::Panic(7)]));
    (vec(does, 1..3), prop_oneof![3 => Just(None), 1 => amiss.prop_map(Some)])
        .prop_map(|(mut does, amiss)| {
            does.extend(amiss);
            does
        })
        .boxed()
}

/// Objects with destructors, in threads that panic, block, or end well.
fn destroyed(depth: u32) -> BoxedStrategy<Do> {
    let simple = prop_oneof![
        2 => atomic(),
        1 => (1..4i64).prop_map(Do::Panic),
        1 => channel(),
        1 => wait(),
        1 => token(),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let inner = || vec(destroyed(depth - 1), 0..3);
    let waits = prop_oneof![2 => channel(), 1 => wait(), 1 => token()];
    // A round, unless it catches a panic that is none of the program's.
    let catches_all =
        vec(waits, 1..3).prop_map(|block| Do::Forever(vec![Do::Catch(block), Do::Leave(0)]));
    prop_oneof![
        1 => catches_all,
        2 => simple,
        3 => (destructor(), inner()).prop_map(|(drop, block)| Do::Guarded(drop, block)),
        1 => (0..3usize, inner()).prop_map(|(l, inner)| Do::Hold(Hold::Exclusive, l, inner)),
        1 => destructor().prop_map(Do::Local),
        1 => inner().prop_map(Do::Catch),
    ]
    .boxed()
}
