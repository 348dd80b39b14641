//! A variable with a separate value for each thread.
//!
//! Unlike std's `thread_local!` it is a value, not a static: it can be created, shared and dropped at
//! run time, in any number.

use crate::backend::{Arc, Backend, Mutex, ThreadId};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt, mem,
    sync::{Mutex as Bookkeeping, MutexGuard, PoisonError},
};

/// A separate value for each thread, created by an initialiser when the thread first uses it.
///
/// Like an attribute of Python's `threading.local` (use an `Option` that starts as `None` for an
/// attribute that may be missing). It differs in that a value lives until it is [taken](Self::take) or
/// the `ThreadLocal` is dropped, not only until its thread ends.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std}, primitives::ThreadLocal};
/// use std::sync::Arc;
///
/// let count = Arc::new(ThreadLocal::<Std, i32>::new(|| 40));
/// count.with(|count| *count += 2);
/// let other = Arc::clone(&count);
/// assert_eq!(Std::spawn("child", move || other.get()).join(), Ok(40));
/// assert_eq!(count.get(), 42);
/// ```
pub struct ThreadLocal<B: Backend, T: Send> {
    /// The name of each thread's slot in traces.
    name: Cow<'static, str>,
    /// Each thread's slot. A [`ThreadId`] is never reused, so no thread inherits another's slot. The table
    /// is not part of the program: a look into it is no step, because no thread waits for another's slot.
    slots: Bookkeeping<Slots<B, T>>,
    initialiser: Box<dyn Fn() -> T + Send + Sync>,
}

type Slots<B, T> = BTreeMap<ThreadId, Arc<Own<B, T>>>;

/// One thread's slot, which no other thread uses.
type Own<B, T> = Mutex<B, Option<Slot<T>>>;

enum Slot<T> {
    Here(T),
    /// The thread is inside [`ThreadLocal::with`], which holds the value.
    InUse,
}

/// Puts a value back into its thread's slot on drop, even if a panic unwinds.
struct Borrowed<'a, B: Backend, T: Send> {
    local: &'a ThreadLocal<B, T>,
    /// `None` only while being dropped.
    value: Option<T>,
}

impl<B: Backend, T: Send> ThreadLocal<B, T> {
    /// A variable whose value `initialiser` creates, in each thread that uses it and has no value
    /// yet.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadLocal;
    /// let name = ThreadLocal::new(|| String::from("no user"));
    /// assert_eq!(name.get(), "no user");
    /// ```
    #[track_caller]
    pub fn new(initialiser: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self::named("thread-local", initialiser)
    }

    /// Like [`new`](Self::new); traces call the variable `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadLocal;
    /// let depth = ThreadLocal::named("depth", || 0);
    /// depth.with(|depth| *depth += 1);
    /// assert_eq!(depth.get(), 1);
    /// ```
    #[track_caller]
    pub fn named(
        name: impl Into<Cow<'static, str>>,
        initialiser: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            slots: Bookkeeping::default(),
            initialiser: Box::new(initialiser),
        }
    }

    /// Calls `f` with this thread's value. Other threads can use theirs meanwhile.
    ///
    /// # Panics
    ///
    /// Panics if the same thread calls it again from within `f` or the initialiser.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::ThreadLocal};
    /// let log = ThreadLocal::<Std, Vec<&str>>::new(Vec::new);
    /// log.with(|log| log.push("began"));
    /// assert_eq!(log.with(|log| log.len()), 1);
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // The value leaves the slot for the call, so that `f` runs without the mutex.
        let value = match self.exchange(Some(Slot::InUse)) {
            Some(Slot::Here(value)) => value,
            Some(Slot::InUse) => panic!("this thread already uses its value"),
            None => {
                // If the initialiser panics, the slot is empty again.
                let mut nothing = Vacant(self, true);
                let value = (self.initialiser)();
                nothing.1 = false;
                value
            }
        };
        let mut borrowed = Borrowed { local: self, value: Some(value) };
        f(borrowed.value.as_mut().expect("put back on drop"))
    }

    /// A copy of this thread's value.
    ///
    /// # Panics
    ///
    /// Panics if called from within [`with`](Self::with), in the same thread.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadLocal;
    /// let seed = ThreadLocal::new(|| 7);
    /// assert_eq!(seed.get(), 7);
    /// ```
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(|value| value.clone())
    }

    /// Gives this thread a value, and returns the one it had. The initialiser is not called.
    ///
    /// # Panics
    ///
    /// Panics if called from within [`with`](Self::with), in the same thread.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadLocal;
    /// let seed = ThreadLocal::new(|| 7);
    /// assert_eq!(seed.set(8), None, "it had no value yet");
    /// assert_eq!(seed.set(9), Some(8));
    /// ```
    #[track_caller]
    pub fn set(&self, value: T) -> Option<T> {
        self.replace(Some(value))
    }

    /// Takes this thread's value, if it has one; the next use initialises it anew.
    ///
    /// # Panics
    ///
    /// Panics if called from within [`with`](Self::with), in the same thread.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadLocal;
    /// let log = ThreadLocal::new(Vec::new);
    /// log.with(|log| log.push("began"));
    /// assert_eq!(log.take(), Some(vec!["began"]));
    /// assert_eq!(log.take(), None);
    /// assert!(log.get().is_empty());
    /// ```
    #[track_caller]
    pub fn take(&self) -> Option<T> {
        self.replace(None)
    }

    #[track_caller]
    fn replace(&self, value: Option<T>) -> Option<T> {
        match self.exchange(value.map(Slot::Here)) {
            None => None,
            Some(Slot::Here(old)) => Some(old),
            Some(Slot::InUse) => {
                self.exchange(Some(Slot::InUse));
                panic!("this thread already uses its value")
            }
        }
    }

    /// Replaces this thread's slot by `slot`, and returns the old one.
    #[track_caller]
    fn exchange(&self, slot: Option<Slot<T>>) -> Option<Slot<T>> {
        let me = B::current().id();
        let own = if slot.is_some() { self.own(me) } else { self.slots().remove(&me)? };
        mem::replace(&mut *own.lock(), slot)
    }

    #[track_caller]
    fn own(&self, me: ThreadId) -> Arc<Own<B, T>> {
        let known = self.slots().get(&me).cloned();
        known.unwrap_or_else(|| {
            let first = Arc::new(Mutex::named(self.name.clone(), None));
            self.slots().insert(me, Arc::clone(&first));
            first
        })
    }

    fn slots(&self) -> MutexGuard<'_, Slots<B, T>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empties this thread's slot on drop, if the flag is still up.
struct Vacant<'a, B: Backend, T: Send>(&'a ThreadLocal<B, T>, bool);

impl<B: Backend, T: Send> Drop for Vacant<'_, B, T> {
    fn drop(&mut self) {
        if self.1 {
            self.0.exchange(None);
        }
    }
}

impl<B: Backend, T: Send> Drop for Borrowed<'_, B, T> {
    fn drop(&mut self) {
        self.local.exchange(self.value.take().map(Slot::Here));
    }
}

impl<B: Backend, T: Send> fmt::Debug for ThreadLocal<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ThreadLocal").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn every_thread_has_its_own() {
        let local = Arc::new(ThreadLocal::<Std, i32>::new(|| 1));
        assert_eq!(local.set(2), None);
        let other = Arc::clone(&local);
        let child = Std::spawn("child", move || {
            assert_eq!(other.get(), 1);
            assert_eq!(other.set(3), Some(1));
        });
        child.join().unwrap();
        assert_eq!(local.take(), Some(2));
        assert_eq!(local.take(), None);
        assert_eq!(local.get(), 1);
    }

    #[test]
    fn a_panic_leaves_the_value_in_place() {
        let local = ThreadLocal::<Std, i32>::new(|| 1);
        let panics = || local.with(|value| -> () { panic!("at {}", std::mem::replace(value, 2)) });
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(local.get(), 2);
    }

    #[test]
    fn a_second_use_within_the_first_is_refused() {
        let local = ThreadLocal::<Std, i32>::new(|| 1);
        let twice: [&dyn Fn() -> Option<i32>; 3] =
            [&|| Some(local.get()), &|| local.take(), &|| local.set(5)];
        for again in twice {
            let within = || local.with(|_| again());
            assert!(catch_unwind(AssertUnwindSafe(within)).is_err());
            assert_eq!(local.get(), 1);
        }
    }

    #[test]
    fn an_initialiser_that_panics_leaves_nothing() {
        let local = ThreadLocal::<Std, i32>::new(|| panic!("no value"));
        for _ in 0..2 {
            assert!(catch_unwind(AssertUnwindSafe(|| local.get())).is_err());
        }
        assert_eq!(local.set(4), None);
        assert_eq!(local.get(), 4);
    }
}
