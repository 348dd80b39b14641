//! The manager itself.

use super::{
    Array, Dict, List, ManagerError, Namespace, Value,
    root::{Reply, Request, Root},
};
use crate::{
    backend::Backend,
    primitives::process::{
        Entry, Item, Pipe, PipeEnd, Process, ProcessError, Task, entry,
        kept::Stored,
        lease::Lease,
        remote::{Remote, mismatch},
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// A process that keeps objects for others.
///
/// Like Python's `multiprocessing.Manager`. Objects of types of one's own are [`Managed`](super::Managed). (A queue or
/// a lock needs no manager: those of [`process`](crate::primitives::process) are in the process that made them.)
/// Natively it is a daemon process, started by [`start`](Self::start); the program's `main` must
/// call [`serve`](crate::primitives::process::serve). Under a checker it has no thread, and its objects are
/// in the memory that the checked processes share. The handles of its objects can be sent to children; the
/// manager itself cannot. Dropping it shuts it down.
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::{manager::Manager, process}};
///
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let stock = manager.dict()?;
/// stock.insert(&"apples".to_string(), &3)?;
/// assert_eq!(stock.get(&"apples".into()), Ok(3));
/// manager.shutdown();
/// assert_eq!(stock.len().unwrap_err().to_string(), "the manager is gone");
/// # Ok::<(), raceproof_suite::primitives::manager::ManagerError>(())
/// ```
pub struct Manager<B: Backend> {
    root: Remote<B, Root<B>>,
    life: Life<B>,
}

/// What ends with a manager.
enum Life<B: Backend> {
    /// Natively, its process, which ends when this end of its pipe is closed.
    Process(Process<B>, #[expect(dead_code, reason = "kept open")] PipeEnd<B, Remote<B, Root<B>>>),
    /// Under a checker, its lease, which ends when it is shut down.
    Lease(Arc<Lease<B>>),
}

/// The task of the manager's process.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Serve<B: Backend> {
    parent: PipeEnd<B, Remote<B, Root<B>>>,
}

impl<B: Backend> Task for Serve<B> {
    fn run(self) {
        if self.parent.send(Remote::new(Root { lease: None })).is_ok() {
            // Nothing is ever received, so this waits until the parent closes its end.
            let _ = self.parent.recv();
        }
    }
}

/// The tasks that every program with processes has.
pub(in crate::primitives) fn entries() -> Vec<Entry> {
    vec![
        entry::<Serve<crate::backend::Chosen>>(),
        entry::<Serve<crate::backend::Std>>(),
        #[cfg(feature = "parking_lot")]
        entry::<Serve<crate::backend::ParkingLot>>(),
    ]
}

impl<B: Backend> Manager<B> {
    /// Starts a manager. Natively it blocks until its process is ready.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Process`], or [`ManagerError::Gone`] if the process dies at once.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// // Under a checker, so `main` needs no `serve`.
    /// model(|| {
    ///     let manager = Manager::<Dpor>::start().unwrap();
    ///     assert_eq!(manager.value(&42).unwrap().get(), Ok(42));
    /// });
    /// ```
    #[track_caller]
    pub fn start() -> Result<Self, ManagerError> {
        if !B::engine().is_native() {
            let lease = Arc::new(Lease::new("manager"));
            let root = Remote::new(Root { lease: Some(Arc::clone(&lease)) });
            return Ok(Self { root, life: Life::Lease(lease) });
        }
        let (mine, parent) = Pipe::duplex(1).expect("room for one");
        let process = Process::daemon("manager", Serve { parent });
        process.start()?;
        let Ok(root) = mine.recv() else {
            return Err(process.join().map_or_else(ProcessError::into, |()| ManagerError::Gone));
        };
        Ok(Self { root, life: Life::Process(process, mine) })
    }

    #[track_caller]
    pub(super) fn make(&self, request: Request) -> Result<Reply<B>, ManagerError> {
        self.lease()?;
        Ok(self.root.ask(request)?)
    }

    /// Under a checker, its life, if that has not ended.
    #[track_caller]
    pub(super) fn lease(&self) -> Result<Option<Arc<Lease<B>>>, ManagerError> {
        match &self.life {
            Life::Lease(lease) if lease.has_ended() => Err(ManagerError::Gone),
            Life::Lease(lease) => Ok(Some(Arc::clone(lease))),
            Life::Process(..) => Ok(None),
        }
    }

    /// A new, empty dictionary.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// stock.insert(&'a', &3).unwrap();
    /// assert_eq!(manager.dict::<char, u32>().unwrap().len(), Ok(0), "each is a new one");
    /// # });
    /// ```
    #[track_caller]
    pub fn dict<K: Item, V: Item>(&self) -> Result<Dict<B, K, V>, ManagerError> {
        match self.make(Request::Table)? {
            Reply::Table(table) => Ok(Dict::new(table)),
            _ => mismatch(),
        }
    }

    /// A new, empty list.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// let same = steps.clone();
    /// steps.push(&1).unwrap();
    /// assert_eq!(same.to_vec(), Ok(vec![1]), "a clone is the same list");
    /// # });
    /// ```
    #[track_caller]
    pub fn list<T: Item>(&self) -> Result<List<B, T>, ManagerError> {
        match self.make(Request::List(Vec::new()))? {
            Reply::List(list) => Ok(List::new(list)),
            _ => mismatch(),
        }
    }

    /// A new namespace without names.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let settings = manager.namespace().unwrap();
    /// settings.set("width", &80).unwrap();
    /// assert_eq!(settings.get("width"), Ok(80));
    /// # });
    /// ```
    #[track_caller]
    pub fn namespace(&self) -> Result<Namespace<B>, ManagerError> {
        match self.make(Request::Table)? {
            Reply::Table(table) => Ok(Namespace::new(table)),
            _ => mismatch(),
        }
    }

    /// A new variable that holds `value`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let count = manager.value(&40).unwrap();
    /// assert_eq!((count.set(&42), count.get()), (Ok(40), Ok(42)));
    /// # });
    /// ```
    #[track_caller]
    pub fn value<T: Item>(&self, value: &T) -> Result<Value<B, T>, ManagerError> {
        match self.make(Request::Locked(vec![Stored::of(value)?]))? {
            Reply::Locked(cell, lock) => Ok(Value::new(cell, lock)),
            _ => mismatch(),
        }
    }

    /// A new array of these elements. Their number never changes.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[0; 3]).unwrap();
    /// assert_eq!(wins.to_vec(), Ok(vec![0, 0, 0]));
    /// # });
    /// ```
    #[track_caller]
    pub fn array<T: Item>(&self, elements: &[T]) -> Result<Array<B, T>, ManagerError> {
        let elements = elements.iter().map(Stored::of).collect::<Result<_, _>>()?;
        match self.make(Request::Locked(elements))? {
            Reply::Locked(elements, lock) => Ok(Array::new(elements, lock)),
            _ => mismatch(),
        }
    }

    /// The process id of the manager; `None` under a checker.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// assert_eq!(manager.pid(), None, "it is checked, so it is no process of the system");
    /// # });
    /// ```
    #[track_caller]
    pub fn pid(&self) -> Option<u32> {
        match &self.life {
            Life::Process(process, _) => process.pid(),
            Life::Lease(_) => None,
        }
    }

    /// Ends the manager; its objects are gone, and every call fails that waits at one. Natively it blocks until its
    /// process has ended. A second call does nothing.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let count = manager.value(&40).unwrap();
    /// manager.shutdown();
    /// assert_eq!(count.get(), Err(ManagerError::Gone));
    /// assert!(manager.value(&40).is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn shutdown(&self) {
        match &self.life {
            // It has been started.
            Life::Process(process, _) => drop(process.terminate()),
            Life::Lease(lease) => lease.end(),
        }
    }
}

impl<B: Backend> Drop for Manager<B> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl<B: Backend> fmt::Debug for Manager<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Manager").field(&self.root).finish()
    }
}
