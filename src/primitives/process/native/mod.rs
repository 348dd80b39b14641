//! Processes of the operating system: how they are started and watched, and how they reach the objects of
//! one another.
//!
//! Each process has one listening local socket, made when a handle of one of its objects is first sent
//! away, and an object's handle elsewhere has one connection or more to it, each with a thread of the
//! owner that serves it. Nothing here is used under a checker.

pub(super) mod child;
#[cfg(not(unix))]
mod elsewhere;
pub(super) mod entry;
pub(super) mod export;
pub(super) mod proxy;
pub(super) mod socket;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;
