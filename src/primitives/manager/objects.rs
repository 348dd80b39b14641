//! The manager's objects at which processes wait, and those of one's own types.

use super::{
    Managed, Manager, ManagerError, Proxy, Queue,
    class::Instance,
    root::{Reply, Request},
};
use crate::{
    backend::Backend,
    primitives::{
        NoParties,
        process::{
            Barrier, BoundedSemaphore, Condition, Event, Item, Lock, RLock, Semaphore,
            kept::Stored,
            remote::{Remote, mismatch},
        },
    },
};
use std::any::type_name;

/// Objects at which processes wait. They are those of [`process`](crate::primitives::process), but in the manager's
/// process: they outlive the process that asked for them, a call that waits delays no other, and a process that is killed
/// while it waits takes nothing along. When the manager is shut down, all calls fail, including those that wait.
impl<B: Backend> Manager<B> {
    /// A new lock that no process holds.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let lock = manager.lock().unwrap();
    /// lock.acquire().unwrap();
    /// assert_eq!(lock.clone().try_acquire(), Ok(false));
    /// manager.shutdown();
    /// assert!(lock.release().is_err(), "the lock is gone");
    /// # });
    /// ```
    #[track_caller]
    pub fn lock(&self) -> Result<Lock<B>, ManagerError> {
        match self.make(Request::Lock)? {
            Reply::Lock(lock) => Ok(lock),
            _ => mismatch(),
        }
    }

    /// A new reentrant lock that no thread holds.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let lock = manager.rlock().unwrap();
    /// assert_eq!([lock.try_acquire(), lock.try_acquire()], [Ok(true), Ok(true)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn rlock(&self) -> Result<RLock<B>, ManagerError> {
        match self.make(Request::RLock)? {
            Reply::RLock(lock) => Ok(lock),
            _ => mismatch(),
        }
    }

    /// A new condition with a lock of its own. For a condition of another lock there is [`Condition::over`].
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::Condition}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let lock = manager.rlock().unwrap();
    /// let (one, other) = (manager.condition().unwrap(), Condition::over(&lock).unwrap());
    /// let (_mine, _its) = (one.lock().unwrap(), lock.lock().unwrap());
    /// assert_eq!([one.notify(1), other.notify(1)], [Ok(()), Ok(())]);
    /// # });
    /// ```
    #[track_caller]
    pub fn condition(&self) -> Result<Condition<B>, ManagerError> {
        match self.make(Request::Condition)? {
            Reply::Condition(condition) => Ok(condition),
            _ => mismatch(),
        }
    }

    /// A new semaphore with this number of permits.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let places = manager.semaphore(1).unwrap();
    /// assert_eq!([places.try_acquire(), places.try_acquire()], [Ok(true), Ok(false)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn semaphore(&self, permits: usize) -> Result<Semaphore<B>, ManagerError> {
        match self.make(Request::Semaphore(permits))? {
            Reply::Semaphore(semaphore) => Ok(semaphore),
            _ => mismatch(),
        }
    }

    /// A new semaphore with this number of permits, and never more.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let places = manager.bounded_semaphore(1).unwrap();
    /// assert!(places.release().is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn bounded_semaphore(&self, permits: usize) -> Result<BoundedSemaphore<B>, ManagerError> {
        match self.make(Request::BoundedSemaphore(permits))? {
            Reply::BoundedSemaphore(semaphore) => Ok(semaphore),
            _ => mismatch(),
        }
    }

    /// A new event that is not set.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let ready = manager.event().unwrap();
    /// ready.set().unwrap();
    /// assert_eq!(ready.clone().is_set(), Ok(true));
    /// # });
    /// ```
    #[track_caller]
    pub fn event(&self) -> Result<Event<B>, ManagerError> {
        match self.make(Request::Event)? {
            Reply::Event(event) => Ok(event),
            _ => mismatch(),
        }
    }

    /// A new barrier for this number of parties. Unlike in Python it has no action.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoParties`] if `parties` is zero, and [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// assert_eq!(manager.barrier(1).unwrap().wait(), Ok(0));
    /// assert!(manager.barrier(0).is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn barrier(&self, parties: usize) -> Result<Barrier<B>, ManagerError> {
        match self.make(Request::Barrier(parties))? {
            Reply::Barrier(barrier) => Ok(barrier.ok_or(NoParties)?),
            _ => mismatch(),
        }
    }

    /// A new, empty queue for at most `maxsize` items, or for any number if `maxsize` is zero.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// queue.put('a').unwrap();
    /// assert_eq!(queue.clone().get(), Ok('a'));
    /// # });
    /// ```
    #[track_caller]
    pub fn queue<T: Item>(&self, maxsize: usize) -> Result<Queue<B, T>, ManagerError> {
        match self.make(Request::Queue(maxsize))? {
            Reply::Queue(items) => Ok(Queue::new(items)),
            _ => mismatch(),
        }
    }

    /// The same as [`queue`](Self::queue), as in Python: every managed queue can be joined.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let tasks = manager.joinable_queue::<char>(0).unwrap();
    /// assert_eq!(tasks.join(), Ok(()));
    /// # });
    /// ```
    #[track_caller]
    pub fn joinable_queue<T: Item>(&self, maxsize: usize) -> Result<Queue<B, T>, ManagerError> {
        self.queue(maxsize)
    }

    /// A new object of a type of one's own: see [`Managed`].
    ///
    /// # Errors
    ///
    /// [`ManagerError::NotRegistered`] if `main` does not give the [class](super::class()) of `T` to
    /// [`serve`](crate::primitives::process::serve); [`ManagerError::Panicked`] if the function that makes the object
    /// panics; [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Managed, Manager, Methods}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// struct Greeter(String);
    ///
    /// impl Managed for Greeter {
    ///     type Arguments = String;
    ///
    ///     fn new(word: String) -> Self {
    ///         Self(word)
    ///     }
    ///
    ///     fn methods() -> Methods<Self> {
    ///         Methods::<Self>::new().method("greet", |this, name: String| format!("{}, {name}!", this.0))
    ///     }
    /// }
    ///
    /// let greeter = manager.object::<Greeter>(&"Hello".into()).unwrap();
    /// assert_eq!(greeter.call("greet", &"Ann".to_string()), Ok("Hello, Ann!".to_string()));
    /// # });
    /// ```
    #[track_caller]
    pub fn object<T: Managed>(
        &self,
        arguments: &T::Arguments,
    ) -> Result<Proxy<B, T>, ManagerError> {
        let arguments = Stored::of(arguments)?;
        if let Some(lease) = self.lease()? {
            // Under a checker the type need not be looked up.
            let instance = Instance::of::<T>(&arguments)?;
            return Ok(Proxy::new(Remote::owned(instance, Some(lease))));
        }
        match self.make(Request::Object(type_name::<T>().into(), arguments))? {
            Reply::Object(made) => Ok(Proxy::new(made?)),
            _ => mismatch(),
        }
    }
}
