//! What a user tells: how the object and its spec begin, and the operations. And one client of it as a model.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::{self, Acquire, Release, SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::client::{Call, Client};
use super::counted;
use super::history::{Entry, History};
use super::operation::{Called, Reply};
use super::states::Begin;
use crate::execution::{self, panics, with};
use crate::kernel::Memory;
use crate::sync::atomic::AtomicUsize;
use crate::telling::recorder::Subject;
use crate::telling::trace::{Operation, Value};

/// The name of the atomics by which a thread sees how far the others are. No trace shows them.
pub(super) const CLOCK: &str = "\u{1f}returned";

/// What the main thread panics with at the end of an execution whose answers no order explains.
pub(super) const UNEXPLAINED: &str = "no order of the operations explains their answers";

/// The object, its spec and its operations.
pub(super) struct Program<O, S> {
    pub(super) make: Box<dyn Fn() -> O + Send + Sync>,
    pub(super) spec: Option<Box<dyn Fn() -> S + Send + Sync>>,
    /// How the spec's states are compared, if they can be.
    pub(super) states: Option<Begin<S>>,
    pub(super) operations: Vec<Box<dyn Called<O, S>>>,
}

impl<O, S> Program<O, S> {
    /// A call in words, as in `push(1)`.
    pub(super) fn told(&self, Call { operation, which }: &Call) -> String {
        let called = &self.operations[*operation];
        let parameters = called.parameters();
        let values = parameters.iter().zip(which);
        let values: Vec<_> = values
            .map(|(parameter, at)| parameter.texts.get(*at).map_or("a new value", String::as_str))
            .collect();
        format!("{}({})", called.name(), values.join(", "))
    }

    /// What came of a call, in words; nothing if it answers nothing.
    pub(super) fn answer(&self, call: &Call, reply: Reply) -> Option<String> {
        match reply {
            Reply::Answer(answer) => self.operations[call.operation].told(answer),
            Reply::Panicked => Some("a panic".to_owned()),
        }
    }
}

/// What an execution of a client comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) history: History,
    /// What calls panicked with: which, and the message.
    pub(super) panics: Vec<(usize, usize, String)>,
    /// A value was dropped twice, or never.
    pub(super) miscounted: Option<String>,
}

/// A client of a program, as a model.
pub(super) struct Running<O, S> {
    pub(super) program: Arc<Program<O, S>>,
    pub(super) client: Arc<Client>,
    /// Whether the threads note what has returned when they call.
    pub(super) clocked: bool,
    pub(super) record: Arc<Mutex<Record>>,
}

impl<O, S> Clone for Running<O, S> {
    fn clone(&self) -> Self {
        let Running { program, client, clocked, record } = self;
        let (program, client, record) = (program.clone(), client.clone(), record.clone());
        Running { program, client, clocked: *clocked, record }
    }
}

/// How many calls of each thread have returned, and whose thread it is.
pub(super) struct Clocks {
    returned: Arc<Vec<AtomicUsize>>,
    me: usize,
}

/// The orderings of reads and writes of clocks. A client may order what it calls by any means. So what a call sees
/// returned happens before it, and what it does not see may or may not have returned. Where memory is
/// sequentially consistent, that says the same as `SeqCst`, which does not ask for another search.
fn orderings() -> (Ordering, Ordering) {
    match execution::kernel(|kernel| kernel.limits.memory) {
        Memory::Sequential => (SeqCst, SeqCst),
        _ => (Acquire, Release),
    }
}

impl Clocks {
    /// How many calls of each thread have returned, of which there were at least as many before.
    fn look(&self, before: &[usize], most: &[usize]) -> Vec<usize> {
        let clock = |(at, clock): (usize, &AtomicUsize)| {
            let is_known = at == self.me || before[at] == most[at];
            if is_known { before[at] } else { clock.load(orderings().0) }
        };
        self.returned.iter().enumerate().map(clock).collect()
    }

    fn returns(&self, number: usize) {
        self.returned[self.me].store(number, orderings().1);
    }
}

impl<O: Send + Sync + 'static, S: 'static> Running<O, S> {
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lane(&self, lane: usize) -> &[Call] {
        self.client.lanes().nth(lane).expect("a lane for each thread, and two")
    }

    /// One execution. Hands what it comes to to `judge`, which says whether that is explained.
    pub(super) fn run(&self, judge: &dyn Fn(&Record) -> bool) {
        let threads = self.client.threads.len();
        *self.record() =
            Record { history: History(vec![Vec::new(); threads + 2]), ..Record::default() };
        counted::begin();
        let object = Arc::new((self.program.make)());
        self.call_all(&object, 0, None);
        let clock = |_| AtomicUsize::named(CLOCK, 0);
        let clocks = self.clocked.then(|| Arc::new((0..threads).map(clock).collect::<Vec<_>>()));
        let start = |me: usize| {
            let (this, object) = (self.clone(), Arc::clone(&object));
            let clocks = clocks.clone().map(|returned| Clocks { returned, me });
            crate::thread::spawn(move || this.call_all(&object, me + 1, clocks))
        };
        let started: Vec<_> = (0..threads).map(start).collect();
        for thread in started {
            thread.join().unwrap_or_else(|payload| resume_unwind(payload));
        }
        self.call_all(&object, threads + 1, None);
        drop(object);
        let miscounted = counted::end();
        let record = {
            let mut record = self.record();
            record.miscounted = miscounted;
            record.clone()
        };
        if let Some(miscounted) = record.miscounted {
            panic!("{miscounted}");
        }
        if !judge(&record) {
            panic!("{UNEXPLAINED}");
        }
    }

    /// Makes the calls of a lane, one after the other.
    pub(super) fn call_all(&self, object: &O, lane: usize, clocks: Option<Clocks>) {
        let most: Vec<_> = self.client.threads.iter().map(Vec::len).collect();
        let mut seen = vec![0; if clocks.is_some() { most.len() } else { 0 }];
        for (nth, call) in self.lane(lane).iter().enumerate() {
            if let Some(clocks) = &clocks {
                seen = clocks.look(&seen, &most);
                seen[clocks.me] = nth;
            }
            self.call(object, lane, nth, call, seen.clone());
            if let Some(clocks) = &clocks {
                clocks.returns(nth + 1);
            }
        }
    }

    fn call(&self, object: &O, lane: usize, nth: usize, call: &Call, seen: Vec<usize>) {
        self.record().history.0[lane].push(Entry { reply: None, seen });
        note(Operation::Call, || Some(self.program.told(call)));
        let called = &self.program.operations[call.operation];
        let answered = catch_unwind(AssertUnwindSafe(|| called.call(object, &call.which)));
        let reply = match answered {
            Ok(answer) => Reply::Answer(answer),
            Err(payload) => match panics::told_by(&*payload) {
                Some(panic) if !panic.misuse => {
                    self.record().panics.push((lane, nth, panic.message));
                    Reply::Panicked
                }
                // The execution is over, or the checker refuses it.
                _ => resume_unwind(payload),
            },
        };
        self.record().history.0[lane][nth].reply = Some(reply);
        note(Operation::Return, || self.program.answer(call, reply));
    }
}

/// Writes down that the running thread does this, if a trace is wanted.
fn note(operation: Operation, value: impl FnOnce() -> Option<String>) {
    with(|session| {
        if session.recording() {
            let value = value().map(Value::Text);
            let here = std::panic::Location::caller();
            session.note(operation, Subject::Nothing, value, here);
        }
    });
}
