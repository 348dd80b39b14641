//! Writing down an execution's trace, when a failing schedule is run again.

use std::collections::{HashMap, HashSet};
use std::panic::Location;

use crate::kernel::owners::Count;
use crate::kernel::rwlock::BEHIND;
use crate::kernel::spurious::WAITS;
use crate::kernel::thread::Thread;
use crate::kernel::{Detail, Event, Kernel, NOBODY, Op, Status};
use crate::telling::machines::{told, wait_for};
use crate::telling::names::is_own;
use crate::telling::trace::{Blocked, Operation, Place, Step, Trace, Value, WaitingWriter};

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
    /// How many steps the kernel had taken.
    taken: usize,
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
    /// The locks whose data was written since they were taken.
    pub(crate) touched: HashSet<u32>,
}

/// The threads that wait to write a lock which readers hold, but for the running one.
fn waiting_writers(kernel: &Kernel, lock: u32) -> Value {
    let others = kernel.writers_waiting(lock).filter(|id| *id != kernel.current);
    Value::Threads(others.map(|id| usize::from(kernel.thread(id).order)).collect())
}

/// The line, unless it is the checker's own.
fn place(at: &Location<'_>) -> Option<Place> {
    (!is_own(at.file())).then(|| Place::from(at))
}

impl Recorder {
    /// Writes down what the running thread does.
    pub(crate) fn note(
        &mut self,
        kernel: &Kernel,
        operation: Operation,
        subject: Subject,
        value: Option<Value>,
        at: &'static Location<'static>,
    ) {
        let thread = usize::from(kernel.thread(kernel.current).order);
        let preemption = std::mem::take(&mut self.preemption);
        let step = Step { value, place: place(at), preemption, ..Step::new(thread, operation) };
        self.steps.push(Noted { step, subject, mutex: None, taken: kernel.events.taken() });
    }

    /// Adds a value to the step written down last.
    pub(crate) fn tell_last(&mut self, value: Value) {
        if let Some(last) = self.steps.last_mut() {
            last.step.value = Some(value);
        }
    }

    /// Leaves out the step written down last, which tells a person nothing, if it is one of these.
    pub(crate) fn forget_last(&mut self, these: &[Operation]) {
        self.steps.pop_if(|last| these.contains(&last.step.operation));
    }

    /// Says of the step written down last that a write of the same atomic is newer: the kernel's step of
    /// this number, from 0.
    pub(crate) fn tell_stale(&mut self, newer: u32) {
        let write = |noted: &Noted| {
            noted.taken == newer as usize + 1 && noted.step.operation.writes() == Some(true)
        };
        let Some(step) = self.steps.iter().position(write) else { return };
        let newer = match &self.steps[step].step.value {
            Some(Value::Change { new, .. }) => new.clone(),
            Some(Value::Stale { value, .. }) => match &**value {
                Value::Change { new, .. } => new.clone(),
                other => other.to_string(),
            },
            _ => return,
        };
        if let Some(last) = self.steps.last_mut()
            && let Some(value) = last.step.value.take()
        {
            last.step.value = Some(Value::Stale { value: Box::new(value), newer, step });
        }
    }

    /// Says where the step just written down was asked for, if that is known better.
    pub(crate) fn note_place(&mut self, place: Option<Place>) {
        if let (Some(last), Some(_)) = (self.steps.last_mut(), &place) {
            last.step.place = place;
        }
    }

    /// Writes down the step just taken, unless it is an atomic's. `result` is what its thread was told.
    pub(crate) fn step(&mut self, kernel: &Kernel, result: u32) {
        let (event, _) = kernel.events.last();
        let op = event.op;
        let value = match op {
            Op::End { .. } | Op::SeePoison { .. } | Op::Touch { .. } | Op::Arrive(_) => return,
            Op::BeginPark { .. } if event.alt == WAITS => return,
            Op::Wait { .. } | Op::Wake(_) | Op::Relock(_) => {
                return self.wait(kernel, event, result != 0);
            }
            Op::GiveWay(lock) => Some(waiting_writers(kernel, lock)),
            Op::TryRead(lock) if event.alt == BEHIND => Some(waiting_writers(kernel, lock)),
            Op::TryLock(_)
            | Op::TryRead(_)
            | Op::TryWrite(_)
            | Op::ParkTimeout { .. }
            | Op::IsFinished { .. } => Some(Value::Flag(result != 0)),
            Op::NotifyOne(condvar) => {
                Some(Value::Threads(self.woken(kernel, condvar, Some(event.alt))))
            }
            Op::NotifyAll(condvar) => Some(Value::Threads(self.woken(kernel, condvar, None))),
            Op::Unlock(lock) | Op::WriteUnlock(lock) | Op::Downgrade(lock) => self.change(lock),
            Op::Choose(alternatives) => {
                Some(Value::Text(format!("{} of 0..{alternatives}", event.alt)))
            }
            Op::Count { how, .. } => came_of_count(how, event.detail),
            Op::Compare => Some(Value::Text(kernel.told_of_time(event.thread))),
            Op::Act { act, .. } => told(act, result),
            _ => None,
        };
        let subject = match op {
            Op::Unpark { thread, .. } | Op::IsFinished { thread, .. } | Op::Kill(thread) => {
                Subject::Thread(thread)
            }
            _ => op.object().map_or(Subject::Nothing, Subject::Object),
        };
        let operation = kernel.operation(event.thread, op);
        self.note(kernel, operation, subject, value, kernel.thread(event.thread).pending.at);
    }

    /// Writes down that a wait begins or ends.
    fn wait(&mut self, kernel: &Kernel, event: &Event, done: bool) {
        let thread = event.thread;
        let waiter = self.end_wait(thread);
        let value = match event.op {
            Op::Wait { mutex, .. } => self.change(mutex),
            _ => None,
        };
        let (operation, object, mutex) = match (event.op, waiter) {
            (Op::Wait { condvar, mutex }, _) => {
                self.waiters.push(Waiter { thread, condvar, spurious: done, notified: done });
                (Operation::Wait, condvar, Some(mutex))
            }
            (Op::Wake(condvar), _) if done => (Operation::Wake, condvar, None),
            (Op::Wake(condvar), _) => (Operation::TimeOut, condvar, None),
            (Op::Relock(mutex), Some(Waiter { condvar, spurious: true, .. })) => {
                (Operation::SpuriousWake, condvar, Some(mutex))
            }
            (Op::Relock(mutex), Some(Waiter { condvar, .. })) => {
                (Operation::Wake, condvar, Some(mutex))
            }
            (Op::Relock(mutex), None) => (Operation::Relock, mutex, None),
            (op, _) => unreachable!("{op:?} is no part of a wait"),
        };
        let at = kernel.thread(thread).pending.at;
        self.note(kernel, operation, Subject::Object(object), value, at);
        if let Some(last) = self.steps.last_mut() {
            last.mutex = mutex;
        }
    }

    /// Takes the thread from the waiters.
    fn end_wait(&mut self, thread: u16) -> Option<Waiter> {
        let at = self.waiters.iter().position(|waiter| waiter.thread == thread)?;
        Some(self.waiters.swap_remove(at))
    }

    /// The threads that a notification wakes, this one or all, in the order of their starts.
    fn woken(&mut self, kernel: &Kernel, condvar: u32, one: Option<u16>) -> Vec<usize> {
        let mut woken = Vec::new();
        for waiter in &mut self.waiters {
            let thread = kernel.thread(waiter.thread);
            let meant = waiter.condvar == condvar
                && !waiter.notified
                && thread.status != Status::Stopped
                && one.is_none_or(|one| waiter.thread == one);
            if meant {
                waiter.notified = true;
                woken.push(usize::from(thread.order));
            }
        }
        woken.sort_unstable();
        woken
    }

    /// After how many steps of the kernel each one was written down.
    pub(crate) fn counts(&self) -> Vec<usize> {
        self.steps.iter().map(|noted| noted.taken).collect()
    }

    /// The trace, with the threads' names and those that are blocked.
    pub(crate) fn finish(self, kernel: &Kernel) -> Trace {
        let objects = kernel.object_names();
        let threads = kernel.thread_names();
        let name = |object: u32| objects.get(&object).cloned();
        let named = |noted: Noted| {
            let object = match noted.subject {
                Subject::Nothing => None,
                Subject::Object(object) => name(object),
                Subject::Thread(thread) => {
                    threads.get(usize::from(kernel.thread(thread).order)).cloned()
                }
            };
            Step { object, with: noted.mutex.and_then(name), ..noted.step }
        };
        let steps = self.steps.into_iter().map(named).collect();
        let blocked = if kernel.is_deadlocked() { kernel.blocked() } else { Vec::new() };
        let mut trace = Trace { threads, steps, blocked };
        trace.mark_decisive();
        trace
    }
}

impl Kernel {
    /// The threads that wait, what for, and which threads hold that.
    fn blocked(&self) -> Vec<Blocked> {
        let waiting = |thread: &u16| self.thread(*thread).status == Status::Pending;
        self.in_order()
            .into_iter()
            .filter(waiting)
            .map(|thread| self.blocked_thread(thread))
            .collect()
    }

    /// What a thread does by an operation, a token's of no thread being a task's.
    pub(super) fn operation(&self, thread: u16, op: Op) -> Operation {
        let of_task = |token: u32, thread: u16| token != self.thread(thread).token;
        match op {
            Op::Park { token } if of_task(token, thread) => Operation::AwaitWake,
            Op::BeginPark { token } if of_task(token, thread) => Operation::SpuriousPoll,
            Op::Unpark { token, thread } if of_task(token, thread) => Operation::WakeTask,
            op => op.into(),
        }
    }

    pub(crate) fn blocked_thread(&self, thread: u16) -> Blocked {
        let state = self.thread(thread);
        let (mut holders, mut behind) = (Vec::new(), Vec::new());
        let waits_for = match state.pending.op {
            Op::Join(target) | Op::JoinClosure(target) => {
                format!("the end of `{}`", self.thread_name(target))
            }
            Op::Park { token } if token != state.token => "its waker".to_owned(),
            Op::Park { .. } => "its token".to_owned(),
            Op::Yield => "a change of what its loop reads".to_owned(),
            Op::StopDaemons => "the end of every thread but the daemons".to_owned(),
            Op::ReadBehind(lock) => {
                behind.extend(self.writers_waiting(lock).filter(|id| *id != thread).map(
                    |writer| {
                        let Thread { order, pending, .. } = self.thread(writer);
                        WaitingWriter { thread: usize::from(*order), place: place(pending.at) }
                    },
                ));
                self.object_name(lock)
            }
            op => {
                if let Some(lock) = op.acquires() {
                    let lock = &self.objects[lock as usize];
                    let owner = (lock.owner != NOBODY).then_some(&lock.owner);
                    let order = |thread: &u16| usize::from(self.thread(*thread).order);
                    holders = owner.into_iter().chain(&lock.threads).map(order).collect();
                }
                if let Op::Act { object, .. } = op {
                    let holder = self.holder(object);
                    holders = holder.iter().map(|id| usize::from(self.thread(*id).order)).collect();
                }
                let name = op.object().map(|object| self.object_name(object));
                match (op, name) {
                    (Op::Act { act, .. }, Some(name)) => wait_for(act, name),
                    (op, name) => name.unwrap_or_else(|| format!("{op:?}")),
                }
            }
        };
        let thread = usize::from(state.order);
        Blocked { thread, waits_for, holders, behind, place: place(state.pending.at) }
    }

    /// A deadlock in words.
    pub(crate) fn deadlock_message(&self) -> String {
        self.waits_in_words(&self.in_order())
    }

    /// What those of these threads that wait do wait for.
    pub(crate) fn waits_in_words(&self, threads: &[u16]) -> String {
        let mut blocked = self.blocked();
        blocked.retain(|blocked| {
            threads.iter().any(|id| usize::from(self.thread(*id).order) == blocked.thread)
        });
        Trace { threads: self.thread_names(), steps: Vec::new(), blocked }.circle()
    }
}

/// What a change of a count, or a question, came to.
fn came_of_count(how: Count, detail: Detail) -> Option<Value> {
    let Detail::Count { owners, weaks, succeeded, outdated, .. } = detail else { return None };
    match how {
        Count::Owners if outdated => Some(Value::text(format!("{owners}, which is outdated"))),
        Count::Owners => Some(Value::Count(u64::from(owners))),
        Count::Weaks => Some(Value::Count(u64::from(weaks))),
        Count::Drop => succeeded.then(|| Value::text("the last owner")),
        Count::Upgrade | Count::GetMut | Count::MakeMut | Count::TryUnwrap | Count::IntoInner => {
            Some(Value::Flag(succeeded))
        }
        Count::Clone | Count::Begin | Count::AddWeak | Count::DropWeak => None,
    }
}

impl From<Count> for Operation {
    fn from(how: Count) -> Self {
        match how {
            Count::Clone | Count::Begin => Operation::AddOwner,
            Count::Drop => Operation::DropOwner,
            Count::AddWeak => Operation::AddWeak,
            Count::DropWeak => Operation::DropWeak,
            Count::Upgrade => Operation::Upgrade,
            Count::Owners => Operation::CountOwners,
            Count::Weaks => Operation::CountWeaks,
            Count::GetMut | Count::MakeMut => Operation::AskAlone,
            Count::TryUnwrap | Count::IntoInner => Operation::Unwrap,
        }
    }
}

impl From<Op> for Operation {
    fn from(op: Op) -> Self {
        match op {
            Op::Lock(_) => Operation::Lock,
            Op::Unlock(_) => Operation::Unlock,
            Op::TryLock(_) => Operation::TryLock,
            Op::Wait { .. } => Operation::Wait,
            Op::Wake(_) => Operation::Wake,
            Op::Relock(_) | Op::Asleep { .. } => Operation::Relock,
            Op::NotifyOne(_) => Operation::NotifyOne,
            Op::NotifyAll(_) => Operation::NotifyAll,
            Op::Load(_) => Operation::Load,
            Op::Store(_) => Operation::Store,
            Op::Rmw(_) => Operation::Rmw,
            Op::CompareExchange(_) | Op::WeakExchange(_) => Operation::CompareExchange,
            Op::ReadLock(_) | Op::ReadBehind(_) => Operation::ReadLock,
            Op::GiveWay(_) => Operation::WaitBehind,
            Op::Arrive(_) => Operation::Arrive,
            Op::Downgrade(_) => Operation::Downgrade,
            Op::WriteLock(_) => Operation::WriteLock,
            Op::ReadUnlock(_) => Operation::ReadUnlock,
            Op::WriteUnlock(_) => Operation::WriteUnlock,
            Op::TryRead(_) => Operation::TryRead,
            Op::TryWrite(_) => Operation::TryWrite,
            Op::BeginPark { .. } => Operation::SpuriousPark,
            Op::Park { .. } => Operation::Park,
            Op::ParkTimeout { .. } => Operation::ParkTimeout,
            Op::Unpark { .. } => Operation::Unpark,
            Op::Join(_) | Op::JoinClosure(_) => Operation::Join,
            Op::Choose(_) => Operation::Choose,
            Op::Touch { written: false, .. } => Operation::PlainRead,
            Op::Touch { written: true, .. } => Operation::PlainWrite,
            Op::Compare => Operation::Compare,
            Op::Yield => Operation::Yield,
            Op::End { .. } => Operation::End,
            Op::IsFinished { .. } => Operation::IsFinished,
            Op::Poison { .. } => Operation::Poison,
            Op::IsPoisoned { .. } | Op::SeePoison { .. } => Operation::IsPoisoned,
            Op::ClearPoison { .. } => Operation::ClearPoison,
            Op::Act { act, .. } => act.into(),
            Op::Count { how, .. } => how.into(),
            Op::StopDaemons => Operation::StopDaemons,
            Op::Kill(_) => Operation::Kill,
        }
    }
}
