//! A reentrant lock with its conditions, in the process that owns it.
//!
//! They are one object, so that a wait is one request: whenever the waiting process is killed, what it waited
//! for is known here. A waiting thread keeps its place in the line until it holds the lock again; if it is gone
//! before, its notification goes to the next in line.

use super::line::Line;
use crate::{
    backend::{Backend, Condvar, Mutex, MutexGuard, ThreadId},
    primitives::{
        process::{
            patience::{Client, Patience},
            remote::Object,
            standing,
        },
        rlock::Held,
        waiting,
    },
};
use serde::{Deserialize, Serialize};
use std::process;

/// A thread of any process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    process: u32,
    thread: ThreadId,
}

impl Owner {
    /// The running thread.
    pub(super) fn this<B: Backend>() -> Self {
        Self { process: process::id(), thread: B::current_id() }
    }
}

pub(super) struct Monitor<B: Backend> {
    state: Mutex<B, State>,
    /// The lock has become free.
    released: Condvar<B>,
    /// The lock has become free, and some in the line are notified.
    notified: Condvar<B>,
}

#[derive(Default)]
struct State {
    /// Threads that were killed in a wait for the lock still count as waiting.
    lock: Held<Owner>,
    line: Line,
    /// The number of conditions.
    conditions: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Acquire(Owner, usize, Patience),
    Release(Owner),
    ReleaseAll(Owner),
    Locked,
    IsOwned(Owner),
    NewCondition,
    Wait(Owner, u64, Patience),
    Notify(Owner, u64, usize),
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    /// Whether the answer is yes; for a release, whether the thread was the owner.
    Is(bool),
    /// The released levels, if the thread was the owner.
    Depth(Option<usize>),
    Condition(u64),
    /// Whether the wait was notified, if the thread was the owner.
    Waited(Option<bool>),
}

impl State {
    fn waiters(&mut self) -> &mut usize {
        self.lock.waiters()
    }
}

impl<B: Backend> Object for Monitor<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Acquire(owner, levels, patience) => {
                let give_back = || self.release(owner, |_| levels);
                let acquire = |p| self.take(owner, levels, p);
                Reply::Is(client.acquire(patience, acquire, give_back))
            }
            Request::Release(owner) => Reply::Is(self.release(owner, |_| 1).is_some()),
            Request::ReleaseAll(owner) => Reply::Depth(self.release(owner, |depth| depth)),
            Request::Locked => Reply::Is(self.state.lock().lock.owner.is_some()),
            Request::IsOwned(owner) => Reply::Is(self.state.lock().lock.owner == Some(owner)),
            Request::NewCondition => {
                let mut state = self.state.lock();
                state.conditions += 1;
                Reply::Condition(state.conditions)
            }
            Request::Wait(owner, condition, patience) => {
                Reply::Waited(self.wait(owner, condition, patience, client))
            }
            Request::Notify(owner, condition, n) => Reply::Is(self.notify(owner, condition, n)),
        }
    }

    fn abandoned(&self, _: bool) {
        self.state.lock().line.remove_if(|process| standing::is_killed::<B>(process));
        // One may have been woken that will never look.
        self.released.notify_all();
        self.notified.notify_all();
    }

    #[track_caller]
    fn close(&self) {
        let mut state = self.state.lock();
        (state.lock.owner, state.lock.depth) = (None, 0);
        state.line.notify_every();
        drop(state);
        self.released.notify_all();
        self.notified.notify_all();
    }
}

impl<B: Backend> Monitor<B> {
    #[track_caller]
    pub(super) fn new(name: &str) -> Self {
        Self {
            state: Mutex::named(name.to_owned(), State::default()),
            released: Condvar::named(format!("{name} released")),
            notified: Condvar::named(format!("{name} notified")),
        }
    }

    /// Acquires this many levels, unless the patience ends before; returns whether it did.
    #[track_caller]
    fn take(&self, owner: Owner, levels: usize, patience: Patience) -> bool {
        let (state, taken) = self.take_from(self.state.lock(), owner, levels, patience);
        drop(state);
        taken
    }

    #[track_caller]
    fn take_from<'a>(
        &self,
        mut state: MutexGuard<'a, B, State>,
        owner: Owner,
        levels: usize,
        patience: Patience,
    ) -> (MutexGuard<'a, B, State>, bool) {
        let waiters = State::waiters;
        let foreign = |state: &State| state.lock.is_foreign_to(owner);
        let mut timed_out = foreign(&state);
        if timed_out {
            (state, timed_out) = match patience {
                Patience::None => (state, true),
                Patience::For(timeout) => {
                    waiting::wait_timeout_while(&self.released, state, timeout, waiters, foreign)
                }
                Patience::Endless => {
                    (waiting::wait_while(&self.released, state, waiters, foreign), false)
                }
            };
        }
        if !timed_out {
            state.lock.enter(owner, levels);
        }
        (state, !timed_out)
    }

    /// Releases some levels; returns how many there were, if the thread is the owner.
    #[track_caller]
    fn release(&self, owner: Owner, some: impl FnOnce(usize) -> usize) -> Option<usize> {
        let mut state = self.state.lock();
        let depth = state.lock.leave(owner, some)?;
        if state.lock.owner.is_none() {
            self.is_free(&state);
        }
        Some(depth)
    }

    /// The lock is free: one that waits for it goes on, or one that was notified.
    #[track_caller]
    fn is_free(&self, state: &State) {
        // One waiter is enough, as in the lock for threads.
        if state.lock.waiting > 0 {
            self.released.notify_one();
        }
        // All, because only they know which of them were.
        if state.line.has_notified() {
            self.notified.notify_all();
        }
    }

    #[track_caller]
    fn wait(
        &self,
        owner: Owner,
        condition: u64,
        patience: Patience,
        client: &Client<'_>,
    ) -> Option<bool> {
        let mut state = self.state.lock();
        let depth = state.lock.leave(owner, |depth| depth)?;
        let place = state.line.join(condition, B::current_process());
        self.is_free(&state);
        // The mutex is released only while this thread sleeps, and then it is in the line: whoever
        // acquires the lock next can notify it.
        let mut kept = Some(state);
        let mut step = |patience, back| {
            let state = kept.take().unwrap_or_else(|| self.state.lock());
            let (state, over) = match back {
                false => self.await_notice(state, place, patience),
                true => self.take_from(state, owner, depth, patience),
            };
            kept = Some(state);
            over
        };
        client.wait(patience, |p| step(p, false), |notified| !notified);
        let taken = client.wait(Patience::Endless, |p| step(p, true), |taken| !taken);
        let mut state = kept.take()?;
        let notified = state.line.leave(place);
        if !client.is_there() {
            // Nobody would act on the notification, or release the lock.
            if notified {
                state.line.notify(condition, 1);
            }
            if taken && state.lock.leave(owner, |depth| depth).is_some() {
                self.is_free(&state);
            }
        }
        Some(notified)
    }

    /// Waits until this place in the line is notified and the lock is free, or until the patience ends;
    /// returns whether the place is notified.
    #[track_caller]
    fn await_notice<'a>(
        &self,
        state: MutexGuard<'a, B, State>,
        place: u64,
        patience: Patience,
    ) -> (MutexGuard<'a, B, State>, bool) {
        let state = match patience {
            Patience::None => state,
            Patience::For(timeout) => {
                let unnoticed = |state: &mut State| !state.line.is_notified(place);
                self.notified.wait_timeout_while(state, timeout, unnoticed).0
            }
            Patience::Endless => {
                let stays = |state: &mut State| {
                    state.lock.owner.is_some() || !state.line.is_notified(place)
                };
                self.notified.wait_while(state, stays)
            }
        };
        let notified = state.line.is_notified(place);
        (state, notified)
    }

    #[track_caller]
    fn notify(&self, owner: Owner, condition: u64, n: usize) -> bool {
        let mut state = self.state.lock();
        if state.lock.owner != Some(owner) {
            return false;
        }
        // They are woken when the lock is free.
        state.line.notify(condition, n);
        true
    }
}
