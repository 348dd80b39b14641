//! Scoped threads.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, RefUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::{Mutex, OnceLock};

use crate::execution::{await_closure, is_outside, kernel, spawn_unchecked, teardown};
use crate::kernel::Role;
use crate::thread::handle::{First, Handle};
use crate::thread::{Builder, JoinHandle, Result, Thread};

/// A scope in which threads may borrow from outside it: see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    /// Every thread started, by number.
    started: Mutex<Vec<u16>>,
    /// Outside of a model.
    real: OnceLock<&'scope std::thread::Scope<'scope, 'env>>,
    scope: PhantomData<RefCell<&'scope ()>>,
    env: PhantomData<RefCell<&'env ()>>,
}

// SAFETY: the lifetimes are only markers; the rest is a mutex, and a cell of std's scope, both of which are
// `Sync`.
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
    if is_outside() {
        return real_scope(f);
    }
    let at = Location::caller();
    let scope = Scope::new();
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.await_all(at);
    let panicked = scope.any_unclaimed_panic();
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if panicked => panic!("a scoped thread panicked: Any {{ .. }}"),
        Ok(value) => value,
    }
}

/// As [`scope`], outside of a model.
#[cold]
fn real_scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    /// A leaked scope, as long as it may be used.
    struct Leaked(Cell<*mut ()>);

    impl Drop for Leaked {
        fn drop(&mut self) {
            let scope = self.0.get().cast::<Scope<'_, '_>>();
            if !scope.is_null() {
                // SAFETY: it is a leaked box, and std's scope is over: neither `f` nor a thread has it.
                drop(unsafe { Box::from_raw(scope) });
            }
        }
    }

    let leaked = Leaked(Cell::new(ptr::null_mut()));
    std::thread::scope(|real| {
        let scope = Box::into_raw(Box::new(Scope { real: OnceLock::from(real), ..Scope::new() }));
        leaked.0.set(scope.cast());
        // SAFETY: `leaked` frees it when std's scope is over, with every thread that was started in it.
        f(unsafe { &*scope })
    })
}

impl Scope<'_, '_> {
    fn new() -> Self {
        let (started, real) = (Mutex::new(Vec::new()), OnceLock::new());
        Scope { started, real, scope: PhantomData, env: PhantomData }
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
    fn start<F, T>(&'scope self, builder: Builder, f: F) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        if let Some(real) = self.real.get() {
            return start_real(real, builder, Box::new(f));
        }
        let Builder { name, stack, .. } = builder;
        let first = First::of::<T>();
        let leaving = first.leaving();
        // SAFETY: what the thread borrows outlives `'scope`, and `scope` does not return,
        // not even by unwinding, before the closure of every thread started here has ended:
        // `await_all` waits for each. What runs after it are destructors of thread-local values,
        // which borrow nothing. If it can never end, both it and the waiting fiber are abandoned.
        let claim =
            unsafe { spawn_unchecked(name.clone(), Role::Scoped, stack, None, leaving, f)? };
        if let Ok(mut started) = self.started.lock() {
            started.push(claim.thread());
        }
        Ok(ScopedJoinHandle(Handle::new(name, claim, first)))
    }
}

/// Starts a thread of std's.
#[cold]
fn start_real<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    builder: Builder,
    f: Box<dyn FnOnce() -> T + Send + 'scope>,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    let handle = builder.real().spawn_scoped(scope, f)?;
    Ok(ScopedJoinHandle(Handle::real(&handle.thread().clone(), handle)))
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// Waits for a scoped thread and takes its result.
pub struct ScopedJoinHandle<'scope, T>(Handle<T, std::thread::ScopedJoinHandle<'scope, T>>);

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to end, the destructors of its thread-local values included; its panic
    /// comes back as `Err`.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.0.join(std::thread::ScopedJoinHandle::join)
    }

    /// Is the thread's closure over? As in std, its thread-local values may be yet to be destroyed, which
    /// `join` waits for.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished(std::thread::ScopedJoinHandle::is_finished)
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        self.0.thread()
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
        if is_outside() {
            // SAFETY: as the caller promises.
            let handle = unsafe { self.real().spawn_unchecked(f)? };
            return Ok(JoinHandle(Handle::real(&handle.thread().clone(), handle)));
        }
        let Builder { name, role, stack } = self;
        let first = First::of::<T>();
        // SAFETY: as the caller promises; a result that is never asked for is leaked.
        let claim =
            unsafe { spawn_unchecked(name.clone(), role, stack, None, first.leaving(), f)? };
        Ok(JoinHandle(Handle::new(name, claim, first)))
    }
}
