//! Reversing races: after each maximal execution, every race asks for an execution
//! in which its second step comes before its first.

use crate::execution::step::step_of;
use crate::exploration::traces::events::{Event, Race};
use crate::exploration::traces::wakeup::{Sleeper, Step};
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{Kernel, NOBODY, Status};

/// Why the reversal of a race needs no asking for again.
enum Covered {
    /// This step of the sequence sleeps and is an initial of it.
    Asleep(u32),
    /// It is in the wakeup tree.
    Owed,
    /// It may have to be asked for again.
    Perhaps,
}

impl Kernel {
    /// Reverses every race of the execution that has just ended.
    pub(crate) fn reverse_races(&mut self) {
        for i in 0..self.events.races.len() {
            let Race { first, second, settled } = self.events.races[i];
            if settled {
                continue;
            }
            let event = *self.events.get(second as usize);
            let covered = self.reverse(first as usize, event);
            self.events.races[i].settled = match covered {
                // It stays an initial: later executions change only what comes after the second.
                Covered::Asleep(step) => step < second,
                // The branch is explored with all that may come after its sequence. But what the
                // sequence itself holds stays as it is, be it one of several alternatives.
                Covered::Owed => !self.forks,
                Covered::Perhaps => false,
            };
        }
        for thread in 0..self.threads.len() {
            self.reverse_disabling(thread as u16);
            self.reverse_kill(thread as u16);
        }
    }

    /// A thread that was stopped when it was about to kill might have come first. (Whatever
    /// else it was about to do was done before in another execution: kills come last.)
    fn reverse_kill(&mut self, thread: u16) {
        let state = &self.threads[usize::from(thread)];
        if state.status == Status::Stopped && state.pending.op == Op::Kill {
            let event = Event::new(thread, Op::Kill, Footprint::EVERYTHING);
            let _ = self.reverse(state.ended_by as usize, event);
        }
    }

    /// A thread that is blocked for good still races with whoever took its lock away:
    /// without that, a deadlock would hide the executions that avoid it.
    fn reverse_disabling(&mut self, thread: u16) {
        let Some(event) = self.blocked_acquisition(thread) else {
            return;
        };
        let state = &self.threads[usize::from(thread)];
        if state.status == Status::Stopped {
            // Once it was stopped it took no lock, whoever has taken it since.
            self.sources.clone_from(&state.rivals);
        } else {
            self.find_rivals(&event, state.pending.obj);
        }
        for i in 0..self.sources.len() {
            let _ = self.reverse(self.sources[i] as usize, event);
        }
    }

    /// Before a step that stops threads: notes whom they wait for.
    pub(crate) fn note_rivals(&mut self) {
        for thread in 0..self.threads.len() {
            if self.threads[thread].status != Status::Pending {
                continue;
            }
            self.threads[thread].rivals.clear();
            if let Some(event) = self.blocked_acquisition(thread as u16) {
                self.find_rivals(&event, event.footprint.first_object());
                self.threads[thread].rivals.clone_from(&self.sources);
            }
        }
    }

    fn blocked_acquisition(&self, thread: u16) -> Option<Event> {
        let state = &self.threads[usize::from(thread)];
        let Pending { op, obj, .. } = state.pending;
        let footprint = match op {
            Op::Lock | Op::Relock | Op::WriteLock => Footprint::write(obj),
            Op::ReadLock => Footprint::read(obj),
            _ => return None,
        };
        let blocked = matches!(state.status, Status::Pending | Status::Stopped);
        blocked.then(|| Event::new(thread, op, footprint))
    }

    /// Asks for an execution in which `second` comes before the step at `first`: what
    /// followed that and does not happen after it, and then `second`.
    fn reverse(&mut self, first: usize, second: Event) -> Covered {
        if let Some(covered) = self.asleep_before(first, &second) {
            return covered;
        }
        self.sequence_at.clear();
        let Event { thread, nth, .. } = *self.events.get(first);
        self.events.unaware(first, thread, nth, &mut self.sequence_at);
        let footprint = self.reversed_footprint(first, &second);
        match second.op {
            Op::WriteLock if !self.let_readers_go(first, &second) => {}
            Op::Lock | Op::Relock | Op::ReadLock | Op::WriteLock
                if !self.unowned_before(first, &second) => {}
            Op::Park if !self.token_before(first, second.footprint.first_object()) => {}
            Op::Yield if !self.changed_before(first, &second) => {}
            Op::Wait => {
                // Waking for no reason is an alternative that races as waiting does.
                self.ask(first, Step { thread: second.thread, alt: second.alt, footprint });
                let other = 1 - second.alt;
                let condvar = second.footprint.second_object();
                if other == 0 || self.could_wake_spuriously(&second, condvar) {
                    self.ask(first, Step { thread: second.thread, alt: other, footprint });
                }
            }
            Op::NotifyOne => {
                let waiters = self.waiters_before(first, second.footprint);
                if waiters.is_empty() {
                    self.ask(first, Step { thread: second.thread, alt: NOBODY, footprint });
                }
                for alt in waiters {
                    self.ask(first, Step { thread: second.thread, alt, footprint });
                }
            }
            op => {
                let step = Step { thread: second.thread, alt: second.alt, footprint };
                let covered = self.ask(first, step);
                // A writer's sequence may lose steps: those of readers that do not leave.
                return if op == Op::WriteLock { Covered::Perhaps } else { covered };
            }
        }
        Covered::Perhaps
    }

    /// Whether a sleeping step is an initial of the reversal, as far as clocks tell without the
    /// sequence. If its thread took it later, as it is, it is in the sequence or happens after
    /// the step at `first`. Either way it came after all of the sequence that it depends on,
    /// `second` aside: so if it came directly after nothing later than `first`, there is none.
    fn asleep_before(&self, first: usize, second: &Event) -> Option<Covered> {
        let plain = match second.op {
            Op::Load | Op::Store | Op::Rmw | Op::CompareExchange => true,
            Op::Lock | Op::Relock => self.events.get(first).op != Op::Yield,
            _ => false,
        };
        if !plain {
            return None;
        }
        let last = Step { footprint: self.reversed_footprint(first, second), ..step_of(second) };
        self.path.sleep_set(first).iter().find_map(|Sleeper { step, nth }| {
            let taken = self.events.find(step.thread, *nth)?;
            let event = self.events.get(taken);
            if event.after as usize > first + 1 || step_of(event) != *step {
                return None;
            }
            if !self.events.before(first, taken) {
                return Some(Covered::Asleep(taken as u32));
            }
            let apart = step.thread == last.thread || !step.depends(&last);
            apart.then_some(Covered::Perhaps)
        })
    }

    fn ask(&mut self, first: usize, last: Step) -> Covered {
        self.sequence.clear();
        let events = self.events.all();
        self.sequence.extend(self.sequence_at.iter().map(|i| step_of(&events[*i as usize])));
        self.sequence.push(last);
        let Some(at) = self.path.is_asleep(first, &self.sequence) else {
            self.path.insert(first, &mut self.sequence);
            return Covered::Owed;
        };
        self.sequence_at.get(at).map_or(Covered::Perhaps, |step| Covered::Asleep(*step))
    }

    /// What `second` touches if it comes before the step at `first`: a try may succeed
    /// there that failed, a compare-and-swap too, and the other way round.
    fn reversed_footprint(&self, first: usize, second: &Event) -> Footprint {
        let before = self.events.get(first);
        let obj = second.footprint.first_object();
        match second.op {
            Op::TryLock => match before.op {
                Op::Lock | Op::Relock | Op::TryLock => Footprint::write(obj),
                Op::Unlock | Op::Wait => Footprint::read(obj),
                _ => second.footprint,
            },
            Op::CompareExchange if before.footprint == Footprint::write(obj) => {
                if before.old == second.expected {
                    Footprint::write(obj)
                } else {
                    Footprint::read(obj)
                }
            }
            Op::Wake => Footprint::read(second.expected as u32),
            _ => second.footprint,
        }
    }

    /// The waiters of a condition variable before the step at `first` and after the
    /// steps of the sequence.
    fn waiters_before(&self, first: usize, condvar: Footprint) -> Vec<u16> {
        let obj = condvar.first_object();
        let process = |thread: u16| u64::from(self.threads[usize::from(thread)].process);
        let (mut waiters, mut killed) = (Vec::new(), Vec::new());
        for event in self.before_and_sequence_on(first, obj) {
            match event.op {
                Op::Wait if event.alt == 1 || killed.contains(&process(event.thread)) => {}
                Op::Wait => waiters.push(event.thread),
                Op::StopDaemons => waiters.clear(),
                Op::Kill => {
                    waiters.retain(|waiter| process(*waiter) != event.expected);
                    killed.push(event.expected);
                }
                Op::Wake => waiters.retain(|waiter| *waiter != event.thread),
                Op::NotifyOne => waiters.retain(|waiter| *waiter != event.alt),
                Op::NotifyAll => waiters.clear(),
                _ => {}
            }
        }
        waiters
    }

    /// Might this wait have woken for no reason, the thread's last one being what it was?
    fn could_wake_spuriously(&self, wait: &Event, condvar: u32) -> bool {
        let earlier = |event: &&Event| {
            event.thread == wait.thread && event.op == Op::Wait && event.nth < wait.nth
        };
        let last = self.events.all().iter().rev().find(earlier);
        let spurious =
            last.is_some_and(|last| last.alt == 1 && last.footprint.second_object() == condvar);
        self.limits.spurious && !spurious
    }

    /// Is the lock not held exclusively before the step at `first` and after the sequence?
    /// An earlier acquisition found it so, but a yield may not have.
    fn unowned_before(&self, first: usize, second: &Event) -> bool {
        if self.events.get(first).op != Op::Yield {
            return true;
        }
        let mut owned = false;
        for event in self.before_and_sequence_on(first, second.footprint.first_object()) {
            owned = match event.op {
                Op::Lock | Op::Relock | Op::WriteLock => true,
                Op::TryLock | Op::TryWrite => owned || event.flag,
                Op::Unlock | Op::Wait | Op::WriteUnlock => false,
                _ => owned,
            };
        }
        !owned
    }

    /// Is the token there before the step at `first` and after the sequence?
    fn token_before(&self, first: usize, token: u32) -> bool {
        let mut there = false;
        for event in self.before_and_sequence_on(first, token) {
            there = match event.op {
                Op::Unpark => true,
                Op::Park | Op::ParkTimeout => false,
                _ => there,
            };
        }
        there
    }

    /// The steps before `first`, and those of the sequence.
    pub(crate) fn before_and_sequence(&self, first: usize) -> impl Iterator<Item = usize> {
        (0..first).chain(self.sequence_at.iter().map(|i| *i as usize))
    }

    /// Those of them that touch an object.
    fn before_and_sequence_on(&self, first: usize, obj: u32) -> impl Iterator<Item = &Event> {
        let events = self.before_and_sequence(first).map(|i| self.events.get(i));
        events.filter(move |event| event.footprint.touches(obj))
    }

    /// Takes readers that do not leave in time, and what happens after them, out of the
    /// sequence, so that `writer` may lock after it. False if it may not all the same.
    fn let_readers_go(&mut self, first: usize, writer: &Event) -> bool {
        let lock = writer.footprint.first_object();
        loop {
            let mut inside: Vec<usize> = Vec::new();
            for i in self.before_and_sequence(first) {
                let event = self.events.get(i);
                if !event.footprint.touches(lock) {
                    continue;
                }
                match event.op {
                    Op::ReadLock => inside.push(i),
                    Op::TryRead if event.flag => inside.push(i),
                    Op::ReadUnlock => {
                        let of_reader = |i: &usize| self.events.get(*i).thread == event.thread;
                        if let Some(at) = inside.iter().position(of_reader) {
                            inside.remove(at);
                        }
                    }
                    _ => {}
                }
            }
            let Some(reader) = inside.first().copied() else {
                return true;
            };
            if reader < first {
                return false;
            }
            let events = &self.events;
            let mut needed = false;
            self.sequence_at.retain(|i| {
                let after = events.before(reader, *i as usize);
                needed |= after && events.get(*i as usize).thread == writer.thread;
                !after
            });
            if needed {
                return false;
            }
        }
    }
}
