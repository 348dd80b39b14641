//! An execution that halts after the steps that are told, so that someone else chooses the next one.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::Graphs;
use super::event::Label;
use crate::kernel::spurious::fails_weakly;
use crate::kernel::{Kernel, Op, Status};
use crate::telling::moment::Moment;

/// What there is to be known of the state after the steps.
#[derive(Default)]
pub(crate) struct Halt {
    /// Says which state it is: graphs that are equal have equal keys.
    pub(crate) key: u128,
    /// The steps that may come next. A step of an atomic is here with every alternative that there may be, whether
    /// memory allows it or not: a step that it does not allow diverges.
    pub(crate) possible: Vec<(u16, u16)>,
    pub(crate) moment: Option<Moment>,
    /// Some thread polls, and waits for a change.
    pub(crate) polls: bool,
}

impl Graphs {
    /// Runs the execution of these steps, and no further.
    pub(crate) fn up_to(steps: Vec<(u16, u16)>, halt: Rc<RefCell<Halt>>) -> Self {
        Graphs { halt: Some(halt), ..Graphs::along(steps) }
    }

    /// Halts at the end of the steps, unless the execution is over.
    pub(super) fn halts(&mut self, kernel: &Kernel) -> bool {
        let Some(halt) = self.halt.clone() else { return false };
        let mut halt = halt.borrow_mut();
        halt.polls = kernel.ids().any(|id| self.waits(id) && self.is_pending(kernel, id));
        halt.possible.clear();
        for thread in kernel.ids() {
            if kernel.enabled(thread) && !self.waits(thread) {
                self.add_possible(kernel, thread, &mut halt.possible);
            }
        }
        self.cut |= !halt.possible.is_empty() || halt.polls;
        self.cut
    }

    fn is_pending(&self, kernel: &Kernel, thread: u16) -> bool {
        kernel.thread(thread).status == Status::Pending
    }

    /// Adds the alternatives of a thread's step.
    fn add_possible(&mut self, kernel: &Kernel, thread: u16, possible: &mut Vec<(u16, u16)>) {
        let op = kernel.thread(thread).pending.op;
        if let Op::Load(object)
        | Op::Store(object)
        | Op::Rmw(object)
        | Op::CompareExchange(object)
        | Op::WeakExchange(object) = op
        {
            // Which of the writes so far it reads, or after which its own comes.
            let writes = self.graph().object(object).len() as u16;
            possible.extend((0..=writes).map(|later| (thread, later)));
            if matches!(op, Op::WeakExchange(_)) {
                possible.extend((0..=writes).map(|later| (thread, fails_weakly(later))));
            }
            return;
        }
        if Label::of_atomic(kernel, op).is_some_and(Label::has_alternatives) {
            // Those of an act, or of a look whether a thread has ended.
            possible.extend([0, 1].map(|alternative| (thread, alternative)));
            return;
        }
        possible.push((thread, self.first_alternative(kernel, thread)));
        let others = std::mem::take(&mut self.others);
        possible.extend(others.iter().map(|alternative| (thread, *alternative)));
    }

    /// Notes the state in which the execution has halted, or ended.
    pub(super) fn note_end(&mut self, kernel: &Kernel) {
        let Some(halt) = self.halt.clone() else { return };
        let mut halt = halt.borrow_mut();
        halt.key = self.key();
        halt.moment = Some(Moment::of(kernel, |thread| self.waits(thread)));
    }

    /// A number that equal graphs have in common: what each event reads, and the order at each object.
    fn key(&self) -> u128 {
        let graph = self.graph();
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            for events in &graph.threads {
                events.len().hash(&mut hasher);
                for event in events {
                    (event.source, event.writes, event.alternative).hash(&mut hasher);
                }
            }
            let used = graph.objects.iter().enumerate().filter(|(_, names)| !names.is_empty());
            used.for_each(|object| object.hash(&mut hasher));
            hasher.finish()
        };
        u128::from(half(1)) << 64 | u128::from(half(2))
    }
}
