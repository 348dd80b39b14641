//! What runs, and what it is called.

use std::collections::HashMap;
use std::fmt;

use raceproof::sync::Mutex;
use raceproof::thread::{self, ThreadId};

raceproof::statics! {
    /// The names that tasks were given.
    static NAMES: Mutex<HashMap<TaskId, TaskName>> = Mutex::named("task names", HashMap::new());
}

/// What tells tasks and threads apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TaskId(ThreadId);

/// A task's name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TaskName(String);

impl From<String> for TaskName {
    fn from(name: String) -> Self {
        TaskName(name)
    }
}

impl From<&str> for TaskName {
    fn from(name: &str) -> Self {
        TaskName(name.to_owned())
    }
}

impl From<TaskName> for String {
    fn from(name: TaskName) -> Self {
        name.0
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The task that runs.
#[track_caller]
pub fn me() -> TaskId {
    TaskId(thread::current().id())
}

/// The task that runs, if a test does.
#[track_caller]
pub fn get_current_task() -> Option<TaskId> {
    try_get_current_task()
}

/// As [`get_current_task`].
#[track_caller]
pub fn try_get_current_task() -> Option<TaskId> {
    (!raceproof::is_outside()).then(me)
}

/// The name that a task was given by [`set_name_for_task`], or the running one when it was started.
#[track_caller]
pub fn get_name_for_task(task: TaskId) -> Option<TaskName> {
    let given = NAMES.lock().unwrap().get(&task).cloned();
    let own = || thread::current().name().filter(|_| task == me()).map(TaskName::from);
    given.or_else(own)
}

/// Gives a task a name; returns the one that it was given before.
#[track_caller]
pub fn set_name_for_task(task: TaskId, name: impl Into<TaskName>) -> Option<TaskName> {
    NAMES.lock().unwrap().insert(task, name.into())
}
