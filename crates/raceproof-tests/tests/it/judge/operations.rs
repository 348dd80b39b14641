//! The operations of a program on the mirror of std.

use std::cell::Cell;
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use raceproof::sync::atomic::Ordering::SeqCst;
use raceproof::sync::{Condvar, LockResult, TryLockError, TryLockResult};
use raceproof::time::Instant;
use raceproof::{choose, hint, thread};

use super::held::Held;
use super::language::{Block, Do, Hold, MUTEXES, arc_of};
use super::mirror::{Env, Own};
use super::perishable::Perishable;

const SOON: Duration = Duration::from_millis(1);

impl Env<'_> {
    /// Runs a block; `Break` if a loop is left.
    pub(super) fn run(&self, block: &[Do], held: &mut Held<'_>) -> ControlFlow<()> {
        for what in block {
            self.step(what, held)?;
        }
        Continue(())
    }

    fn step(&self, what: &Do, held: &mut Held<'_>) -> ControlFlow<()> {
        match what {
            Do::Load(..) | Do::Store(..) | Do::Add(..) | Do::Swap(..) => self.access_atomic(what),
            Do::CompareExchange(..) | Do::CompareExchangeWeak(..) => self.access_atomic(what),
            Do::DropAtomic(x) => self.own.world.atomics[*x].drop_now(),
            Do::ReadCell => _ = self.own.world.cell.as_ref().map(|cell| cell.read()),
            Do::DropCell => self.own.world.cell.iter().for_each(Perishable::drop_now),
            Do::Hold(hold, 0..MUTEXES, block) => return self.hold_mutex(*hold, what, block),
            Do::Hold(hold, _, block) => return self.hold_rwlock(*hold, block),
            Do::Downgrade => held.downgrade(),
            Do::IsPoisoned(lock) => self.look_at_poison(*lock),
            Do::ClearPoison(lock) => self.clear_poison(*lock),
            Do::Get => held.get().into_iter().for_each(|data| self.own.observe(data)),
            Do::Put(value) => held.put(*value),
            Do::Touch => held.touch(),
            Do::Count { atomic } => self.own.world.count(*atomic),
            Do::Keep => self.own.observe(self.own.world.keep()),
            Do::Wait(c) => self.wait(&self.own.world.condvars[*c], None, held),
            Do::WaitTimeout(c) => self.wait(&self.own.world.condvars[*c], Some(SOON), held),
            Do::NotifyOne(c) => self.own.world.condvars[*c].notify_one(),
            Do::NotifyAll(c) => self.own.world.condvars[*c].notify_all(),
            Do::Send(..) | Do::TrySend(..) | Do::DropSender(_) => self.send(what),
            Do::Recv(_) | Do::TryRecv(_) | Do::RecvTimeout(_) => self.receive(what),
            Do::Spawn(_) | Do::SpawnWith(_) | Do::SpawnGiving(_) => self.spawn(what),
            Do::Scope(first, second, body) => self.scope(first, second, body),
            Do::Join(_) | Do::JoinSibling | Do::IsFinished(_) => self.join(what),
            Do::Detach(handle) => self.detach(*handle),
            Do::Park => thread::park(),
            Do::ParkTimeout => thread::park_timeout(SOON),
            Do::Unpark(whom) => self.unpark(*whom),
            Do::Yield => thread::yield_now(),
            Do::SpinLoop => hint::spin_loop(),
            Do::Sleep => thread::sleep(SOON),
            Do::Now(_) | Do::Later(_) | Do::Reached(..) | Do::Order(..) => self.own.look(what),
            Do::PutTime(_) | Do::GetTime(_) => self.pass_time(what, held),
            Do::Choose(n) => self.own.observe(choose(*n) as i64),
            Do::Panic(message) => panic!("p{message}"),
            Do::ResumeUnwind(message) => resume_unwind(Box::new(format!("p{message}"))),
            Do::Access { cell, writes, block } => self.access_cell(*cell, *writes, block),
            Do::Meet => self.meet(),
            Do::CallOnce(_) | Do::CallOnceForce(_) | Do::IsCompleted => self.pass_once(what),
            Do::GetOrInit(_) | Do::SetOnce(_) | Do::GetOnce | Do::Force => self.pass_lock(what),
            Do::Local(destructor) => self.add_local(destructor),
            _ if arc_of(what).is_some() => self.own_value(what),
            _ => return self.control(what, held),
        }
        Continue(())
    }

    fn own_value(&self, what: &Do) {
        let (seen, taken) = self.arcs.borrow_mut().own(what);
        seen.into_iter().for_each(|seen| self.own.observe(seen));
        drop(taken);
    }

    /// Operations that run a block or leave one.
    fn control(&self, what: &Do, held: &mut Held<'_>) -> ControlFlow<()> {
        let register = self.own.register.get();
        match what {
            Do::If(value, block) if register == *value => return self.run(block, held),
            Do::Leave(value) if register == *value => return Break(()),
            Do::LeaveUnless(value) if register != *value => return Break(()),
            Do::Times(rounds, body) => self.repeat(Some(*rounds), body, held),
            Do::Forever(body) => {
                self.repeat(None, body, held);
                self.own.observe(self.own.register.get());
            }
            Do::Catch(block) => {
                let caught = catch_unwind(AssertUnwindSafe(|| self.run(block, &mut Held::Nothing)));
                self.own.observe(i64::from(caught.is_err()));
            }
            Do::Guarded(destructor, block) => {
                let _object = Object { env: self, destructor };
                return self.run(block, held);
            }
            _ => {}
        }
        Continue(())
    }

    /// Runs a body again and again until it leaves, in so many rounds at the most. That is one loop, whatever its limit.
    fn repeat(&self, rounds: Option<u32>, body: &[Do], held: &mut Held<'_>) {
        struct Within<'a>(&'a Cell<usize>, usize);
        impl Drop for Within<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - self.1);
            }
        }
        let endless = usize::from(rounds.is_none());
        self.own.endless.set(self.own.endless.get() + endless);
        let _within = Within(&self.own.endless, endless);
        let mut done = 0;
        while rounds != Some(done) && self.run(body, held).is_continue() {
            done = done.wrapping_add(1);
        }
    }

    /// A loop around the access is left no more than one around any closure.
    fn access_cell(&self, cell: usize, writes: bool, block: &Block) {
        let cell = &self.own.world.cells.as_ref().expect("cells")[cell];
        let run = || self.run(block, &mut Held::Nothing);
        let _ = if writes { cell.with_mut(|_| run()) } else { cell.with(|_| run()) };
    }

    fn access_atomic(&self, what: &Do) {
        let atomics = &self.own.world.atomics;
        let seen = match what {
            Do::Load(x) => atomics[*x].load(SeqCst),
            Do::Store(x, value) => return atomics[*x].store(*value, SeqCst),
            Do::Add(x, value) => atomics[*x].fetch_add(*value, SeqCst),
            Do::Swap(x, value) => atomics[*x].swap(*value, SeqCst),
            Do::CompareExchange(x, old, new) => {
                let result = atomics[*x].compare_exchange(*old, *new, SeqCst, SeqCst);
                result.unwrap_or_else(|seen| seen)
            }
            Do::CompareExchangeWeak(x, old, new) => {
                let result = atomics[*x].compare_exchange_weak(*old, *new, SeqCst, SeqCst);
                result.unwrap_or_else(|seen| seen + 10)
            }
            _ => unreachable!("an atomic's operation"),
        };
        self.own.observe(seen);
    }

    fn hold_mutex(&self, hold: Hold, what: &Do, block: &[Do]) -> ControlFlow<()> {
        let Do::Hold(_, index, _) = what else { unreachable!("a lock") };
        let mutex = &self.own.world.mutexes[*index];
        let usable = *index == 0;
        match hold {
            Hold::Exclusive | Hold::Shared => {
                self.within(tried(mutex.lock()), |guard| Held::Mutex(Some(guard), usable), block)
            }
            Hold::TryExclusive | Hold::TryShared => {
                self.within(mutex.try_lock(), |guard| Held::Mutex(Some(guard), usable), block)
            }
        }
    }

    fn hold_rwlock(&self, hold: Hold, block: &[Do]) -> ControlFlow<()> {
        let lock = &self.own.world.rwlock;
        match hold {
            Hold::Exclusive => self.within(tried(lock.write()), Held::Write, block),
            Hold::Shared => self.within(tried(lock.read()), Held::Read, block),
            Hold::TryExclusive => self.within(lock.try_write(), Held::Write, block),
            Hold::TryShared => self.within(lock.try_read(), Held::Read, block),
        }
    }

    /// Runs a block with the guard, if there is one.
    fn within<'a, G>(
        &self,
        result: TryLockResult<G>,
        hold: impl FnOnce(G) -> Held<'a>,
        block: &[Do],
    ) -> ControlFlow<()> {
        let (guard, seen) = match result {
            Ok(guard) => (guard, 1),
            Err(TryLockError::Poisoned(poisoned)) => (poisoned.into_inner(), 2),
            Err(TryLockError::WouldBlock) => {
                self.own.observe(0);
                return Continue(());
            }
        };
        let mut held = hold(guard);
        self.own.observe(seen);
        self.run(block, &mut held)
    }

    fn look_at_poison(&self, lock: usize) {
        let world = &self.own.world;
        let mutex = world.mutexes.get(lock).map(|mutex| mutex.is_poisoned());
        self.own.observe(i64::from(mutex.unwrap_or_else(|| world.rwlock.is_poisoned())));
    }

    fn clear_poison(&self, lock: usize) {
        match self.own.world.mutexes.get(lock) {
            Some(mutex) => mutex.clear_poison(),
            None => self.own.world.rwlock.clear_poison(),
        }
    }

    fn pass_time(&self, what: &Do, held: &Held<'_>) {
        let (Do::PutTime(slot) | Do::GetTime(slot)) = what else { unreachable!("a time") };
        if !matches!(held, Held::Mutex(_, true)) {
            return;
        }
        let mut time = self.own.world.time.lock().unwrap();
        let mut slots = self.own.slots.get();
        match what {
            Do::PutTime(_) => *time = slots[*slot],
            _ => slots[*slot] = *time,
        }
        self.own.slots.set(slots);
    }

    fn wait(&self, condvar: &Condvar, timeout: Option<Duration>, held: &mut Held<'_>) {
        if let Some(seen) = held.wait(condvar, timeout) {
            self.own.observe(seen);
        }
    }

    fn send(&self, what: &Do) {
        if let Do::DropSender(channel) = what {
            let sender = self.senders.borrow_mut().take(*channel);
            return drop(sender);
        }
        let seen = self.senders.borrow().send(what);
        seen.into_iter().for_each(|seen| self.own.observe(seen));
    }

    fn receive(&self, what: &Do) {
        let seen = self.receivers.borrow().receive(what);
        seen.into_iter().for_each(|seen| self.own.observe(seen));
    }
}

impl Own {
    /// Looks at the clock, or at times that were taken.
    fn look(&self, what: &Do) {
        let mut slots = self.slots.get();
        match *what {
            Do::Now(slot) => slots[slot] = Some(Instant::now()),
            Do::Later(slot) => slots[slot] = slots[slot].map(|time| time + SOON),
            Do::Reached(a, b) => {
                let reached = slots[a].zip(slots[b]).map(|(a, b)| a >= b);
                reached.into_iter().for_each(|reached| self.observe(i64::from(reached)));
            }
            Do::Order(a, b) => {
                let order = slots[a].zip(slots[b]).map(|(a, b)| a.cmp(&b));
                order.into_iter().for_each(|order| self.observe(order as i64));
            }
            _ => unreachable!("{what:?} looks at no time"),
        }
        self.slots.set(slots);
    }
}

/// A lock's result as that of a try.
fn tried<G>(result: LockResult<G>) -> TryLockResult<G> {
    result.map_err(TryLockError::Poisoned)
}

/// An object whose destructor runs a block.
struct Object<'a, 's> {
    env: &'a Env<'s>,
    destructor: &'a Block,
}

impl Drop for Object<'_, '_> {
    fn drop(&mut self) {
        let _ = self.env.run(self.destructor, &mut Held::Nothing);
    }
}
