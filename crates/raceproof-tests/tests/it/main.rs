//! The tests of the model checker, in one binary.

mod attribute;
mod brute_force;
mod c11;
mod counts;
mod daemons;
mod facades;
mod failures;
mod front_page;
mod genmc;
mod isolation;
mod judge;
mod locks;
mod memory;
mod mirror;
mod moved;
mod outside;
mod polls;
mod processes;
mod programs;
mod statics;
mod stepwise;
mod teardown;
mod telling;
mod values;
mod verdicts;
