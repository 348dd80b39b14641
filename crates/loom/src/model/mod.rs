//! Exploring the interleavings of a closure's threads.

mod builder;
mod checkpoint;
mod report;
mod search;

pub use builder::Builder;

/// Explores every inequivalent interleaving of a closure's threads, as a [`Builder`] without settings of its own does.
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn model<F>(f: F)
where
    F: Fn() + Sync + Send + 'static,
{
    Builder::new().check(f);
}
