//! What each step does to its objects.

use std::sync::atomic::Ordering;

use crate::exploration::traces::events::Event;
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{Kernel, NOBODY, Status};

impl Kernel {
    /// Does the chosen step of the running thread, unless it is an atomic's, whose value
    /// the fiber holds: see [`Kernel::access`].
    #[inline]
    pub(crate) fn execute(&mut self) -> u32 {
        let me = self.current;
        let pending = self.me().pending;
        let Pending { op, obj, aux, .. } = pending;
        let alt = self.path.node(self.events.taken()).alt;
        let changed = self.is_change(op, alt);
        let event = Event { alt, changed, ..Event::new(me, op, Footprint::NOTHING) };
        let result = match op {
            Op::Lock | Op::Relock | Op::Unlock | Op::TryLock => self.mutex_step(event, obj),
            Op::ReadLock
            | Op::WriteLock
            | Op::ReadUnlock
            | Op::WriteUnlock
            | Op::TryRead
            | Op::TryWrite => self.rwlock_step(event, obj),
            Op::Wait | Op::Wake | Op::NotifyOne | Op::NotifyAll => {
                self.condvar_step(event, obj, aux)
            }
            Op::Park | Op::ParkTimeout | Op::Unpark => self.token_step(event, obj, aux),
            Op::Choose => {
                let footprint = self.own_footprint(me);
                self.record(Event { footprint, ..event });
                u32::from(alt)
            }
            Op::StopDaemons => {
                self.forks = true;
                self.stop_daemons(event);
                0
            }
            Op::Kill => {
                self.forks = true;
                self.kill(event, aux as u16);
                0
            }
            Op::IsFinished | Op::End => {
                self.touched = true;
                let footprint =
                    if op == Op::End { Footprint::write(obj) } else { Footprint::read(obj) };
                self.record(Event { footprint, ..event });
                u32::from(self.threads[aux as usize].status == Status::Done)
            }
            Op::Yield => {
                self.forks = true;
                self.yield_step(event);
                0
            }
            Op::Asleep | Op::Join | Op::Load | Op::Store | Op::Rmw | Op::CompareExchange => {
                unreachable!("{op:?} is done elsewhere")
            }
        };
        if self.recording() {
            self.note_step(&pending, alt, result);
        }
        result
    }

    /// Does the step leave something other than it was, for a thread that looks? A lock is
    /// given back changed if its holder has changed anything since it last yielded.
    #[inline]
    fn is_change(&mut self, op: Op, alt: u16) -> bool {
        match op {
            Op::Unlock | Op::WriteUnlock | Op::Wait => self.me().spin.has_effect(),
            Op::NotifyOne => alt != NOBODY,
            Op::NotifyAll | Op::Unpark | Op::Choose | Op::End => true,
            _ => false,
        }
    }

    #[inline]
    fn mutex_step(&mut self, mut event: Event, obj: u32) -> u32 {
        let me = event.thread;
        let free = self.objects[obj as usize].owner == NOBODY;
        event.footprint = Footprint::write(obj);
        match event.op {
            Op::Unlock => {
                self.record(event);
                self.objects[obj as usize].owner = NOBODY;
                self.races.release(usize::from(me), obj, false);
                return 1;
            }
            Op::TryLock if !free => {
                event.footprint = Footprint::read(obj);
                self.record(event);
                return 0;
            }
            Op::TryLock => {
                event.flag = true;
                let index = self.record(event);
                self.took(obj, index);
            }
            _ => {
                self.acquire(event, obj);
            }
        }
        self.objects[obj as usize].owner = me;
        self.races.acquire(usize::from(me), obj, false);
        1
    }

    fn rwlock_step(&mut self, mut event: Event, obj: u32) -> u32 {
        let me = event.thread;
        let lock = &self.objects[obj as usize];
        let writing = matches!(event.op, Op::WriteLock | Op::WriteUnlock | Op::TryWrite);
        let free = lock.owner == NOBODY && (!writing || lock.threads.is_empty());
        event.footprint = if writing { Footprint::write(obj) } else { Footprint::read(obj) };
        match event.op {
            Op::ReadUnlock | Op::WriteUnlock => {
                self.record(event);
                let lock = &mut self.objects[obj as usize];
                if writing {
                    lock.owner = NOBODY;
                } else if let Some(at) = lock.threads.iter().position(|reader| *reader == me) {
                    lock.threads.swap_remove(at);
                }
                self.races.release(usize::from(me), obj, !writing);
                return 1;
            }
            Op::TryRead | Op::TryWrite => {
                event.flag = free;
                // A failed attempt to write notes whether a writer was in the way.
                event.expected = u64::from(lock.owner != NOBODY);
                let index = self.record(event);
                if !free {
                    return 0;
                }
                if writing {
                    self.took(obj, index);
                } else {
                    self.objects[obj as usize].shared.push(index as u32);
                }
            }
            _ => {
                self.acquire(event, obj);
            }
        }
        if writing {
            self.objects[obj as usize].owner = me;
        } else {
            self.objects[obj as usize].threads.push(me);
        }
        self.races.acquire(usize::from(me), obj, writing);
        1
    }

    fn condvar_step(&mut self, mut event: Event, obj: u32, mutex: u32) -> u32 {
        let me = event.thread;
        match event.op {
            Op::Wait => {
                event.footprint = Footprint::write_and_read(mutex, obj);
                self.record(event);
                self.objects[mutex as usize].owner = NOBODY;
                self.races.release(usize::from(me), mutex, false);
                let spurious = event.alt == 1;
                self.me().notified = 0;
                self.me().woken_spuriously = if spurious { obj + 1 } else { 0 };
                if !spurious {
                    self.objects[obj as usize].threads.push(me);
                }
                u32::from(spurious)
            }
            Op::Wake => {
                let notified = self.me().notified;
                event.flag = notified != 0;
                event.expected = u64::from(obj);
                if notified != 0 {
                    event.footprint = self.own_footprint(me);
                    self.record_after(event, notified - 1);
                } else {
                    event.footprint = Footprint::read(obj);
                    self.record(event);
                    self.objects[obj as usize].threads.retain(|waiter| *waiter != me);
                }
                u32::from(notified != 0)
            }
            Op::NotifyOne => {
                event.footprint = Footprint::write(obj);
                let waiters = &mut self.objects[obj as usize].threads;
                match waiters.iter().position(|waiter| *waiter == event.alt) {
                    Some(at) => {
                        waiters.remove(at);
                    }
                    None if event.alt == NOBODY && waiters.is_empty() => {}
                    None => self.diverged("another thread is there to be notified".to_owned()),
                }
                let index = self.record(event);
                if event.alt != NOBODY {
                    self.notify(event.alt, index);
                }
                0
            }
            _ => {
                event.footprint = Footprint::write(obj);
                let index = self.record(event);
                let mut woken = std::mem::take(&mut self.objects[obj as usize].threads);
                let count = woken.len();
                for waiter in woken.drain(..) {
                    self.notify(waiter, index);
                }
                self.objects[obj as usize].threads = woken;
                count as u32
            }
        }
    }

    fn notify(&mut self, waiter: u16, index: usize) {
        self.races.pass(usize::from(self.current), usize::from(waiter));
        let Some(thread) = self.threads.get_mut(usize::from(waiter)) else {
            return;
        };
        if thread.pending.op == Op::Asleep {
            thread.pending.op = Op::Relock;
            thread.pending.obj = thread.pending.aux;
            thread.also.push(index as u32 + 1);
        } else {
            // A timed wait: notified if its waking comes after this.
            thread.notified = index as u32 + 1;
        }
    }

    fn token_step(&mut self, mut event: Event, obj: u32, owner: u32) -> u32 {
        let me = event.thread;
        self.touched = true;
        if event.op == Op::Unpark {
            event.footprint = Footprint::read(obj);
            self.record(event);
            self.races.release(usize::from(me), obj, false);
            let token = &mut self.objects[obj as usize].threads;
            token.clear();
            token.push(owner as u16);
            return 0;
        }
        event.footprint = Footprint::write(obj);
        let there = !self.objects[obj as usize].threads.is_empty();
        event.flag = there;
        self.record(event);
        self.objects[obj as usize].threads.clear();
        if there {
            self.races.acquire(usize::from(me), obj, false);
        }
        u32::from(there)
    }

    /// Records an atomic's step, which wrote it or only read it. Returns whether a trace
    /// is wanted.
    #[inline(never)]
    pub(crate) fn access(&mut self, access: AtomicAccess) -> bool {
        let AtomicAccess { op, obj, written, changed, expected, old, order } = access;
        let footprint = if written { Footprint::write(obj) } else { Footprint::read(obj) };
        let event = Event {
            flag: written,
            changed,
            expected,
            old,
            ..Event::new(self.current, op, footprint)
        };
        self.record(event);
        self.races.atomic(usize::from(self.current), obj, op != Op::Store, written, order);
        self.recording()
    }
}

/// What an atomic's step did.
pub(crate) struct AtomicAccess {
    pub(crate) op: Op,
    pub(crate) obj: u32,
    pub(crate) written: bool,
    /// Whether the value is another now.
    pub(crate) changed: bool,
    /// The value a compare-and-swap expects.
    pub(crate) expected: u64,
    pub(crate) old: u64,
    pub(crate) order: Ordering,
}
