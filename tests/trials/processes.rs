//! Processes of the operating system: what crosses between them, how they end, and that they leave nothing
//! behind.

mod crossing;
mod deaths;
mod endings;
mod managed;
mod mishaps;
mod pools;
mod remains;
mod shortage;
mod waiting;

use super::trial;
use libtest_mimic::Trial;
use raceproof_suite::primitives::process::Entry;
use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// No operation with a known end may take longer than this.
const SECOND: Duration = Duration::from_secs(1);

/// Runs `f`, which must not take a second.
#[track_caller]
fn soon<T: Debug>(f: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = f();
    assert!(begun.elapsed() < SECOND, "after {:?}: {result:?}", begun.elapsed());
    result
}

/// Waits until `f` is true, for at most a second.
#[track_caller]
fn eventually(f: impl Fn() -> bool) {
    let begun = Instant::now();
    while !f() {
        assert!(begun.elapsed() < SECOND, "not within a second");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lists tests by the names of their functions.
macro_rules! tests {
    ($($file:ident::$test:ident),* $(,)?) => {
        vec![$(trial("processes", stringify!($test).replace('_', "-"), || {
            $file::$test();
            Ok::<_, String>(())
        })),*]
    };
}

/// What the processes run.
pub(crate) fn entries() -> Vec<Entry> {
    [
        crossing::entries(),
        deaths::entries(),
        endings::entries(),
        managed::entries(),
        mishaps::entries(),
        shortage::entries(),
        waiting::entries(),
        pools::entries(),
    ]
    .concat()
}

pub(crate) fn trials() -> Vec<Trial> {
    tests![
        crossing::values_and_handles_cross,
        crossing::each_process_has_its_own_globals,
        crossing::an_end_of_a_pipe_moves_on,
        crossing::an_end_lies_in_a_queue,
        crossing::a_dropped_end_is_closed_at_once,
        crossing::tasks_are_joined,
        crossing::a_lock_excludes_processes,
        crossing::time_runs_out_elsewhere,
        crossing::what_cannot_cross_is_refused,
        crossing::scenarios_run_in_processes,
        endings::exit_codes,
        endings::misuse,
        endings::an_unknown_task,
        endings::a_child_waits_for_its_own,
        endings::a_daemon_starts_nothing,
        deaths::a_killed_reader_breaks_the_pipe,
        deaths::a_killed_writer_is_the_end_of_file,
        deaths::a_killed_getter_takes_nothing,
        deaths::a_killed_owner_takes_its_queue_with_it,
        deaths::a_killed_manager_is_an_error,
        deaths::no_child_outlives_a_killed_parent,
        waiting::processes_meet_and_exclude_one_another,
        waiting::a_killed_waiter_takes_no_permit,
        waiting::a_pulse_reaches_another_process,
        waiting::a_killed_waiter_takes_no_notification,
        waiting::a_killed_party_breaks_the_barrier,
        waiting::a_process_knows_its_family,
        managed::managed_objects_are_shared_by_processes,
        managed::methods_that_cannot_be_called_are_errors,
        managed::managed_objects_are_in_one_another,
        managed::the_end_of_a_manager_is_told_to_all_that_wait,
        managed::a_waiting_call_delays_no_other,
        managed::a_killed_client_leaves_nothing_held,
        managed::many_managers_leave_nothing,
        pools::processes_apply_a_function,
        pools::a_dead_worker_is_an_error_and_is_replaced,
        pools::a_terminated_pool_ends_at_once,
        pools::a_worn_out_process_is_replaced,
        pools::a_broken_pool_fails_every_future,
        pools::a_map_has_a_time_limit,
        pools::what_cannot_cross_is_told,
        pools::a_chunk_is_one_message,
        pools::a_panic_is_told,
        pools::many_pools_leave_nothing,
        mishaps::a_value_whose_code_panics,
        mishaps::killed_in_the_middle_of_a_frame,
        shortage::without_descriptors_nothing_starts,
        shortage::an_owner_without_descriptors_turns_away,
        remains::a_thousand_processes_leave_nothing,
    ]
}
