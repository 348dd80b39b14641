//! Processes of the operating system: how they are started and watched, and how they reach one another's
//! objects.
//!
//! Each process has one listening local socket, created when a handle of one of its objects is first
//! sent to another process. A handle of the object in another process has one or more connections to
//! it, each served by a thread of the owner. Nothing here is used under a checker.

pub(super) mod child;
#[cfg(not(unix))]
mod elsewhere;
pub(in crate::primitives) mod entry;
pub(super) mod export;
pub(super) mod proxy;
pub(super) mod socket;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;
