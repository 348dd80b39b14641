//! The published counts: one execution for each Mazurkiewicz trace, and none cut short.

use crate::programs::{
    bounded_buffer, filesystem, indexer, lastzero, locked, philosophers, readers, unlocked,
};
use raceproof::{Exploration, Explorer};

fn traces(model: impl Fn()) -> u64 {
    let Exploration { executions, redundant, deadlocks, .. } = Explorer::new().check(model);
    assert_eq!((redundant, deadlocks), (0, 0));
    executions
}

#[test]
fn locked_increments() {
    assert_eq!(traces(locked(2, 1)), 2);
    assert_eq!(traces(locked(3, 1)), 6);
    assert_eq!(traces(locked(4, 1)), 24);
    assert_eq!(traces(locked(2, 2)), 6);
    assert_eq!(traces(locked(4, 2)), 2_520);
    assert_eq!(traces(locked(8, 1)), 40_320);
}

#[test]
fn load_then_store() {
    assert_eq!(traces(unlocked(2)), 4);
    assert_eq!(traces(unlocked(3)), 36);
    assert_eq!(traces(unlocked(4)), 576);
    assert_eq!(traces(unlocked(5)), 14_400);
}

#[test]
fn readers_double() {
    assert_eq!(traces(readers(3)), 8);
    assert_eq!(traces(readers(8)), 256);
    assert_eq!(traces(readers(13)), 8_192);
}

#[test]
fn lastzero_counts() {
    assert_eq!(traces(lastzero(5)), 64);
    assert_eq!(traces(lastzero(10)), 3_328);
    assert_eq!(traces(lastzero(15)), 147_456);
}

#[test]
fn indexer_counts() {
    assert_eq!(traces(indexer(11)), 1);
    assert_eq!(traces(indexer(12)), 8);
    assert_eq!(traces(indexer(15)), 4_096);
}

#[test]
fn filesystem_counts() {
    assert_eq!(traces(filesystem(13)), 1);
    assert_eq!(traces(filesystem(14)), 2);
    assert_eq!(traces(filesystem(16)), 8);
    assert_eq!(traces(filesystem(19)), 64);
}

#[test]
fn philosophers_and_a_buffer() {
    // n ordered locks in a ring: each of the n forks has two users, in either order, but
    // not all n orders may go round.
    assert_eq!(traces(philosophers(2)), 2);
    assert_eq!(traces(philosophers(3)), 6);
    assert_eq!(traces(philosophers(4)), 14);
    assert_eq!(traces(bounded_buffer(1)), 2);
}
