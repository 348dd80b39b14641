//! The promises of the primitives, as small closed programs that must hold: one file for each
//! primitive.
//!
//! A contract is chosen so that a plausible mistake in the primitive breaks it: an `if` for a `while`, a
//! forgotten notification. Each is generic over the *kind* of primitive, a type that names it on every
//! backend, so that a broken copy can take its place and must be rejected. The registry below has the
//! contracts of this crate's own primitives.
//!
//! ```
//! use raceproof_suite::{
//!     backend::{Backend, Engine},
//!     check::{Limits, Verdict, check_here},
//!     contracts::lock::{Kind, Subject, scenario},
//!     program::Scenario,
//! };
//!
//! /// Names a lock that lets every thread in.
//! #[derive(Debug)]
//! struct Open;
//!
//! struct OpenLock;
//!
//! impl Kind for Open {
//!     type On<B: Backend> = OpenLock;
//! }
//!
//! impl Subject for OpenLock {
//!     fn new() -> Self { Self }
//!     fn acquire(&self) {}
//!     fn try_acquire(&self) -> bool { true }
//!     fn acquire_timeout(&self) -> bool { true }
//!     fn release(&self) -> bool { true }
//!     fn locked(&self) -> bool { false }
//! }
//!
//! static CONTRACTS: Scenario = scenario::<Open>("open-lock");
//! let excludes = CONTRACTS.variant("excludes").unwrap();
//! let report = check_here(&CONTRACTS, excludes, Engine::Dpor, &Limits::default());
//! let Verdict::Failed(failure) = report.verdict else { panic!("two were not seen inside") };
//! assert!(failure.message.contains("several inside at once"));
//! ```

use crate::{
    backend::{Arc, AtomicI64, Backend, JoinHandle, join_all},
    primitives::process::Entry,
    program::Scenario,
};
use std::{fmt, marker::PhantomData, sync::atomic::Ordering::SeqCst};

/// Declares the files and lists their contracts.
macro_rules! registry {
    ($($file:ident),* $(,)?) => {
        $(pub mod $file;)*

        /// The contracts of every primitive.
        pub static ALL: &[&Scenario] = &[$(&$file::SCENARIO),*];
    };
}

/// Declares the programs of a primitive's contracts, each generic over the kind of primitive.
/// `Name<B>` has no size, `Name(threads: usize)<B>` has one.
macro_rules! programs {
    (<$kind:ident: $bound:path>; $($name:ident $(($size:ident: $number:ty))? <$backend:ident> $body:block)*) => {$(
        #[derive(Debug)]
        struct $name<$kind>($crate::contracts::Of<$kind> $(, $number)?);

        impl<$kind: $bound> $crate::program::Program for $name<$kind> {
            fn run<$backend: $crate::backend::Backend>(&self) {
                $(let $size = self.1;)?
                $body
            }
        }
    )*};
}

registry! {
    lock,
    rlock,
    semaphore,
    condition,
    event,
    barrier,
    timer,
    local,
    thread,
    queue,
    pipe,
    executor,
    pool,
    coroutine,
    net,
    process,
    process_queue,
    process_pipe,
    process_lock,
    process_semaphore,
    process_event,
    process_rlock,
    process_condition,
    process_barrier,
    process_waiter,
    process_semaphore_waiter,
    process_gone,
    process_pool,
    process_killed,
    manager,
    manager_waits,
    manager_objects,
}

/// The text of this file, which has what several contracts share.
pub const SHARED: &str = include_str!("mod.rs");

/// The tasks of the contracts' processes on a backend, for [`process::serve`](crate::primitives::process::serve).
#[must_use]
pub fn tasks<B: Backend>() -> Vec<Entry> {
    [
        process::tasks::<B>(),
        process_queue::tasks::<B>(),
        process_waiter::tasks::<B>(),
        process_semaphore_waiter::tasks::<B>(),
        process_gone::tasks::<B>(),
        process_pool::tasks::<B>(),
        process_killed::tasks::<B>(),
        manager_waits::tasks::<B>(),
        manager_objects::tasks::<B>(),
    ]
    .concat()
}

/// Stands in a program for the kind of primitive that the program is about.
pub struct Of<K>(PhantomData<fn() -> K>);

impl<K> Of<K> {
    /// The only value of the type.
    pub const THIS: Self = Self(PhantomData);
}

/// Its name, for reports.
impl<K> fmt::Debug for Of<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = std::any::type_name::<K>();
        f.write_str(path.rsplit("::").next().unwrap_or(path))
    }
}

/// Starts a thread called `name` that shares `shared`.
#[track_caller]
fn aside<B: Backend, S: Send + Sync + 'static, T: Send + 'static>(
    shared: &Arc<S>,
    name: &str,
    body: fn(&S) -> T,
) -> JoinHandle<B, T> {
    let shared = Arc::clone(shared);
    B::spawn(name, move || body(&shared))
}

/// Runs `body` in `threads` threads that share `shared`, each with its number, and joins them.
#[track_caller]
fn together<B: Backend, S: Send + Sync + 'static, T: Send + 'static>(
    shared: &Arc<S>,
    threads: usize,
    body: fn(&S, usize) -> T,
) -> Vec<T> {
    join_all::<B, T>((0..threads).map(|n| {
        let shared = Arc::clone(shared);
        B::spawn(format!("thread {n}"), move || body(&shared, n))
    }))
}

/// A section of code for one thread at a time.
struct Section<B: Backend, G> {
    guard: G,
    enter: fn(&G),
    leave: fn(&G),
    /// The number of threads between `enter` and `leave`.
    inside: AtomicI64<B>,
}

/// Sends `threads` threads at once through a section that `guard` must keep for one of them, and
/// returns the section when all have left.
#[track_caller]
fn excludes<B: Backend, G: Send + Sync + 'static>(
    threads: usize,
    guard: G,
    enter: fn(&G),
    leave: fn(&G),
) -> Arc<Section<B, G>> {
    let section = Section { guard, enter, leave, inside: AtomicI64::named("inside", 0) };
    let section = Arc::new(section);
    together::<B, _, _>(&section, threads, |section, _| {
        (section.enter)(&section.guard);
        let others = section.inside.fetch_add(1, SeqCst);
        assert_eq!(others, 0, "several inside at once");
        section.inside.fetch_sub(1, SeqCst);
        (section.leave)(&section.guard);
    });
    section
}
