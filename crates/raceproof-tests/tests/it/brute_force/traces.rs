//! What depends on what, and the traces that follow from it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use raceproof::oracle::{Observation, ObservedStep};
use raceproof::{Explorer, FailureKind, Operation, Outcome};

use super::programs::{PARTIES, Program, Role, run};

/// The objects that a step writes, and those that it only reads.
fn accesses(rules: &Rules, step: &ObservedStep) -> [(u32, bool); 2] {
    use Operation as Op;
    const NONE: (u32, bool) = (u32::MAX, false);
    let object = |i: usize| step.objects[i].expect("an object");
    match step.operation {
        Op::Lock | Op::Relock | Op::Unlock | Op::NotifyOne | Op::NotifyAll => {
            [(object(0), true), NONE]
        }
        Op::Store | Op::Rmw => [(object(0), true), NONE],
        Op::WriteLock | Op::WriteUnlock | Op::Downgrade | Op::TryWrite => [(object(0), true), NONE],
        Op::Park | Op::ParkTimeout => [(object(0), true), NONE],
        // Whether it fails because of a writer that waits depends on which readers are inside.
        Op::TryRead if rules.readers_pass => [(object(0), false), NONE],
        Op::TryRead => [(object(0), true), (object(1), true)],
        Op::Load | Op::ReadLock | Op::ReadUnlock | Op::Arrive | Op::Unpark => {
            [(object(0), false), NONE]
        }
        Op::TryLock | Op::CompareExchange => [(object(0), step.succeeded), NONE],
        Op::Wait => [(object(0), true), (object(1), false)],
        // A wait that was notified left the waiters when the notification came.
        Op::Wake if step.succeeded => [NONE, NONE],
        Op::Wake => [(object(0), false), NONE],
        // A yield let go because nothing else was enabled touches nothing.
        Op::Yield => [step.objects[0].map_or(NONE, |x| (x, step.succeeded)), NONE],
        // A park decides to wake for no reason before it looks at its token.
        Op::Choose | Op::Compare | Op::SpuriousPark | Op::WaitBehind => [NONE, NONE],
        // A call that comes too late only reads. The end of a closure writes what looks read, and what
        // calls wait for.
        Op::CallOnce => [(object(0), step.succeeded), NONE],
        Op::FinishOnce => [(object(0), true), (object(1), true)],
        Op::Poison => [(object(0), true), NONE],
        Op::LookOnce | Op::AwaitOnce => [(object(0), false), NONE],
        // A send that was made writes the order of sends, and the slot of its value. One that finds no
        // receiver or no room only reads.
        Op::SendValue => {
            let slot = step.objects[1].map_or(NONE, |slot| (slot, step.succeeded));
            [(object(0), step.succeeded), slot]
        }
        // The slot of the value, the end of the senders, or both.
        Op::ReceiveValue => [(object(0), true), step.objects[1].map_or(NONE, |slot| (slot, true))],
        Op::HandOver | Op::DropSender => [(object(0), false), NONE],
        Op::DropReceiver => [(object(0), true), NONE],
        Op::ArriveAtBarrier => [(object(0), rules.crowds.get()), NONE],
        Op::PassBarrier => [NONE, NONE],
        Op::StopDaemons | Op::Kill => [NONE, NONE],
        other => panic!("the table lacks {other:?}"),
    }
}

/// What the dependence of steps depends on.
pub(super) struct Rules {
    /// The threads that may be stopped.
    mortal: Vec<u16>,
    pub(super) readers_pass: bool,
    /// More threads come to the barrier than pass it together, in some execution.
    crowds: Cell<bool>,
}

fn dependent(rules: &Rules, first: &ObservedStep, second: &ObservedStep) -> bool {
    let accesses = |step: &ObservedStep| accesses(rules, step);
    let mortal = &rules.mortal;
    let stops = |first: &ObservedStep, second: &ObservedStep| {
        matches!(first.operation, Operation::StopDaemons | Operation::Kill)
            && (accesses(second) != [(u32::MAX, false); 2]
                || second.everything
                || mortal.contains(&second.thread))
    };
    if stops(first, second) || stops(second, first) {
        return true;
    }
    let clash = |(a, written): (u32, bool), (b, other): (u32, bool)| a == b && (written || other);
    let [a, b] = accesses(first);
    let [c, d] = accesses(second);
    // A choice, and the waking by a notification, of a thread that may be stopped touch its end.
    let touches_its_end = |step: &ObservedStep| {
        let chooses = matches!(
            step.operation,
            Operation::Choose
                | Operation::Compare
                | Operation::SpuriousPark
                | Operation::PassBarrier
        );
        mortal.contains(&step.thread)
            && (chooses || step.operation == Operation::Wake && step.succeeded)
    };
    let everything = |all: &ObservedStep, other: &ObservedStep| {
        all.everything
            && (other.everything
                || accesses(other) != [(u32::MAX, false); 2]
                || touches_its_end(other))
    };
    if everything(first, second) || everything(second, first) {
        return true;
    }
    first.thread == second.thread || clash(a, c) || clash(a, d) || clash(b, c) || clash(b, d)
}

/// An execution's trace: its steps by thread, and for each the set of steps it comes
/// directly or indirectly after, as bits by the place in this list.
pub(super) type Trace = Vec<(ObservedStep, u128)>;

pub(super) fn trace(rules: &Rules, observed: &Observation) -> Trace {
    let steps = &observed.steps;
    assert!(steps.len() <= 128);
    let mut places: Vec<usize> = (0..steps.len()).collect();
    places.sort_by_key(|i| steps[*i].thread);
    let mut place = vec![0; steps.len()];
    places.iter().enumerate().for_each(|(to, from)| place[*from] = to);
    let mut past = vec![0_u128; steps.len()];
    let mut arrived = Vec::new();
    for i in 0..steps.len() {
        for j in (0..i).rev() {
            if past[i] & (1 << place[j]) == 0 && dependent(rules, &steps[j], &steps[i]) {
                past[i] |= past[j] | 1 << place[j];
            }
        }
        // All arrivals of a round come before each thread that passes.
        if steps[i].operation == Operation::ArriveAtBarrier {
            let round = arrived.len() / PARTIES;
            let earlier = &arrived[(round * PARTIES).saturating_sub(PARTIES)..round * PARTIES];
            let unordered = |j: &usize| past[i] & (1 << place[*j]) == 0;
            rules.crowds.set(rules.crowds.get() || earlier.iter().any(unordered));
            arrived.push(i);
        }
        if steps[i].operation == Operation::PassBarrier {
            let own = |j: &usize| steps[*j].thread == steps[i].thread;
            let round = arrived.iter().rposition(own).expect("it has arrived") / PARTIES;
            for j in &arrived[round * PARTIES..][..PARTIES] {
                past[i] |= past[*j] | 1 << place[*j];
            }
        }
    }
    let named = |i: &usize| {
        let mut step = steps[*i].clone();
        // What an arrival writes is the table's to say.
        step.succeeded &= step.operation != Operation::ArriveAtBarrier;
        (step, past[*i])
    };
    places.iter().map(named).collect()
}

#[derive(Default, PartialEq, Debug)]
pub(super) struct Found {
    /// How often each trace was seen, with what it came to and who was blocked.
    pub(super) traces: HashMap<Trace, u64>,
    pub(super) outcomes: BTreeSet<String>,
    pub(super) deadlocks: BTreeSet<Vec<u16>>,
}

pub(super) fn observe(
    explorer: &Explorer,
    program: &Program,
    readers_pass: bool,
    crowds: bool,
) -> (Found, u64, u64) {
    let found = RefCell::new(Found::default());
    let roles = (1..).zip(program);
    let mortal = roles.filter(|(_, (_, role))| *role != Role::Plain).map(|(id, _)| id).collect();
    let rules = Rules { mortal, readers_pass, crowds: Cell::new(crowds) };
    let result = explorer.observe(
        || run(program),
        |observed| {
            let mut found = found.borrow_mut();
            *found.traces.entry(trace(&rules, &observed)).or_insert(0) += 1;
            if observed.blocked.is_empty() {
                found.outcomes.insert(observed.outcome);
            } else {
                found.deadlocks.insert(observed.blocked);
            }
        },
    );
    if rules.crowds.get() && !crowds {
        return observe(explorer, program, readers_pass, true);
    }
    let found = found.into_inner();
    if let Outcome::Failed(failure) = &result.outcome {
        let blocked = matches!(failure.kind, FailureKind::Livelock | FailureKind::Deadlock);
        assert!(blocked, "{failure}");
    }
    (found, result.executions, result.redundant)
}
