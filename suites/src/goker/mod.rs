//! Kernels of GoBench, told again: bugs of large Go programs, each cut down to its core by the authors of the
//! benchmark (*GoBench: A Benchmark Suite of Real-World Go Concurrency Bugs*, CGO 2021; the repository
//! `timmyyuan/gobench`, folder `gobench/goker`).
//!
//! Each is a function of ours that goes wrong in the way in which the kernel does, and that is `fixed` by one or two
//! of its lines. The names are those of the benchmark: the project and the number of its report. Threads are joined
//! that the kernels leave behind, so that a goroutine that blocks for ever is a deadlock here. All 103 are here; some are
//! the same few lines in the benchmark, and share a function of `shared.rs`.

use raceproof_suite::{
    backend::{Backend, Engine, JoinHandle},
    program::{FailureKind, Scenario, Variant},
};
use std::sync::Arc;

mod cockroach;
mod etcd;
mod grpc;
mod kubernetes;
mod moby;
mod others;
mod races;
mod shared;

/// Every kernel, by project.
#[must_use]
pub fn all() -> Vec<&'static Scenario> {
    [
        &cockroach::all()[..],
        etcd::ALL,
        grpc::ALL,
        kubernetes::ALL,
        moby::ALL,
        others::ALL,
        &races::all(),
    ]
    .concat()
}

/// Declares the kernels of a file: for each the program's type, its function, its name, `[Choice]` if a `select` of its
/// chooses among what is possible, and how it goes wrong; then the lesson, and why the broken form and the fixed
/// form end as they do.
macro_rules! kernels {
    ($source:literal $($kernel:ident = $run:ident $id:literal $([$needs:ident])?
        $kind:ident($message:literal) $lesson:literal $broken:literal $fixed:literal)*) => {
        $(
            #[derive(Debug)]
            struct $kernel {
                fixed: bool,
            }

            impl raceproof_suite::program::Program for $kernel {
                fn run<B: raceproof_suite::backend::Backend>(&self) {
                    $run::<B>(self.fixed);
                }
            }
        )*

        /// The kernels of this file.
        pub(crate) static ALL: &[&raceproof_suite::program::Scenario] =
            &[$(&raceproof_suite::program::Scenario {
                id: $id,
                group: raceproof_suite::program::Group::Suites,
                lesson: $lesson,
                source: include_str!($source),
                variants: &[
                    $crate::goker::$kind(
                        raceproof_suite::program::Variant::new(
                            "broken",
                            &$kernel { fixed: false },
                            $broken,
                        ),
                        $message,
                    )
                    .needs(&[$(raceproof_suite::backend::Capability::$needs)?]),
                    raceproof_suite::program::Variant::new("fixed", &$kernel { fixed: true }, $fixed)
                        .needs(&[$(raceproof_suite::backend::Capability::$needs)?]),
                ],
            }),*];
    };
}
pub(crate) use kernels;

pub(crate) const fn deadlock(variant: Variant, message: &'static str) -> Variant {
    variant.deadlocks(message)
}

pub(crate) const fn assertion(variant: Variant, message: &'static str) -> Variant {
    variant.fails(FailureKind::Assertion, message)
}

pub(crate) const fn race(variant: Variant, message: &'static str) -> Variant {
    let variant = variant.fails(FailureKind::DataRace, message);
    variant.missed_by(&[(Engine::Shuttle, "it does not look for data races")])
}

/// Starts a thread that shares `shared`.
#[track_caller]
pub(crate) fn go<B: Backend, S: Send + Sync + 'static>(
    name: &str,
    shared: &Arc<S>,
    body: impl FnOnce(&S) + Send + 'static,
) -> JoinHandle<B, ()> {
    let shared = Arc::clone(shared);
    B::spawn(name, move || body(&shared))
}
