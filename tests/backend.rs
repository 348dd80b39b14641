//! What every backend promises, as small programs that run on each of them: one suite for all.

#[path = "backend/atomic.rs"]
mod atomic;
#[path = "backend/condvar.rs"]
mod condvar;
#[path = "backend/coroutine.rs"]
mod coroutine;
#[path = "backend/memory.rs"]
mod memory;
#[path = "backend/mutex.rs"]
mod mutex;
#[path = "../models/support.rs"]
mod support;
#[path = "backend/thread.rs"]
mod thread;

use raceproof_suite::{
    backend::Engine,
    check::Limits,
    program::{Group, Scenario, Variant},
};
use std::time::Duration;

static SUITES: &[&Scenario] = &[
    &mutex::SUITE,
    &condvar::SUITE,
    &atomic::SUITE,
    &memory::SUITE,
    &thread::SUITE,
    &coroutine::SUITE,
];

fn main() -> std::process::ExitCode {
    let limits = Limits { stall: Duration::from_millis(500), ..Limits::default() };
    support::run(SUITES, &Engine::ALL, limits, false)
}

const fn suite(id: &'static str, variants: &'static [Variant]) -> Scenario {
    Scenario { id, group: Group::Counters, lesson: "", source: "", variants }
}

/// Makes a `Program` of a generic function.
macro_rules! programs {
    ($($name:ident<$backend:ident> $body:block)*) => {$(
        #[derive(Debug)]
        struct $name;
        impl raceproof_suite::program::Program for $name {
            fn run<$backend: Backend>(&self) $body
        }
    )*};
}
use programs;
