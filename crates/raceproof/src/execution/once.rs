//! One execution, from its first step to its end, and what it comes to.

use crate::execution::installed::install;
use crate::execution::panics::{self, Panic};
use crate::execution::running;
use crate::execution::step::step_of;
use crate::execution::teardown;
use crate::exploration::traces::path::Path;
use crate::exploration::traces::wakeup::Sleeper;
use crate::kernel::op::Op;
use crate::kernel::state::{self as kernel, Kernel, Limits, with};
use crate::telling::failure::{FailureKind, Fault};
use crate::telling::oracle::Observation;
use crate::telling::schedule::Schedule;
use crate::telling::trace::Trace;

/// How an execution ended.
pub(crate) struct Ended {
    pub(crate) fault: Option<Fault>,
    pub(crate) steps: usize,
    pub(crate) cut: bool,
    pub(crate) outcome: Option<String>,
    pub(crate) trace: Trace,
    pub(crate) observation: Option<Observation>,
}

/// Runs the next execution to its end, and unwinds what is left of it.
pub(crate) fn execute(model: &dyn Fn(), observe: bool) -> Ended {
    with(Kernel::begin);
    running::run(&model);
    let (ended, alive) = with(|kernel| (kernel.end(observe), kernel.live > 0));
    if alive {
        teardown::unwind_all();
    }
    ended
}

/// A kernel in place for one exploration on this OS thread.
pub(crate) struct Session {
    _quiet: panics::Quiet,
}

impl Session {
    #[track_caller]
    pub(crate) fn begin(path: Path, limits: Limits) -> Self {
        if kernel::try_with(|_| ()).is_some() {
            kernel::misuse("a model inside a model");
        }
        install(Some(Box::new(Kernel::new(path, limits))));
        Session { _quiet: panics::quiet() }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        install(None);
    }
}

impl Kernel {
    /// What the execution that has just stopped comes to, and what it asks for.
    fn end(&mut self, observe: bool) -> Ended {
        let observation = (observe && !self.cut).then(|| self.observation());
        let fault = self.verdict();
        let outcome = (fault.is_none() && !self.outcome.is_empty()).then(|| self.outcome.clone());
        let trace = if self.recording() { self.take_trace() } else { Trace::default() };
        self.path.truncate(self.events.taken());
        if !self.limits.exhaustive {
            self.reverse_races();
        }
        let steps = self.events.taken() + self.unordered as usize;
        Ended { fault, steps, cut: self.cut, outcome, trace, observation }
    }

    /// Plans the next execution. False if there is none.
    pub(crate) fn backtrack(&mut self) -> bool {
        let events = &self.events;
        let branch = self.path.backtrack(|depth| {
            let event = events.get(depth);
            Sleeper { step: step_of(event), nth: event.nth }
        });
        self.events.keep(branch.unwrap_or(0));
        branch.is_some()
    }

    /// What went wrong in the execution that has just stopped, if anything.
    fn verdict(&mut self) -> Option<Fault> {
        if self.fault.is_some() || self.cut {
            return self.fault.take();
        }
        if let Some(first) = self.panics.iter().find(|note| !note.claimed) {
            // A join's result unwrapped says nothing of the panic it passes on.
            let first =
                if first.panic.message.contains("Any { .. }") { &self.panics[0] } else { first };
            let kind = if first.misuse { FailureKind::Misuse } else { FailureKind::Assertion };
            let Panic { message, location } = first.panic.clone();
            return Some(Fault { kind, message, location });
        }
        self.is_deadlocked().then(|| Fault {
            kind: FailureKind::Deadlock,
            message: self.deadlock_message(),
            location: None,
        })
    }

    /// Is some thread blocked for ever that somebody waits for?
    pub(crate) fn is_deadlocked(&self) -> bool {
        self.live > self.daemons && !self.ending
    }

    /// The execution's schedule, with threads numbered in the order of their spawns.
    pub(crate) fn schedule(&self) -> Schedule {
        let order = |thread: u16| {
            self.threads.get(usize::from(thread)).map_or(thread, |thread| thread.order)
        };
        let step = |(i, event): (usize, &crate::exploration::traces::events::Event)| {
            let alt = self.path.node(i).alt;
            (order(event.thread), if event.op == Op::NotifyOne { order(alt) } else { alt })
        };
        Schedule { steps: self.events.all().iter().enumerate().map(step).collect() }
    }
}
