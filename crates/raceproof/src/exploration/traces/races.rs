//! Reversing races: after each maximal execution, every race asks for an execution
//! in which its second step comes before its first.

use super::behind::Held;
use super::wakeup::{Cover, Left, Sleeper, Step};
use super::{Traces, step_of};
use crate::kernel::owners::{Count, Matter, Turn, TurnKind};
use crate::kernel::rwlock::{BEHIND, Refusal};
use crate::kernel::spurious::FOR_NO_REASON;
use crate::kernel::{Detail, Event, Footprint, Kernel, NOBODY, Op, Status};

/// Two steps that depend on each other and that nothing orders otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Race {
    first: u32,
    pub(super) second: u32,
    /// Its reversal is explored or owed, whatever comes after its second step.
    settled: bool,
}

impl Race {
    pub(super) fn new(first: u32, second: u32) -> Self {
        Race { first, second, settled: false }
    }
}

/// Room for the sequence that reverses a race, and for the places of its steps.
#[derive(Default)]
pub(super) struct Sequence {
    steps: Vec<Step>,
    pub(super) at: Vec<u32>,
    left: Left,
}

/// A step that is to come first: taken, or one that its thread was about to take.
#[derive(Clone, Copy)]
struct Second {
    event: Event,
    /// Its place; `u32::MAX` if it was not taken.
    at: u32,
    /// Its place among its chain's steps; 0 if it was not taken.
    nth: u32,
}

impl Second {
    fn not_taken(thread: u16, op: Op, footprint: Footprint) -> Self {
        let event = Event {
            thread,
            alt: 0,
            op,
            footprint,
            detail: Detail::None,
            changed: true,
            generation: 0,
        };
        Second { event, at: u32::MAX, nth: 0 }
    }
}

/// The step by which a reversal is settled: it is explored or owed as long as executions have that step in
/// common, whatever comes later in them.
type Settled = Option<u32>;

impl Traces {
    /// Reverses every race of the execution that has just ended.
    pub(super) fn reverse_races(&mut self, kernel: &Kernel) {
        for i in 0..self.races.len() {
            let Race { first, second, settled } = self.races[i];
            // What came before reads gave way was explored without that.
            if settled || self.gave_way.is_some_and(|step| second >= step) {
                continue;
            }
            let event = *kernel.events.get(second as usize);
            let nth = self.order.place(second as usize).nth;
            let settled = self.reverse(kernel, first as usize, Second { event, at: second, nth });
            // Later executions change only what comes after the second.
            self.races[i].settled = settled.is_some_and(|by| by <= second);
        }
        if self.gave_way.is_some_and(|step| step as usize + 1 < kernel.events.taken()) {
            return;
        }
        for thread in kernel.alive() {
            self.reverse_disabling(kernel, thread);
            self.reverse_kill(kernel, thread);
        }
    }

    /// A thread that was stopped when it was about to kill might have come first. (Whatever
    /// else it was about to do was done before in another execution: kills come last.)
    fn reverse_kill(&mut self, kernel: &Kernel, thread: u16) {
        let state = kernel.thread(thread);
        if state.status == Status::Stopped && matches!(state.pending.op, Op::Kill(_)) {
            let second = Second::not_taken(thread, state.pending.op, Footprint::EVERYTHING);
            let _ = self.reverse(kernel, state.stopped_by as usize, second);
        }
    }

    /// A thread that is blocked for good still races with the steps that took its lock away:
    /// without that, a deadlock would hide the executions that avoid it.
    fn reverse_disabling(&mut self, kernel: &Kernel, thread: u16) {
        let state = kernel.thread(thread);
        let (op, end) = (state.pending.op, kernel.events.taken() as u32);
        let rivals = match state.status {
            // Once it was stopped it took no lock, whichever thread has taken it since.
            Status::Stopped => self.rivals[usize::from(thread)].clone(),
            Status::Pending if self.find_rivals_if_blocked(kernel, thread, end) => {
                self.sources.clone()
            }
            _ => return,
        };
        let footprint = match op {
            Op::ReadLock(lock) => Footprint::read(lock),
            op => op.acquires().map_or(Footprint::NOTHING, Footprint::write),
        };
        for rival in rivals {
            let second = Second::not_taken(thread, op, footprint);
            let _ = self.reverse(kernel, rival as usize, second);
        }
    }

    /// Asks for an execution in which `second` comes before the step at `first`: what
    /// followed that and does not happen after it, and then `second`.
    fn reverse(&mut self, kernel: &Kernel, first: usize, second: Second) -> Settled {
        let footprint = reversed_footprint(kernel, first, &second.event);
        let plain = match second.event.op {
            Op::Load(_) | Op::Store(_) | Op::Rmw(_) | Op::CompareExchange(_) => true,
            Op::Lock(_) | Op::Relock(_) => kernel.events.get(first).op != Op::Yield,
            _ => false,
        };
        if plain {
            return self.reverse_plain(kernel, first, second, footprint);
        }
        self.sequence.at.clear();
        self.order.unaware(first, &mut self.sequence.at);
        let Event { thread, alt, op, .. } = second.event;
        match op {
            Op::WriteLock(lock) if !self.let_readers_go(kernel, first, thread, lock) => {}
            Op::Lock(lock) | Op::Relock(lock) | Op::ReadLock(lock) | Op::WriteLock(lock)
                if !self.unowned_before(kernel, first, lock) => {}
            Op::Park { token } if !self.token_before(kernel, first, token) => {}
            Op::Yield if !self.changed_before(kernel, first, second) => {}
            Op::Wait { condvar, .. } => {
                // Waking for no reason is an alternative that races as waiting does.
                self.ask(kernel, first, Step { thread, alt, footprint });
                let other = 1 - alt;
                if other == 0 || self.could_wake_spuriously(kernel, second, condvar) {
                    self.ask(kernel, first, Step { thread, alt: other, footprint });
                }
            }
            Op::Act { object, act } => {
                let mut there = kernel.rehearse(object);
                let before = self.before_and_sequence(first);
                before.for_each(|i| there.follow(kernel.events.get(i)));
                let outcome = there.outcome(thread, act)?;
                let footprint = kernel.footprint_of(thread, outcome);
                let cover = self.ask(kernel, first, Step { thread, alt, footprint });
                return self.asleep_in_sequence(&cover);
            }
            Op::WeakExchange(atomic) => self.reverse_weak_exchange(kernel, first, second, atomic),
            Op::TryRead(lock) if kernel.limits.arrivals => {
                let alternatives: &[u16] = match self.refusal_before(kernel, first, thread, lock) {
                    Refusal::Never => &[0],
                    Refusal::Perhaps => &[0, BEHIND],
                    Refusal::Again => &[BEHIND],
                };
                for alt in alternatives {
                    self.ask(kernel, first, Step { thread, alt: *alt, footprint });
                }
            }
            Op::Count { arc, how: Count::Drop }
                if kernel.objects[arc as usize].matter == Matter::Last =>
            {
                let last = self.owners_before(kernel, first, arc) == 1;
                let footprint = Count::Drop.footprint(arc, last);
                let kind = if last { TurnKind::Last } else { TurnKind::OneOf };
                let alt = Turn::of(alt).map_or(alt, |turn| Turn { kind, ..turn }.number());
                self.ask(kernel, first, Step { thread, alt, footprint });
            }
            Op::NotifyOne(condvar) => {
                let waiters = self.waiters_before(kernel, first, condvar);
                if waiters.is_empty() {
                    self.ask(kernel, first, Step { thread, alt: NOBODY, footprint });
                }
                for alt in waiters {
                    self.ask(kernel, first, Step { thread, alt, footprint });
                }
            }
            op => {
                let cover = self.ask(kernel, first, Step { thread, alt, footprint });
                // A writer's sequence may lose steps: those of readers that do not leave.
                let complete = !matches!(op, Op::WriteLock(_));
                return self.asleep_in_sequence(&cover).filter(|_| complete);
            }
        }
        None
    }

    /// The step of the sequence that sleeps: it stays an initial, whatever comes later.
    fn asleep_in_sequence(&self, cover: &Cover) -> Settled {
        match cover {
            Cover::Asleep(step) => self.sequence.at.get(*step).copied(),
            Cover::Branch | Cover::OthersToo => None,
        }
    }

    /// As [`Traces::reverse`], of a step that could have come first as it is, and in all
    /// executions that have it.
    ///
    /// What comes after it in one of them and not after the step at `first` is independent of it. So if
    /// it is asleep itself it stays an initial, and a sequence that ends with it is a
    /// prefix of every later one.
    fn reverse_plain(
        &mut self,
        kernel: &Kernel,
        first: usize,
        second: Second,
        footprint: Footprint,
    ) -> Settled {
        let last = Step { footprint, ..step_of(&second.event) };
        if let Some(by) = self.asleep_before(kernel, first, &last) {
            return Some(by);
        }
        self.sequence.at.clear();
        self.order.unaware(first, &mut self.sequence.at);
        let cover = self.ask(kernel, first, last);
        if let Some(by) = self.asleep_in_sequence(&cover) {
            return Some(by);
        }
        let at = &self.sequence.at;
        // Whether a compare-and-swap writes depends on what it finds.
        let same = !matches!(second.event.op, Op::CompareExchange(_));
        match cover {
            Cover::Asleep(step) if step == at.len() && same => Some(second.at),
            Cover::Branch if same && at.last().is_none_or(|step| *step < second.at) => {
                Some(second.at)
            }
            _ => None,
        }
    }

    /// The sleeping step that is an initial of the reversal, as far as clocks tell without the
    /// sequence. If its thread took it later, as it is, it is in the sequence or happens after
    /// the step at `first`. Either way it came after all of the sequence that it depends on,
    /// `second` aside: so if it came directly after nothing later than `first`, there is none.
    fn asleep_before(&self, kernel: &Kernel, first: usize, last: &Step) -> Settled {
        self.path.sleep_set(first).iter().find_map(|Sleeper { step, nth }| {
            let taken = self.order.find(step.thread, *nth)?;
            let after = self.order.place(taken).after as usize;
            if after > first + 1 || step_of(kernel.events.get(taken)) != *step {
                return None;
            }
            let apart = !self.order.before(first, taken)
                || step.thread == last.thread
                || !step.depends(last);
            apart.then_some(taken as u32)
        })
    }

    /// Asks for the sequence, and then `last`, at the step at `first`.
    pub(super) fn ask(&mut self, kernel: &Kernel, first: usize, last: Step) -> Cover {
        let Sequence { steps, at, .. } = &mut self.sequence;
        steps.clear();
        steps.extend(at.iter().map(|i| step_of(kernel.events.get(*i as usize))));
        steps.push(last);
        if self.drops_matter {
            self.count_left(kernel, first, last);
        }
        let Sequence { steps, left, .. } = &mut self.sequence;
        if let Some(asleep) = self.path.is_asleep(first, steps, left) {
            return Cover::Asleep(asleep);
        }
        // What is owed may be another sequence once other steps come after its second.
        self.path.insert(first, steps, left)
    }

    /// Counts the owners that are left after the sequence before the step at `first`.
    #[cold]
    fn count_left(&mut self, kernel: &Kernel, first: usize, last: Step) {
        let mut left = std::mem::take(&mut self.sequence.left);
        left.clear();
        left.count(&self.sequence.steps, |value| {
            let before = self.owners_before(kernel, first, value);
            let turn = Turn::of(last.alt).filter(|_| last.footprint == Footprint::read(value));
            match turn.map(|turn| turn.kind) {
                Some(TurnKind::OneOf) => before.saturating_sub(1),
                Some(_) => before + 1,
                None => before,
            }
        });
        self.sequence.left = left;
    }

    /// The waiters of a condition variable before the step at `first` and after the
    /// steps of the sequence.
    fn waiters_before(&self, kernel: &Kernel, first: usize, condvar: u32) -> Vec<u16> {
        let process = |thread: u16| kernel.thread(thread).process;
        let (mut waiters, mut killed) = (Vec::new(), Vec::new());
        for event in self.before_and_sequence_on(kernel, first, condvar) {
            match event.op {
                Op::Wait { .. }
                    if event.alt == FOR_NO_REASON || killed.contains(&process(event.thread)) => {}
                Op::Wait { .. } => waiters.push(event.thread),
                Op::StopDaemons => waiters.clear(),
                Op::Kill(victim) => {
                    waiters.retain(|waiter| process(*waiter) != victim);
                    killed.push(victim);
                }
                Op::Wake(_) => waiters.retain(|waiter| *waiter != event.thread),
                Op::NotifyOne(_) => waiters.retain(|waiter| *waiter != event.alt),
                Op::NotifyAll(_) => waiters.clear(),
                _ => {}
            }
        }
        waiters
    }

    /// How many owners there are before the step at `first` and after the sequence.
    fn owners_before(&self, kernel: &Kernel, first: usize, arc: u32) -> u32 {
        let of = |event: &Event| match (event.op, event.detail) {
            (Op::Count { arc: other, .. }, Detail::Count { owners, more, .. }) if other == arc => {
                Some((owners, more))
            }
            _ => None,
        };
        let begun = kernel.events.all().iter().find_map(of).map_or(0, |(owners, _)| owners);
        let counted = self.before_and_sequence(first).filter_map(|i| of(kernel.events.get(i)));
        counted.fold(begun, |owners, (_, more)| owners.saturating_add_signed(more))
    }

    /// Might a `try_read` fail before the step at `first` and after the sequence because a writer waits?
    fn refusal_before(&self, kernel: &Kernel, first: usize, thread: u16, lock: u32) -> Refusal {
        let mut waiting = Vec::new();
        let mut held = Held::default();
        for i in self.before_and_sequence(first) {
            let event = kernel.events.get(i);
            match event.op {
                Op::Arrive(other) if other == lock => waiting.push(event.thread),
                Op::WriteLock(other) if other == lock => {
                    waiting.retain(|id| *id != event.thread);
                }
                _ if event.op.stops_others() => {
                    waiting.retain(|id| kernel.thread(*id).stopped_by != i as u32);
                }
                _ => {}
            }
            if event.footprint.touches(lock) {
                held.follow(event);
            }
        }
        let waits = waiting.iter().any(|id| *id != thread);
        if held.owner.is_some() || held.readers.is_empty() || !waits {
            return Refusal::Never;
        }
        let events = self.before_and_sequence_on(kernel, first, lock).collect::<Vec<_>>();
        Refusal::after(events.into_iter(), thread, lock)
    }

    /// Asks for a weak compare-and-swap before the step at `first`: if it finds there what it expects,
    /// then it succeeds, or fails for no reason.
    fn reverse_weak_exchange(
        &mut self,
        kernel: &Kernel,
        first: usize,
        second: Second,
        atomic: u32,
    ) {
        let Event { thread, detail, .. } = second.event;
        let before = kernel.events.get(first);
        let swaps = match (before.detail, detail) {
            (Detail::Atomic { old, .. }, Detail::Atomic { expected, .. })
                if before.footprint == Footprint::write(atomic) =>
            {
                old == expected
            }
            // The value is the same there.
            _ => second.event.footprint == Footprint::write(atomic),
        };
        let footprint = if swaps { Footprint::write(atomic) } else { Footprint::read(atomic) };
        self.ask(kernel, first, Step { thread, alt: 0, footprint });
        let is_such = |event: &&Event| event.op == Op::WeakExchange(atomic);
        let last = self.own_before(kernel, second).find(is_such).map(|event| event.alt);
        if swaps && kernel.limits.spurious && last != Some(FOR_NO_REASON) {
            self.ask(kernel, first, Step { thread, alt: FOR_NO_REASON, footprint });
        }
    }

    /// Might this wait have woken for no reason? Not if none has ended by a notification since the
    /// thread's last one that did.
    fn could_wake_spuriously(&self, kernel: &Kernel, wait: Second, condvar: u32) -> bool {
        let mut timed_out = false;
        let last = self.own_before(kernel, wait).find_map(|event| match (event.op, event.detail) {
            (Op::Wake(other), Detail::Wake { by }) if other == condvar => {
                timed_out = by.is_none();
                by.map(|_| false)
            }
            (Op::Wait { condvar: other, .. }, _) if other == condvar => {
                let spurious = event.alt == FOR_NO_REASON;
                // A wait without a limit ended by a notification, since the thread went on.
                (spurious || !std::mem::take(&mut timed_out)).then_some(spurious)
            }
            _ => None,
        });
        kernel.limits.spurious && last != Some(true)
    }

    /// The steps of the thread before this one of its own, the last first.
    fn own_before<'a>(
        &'a self,
        kernel: &'a Kernel,
        step: Second,
    ) -> impl Iterator<Item = &'a Event> {
        let earlier = (1..step.nth).rev();
        let places = earlier.filter_map(move |nth| self.order.find(step.event.thread, nth));
        let events = places.map(|place| kernel.events.get(place));
        events.take_while(move |event| event.thread == step.event.thread)
    }

    /// Is the lock not held exclusively before the step at `first` and after the sequence?
    /// An earlier acquisition found it so, but a yield may not have.
    fn unowned_before(&self, kernel: &Kernel, first: usize, lock: u32) -> bool {
        if kernel.events.get(first).op != Op::Yield {
            return true;
        }
        let mut owned = false;
        for event in self.before_and_sequence_on(kernel, first, lock) {
            owned = match event.op {
                Op::Lock(_) | Op::Relock(_) | Op::WriteLock(_) => true,
                Op::TryLock(_) | Op::TryWrite(_) => owned || event.succeeded(),
                Op::Unlock(_) | Op::Wait { .. } | Op::WriteUnlock(_) | Op::Downgrade(_) => false,
                _ => owned,
            };
        }
        !owned
    }

    /// Is the token there before the step at `first` and after the sequence?
    fn token_before(&self, kernel: &Kernel, first: usize, token: u32) -> bool {
        let mut there = false;
        for event in self.before_and_sequence_on(kernel, first, token) {
            there = match event.op {
                Op::Unpark { .. } => true,
                Op::Park { .. } | Op::ParkTimeout { .. } => false,
                _ => there,
            };
        }
        there
    }

    /// Could the thread of this yield go on before the step at `first` and after the sequence?
    fn changed_before(&self, kernel: &Kernel, first: usize, second: Second) -> bool {
        let Detail::Poll(round) = second.event.detail else {
            return true;
        };
        if second.event.footprint == Footprint::NOTHING {
            return true;
        }
        let thread = second.event.thread;
        let last = second.nth.checked_sub(1).and_then(|nth| self.order.find(thread, nth));
        let mut watched = Vec::new();
        kernel.watch(thread, round, last.map_or(0, |last| last as u32 + 1), &mut watched);
        self.before_and_sequence(first).any(|i| kernel.changes(i as u32, thread, &watched))
    }

    /// The steps before `first`, and those of the sequence.
    fn before_and_sequence(&self, first: usize) -> impl Iterator<Item = usize> {
        (0..first).chain(self.sequence.at.iter().map(|i| *i as usize))
    }

    /// Those of them that touch an object.
    fn before_and_sequence_on<'a>(
        &'a self,
        kernel: &'a Kernel,
        first: usize,
        object: u32,
    ) -> impl Iterator<Item = &'a Event> {
        let events = self.before_and_sequence(first).map(|i| kernel.events.get(i));
        events.filter(move |event| event.footprint.touches(object))
    }

    /// Takes readers that do not leave in time, and what happens after them, out of the
    /// sequence, so that `writer` may lock after it. False if it may not all the same.
    fn let_readers_go(&mut self, kernel: &Kernel, first: usize, writer: u16, lock: u32) -> bool {
        loop {
            let Some(reader) = self.reader_inside(kernel, first, lock) else {
                return true;
            };
            if reader < first {
                return false;
            }
            let mut needed = false;
            self.sequence.at.retain(|i| {
                let after = self.order.before(reader, *i as usize);
                needed |= after && kernel.events.get(*i as usize).thread == writer;
                !after
            });
            if needed {
                return false;
            }
        }
    }

    /// The first acquisition whose reader is still inside before `first` and after the sequence.
    fn reader_inside(&self, kernel: &Kernel, first: usize, lock: u32) -> Option<usize> {
        let mut inside: Vec<usize> = Vec::new();
        for i in self.before_and_sequence(first) {
            let event = kernel.events.get(i);
            if !event.footprint.touches(lock) {
                continue;
            }
            match event.op {
                Op::ReadLock(_) | Op::Downgrade(_) => inside.push(i),
                Op::TryRead(_) if event.succeeded() => inside.push(i),
                Op::ReadUnlock(_) => {
                    let of_reader = |i: &usize| kernel.events.get(*i).thread == event.thread;
                    if let Some(at) = inside.iter().position(of_reader) {
                        inside.remove(at);
                    }
                }
                _ => {}
            }
        }
        inside.first().copied()
    }
}

/// What `second` touches if it comes before the step at `first`: a try may succeed
/// there that failed, a compare-and-swap too, and the other way round.
fn reversed_footprint(kernel: &Kernel, first: usize, second: &Event) -> Footprint {
    let before = kernel.events.get(first);
    match (second.op, second.detail) {
        (Op::TryLock(mutex), _) => match before.op {
            Op::Lock(_) | Op::Relock(_) | Op::TryLock(_) => Footprint::write(mutex),
            Op::Unlock(_) | Op::Wait { .. } => Footprint::read(mutex),
            _ => second.footprint,
        },
        (Op::CompareExchange(atomic), Detail::Atomic { expected, .. })
            if before.footprint == Footprint::write(atomic) =>
        {
            match before.detail {
                Detail::Atomic { old, .. } if old == expected => Footprint::write(atomic),
                _ => Footprint::read(atomic),
            }
        }
        (Op::Wake(condvar), _) => Footprint::read(condvar),
        _ => second.footprint,
    }
}
