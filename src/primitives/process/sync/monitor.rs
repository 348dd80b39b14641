//! A reentrant lock with its conditions, in the process that owns it.
//!
//! They are one object, so that a wait is one request: whenever the waiting process is killed, what it waited
//! for is known here. A waiting thread keeps its place in the line until it holds the lock again; if it is gone
//! before, its notification goes to the next in line.

use super::line::Line;
use crate::{
    backend::{Backend, Condvar, Mutex, ThreadId},
    primitives::{
        process::{
            patience::{Client, Patience},
            remote::Object,
            standing,
        },
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
    /// Some in the line have been notified.
    notified: Condvar<B>,
}

#[derive(Default)]
struct State {
    owner: Option<Owner>,
    depth: usize,
    /// How many threads are in a wait for the lock, killed ones included.
    waiting: usize,
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
        &mut self.waiting
    }

    fn is_foreign_to(&self, owner: Owner) -> bool {
        self.owner.is_some_and(|other| other != owner)
    }

    fn enter(&mut self, owner: Owner, levels: usize) {
        self.owner = Some(owner);
        self.depth += levels;
    }
}

impl<B: Backend> Object for Monitor<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Acquire(owner, levels, patience) => {
                let acquired =
                    client.wait(patience, |p| self.take(owner, levels, p), |taken| !taken);
                if acquired && !client.is_there() {
                    // No other thread could release it.
                    self.release(owner, |_| levels);
                }
                Reply::Is(acquired)
            }
            Request::Release(owner) => Reply::Is(self.release(owner, |_| 1).is_some()),
            Request::ReleaseAll(owner) => Reply::Depth(self.release(owner, |depth| depth)),
            Request::Locked => Reply::Is(self.state.lock().depth > 0),
            Request::IsOwned(owner) => Reply::Is(self.state.lock().owner == Some(owner)),
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
        let (mut state, waiters) = (self.state.lock(), State::waiters);
        let foreign = |state: &State| state.is_foreign_to(owner);
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
            state.enter(owner, levels);
        }
        !timed_out
    }

    /// Releases some levels; returns how many there were, if the thread is the owner.
    #[track_caller]
    fn release(&self, owner: Owner, some: impl FnOnce(usize) -> usize) -> Option<usize> {
        let mut state = self.state.lock();
        let depth = (state.owner == Some(owner)).then_some(state.depth)?;
        state.depth -= some(depth);
        if state.depth == 0 {
            state.owner = None;
            // As in the lock for threads, one waiter is enough.
            let wake = state.waiting > 0;
            drop(state);
            if wake {
                self.released.notify_one();
            }
        }
        Some(depth)
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
        let depth = (state.owner == Some(owner)).then_some(state.depth)?;
        // In the line before the lock is free: whoever acquires the lock next can notify it.
        let place = state.line.join(condition, B::current_process());
        (state.owner, state.depth) = (None, 0);
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.released.notify_one();
        }
        client.wait(patience, |p| self.await_notice(place, p), |notified| !notified);
        client.wait(Patience::Endless, |p| self.take(owner, depth, p), |taken| !taken);
        let mut state = self.state.lock();
        let notified = state.line.leave(place);
        if client.is_there() {
            return Some(notified);
        }
        // Nobody would release the lock, or act on the notification.
        let passed_on = notified && state.line.notify(condition, 1);
        drop(state);
        if passed_on {
            self.notified.notify_all();
        }
        self.release(owner, |_| depth);
        Some(notified)
    }

    /// Waits until this place in the line is notified; returns whether it is.
    #[track_caller]
    fn await_notice(&self, place: u64, patience: Patience) -> bool {
        let state = self.state.lock();
        let unnoticed = |state: &mut State| !state.line.is_notified(place);
        let state = match patience {
            Patience::None => state,
            Patience::For(timeout) => self.notified.wait_timeout_while(state, timeout, unnoticed).0,
            Patience::Endless => self.notified.wait_while(state, unnoticed),
        };
        state.line.is_notified(place)
    }

    #[track_caller]
    fn notify(&self, owner: Owner, condition: u64, n: usize) -> bool {
        let mut state = self.state.lock();
        if state.owner != Some(owner) {
            return false;
        }
        if state.line.notify(condition, n) {
            self.notified.notify_all();
        }
        true
    }
}
