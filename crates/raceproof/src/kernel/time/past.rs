//! Which moments come before which: a vector clock for each thread, which counts moments.

use std::collections::HashMap;

use crate::kernel::event::{Detail, Event};
use crate::kernel::footprint::Footprint;
use crate::kernel::machine::{Act, barrier::OPENS};
use crate::kernel::op::Op;

/// How many moments of each thread come before.
pub(super) type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &[u32]) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (own, other) in clock.iter_mut().zip(other) {
        *own = (*own).max(*other);
    }
}

/// What comes before the next step that reads an object, and the next that writes it.
#[derive(Default)]
struct Object {
    written: Clock,
    accessed: Clock,
}

/// What comes before each thread's next step.
#[derive(Default)]
pub(super) struct Past {
    threads: Vec<Clock>,
    objects: HashMap<u32, Object>,
    /// What comes before every next step, because something touched everything, and what comes
    /// before the next step that does.
    everything: Clock,
    anything: Clock,
    /// The threads among the waiters of a condition variable.
    waiters: Vec<(u32, u16)>,
    /// Barriers, and the threads that have arrived there in this round.
    arrived: Vec<(u32, u16)>,
    /// Steps that are accounted for.
    pub(super) steps: usize,
}

impl Past {
    pub(super) fn clear(&mut self) {
        *self = Past::default();
    }

    /// What comes before a thread's next step.
    pub(super) fn of(&mut self, thread: u16) -> &mut Clock {
        let thread = usize::from(thread);
        if thread >= self.threads.len() {
            self.threads.resize_with(thread + 1, Clock::new);
        }
        &mut self.threads[thread]
    }

    /// How many moments of thread `of` come before the next step of `thread`.
    pub(super) fn count(&self, thread: u16, of: u16) -> u32 {
        let clock = self.threads.get(usize::from(thread));
        clock.and_then(|clock| clock.get(usize::from(of))).copied().unwrap_or(0)
    }

    /// Adds a moment of a thread; returns its number among them.
    pub(super) fn tick(&mut self, thread: u16) -> u32 {
        let clock = self.of(thread);
        join(clock, &vec![0; usize::from(thread) + 1]);
        clock[usize::from(thread)] += 1;
        clock[usize::from(thread)]
    }

    /// Makes what comes before one thread's next step come before another's.
    pub(super) fn inherit(&mut self, to: u16, from: u16) {
        let clock = self.of(from).clone();
        join(self.of(to), &clock);
    }

    /// Accounts for the next step.
    pub(super) fn step(&mut self, event: &Event) {
        self.steps += 1;
        let Event { thread, op, footprint, .. } = *event;
        let mut clock = std::mem::take(self.of(thread));
        let mut touches = footprint == Footprint::EVERYTHING;
        if touches {
            join(&mut clock, &self.anything);
            self.everything.clone_from(&clock);
        }
        footprint.each_access(|object, written| {
            touches = true;
            let object = self.objects.entry(object).or_default();
            join(&mut clock, if written { &object.accessed } else { &object.written });
            join(&mut clock, &self.everything);
        });
        footprint.each_access(|object, written| {
            let object = self.objects.entry(object).or_default();
            join(&mut object.accessed, &clock);
            if written {
                join(&mut object.written, &clock);
            }
        });
        if touches {
            join(&mut self.anything, &clock);
        }
        *self.of(thread) = clock;
        self.wait(event, op);
        if let Op::Act { object, act: Act::Meet } = op {
            self.meet(event, object);
        }
    }

    /// All arrivals at a barrier come before what its parties do next.
    fn meet(&mut self, event: &Event, barrier: u32) {
        self.arrived.push((barrier, event.thread));
        if event.detail != (Detail::Act { result: OPENS }) {
            return;
        }
        let parties = self.arrived.extract_if(.., |(other, _)| *other == barrier);
        let parties = parties.map(|(_, thread)| thread).collect::<Vec<_>>();
        for to in &parties {
            parties.iter().for_each(|from| self.inherit(*to, *from));
        }
    }

    /// A notification comes before what its waiters do next.
    fn wait(&mut self, event: &Event, op: Op) {
        let Event { thread, alt, detail, .. } = *event;
        let woken: Vec<u16> = match (op, detail) {
            (Op::Wait { condvar, .. }, _) if alt == 0 => {
                self.waiters.push((condvar, thread));
                return;
            }
            (Op::Wake(_), Detail::Wake { by: None }) => {
                self.waiters.retain(|waiter| waiter.1 != thread);
                return;
            }
            (Op::NotifyOne(_), _) => vec![alt],
            (Op::NotifyAll(condvar), _) => {
                let waiters = self.waiters.iter().filter(|waiter| waiter.0 == condvar);
                waiters.map(|waiter| waiter.1).collect()
            }
            _ => return,
        };
        self.waiters.retain(|waiter| !woken.contains(&waiter.1));
        for waiter in woken.into_iter().filter(|waiter| *waiter != crate::kernel::NOBODY) {
            self.inherit(waiter, thread);
        }
    }
}
