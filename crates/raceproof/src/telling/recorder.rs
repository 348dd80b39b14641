//! Writing down an execution's trace, when a failing schedule is run again.

use std::collections::HashMap;
use std::panic::Location;

use crate::kernel::op::{Op, Pending};
use crate::kernel::state::{Kernel, NOBODY, Status};
use crate::telling::names::is_own;
use crate::telling::trace::{Blocked, Operation, Place, Step, Trace, Value};

/// What a step is about.
#[derive(Clone, Copy)]
pub(crate) enum Subject {
    Nothing,
    Object(u32),
    Thread(u16),
}

/// A step whose subject has no name yet: names are known when the execution is over.
struct Noted {
    step: Step,
    subject: Subject,
    /// The mutex of a wait.
    mutex: Option<u32>,
}

/// A thread that waits for a condition variable.
struct Waiter {
    thread: u16,
    condvar: u32,
    /// It wakes for no reason.
    spurious: bool,
    /// It was notified.
    notified: bool,
}

#[derive(Default)]
pub(crate) struct Recorder {
    steps: Vec<Noted>,
    /// The next step preempts the thread that took the last one.
    pub(crate) preemption: bool,
    waiters: Vec<Waiter>,
    /// The value of each lock's data, as it was told last.
    pub(crate) values: HashMap<u32, String>,
    /// The value of a lock's data that its thread is about to release.
    pub(crate) released: HashMap<u32, String>,
}

impl Recorder {
    pub(crate) fn begin(&mut self) {
        *self = Recorder::default();
    }

    /// Adds a value to the step written down last.
    pub(crate) fn tell_last(&mut self, value: Value) {
        if let Some(last) = self.steps.last_mut() {
            last.step.value = Some(value);
        }
    }

    /// Takes the thread from the waiters.
    fn end_wait(&mut self, thread: u16) -> Option<Waiter> {
        let at = self.waiters.iter().position(|waiter| waiter.thread == thread)?;
        Some(self.waiters.swap_remove(at))
    }
}

/// The line, unless it is the checker's own.
fn place(at: &Location<'_>) -> Option<Place> {
    (!is_own(at.file())).then(|| Place::from(at))
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
        subject: Subject,
        value: Option<Value>,
        at: &'static Location<'static>,
    ) {
        self.note_with(operation, subject, None, value, at);
    }

    fn note_with(
        &mut self,
        operation: Operation,
        subject: Subject,
        mutex: Option<u32>,
        value: Option<Value>,
        at: &'static Location<'static>,
    ) {
        let thread = usize::from(self.me().order);
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let preemption = std::mem::take(&mut recorder.preemption);
        let place = place(at);
        let step = Step { value, place, preemption, ..Step::new(thread, operation) };
        recorder.steps.push(Noted { step, subject, mutex });
    }

    /// Says where the step just written down was asked for, if that is known better.
    pub(crate) fn note_place(&mut self, place: Option<Place>) {
        let last = self.recorder.as_mut().and_then(|recorder| recorder.steps.last_mut());
        if let (Some(last), Some(_)) = (last, &place) {
            last.step.place = place;
        }
    }

    /// Writes the step just done down.
    pub(crate) fn note_step(&mut self, pending: &Pending, alt: u16, result: u32) {
        let Pending { op, obj, aux, at } = *pending;
        let value = match op {
            Op::End => return,
            Op::Wait | Op::Wake | Op::Relock => return self.note_wait(pending, result != 0),
            Op::TryLock | Op::TryRead | Op::TryWrite | Op::ParkTimeout | Op::IsFinished => {
                Some(Value::Flag(result != 0))
            }
            Op::NotifyOne | Op::NotifyAll => Some(Value::Threads(self.note_woken(op, obj, alt))),
            Op::Unlock | Op::WriteUnlock => {
                self.recorder.as_mut().and_then(|recorder| recorder.change(obj))
            }
            Op::Choose => Some(Value::Text(format!("{alt} of 0..{aux}"))),
            _ => None,
        };
        let subject = match op {
            Op::Choose | Op::Yield | Op::Park | Op::ParkTimeout | Op::StopDaemons => {
                Subject::Nothing
            }
            Op::Unpark | Op::IsFinished | Op::Kill => Subject::Thread(aux as u16),
            _ => Subject::Object(obj),
        };
        self.note(op.public(), subject, value, at);
    }

    /// Writes down that a wait begins or ends.
    fn note_wait(&mut self, pending: &Pending, done: bool) {
        let Pending { op, obj, aux, at } = *pending;
        let thread = self.current;
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let waiter = recorder.end_wait(thread);
        let value = if op == Op::Wait { recorder.change(aux) } else { None };
        let (operation, object, mutex) = match (op, waiter) {
            (Op::Wait, _) => {
                let waiter = Waiter { thread, condvar: obj, spurious: done, notified: done };
                recorder.waiters.push(waiter);
                (Operation::Wait, obj, Some(aux))
            }
            (Op::Wake, _) => (if done { Operation::Wake } else { Operation::TimeOut }, obj, None),
            (_, Some(Waiter { condvar, spurious: true, .. })) => {
                (Operation::SpuriousWake, condvar, Some(obj))
            }
            (_, Some(Waiter { condvar, .. })) => (Operation::Wake, condvar, Some(obj)),
            (_, None) => (Operation::Relock, obj, None),
        };
        self.note_with(operation, Subject::Object(object), mutex, value, at);
    }

    /// The threads that a notification wakes, in the order of their starts.
    fn note_woken(&mut self, op: Op, condvar: u32, one: u16) -> Vec<usize> {
        let Some(recorder) = &mut self.recorder else {
            return Vec::new();
        };
        let mut woken = Vec::new();
        for waiter in &mut recorder.waiters {
            let thread = &self.threads[usize::from(waiter.thread)];
            let meant = waiter.condvar == condvar
                && !waiter.notified
                && thread.status != Status::Stopped
                && (op == Op::NotifyAll || waiter.thread == one);
            if meant {
                waiter.notified = true;
                woken.push(usize::from(thread.order));
            }
        }
        woken.sort_unstable();
        woken
    }

    /// The threads that wait, what for, and which threads hold that.
    fn blocked(&self) -> Vec<Blocked> {
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
            Op::Join => format!("the end of `{}`", self.thread_name(pending.aux as u16)),
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
        Blocked { thread, waits_for, holders, place: place(pending.at) }
    }

    /// The trace recorded, with the threads' names and those that are blocked.
    pub(crate) fn take_trace(&mut self) -> Trace {
        let objects = self.object_names();
        let threads = self.thread_names();
        let name = |object: u32| objects.get(&object).cloned();
        let named = |noted: Noted| {
            let object = match noted.subject {
                Subject::Nothing => None,
                Subject::Object(object) => name(object),
                Subject::Thread(thread) => {
                    threads.get(usize::from(self.threads[usize::from(thread)].order)).cloned()
                }
            };
            Step { object, with: noted.mutex.and_then(name), ..noted.step }
        };
        let noted = self.recorder.take().unwrap_or_default().steps;
        let steps = noted.into_iter().map(named).collect();
        let blocked = if self.is_deadlocked() { self.blocked() } else { Vec::new() };
        let mut trace = Trace { threads, steps, blocked };
        trace.mark_decisive();
        trace
    }

    /// A deadlock in words.
    pub(crate) fn deadlock_message(&self) -> String {
        Trace { threads: self.thread_names(), steps: Vec::new(), blocked: self.blocked() }.circle()
    }
}
