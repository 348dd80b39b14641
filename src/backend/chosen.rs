//! The backend of the engine that is chosen when a program is run.
//!
//! A program that is compiled for this backend is compiled once, and runs on every engine of the build. Each
//! object is that of one engine, so an operation is a branch and the engine's own operation.

#[cfg(loom)]
use super::Loom;
#[cfg(feature = "parking_lot")]
use super::ParkingLot;
#[cfg(feature = "shuttle")]
use super::Shuttle;
use super::{
    Backend, Dpor, Engine, Label, Local, Std,
    atomic::{RawAtomic, RawAtomicInt},
    net::{self, Either},
};
// An engine that this build lacks is never chosen; these only stand in its place.
#[cfg(not(loom))]
use super::Std as Loom;
#[cfg(not(feature = "parking_lot"))]
use super::Std as ParkingLot;
#[cfg(not(feature = "shuttle"))]
use super::Std as Shuttle;
use std::{
    any::Any,
    cell::Cell,
    fmt::Debug,
    ops::{Deref, DerefMut},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// The environment of the engine that [`Chosen::run_on`] was given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen;

thread_local! {
    /// The engine that runs on this thread of the operating system. A model checker runs all threads of a
    /// program on one of them; natively each thread passes it on to those that it starts.
    static ENGINE: Cell<Engine> = const { Cell::new(Engine::Std) };
}

impl Chosen {
    /// Runs `program` on the backend of `engine`, which stays chosen on this thread of the operating system: under
    /// a model checker daemons go on there when the program's main thread has ended.
    ///
    /// ```
    /// use raceproof_suite::backend::{Backend, Chosen, Engine, Mutex};
    ///
    /// let engine = Chosen::run_on(Engine::Std, || {
    ///     *Mutex::<Chosen, _>::new(1).lock() += 1;
    ///     Chosen::engine()
    /// });
    /// assert_eq!(engine, Engine::Std);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if this build lacks the engine.
    pub fn run_on<R>(engine: Engine, program: impl FnOnce() -> R) -> R {
        assert!(engine.is_built(), "{}", engine.missing());
        ENGINE.set(engine);
        program()
    }

    /// The body of a thread that runs on the engine of its parent.
    fn inheriting<R>(body: impl FnOnce() -> R) -> impl FnOnce() -> R {
        let engine = ENGINE.get();
        move || {
            ENGINE.set(engine);
            body()
        }
    }
}

/// An object of one of the engines.
#[derive(Debug)]
pub enum Each<D, L, S, T, P> {
    /// Of dpor, which c11 shares.
    Dpor(D),
    /// Of loom.
    Loom(L),
    /// Of shuttle.
    Shuttle(S),
    /// Of std.
    Std(T),
    /// Of parking_lot.
    ParkingLot(P),
}

/// The type of that name of each backend.
macro_rules! each {
    ($($name:tt)*) => {
        Each<
            <Dpor as Backend>::$($name)*,
            <Loom as Backend>::$($name)*,
            <Shuttle as Backend>::$($name)*,
            <Std as Backend>::$($name)*,
            <ParkingLot as Backend>::$($name)*,
        >
    };
}

/// Does something on the backend of the chosen engine, which is called `$B`. An engine in parentheses has the
/// backend of the one before it. With `new` the result is an object
/// of that engine.
macro_rules! chosen {
    (@ $wrap:ident $B:ident $does:expr; $($engine:ident $(($other:ident))?)*) => {
        match ENGINE.get() {
            $(Engine::$engine $(| Engine::$other)? => chosen!(@ $wrap $engine {
                #[allow(dead_code)]
                type $B = $engine;
                $does
            }),)*
        }
    };
    (@ plain $engine:ident $does:block) => { $does };
    (@ new $engine:ident $does:block) => { Each::$engine($does) };
    (new |$B:ident| $does:expr) => { chosen!(@ new $B $does; Dpor(C11) Loom Shuttle Std ParkingLot) };
    (|$B:ident| $does:expr) => { chosen!(@ plain $B $does; Dpor(C11) Loom Shuttle Std ParkingLot) };
}

/// Does something with objects of one engine, on its backend, which is called `$B`; with `new` the result is an
/// object of that engine.
macro_rules! with {
    (@ $wrap:ident $objects:tt $B:ident $does:expr; $($engine:ident)*) => {
        match with!(@ $objects) {
            $(with!(@ $engine $objects) => chosen!(@ $wrap $engine {
                #[allow(dead_code)]
                type $B = $engine;
                $does
            }),)*
            #[allow(unreachable_patterns)]
            _ => panic!("these objects are of different engines"),
        }
    };
    (@ ($($object:ident),*)) => { ($($object,)*) };
    (@ $engine:ident ($($object:ident),*)) => { ($(Each::$engine($object),)*) };
    (new |$B:ident| $objects:tt => $does:expr) => {
        with!(@ new $objects $B $does; Dpor Loom Shuttle Std ParkingLot)
    };
    (|$B:ident| $objects:tt => $does:expr) => {
        with!(@ plain $objects $B $does; Dpor Loom Shuttle Std ParkingLot)
    };
}

// Nothing below is inlined: what a program does at each of its operations would be compiled for each engine
// there, which is what this backend is to avoid.

impl<D, L, S, T, P> Deref for Each<D, L, S, T, P>
where
    D: Deref,
    L: Deref<Target = D::Target>,
    S: Deref<Target = D::Target>,
    T: Deref<Target = D::Target>,
    P: Deref<Target = D::Target>,
{
    type Target = D::Target;

    #[inline(never)]
    fn deref(&self) -> &D::Target {
        let guard = self;
        with!(|B| (guard) => guard)
    }
}

impl<D, L, S, T, P> DerefMut for Each<D, L, S, T, P>
where
    D: DerefMut,
    L: DerefMut<Target = D::Target>,
    S: DerefMut<Target = D::Target>,
    T: DerefMut<Target = D::Target>,
    P: DerefMut<Target = D::Target>,
{
    #[inline(never)]
    fn deref_mut(&mut self) -> &mut D::Target {
        let guard = self;
        with!(|B| (guard) => guard)
    }
}

impl<V, D, L, S, T, P> RawAtomic<V> for Each<D, L, S, T, P>
where
    D: RawAtomic<V>,
    L: RawAtomic<V>,
    S: RawAtomic<V>,
    T: RawAtomic<V>,
    P: RawAtomic<V>,
{
    #[track_caller]
    #[inline(never)]
    fn new(label: &Label, value: V) -> Self {
        match ENGINE.get() {
            Engine::Dpor | Engine::C11 => Self::Dpor(D::new(label, value)),
            Engine::Loom => Self::Loom(L::new(label, value)),
            Engine::Shuttle => Self::Shuttle(S::new(label, value)),
            Engine::Std => Self::Std(T::new(label, value)),
            Engine::ParkingLot => Self::ParkingLot(P::new(label, value)),
        }
    }
    #[track_caller]
    #[inline(never)]
    fn load(&self, order: Ordering) -> V {
        let atomic = self;
        with!(|B| (atomic) => atomic.load(order))
    }
    #[track_caller]
    #[inline(never)]
    fn store(&self, value: V, order: Ordering) {
        let atomic = self;
        with!(|B| (atomic) => atomic.store(value, order))
    }
    #[track_caller]
    #[inline(never)]
    fn swap(&self, value: V, order: Ordering) -> V {
        let atomic = self;
        with!(|B| (atomic) => atomic.swap(value, order))
    }
    #[track_caller]
    #[inline(never)]
    fn compare_exchange(&self, old: V, new: V, won: Ordering, lost: Ordering) -> Result<V, V> {
        let atomic = self;
        with!(|B| (atomic) => atomic.compare_exchange(old, new, won, lost))
    }
}

impl<V, D, L, S, T, P> RawAtomicInt<V> for Each<D, L, S, T, P>
where
    D: RawAtomicInt<V>,
    L: RawAtomicInt<V>,
    S: RawAtomicInt<V>,
    T: RawAtomicInt<V>,
    P: RawAtomicInt<V>,
{
    #[track_caller]
    #[inline(never)]
    fn fetch_add(&self, value: V, order: Ordering) -> V {
        let atomic = self;
        with!(|B| (atomic) => atomic.fetch_add(value, order))
    }
    #[track_caller]
    #[inline(never)]
    fn fetch_sub(&self, value: V, order: Ordering) -> V {
        let atomic = self;
        with!(|B| (atomic) => atomic.fetch_sub(value, order))
    }
}

impl Backend for Chosen {
    type Mutex<T: Send> = each!(Mutex<T>);
    type Guard<'a, T: Send + 'a> = each!(Guard<'a, T>);
    type Condvar = each!(Condvar);
    type AtomicBool = each!(AtomicBool);
    type AtomicI64 = each!(AtomicI64);
    type AtomicUsize = each!(AtomicUsize);
    type Memory = each!(Memory);
    type Handle<T: Send + 'static> = each!(Handle<T>);
    /// Only dpor can kill.
    type Process = <Dpor as Backend>::Process;
    type Network = Either<net::Memory<Self>, net::Recorded<Self>>;

    #[inline]
    fn engine() -> Engine {
        ENGINE.get()
    }

    #[track_caller]
    #[inline(never)]
    fn raw_mutex<T: Send>(label: &Label, value: T) -> Self::Mutex<T> {
        chosen!(new | B | B::raw_mutex(label, value))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_mutex_shown<T: Send + Debug>(label: &Label, value: T) -> Self::Mutex<T> {
        chosen!(new | B | B::raw_mutex_shown(label, value))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_lock<T: Send>(mutex: &Self::Mutex<T>) -> Self::Guard<'_, T> {
        with!(new |B| (mutex) => B::raw_lock(mutex))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_try_lock<T: Send>(mutex: &Self::Mutex<T>) -> Option<Self::Guard<'_, T>> {
        match mutex {
            Each::Dpor(mutex) => Dpor::raw_try_lock(mutex).map(Each::Dpor),
            Each::Loom(mutex) => Loom::raw_try_lock(mutex).map(Each::Loom),
            Each::Shuttle(mutex) => Shuttle::raw_try_lock(mutex).map(Each::Shuttle),
            Each::Std(mutex) => Std::raw_try_lock(mutex).map(Each::Std),
            Each::ParkingLot(mutex) => ParkingLot::raw_try_lock(mutex).map(Each::ParkingLot),
        }
    }

    #[track_caller]
    #[inline(never)]
    fn raw_condvar(label: &Label) -> Self::Condvar {
        chosen!(new | B | B::raw_condvar(label))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Self::Condvar,
        mutex: &'a Self::Mutex<T>,
        guard: Self::Guard<'a, T>,
    ) -> Self::Guard<'a, T> {
        with!(new |B| (condvar, mutex, guard) => B::raw_wait(condvar, mutex, guard))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Self::Condvar,
        mutex: &'a Self::Mutex<T>,
        guard: Self::Guard<'a, T>,
        timeout: Duration,
    ) -> (Self::Guard<'a, T>, bool) {
        let timed_out;
        let guard = with!(new |B| (condvar, mutex, guard) => {
            let (guard, out) = B::raw_wait_timeout(condvar, mutex, guard, timeout);
            timed_out = out;
            guard
        });
        (guard, timed_out)
    }

    #[track_caller]
    #[inline(never)]
    fn raw_notify_one(condvar: &Self::Condvar) {
        with!(|B| (condvar) => B::raw_notify_one(condvar));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_notify_all(condvar: &Self::Condvar) {
        with!(|B| (condvar) => B::raw_notify_all(condvar));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_fence(order: Ordering) {
        chosen!(|B| B::raw_fence(order));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_memory(label: &Label) -> Self::Memory {
        chosen!(new | B | B::raw_memory(label))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_read(memory: &Self::Memory) {
        with!(|B| (memory) => B::raw_read(memory));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_write(memory: &Self::Memory) {
        with!(|B| (memory) => B::raw_write(memory));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T> {
        let body = Self::inheriting(body);
        chosen!(new | B | B::raw_spawn(name, body))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_spawn_daemon(name: &str, body: impl FnOnce() + Send + 'static) {
        let body = Self::inheriting(body);
        chosen!(|B| B::raw_spawn_daemon(name, body));
    }

    #[track_caller]
    #[inline(never)]
    fn raw_stop_daemons() {
        chosen!(|B| B::raw_stop_daemons());
    }

    #[track_caller]
    #[inline(never)]
    fn raw_spawn_process(name: &str, body: impl FnOnce() + Send + 'static) -> Self::Process {
        if matches!(ENGINE.get(), Engine::Dpor | Engine::C11) {
            return Dpor::raw_spawn_process(name, body);
        }
        let body = Self::inheriting(body);
        chosen!(|B| {
            B::raw_spawn_process(name, body);
        });
        Self::Process::default()
    }

    #[track_caller]
    #[inline(never)]
    fn raw_kill(process: &Self::Process) {
        assert_eq!(ENGINE.get(), Engine::Dpor, "only dpor can kill a process");
        Dpor::raw_kill(process);
    }

    #[track_caller]
    #[inline(never)]
    fn raw_join<T: Send + 'static>(handle: Self::Handle<T>) -> T {
        with!(|B| (handle) => B::raw_join(handle))
    }

    #[track_caller]
    #[inline(never)]
    fn raw_yield() {
        chosen!(|B| B::raw_yield());
    }

    #[track_caller]
    #[inline(never)]
    fn raw_sleep(duration: Duration) {
        chosen!(|B| B::raw_sleep(duration));
    }

    #[inline(never)]
    fn raw_now() -> Option<Instant> {
        chosen!(|B| B::raw_now())
    }

    #[track_caller]
    #[inline(never)]
    fn raw_choose(n: usize) -> usize {
        chosen!(|B| B::raw_choose(n))
    }

    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R {
        chosen!(|B| B::with_local(look))
    }

    #[inline(never)]
    fn set_local(local: Option<Local>) {
        chosen!(|B| B::set_local(local));
    }

    #[inline(never)]
    fn is_engine_panic(payload: &(dyn Any + Send)) -> bool {
        chosen!(|B| B::is_engine_panic(payload))
    }
}
