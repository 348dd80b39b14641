//! What worker processes do.

use super::serve::Serve;
use crate::{
    backend::Backend,
    primitives::process::{Entry, Item, Task, entry},
};
use serde::{Deserialize, Serialize};

/// Work for a process, with a result: a value whose fields are the arguments of a function.
///
/// A pool's work is of one type; an enum holds several functions. Work of several fields is what Python's
/// `starmap` is for. What may cross is what may cross in a [`Task`].
///
/// ```
/// use raceproof_suite::primitives::process::Work;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Power(u64, u32);
///
/// impl Work for Power {
///     type Output = u64;
///
///     fn run(self) -> u64 {
///         self.0.pow(self.1)
///     }
/// }
///
/// // It can be run without a process, too.
/// assert_eq!(Power(2, 10).run(), 1024);
/// ```
pub trait Work: Item {
    /// The result.
    type Output: Item;

    /// Does the work, in a worker process.
    fn run(self) -> Self::Output;
}

/// The initialiser of workers that need none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct NoStart;

impl Task for NoStart {
    fn run(self) {}
}

/// The entry of workers that do this work, for [`serve`](super::super::serve).
///
/// ```
/// # use raceproof_suite::{backend::Std, primitives::process::{Work, worker}};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Square(i64);
/// impl Work for Square {
///     type Output = i64;
///     fn run(self) -> i64 {
///         self.0 * self.0
///     }
/// }
///
/// // For `serve`, in `main`.
/// let entries = [worker::<Std, Square>()];
/// assert!(format!("{entries:?}").contains("Square"));
/// ```
#[must_use]
pub fn worker<B: Backend, W: Work>() -> Entry {
    worker_with::<B, W, NoStart>()
}

/// Like [`worker`], for workers with this initialiser.
///
/// ```
/// # use raceproof_suite::{backend::Std, primitives::process::{NoStart, Work, worker_with}};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)]
/// # struct Square(i64);
/// # impl Work for Square {
/// #     type Output = i64;
/// #     fn run(self) -> i64 { self.0 * self.0 }
/// # }
/// let entries = [worker_with::<Std, Square, NoStart>()];
/// assert!(format!("{entries:?}").contains("NoStart"));
/// ```
#[must_use]
pub fn worker_with<B: Backend, W: Work, I: Task>() -> Entry {
    entry::<Serve<B, W, I>>()
}
