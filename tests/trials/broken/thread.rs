//! Broken threads of a process.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex, ThreadId},
    contracts::thread::{Kind, Subject, scenario},
};
use std::{sync::Arc, time::Duration};

copies! {
    NO_NOTIFY: "joined-after-the-end" Deadlock "ended",
    NOTIFY_ONE_FOR_ALL: "joined-after-the-end" Deadlock "ended",
    UNLISTED_LATE: "joined-after-the-end" Assertion "joined while listed",
    LISTED_LATE: "listed" Deadlock "ended",
    START_OUTSIDE: "started-once" Assertion "started twice",
    DAEMON_LIKE_ANY: "stops-daemons" Deadlock "worker",
    FINISH_WAITS_FOR_DAEMONS: "stops-daemons" Deadlock "ended",
    FINISH_LOOKS_ONCE: "finish-waits-for-all" Assertion "ended before its threads",
    ENDED_BEFORE_THE_BODY: "timed" Assertion "joined before its end",
    JOINS_ANYTHING: "refuses" Assertion "joined before the start",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Threads<B>;
}

struct Threads<B: Backend>(Arc<Mutex<B, Vec<Listed<B>>>>);

/// A thread's identity, and the thread, except for the main one.
type Listed<B> = (ThreadId, Option<Thread<B>>);

impl<B: Backend> Clone for Threads<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Thread<B: Backend>(Arc<Own<B>>, Threads<B>);

impl<B: Backend> Clone for Thread<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), self.1.clone())
    }
}

struct Own<B: Backend> {
    daemon: bool,
    state: Mutex<B, State<B>>,
    ended: Condvar<B>,
}

#[derive(Default)]
enum Stage {
    #[default]
    New,
    Alive,
    Ended,
}

struct State<B: Backend> {
    stage: Stage,
    body: Option<Box<dyn FnOnce() + Send>>,
    handle: Option<JoinHandle<B, ()>>,
}

impl<B: Backend> Thread<B> {
    fn run(&self, body: Option<Box<dyn FnOnce() + Send>>) {
        if made(ENDED_BEFORE_THE_BODY) {
            self.end();
        }
        if let Some(body) = body {
            body();
        }
        let me = B::current().id();
        if made(UNLISTED_LATE) {
            self.end();
        }
        self.1.0.lock().retain(|(id, _)| *id != me);
        self.end();
    }

    fn end(&self) {
        self.0.state.lock().stage = Stage::Ended;
        match mistake() {
            NO_NOTIFY => {}
            NOTIFY_ONE_FOR_ALL => self.0.ended.notify_one(),
            _ => self.0.ended.notify_all(),
        }
    }
}

impl<B: Backend> Threads<B> {
    fn make(&self, daemon: bool, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        let state = State { stage: Stage::New, body: Some(Box::new(body)), handle: None };
        let own = Own { daemon, state: Mutex::new(state), ended: Condvar::named("ended") };
        Thread(Arc::new(own), self.clone())
    }
}

impl<B: Backend> Subject for Threads<B> {
    type Thread = Thread<B>;

    fn new() -> Self {
        Self(Arc::new(Mutex::new(vec![(B::current().id(), None)])))
    }

    fn daemon(&self, body: impl FnOnce() + Send + 'static) -> Self::Thread {
        self.make(true, body)
    }

    fn thread(&self, body: impl FnOnce() + Send + 'static) -> Self::Thread {
        self.make(false, body)
    }

    fn lists_current(&self) -> bool {
        let me = B::current().id();
        self.0.lock().iter().any(|(id, _)| *id == me)
    }

    fn active_count(&self) -> usize {
        self.0.lock().len()
    }

    fn finish(&self) {
        loop {
            let is_awaited =
                |thread: &Thread<B>| made(FINISH_WAITS_FOR_DAEMONS) || !thread.0.daemon;
            let next =
                self.0.lock().iter().find_map(|(_, thread)| thread.clone().filter(is_awaited));
            let Some(thread) = next else {
                B::stop_daemons();
                return;
            };
            Self::join(&thread);
            if made(FINISH_LOOKS_ONCE) {
                return;
            }
        }
    }

    fn start(thread: &Self::Thread) -> bool {
        let mut list = thread.1.0.lock();
        let mut state = thread.0.state.lock();
        if !matches!(state.stage, Stage::New) {
            return false;
        }
        if made(START_OUTSIDE) {
            drop(state);
            drop(list);
            list = thread.1.0.lock();
            state = thread.0.state.lock();
        }
        state.stage = Stage::Alive;
        let (body, this) = (state.body.take(), thread.clone());
        if thread.0.daemon && !made(DAEMON_LIKE_ANY) {
            let daemon = B::spawn_daemon("worker", move || this.run(body));
            list.push((daemon.id(), Some(thread.clone())));
            return true;
        }
        if made(LISTED_LATE) {
            drop(list);
            let handle = B::spawn("worker", move || this.run(body));
            list = thread.1.0.lock();
            list.push((handle.thread().id(), Some(thread.clone())));
            state.handle = Some(handle);
        } else {
            let handle = B::spawn("worker", move || this.run(body));
            list.push((handle.thread().id(), Some(thread.clone())));
            state.handle = Some(handle);
        }
        true
    }

    fn join(thread: &Self::Thread) -> bool {
        let state = thread.0.state.lock();
        if matches!(state.stage, Stage::New) {
            return made(JOINS_ANYTHING);
        }
        let alive = |state: &mut State<B>| matches!(state.stage, Stage::Alive);
        let handle = thread.0.ended.wait_while(state, alive).handle.take();
        handle.is_none_or(|handle| made(UNLISTED_LATE) || handle.join().is_ok())
    }

    fn join_timeout(thread: &Self::Thread) -> bool {
        let alive = |state: &mut State<B>| matches!(state.stage, Stage::Alive);
        let moment = Duration::from_micros(20);
        !thread.0.ended.wait_timeout_while(thread.0.state.lock(), moment, alive).1
    }

    fn is_alive(thread: &Self::Thread) -> bool {
        matches!(thread.0.state.lock().stage, Stage::Alive)
    }
}
