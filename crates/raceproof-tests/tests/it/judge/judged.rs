//! The interpreter on programs whose endings are known.

use super::enumerate::{Found, explore};
use super::language::{Block, Do, Hold, Whom};
use super::state::{Queue, Rules};
use super::traces;

fn found(program: &Block, rules: Rules) -> Found {
    explore(program, rules, 10_000).expect("a small program")
}

fn spawn_all(threads: impl IntoIterator<Item = Block>) -> Block {
    let spawns: Vec<_> = threads.into_iter().map(Do::Spawn).collect();
    let joins = (0..spawns.len()).map(Do::Join).collect();
    [spawns, joins].concat()
}

/// The logs of the root's first child.
fn logs(found: &Found) -> Vec<Vec<i64>> {
    let mut logs: Vec<_> = found.endings.iter().map(|ending| ending["0.0"].0.clone()).collect();
    logs.sort();
    logs.dedup();
    logs
}

#[test]
fn an_increment_by_load_and_store_is_lost() {
    let add = || vec![Do::Add(0, 1), Do::Load(0)];
    let program = spawn_all([add(), add()]);
    assert_eq!(logs(&found(&program, Rules::default())), [[0, 1], [0, 2], [1, 2]]);
    assert_eq!(traces::count(&program, Rules::default(), 1_000), Some(4));
}

#[test]
fn locks_in_opposite_order_deadlock() {
    let lock = |l, inner| Do::Hold(Hold::Exclusive, l, inner);
    let both = |a, b| vec![lock(a, vec![lock(b, vec![])])];
    let opposite = found(&spawn_all([both(0, 1), both(1, 0)]), Rules::default());
    let same = found(&spawn_all([both(0, 1), both(0, 1)]), Rules::default());
    assert_eq!((opposite.deadlocks, same.deadlocks), (true, false));
}

#[test]
fn a_second_reader_waits_behind_a_writer_by_some_rules() {
    let read = |inner| Do::Hold(Hold::Shared, 2, inner);
    let writer = vec![Do::Hold(Hold::Exclusive, 2, vec![])];
    let program = spawn_all([vec![read(vec![read(vec![])])], writer]);
    for (queue, deadlocks, endings) in
        [(Queue::ReadersPass, false, 1), (Queue::WritersFirst, true, 2), (Queue::Any, true, 2)]
    {
        let found = found(&program, Rules { queue, ..Rules::default() });
        assert_eq!((found.deadlocks, found.endings.len()), (deadlocks, endings), "{queue:?}");
    }
}

#[test]
fn a_wait_wakes_for_no_reason_by_some_rules() {
    let wait = vec![Do::Hold(Hold::Exclusive, 0, vec![Do::Wait(0)])];
    for spurious in [false, true] {
        let found = found(&spawn_all([wait.clone()]), Rules { spurious, ..Rules::default() });
        assert_eq!((found.deadlocks, found.endings.len()), (true, 1 + usize::from(spurious)));
    }
}

#[test]
fn parks_and_weak_exchanges_end_for_no_reason_by_some_rules() {
    let exchange = || Do::CompareExchangeWeak(0, 0, 1);
    let (twice, again) = (vec![exchange(), exchange()], vec![Do::Unpark(Whom::Me), Do::Park]);
    let rules = |spurious| Rules { spurious, ..Rules::default() };
    assert_eq!(logs(&found(&spawn_all([twice.clone()]), rules(false))), [[0, 11]]);
    assert_eq!(logs(&found(&spawn_all([twice]), rules(true))), [[0, 11], [10, 0]]);
    let deadlocks = |program: &Block, spurious| found(program, rules(spurious)).deadlocks;
    // A park that wakes for no reason leaves the token where it is.
    let more = [again.clone(), vec![Do::Park]].concat();
    let ends = found(&spawn_all([more.clone()]), rules(true));
    assert_eq!((ends.deadlocks, ends.endings.len()), (true, 2));
    assert!(deadlocks(&more, false) && !deadlocks(&again, true));
}

/// Of two that set a value only one does, whether a closure has panicked before or not.
#[test]
fn a_value_is_set_after_a_closure_that_panicked() {
    let panics = vec![Do::GetOrInit(vec![Do::Panic(3)])];
    let program = spawn_all([panics, vec![Do::SetOnce(1)], vec![Do::SetOnce(2)]]);
    assert_eq!(traces::count(&program, Rules::default(), 1_000), Some(4));
}

/// "This might return `true` for a brief moment after the thread's main function has returned, but before the thread itself has
/// stopped running."
#[test]
fn a_thread_is_finished_before_its_thread_local_values_are_destroyed() {
    let thread = Do::Spawn(vec![Do::Local(vec![Do::Store(0, 1)])]);
    let program = vec![thread, Do::IsFinished(0), Do::Load(0), Do::Join(0)];
    let found = found(&program, Rules::of(&program));
    let logs = found.endings.iter().map(|ending| ending["0"].0.clone());
    let mut logs = logs.collect::<Vec<_>>();
    logs.sort();
    assert_eq!(logs, [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]);
}

#[test]
fn a_scope_ends_with_the_closures_of_its_threads() {
    let late = vec![Do::Local(vec![Do::Store(0, 1)])];
    let scope = vec![Do::Scope(late.clone(), vec![], vec![]), Do::Load(0)];
    let root = |program: &Block| {
        let found = found(program, Rules::default());
        found.endings.iter().map(|ending| ending["0"].0.clone()).collect::<Vec<_>>()
    };
    assert_eq!(root(&scope), [[0], [1]]);
    assert_eq!(root(&vec![Do::Spawn(late), Do::Join(0), Do::Load(0)]), [[1, 1]]);
}

#[test]
fn an_access_of_plain_memory_is_ordered_by_what_synchronises() {
    let access = |writes, block| Do::Access { cell: 0, writes, block };
    let races = |threads| found(&spawn_all(threads), Rules::default()).races;
    assert!(races([vec![access(true, vec![])], vec![access(false, vec![])]]));
    assert!(!races([vec![access(false, vec![])], vec![access(false, vec![])]]));
    let guarded = |lock| vec![Do::Hold(Hold::Exclusive, lock, vec![access(true, vec![])])];
    assert!(!races([guarded(0), guarded(0)]));
    assert!(races([guarded(0), guarded(1)]));
    let look = || vec![Do::Load(0), Do::If(1, vec![access(false, vec![])])];
    assert!(!races([vec![access(true, vec![]), Do::Store(0, 1)], look()]));
    assert!(races([vec![access(true, vec![Do::Store(0, 1)])], look()]));
    let within = vec![access(true, vec![access(false, vec![])])];
    assert!(found(&within, Rules::default()).overlaps);
}

#[test]
fn a_barrier_lets_two_threads_go_on() {
    let meet = || vec![Do::Meet];
    let two = found(&spawn_all([meet(), meet()]), Rules::default());
    assert_eq!((two.deadlocks, logs(&two)), (false, vec![vec![0], vec![1]]));
    assert!(found(&spawn_all([meet(), meet(), meet()]), Rules::default()).deadlocks);
}

#[test]
fn a_closure_runs_once_and_poisons_with_its_panic() {
    let once = |block| vec![Do::CallOnce(block)];
    let well = found(&spawn_all([once(vec![Do::Add(0, 1)]), once(vec![])]), Rules::default());
    assert_eq!((well.fails(), logs(&well)), (false, vec![vec![0], vec![0, 1]]));
    let badly = found(&spawn_all([once(vec![Do::Panic(1)]), once(vec![])]), Rules::default());
    assert_eq!(badly.endings.len(), 2);
    let force = || vec![Do::Force];
    let lazy = vec![vec![Do::Add(0, 1)], force(), force()];
    let lazy = found(&spawn_all(lazy), Rules::default());
    assert_eq!(logs(&lazy), [[0], [1]]);
}

#[test]
fn a_poll_ends_if_what_it_waits_for_comes() {
    let poll = vec![Do::Forever(vec![Do::Load(0), Do::LeaveUnless(0), Do::Yield])];
    let store = vec![Do::Store(0, 1)];
    let ends = found(&spawn_all([poll.clone(), store]), Rules::default());
    assert_eq!((ends.livelocks, ends.cycles, logs(&ends)), (false, true, vec![vec![1]]));
    assert!(found(&spawn_all([poll]), Rules::default()).livelocks);
    let tries = Do::Times(9, vec![Do::Load(0), Do::LeaveUnless(0), Do::Yield]);
    assert!(!found(&spawn_all([vec![tries], vec![Do::Store(0, 1)]]), Rules::default()).cycles);
}

#[test]
fn a_destructor_that_panics_while_its_thread_does_has_no_meaning() {
    let program = vec![Do::Guarded(vec![Do::Panic(1)], vec![Do::Panic(2)])];
    assert!(explore(&program, Rules::default(), 10).is_none());
    let caught = vec![Do::Guarded(vec![Do::Catch(vec![Do::Panic(1)])], vec![Do::Panic(2)])];
    assert_eq!(Vec::from_iter(found(&caught, Rules::default()).panics), [2]);
}

#[test]
fn a_thread_local_s_destructor_cannot_add_another() {
    let late = |inner| vec![Do::Local(vec![Do::Catch(vec![Do::Local(vec![])]), inner])];
    let caught = late(Do::If(0, vec![Do::Panic(7)]));
    assert_eq!(logs(&found(&spawn_all([caught]), Rules::default())), [[1]]);
    let panics = late(Do::If(1, vec![Do::Panic(7)]));
    assert!(explore(&spawn_all([panics]), Rules::default(), 10).is_none());
}
