//! Scoped threads.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;

use crate::execution::{await_closure, kernel, spawn_unchecked, teardown};
use crate::kernel::Role;
use crate::thread::{Builder, Handle, JoinHandle, Result, Thread};

/// A scope in which threads may borrow from outside it: see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    /// Every thread started, by number.
    started: Mutex<Vec<u16>>,
    scope: PhantomData<RefCell<&'scope ()>>,
    env: PhantomData<RefCell<&'env ()>>,
}

// SAFETY: the lifetimes are only markers; the rest is a mutex.
unsafe impl Sync for Scope<'_, '_> {}

impl RefUnwindSafe for Scope<'_, '_> {}

/// Runs `f`, which may start threads that borrow what outlives the call; the closures of all of them
/// have ended when it returns. As in std it does not wait for the destructors of their
/// [thread-local](crate::thread_local) values, which may still run:
/// [`ScopedJoinHandle::join`] does.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let at = Location::caller();
    let scope = Scope { started: Mutex::new(Vec::new()), scope: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.await_all(at);
    let panicked = scope.any_unclaimed_panic();
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if panicked => panic!("a scoped thread panicked: Any {{ .. }}"),
        Ok(value) => value,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Waits for the closure of every thread started here, also if the execution is torn down meanwhile.
    fn await_all(&self, at: &'static Location<'static>) {
        let mut next = 0;
        while let Some(id) = self.nth(next) {
            let waited = catch_unwind(AssertUnwindSafe(|| await_closure(id, at)));
            if waited.is_err() || teardown::under_way() {
                teardown::outlast(id);
            }
            next += 1;
        }
        teardown::leave();
    }

    fn nth(&self, n: usize) -> Option<u16> {
        self.started.lock().ok()?.get(n).copied()
    }

    /// Did a thread panic whose panic nobody took? The scope takes them all.
    fn any_unclaimed_panic(&self) -> bool {
        let started =
            self.started.lock().map_or(Vec::new(), |mut started| std::mem::take(&mut *started));
        kernel(|kernel| {
            let by = kernel.current;
            let mut found = false;
            for note in kernel.now.panics.iter_mut().filter(|note| started.contains(&note.thread)) {
                found |= note.taken_by.replace(by).is_none();
            }
            found
        })
    }

    /// Starts a thread in the scope.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.start(Builder::new(), f).expect("the system has room for a thread's stack")
    }

    #[track_caller]
    fn start<F, T>(
        &'scope self,
        Builder { name, stack, .. }: Builder,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        // SAFETY: what the thread borrows outlives `'scope`, and `scope` does not return,
        // not even by unwinding, before the closure of every thread started here has ended:
        // `await_all` waits for each. What runs after it are destructors of thread-local values,
        // which borrow nothing. If it can never end, both it and the waiting fiber are abandoned.
        let claim = unsafe { spawn_unchecked(name.clone(), Role::Scoped, stack, None, f)? };
        if let Ok(mut started) = self.started.lock() {
            started.push(claim.thread());
        }
        Ok(ScopedJoinHandle { inner: Handle::new(name, claim), scope: PhantomData })
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// Waits for a scoped thread and takes its result.
pub struct ScopedJoinHandle<'scope, T> {
    inner: Handle<T>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to end, the destructors of its thread-local values included; its panic
    /// comes back as `Err`.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.inner.join()
    }

    /// Has the thread ended?
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.inner.thread
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", self.thread()).finish_non_exhaustive()
    }
}

impl Builder {
    /// Starts the thread in a scope.
    ///
    /// # Errors
    ///
    /// If the system has no room for its stack.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        scope.start(self, f)
    }

    /// Starts the thread, whose closure may borrow.
    ///
    /// # Errors
    ///
    /// If the system has no room for its stack.
    ///
    /// # Safety
    ///
    /// The thread must be joined before what `f` or its result borrows ends. If the execution fails
    /// before, the thread runs no more.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let Builder { name, role, stack } = self;
        // SAFETY: as the caller promises; a result that is never asked for is leaked.
        let claim = unsafe { spawn_unchecked(name.clone(), role, stack, None, f)? };
        Ok(JoinHandle { inner: Handle::new(name, claim) })
    }
}
