//! A notification for tasks.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use crate::sync::Mutex;

/// What tasks wait for and others give: as tokio's `Notify`.
///
/// ```
/// use raceproof::future::{Notify, block_on, spawn};
/// use raceproof::sync::Arc;
///
/// raceproof::model(|| {
///     let ready = Arc::new(Notify::new());
///     let theirs = Arc::clone(&ready);
///     let other = spawn(async move { theirs.notified().await });
///     ready.notify_one();
///     block_on(other).unwrap();
/// });
/// ```
pub struct Notify {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A notification that no task waited for.
    permit: bool,
    /// How many times all were notified.
    rounds: u64,
    /// Those that wait, the first first.
    waiters: VecDeque<Waiter>,
    /// The number of the next waiter.
    next: u64,
}

struct Waiter {
    number: u64,
    waker: Option<Waker>,
    /// Notified as one: if it ends before it sees that, another one is.
    notified: bool,
}

impl Notify {
    /// Nothing to wait for yet.
    #[track_caller]
    pub fn new() -> Notify {
        Notify { state: Mutex::named("notify", State::default()) }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a notification. One that was given before to no task is taken at the first poll. A notification of
    /// all counts from this call on, whether the future has been polled or not.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        let round = self.with(|state| state.rounds);
        Notified { notify: self, round, waits: Waits::NotYet }
    }

    /// Notifies the task that has waited longest. If none waits, the next to wait goes on at once; two such
    /// notifications count as one.
    #[track_caller]
    pub fn notify_one(&self) {
        // The lock is free when the waker takes its step.
        let waker = self.with(State::notify_one);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Notifies all tasks that wait, and leaves nothing for others.
    #[track_caller]
    pub fn notify_waiters(&self) {
        let waiters = self.with(|state| {
            state.rounds += 1;
            // One that was notified alone keeps that.
            let (kept, woken) =
                std::mem::take(&mut state.waiters).into_iter().partition(|waiter| waiter.notified);
            state.waiters = kept;
            woken
        });
        let waiters: VecDeque<Waiter> = waiters;
        waiters.into_iter().filter_map(|waiter| waiter.waker).for_each(Waker::wake);
    }
}

impl State {
    /// Notifies one; returns its waker.
    fn notify_one(&mut self) -> Option<Waker> {
        match self.waiters.iter_mut().find(|waiter| !waiter.notified) {
            Some(waiter) => {
                waiter.notified = true;
                waiter.waker.take()
            }
            None => {
                self.permit = true;
                None
            }
        }
    }

    /// Takes a waiter out of the queue.
    fn remove(&mut self, number: u64) -> Option<Waiter> {
        let at = self.waiters.iter().position(|waiter| waiter.number == number)?;
        self.waiters.remove(at)
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}

/// The future of [`Notify::notified`]. Dropped after it was notified alone and before it was polled again, it passes
/// the notification on.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Notified<'a> {
    notify: &'a Notify,
    /// How many times all had been notified when it was made.
    round: u64,
    waits: Waits,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    NotYet,
    /// As the waiter of this number.
    As(u64),
    Done,
}

impl Notified<'_> {
    /// Joins those that wait, without being polled. Returns whether it is notified already.
    #[track_caller]
    pub fn enable(mut self: Pin<&mut Self>) -> bool {
        self.look(None)
    }

    /// Whether it is notified; if not, it waits with this waker.
    fn look(&mut self, waker: Option<Waker>) -> bool {
        let (round, waits) = (self.round, self.waits);
        let (waits, _earlier) = self.notify.with(|state| state.look(round, waits, waker));
        self.waits = waits;
        waits == Waits::Done
    }
}

impl State {
    /// How a task waits from now on, and what is to be dropped when the lock is free.
    fn look(&mut self, round: u64, waits: Waits, waker: Option<Waker>) -> (Waits, Option<Waker>) {
        match waits {
            Waits::Done => return (Waits::Done, waker),
            Waits::NotYet if self.rounds > round => return (Waits::Done, waker),
            Waits::NotYet if self.permit => {
                self.permit = false;
                return (Waits::Done, waker);
            }
            Waits::NotYet => {
                let number = self.next;
                self.next += 1;
                self.waiters.push_back(Waiter { number, waker, notified: false });
                return (Waits::As(number), None);
            }
            Waits::As(_) => {}
        }
        let Waits::As(number) = waits else { unreachable!("the others have returned") };
        match self.waiters.iter_mut().find(|waiter| waiter.number == number) {
            // It was notified with all others.
            None => (Waits::Done, waker),
            Some(waiter) if waiter.notified => {
                self.remove(number);
                (Waits::Done, waker)
            }
            Some(waiter) => (waits, std::mem::replace(&mut waiter.waker, waker)),
        }
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.look(Some(context.waker().clone())) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        let Waits::As(number) = self.waits else { return };
        let (waiter, woken) = self.notify.with(|state| {
            let waiter = state.remove(number);
            let passes = waiter.as_ref().is_some_and(|waiter| waiter.notified);
            (waiter, passes.then(|| state.notify_one()).flatten())
        });
        drop(waiter);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").finish_non_exhaustive()
    }
}
