//! Broken timers.

use crate::copies;
use raceproof::{
    backend::{Backend, Condvar, JoinHandle, Mutex},
    contracts::timer::{Kind, Subject, scenario},
};
use std::{sync::Arc, time::Duration};

copies! {
    CHECK_THEN_RUN = 1: "cancelled-or-run" Assertion "cancel",
    CANCELS_ALWAYS = 2: "one-cancel-wins" Assertion "",
    CANCEL_NEEDS_A_START = 3: "cancelled-before-the-start" Assertion "",
    START_OUTSIDE = 4: "started-once" Assertion "started twice",
}

#[derive(Debug)]
struct Flawed<const MISTAKE: u8>;

impl<const MISTAKE: u8> Kind for Flawed<MISTAKE> {
    type On<B: Backend> = Timer<B, MISTAKE>;
}

type Action = Box<dyn FnOnce() + Send>;

struct State<B: Backend> {
    cancelled: bool,
    started: bool,
    action: Option<Action>,
    handles: Vec<JoinHandle<B, ()>>,
}

/// The state, and the announcement that it has changed.
type Shared<B> = (Mutex<B, State<B>>, Condvar<B>);

struct Timer<B: Backend, const MISTAKE: u8> {
    interval: Duration,
    shared: Arc<Shared<B>>,
}

/// Waits, and runs the action unless cancelled.
fn run<B: Backend, const MISTAKE: u8>(shared: &Shared<B>, time: Duration) {
    let (state, changed) = shared;
    let (mut state, _) = changed.wait_timeout_while(state.lock(), time, |state| !state.cancelled);
    if state.cancelled {
        return;
    }
    if MISTAKE == CHECK_THEN_RUN {
        drop(state);
        state = shared.0.lock();
    }
    let action = state.action.take();
    drop(state);
    if let Some(action) = action {
        action();
    }
}

impl<B: Backend, const MISTAKE: u8> Subject for Timer<B, MISTAKE> {
    fn new(interval: Duration, action: impl FnOnce() + Send + 'static) -> Self {
        let state = State {
            cancelled: false,
            started: false,
            action: Some(Box::new(action)),
            handles: Vec::new(),
        };
        Self { interval, shared: Arc::new((Mutex::new(state), Condvar::new())) }
    }

    fn start(&self) -> bool {
        let mut state = self.shared.0.lock();
        if state.started {
            return false;
        }
        if MISTAKE == START_OUTSIDE {
            drop(state);
            state = self.shared.0.lock();
        }
        state.started = true;
        if MISTAKE == CANCEL_NEEDS_A_START {
            state.cancelled = false;
        }
        let (shared, interval) = (Arc::clone(&self.shared), self.interval);
        let handle = B::spawn("timer", move || run::<B, MISTAKE>(&shared, interval));
        state.handles.push(handle);
        true
    }

    fn cancel(&self) -> bool {
        let mut state = self.shared.0.lock();
        let in_time = state.action.is_some() && !state.cancelled;
        state.cancelled = true;
        self.shared.1.notify_all();
        in_time || MISTAKE == CANCELS_ALWAYS
    }

    fn join(&self) -> bool {
        let mut state = self.shared.0.lock();
        let handles = std::mem::take(&mut state.handles);
        let started = state.started;
        drop(state);
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        started
    }
}
