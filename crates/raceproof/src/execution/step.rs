//! Announcing operations and choosing who takes the next step.

use crate::execution::teardown;
use crate::exploration::traces::events::Event;
use crate::exploration::traces::wakeup::Step;
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{Kernel, NOBODY, Next, Status, with};
use crate::telling::failure::FailureKind;

/// Announces an operation of the running thread and returns once it is chosen. False
/// means that the execution is being torn down and the operation must have no effect
/// on the kernel.
///
/// Inlined as far as the program's own code, so that a fiber is left and comes back at one
/// depth of calls: processors predict where a function returns to by counting calls, and
/// lose count where fibers are switched at different depths.
#[inline(always)]
pub(crate) fn announce(pending: Pending) -> bool {
    let live = !teardown::under_way() && (may_go_on(pending) || teardown::pause());
    if !live {
        teardown::inert(pending);
    }
    live
}

/// Announces an operation, and does it once it is chosen. Inlined as [`announce`].
#[inline(always)]
pub(crate) fn perform(pending: Pending) -> u32 {
    if teardown::under_way() {
        return teardown::inert(pending);
    }
    match go_on_with(pending) {
        Some(result) => result,
        None if teardown::pause() => execute(),
        None => teardown::inert(pending),
    }
}

#[inline(never)]
fn may_go_on(pending: Pending) -> bool {
    with(|kernel| kernel.announce(pending))
}

/// Announces an operation and, if it is chosen at once, does it.
#[inline(never)]
fn go_on_with(pending: Pending) -> Option<u32> {
    with(|kernel| kernel.announce(pending).then(|| kernel.execute()))
}

#[inline(never)]
fn execute() -> u32 {
    with(Kernel::execute)
}

impl Kernel {
    /// Notes what the running thread wants to do. Returns whether it may go on at once.
    #[inline]
    pub(crate) fn announce(&mut self, pending: Pending) -> bool {
        let me = self.current;
        let thread = self.me();
        thread.pending = pending;
        thread.status = Status::Pending;
        if thread.doomed {
            self.stop_doomed();
        }
        self.go_on();
        self.next == Next::Run(me)
    }

    /// Decides who runs next: first whoever is on the way to its next operation,
    /// then the thread whose step is chosen.
    #[inline]
    pub(crate) fn go_on(&mut self) {
        let next =
            if self.ending { None } else { self.nested.pop().or_else(|| self.joiners.pop()) };
        let Some(thread) = next.or_else(|| self.choose()) else {
            self.next = Next::Stop;
            return;
        };
        self.threads[usize::from(thread)].status = Status::Local;
        self.current = thread;
        self.next = Next::Run(thread);
    }

    /// The thread that takes the next step.
    #[inline]
    fn choose(&mut self) -> Option<u16> {
        if self.ending || self.live == 0 {
            return None;
        }
        let depth = self.events.taken();
        let wanted = if depth < self.path.len() {
            Some(self.path.node(depth).thread)
        } else {
            self.descend(depth)?
        };
        let Some(thread) = wanted else {
            return self.choose_freely(depth, self.last_thread());
        };
        let ready =
            self.ready(thread) || (self.nobody_ready() && self.tick() && self.ready(thread));
        if !ready {
            if !self.ending {
                self.diverged(format!("thread {thread} cannot take its step"));
            }
            return None;
        }
        if self.recording() {
            self.note_preemption(thread);
        }
        Some(thread)
    }

    /// Adds a node to the path: `Some` of the thread that the wakeup tree wants there, if it
    /// wants any. `None` if the execution is too long for another step.
    #[inline]
    fn descend(&mut self, depth: usize) -> Option<Option<u16>> {
        if depth >= self.limits.steps {
            let steps = self.limits.steps;
            self.fail(
                FailureKind::StepLimit,
                format!("the execution is not over after {steps} steps"),
            );
            return None;
        }
        let last = self.events.all().last().map(step_of);
        Some(self.path.descend(last.as_ref()))
    }

    /// Whose step was the last; the root runs before the first.
    fn last_thread(&self) -> u16 {
        self.events.all().last().map_or(0, |last| last.thread)
    }

    #[inline]
    fn ready(&self, thread: u16) -> bool {
        usize::from(thread) < self.threads.len() && self.enabled(thread)
    }

    fn nobody_ready(&self) -> bool {
        (0..self.threads.len() as u16).all(|thread| !self.enabled(thread))
    }

    #[cold]
    fn note_preemption(&mut self, thread: u16) {
        let last = self.last_thread();
        let preemption = last != thread && self.enabled(last);
        self.recorder.as_mut().expect("one records").preemption = preemption;
    }

    /// The program did not do what it did before.
    pub(crate) fn diverged(&mut self, what: String) {
        let step = self.events.taken() + 1;
        self.fail(
            FailureKind::Nondeterminism,
            format!(
                "at step {step} {what}: the program does not do the same when it is run again, \
                 or the schedule is another program's"
            ),
        );
    }

    /// Chooses any step that is enabled and not asleep, the last thread's if possible.
    fn choose_freely(&mut self, depth: usize, last: u16) -> Option<u16> {
        if self.limits.exhaustive {
            return self.choose_exhaustively(last);
        }
        let mut asleep = false;
        let mut awake = |thread: &u16| {
            let ready = self.enabled(*thread);
            let sleeps = ready && self.path.sleeps(*thread, self.first_alternative(*thread));
            asleep |= sleeps;
            ready && !sleeps && !self.stops_others(*thread)
        };
        let found =
            if awake(&last) { Some(last) } else { (0..self.threads.len() as u16).find(awake) };
        match found.or_else(|| self.stopper(&mut asleep)) {
            Some(thread) => {
                let alt = self.first_alternative(thread);
                self.path.take(thread, alt);
                self.owe_alternatives(thread);
                Some(thread)
            }
            None if !asleep && self.tick() => self.choose_freely(depth, last),
            None => {
                self.cut = asleep;
                self.path.truncate(depth);
                None
            }
        }
    }

    /// Chooses the first enabled step and owes every other one.
    fn choose_exhaustively(&mut self, last: u16) -> Option<u16> {
        let may_go_on = self.enabled(last);
        let spent = self.limits.preemptions.is_some_and(|bound| self.path.preemptions() >= bound);
        let mut chosen = None;
        for thread in std::iter::once(last)
            .chain((0..self.threads.len() as u16).filter(|thread| *thread != last))
        {
            if !self.enabled(thread) || (spent && may_go_on && thread != last) {
                continue;
            }
            if chosen.is_none() {
                chosen = Some(thread);
                let alt = self.first_alternative(thread);
                self.path.take(thread, alt);
                self.path.may_go_on(may_go_on);
            } else {
                let alt = self.first_alternative(thread);
                self.path.owe(Step { thread, alt, footprint: Footprint::NOTHING });
            }
            self.owe_alternatives(thread);
        }
        if chosen.is_none() && self.tick() {
            return self.choose_exhaustively(last);
        }
        if chosen.is_none() {
            self.path.truncate(self.events.taken());
        }
        chosen
    }

    /// May this thread take its announced step now?
    #[inline(always)]
    pub(crate) fn enabled(&self, id: u16) -> bool {
        let thread = &self.threads[usize::from(id)];
        if thread.status != Status::Pending {
            return false;
        }
        let pending = &thread.pending;
        match pending.op {
            Op::Lock | Op::Relock | Op::ReadLock => {
                self.objects[pending.obj as usize].owner == NOBODY
            }
            Op::WriteLock => {
                let lock = &self.objects[pending.obj as usize];
                lock.owner == NOBODY && lock.threads.is_empty()
            }
            Op::Asleep | Op::Join => false,
            Op::Park => !self.objects[pending.obj as usize].threads.is_empty(),
            Op::Yield => thread.spin.enabled(),
            Op::StopDaemons => self.may_stop_daemons(id),
            _ => true,
        }
    }

    #[inline]
    fn first_alternative(&self, thread: u16) -> u16 {
        let pending = &self.threads[usize::from(thread)].pending;
        match pending.op {
            Op::NotifyOne => {
                self.objects[pending.obj as usize].threads.first().copied().unwrap_or(NOBODY)
            }
            _ => 0,
        }
    }

    /// Owes every alternative of the step just chosen but the first.
    fn owe_alternatives(&mut self, thread: u16) {
        let Pending { op, obj, aux, .. } = self.threads[usize::from(thread)].pending;
        match op {
            Op::NotifyOne => {
                let footprint = Footprint::write(obj);
                for i in (1..self.objects[obj as usize].threads.len()).rev() {
                    let alt = self.objects[obj as usize].threads[i];
                    self.fork(Step { thread, alt, footprint });
                }
            }
            Op::Choose => {
                let footprint = self.own_footprint(thread);
                for alt in (1..aux as u16).rev() {
                    self.fork(Step { thread, alt, footprint });
                }
            }
            Op::Wait if self.may_wake_spuriously(thread, obj) => {
                let footprint = Footprint::write_and_read(aux, obj);
                self.fork(Step { thread, alt: 1, footprint });
            }
            _ => {}
        }
    }

    fn fork(&mut self, alternative: Step) {
        self.forks = true;
        self.path.owe(alternative);
    }

    /// A wait may wake for no reason if that is wanted, unless the thread's last wait
    /// on the same condition variable did: so a loop around it ends.
    pub(crate) fn may_wake_spuriously(&self, thread: u16, condvar: u32) -> bool {
        self.limits.spurious && self.threads[usize::from(thread)].woken_spuriously != condvar + 1
    }
}

/// An event as a step of a wakeup sequence.
#[inline]
pub(crate) fn step_of(event: &Event) -> Step {
    Step { thread: event.thread, alt: event.alt, footprint: event.footprint }
}
