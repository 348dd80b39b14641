//! The executions of one exploration, on one OS thread.

use std::any::Any;
use std::borrow::Cow;
use std::io;
use std::mem;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use super::ended::Ended;
use super::fiber::{self, Fiber};
use super::installed::{exchange, install, kernel, misuse, set_epoch, try_with, with};
use super::orders::Orders;
use super::owners::Addresses;
use super::panics;
use super::quarantine::Keeping;
use super::result::{Discarded, Left};
use super::running_out::run_out;
use super::strategy::Strategy;
use super::{spawn, statics, teardown};
use crate::kernel::fault::Panic;
use crate::kernel::{Access, FailureKind, Kernel, Limits, Memory, Note, Op, Pending, Role, Status};
use crate::telling::recorder::{Recorder, Subject};
use crate::telling::trace::{Operation, Value};

/// What the driver does when a fiber has switched out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Resume this thread's fiber.
    Run(u16),
    /// The execution is over, or to be ended.
    Stop,
}

pub(crate) struct Session {
    pub(crate) kernel: Kernel,
    pub(super) strategy: Box<dyn Strategy>,
    pub(crate) recorder: Option<Box<Recorder>>,
    /// What the program's memory orderings are taken for, if not for what they are.
    pub(crate) orders: Option<Arc<Mutex<Orders>>>,
    pub(super) bodies: Vec<Body>,
    /// The fibers of threads that have ended.
    idle: Vec<Fiber>,
    pub(super) next: Next,
    pub(super) addresses: Addresses,
    pub(super) statics: Vec<statics::Value>,
    /// Parents that wait for a child to reach its first operation.
    nested: Vec<u16>,
    /// The panics since the execution was over.
    pub(super) afterwards: Vec<Note>,
    /// Threads whose join is over and that have not reached their next operation.
    joiners: Vec<u16>,
}

/// How a thread runs.
pub(super) struct Body {
    /// None if it does not run, or never will again.
    pub(super) fiber: Option<Fiber>,
    /// Its result, once it has ended.
    pub(super) left: Left,
    pub(super) locals: Vec<Local>,
    /// What its panics said, the last one last, whether they were caught or not.
    pub(super) panics: Vec<Panic>,
    /// Operations that it has done while it was unwound.
    pub(super) inert: u32,
}

/// One of a thread's thread-local values.
pub(crate) struct Local {
    /// The address of its key.
    pub(crate) key: usize,
    /// None once it is being destroyed.
    pub(crate) value: Option<Rc<dyn Any>>,
}

impl Body {
    fn new() -> Self {
        Body { fiber: None, left: Left::Nothing, locals: Vec::new(), panics: Vec::new(), inert: 0 }
    }

    /// Nothing left of another execution. Values that are still there are leaked: their destructors
    /// would find no model to run in.
    fn reset(&mut self) {
        self.left.reset();
        self.inert = 0;
        self.panics.clear();
        if !self.locals.is_empty() {
            self.locals.drain(..).for_each(std::mem::forget);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.bodies.iter_mut().for_each(Body::reset);
        self.statics.drain(..).for_each(mem::forget);
        let running = self.bodies.iter_mut().filter_map(|body| body.fiber.take());
        running.chain(self.idle.drain(..)).for_each(Fiber::give_back);
    }
}

/// Runs the next execution to its end; what is left of it is run out, and then unwound or forgotten.
pub(crate) fn execute(model: &dyn Fn(), observe: bool) -> Ended {
    let _keeping = Keeping::begin();
    with(Session::begin);
    spawn::run(&model);
    let is_alive = |session: &mut Session| session.kernel.now.live > 0;
    // Stopped daemons, and threads of killed processes, are where they are to stay.
    let is_midway = |session: &mut Session| session.kernel.now.live > session.kernel.now.unawaited;
    let was_alive = with(is_alive);
    let mut ended = with(|session| session.end(observe));
    if ended.fault.is_none() && with(is_midway) {
        run_out();
    }
    let is_broken = ended.fault.is_some() || with(is_midway);
    let forgets = |kernel: &mut Kernel| kernel.has_raw_memory || !kernel.limits.unwinds;
    kernel(|kernel| kernel.now.over = !was_alive);
    if with(is_alive) && is_broken && kernel(forgets) {
        spawn::forget_all();
        with(Session::forget_what_is_left);
        return ended;
    }
    if with(is_alive) {
        teardown::unwind_all();
    }
    while let Some((thread, result)) = with(Session::take_discarded) {
        teardown::discard(thread, result);
    }
    while let Some(value) = with(|session| session.statics.pop()) {
        teardown::discard(0, value.end);
    }
    with(|session| session.look_for_leaks(&mut ended));
    if let Some(fault) = &mut ended.fault {
        fault.notes = with(|session| std::mem::take(&mut session.afterwards));
    }
    ended
}

/// Has this execution more steps than it may? Then it fails. (A trial ends by itself.)
#[cold]
#[inline(never)]
fn is_endless(kernel: &mut Kernel) -> bool {
    let steps = kernel.limits.steps * if kernel.now.on_trial.is_some() { 10 } else { 1 };
    let is_endless = kernel.events.taken() >= steps;
    if is_endless {
        let message = kernel.endless_message(steps);
        kernel.fail(FailureKind::StepLimit, message);
    }
    is_endless
}

/// A session in place on this OS thread.
pub(crate) struct Installed {
    _quiet: panics::Quiet,
}

impl Drop for Installed {
    fn drop(&mut self) {
        install(None);
    }
}

/// Tells the recorder something, if the execution is recorded.
#[cold]
pub(crate) fn tell(f: impl FnOnce(&mut Recorder)) {
    try_with(|session| session.recorder.as_deref_mut().map(f));
}

static EXPLORATIONS: AtomicU64 = AtomicU64::new(1);

impl Session {
    /// Puts a session in place whose executions are chosen by `strategy`.
    #[track_caller]
    pub(crate) fn install(strategy: Box<dyn Strategy>, limits: Limits) -> Installed {
        if try_with(|_| ()).is_some() {
            misuse("a model inside a model");
        }
        install(Some(Self::aside(strategy, limits)));
        Installed { _quiet: panics::quiet() }
    }

    /// A session that is not in place.
    pub(crate) fn aside(strategy: Box<dyn Strategy>, limits: Limits) -> Box<Self> {
        let epoch = EXPLORATIONS.fetch_add(1, Relaxed) << 40;
        Box::new(Session {
            kernel: Kernel::new(epoch, limits),
            strategy,
            recorder: None,
            orders: None,
            bodies: Vec::new(),
            idle: Vec::new(),
            next: Next::Stop,
            addresses: Addresses::new(),
            statics: Vec::new(),
            nested: Vec::new(),
            afterwards: Vec::new(),
            joiners: Vec::new(),
        })
    }

    /// Has another session in the place of the one that is installed while `f` runs. No execution may be under way.
    pub(crate) fn meanwhile<R>(other: Box<Self>, f: impl FnOnce() -> R) -> (Box<Self>, R) {
        struct Own(Option<Box<Session>>);
        impl Drop for Own {
            fn drop(&mut self) {
                install(self.0.take());
            }
        }
        let mut own = Own(exchange(Some(other)));
        let result = f();
        let other = exchange(own.0.take()).expect("`f` leaves the session in place");
        std::mem::forget(own);
        (other, result)
    }

    fn begin(&mut self) {
        self.kernel.begin();
        set_epoch(self.kernel.epoch);
        self.addresses.clear();
        self.nested.clear();
        self.afterwards.clear();
        self.joiners.clear();
        if let Some(recorder) = &mut self.recorder {
            **recorder = Recorder::default();
        }
        self.strategy.begin(&mut self.kernel);
        let fiber = self.take_fiber(None).expect("memory for a fiber's stack");
        self.start(0, None, fiber);
    }

    /// A fiber without a body, with a stack of as many bytes as wanted.
    pub(super) fn take_fiber(&mut self, wanted: Option<usize>) -> io::Result<Fiber> {
        fiber::take_from(&mut self.idle, wanted).map_or_else(|| fiber::take(wanted), Ok)
    }

    /// Takes a fiber back. One whose body has not ended is leaked.
    pub(super) fn take_back(&mut self, fiber: Fiber) {
        self.idle.extend((!fiber.is_busy()).then_some(fiber));
    }

    fn start(&mut self, thread: u16, parent: Option<u16>, fiber: Fiber) {
        match self.bodies.get_mut(usize::from(thread)) {
            Some(body) => body.reset(),
            None => self.bodies.resize_with(usize::from(thread) + 1, Body::new),
        }
        self.bodies[usize::from(thread)].fiber = Some(fiber);
        self.strategy.start(&mut self.kernel, thread, parent);
    }

    /// Leaks what threads have left, and statics.
    fn forget_what_is_left(&mut self) {
        self.bodies.iter_mut().for_each(Body::reset);
        self.statics.drain(..).for_each(mem::forget);
    }

    /// Takes a result that no thread has asked for, and the thread that left it.
    fn take_discarded(&mut self) -> Option<(u16, Discarded)> {
        let mut left = (0..).zip(&mut self.bodies);
        left.find_map(|(thread, body)| Some((thread, body.left.take_discarded()?)))
    }

    #[inline]
    pub(crate) fn recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// Writes down what the running thread does, if a trace is wanted.
    pub(crate) fn note(
        &mut self,
        operation: Operation,
        subject: Subject,
        value: Option<Value>,
        at: &'static Location<'static>,
    ) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(&self.kernel, operation, subject, value, at);
        }
    }

    /// Adds a child of the running thread, with a stack of as many bytes as wanted.
    pub(super) fn spawn(
        &mut self,
        name: Option<Cow<'static, str>>,
        role: Role,
        stack: Option<usize>,
        at: &'static Location<'static>,
    ) -> io::Result<(u16, Fiber)> {
        let fiber = self.take_fiber(stack)?;
        let parent = self.kernel.current;
        let child = self.kernel.spawn(name, role);
        self.start(child, Some(parent), fiber);
        self.note(Operation::Spawn, Subject::Thread(child), None, at);
        // It runs to its first operation before its parent goes on.
        self.nested.push(parent);
        self.kernel.current = child;
        self.next = Next::Run(child);
        Ok((child, fiber))
    }

    /// Notes what the running thread wants to do. Returns whether it may go on at once.
    #[inline]
    pub(super) fn announce(&mut self, pending: Pending) -> bool {
        let me = self.kernel.current;
        self.kernel.announce(pending);
        self.go_on();
        self.next == Next::Run(me)
    }

    /// Does the chosen step of the running thread.
    #[inline]
    pub(super) fn execute(&mut self) -> u32 {
        let result = self.kernel.execute();
        self.strategy.step(&mut self.kernel);
        if self.recorder.is_some() {
            self.record_step(result);
        }
        result
    }

    #[cold]
    #[inline(never)]
    fn record_step(&mut self, result: u32) {
        if let Some(recorder) = &mut self.recorder {
            recorder.step(&self.kernel, result);
        }
    }

    /// An atomic's step of the running thread. Returns whether a trace is wanted.
    #[inline]
    pub(super) fn access(&mut self, access: &Access) -> bool {
        self.kernel.access(access);
        self.strategy.step(&mut self.kernel);
        self.recording()
    }

    /// Decides which thread runs next: first one that is on the way to its next operation,
    /// then the one whose step is chosen.
    #[inline]
    pub(super) fn go_on(&mut self) {
        let next = if self.kernel.now.ending {
            None
        } else {
            self.nested.pop().or_else(|| self.joiners.pop())
        };
        let Some(thread) = next.or_else(|| self.choose()) else {
            self.next = Next::Stop;
            return;
        };
        self.kernel.threads[usize::from(thread)].status = Status::Local;
        self.kernel.current = thread;
        self.next = Next::Run(thread);
    }

    /// The thread that takes the next step.
    #[inline]
    fn choose(&mut self) -> Option<u16> {
        let kernel = &mut self.kernel;
        if kernel.now.ending || kernel.now.live == 0 {
            return None;
        }
        if kernel.events.taken() >= kernel.limits.steps && is_endless(kernel) {
            return None;
        }
        let (thread, alt) = self.strategy.choose(kernel)?;
        kernel.alt = alt;
        if self.recorder.is_some() {
            self.record_preemption(thread, alt);
        }
        Some(thread)
    }

    #[cold]
    #[inline(never)]
    fn record_preemption(&mut self, thread: u16, alt: u16) {
        let Session { kernel, recorder: Some(recorder), .. } = self else { return };
        let last = kernel.last_thread();
        let preempts = last != thread && kernel.enabled(last);
        recorder.preemption = preempts && !kernel.is_giving_way(thread, alt);
    }

    /// Has the running thread wait for the end of another. Returns whether it may go on at once.
    pub(super) fn join(&mut self, target: u16, pending: Pending) -> bool {
        let me = self.kernel.current;
        let closed = self.kernel.thread(target).is_closed_for(pending.op);
        let ended = self.kernel.thread(target).status == Status::Done;
        if ended && !closed {
            self.strategy.inherit(&mut self.kernel, me, target);
        }
        if ended || closed {
            self.joined(target, pending);
            return true;
        }
        self.kernel.threads[usize::from(target)].joiners.push(me);
        // The other's end is what lets this thread go on, so it never does at once.
        self.announce(pending);
        false
    }

    /// Notes that the running thread has waited for the end of another.
    pub(super) fn joined(&mut self, target: u16, pending: Pending) {
        if self.kernel.thread(target).is_closed_for(pending.op) {
            self.strategy.inherit_closure(self.kernel.current, target);
            self.kernel.joined_closure(target);
        } else {
            self.kernel.joined(target);
        }
        self.note(Operation::Join, Subject::Thread(target), None, pending.at);
    }

    /// Ends the closure of the running thread, a scoped one, before the thread: what waits for it does
    /// not wait for the destructors of thread-local values.
    pub(super) fn close(&mut self) {
        let me = self.kernel.current;
        self.kernel.close();
        if self.kernel.limits.memory != Memory::Sequential {
            return self.kernel.refuse("thread-local values of a scoped thread");
        }
        self.strategy.close(me);
        let Kernel { threads, .. } = &mut self.kernel;
        let mut joiners = std::mem::take(&mut threads[usize::from(me)].joiners);
        joiners.retain(|joiner| {
            let goes_on = threads[usize::from(*joiner)].pending.op == Op::JoinClosure(me);
            self.joiners.extend(goes_on.then_some(*joiner));
            !goes_on
        });
        threads[usize::from(me)].joiners = joiners;
    }

    /// Ends the running thread.
    pub(super) fn finish(&mut self) {
        let me = self.kernel.current;
        self.kernel.finish();
        // Once control has left it, no thread runs in it.
        self.idle.extend(self.bodies[usize::from(me)].fiber.take());
        if teardown::under_way() {
            return;
        }
        for nth in 0..self.kernel.thread(me).joiners.len() {
            let joiner = self.kernel.thread(me).joiners[nth];
            self.strategy.inherit(&mut self.kernel, joiner, me);
            self.joiners.push(joiner);
        }
        self.go_on();
    }

    /// Has the execution stop here.
    pub(super) fn stop(&mut self) {
        self.kernel.now.ending = true;
        self.next = Next::Stop;
    }

    pub(super) fn next_fiber(&self) -> Option<Fiber> {
        match self.next {
            Next::Run(thread) => self.bodies[usize::from(thread)].fiber,
            Next::Stop => None,
        }
    }
}
