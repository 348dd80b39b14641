//! What the explorer is not yet right about: programs that need it are left out of the comparison.

use super::language::{Block, CHANNELS, Do, MUTEXES, any};

/// Something that a program needs.
struct Capability {
    name: &'static str,
    /// Why the explorer differs.
    reason: &'static str,
    needed: fn(&Block) -> bool,
}

/// Whether a failure's message is that of the panic that failed the execution. Not where another
/// thread panics while destructors take steps: the last panic seen is told.
pub(super) const TELLS_THE_PANIC: bool = false;

const LACKING: &[Capability] = &[
    Capability {
        name: "try_send on a channel without room",
        reason: "it never finds the receiver waiting",
        needed: |program| {
            any(program, &|what| match what {
                Do::TrySend(channel, _) => CHANNELS[*channel] == Some(0),
                _ => false,
            })
        },
    },
    Capability {
        name: "sibling",
        reason: "a scope and a thread in it that wait for the same thread are a false deadlock",
        needed: |program| any(program, &|what| matches!(what, Do::JoinSibling)),
    },
    Capability {
        name: "is_finished",
        reason: "a thread that ended before the first question makes a deadlock nondeterminism",
        needed: |program| any(program, &|what| matches!(what, Do::IsFinished(_))),
    },
    Capability {
        name: "loops with two pauses",
        reason: "a loop that pauses at two places is taken to make progress",
        needed: |program| {
            any(program, &|what| match what {
                Do::Forever(body) => pauses(body) > 1,
                _ => false,
            })
        },
    },
    Capability {
        name: "polling a read-write lock",
        reason: "a fruitless attempt beside a reader is told as nondeterminism",
        needed: |program| {
            any(program, &|what| match what {
                Do::Forever(body) => any(body, &|what| matches!(what, Do::Hold(_, MUTEXES.., _))),
                _ => false,
            })
        },
    },
    Capability {
        name: "a panic beside one that was caught",
        reason: "a thread that has caught a panic counts as panicking while another thread unwinds",
        needed: |program| {
            any(program, &|what| matches!(what, Do::Catch(_) | Do::Local(_))) && panics(program) > 1
        },
    },
    Capability {
        name: "bounded waiting",
        reason: "the second fruitless pause of a thread is taken for waiting until something changes",
        needed: |program| bodies(program).into_iter().any(|body| pauses(body) > 1),
    },
];

/// The closures of a program's threads.
fn bodies(block: &Block) -> Vec<&Block> {
    let mut found = vec![block];
    for what in block {
        let inner = what.blocks();
        let threads = match what {
            Do::Spawn(_) | Do::SpawnWith(_) => inner.len(),
            Do::Scope(..) => 2,
            _ => 0,
        };
        found.extend(inner[..threads].iter().flat_map(|body| bodies(body)));
        let rest = inner[threads..].iter().flat_map(|block| bodies(block).split_off(1));
        found.extend(rest);
    }
    found
}

/// How often a thread pauses, counting a loop twice and the pauses of an endless loop as one.
fn pauses(body: &Block) -> usize {
    let count = |what: &Do| match what {
        Do::Yield | Do::SpinLoop | Do::Sleep | Do::ParkTimeout => 1,
        Do::WaitTimeout(_) | Do::RecvTimeout(_) => 1,
        Do::Times(_, body) => 2 * pauses(body),
        Do::Forever(body) => pauses(body).min(1),
        Do::Spawn(_) | Do::SpawnWith(_) => 0,
        Do::Scope(_, _, body) => pauses(body),
        other => other.blocks().into_iter().map(pauses).sum(),
    };
    body.iter().map(count).sum()
}

/// What a program needs and the explorer lacks when it tears an execution down.
pub(super) fn lacking_in_teardown(program: &Block) -> Option<String> {
    let panicking = |what: &Do| match what {
        Do::Guarded(destructor, _) => panics(destructor) > 0,
        _ => false,
    };
    let reason = if any(program, &panicking) {
        "a destructor that panics while an execution is torn down aborts the process"
    } else if any(program, &|what| matches!(what, Do::Local(_))) {
        "the thread-local values of a thread that is abandoned are dropped outside of the model"
    } else {
        return lacking(program);
    };
    Some(reason.to_owned())
}

/// How many operations of the program panic.
fn panics(block: &Block) -> usize {
    let inner = |what: &Do| what.blocks().into_iter().map(panics).sum::<usize>();
    block.iter().map(|what| usize::from(matches!(what, Do::Panic(_))) + inner(what)).sum()
}

/// What a program needs and the explorer lacks.
pub(super) fn lacking(program: &Block) -> Option<String> {
    let needed = LACKING.iter().find(|capability| (capability.needed)(program));
    needed.map(|capability| format!("{}: {}", capability.name, capability.reason))
}
