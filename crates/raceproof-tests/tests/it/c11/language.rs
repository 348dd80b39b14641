//! Small programs as text, and as closures on the mirror.
//!
//! Threads are split by `|`, operations by `;`. `W.o x v` is a store, `R.o x` a load, `F.o` a fence,
//! `A.o x v` a fetch_add, `X.o x v` a swap, `C.success.failure x expected new` a compare_exchange, `CW...` a weak one,
//! `SP.o x v` loads until it reads that value, `SB.o x v y w` loads both until they are so, `SS.o x v` swaps that value in until it finds another, `PW d` and `PR d` are plain accesses, `L m` and `U m` take a mutex and give it back, `N n` is a choice. `S c m` waits
//! at a condition variable with a mutex, `T c m` does with a timeout and says whether it was notified, `N1 c` and
//! `NA c` notify one and all. `LR l` and `LW l` take a
//! read-write lock for reading and for writing, `UR l` and `UW l` give it back. `P` parks, `PT` does with a timeout, `UP 1` unparks a thread that is not
//! started later. `nz r0` before an operation: only if register 0 is not 0, `gt1 r0`: only if it is above 1. Registers are
//! numbered by the operations of a thread that read. A value is a number, a register or their sum.

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicI64, Ordering, fence};
use raceproof::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use raceproof::thread::Thread;
use raceproof::{choose, hint, outcome, thread};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Value {
    Constant(i64),
    /// A register and a constant.
    Sum(usize, i64),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum What {
    Store(usize, Value, Ordering),
    Load(usize, Ordering),
    Add(usize, Value, Ordering),
    Swap(usize, Value, Ordering),
    Cas(usize, Value, Value, Ordering, Ordering),
    /// As [`What::Cas`], but may fail for no reason.
    WeakCas(usize, Value, Value, Ordering, Ordering),
    /// Loads until it reads this.
    Spin(usize, i64, Ordering),
    /// Loads both until the first is this and the second that.
    SpinBoth([(usize, i64); 2], Ordering),
    /// Swaps this in until it finds another value.
    SpinSwap(usize, i64, Ordering),
    Fence(Ordering),
    PlainWrite(usize),
    PlainRead(usize),
    Lock(usize),
    Unlock(usize),
    Choose(usize),
    Read(usize),
    ReadUnlock(usize),
    Write(usize),
    WriteUnlock(usize),
    /// Waits at a condition variable with a mutex.
    Wait(usize, usize),
    /// As [`What::Wait`]. Reads 1 if it was notified, 0 if it timed out.
    WaitTimeout(usize, usize),
    NotifyOne(usize),
    NotifyAll(usize),
    Park,
    ParkTimeout,
    Unpark(usize),
}

/// An operation, and the register that must be above a number for it to be done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Do {
    pub(super) what: What,
    pub(super) only_if: Option<(usize, Guard)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Guard {
    NotZero,
    AboveOne,
}

pub(super) type Program = Vec<Vec<Do>>;

impl Value {
    pub(super) fn of(self, registers: &[i64]) -> i64 {
        match self {
            Value::Constant(value) => value,
            Value::Sum(register, value) => registers[register] + value,
        }
    }
}

impl Do {
    pub(super) fn is_done(self, registers: &[i64]) -> bool {
        self.only_if.is_none_or(|(register, guard)| match guard {
            Guard::NotZero => registers[register] != 0,
            Guard::AboveOne => registers[register] > 1,
        })
    }
}

fn ordering(text: &str) -> Ordering {
    match text {
        "rlx" => Ordering::Relaxed,
        "acq" => Ordering::Acquire,
        "rel" => Ordering::Release,
        "ar" => Ordering::AcqRel,
        "sc" => Ordering::SeqCst,
        _ => panic!("`{text}` is no ordering"),
    }
}

const OBJECTS: [&str; 8] = ["x", "y", "z", "a", "b", "c", "d", "m"];

fn object(text: &str) -> usize {
    OBJECTS.iter().position(|name| *name == text).unwrap_or_else(|| panic!("`{text}`"))
}

fn register(text: &str) -> usize {
    text.strip_prefix('r').and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("`{text}`"))
}

fn value(text: &str) -> Value {
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    match text.split_once('+') {
        Some((one, other)) => Value::Sum(register(one), number(other)),
        None if text.starts_with('r') => Value::Sum(register(text), 0),
        None => Value::Constant(number(text)),
    }
}

fn operation(text: &str) -> Do {
    let mut words = text.split_whitespace().collect::<Vec<_>>();
    let mut only_if = None;
    if let ["nz" | "gt1", which, ..] = words[..] {
        let guard = if words[0] == "nz" { Guard::NotZero } else { Guard::AboveOne };
        only_if = Some((register(which), guard));
        words.drain(..2);
    }
    let kind = words[0].split('.').collect::<Vec<_>>();
    let order = |i: usize| ordering(kind[i]);
    let what = match (kind[0], &words[1..]) {
        ("W", [x, v]) => What::Store(object(x), value(v), order(1)),
        ("R", [x]) => What::Load(object(x), order(1)),
        ("A", [x, v]) => What::Add(object(x), value(v), order(1)),
        ("X", [x, v]) => What::Swap(object(x), value(v), order(1)),
        ("C", [x, e, n]) => What::Cas(object(x), value(e), value(n), order(1), order(2)),
        ("CW", [x, e, n]) => What::WeakCas(object(x), value(e), value(n), order(1), order(2)),
        ("SP", [x, v]) => What::Spin(object(x), v.parse().expect("a number"), order(1)),
        ("SS", [x, v]) => What::SpinSwap(object(x), v.parse().expect("a number"), order(1)),
        ("SB", [x, v, y, w]) => {
            let number = |text: &str| text.parse().expect("a number");
            What::SpinBoth([(object(x), number(v)), (object(y), number(w))], order(1))
        }
        ("F", []) => What::Fence(order(1)),
        ("PW", [d]) => What::PlainWrite(object(d)),
        ("PR", [d]) => What::PlainRead(object(d)),
        ("L", [m]) => What::Lock(object(m)),
        ("U", [m]) => What::Unlock(object(m)),
        ("LR", [l]) => What::Read(object(l)),
        ("UR", [l]) => What::ReadUnlock(object(l)),
        ("LW", [l]) => What::Write(object(l)),
        ("UW", [l]) => What::WriteUnlock(object(l)),
        ("S", [c, m]) => What::Wait(object(c), object(m)),
        ("T", [c, m]) => What::WaitTimeout(object(c), object(m)),
        ("N1", [c]) => What::NotifyOne(object(c)),
        ("NA", [c]) => What::NotifyAll(object(c)),
        ("P", []) => What::Park,
        ("PT", []) => What::ParkTimeout,
        ("UP", [thread]) => What::Unpark(thread.parse().expect("a thread")),
        ("N", [n]) => What::Choose(n.parse().expect("a number of alternatives")),
        _ => panic!("`{text}` is no operation"),
    };
    Do { what, only_if }
}

pub(super) fn parse(text: &str) -> Program {
    text.split('|').map(|thread| thread.split(';').map(operation).collect()).collect()
}

struct Shared {
    atomics: Vec<AtomicI64>,
    cell: UnsafeCell<i64>,
    mutexes: Vec<Mutex<()>>,
    rwlocks: Vec<RwLock<()>>,
    condvars: Vec<Condvar>,
    /// The threads so far.
    threads: std::sync::Mutex<Vec<Thread>>,
}

impl Shared {
    /// A thread that was started before this one, or this one.
    fn thread(&self, number: usize) -> Thread {
        let threads = self.threads.lock().expect("no poison");
        threads.get(number).cloned().unwrap_or_else(thread::current)
    }
}

type Guards<'a> = Vec<(usize, MutexGuard<'a, ()>)>;

/// Takes the guard of a mutex from those of a thread.
fn take<'a>(guards: &mut Guards<'a>, mutex: usize) -> MutexGuard<'a, ()> {
    let at = guards.iter().rposition(|(held, _)| *held == mutex).expect("it holds the mutex");
    guards.remove(at).1
}

/// Does what a thread does; returns its registers.
fn run(thread: &[Do], shared: &Shared) -> Vec<i64> {
    let mut registers = Vec::new();
    let mut guards = Guards::new();
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for what in thread {
        if !what.is_done(&registers) {
            continue;
        }
        let atomic = |x: usize| &shared.atomics[x];
        match what.what {
            What::Store(x, v, o) => atomic(x).store(v.of(&registers), o),
            What::Load(x, o) => registers.push(atomic(x).load(o)),
            What::Add(x, v, o) => registers.push(atomic(x).fetch_add(v.of(&registers), o)),
            What::Swap(x, v, o) => registers.push(atomic(x).swap(v.of(&registers), o)),
            What::Cas(x, e, n, success, failure) => {
                let (e, n) = (e.of(&registers), n.of(&registers));
                let read = atomic(x).compare_exchange(e, n, success, failure);
                registers.push(read.unwrap_or_else(|read| read));
            }
            What::WeakCas(x, e, n, success, failure) => {
                let (e, n) = (e.of(&registers), n.of(&registers));
                let read = atomic(x).compare_exchange_weak(e, n, success, failure);
                registers.push(read.unwrap_or_else(|read| read));
            }
            What::Spin(x, v, o) => {
                while atomic(x).load(o) != v {
                    hint::spin_loop();
                }
                registers.push(v);
            }
            What::SpinSwap(x, v, o) => registers.push(loop {
                let found = atomic(x).swap(v, o);
                if found != v {
                    break found;
                }
                hint::spin_loop();
            }),
            What::SpinBoth(wanted, o) => {
                while wanted.map(|(x, _)| atomic(x).load(o)) != wanted.map(|(_, v)| v) {
                    hint::spin_loop();
                }
            }
            What::Fence(o) => fence(o),
            What::PlainWrite(_) => shared.cell.write(1),
            What::PlainRead(_) => {
                shared.cell.read();
            }
            What::Lock(m) => guards.push((m, shared.mutexes[m].lock().expect("no poison"))),
            What::Unlock(m) => drop(take(&mut guards, m)),
            What::Read(l) => reads.push(shared.rwlocks[l].read().expect("no poison")),
            What::ReadUnlock(_) => drop(reads.pop()),
            What::Write(l) => writes.push(shared.rwlocks[l].write().expect("no poison")),
            What::WriteUnlock(_) => drop(writes.pop()),
            What::Wait(c, m) => {
                let guard = shared.condvars[c].wait(take(&mut guards, m)).expect("no poison");
                guards.push((m, guard));
            }
            What::WaitTimeout(c, m) => {
                let guard = take(&mut guards, m);
                let (guard, late) =
                    shared.condvars[c].wait_timeout(guard, Duration::ZERO).expect("no poison");
                registers.push(i64::from(!late.timed_out()));
                guards.push((m, guard));
            }
            What::NotifyOne(c) => shared.condvars[c].notify_one(),
            What::NotifyAll(c) => shared.condvars[c].notify_all(),
            What::Park => thread::park(),
            What::ParkTimeout => thread::park_timeout(Duration::ZERO),
            What::Unpark(thread) => shared.thread(thread).unpark(),
            What::Choose(n) => registers.push(choose(n) as i64),
        }
    }
    // A mutex that is not given back is never free again.
    guards.into_iter().for_each(std::mem::forget);
    reads.into_iter().for_each(std::mem::forget);
    writes.into_iter().for_each(std::mem::forget);
    registers
}

/// Runs a program on the mirror. What it comes to is the registers of its threads, which it returns.
pub(super) fn model(program: &Program) -> String {
    let shared = Arc::new(Shared {
        atomics: OBJECTS.iter().map(|name| AtomicI64::named(*name, 0)).collect(),
        cell: UnsafeCell::new(0),
        mutexes: OBJECTS.iter().map(|_| Mutex::new(())).collect(),
        rwlocks: OBJECTS.iter().map(|_| RwLock::new(())).collect(),
        condvars: OBJECTS.iter().map(|_| Condvar::new()).collect(),
        threads: std::sync::Mutex::default(),
    });
    let threads = program.iter().map(|code| {
        let (code, theirs) = (code.clone(), Arc::clone(&shared));
        let started = thread::spawn(move || run(&code, &theirs));
        shared.threads.lock().expect("no poison").push(started.thread().clone());
        started
    });
    let threads = threads.collect::<Vec<_>>();
    let registers = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
    let told = told(registers);
    outcome(&told);
    told
}

/// An outcome in words.
pub(super) fn told(registers: impl IntoIterator<Item = Vec<i64>>) -> String {
    let threads = registers
        .into_iter()
        .map(|registers| registers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
    threads.collect::<Vec<_>>().join(" | ")
}
