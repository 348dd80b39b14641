//! The record of one execution: its threads, objects, operations and outcomes.
//!
//! A checker [enters](Execution::enter) an `Execution` for each run of a program. The types of this
//! module then record into it, and [`outcome`] and [`refused`] add to it, from any thread of that run.
//! Outside of an execution they do nothing.

mod native;
mod told;

pub(crate) use self::native::record_native;
pub(super) use self::native::{records, step};
pub use self::told::{SOURCE, outcome, reach, refused};

use self::native::{dawdle, push};
use super::{Backend, Label, Local};
use crate::dpor::Operation;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A value that was read, written or chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A number that was replaced by another.
    IntChange(i64, i64),
    /// A flag that was replaced by another.
    BoolChange(bool, bool),
    /// Data of another type, as its `Debug` form.
    Shown(Arc<str>),
    /// Data of another type that was replaced by other data.
    ShownChange(Arc<str>, Arc<str>),
}

impl Value {
    /// `old` became `new`.
    pub(super) fn change(old: Self, new: Self) -> Self {
        match (old, new) {
            (Self::Int(old), Self::Int(new)) => Self::IntChange(old, new),
            (Self::Bool(old), Self::Bool(new)) => Self::BoolChange(old, new),
            (_, new) => new,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(value.try_into().unwrap_or(i64::MAX))
    }
}

/// One recorded operation.
#[derive(Clone, Debug)]
pub struct Event {
    /// The thread that did it, as an index into [`History::threads`].
    pub thread: usize,
    /// The kind of the operation.
    pub operation: Operation,
    /// The object of the operation, as an index into [`History::objects`].
    pub object: Option<usize>,
    /// For a wait and a wake-up, the mutex that was released and locked again.
    pub mutex: Option<usize>,
    /// The value read, written or chosen.
    pub value: Option<Value>,
    /// The line of the program.
    pub location: Option<&'static Location<'static>>,
}

/// The record of one execution.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The names of the threads; the first is the one that ran the program.
    pub threads: Vec<String>,
    /// The names of the objects, in the order in which they were created.
    pub objects: Vec<String>,
    /// For each object, the data that it held when its mutex was last released, where that is shown.
    pub held: Vec<Option<Arc<str>>>,
    /// The operations, in order.
    pub events: Vec<Event>,
    /// For each thread, the operation that it began and has not finished, which blocks it.
    pub pending: Vec<Option<Event>>,
    /// The values that the program passed to [`outcome`], in order.
    pub outcomes: Vec<String>,
    /// The points that the program passed to [`reach`].
    pub reached: BTreeSet<&'static str>,
    /// Panics of threads that were not joined.
    pub unclaimed: Vec<String>,
    /// Whether some thread yielded. Loom and shuttle run a thread that spins with yields again only after
    /// some other thread, so their verdict then does not cover all interleavings.
    pub yielded: bool,
    /// Whether the execution is over, though its threads may still unwind: nothing more is recorded.
    pub frozen: bool,
    /// Whether the current panic is the end of the execution, which the program must not catch.
    pub failed: bool,
}

/// One run of a program, as its threads see it.
#[derive(Clone, Debug, Default)]
pub struct Execution(Arc<Mutex<History>>);

thread_local! {
    /// The execution of this operating-system thread. A model checker runs all threads of a program
    /// on one operating-system thread; natively each spawned thread inherits the execution.
    static CURRENT: RefCell<Option<Execution>> = const { RefCell::new(None) };
    /// How many executions this operating-system thread has entered.
    static ENTERED: Cell<u64> = const { Cell::new(0) };
}

/// The number of this operating-system thread's execution, for state that must not outlive it.
pub(crate) fn number() -> u64 {
    ENTERED.get()
}

impl Execution {
    /// Runs `program` as this execution, from an empty history.
    ///
    /// The history survives a panic of `program`, for a caller that catches it.
    pub fn enter<B: Backend>(&self, program: impl FnOnce()) {
        let mut history = History { threads: vec!["main".into()], ..History::default() };
        history.pending.push(None);
        *self.history() = history;
        CURRENT.set(Some(self.clone()));
        ENTERED.set(number() + 1);
        B::set_local(None);
        program();
        if let Some(message) = self.history().unclaimed.first() {
            panic!("{message}");
        }
        CURRENT.set(None);
    }

    /// The record so far.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Ends the recording of this thread's execution. What follows is the unwinding of an execution
    /// that the engine has abandoned.
    pub(crate) fn freeze() {
        with_history(|history| history.frozen = true);
    }

    /// Whether the current panic in this thread's execution is not one of the program's own.
    pub(crate) fn has_failed() -> bool {
        with_history(|history| history.failed).unwrap_or(false)
    }

    /// Makes a native thread take part in `execution`.
    pub(super) fn join(execution: Option<Self>) {
        CURRENT.set(execution);
    }
}

/// The outcome of an execution whose program reported these values, if any.
#[must_use]
pub fn joined_outcome(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

fn with_history<R>(f: impl FnOnce(&mut History) -> R) -> Option<R> {
    CURRENT.with_borrow(|current| Some(f(&mut current.as_ref()?.history())))
}

/// Changes the record, unless the execution is over.
fn recording(f: impl FnOnce(&mut History)) {
    with_history(|history| {
        if !history.frozen {
            f(history);
        }
    });
}

pub(super) fn register_object<B: Backend>(label: &Label) -> usize {
    if !records::<B>() {
        return 0;
    }
    with_history(|history| {
        history.objects.push(label.to_string());
        history.held.push(None);
        history.objects.len() - 1
    })
    .unwrap_or(0)
}

/// Notes what the mutex `label`, just made, holds.
pub(super) fn hold<B: Backend>(label: &Label, shown: impl FnOnce() -> Option<String>) {
    if records::<B>()
        && let Some(shown) = shown()
    {
        recording(|history| {
            if let Some(held) = history.held.get_mut(label.number) {
                *held = Some(shown.into());
            }
        });
    }
}

/// What became of the data that the mutex holds, which is now `shown`.
fn change(history: &mut History, mutex: usize, shown: Option<String>) -> Option<Value> {
    let new: Arc<str> = shown?.into();
    let old = history.held.get_mut(mutex)?.replace(Arc::clone(&new))?;
    (old != new).then_some(Value::ShownChange(old, new))
}

/// Gives a spawned thread the next index of this execution; `None` outside of one.
pub(super) fn register_thread(name: &str) -> Option<usize> {
    with_history(|history| {
        history.threads.push(name.into());
        history.pending.push(None);
        history.threads.len() - 1
    })
}

/// Ends this execution with a failure.
pub(super) fn fail(message: String) -> ! {
    with_history(|history| history.failed = true);
    panic!("{message}")
}

/// Records a panic that no join can return. The execution fails with it when it ends.
pub(crate) fn report_unclaimed(message: String) {
    with_history(|history| history.unclaimed.push(message));
}

/// Records that this thread is about to do something that may block.
#[track_caller]
#[cold]
pub(super) fn begin<B: Backend>(operation: Operation, label: &Label) {
    if records::<B>() {
        if !B::engine().is_recorded() {
            dawdle();
        }
        let event = event::<B>(operation, Some(label), None, Some(Location::caller()));
        recording(|history| begin_event(history, event));
    }
}

/// Records that the operation that this thread began is finished.
#[track_caller]
#[cold]
pub(super) fn end<B: Backend>(operation: Operation, label: Option<&Label>, value: Option<Value>) {
    if records::<B>() {
        let event = event::<B>(operation, label, value, Some(Location::caller()));
        recording(|history| {
            history.pending[event.thread] = None;
            push(history, event);
        });
    }
}

/// Records that this thread has taken `mutex`.
#[track_caller]
#[cold]
pub(super) fn end_lock<B: Backend>(mutex: &Label) {
    if records::<B>() {
        let mut event = event::<B>(Operation::Lock, Some(mutex), None, Some(Location::caller()));
        recording(|history| {
            history.pending[event.thread] = None;
            event.value = history.held.get(mutex.number).cloned().flatten().map(Value::Shown);
            push(history, event);
        });
    }
}

/// Records that this thread releases `mutex`, whose data is `shown`, and waits on `label`.
#[track_caller]
#[inline]
pub(super) fn begin_wait<B: Backend>(
    label: &Label,
    mutex: &Label,
    shown: impl FnOnce() -> Option<String>,
) {
    if records::<B>() {
        let mut event = event::<B>(Operation::Wait, Some(label), None, Some(Location::caller()));
        event.mutex = Some(mutex.number);
        let shown = shown();
        recording(|history| {
            let wake = Event { operation: Operation::Wake, ..event.clone() };
            history.pending[event.thread] = Some(wake);
            event.value = change(history, mutex.number, shown);
            push(history, event);
        });
    }
}

/// Records that this thread returned from its wait and holds `mutex` again.
#[track_caller]
#[inline]
pub(super) fn end_wait<B: Backend>(operation: Operation, label: &Label, mutex: &Label) {
    if records::<B>() {
        let mut event = event::<B>(operation, Some(label), None, Some(Location::caller()));
        event.mutex = Some(mutex.number);
        recording(|history| {
            history.pending[event.thread] = None;
            push(history, event);
        });
    }
}

/// Records an operation that never blocks, right after it took effect.
#[track_caller]
#[inline]
pub(super) fn record<B: Backend>(
    operation: Operation,
    label: Option<&Label>,
    value: Option<Value>,
) {
    if records::<B>() {
        let event = event::<B>(operation, label, value, Some(Location::caller()));
        recording(|history| push(history, event));
    }
}

/// Records that this thread yields.
#[track_caller]
pub(super) fn record_yield<B: Backend>() {
    record::<B>(Operation::Yield, None, None);
    if !B::engine().is_native() {
        recording(|history| history.yielded = true);
    }
}

/// Records that this thread has released `mutex`, whose data was `shown`; a drop has no line of its own.
#[cold]
pub(super) fn record_release<B: Backend>(mutex: &Label, shown: Option<String>) {
    if records::<B>() {
        let mut event = event::<B>(Operation::Unlock, Some(mutex), None, None);
        recording(|history| {
            event.value = change(history, mutex.number, shown);
            push(history, event);
        });
    }
}

/// Records an operation in a `drop`, which has no line of its own.
#[cold]
pub(super) fn record_drop<B: Backend>(operation: Operation, label: &Label) {
    if records::<B>() {
        let event = event::<B>(operation, Some(label), None, None);
        recording(|history| push(history, event));
    }
}

/// Records an operation on a thread.
pub(super) fn record_thread<B: Backend>(
    operation: Operation,
    other: usize,
    location: &'static Location<'static>,
) {
    if records::<B>() {
        let value = Some(other.into());
        let event = event::<B>(operation, None, value, Some(location));
        recording(|history| {
            if operation == Operation::Join {
                history.pending[event.thread] = None;
            }
            push(history, event);
        });
    }
}

/// Records that this thread is about to wait for thread `other`.
pub(super) fn begin_join<B: Backend>(other: usize, location: &'static Location<'static>) {
    if records::<B>() {
        let event = event::<B>(Operation::Join, None, Some(other.into()), Some(location));
        recording(|history| begin_event(history, event));
    }
}

/// Notes what a thread is about to do.
fn begin_event(history: &mut History, event: Event) {
    let thread = event.thread;
    history.pending[thread] = Some(event);
}

fn event<B: Backend>(
    operation: Operation,
    label: Option<&Label>,
    value: Option<Value>,
    location: Option<&'static Location<'static>>,
) -> Event {
    Event {
        thread: B::with_local(|local| local.map_or(0, Local::index)),
        operation,
        object: label.map(|label| label.number),
        mutex: None,
        value,
        location,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    #[test]
    fn outcomes_belong_to_the_execution_of_their_thread() {
        let execution = Execution::default();
        execution.enter::<Std>(|| {
            Std::spawn("child", || outcome(1)).join().unwrap();
            refused("no");
        });
        outcome("lost, because there is no execution");
        assert_eq!(execution.history().outcomes, ["1", "refused: no"]);
        assert_eq!(execution.history().threads, ["main", "child"]);
    }

    #[test]
    #[should_panic(expected = "no thread joins")]
    fn an_unclaimed_panic_fails_the_execution() {
        Execution::default().enter::<Std>(|| {
            let child = Std::spawn("child", || panic!("no thread joins"));
            while !child.is_finished() {
                Std::yield_now();
            }
        });
    }
}
