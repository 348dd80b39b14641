//! Several threads work in phases: no thread may begin phase 2 before all have ended phase 1.
//!
//! In phase 1 each thread fills in its part of a table; in phase 2 it reads the parts of the
//! others. A thread that is fast in phase 1 reads parts that are not yet written. It is tempting to
//! think that equal work takes equal time; simulations, image filters and parallel sorts have been
//! wrong for that reason.
//!
//! A barrier between the phases makes each thread wait for all others. It is used again after each
//! phase, which is harder than it looks: a thread may reach the *second* barrier while another has
//! not yet woken up from the *first*. A barrier that only counts arrivals mixes up the two rounds;
//! a good one numbers them. Two rounds of the same barrier are checked here.

use super::{processes, sharing};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, join_all},
    primitives::{
        Barrier,
        process::{self, Entry, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "phases",
    group: Group::Gates,
    lesson: "Equal work does not take equal time: put a barrier between two phases",
    source: include_str!("phases.rs"),
    variants: &[
        Variant::new(
            "none",
            &NoBarrier { threads: 2, phases: 2 },
            "A fast thread is in phase 1 before the slow one has done phase 0.",
        )
        .fails(FailureKind::Assertion, "not all threads have done phase 0")
        .swept(sizes!(NoBarrier { threads: 1..=2, phases: 1..=2 } if threads > 1 && phases > 1)),
        Variant::new(
            "barrier",
            &WithBarrier { threads: 2, phases: 2 },
            "No thread passes the barrier before all have come to it, in either round.",
        )
        .sized(&[
            (Engine::Dpor, &WithBarrier { threads: 3, phases: 2 }),
            (Engine::Loom, &WithBarrier { threads: 2, phases: 1 }),
        ])
        .swept(sizes!(WithBarrier { threads: 1..=3, phases: 1..=2 })),
        Variant::new(
            "processes",
            &InProcesses { processes: 2, phases: 1 },
            "The barrier is shared by processes.",
        )
        .natively(&InProcesses { processes: 3, phases: 2 })
        .swept(sizes!(InProcesses { processes: 1..=2, phases: [1] })),
    ],
};

/// How many threads have done each phase.
type Done<B> = Vec<AtomicUsize<B>>;

fn none_done<B: Backend>(phases: usize) -> Done<B> {
    (0..phases).map(|phase| AtomicUsize::named(format!("done with phase {phase}"), 0)).collect()
}

fn all_have_done<B: Backend>(phase: usize, done: &Done<B>, threads: usize) {
    assert_eq!(done[phase].load(SeqCst), threads, "not all threads have done phase {phase}");
}

#[derive(Debug)]
struct NoBarrier {
    threads: usize,
    phases: usize,
}

impl Program for NoBarrier {
    fn run<B: Backend>(&self) {
        let done = Arc::new(none_done::<B>(self.phases));
        let Self { threads, phases } = *self;
        join_all((0..threads).map(|n| {
            let body = sharing(&done, move |done: &Done<B>| {
                for phase in 0..phases {
                    if phase > 0 {
                        all_have_done(phase - 1, done, threads);
                    }
                    done[phase].fetch_add(1, SeqCst);
                }
            });
            B::spawn(format!("thread {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct WithBarrier {
    threads: usize,
    phases: usize,
}

impl Program for WithBarrier {
    fn run<B: Backend>(&self) {
        let barrier = Barrier::<B>::named("barrier", self.threads).expect("some threads");
        let work = Arc::new((barrier, none_done::<B>(self.phases)));
        let Self { threads, phases } = *self;
        join_all((0..threads).map(|n| {
            let body = sharing(&work, move |(barrier, done): &(Barrier<B>, Done<B>)| {
                for phase in 0..phases {
                    done[phase].fetch_add(1, SeqCst);
                    barrier.wait().expect("not broken");
                    all_have_done(phase, done, threads);
                }
            });
            B::spawn(format!("thread {n}"), body)
        }));
    }
}

/// Does its part of each phase, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Part<B: Backend> {
    barrier: process::Barrier<B>,
    /// An entry for each part that is done.
    done: process::Queue<B, ()>,
    processes: usize,
    phases: usize,
}

impl<B: Backend> Task for Part<B> {
    fn run(self) {
        for phase in 1..=self.phases {
            self.done.put(()).expect("the parent is there");
            self.barrier.wait().expect("not broken");
            let done = self.done.qsize().expect("the parent is there");
            assert!(done >= phase * self.processes, "not all processes have done their part");
        }
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Part<B>>()]
}

#[derive(Debug)]
struct InProcesses {
    processes: usize,
    phases: usize,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        let Self { processes: number, phases } = *self;
        let barrier = process::Barrier::<B>::named("barrier", number).expect("some processes");
        let done = process::Queue::<B, _>::named("done", 0);
        let part =
            |_| Part { barrier: barrier.clone(), done: done.clone(), processes: number, phases };
        processes::<B, _>("process", (0..number).map(part));
    }
}
