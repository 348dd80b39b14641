//! Broken processes.

use crate::{copies, made, mistake};
use raceproof::{
    backend::{self, Backend, Condvar, Mutex},
    contracts::process::{Kind, Subject, scenario},
    primitives::process::Task,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::Duration,
};

copies! {
    NO_NOTIFY: "joined-after-the-end" Deadlock "ended",
    NOTIFY_ONE_FOR_ALL: "joined-after-the-end" Deadlock "ended",
    START_OUTSIDE: "started-once" Assertion "started twice",
    ONE_GLOBAL_FOR_ALL: "own-globals" Assertion "global is not its own",
    A_GLOBAL_FOR_EACH_THREAD: "own-globals" Assertion "the child's global is not its own",
    A_PANIC_IS_NO_ERROR: "exit-codes" Assertion "ended in another way",
    A_PANIC_KILLS_THE_PARENT: "exit-codes" Assertion "ends here",
    ENDED_BEFORE_THE_TASK: "timed" Assertion "joined before its end",
    JOINS_ANYTHING: "refuses" Assertion "joined before the start",
    TERMINATES_IN_NAME_ONLY: "terminated" Assertion "went on after its end",
    TERMINATES_IN_SILENCE: "terminated" Deadlock "ended",
    ENDS_AGAIN: "terminated-too-late" Assertion "ended a second time",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Process<B>;
}

struct Process<B: Backend>(Arc<Own<B>>);

impl<B: Backend> Clone for Process<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Own<B: Backend> {
    state: Mutex<B, State<B>>,
    ended: Condvar<B>,
}

struct State<B: Backend> {
    task: Option<Box<dyn FnOnce() + Send>>,
    threads: Option<backend::Process<B>>,
    code: Option<i32>,
}

impl<B: Backend> Own<B> {
    fn run(&self, task: impl FnOnce()) {
        if made(ENDED_BEFORE_THE_TASK) {
            self.end(0);
        }
        let Err(payload) = catch_unwind(AssertUnwindSafe(task)) else { return self.end(0) };
        let exit = payload.downcast_ref::<Exit>().map(|exit| exit.0.into());
        if B::is_engine_panic(&*payload) || exit.is_none() && made(A_PANIC_KILLS_THE_PARENT) {
            resume_unwind(payload);
        }
        self.end(exit.unwrap_or(i32::from(!made(A_PANIC_IS_NO_ERROR))));
    }

    fn end(&self, code: i32) {
        let mut state = self.state.lock();
        if state.code.is_none() || made(ENDS_AGAIN) {
            state.code = Some(code);
        }
        drop(state);
        match mistake() {
            NO_NOTIFY => {}
            NOTIFY_ONE_FOR_ALL => self.ended.notify_one(),
            TERMINATES_IN_SILENCE if code < 0 => {}
            _ => self.ended.notify_all(),
        }
    }
}

struct Exit(u8);

/// The values of each process, or of each thread.
#[derive(Clone)]
struct Global<B: Backend>(Arc<Mutex<B, BTreeMap<String, i64>>>);

/// Under a checker nothing is ever written but to see that it could be.
impl<B: Backend> Serialize for Global<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de, B: Backend> Deserialize<'de> for Global<B> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        unreachable!("nothing is read under a checker")
    }
}

impl<B: Backend> Subject for Process<B> {
    type Global = Global<B>;

    fn new(task: impl Task) -> Self {
        let state = State { task: Some(Box::new(|| task.run())), threads: None, code: None };
        Self(Arc::new(Own { state: Mutex::new(state), ended: Condvar::named("ended") }))
    }

    fn start(&self) -> bool {
        let mut state = self.0.state.lock();
        if state.threads.is_some() {
            return false;
        }
        if made(START_OUTSIDE) {
            drop(state);
            state = self.0.state.lock();
        }
        let (task, own) = (state.task.take(), Arc::clone(&self.0));
        let run = move || own.run(|| task.into_iter().for_each(|task| task()));
        state.threads = Some(B::spawn_process("child", run));
        true
    }

    fn join(&self) -> bool {
        let state = self.0.state.lock();
        if state.threads.is_none() {
            return made(JOINS_ANYTHING);
        }
        drop(self.0.ended.wait_while(state, |state| state.code.is_none()));
        true
    }

    fn join_timeout(&self) -> bool {
        let moment = Duration::from_micros(20);
        let alive = |state: &mut State<B>| state.code.is_none();
        !self.0.ended.wait_timeout_while(self.0.state.lock(), moment, alive).1
    }

    fn terminate(&self) {
        let state = self.0.state.lock();
        if let Some(threads) = state.threads.as_ref().filter(|_| !made(TERMINATES_IN_NAME_ONLY)) {
            threads.kill();
        }
        drop(state);
        self.0.end(-15);
    }

    fn exit_code(&self) -> Option<i32> {
        self.0.state.lock().code
    }

    fn exit(code: u8) -> ! {
        resume_unwind(Box::new(Exit(code)))
    }

    fn global() -> Global<B> {
        Global(Arc::new(Mutex::new(BTreeMap::new())))
    }

    fn add_one(global: &Global<B>) -> i64 {
        let whose = match mistake() {
            ONE_GLOBAL_FOR_ALL => String::new(),
            A_GLOBAL_FOR_EACH_THREAD => format!("{:?}", B::current().id()),
            _ => format!("{:?}", B::current_process()),
        };
        let mut values = global.0.lock();
        let value = values.entry(whose).or_insert(100);
        *value += 1;
        *value
    }
}
