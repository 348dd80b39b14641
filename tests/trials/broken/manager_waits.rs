//! Broken managed objects at which threads wait.

use super::{copies, crosses, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::manager_waits::{Kind, Place, Subject, scenario},
};
use std::sync::Arc;

copies! {
    ENDS_IN_SILENCE: "event" Deadlock "`waiter 0` waits for changed",
    SILENT_RLOCK: "rlock" Deadlock "`waiter 0` waits for changed",
    SILENT_CONDITION: "condition" Deadlock "`waiter 0` waits for changed",
    SILENT_NO_PERMITS: "no-permits" Deadlock "`waiter 0` waits for changed",
    SILENT_BARRIER: "barrier" Deadlock "`waiter 0` waits for changed",
    SILENT_GET: "get" Deadlock "`waiter 0` waits for changed",
    SILENT_PUT: "put" Deadlock "`waiter 0` waits for changed",
    SILENT_JOIN: "join" Deadlock "`waiter 0` waits for changed",
    SILENT_METHOD: "method" Deadlock "`waiter 0` waits for changed",
    TELLS_ONE: "lock" Deadlock "waits for changed",
    LETS_IN_AT_THE_END: "semaphore" Assertion "got what no thread gave",
    ONE_CALL_AT_A_TIME: "lets-others-call" Deadlock "`main` waits for desk",
    ONE_METHOD_AT_A_TIME: "lets-methods-run" Deadlock "`main` waits for desk",
    WAKES_THE_DEAD: "killed-for-a-lock" Deadlock "`other` waits for changed",
    GIVES_TO_THE_DEAD: "killed-for-an-item" Deadlock "`other` waits for changed",
    TOLD_BY_THE_DEAD: "killed-at-the-end" Deadlock "`other` waits for changed",
}

/// Wherever a thread waits, it has to be told.
fn is_silent() -> bool {
    [
        ENDS_IN_SILENCE,
        SILENT_RLOCK,
        SILENT_CONDITION,
        SILENT_NO_PERMITS,
        SILENT_BARRIER,
        SILENT_GET,
        SILENT_PUT,
        SILENT_JOIN,
        SILENT_METHOD,
    ]
    .into_iter()
    .any(made)
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Waiting<B>;
}

struct Waiting<B: Backend>(Arc<Own<B>>);

struct Own<B: Backend> {
    state: Mutex<B, State>,
    changed: Condvar<B>,
    /// For one call at a time.
    desk: Mutex<B, ()>,
}

#[derive(Default)]
struct State {
    open: bool,
    ended: bool,
}

crosses!(Waiting);

impl<B: Backend> Subject for Waiting<B> {
    type Manager = Self;

    fn start(_: Place) -> (Self, Self) {
        let (state, changed) = (Mutex::default(), Condvar::named("changed"));
        let manager = Self(Arc::new(Own { state, changed, desk: Mutex::named("desk", ()) }));
        (manager.clone(), manager)
    }

    fn shutdown(manager: &Self) {
        manager.0.state.lock().ended = true;
        match () {
            () if is_silent() => {}
            () if made(TELLS_ONE) || made(TOLD_BY_THE_DEAD) => manager.0.changed.notify_one(),
            () => manager.0.changed.notify_all(),
        }
    }

    fn wait(&self) -> bool {
        let own = &*self.0;
        let one = made(ONE_CALL_AT_A_TIME) || made(ONE_METHOD_AT_A_TIME);
        let _desk = one.then(|| own.desk.lock());
        let waits = |state: &mut State| !state.open && !state.ended;
        let mut state = own.changed.wait_while(own.state.lock(), waits);
        let there = !state.ended || made(LETS_IN_AT_THE_END);
        state.open = false;
        drop(state);
        if !there && made(TOLD_BY_THE_DEAD) {
            own.changed.notify_one();
        }
        there
    }

    fn is_open(&self) -> bool {
        self.0.state.lock().open
    }

    fn open(&self) {
        let one = made(ONE_CALL_AT_A_TIME) || made(ONE_METHOD_AT_A_TIME);
        let _desk = one.then(|| self.0.desk.lock());
        self.0.state.lock().open = true;
        if made(WAKES_THE_DEAD) || made(GIVES_TO_THE_DEAD) {
            self.0.changed.notify_one();
        } else {
            self.0.changed.notify_all();
        }
    }
}
