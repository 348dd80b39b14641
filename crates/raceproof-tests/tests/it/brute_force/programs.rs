//! Programs as data, and how they are run.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::channels::Ends;
use raceproof::sync::atomic::{AtomicI64, Ordering::SeqCst};
use raceproof::sync::{Barrier, Condvar, Mutex, MutexGuard, Once, RwLock, RwLockWriteGuard};
use raceproof::time::Instant;
use raceproof::{choose, hint, outcome, thread};

/// One operation of a random thread. Locks are scoped: what stands in a block runs
/// while the lock is held.
#[derive(Clone, Debug)]
pub(super) enum Do {
    Load(usize),
    Store(usize, i64),
    Add(usize, i64),
    Swap(usize, i64, i64),
    /// As [`Do::Swap`], weakly.
    WeakSwap(usize, i64, i64),
    /// Makes an atomic and adds one to it.
    Make,
    Locked(usize, Vec<Do>),
    TryLocked(usize, Vec<Do>),
    /// Takes the mutex of the condition variable and waits.
    Wait(usize),
    WaitTimeout(usize),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Takes the mutex of the condition variable and notifies under it.
    LockedNotify(usize),
    Choose(usize),
    /// Asks whether so many milliseconds have passed since the beginning.
    Late(u64),
    /// Sleeps for a millisecond.
    Sleep,
    Read(usize, Vec<Do>),
    Write(usize, Vec<Do>),
    /// Takes the lock for writing, writes, and downgrades to reading.
    Downgraded(usize, Vec<Do>),
    TryRead(usize),
    TryWrite(usize),
    Park,
    ParkTimeout,
    /// Yields until the atomic is not zero.
    Spin(usize),
    /// Tries to take the mutex until it can.
    SpinLock(usize),
    /// Waits with a timeout until a flag is set under the mutex.
    PollUntil(usize),
    /// Gives a token to one of the threads, the root being none of them.
    Unpark(usize),
    /// Runs a closure once, by force or not, which may panic in the end.
    Once {
        force: bool,
        panics: bool,
        inner: Vec<Do>,
    },
    LookOnce,
    /// Waits for that, by force or not.
    AwaitOnce(bool),
    /// Sends on one of the channels.
    Send(usize),
    TrySend(usize),
    /// Receives from one of them.
    Recv(usize),
    TryRecv(usize),
    RecvTimeout(usize),
    DropSender(usize),
    DropReceiver(usize),
    /// Waits at the barrier for two, and perhaps asks whether the thread leads.
    Meet(bool),
    /// Kills the process of one of the threads, if it has one of its own and is another thread.
    Kill(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Plain,
    Daemon,
    /// The only thread of a process, which is never joined.
    Process,
}

/// What each thread does, and what it is.
pub(super) type Program = Vec<(Vec<Do>, Role)>;

/// Threads that pass the barrier together.
pub(super) const PARTIES: usize = 2;

/// What a thread has for itself.
struct Own {
    threads: Vec<(thread::Thread, Role)>,
    ends: RefCell<Ends>,
}

struct World {
    atomics: Vec<AtomicI64>,
    mutexes: Vec<Mutex<i64>>,
    condvars: Vec<Condvar>,
    locks: Vec<RwLock<i64>>,
    once: Once,
    barrier: Barrier,
    threads: RwLock<Vec<(thread::Thread, Role)>>,
    start: Option<Instant>,
}

fn step(world: &World, own: &Own, seen: &mut Vec<i64>, what: &Do) {
    let all = |seen: &mut Vec<i64>, inner: &[Do]| {
        inner.iter().for_each(|what| step(world, own, seen, what))
    };
    match what {
        Do::Load(x) => seen.push(world.atomics[*x].load(SeqCst)),
        Do::Store(x, value) => world.atomics[*x].store(*value, SeqCst),
        Do::Add(x, value) => seen.push(world.atomics[*x].fetch_add(*value, SeqCst)),
        Do::Swap(x, old, new) => {
            let result = world.atomics[*x].compare_exchange(*old, *new, SeqCst, SeqCst);
            seen.push(result.unwrap_or_else(|old| old));
        }
        Do::WeakSwap(x, old, new) => {
            let result = world.atomics[*x].compare_exchange_weak(*old, *new, SeqCst, SeqCst);
            seen.push(result.unwrap_or_else(|old| old + 10));
        }
        Do::Make => _ = AtomicI64::new(0).fetch_add(1, SeqCst),
        Do::Locked(m, inner) => {
            let mut guard = world.mutexes[*m].lock().unwrap();
            *guard += 1;
            seen.push(*guard);
            all(seen, inner);
        }
        Do::TryLocked(m, inner) => match world.mutexes[*m].try_lock() {
            Ok(_guard) => all(seen, inner),
            Err(_) => seen.push(-1),
        },
        Do::Wait(c) => {
            let guard: MutexGuard<'_, i64> = world.mutexes[0].lock().unwrap();
            let mut guard = world.condvars[*c].wait(guard).unwrap();
            *guard += 10;
            seen.push(*guard);
        }
        Do::WaitTimeout(c) => {
            let guard = world.mutexes[0].lock().unwrap();
            let (mut guard, result) =
                world.condvars[*c].wait_timeout(guard, Duration::ZERO).unwrap();
            *guard += 100;
            seen.push(if result.timed_out() { -*guard } else { *guard });
        }
        Do::NotifyOne(c) => world.condvars[*c].notify_one(),
        Do::NotifyAll(c) => world.condvars[*c].notify_all(),
        Do::LockedNotify(c) => {
            let _guard = world.mutexes[0].lock().unwrap();
            world.condvars[*c].notify_one();
        }
        Do::Choose(n) => seen.push(choose(*n) as i64),
        Do::Late(millis) => {
            let deadline = world.start.unwrap() + Duration::from_millis(*millis);
            seen.push(i64::from(Instant::now() >= deadline));
        }
        Do::Sleep => thread::sleep(Duration::from_millis(1)),
        Do::Read(l, inner) => {
            let guard = world.locks[*l].read().unwrap();
            seen.push(*guard);
            all(seen, inner);
        }
        Do::Write(l, inner) => {
            let mut guard = world.locks[*l].write().unwrap();
            *guard += 1;
            seen.push(*guard);
            all(seen, inner);
        }
        Do::Downgraded(l, inner) => {
            let mut guard = world.locks[*l].write().unwrap();
            *guard += 1;
            let guard = RwLockWriteGuard::downgrade(guard);
            seen.push(*guard);
            all(seen, inner);
        }
        Do::TryRead(l) => seen.push(world.locks[*l].try_read().map_or(-1, |guard| *guard)),
        Do::TryWrite(l) => seen.push(world.locks[*l].try_write().map_or(-1, |guard| *guard)),
        Do::Spin(x) => {
            while world.atomics[*x].load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
        Do::SpinLock(m) => {
            while world.mutexes[*m].try_lock().is_err() {
                hint::spin_loop();
            }
        }
        Do::PollUntil(c) => {
            let mut guard = world.mutexes[0].lock().unwrap();
            while *guard == 0 {
                guard = world.condvars[*c].wait_timeout(guard, Duration::ZERO).unwrap().0;
            }
            seen.push(*guard);
        }
        Do::Park => thread::park(),
        Do::ParkTimeout => thread::park_timeout(Duration::ZERO),
        Do::Unpark(t) => own.threads[*t % own.threads.len()].0.unpark(),
        Do::Kill(t) => {
            let (victim, role) = &own.threads[*t % own.threads.len()];
            if *role == Role::Process && victim.id() != thread::current().id() {
                thread::kill(victim);
            }
        }
        Do::Meet(asks) => {
            let met = world.barrier.wait();
            seen.push(if *asks { i64::from(met.is_leader()) } else { 0 });
        }
        Do::Send(_)
        | Do::TrySend(_)
        | Do::Recv(_)
        | Do::TryRecv(_)
        | Do::RecvTimeout(_)
        | Do::DropSender(_)
        | Do::DropReceiver(_) => own.ends.borrow_mut().step(seen, what),
        Do::Once { .. } | Do::LookOnce | Do::AwaitOnce(_) => once(world, own, seen, what),
    }
}

fn once(world: &World, own: &Own, seen: &mut Vec<i64>, what: &Do) {
    let once = &world.once;
    let run = AssertUnwindSafe(|| match what {
        Do::Once { force, panics, inner } => {
            let mut ran = 0;
            let mut body = |again: bool| {
                ran = 1 + i64::from(again);
                inner.iter().for_each(|what| step(world, own, seen, what));
                assert!(!panics);
            };
            if *force {
                once.call_once_force(|state| body(state.is_poisoned()));
            } else {
                once.call_once(|| body(false));
            }
            ran
        }
        Do::LookOnce => i64::from(once.is_completed()),
        Do::AwaitOnce(true) => {
            once.wait_force();
            0
        }
        _ => {
            once.wait();
            0
        }
    });
    let came = catch_unwind(run).unwrap_or(-1);
    seen.push(came);
}

/// Runs a program's threads and reports everything they saw.
pub(super) fn run(program: &Program) {
    ended(program);
}

/// As [`run`]; what the threads have seen that are waited for.
pub(super) fn ended(program: &Program) -> String {
    let text = format!("{program:?}");
    let world = Arc::new(World {
        atomics: (0..2).map(|_| AtomicI64::new(0)).collect(),
        mutexes: (0..2).map(|_| Mutex::new(0)).collect(),
        condvars: (0..2).map(|_| Condvar::new()).collect(),
        locks: (0..1).map(|_| RwLock::new(0)).collect(),
        once: Once::new(),
        barrier: Barrier::new(PARTIES),
        threads: RwLock::new(Vec::new()),
        start: text.contains("Late").then(Instant::now),
    });
    // Threads know each other's handles only if somebody needs them: handing them over
    // takes steps of its own.
    let known = text.contains("Unpark") || text.contains("Kill");
    let mut all = Ends::new(program);
    let gate = known.then(|| world.threads.write().unwrap());
    let started: Vec<_> = program
        .iter()
        .map(|(ops, role)| {
            let (world, ops) = (Arc::clone(&world), ops.clone());
            let ends = all.of(&ops);
            let builder = thread::Builder::new();
            let builder = match role {
                Role::Plain => builder,
                Role::Daemon => builder.daemon(),
                Role::Process => builder.process(),
            };
            let body = move || {
                let threads =
                    if known { world.threads.read().unwrap().clone() } else { Vec::new() };
                let own = Own { threads, ends: RefCell::new(ends) };
                let mut seen = Vec::new();
                ops.iter().for_each(|what| step(&world, &own, &mut seen, what));
                seen
            };
            builder.spawn(body).unwrap()
        })
        .collect();
    drop(all);
    if let Some(mut gate) = gate {
        let threads = started.iter().map(|handle| handle.thread().clone());
        gate.extend(threads.zip(program.iter().map(|(_, role)| *role)));
    }
    let started = started.into_iter().zip(program);
    let mut told = String::new();
    for (handle, (_, role)) in started {
        if *role != Role::Plain {
            // To drop it would be a step, beside the end of its thread.
            std::mem::forget(handle);
            continue;
        }
        let seen = format!("{:?}", handle.join().unwrap());
        outcome(&seen);
        told += &seen;
    }
    told
}
