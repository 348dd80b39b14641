//! The catalogue of lessons, one file each. This list is the registry: to add a scenario, add its
//! file and a line here.

use crate::{
    backend::{Arc, Backend},
    primitives::process::{Entry, Process, Task},
    program::Scenario,
};

/// Declares the files and lists their scenarios.
macro_rules! registry {
    ($($file:ident),* $(,)?) => {
        $(pub mod $file;)*

        /// Every scenario, in the order of the catalogue.
        pub static ALL: &[&Scenario] = &[$(&$file::SCENARIO),*];
    };
}

registry! {
    counter,
    add_subtract,
    countdown,
    ping_pong,
    refcount,
    global_interpreter_lock,
    list_remove,
    withdraw,
    forgotten_release,
    transfer,
    self_transfer,
    recursive,
    waiting_for_yourself,
    return_after_wait,
    shop,
    even_odd,
    lost_wakeup,
    stolen_wakeup,
    wrong_kind_woken,
    thresholds,
    mailbox,
    notify_unheld,
    wait_unheld,
    boss_and_workers,
    clear_on_entry,
    server_ready,
    car_park,
    over_release,
    barrier_remainder,
    phases,
    timer_cancel,
    sentinel,
    task_done,
    empty_then_leave,
    hungry_consumers,
    full_queue,
    workers_never_told,
    join_before_drain,
    terminate_reader,
    pipe_eof,
    sleep_is_not_join,
    join_one_of_two,
    serial_start,
    daemon,
    thread_local,
    pool_local_leak,
    nested_submit,
    future,
    eager_call,
    parallel_copy,
    parallel_sum,
    primes,
    globals,
    manager_dict,
    manager_inserts,
    shared_value,
    killed_worker,
    coroutine_pair,
    coroutine_counter,
    wrong_client,
    echo,
    message_passing,
    store_buffering,
    spinlock,
    data_race,
    double_checked_init,
    release_sequence,
    fence_or_access,
    iriw,
    two_plus_two_writes,
    peterson,
    dekker,
    ticket_lock,
    clh_lock,
    mcs_lock,
    last_drop,
    ring_buffer,
    seqlock,
    rcu,
    hazard_pointer,
    parking,
    chase_lev,
    register_then_look,
    notify_in_batches,
    poller_leaves,
    aborted_wait,
    latch_outlived,
    count_too_late,
    value_before,
    stolen_token,
    read_twice,
    shard_guard,
    second_connection,
    join_under_lock,
    closed_between,
    submit_after_shutdown,
    dead_worker,
    added_too_late,
    moving_item,
    discarded_too_early,
    half_written_entry,
    callback_under_lock,
    closed_twice,
    closed_semaphore,
    locals_outlive,
    forked_lock,
    drained_under_a_worker,
    two_locks_for_one,
    late_waiter,
    permit_of_the_cancelled,
    epoch,
    aba,
    unlinked_node,
    empty_then_closed,
    both_upgrade,
    stolen_under_a_lock,
    last_owner,
    finaliser,
}

/// Why shuttle misses a data race.
const SEQ_CST: &str = "it treats every ordering as SeqCst and does not look for data races";

/// Why loom misses interleavings.
const SKIPS: &str =
    "a load before a store makes its search skip interleavings (tokio-rs/loom issue 166)";

/// Why loom reports what `SeqCst` accesses rule out.
const AS_ACQ_REL: &str = "it treats accesses with SeqCst as if they were AcqRel";

/// The text of this file, which has what several scenarios share.
pub const SHARED: &str = include_str!("mod.rs");

/// The scenario of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Scenario> {
    ALL.iter().copied().find(|scenario| scenario.id == id)
}

/// The tasks of the scenarios' processes on a backend, for [`process::serve`](crate::primitives::process::serve).
#[must_use]
pub fn tasks<B: Backend>() -> Vec<Entry> {
    [
        ping_pong::tasks::<B>(),
        car_park::tasks::<B>(),
        phases::tasks::<B>(),
        sentinel::tasks::<B>(),
        echo::tasks::<B>(),
        task_done::tasks::<B>(),
        globals::tasks::<B>(),
        manager_dict::tasks::<B>(),
        manager_inserts::tasks::<B>(),
        shared_value::tasks::<B>(),
        killed_worker::tasks::<B>(),
        primes::tasks::<B>(),
        parallel_copy::tasks::<B>(),
        parallel_sum::tasks::<B>(),
    ]
    .concat()
}

/// Runs each of `tasks` in a process of its own, numbered from 0, all at once, and joins them.
#[track_caller]
fn processes<B: Backend, T: Task>(name: &str, tasks: impl IntoIterator<Item = T>) {
    let start = |(n, task)| {
        let process = Process::<B>::new(format!("{name} {n}"), task);
        process.start().expect("nothing forbids it");
        process
    };
    // All are started before the first one is waited for.
    let started: Vec<_> = tasks.into_iter().enumerate().map(start).collect();
    for process in started {
        process.join().expect("it ends well");
    }
}

/// The body of a thread that shares `shared` with others, as in
/// `B::spawn("reader", sharing(&list, |list| ..))`.
fn sharing<S, T, F: FnOnce(&S) -> T>(
    shared: &Arc<S>,
    body: F,
) -> impl FnOnce() -> T + use<S, T, F> {
    let shared = Arc::clone(shared);
    move || body(&shared)
}
