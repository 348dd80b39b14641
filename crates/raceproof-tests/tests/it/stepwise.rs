//! The graph of states against the search: the same executions, the same ends, and every path is an execution.

use std::collections::BTreeMap;

use crate::programs::{
    bounded_buffer, filesystem, indexer, lastzero, locked, philosophers, unlocked,
};
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raceproof::sync::{Arc, Condvar, Mutex};
use raceproof::telling::states::{End, State, Told};
use raceproof::{Explorer, FailureKind, Memory, Outcome, StateGraph, Unstepped, outcome, thread};

/// More states than any program here has.
const ENOUGH: usize = 30_000;

fn sequential() -> Explorer {
    Explorer::new().memory(Memory::Sequential)
}

fn graph(explorer: &Explorer, model: impl Fn()) -> StateGraph {
    explorer.states(ENOUGH, model).expect("it can be followed")
}

/// How many ends there are of each kind: deadlocks, other failures, and outcomes.
fn ends(graph: &StateGraph) -> (u64, u64, BTreeMap<String, u64>) {
    let (mut deadlocks, mut others, mut outcomes) = (0, 0, BTreeMap::new());
    for end in graph.ends() {
        match end {
            End::Fails { kind: FailureKind::Deadlock, .. } => deadlocks += 1,
            End::Fails { .. } => others += 1,
            End::Well(Some(outcome)) => *outcomes.entry(outcome.clone()).or_default() += 1,
            End::Well(None) => {}
        }
    }
    (deadlocks, others, outcomes)
}

/// Compares the ends of the graph with the executions of a search, with their outcomes. False if the program cannot be followed, or is too
/// large.
pub(crate) fn agrees(explorer: &Explorer, most: usize, model: impl Fn()) -> bool {
    let found = explorer.clone().keep_going().check(&model);
    if let Outcome::Failed(failure) = &found.outcome
        && failure.kind == FailureKind::DataRace
    {
        // The search goes on behind a data race.
        return false;
    }
    let graph = match explorer.states(most, &model) {
        Ok(graph) => graph,
        Err(Unstepped::TooMany(_)) => return false,
        Err(Unstepped::Refused(what)) => {
            assert!(what.contains("waits") || what.contains("not yet"), "{what}");
            return false;
        }
    };
    // Of which the first failure may not be one.
    let races = |end: &End| matches!(end, End::Fails { kind: FailureKind::DataRace, .. });
    if graph.ends().any(races) {
        return false;
    }
    let (deadlocks, others, outcomes) = ends(&graph);
    assert_eq!(
        (graph.ends().count() as u64, deadlocks, deadlocks + others, outcomes),
        (found.executions, found.deadlocks, found.failures, found.outcomes),
        "executions, deadlocks, failures, outcomes"
    );
    every_state_goes_on_or_ends(&graph);
    true
}

fn every_state_goes_on_or_ends(graph: &StateGraph) {
    for (number, state) in graph.states.iter().enumerate() {
        assert_ne!(state.steps.is_empty(), state.end.is_none(), "{number}: {state:?}");
        for edge in &state.steps {
            assert!(state.threads.iter().any(|standing| standing.thread == edge.thread));
        }
    }
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Runs some paths of the graph, and compares what each of their executions does with what the graph says.
fn replays(explorer: &Explorer, paths: usize, model: impl Fn()) {
    let graph = graph(explorer, &model);
    let mut dice = Dice(7);
    for _ in 0..paths {
        let (mut state, mut path) = (&graph.states[0], Vec::new());
        let mut told: Vec<&Told> = graph.start.iter().collect();
        while !state.steps.is_empty() {
            let step = dice.below(state.steps.len());
            path.push(step);
            told.extend(&state.steps[step].told);
            state = &graph.states[state.steps[step].to];
        }
        let schedule = graph.schedule(&path);
        let trace = explorer.trace(&schedule, &model);
        let said = |step: &raceproof::Step| {
            (trace.threads[step.thread].clone(), step.action(&trace.threads))
        };
        let theirs: Vec<_> = trace.steps.iter().map(said).map(without_numbers).collect();
        let ours: Vec<_> = told
            .iter()
            .map(|told| (graph.threads[told.thread].clone(), told.text.clone()))
            .map(without_numbers)
            .collect();
        assert_eq!(ours, theirs, "{schedule}");
        let again = explorer.run_again(&schedule, &model);
        match (&state.end, again.outcome) {
            (Some(End::Fails { kind, message, .. }), Outcome::Failed(failure)) => {
                assert_eq!((kind, message), (&failure.kind, &failure.message), "{schedule}");
            }
            (Some(End::Well(_)), Outcome::Bounded(_)) => {}
            (end, outcome) => panic!("{schedule}: {end:?}, {outcome:?}"),
        }
    }
}

/// What a stale value is told as differs: a path has numbers for its steps, a graph has none.
fn without_numbers((thread, text): (String, String)) -> (String, String) {
    let end = [", though", ", behind"].iter().filter_map(|sign| text.find(sign)).min();
    (thread, text[..end.unwrap_or(text.len())].to_owned())
}

/// The shortest failure of the graph has as few preemptions as that of the search.
fn is_shortest(model: impl Fn()) {
    let Outcome::Failed(failure) = sequential().minimise().check(&model).outcome else {
        panic!("it fails");
    };
    let graph = graph(&sequential(), &model);
    let (path, preemptions) = graph.shortest_failure().expect("it fails");
    assert_eq!(preemptions, failure.trace.preemptions());
    let again = sequential().run_again(&graph.schedule(&path), &model);
    let Outcome::Failed(again) = again.outcome else { panic!("it fails again") };
    assert_eq!(again.trace.preemptions(), preemptions);
}

fn lost_update() {
    let balance = Arc::new(Mutex::named("balance", 0));
    let theirs = Arc::clone(&balance);
    let other = thread::spawn(move || {
        let seen = *theirs.lock().unwrap();
        *theirs.lock().unwrap() = seen + 100;
    });
    *balance.lock().unwrap() += 100;
    other.join().unwrap();
    assert_eq!(*balance.lock().unwrap(), 200, "lost update");
}

fn opposite_order() {
    let locks = Arc::new([Mutex::named("a", ()), Mutex::named("b", ())]);
    let theirs = Arc::clone(&locks);
    thread::spawn(move || {
        let _first = theirs[1].lock().unwrap();
        let _second = theirs[0].lock().unwrap();
    });
    let _first = locks[0].lock().unwrap();
    let _second = locks[1].lock().unwrap();
}

fn two_waiters() {
    let shared = Arc::new((Mutex::named("turns", 0), Condvar::named("turn")));
    let waiters = [1, 2].map(|n| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let mut turns = shared.0.lock().unwrap();
            while *turns == 0 {
                turns = shared.1.wait(turns).unwrap();
            }
            *turns -= 1;
            outcome(n);
        })
    });
    for _ in 0..2 {
        *shared.0.lock().unwrap() += 1;
        shared.1.notify_one();
    }
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

fn message_passing() {
    let shared = Arc::new((AtomicU32::named("data", 0), AtomicU32::named("ready", 0)));
    let theirs = Arc::clone(&shared);
    thread::spawn(move || {
        theirs.0.store(1, Relaxed);
        theirs.1.store(1, Relaxed);
    });
    if shared.1.load(Relaxed) == 1 {
        assert_eq!(shared.0.load(Relaxed), 1, "stale");
    }
}

#[test]
fn as_many_ends_as_traces() {
    let all = sequential();
    assert!(agrees(&all, ENOUGH, locked(3, 1)));
    assert!(agrees(&all, ENOUGH, locked(2, 2)));
    assert!(agrees(&all, ENOUGH, unlocked(3)));
    assert!(agrees(&all, ENOUGH, lastzero(4)));
    assert!(agrees(&all, ENOUGH, indexer(2)));
    assert!(agrees(&all, ENOUGH, filesystem(2)));
    assert!(agrees(&all, ENOUGH, philosophers(3)));
    assert!(agrees(&all, ENOUGH, bounded_buffer(2)));
    assert!(agrees(&all, ENOUGH, lost_update));
    assert!(agrees(&all, ENOUGH, opposite_order));
    assert!(agrees(&all, ENOUGH, two_waiters));
}

#[test]
fn as_many_ends_as_execution_graphs() {
    let weak = Explorer::new().memory(Memory::C11);
    assert!(agrees(&weak, ENOUGH, message_passing));
    assert!(agrees(&weak, ENOUGH, unlocked(3)));
    assert!(agrees(&weak, ENOUGH, lost_update));
    assert!(agrees(&weak, ENOUGH, opposite_order));
    assert!(agrees(&weak, ENOUGH, two_waiters));
    let (_, failures, _) = ends(&graph(&weak, message_passing));
    assert_eq!(failures, 1, "the flag is new and the data is old");
}

#[test]
fn every_path_is_an_execution() {
    let weak = Explorer::new().memory(Memory::C11);
    replays(&sequential(), 60, lost_update);
    replays(&sequential(), 60, opposite_order);
    replays(&sequential(), 60, two_waiters);
    replays(&sequential(), 60, bounded_buffer(2));
    replays(&sequential(), 60, unlocked(3));
    replays(&weak, 60, message_passing);
    replays(&weak, 60, two_waiters);
    replays(&weak, 60, unlocked(2));
}

#[test]
fn the_shortest_failure_has_the_fewest_preemptions() {
    is_shortest(lost_update);
    is_shortest(opposite_order);
}

#[test]
fn a_state_says_how_everything_stands() {
    let graph = graph(&sequential(), opposite_order);
    let (path, preemptions) = graph.shortest_failure().unwrap();
    assert_eq!(preemptions, 1);
    let State { threads, objects, end, .. } = graph.follow(&path).unwrap();
    let waits: Vec<_> = threads.iter().filter_map(|standing| standing.waits.as_deref()).collect();
    assert_eq!(waits, ["waits for b, held by `thread 1`", "waits for a, held by `main`"]);
    let notes: Vec<_> = objects.iter().filter_map(|shown| shown.note.as_deref()).collect();
    assert_eq!(notes, ["held by main", "held by thread 1"]);
    assert!(matches!(end, Some(End::Fails { kind: FailureKind::Deadlock, .. })));
    let does: Vec<_> = graph.states[0].threads.iter().map(|standing| &standing.does).collect();
    assert_eq!(does, ["locks a", "locks b"]);
}

/// Three threads are where two may be. The main thread panics as soon as it has joined the one that notices, and the graph ends there.
fn crowded() {
    let inside = Arc::new(AtomicU32::named("inside", 0));
    let visits = [0; 3].map(|_| {
        let inside = Arc::clone(&inside);
        thread::spawn(move || {
            let before = inside.fetch_add(1, Relaxed);
            assert!(before < 2, "three inside");
            inside.fetch_sub(1, Relaxed);
        })
    });
    for visit in visits {
        visit.join().unwrap();
    }
}

#[test]
fn a_search_goes_on_behind_a_panic_of_the_main_thread() {
    let found = sequential().keep_going().check(crowded);
    assert_eq!((found.executions, found.failures), (66, 12));
    let (deadlocks, failures, _) = ends(&graph(&sequential(), crowded));
    assert_eq!((deadlocks, failures), (0, 10));
    assert_eq!(graph(&sequential(), crowded).ends().count(), 54 + 10);
}

#[test]
fn a_program_with_too_many_states_is_refused() {
    assert_eq!(sequential().states(100, unlocked(4)), Err(Unstepped::TooMany(100)));
    let weak = Explorer::new().memory(Memory::C11);
    assert_eq!(weak.states(100, unlocked(3)), Err(Unstepped::TooMany(100)));
}
