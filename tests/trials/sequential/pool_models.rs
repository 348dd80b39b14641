//! The expected answers of pools of one worker, whose tasks end on command.

use super::{
    BLOCKS, Call, Object,
    pools::{AT_ONCE, UNLUCKY},
    truth,
};

/// A task of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Pending,
    Running,
    Returned,
    Cancelled,
}

struct Modelled {
    value: i64,
    stage: Stage,
    callbacks: i64,
}

/// The tasks of a model, one of which runs.
#[derive(Default)]
struct Tasks {
    all: Vec<Modelled>,
    calls: i64,
    down: bool,
}

impl Tasks {
    fn submit(&mut self, value: i64, callbacks: i64) {
        self.all.push(Modelled { value, stage: Stage::Pending, callbacks });
        self.go_on();
    }

    /// Those that have run to their end.
    fn ended(&self) -> impl Iterator<Item = &Modelled> {
        self.all.iter().filter(|task| task.stage == Stage::Returned)
    }

    fn all_done(&self) -> bool {
        self.all.iter().all(Modelled::done)
    }

    fn running(&mut self) -> Option<&mut Modelled> {
        self.all.iter_mut().find(|task| task.stage == Stage::Running)
    }

    fn go_on(&mut self) {
        if self.running().is_none()
            && let Some(next) = self.all.iter_mut().find(|task| task.stage == Stage::Pending)
        {
            next.stage = Stage::Running;
        }
    }

    fn let_end(&mut self) -> bool {
        let Some(task) = self.running() else { return false };
        task.stage = Stage::Returned;
        let callbacks = task.callbacks;
        self.calls += callbacks;
        self.go_on();
        true
    }

    fn cancel(&mut self, n: usize) -> bool {
        let task = &mut self.all[n];
        if task.stage == Stage::Pending {
            task.stage = Stage::Cancelled;
            self.calls += task.callbacks;
        }
        self.all[n].stage == Stage::Cancelled
    }
}

impl Modelled {
    fn done(&self) -> bool {
        matches!(self.stage, Stage::Returned | Stage::Cancelled)
    }

    fn result(&self) -> String {
        match self.stage {
            Stage::Pending | Stage::Running => "TimeoutError".into(),
            Stage::Cancelled => "CancelledError".into(),
            Stage::Returned if self.value == UNLUCKY => "LookupError".into(),
            Stage::Returned => self.value.to_string(),
        }
    }
}

pub(super) fn thread_pool(_: i64) -> Object {
    let mut tasks = Tasks::default();
    Box::new(move |(operation, argument): Call| {
        let n = argument as usize;
        match operation {
            "submit" if tasks.down => return "RuntimeError".into(),
            "submit" => tasks.submit(argument, 0),
            "let_end" if tasks.let_end() => {}
            "let_end" => return "nothing runs".into(),
            "calls" => return tasks.calls.to_string(),
            "wait_zero" => return tasks.ended().count().to_string(),
            "wait_failure" if tasks.all_done() || tasks.ended().any(|t| t.value == UNLUCKY) => {
                return tasks.ended().count().to_string();
            }
            "wait_failure" => return BLOCKS.into(),
            "completed_zero" => {
                let late = if tasks.all_done() { "" } else { " and TimeoutError" };
                return format!("{}{late}", tasks.ended().count());
            }
            "map_zero" if tasks.running().is_none() => return "nothing runs".into(),
            "map_zero" if tasks.down => return "RuntimeError".into(),
            "map_zero" if argument == 0 => return "[]".into(),
            "map_zero" => return "TimeoutError".into(),
            "shutdown" => tasks.down = true,
            "shutdown_now" => {
                tasks.down = true;
                for n in 0..tasks.all.len() {
                    tasks.cancel(n);
                }
            }
            "join" if !tasks.down || !tasks.all_done() => return BLOCKS.into(),
            "join" => {}
            _ if n >= tasks.all.len() => return "IndexError".into(),
            "cancel" => return truth(tasks.cancel(n)),
            "done" => return truth(tasks.all[n].done()),
            "running" => return truth(tasks.all[n].stage == Stage::Running),
            "cancelled" => return truth(tasks.all[n].stage == Stage::Cancelled),
            "result" | "exception" if !tasks.all[n].done() => return BLOCKS.into(),
            "result" | "result_zero" => return tasks.all[n].result(),
            "exception" | "exception_zero" if tasks.all[n].result().parse::<i64>().is_ok() => {}
            "exception" | "exception_zero" => return tasks.all[n].result(),
            _ if tasks.all[n].done() => tasks.calls += 1,
            _ => tasks.all[n].callbacks += 1,
        }
        "None".into()
    })
}

pub(super) fn pool(_: i64) -> Object {
    let mut tasks = Tasks::default();
    Box::new(move |(operation, argument): Call| {
        let n = argument as usize;
        let busy = !tasks.all_done();
        let tenfold = |range: std::ops::Range<i64>| range.map(|n| 10 * n).collect::<Vec<_>>();
        match operation {
            "apply_async" if tasks.down => return "ValueError".into(),
            "apply_async" => tasks.submit(argument, 1),
            "let_end" if tasks.let_end() => {}
            "let_end" => return "nothing runs".into(),
            "calls" => return tasks.calls.to_string(),
            "close" => tasks.down = true,
            "join" if !tasks.down => return "ValueError".into(),
            "join" if busy => return BLOCKS.into(),
            "join" => {}
            operation if AT_ONCE.contains(&operation) && busy => return BLOCKS.into(),
            "terminate" => tasks.down = true,
            operation if AT_ONCE.contains(&operation) && tasks.down => return "ValueError".into(),
            "apply" => return (10 * argument).to_string(),
            "imap_zero" if !busy => return "nothing runs".into(),
            "imap_zero" if tasks.down => return "ValueError".into(),
            "imap_zero" => return "TimeoutError".into(),
            operation if AT_ONCE.contains(&operation) => {
                return format!("{:?}", tenfold(0..argument));
            }
            _ if n >= tasks.all.len() => return "IndexError".into(),
            "ready" => return truth(tasks.all[n].done()),
            "successful" if !tasks.all[n].done() => return "ValueError".into(),
            "successful" => return truth(tasks.all[n].value != UNLUCKY),
            "get" if !tasks.all[n].done() => return BLOCKS.into(),
            "get" | "get_zero" => return tasks.all[n].result(),
            _ => {}
        }
        "None".into()
    })
}
