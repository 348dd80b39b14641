//! GenMC 0.11.0 has a test suite with the number of complete executions of each program, under sequential
//! consistency and under RC11 (`tests/correct/*/*/expected.{sc,rc11}.mo.in`). Each row here is one of its programs,
//! written anew from what it does, with its two counts; the exploration must come to them exactly. `published.txt` has
//! all of those counts. The smallest programs are in `tests/it/c11/litmus.txt` instead.
//!
//! GenMC's `assume` stops a thread, and an execution with a thread that was stopped is not counted. Here such a
//! thread returns, and the execution is counted apart.
//!
//! [`rust`] has Rust programs that Miri explores with GenMC.

pub mod counting;
pub mod litmus;
pub mod locked;
mod preemptions;
mod published;
pub mod rust;
pub mod saver;
pub mod spinning;
pub mod structures;
pub mod symmetric;
pub mod waiting;

pub use preemptions::{preemptions, with_few_preemptions};
pub use published::{Published, published};

use super::Row;

/// Gives another macro each group of rows, by module: `counting: increments …; litmus: …;`.
#[macro_export]
macro_rules! genmc_groups {
    ($with:ident) => {
        $with! {
            counting: increments compare_and_swap reads_and_writes big_ones dekker loops shared_pointer publish coherence;
            litmus: load_buffering message_passing joins assumptions sequential_axiom writes_before;
            locked: increments in_place one_mutex sums_under_a_mutex two_mutexes mutexes_beside_atomics
                a_read_write_lock_of_a_mutex;
            rust: treibers_stack michael_and_scotts_queue a_mutex;
            saver: assumptions loops_that_load loops_that_swap loops_that_wait_for_a_swap a_loop_that_locks;
            spinning: words a_queue a_futex a_barrier a_sequence;
            structures: stacks treibers_stack queues deques;
            symmetric: in_place symmetric_threads;
            waiting: petersons_lock szymanskis_lock lamports_lock a_queue_of_herlihy_and_wing a_bug_of_postgresql
                loops_that_end;
        }
    };
}

macro_rules! all {
    ($($module:ident: $($group:ident)*;)*) => {
        /// All rows.
        pub fn rows() -> Vec<Row> {
            let mut rows = Vec::new();
            $($($module::$group(&mut rows);)*)*
            rows
        }
    };
}

genmc_groups!(all);
