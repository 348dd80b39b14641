//! The steps of locks, condition variables and channels.

use super::language::{CHANNELS, Do};
use super::state::{Scope, Stage, State, Tid};
use super::steps::{Access, Object};

impl<'p> State<'p> {
    /// Takes a mutex if it is free, which it is unless this is a try.
    pub(super) fn lock_mutex(&mut self, id: Tid, lock: usize, block: &'p [Do]) -> Access {
        let free = self.locks[lock].admits(false);
        if free {
            self.take(id, lock, false, block);
        } else {
            self.threads[id].observe(0);
        }
        vec![(Object::Lock(lock), free)]
    }

    /// Takes a lock, which is free, and begins the block that holds it.
    pub(super) fn take(&mut self, id: Tid, lock: usize, shared: bool, block: &'p [Do]) {
        self.locks[lock].admit(id, shared);
        let thread = &mut self.threads[id];
        self.locks[lock].tell(&mut thread.known, shared);
        let panicking = thread.is_panicking();
        thread.enter(block, Scope::Guard { lock, shared, panicking });
        self.find(id, lock, true);
    }

    /// Finds out, now or in a step of its own, whether the lock is poisoned that the thread has just
    /// taken. "Errors: If another user of this mutex panicked while holding the mutex".
    fn find(&mut self, id: Tid, lock: usize, notified: bool) {
        if self.rules.poison {
            self.threads[id].stage = Some(Stage::Found { lock, notified });
        } else {
            self.found(id, lock, notified);
        }
    }

    fn found(&mut self, id: Tid, lock: usize, notified: bool) {
        let poisoned = i64::from(self.locks[lock].poisoned);
        self.threads[id].observe(if notified { 1 + poisoned } else { 0 });
    }

    /// "A mutex becomes poisoned if it recognizes that the thread holding it has panicked." A
    /// read-write lock "may only be poisoned if a panic occurs while it is locked exclusively".
    pub(super) fn release(&mut self, id: Tid) -> Access {
        let thread = &mut self.threads[id];
        let panics = thread.is_panicking();
        let frame = thread.frames.last_mut().expect("a guard's scope");
        let Scope::Guard { lock, shared, panicking } = &mut frame.scope else {
            unreachable!("a guard's scope")
        };
        let (lock, shared) = (*lock, *shared);
        let state = &mut self.locks[lock];
        if !shared && panics && !std::mem::replace(panicking, true) {
            state.poisoned = true;
            if self.rules.poison {
                return vec![(Object::Poison(lock), true)];
            }
        }
        thread.frames.pop();
        state.release(id, &thread.known, shared);
        vec![(Object::Lock(lock), !shared)]
    }

    /// "This function will atomically unlock the mutex specified and block the current thread."
    pub(super) fn wait(&mut self, id: Tid, condvar: usize, timed: bool) -> Access {
        let lock = 0;
        self.locks[lock].release(id, &self.threads[id].known, false);
        self.waiters[condvar].push(id);
        self.waiters[condvar].sort_unstable();
        self.threads[id].stage = Some(Stage::Waiting { condvar, timed, lock });
        vec![(Object::Lock(lock), true), (Object::Condvar(condvar), false)]
    }

    /// "Wakes up one blocked thread on this condvar." It is not said which.
    pub(super) fn notify(&mut self, condvar: usize, nth: usize) {
        let waiter = self.waiters[condvar].remove(nth);
        self.note_spurious(waiter, Object::Condvar(condvar), false);
        let stage = &mut self.threads[waiter].stage;
        *stage = match stage {
            Some(Stage::Waiting { timed: true, lock, .. }) => Some(Stage::Notified { lock: *lock }),
            Some(Stage::Waiting { lock, .. }) => {
                Some(Stage::Relock { lock: *lock, notified: true })
            }
            _ => unreachable!("a waiter"),
        };
    }

    /// Goes on with an operation half done.
    pub(super) fn go_on(&mut self, id: Tid, alternative: usize) -> Access {
        match self.threads[id].stage.take().expect("a stage") {
            // A timed wait that no notification ended has timed out, at any moment. Otherwise it has
            // woken for no reason.
            Stage::Waiting { condvar, timed, lock } => {
                if timed && alternative == 0 {
                    self.time_out(id);
                }
                self.waiters[condvar].retain(|waiter| *waiter != id);
                let spurious = !timed || alternative > 0;
                if spurious {
                    self.note_spurious(id, Object::Condvar(condvar), true);
                }
                self.threads[id].stage = Some(Stage::Relock { lock, notified: spurious });
                vec![(Object::Condvar(condvar), false)]
            }
            Stage::Notified { lock } => {
                self.threads[id].stage = Some(Stage::Relock { lock, notified: true });
                Vec::new()
            }
            Stage::Relock { lock, notified } => {
                self.locks[lock].admit(id, false);
                self.locks[lock].tell(&mut self.threads[id].known, false);
                self.find(id, lock, notified);
                vec![(Object::Lock(lock), true)]
            }
            Stage::Found { lock, notified } => {
                self.found(id, lock, notified);
                vec![(Object::Poison(lock), false)]
            }
            Stage::Offering { channel } => {
                self.channels[channel].offers.retain(|(sender, _)| *sender != id);
                self.threads[id].observe(-1);
                vec![(Object::Channel(channel), true)]
            }
            Stage::Receiving { channel, .. } => {
                let state = &mut self.channels[channel];
                state.receiving = None;
                let gone = state.senders == 0;
                if !gone {
                    self.time_out(id);
                }
                self.threads[id].observe(if gone { -1 } else { 0 });
                vec![(Object::Channel(channel), true)]
            }
            Stage::Meeting => unreachable!("a thread that waits at the barrier"),
            Stage::Released(value) => {
                self.threads[id].observe(value);
                Vec::new()
            }
        }
    }

    /// `send`: "a return value of Err means that the data will never be received". `try_send`
    /// returns at once "if the channel's buffer is full or no receiver is waiting to acquire some
    /// data".
    pub(super) fn send(&mut self, id: Tid, what: &Do) -> Access {
        let (index, value, tries) = match what {
            Do::Send(index, value) => (*index, *value, false),
            Do::TrySend(index, value) => (*index, *value, true),
            Do::DropSender(index) => return self.drop_sender(id, *index),
            _ => unreachable!("a sender's operation"),
        };
        let slot = self.slot(index, self.channels[index].queue.len());
        let channel = &mut self.channels[index];
        let room = CHANNELS[index].is_none_or(|room| channel.queue.len() < room);
        let seen = if !channel.receiver {
            Some(-1)
        } else if room {
            channel.queue.push_back(value);
            Some(1)
        } else if let Some(receiver) = channel.receiving.take() {
            self.threads[receiver].stage = Some(Stage::Released(value));
            Some(1)
        } else if tries {
            Some(0)
        } else {
            channel.offers.push((id, value));
            None
        };
        match seen {
            Some(seen) => self.threads[id].observe(seen),
            None => self.threads[id].stage = Some(Stage::Offering { channel: index }),
        }
        // "Sends find that it is gone", or that it is full, in any order.
        match seen {
            Some(-1) => vec![(Object::Channel(index), false)],
            Some(0) => vec![(Object::Channel(index), false), (slot, false)],
            _ => vec![(Object::Channel(index), true), (slot, true)],
        }
    }

    pub(super) fn receive(&mut self, id: Tid, what: &Do) -> Access {
        let (Do::Recv(index) | Do::TryRecv(index) | Do::RecvTimeout(index)) = what else {
            unreachable!("a receiver's operation")
        };
        let slot = self.slot(*index, 0);
        let channel = &mut self.channels[*index];
        let thread = &mut self.threads[id];
        if let Some(value) = channel.queue.pop_front() {
            channel.received += 1;
            thread.observe(value);
            return vec![(slot, true)];
        }
        if !channel.offers.is_empty() {
            let (sender, value) = channel.offers.remove(0);
            thread.observe(value);
            self.threads[sender].stage = Some(Stage::Released(1));
        } else if channel.senders == 0 {
            thread.observe(-1);
        } else if CHANNELS[*index] == Some(0) && !matches!(what, Do::TryRecv(_)) {
            channel.receiving = Some(id);
            let timed = matches!(what, Do::RecvTimeout(_));
            thread.stage = Some(Stage::Receiving { channel: *index, timed });
        } else {
            thread.observe(0);
            if matches!(what, Do::RecvTimeout(_)) {
                self.time_out(id);
            }
        }
        vec![(Object::Senders(*index), true), (slot, true)]
    }

    /// Where a channel keeps a value that comes so many after the next one.
    fn slot(&self, channel: usize, nth: usize) -> Object {
        let nth = self.channels[channel].received + nth;
        Object::Slot(channel, CHANNELS[channel].map_or(nth, |room| nth % room.max(1)))
    }

    pub(super) fn drop_sender(&mut self, id: Tid, channel: usize) -> Access {
        self.threads[id].senders[channel] = false;
        self.channels[channel].senders -= 1;
        vec![(Object::Senders(channel), false)]
    }

    /// The values that were sent and not received are dropped with the receiver.
    pub(super) fn drop_receiver(&mut self, id: Tid, channel: usize) -> Access {
        self.threads[id].receivers[channel] = false;
        self.channels[channel].receiver = false;
        self.channels[channel].queue.clear();
        vec![(Object::Channel(channel), true)]
    }
}
