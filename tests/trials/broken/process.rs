//! Broken processes.

mod family;

use super::{copies, crosses, made, mistake};
use family::{Abandon, Child, End, Work};
use raceproof_suite::{
    backend::{self, Backend, Condvar, Mutex, ProcessId},
    contracts::process::{Kind, Subject, scenario},
    primitives::process::Task,
};
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
    KEEPS_ITS_ENDS: "closes-its-ends" Deadlock "`main` waits for",
    LEAVES_ITS_OWN: "waits-for-its-own" Assertion "ended before what it has started",
    DAEMONS_MAY_START: "daemons-start-nothing" Assertion "a daemon started a process",
    LEAVES_ORPHANS: "ends-with-its-parent" Deadlock "`main` waits for",
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
    daemon: bool,
    state: Mutex<B, State<B>>,
    ended: Condvar<B>,
}

struct State<B: Backend> {
    task: Option<Box<dyn Work>>,
    threads: Option<backend::Process<B>>,
    /// The ends in its task.
    ends: Vec<Abandon>,
    code: Option<i32>,
}

impl<B: Backend> Own<B> {
    fn of(daemon: bool, task: impl Task) -> Process<B> {
        let task: Option<Box<dyn Work>> = Some(Box::new(task));
        let state = State { task, threads: None, ends: Vec::new(), code: None };
        let (state, ended) = (Mutex::new(state), Condvar::named("ended"));
        Process(Arc::new(Self { daemon, state, ended }))
    }

    fn run(&self, parent: ProcessId, task: Option<Box<dyn Work>>) {
        family::enter(B::current_process(), self.daemon);
        if made(ENDED_BEFORE_THE_TASK) {
            self.end(0);
        }
        let orphan = family::is_killed(parent) && !made(LEAVES_ORPHANS);
        let code =
            if orphan { TERMINATED } else { Self::code(|| task.into_iter().for_each(Work::run)) };
        if !made(LEAVES_ITS_OWN) {
            family::children(B::current_process()).iter().for_each(|child| child.wait());
        }
        self.end(code);
    }

    /// The exit code after this task.
    fn code(task: impl FnOnce()) -> i32 {
        let Err(payload) = catch_unwind(AssertUnwindSafe(task)) else { return 0 };
        let exit = payload.downcast_ref::<Exit>().map(|exit| exit.0.into());
        if B::is_engine_panic(&*payload) || exit.is_none() && made(A_PANIC_KILLS_THE_PARENT) {
            resume_unwind(payload);
        }
        exit.unwrap_or(i32::from(!made(A_PANIC_IS_NO_ERROR)))
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

impl<B: Backend> Child for Own<B> {
    fn wait(&self) {
        drop(self.ended.wait_while(self.state.lock(), |state| state.code.is_none()));
    }

    fn terminate(&self) {
        let state = self.state.lock();
        if let Some(threads) = state.threads.as_ref().filter(|_| !made(TERMINATES_IN_NAME_ONLY)) {
            threads.kill();
            let children = family::killed(threads.id());
            if !made(LEAVES_ORPHANS) {
                children.iter().for_each(|child| child.terminate());
            }
        }
        if !made(KEEPS_ITS_ENDS) {
            state.ends.iter().for_each(|abandon| abandon());
        }
        drop(state);
        self.end(TERMINATED);
    }
}

/// The exit code of a process that was terminated.
const TERMINATED: i32 = -15;

struct Exit(u8);

/// The values of each process, or of each thread.
struct Global<B: Backend>(Arc<Mutex<B, BTreeMap<String, i64>>>);

crosses!(Global);

impl<B: Backend> Subject for Process<B> {
    type Global = Global<B>;
    type End = End<B>;

    fn new(task: impl Task) -> Self {
        Own::of(false, task)
    }

    fn daemon(task: impl Task) -> Self {
        Own::of(true, task)
    }

    fn start(&self) -> bool {
        let mut state = self.0.state.lock();
        let parent = B::current_process();
        let forbidden = family::is_daemon(parent) && !made(DAEMONS_MAY_START);
        if state.threads.is_some() || forbidden {
            return false;
        }
        if made(START_OUTSIDE) {
            drop(state);
            state = self.0.state.lock();
        }
        let (task, own) = (state.task.take(), Arc::clone(&self.0));
        state.ends = task.as_ref().map(|task| task.ends()).unwrap_or_default();
        let run = move || own.run(parent, task);
        state.threads = Some(B::spawn_process("child", run));
        let child: Arc<dyn Child> = self.0.clone();
        family::adopt(parent, Arc::downgrade(&child));
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
        Child::terminate(&*self.0);
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

    fn ends() -> (End<B>, End<B>) {
        family::ends()
    }

    fn send(end: &End<B>) -> bool {
        end.send()
    }

    fn recv(end: &End<B>) -> Option<i64> {
        end.recv()
    }
}
