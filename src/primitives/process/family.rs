//! What a process knows of itself, its parent and its children.

use super::{Process, own::Own, standing};
use crate::backend::Backend;
use serde::{Deserialize, Serialize};
use std::{num::NonZeroUsize, thread};

/// A process as another names it.
///
/// It is no handle: only the parent of a process can have a [`Process`], and a child ends with its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its name; that of the first process is `main`.
    pub name: String,
    /// Its process id; `None` under a checker.
    pub pid: Option<u32>,
    /// Whether it is a daemon.
    pub daemon: bool,
}

/// The running process.
///
/// Like Python's `multiprocessing.current_process`.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::current_process};
///
/// let this = current_process::<Std>();
/// assert_eq!((&*this.name, this.pid), ("main", Some(std::process::id())));
/// ```
#[must_use]
pub fn current_process<B: Backend>() -> Identity {
    standing::identities::<B>().map_or_else(
        || {
            let pid = B::engine().is_native().then(std::process::id);
            Identity { name: "main".into(), pid, daemon: false }
        },
        |[this, _]| this,
    )
}

/// The process that started the running one, if it is a child.
///
/// Like Python's `multiprocessing.parent_process`.
///
/// ```
/// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::*};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Looks;
/// impl Task for Looks {
///     fn run(self) {
///         assert_eq!(current_process::<Dpor>().name, "child");
///         assert_eq!(parent_process::<Dpor>().unwrap().name, "main");
///     }
/// }
///
/// model(|| {
///     assert_eq!(parent_process::<Dpor>(), None);
///     let child = Process::<Dpor>::new("child", Looks);
///     child.start().unwrap();
///     child.join().unwrap();
/// });
/// ```
#[must_use]
pub fn parent_process<B: Backend>() -> Option<Identity> {
    standing::identities::<B>().map(|[_, parent]| parent)
}

/// The processes that the running one has started and that have not ended, as far as it has handles of them.
/// It includes workers of pools.
///
/// Like Python's `multiprocessing.active_children`. (A process whose handles were all dropped goes on, and is
/// not listed.)
///
/// ```
/// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::*};
/// # use serde::{Deserialize, Serialize};
/// /// Ends when the other end of its pipe is closed.
/// #[derive(Serialize, Deserialize)]
/// #[serde(bound = "")]
/// struct Wait(PipeEnd<Dpor, ()>);
/// impl Task for Wait {
///     fn run(self) {
///         assert!(self.0.recv().is_err());
///     }
/// }
///
/// model(|| {
///     let (theirs, mine) = Pipe::one_way(1).unwrap();
///     let child = Process::<Dpor>::new("waiter", Wait(theirs));
///     assert!(active_children::<Dpor>().is_empty());
///     child.start().unwrap();
///     assert_eq!(active_children::<Dpor>()[0].name(), "waiter");
///     drop(mine);
///     child.join().unwrap();
///     assert!(active_children::<Dpor>().is_empty());
/// });
/// ```
#[track_caller]
#[must_use]
pub fn active_children<B: Backend>() -> Vec<Process<B>> {
    let of_this_backend = |child: std::sync::Arc<dyn standing::Offspring>| {
        child.any().downcast::<Own<B>>().ok().map(Process)
    };
    let started = standing::started::<B>().into_iter().filter_map(of_this_backend);
    started.filter(Process::is_alive).collect()
}

/// How many processors this process may use.
///
/// Like Python's `os.process_cpu_count`; `multiprocessing.cpu_count` also counts those that it may not use.
///
/// ```
/// use raceproof_suite::primitives::process::cpu_count;
///
/// assert!(cpu_count() >= 1);
/// ```
#[must_use]
pub fn cpu_count() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
