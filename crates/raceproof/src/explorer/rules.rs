//! What the executions of a program may be.

use super::Explorer;
use crate::kernel::{Memory, RwLockPolicy};

impl Explorer {
    /// Under this memory model only.
    ///
    /// Unless told so, a program is explored under sequential consistency; and if it does not fail, and has
    /// several atomics and orderings weaker than `SeqCst`, then under [`Memory::C11`] as well. Its executions are
    /// those that are counted then. Where the program does something that is not explored under that yet, or has more
    /// than a million such executions, or fewer that are long, the first proof stands, and
    /// [says](crate::Assumption::SequentialMemory) what it was. A search with
    /// [few preemptions](Explorer::preemption_bound) is followed by one under [`Memory::C11`], too, with any number of
    /// them, of as many executions as it has had, or 10,000 unless other limits are set.
    ///
    /// What orders no memory counts as an ordering weaker than `SeqCst`, and its object as an atomic: a look whether
    /// something has happened once, or whether a thread has ended, a try that fails, a notification without the lock,
    /// how the sends of several senders come one after the other.
    ///
    /// Under [`Memory::C11`] reads of a lock pass writers that wait, whatever the
    /// [policy](Explorer::rwlock_policy), and ends of objects that come too early are not looked for. Not
    /// explored yet are `try_lock` of a mutex with which threads wait for a condition variable, counts of weak references
    /// that decide something, daemons, processes and comparisons of times, and loops that wait whose rounds do more than look,
    /// by reading or by taking a lock. Where it was asked for, an execution that uses these fails as a
    /// [misuse](crate::FailureKind::Misuse) that says so.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use raceproof::{Explorer, Memory, thread};
    ///
    /// let stale = || {
    ///     let data = Arc::new(AtomicU32::named("data", 0));
    ///     let ready = Arc::new(AtomicU32::named("ready", 0));
    ///     let (theirs, flag) = (Arc::clone(&data), Arc::clone(&ready));
    ///     thread::spawn(move || {
    ///         theirs.store(1, Relaxed);
    ///         flag.store(1, Relaxed);
    ///     });
    ///     if ready.load(Relaxed) == 1 {
    ///         assert_eq!(data.load(Relaxed), 1, "stale");
    ///     }
    /// };
    /// Explorer::new().expect_failure("stale", stale);
    /// Explorer::new().memory(Memory::Sequential).model(stale);
    /// ```
    pub fn memory(mut self, memory: Memory) -> Self {
        self.limits.memory = memory;
        self.rust_memory = false;
        self
    }

    /// Whether what std lets happen for no reason does: a wait for a condition variable or a
    /// [`park`](crate::thread::park) wakes, a [task](crate::future) is polled, a `compare_exchange_weak` fails though it finds the value
    /// that it expects. Off unless told otherwise; then a proof of a program that does one of these
    /// [assumes](crate::Assumption::NoSpuriousWakeups) that it has a reason.
    ///
    /// Once it has happened, it does not happen again to the same thread's waits for the same condition
    /// variable, its parks, or its weak exchanges of the same atomic, until one of them has ended for a
    /// reason other than the time. So loops around them end.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};
    /// use raceproof::thread;
    ///
    /// Explorer::new().spurious_wakeups(true).expect_failure("not yet", || {
    ///     let ready = Arc::new(AtomicBool::named("ready", false));
    ///     let (theirs, main) = (Arc::clone(&ready), thread::current());
    ///     thread::spawn(move || {
    ///         theirs.store(true, SeqCst);
    ///         main.unpark();
    ///     });
    ///     thread::park(); // without a loop
    ///     assert!(ready.load(SeqCst), "not yet");
    /// });
    /// ```
    pub fn spurious_wakeups(mut self, wanted: bool) -> Self {
        self.limits.spurious = wanted;
        self
    }

    /// Whether a [spawned](crate::future::spawn) task may be cancelled: its future is dropped before it is polled, or
    /// wherever it waits, as by an executor that shuts down, a timeout, or an abort. Each place is explored, and that
    /// none happens, too. Off unless told otherwise. A future that is given to
    /// [`block_on`](crate::future::block_on) is not cancelled, and what it awaits is not either, unless it is a
    /// task.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::future::{block_on, spawn, yield_now};
    /// use raceproof::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
    ///
    /// let program = || {
    ///     let permits = Arc::new(AtomicU32::new(1));
    ///     let theirs = Arc::clone(&permits);
    ///     let task = spawn(async move {
    ///         theirs.fetch_sub(1, SeqCst);
    ///         yield_now().await;
    ///         theirs.fetch_add(1, SeqCst); // No guard does it.
    ///     });
    ///     _ = block_on(task);
    ///     assert_eq!(permits.load(SeqCst), 1, "a permit is lost");
    /// };
    /// Explorer::new().model(program);
    /// Explorer::new().cancellation(true).expect_failure("a permit is lost", program);
    /// ```
    pub fn cancellation(mut self, wanted: bool) -> Self {
        self.limits.cancellation = wanted;
        self
    }

    /// Whether the threads of an execution that fails are unwound, so that destructors of what they have run; they are, unless told
    /// otherwise.
    ///
    /// A thread is unwound from the operation in which it is, as if that had panicked. Code with `unsafe` in it may rely on
    /// operations that never panic, and free something twice. So in a program that has a
    /// [cell](crate::cell::UnsafeCell) or an [`AtomicPtr`](crate::sync::atomic::AtomicPtr) threads are never unwound: what they
    /// have is leaked. Where others crash the process when they fail, say false.
    pub fn unwinds(mut self, wanted: bool) -> Self {
        self.limits.unwinds = wanted;
        self
    }

    /// Whether it is a [data race](crate::FailureKind::DataRace) if a thread drops a cell, or has it for itself,
    /// and no synchronisation orders that after another thread's access. Otherwise it is a failure
    /// only if some interleaving comes to it in the wrong order, which finds no ordering that is too weak.
    ///
    /// Not so unless told otherwise: a std `Arc` orders the end of what it holds by a count that the
    /// explorer does not see, and is reported. This crate's [`Arc`](crate::sync::Arc) is seen.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicUsize, Ordering};
    /// use raceproof::{Explorer, cell::UnsafeCell, thread};
    ///
    /// struct Shared {
    ///     owners: AtomicUsize,
    ///     data: UnsafeCell<u32>,
    /// }
    ///
    /// /// Reads the data and drops it if this was the last owner.
    /// fn leave(shared: usize) {
    ///     let shared = std::ptr::with_exposed_provenance_mut::<Shared>(shared);
    ///     // SAFETY: there is an owner left until the count is 0.
    ///     let Shared { owners, data } = unsafe { &*shared };
    ///     data.read();
    ///     // It should be `AcqRel`.
    ///     if owners.fetch_sub(1, Ordering::Release) == 1 {
    ///         // SAFETY: no other owner is left.
    ///         drop(unsafe { Box::from_raw(shared) });
    ///     }
    /// }
    ///
    /// Explorer::new().strict_ends(true).expect_failure("nothing orders them", || {
    ///     let shared = Shared { owners: AtomicUsize::new(2), data: UnsafeCell::new(0) };
    ///     let shared = Box::into_raw(Box::new(shared)).expose_provenance();
    ///     thread::spawn(move || leave(shared));
    ///     leave(shared);
    /// });
    /// ```
    pub fn strict_ends(mut self, wanted: bool) -> Self {
        self.limits.strict_ends = wanted;
        self
    }

    /// Whether it is a [leak](crate::FailureKind::Leak) if the value of an [`Arc`](crate::sync::Arc) is alive when
    /// every thread has ended. Not so unless told otherwise. Executions that stop daemons or processes are
    /// not looked at, since their threads drop nothing.
    ///
    /// ```
    /// use std::sync::OnceLock;
    ///
    /// use raceproof::Explorer;
    /// use raceproof::sync::Arc;
    ///
    /// struct Node(OnceLock<Arc<Node>>);
    ///
    /// Explorer::new().leaks(true).expect_failure("is never dropped", || {
    ///     let node = Arc::new(Node(OnceLock::new()));
    ///     let _ = node.0.set(Arc::clone(&node)); // It owns itself.
    /// });
    /// ```
    pub fn leaks(mut self, wanted: bool) -> Self {
        self.limits.leaks = wanted;
        self
    }

    /// Whether a read of a read-write lock waits behind a thread that waits to write:
    /// [either](RwLockPolicy::Any) unless told otherwise. See [`RwLock`](crate::sync::RwLock).
    pub fn rwlock_policy(mut self, policy: RwLockPolicy) -> Self {
        self.limits.rwlock = policy;
        self
    }

    /// Takes it for a livelock if every thread that can go on has gone round its loop in vain this many
    /// times, nothing changing; 200 times unless told otherwise.
    pub fn livelock_after(mut self, rounds: u32) -> Self {
        self.limits.patience = rounds;
        self
    }
}
