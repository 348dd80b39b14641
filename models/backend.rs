//! What every backend promises, as small programs that run on each of them: one suite for all.

mod atomic;
mod condvar;
mod coroutine;
mod memory;
mod mutex;
mod thread;

use super::Model;
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

pub(crate) fn model() -> Model {
    Model {
        scenarios: SUITES.to_vec(),
        engines: &Engine::ALL,
        limits: Limits { stall: Duration::from_millis(500), ..Limits::default() },
        proofs_wanted: false,
    }
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
