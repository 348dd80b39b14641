//! Futures and tasks: what an executor with several threads does to them, in every order that makes a difference.
//!
//! A task is a thread of the model that polls one future. It may run at the same time as any other, and is taken up
//! again when its waker is woken. [`block_on`] polls a future on the thread that calls it, and [`spawn`] on one of its
//! own. The futures come from anywhere: std's, those of another crate, one's own.
//!
//! What may happen to a future besides is explored on demand:
//!
//! - [`Explorer::spurious_wakeups`](crate::Explorer::spurious_wakeups): a task is polled though nothing has woken it.
//! - [`Explorer::cancellation`](crate::Explorer::cancellation): a spawned future is dropped, at any place where it
//!   waits, or before it is polled at all.
//!
//! ```
//! use raceproof::future;
//! use raceproof::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
//! use std::{future::poll_fn, task::Poll};
//!
//! let program = || {
//!     let shared = Arc::new((AtomicBool::new(false), future::AtomicWaker::new()));
//!     let theirs = Arc::clone(&shared);
//!     let other = future::spawn(async move {
//!         theirs.0.store(true, SeqCst);
//!         theirs.1.wake();
//!     });
//!     future::block_on(poll_fn(|context| {
//!         shared.1.register(context.waker());
//!         if shared.0.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
//!     }));
//!     future::block_on(other).unwrap();
//! };
//! raceproof::model(program);
//! ```

mod atomic_waker;
mod handle;
mod notify;
mod task;
mod waker;
mod yielding;

pub use atomic_waker::AtomicWaker;
#[doc(hidden)]
pub use handle::spawn_local;
pub use handle::{AbortHandle, JoinError, JoinHandle, spawn};
pub use notify::{Notified, Notify};
pub use task::block_on;
#[doc(hidden)]
pub use task::block_on_or_poll_again;
pub use yielding::{YieldNow, yield_now};
