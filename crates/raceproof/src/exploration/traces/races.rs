//! Reversing races: after each maximal execution, every race asks for an execution
//! in which its second step comes before its first.

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
pub(super) struct Second {
    pub(super) event: Event,
    /// Its place; `u32::MAX` if it was not taken.
    at: u32,
    /// Its place among its chain's steps; 0 if it was not taken.
    pub(super) nth: u32,
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
