//! What a thread does between two steps: nothing that another thread can observe.

use super::language::{Do, MUTEXES};
use super::state::{Exit, Frame, Scope, Stage, State, TICKS, Thread, Tid};

/// What a thread does next, once it is settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next<'p> {
    /// Goes on with an operation half done.
    Stage,
    /// Begins this operation.
    Begin(&'p Do),
    /// Gives the lock of its innermost guard back.
    Release,
    /// Ends a closure that runs once.
    Complete,
    /// Drops its sender of a channel at the end of its closure.
    DropSender(usize),
    /// Drops its receiver of a channel at the end of its closure.
    DropReceiver(usize),
    /// Drops an owner of a value at the end of its closure.
    DropOwner(usize),
    /// Drops a weak reference at the end of its closure.
    DropWeak(usize),
    /// Waits for the threads of a scope.
    AwaitScope,
    /// Drops the result of a thread.
    DropResult,
    /// Leaves the result of its closure.
    Leave,
    /// Shows that its closure is over, and goes on to destroy its thread-local values.
    Finish,
    /// Ends.
    End,
    Nothing,
}

/// Local operations in a row after which a thread is taken to do nothing else.
const PATIENCE: u32 = 2_000;

/// The message of a thread that asks for a thread-local value which is being dropped.
const DESTROYED: i64 = 96;

impl<'p> State<'p> {
    /// Lets a thread run to its next step.
    pub(super) fn settle(&mut self, id: Tid) {
        // The time of a receive began when the thread came to it.
        if !matches!(self.threads[id].stage, Some(Stage::Receiving { .. })) {
            self.threads[id].since = self.clock;
        }
        for _ in 0..PATIENCE {
            if self.lost || !self.run_locally(id) {
                return;
            }
        }
        self.lost = true;
    }

    /// What a settled thread does next.
    pub(super) fn next(&self, id: Tid) -> Next<'p> {
        let thread = &self.threads[id];
        if thread.stage.is_some() {
            return Next::Stage;
        }
        if thread.drops > 0 {
            return Next::DropResult;
        }
        let Some(Frame { rest, scope }) = thread.frames.last() else {
            return match thread {
                Thread { ended: true, .. } => Next::Nothing,
                Thread { finished: true, .. } => Next::End,
                Thread { gives: true, left: false, result: Some(Ok(())), .. } => Next::Leave,
                _ => Next::Finish,
            };
        };
        if thread.exit == Exit::Not
            && let [first, ..] = rest
        {
            return Next::Begin(first);
        }
        match scope {
            Scope::Guard { .. } => Next::Release,
            Scope::Once(_) => Next::Complete,
            Scope::Threads(_) => Next::AwaitScope,
            _ => match (held(&thread.senders), held(&thread.receivers)) {
                (Some(channel), _) => Next::DropSender(channel),
                (None, Some(channel)) => Next::DropReceiver(channel),
                (None, None) => {
                    thread.arc_held().unwrap_or_else(|| unreachable!("{thread:?} is not settled"))
                }
            },
        }
    }

    /// Does the next thing of a thread if it is local. False if it is a step.
    fn run_locally(&mut self, id: Tid) -> bool {
        let thread = &mut self.threads[id];
        if thread.stage.is_some() || thread.drops > 0 {
            return false;
        }
        let Some(frame) = thread.frames.last() else {
            return false;
        };
        match frame.rest {
            [first, rest @ ..] if thread.exit == Exit::Not => self.begin_locally(id, first, rest),
            _ => self.leave_locally(id),
        }
    }

    /// Does an operation if it is local.
    fn begin_locally(&mut self, id: Tid, what: &'p Do, rest: &'p [Do]) -> bool {
        if !self.is_local(id, what) {
            return false;
        }
        let thread = &mut self.threads[id];
        thread.frames.last_mut().expect("a frame").rest = rest;
        match what {
            Do::Get => {
                if let Some((lock, _)) = thread.innermost() {
                    let data = self.locks[lock].data;
                    thread.observe(data);
                }
            }
            Do::Put(value) => {
                if let Some((lock, false)) = thread.innermost() {
                    self.locks[lock].data = *value;
                }
            }
            Do::If(value, block) if thread.register == *value => thread.enter(block, Scope::Plain),
            Do::Times(0, _) | Do::If(..) => {}
            Do::Times(rounds, body) => {
                thread.enter(body, Scope::Loop { body, left: Some(*rounds) });
            }
            Do::Forever(body) => thread.enter(body, Scope::Loop { body, left: None }),
            Do::Leave(value) if thread.register == *value => thread.exit = Exit::Loop,
            Do::LeaveUnless(value) if thread.register != *value => thread.exit = Exit::Loop,
            Do::Panic(message) | Do::ResumeUnwind(message) => thread.exit = Exit::Panic(*message),
            Do::Catch(block) => thread.enter(block, Scope::Catch),
            Do::Guarded(destructor, block) => thread.enter(block, Scope::Object(destructor)),
            // "This function will panic!() if the key currently has its destructor running".
            Do::Local(_) if thread.result.is_some() => thread.exit = Exit::Panic(DESTROYED),
            Do::Local(destructor) => thread.locals.push(destructor),
            Do::Later(slot) => {
                thread.slots[*slot] = thread.slots[*slot].map(|time| time + TICKS);
            }
            Do::Reached(a, b) | Do::Order(a, b) => {
                if let (Some(a), Some(b)) = (thread.slots[*a], thread.slots[*b]) {
                    let reached = matches!(what, Do::Reached(..));
                    thread.observe(if reached { i64::from(a >= b) } else { (a - b).signum() });
                }
            }
            Do::PutTime(slot) if thread.innermost() == Some((0, false)) => {
                self.time = thread.slots[*slot];
            }
            Do::GetTime(slot) if thread.innermost() == Some((0, false)) => {
                thread.slots[*slot] = self.time;
            }
            Do::Access { .. } => self.open_cell(id, what),
            Do::Spawn(body) => self.spawn(id, body, false),
            Do::SpawnGiving(body) => self.spawn(id, body, true),
            Do::Detach(handle) => {
                thread.handles.get_mut(*handle).and_then(Option::take);
            }
            Do::SpawnWith(body) => self.spawn_with(id, body),
            Do::Scope(first, second, body) => self.open_scope(id, [first, second, body]),
            _ => {}
        }
        true
    }

    /// Can no other thread tell when the operation happens, or whether? A pause is one of these, since time
    /// orders nothing; a spawn, since what the new thread does before its first step is its own.
    fn is_local(&self, id: Tid, what: &Do) -> bool {
        let thread = &self.threads[id];
        match what {
            Do::Downgrade => thread.innermost() != Some((MUTEXES, false)),
            Do::Wait(_) | Do::WaitTimeout(_) => thread.innermost() != Some((0, false)),
            Do::Join(handle) | Do::IsFinished(handle) => thread.handle(*handle).is_none(),
            Do::Detach(handle) => {
                thread.handle(*handle).is_none_or(|thread| !self.threads[thread].gives)
            }
            Do::Unpark(whom) => thread.target(id, *whom).is_none(),
            Do::JoinSibling => thread.sibling.is_none(),
            Do::Send(channel, _) | Do::TrySend(channel, _) | Do::DropSender(channel) => {
                !thread.senders[*channel]
            }
            Do::Recv(channel) | Do::TryRecv(channel) | Do::RecvTimeout(channel) => {
                !thread.receivers[*channel]
            }
            Do::Touch | Do::Count { .. } | Do::Keep => true,
            Do::Get | Do::Put(_) | Do::If(..) | Do::Times(..) | Do::Forever(_) => true,
            Do::Leave(_) | Do::LeaveUnless(_) => true,
            Do::Panic(_) | Do::ResumeUnwind(_) | Do::Catch(_) => true,
            Do::Guarded(..) | Do::Local(_) => true,
            Do::Spawn(_) | Do::SpawnWith(_) | Do::SpawnGiving(_) => true,
            Do::Access { .. } | Do::Scope(..) | Do::Yield | Do::SpinLoop => true,
            Do::Sleep => self.rules.ahead.is_none(),
            Do::Later(_) | Do::Reached(..) | Do::Order(..) => true,
            Do::PutTime(_) | Do::GetTime(_) => true,
            what => thread.lacks_arc(what),
        }
    }

    fn spawn(&mut self, id: Tid, body: &'p [Do], gives: bool) {
        let child = self.add_thread(id, body);
        self.threads[child].gives = gives;
        self.threads[id].handles.push(Some(child));
        self.settle(child);
    }

    fn spawn_with(&mut self, id: Tid, body: &'p [Do]) {
        let child = self.add_thread(id, body);
        let parent = &mut self.threads[id];
        let handles = std::mem::take(&mut parent.handles);
        let receivers = std::mem::take(&mut parent.receivers);
        parent.handles.push(Some(child));
        self.threads[child].handles = handles;
        self.threads[child].receivers = receivers;
        self.settle(child);
    }

    fn open_scope(&mut self, id: Tid, [first, second, body]: [&'p [Do]; 3]) {
        let first = self.add_thread(id, first);
        self.settle(first);
        let second = self.add_thread(id, second);
        self.threads[second].sibling = Some(first);
        self.settle(second);
        self.threads[id].enter(body, Scope::Threads(vec![first, second]));
    }

    /// Ends the innermost block if that is local.
    fn leave_locally(&mut self, id: Tid) -> bool {
        let thread = &mut self.threads[id];
        let frame = thread.frames.last_mut().expect("a frame");
        match &mut frame.scope {
            Scope::Guard { .. } | Scope::Once(_) | Scope::Threads(_) => return false,
            Scope::Closure => return self.leave_closure(id),
            Scope::Loop { body, left } if thread.exit == Exit::Not && *left != Some(1) => {
                *left = left.map(|left| left - 1);
                frame.rest = body;
                return true;
            }
            _ => {}
        }
        let frame = thread.frames.pop().expect("a frame");
        match (frame.scope, thread.exit) {
            (Scope::Loop { left, .. }, Exit::Loop) => {
                thread.exit = Exit::Not;
                if left.is_none() {
                    thread.observe(thread.register);
                }
            }
            // "This function will return Ok with the closure's result if the closure does not
            // panic, and will return Err(cause) if the closure panics."
            (Scope::Catch, exit) => {
                thread.exit = Exit::Not;
                thread.observe(i64::from(matches!(exit, Exit::Panic(_))));
            }
            (Scope::Object(destructor), exit) => {
                thread.exit = Exit::Not;
                thread.enter(destructor, Scope::Destructor(exit));
            }
            // "drop() may itself be called during unwinding due to a panic, and if the drop() panics
            // in that situation, this will likely abort the program." Of a thread-local value:
            // "should the destructor panic, the whole process will be aborted."
            (Scope::Destructor(Exit::Panic(_)) | Scope::Local, Exit::Panic(_)) => {
                self.lost = true;
            }
            (Scope::Destructor(_), Exit::Panic(_)) => {}
            (Scope::Destructor(outer), _) => thread.exit = outer,
            (Scope::Cell { cell, writes }, exit) => {
                thread.exit = if exit == Exit::Loop { Exit::Not } else { exit };
                self.close_cell(id, cell, writes);
            }
            (Scope::Local, _) => {
                thread.exit = Exit::Not;
                thread.handles.clear();
                self.destroy_locals(id);
            }
            _ => {}
        }
        true
    }

    /// Ends the closure: drops what it owns.
    fn leave_closure(&mut self, id: Tid) -> bool {
        let thread = &mut self.threads[id];
        let owns = thread.arc_held().is_some();
        if owns || held(&thread.senders).is_some() || held(&thread.receivers).is_some() {
            return false;
        }
        thread.frames.clear();
        thread.handles.clear();
        thread.sibling = None;
        thread.result = Some(match std::mem::replace(&mut thread.exit, Exit::Not) {
            Exit::Panic(message) => Err(message),
            Exit::Not | Exit::Loop => Ok(()),
        });
        true
    }

    /// Runs the destructor of the next thread-local value, if there is one.
    pub(super) fn destroy_locals(&mut self, id: Tid) {
        let thread = &mut self.threads[id];
        if !thread.locals.is_empty() {
            let destructor = thread.locals.remove(0);
            thread.enter(destructor, Scope::Local);
        }
    }
}

/// The first channel whose end is held.
fn held(ends: &[bool]) -> Option<usize> {
    ends.iter().position(|held| *held)
}
