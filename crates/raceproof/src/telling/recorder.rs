//! Writing down an execution's trace, when a failing schedule is run again.

use std::panic::Location;

use crate::kernel::op::{Op, Pending};
use crate::kernel::state::{Kernel, Kind, NOBODY, Status};
use crate::telling::trace::{Blocked, Operation, Step, Trace};

#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) trace: Trace,
    /// The next step preempts the thread that took the last one.
    pub(crate) preemption: bool,
}

impl Recorder {
    pub(crate) fn begin(&mut self) {
        *self = Recorder::default();
    }
}

impl Kernel {
    #[inline]
    pub(crate) fn recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// Writes a step of the running thread down, if a trace is wanted.
    pub(crate) fn note(
        &mut self,
        operation: Operation,
        object: Option<String>,
        value: Option<String>,
        at: &'static Location<'static>,
    ) {
        let thread = usize::from(self.me().order);
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let preemption = std::mem::take(&mut recorder.preemption);
        let (file, line) = (at.file(), at.line());
        recorder.trace.steps.push(Step {
            thread,
            operation,
            object,
            value,
            file,
            line,
            preemption,
        });
    }

    /// An object's name, or what it is and where it was made.
    pub(crate) fn object_name(&self, obj: u32) -> String {
        let object = &self.objects[obj as usize];
        if let Some(name) = &object.name {
            return name.to_string();
        }
        let kind = match object.kind {
            Kind::Mutex => "mutex",
            Kind::Condvar => "condvar",
            Kind::RwLock => "rwlock",
            Kind::Atomic => "atomic",
            Kind::Cell => "cell",
            Kind::Token => "token",
            Kind::Thread => "thread",
        };
        format!("{kind} at {}:{}", object.at.file(), object.at.line())
    }

    pub(crate) fn thread_name(&self, thread: u16) -> String {
        if thread == NOBODY {
            return "nobody".to_owned();
        }
        let thread = &self.threads[usize::from(thread)];
        match &thread.name {
            Some(name) => name.to_string(),
            None => format!("thread {}", thread.order),
        }
    }

    /// Started threads in the order of their spawns.
    fn in_order(&self) -> Vec<u16> {
        let started = |thread: &u16| self.threads[usize::from(*thread)].status != Status::Absent;
        let mut threads: Vec<u16> = (0..self.threads.len() as u16).filter(started).collect();
        threads.sort_by_key(|thread| self.threads[usize::from(*thread)].order);
        threads
    }

    /// The threads that wait, what for, and who holds that.
    pub(crate) fn blocked(&self) -> Vec<Blocked> {
        let waiting = |thread: &u16| self.threads[usize::from(*thread)].status == Status::Pending;
        self.in_order()
            .into_iter()
            .filter(waiting)
            .map(|thread| self.blocked_thread(thread))
            .collect()
    }

    fn blocked_thread(&self, thread: u16) -> Blocked {
        let state = &self.threads[usize::from(thread)];
        let pending = state.pending;
        let mut holders = Vec::new();
        let waits_for = match pending.op {
            Op::Join => format!("the end of {}", self.thread_name(pending.aux as u16)),
            Op::Park => "its token".to_owned(),
            Op::Yield => "a change of what it reads".to_owned(),
            Op::StopDaemons => "the end of every thread but the daemons".to_owned(),
            op => {
                let object = &self.objects[pending.obj as usize];
                if matches!(op, Op::Lock | Op::Relock | Op::ReadLock | Op::WriteLock) {
                    let owner = (object.owner != NOBODY).then_some(&object.owner);
                    let order =
                        |thread: &u16| usize::from(self.threads[usize::from(*thread)].order);
                    holders = owner.into_iter().chain(&object.threads).map(order).collect();
                }
                self.object_name(pending.obj)
            }
        };
        let thread = usize::from(state.order);
        Blocked { thread, waits_for, holders, file: pending.at.file(), line: pending.at.line() }
    }

    /// The trace recorded, with the threads' names and who is blocked.
    pub(crate) fn take_trace(&mut self) -> Trace {
        let threads = self.in_order().into_iter().map(|thread| self.thread_name(thread)).collect();
        let blocked = if self.is_deadlocked() { self.blocked() } else { Vec::new() };
        let recorder = self.recorder.take().unwrap_or_default();
        Trace { threads, blocked, ..recorder.trace }
    }

    /// A deadlock in words.
    pub(crate) fn deadlock_message(&self) -> String {
        let names: Vec<String> =
            self.in_order().into_iter().map(|thread| self.thread_name(thread)).collect();
        let describe = |blocked: Blocked| {
            let mut text = format!("{} waits for {}", names[blocked.thread], blocked.waits_for);
            for (i, holder) in blocked.holders.iter().enumerate() {
                text.push_str(if i == 0 { ", held by " } else { " and " });
                text.push_str(&names[*holder]);
            }
            text
        };
        self.blocked().into_iter().map(describe).collect::<Vec<_>>().join("; ")
    }
}

impl Kernel {
    /// Writes the step just done down.
    pub(crate) fn note_step(&mut self, pending: &Pending, alt: u16, result: u32) {
        let Pending { op, obj, aux, at } = *pending;
        let done = result != 0;
        let either = |yes: &str, no: &str| Some(if done { yes } else { no }.to_owned());
        let value = match op {
            Op::TryLock | Op::TryRead | Op::TryWrite => either("taken", "busy"),
            Op::Wait => done.then(|| "wakes for no reason".to_owned()),
            Op::Wake => either("notified", "timed out"),
            Op::NotifyOne => Some(self.thread_name(alt)),
            Op::NotifyAll => Some(format!("{result} waiting")),
            Op::ParkTimeout => either("unparked", "timed out"),
            Op::Choose => Some(format!("{alt} of {aux}")),
            Op::IsFinished => either("ended", "not yet"),
            _ => None,
        };
        let object = match op {
            Op::End => return,
            Op::Choose | Op::Yield | Op::Park | Op::ParkTimeout | Op::StopDaemons => None,
            Op::Unpark | Op::IsFinished | Op::Kill => Some(self.thread_name(aux as u16)),
            Op::Wait => {
                Some(format!("{}, giving back {}", self.object_name(obj), self.object_name(aux)))
            }
            _ => Some(self.object_name(obj)),
        };
        self.note(op.public(), object, value, at);
    }
}
