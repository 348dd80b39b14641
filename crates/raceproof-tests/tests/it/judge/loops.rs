//! Random loops that look for something and pause.

use proptest::collection::vec;
use proptest::prelude::*;

use super::generator::{Shape, atomic, block, operation, pause};
use super::language::{Block, Do, Hold, Whom};

/// A look for something.
fn look() -> BoxedStrategy<Block> {
    prop_oneof![
        3 => (0..2usize).prop_map(|x| vec![Do::Load(x), Do::LeaveUnless(0)]),
        1 => (0..2usize).prop_map(|x| vec![Do::CompareExchange(x, 1, 2), Do::Leave(1)]),
        1 => (0..2usize).prop_map(|x| vec![Do::Swap(x, 1), Do::Leave(0)]),
        1 => (0..3usize).prop_map(|lock| {
            vec![Do::Hold(Hold::TryExclusive, lock, vec![]), Do::LeaveUnless(0)]
        }),
        1 => (0..3usize, any::<bool>()).prop_map(|(lock, shared)| {
            let hold = if shared { Hold::Shared } else { Hold::Exclusive };
            vec![Do::Hold(hold, lock, vec![Do::Get]), Do::LeaveUnless(0)]
        }),
        1 => (0..2usize).prop_map(|c| {
            let inner = vec![Do::Get, Do::LeaveUnless(0), Do::WaitTimeout(c)];
            vec![Do::Hold(Hold::Exclusive, 0, inner)]
        }),
        1 => Just(vec![Do::ParkTimeout, Do::Load(0), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::TryRecv(0), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::RecvTimeout(0), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::IsFinished(0), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::Load(0), Do::LeaveUnless(0), Do::Load(1), Do::LeaveUnless(0)]),
        // What another thread may see meanwhile.
        1 => Just(vec![Do::Swap(1, 7), Do::Store(1, 0), Do::Load(0), Do::LeaveUnless(0)]),
        1 => (0..3usize).prop_map(|lock| {
            vec![Do::Hold(Hold::Exclusive, lock, vec![Do::Get, Do::Touch]), Do::LeaveUnless(0)]
        }),
        1 => Just(vec![Do::Unpark(Whom::Me), Do::Load(0), Do::LeaveUnless(0), Do::Yield, Do::Park]),
        1 => pause().prop_map(|pause| {
            let spins = vec![Do::Load(0), Do::LeaveUnless(0), pause];
            vec![Do::Times(3, spins), Do::LeaveUnless(0)]
        }),
    ]
    .boxed()
}

/// A round of a loop that looks for something and pauses.
fn round(look: BoxedStrategy<Block>) -> BoxedStrategy<Block> {
    let count = prop_oneof![
        12 => Just(None),
        1 => any::<bool>().prop_map(|atomic| Some(Do::Count { atomic })),
    ];
    (count, look, vec(pause(), 1..3))
        .prop_map(|(count, look, pauses)| {
            Vec::from_iter(count.into_iter().chain(look).chain(pauses))
        })
        .boxed()
}

/// How many rounds a loop has at the most.
fn rounds() -> BoxedStrategy<Option<u32>> {
    prop_oneof![
        8 => Just(None),
        8 => (1..4u32).prop_map(Some),
        1 => (10..30u32).prop_map(Some),
    ]
    .boxed()
}

fn repeated(body: Block, rounds: Option<u32>) -> Do {
    match rounds {
        Some(rounds) => Do::Times(rounds, body),
        None => Do::Forever(body),
    }
}

/// A loop that looks for something and pauses.
pub(super) fn poll() -> BoxedStrategy<Do> {
    (round(look()), rounds()).prop_map(|(body, rounds)| repeated(body, rounds)).boxed()
}

/// A round of a loop, and what ends the loop, if anything is to be done for that.
fn awaited() -> BoxedStrategy<(Block, Do)> {
    let locks = 0..3usize;
    let tried = (locks.clone(), vec(atomic(), 1..2)).prop_map(|(lock, inner)| {
        let tries = vec![Do::Hold(Hold::TryExclusive, lock, vec![]), Do::LeaveUnless(0)];
        (tries, Do::Hold(Hold::Exclusive, lock, inner))
    });
    let guarded = locks.prop_map(|lock| {
        let looks = vec![Do::Hold(Hold::Exclusive, lock, vec![Do::Get]), Do::LeaveUnless(0)];
        (looks, Do::Hold(Hold::Exclusive, lock, vec![Do::Put(1)]))
    });
    let stored = (0..2usize).prop_map(|x| (vec![Do::Load(x), Do::LeaveUnless(0)], Do::Store(x, 1)));
    let unparked = Just((
        vec![Do::ParkTimeout, Do::Load(0), Do::LeaveUnless(0)],
        Do::Times(1, vec![Do::Store(0, 1), Do::Unpark(Whom::Parent)]),
    ));
    let awaited = prop_oneof![3 => stored, 3 => tried, 2 => guarded, 1 => unparked];
    let awaited = awaited.prop_flat_map(|(look, does)| (round(Just(look).boxed()), Just(does)));
    awaited.boxed()
}

/// A loop that looks for something and gives up at a deadline.
pub(super) fn poll_until_late() -> BoxedStrategy<Do> {
    let look = prop_oneof![
        3 => (0..2usize).prop_map(|x| vec![Do::Load(x), Do::LeaveUnless(0)]),
        1 => (0..2usize).prop_map(|x| vec![Do::CompareExchange(x, 1, 2), Do::Leave(1)]),
        1 => Just(vec![Do::Hold(Hold::TryExclusive, 1, vec![]), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::Hold(Hold::Exclusive, 0, vec![Do::Get]), Do::LeaveUnless(0)]),
        1 => Just(vec![Do::ParkTimeout, Do::Load(0), Do::LeaveUnless(0)]),
        1 => Just(vec![]),
    ];
    let late = vec![Do::Now(0), Do::Reached(0, 1), Do::Leave(1)];
    (look, pause(), any::<bool>())
        .prop_map(move |(look, pause, first)| {
            let late = late.clone();
            let body = if first { [late, look].concat() } else { [look, late].concat() };
            Do::Forever([body, vec![pause]].concat())
        })
        .boxed()
}

/// The root and the first of its threads have the same loop, in as many rounds as each has, and others do what ends it.
pub(super) fn alike() -> BoxedStrategy<Block> {
    let other = |does: Do| {
        let then = vec(operation(Shape::Polls), 0..2);
        then.prop_map(move |then| Do::Spawn([vec![does.clone()], then].concat()))
    };
    let parts = awaited().prop_flat_map(move |(body, does)| {
        let others = vec(other(does), 1..3);
        (Just(body), rounds(), rounds(), others, block(Shape::Polls, 0..2))
    });
    let program = parts.prop_map(|(body, first, own, others, after)| {
        let first = Do::Spawn(vec![repeated(body.clone(), first)]);
        let joins = (0..=others.len()).map(Do::Join).collect();
        [vec![first], others, vec![repeated(body, own)], after, joins].concat()
    });
    program.boxed()
}
