//! An independent judge of the explorer: an interpreter that shares no line with it.
//!
//! Programs are data ([`language`]). The interpreter knows their [`state`], what a thread does
//! alone ([`local`]) and which [`steps`] it takes, and [`enumerate`]s every state. The same program
//! runs on the mirror of std ([`mirror`]), under the explorer. Both must find the same
//! ([`differential`]).

mod arcs;
mod differential;
mod ends;
mod enumerate;
mod gates;
mod generator;
mod held;
mod judged;
mod language;
mod local;
mod loops;
mod memory;
mod mirror;
mod mirror_gates;
mod operations;
mod owners;
mod perishable;
mod rwlock;
mod state;
mod steps;
mod teardown;
mod traces;
mod waiting;
