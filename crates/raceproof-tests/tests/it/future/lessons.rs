//! The classic mistakes of asynchronous code, each broken and mended.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use raceproof::future::{AtomicWaker, Notify, block_on, spawn, yield_now};
use raceproof::sync::{Arc, Mutex};
use raceproof::{Explorer, thread};

use super::{fails, holds};

/// A value that is sent once.
struct Oneshot {
    state: Mutex<(Option<u32>, Option<Waker>)>,
    /// Whether a poll puts its waker in the place of an earlier one.
    replaces: bool,
}

impl Oneshot {
    fn new(replaces: bool) -> Arc<Self> {
        Arc::new(Oneshot { state: Mutex::named("oneshot", (None, None)), replaces })
    }

    fn send(&self, value: u32) {
        let mut state = self.state.lock().unwrap();
        state.0 = Some(value);
        let waker = state.1.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<u32> {
        let mut state = self.state.lock().unwrap();
        if let Some(value) = state.0.take() {
            return Poll::Ready(value);
        }
        if self.replaces || state.1.is_none() {
            state.1 = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

/// A future moves to another task after it was polled, and its first waker is kept: nothing wakes the other task.
fn lost_waker(replaces: bool) {
    let oneshot = Oneshot::new(replaces);
    let theirs = Arc::clone(&oneshot);
    let sender = thread::spawn(move || theirs.send(5));
    let first = block_on(poll_fn(|context| Poll::Ready(oneshot.poll(context))));
    if first.is_pending() {
        let receiver = spawn(async move { poll_fn(|context| oneshot.poll(context)).await });
        assert_eq!(block_on(receiver).unwrap(), 5);
    }
    sender.join().unwrap();
}

#[test]
fn a_lost_waker() {
    holds(&Explorer::new(), || lost_waker(true));
    fails(&Explorer::new(), "`thread 2` waits for its waker", || lost_waker(false));
}

/// A receiver that looks first and registers then misses what comes in between.
fn registered_after_the_check(registers_first: bool) {
    let shared = Arc::new((Mutex::named("inbox", None), AtomicWaker::new()));
    let theirs = Arc::clone(&shared);
    let sender = spawn(async move {
        *theirs.0.lock().unwrap() = Some(5);
        theirs.1.wake();
    });
    let look = || shared.0.lock().unwrap().take();
    let received = block_on(poll_fn(|context| {
        if !registers_first && let Some(value) = look() {
            return Poll::Ready(value);
        }
        shared.1.register(context.waker());
        if registers_first && let Some(value) = look() {
            return Poll::Ready(value);
        }
        Poll::Pending
    }));
    assert_eq!(received, 5);
    block_on(sender).unwrap();
}

#[test]
fn a_waker_registered_after_the_check() {
    holds(&Explorer::new(), || registered_after_the_check(true));
    fails(&Explorer::new(), "deadlock", || registered_after_the_check(false));
}

/// The bytes of a connection, of which one comes at a time.
struct Bytes(Mutex<(Vec<u8>, Option<Waker>)>);

impl Bytes {
    fn put(&self, byte: u8) {
        let mut state = self.0.lock().unwrap();
        state.0.push(byte);
        let waker = state.1.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    async fn next(&self) -> u8 {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap();
            if !state.0.is_empty() {
                return Poll::Ready(state.0.remove(0));
            }
            let earlier = state.1.replace(context.waker().clone());
            drop(state);
            drop(earlier);
            Poll::Pending
        })
        .await
    }
}

/// The first of two futures that is ready; the other one is dropped as it is.
async fn select<T>(first: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut first, mut other) = (pin!(first), pin!(other));
    poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Pending => other.as_mut().poll(context),
        ready => ready,
    })
    .await
}

/// A message has two bytes. A tick drops a receive that has the first one.
fn half_done_receive(keeps: bool) {
    let bytes = Arc::new(Bytes(Mutex::named("bytes", (Vec::new(), None))));
    let tick = Arc::new(Notify::new());
    let (theirs, ticks) = (Arc::clone(&bytes), Arc::clone(&tick));
    let sender = spawn(async move {
        theirs.put(1);
        theirs.put(2);
    });
    let clock = spawn(async move { ticks.notify_one() });
    let buffer = std::cell::RefCell::new(Vec::new());
    let receive = async || {
        if !keeps {
            buffer.borrow_mut().clear();
        }
        while buffer.borrow().len() < 2 {
            let byte = bytes.next().await;
            buffer.borrow_mut().push(byte);
        }
        Some(buffer.take())
    };
    block_on(async {
        let mut received = select(receive(), async {
            tick.notified().await;
            None
        })
        .await;
        if received.is_none() {
            received = receive().await;
        }
        assert_eq!(received.unwrap(), [1, 2]);
        sender.await.unwrap();
        clock.await.unwrap();
    });
}

#[test]
fn a_select_that_drops_a_half_done_receive() {
    holds(&Explorer::new(), || half_done_receive(true));
    fails(&Explorer::new(), "deadlock: `main` waits for its waker", || half_done_receive(false));
}

/// A number of permits, and a notification for each that comes back.
struct Semaphore {
    permits: Mutex<u32>,
    returned: Notify,
}

impl Semaphore {
    async fn acquire(&self) {
        loop {
            {
                let mut permits = self.permits.lock().unwrap();
                if *permits > 0 {
                    *permits -= 1;
                    return;
                }
            }
            self.returned.notified().await;
        }
    }

    fn release(&self) {
        *self.permits.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.returned.notify_one();
    }
}

struct Permit<'a>(&'a Semaphore);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// A task that works with a permit is cancelled. Only a guard gives the permit back then.
fn leaked_permit(guarded: bool) {
    let permits = Mutex::named("permits", 1);
    let semaphore = Arc::new(Semaphore { permits, returned: Notify::new() });
    let theirs = Arc::clone(&semaphore);
    let worker = spawn(async move {
        theirs.acquire().await;
        let permit = guarded.then(|| Permit(&theirs));
        yield_now().await;
        match permit {
            Some(permit) => drop(permit),
            None => theirs.release(),
        }
    });
    block_on(async {
        semaphore.acquire().await;
        semaphore.release();
        _ = worker.await;
    });
}

#[test]
fn a_cancellation_that_leaks_a_permit() {
    let cancelling = Explorer::new().cancellation(true);
    holds(&Explorer::new(), || leaked_permit(false));
    holds(&cancelling, || leaked_permit(true));
    fails(&cancelling, "deadlock: `main` waits for its waker", || leaked_permit(false));
}

/// A task holds a mutex while it waits for another, which needs that mutex.
fn held_across_await(held: bool) {
    let shared = Arc::new((Mutex::named("log", 0), Notify::new()));
    let theirs = Arc::clone(&shared);
    let other = spawn(async move {
        *theirs.0.lock().unwrap() += 1;
        theirs.1.notify_one();
    });
    block_on(async {
        let mut log = shared.0.lock().unwrap();
        *log += 1;
        let log = held.then_some(log);
        shared.1.notified().await;
        drop(log);
        other.await.unwrap();
    });
}

#[test]
fn a_mutex_held_across_await() {
    holds(&Explorer::new(), || held_across_await(false));
    fails(&Explorer::new(), "held by `main`", || held_across_await(true));
}
