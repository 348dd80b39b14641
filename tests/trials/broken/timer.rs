//! Broken timers.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex},
    contracts::timer::{Kind, Subject, scenario},
};
use std::{sync::Arc, time::Duration};

copies! {
    CHECK_THEN_RUN: "cancelled-or-run" Assertion "cancel",
    CANCELS_ALWAYS: "one-cancel-wins" Assertion "more than once",
    CANCEL_NEEDS_A_START: "cancelled-before-the-start" Assertion "ran after cancel",
    START_OUTSIDE: "started-once" Assertion "started twice",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Timer<B>;
}

type Action = Box<dyn FnOnce() + Send>;

struct State<B: Backend> {
    cancelled: bool,
    started: bool,
    action: Option<Action>,
    handles: Vec<JoinHandle<B, ()>>,
}

/// The state, and the condition variable that announces its changes.
type Shared<B> = (Mutex<B, State<B>>, Condvar<B>);

struct Timer<B: Backend> {
    interval: Duration,
    shared: Arc<Shared<B>>,
}

/// Waits, and runs the action unless it was cancelled.
fn run<B: Backend>(shared: &Shared<B>, time: Duration) {
    let (state, changed) = shared;
    let (mut state, _) = changed.wait_timeout_while(state.lock(), time, |state| !state.cancelled);
    if state.cancelled {
        return;
    }
    if made(CHECK_THEN_RUN) {
        drop(state);
        state = shared.0.lock();
    }
    let action = state.action.take();
    drop(state);
    if let Some(action) = action {
        action();
    }
}

impl<B: Backend> Subject for Timer<B> {
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
        if made(START_OUTSIDE) {
            drop(state);
            state = self.shared.0.lock();
        }
        state.started = true;
        if made(CANCEL_NEEDS_A_START) {
            state.cancelled = false;
        }
        let (shared, interval) = (Arc::clone(&self.shared), self.interval);
        let handle = B::spawn("timer", move || run::<B>(&shared, interval));
        state.handles.push(handle);
        true
    }

    fn cancel(&self) -> bool {
        let mut state = self.shared.0.lock();
        let in_time = state.action.is_some() && !state.cancelled;
        state.cancelled = true;
        self.shared.1.notify_all();
        in_time || made(CANCELS_ALWAYS)
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
