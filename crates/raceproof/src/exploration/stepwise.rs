//! Every state that steps lead to, each once: the states of [equivalent](super::prefixes) beginnings of executions are one.
//!
//! It explores schedules depth first, as [`Schedules`](super::Schedules) does, and stops at a state where it has
//! been before. There is no other reduction: a reader may want to take any step that can be taken.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::prefixes::Prefix;
use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::kernel::rwlock::BEHIND;
use crate::telling::moment::Moment;

/// What has been found so far, for whoever asked.
#[derive(Default)]
pub(crate) struct Walk {
    /// The number of each state.
    known: HashMap<u128, usize>,
    /// How everything stands in each state.
    pub(crate) moments: Vec<Moment>,
    /// The execution that has just ended: from which state which step was taken.
    pub(crate) path: Vec<(usize, (u16, u16))>,
    /// The state that it came to.
    pub(crate) reached: usize,
    /// There are more states than wanted.
    pub(crate) is_full: bool,
    /// A loop that waits by looking was recognised too late.
    pub(crate) is_confused: bool,
    /// How many states there were when the execution began.
    before: usize,
}

impl Walk {
    /// The state with this key, and whether it is new.
    pub(crate) fn state(&mut self, key: u128, moment: impl FnOnce() -> Moment) -> (usize, bool) {
        let next = self.moments.len();
        let state = *self.known.entry(key).or_insert(next);
        if state == next {
            self.moments.push(moment());
        }
        (state, state == next)
    }

    /// Forgets the states from this one on, which the execution under way has found.
    fn forget(&mut self, from: usize) {
        if from < self.before {
            self.is_confused = true;
            return;
        }
        self.known.retain(|_, state| *state < from);
        self.moments.truncate(from);
    }
}

/// A step taken, and those that are still to be taken in its place.
struct Node {
    state: usize,
    taken: (u16, u16),
    owed: Vec<(u16, u16)>,
}

/// Explores the states.
pub(crate) struct Stepwise {
    walk: Rc<RefCell<Walk>>,
    /// How many states are wanted at most.
    most: usize,
    nodes: Vec<Node>,
    prefix: Prefix,
    /// The state that the execution has come to, once it goes no further.
    reached: Option<usize>,
    cut: bool,
}

impl Stepwise {
    pub(crate) fn new(walk: Rc<RefCell<Walk>>, most: usize) -> Self {
        let (nodes, prefix) = (Vec::new(), Prefix::default());
        Stepwise { walk, most, nodes, prefix, reached: None, cut: false }
    }

    /// The steps that may come next, each with its alternatives, that of a thread on trial first.
    fn possible(kernel: &Kernel) -> Vec<(u16, u16)> {
        let first = kernel.now.on_trial.unwrap_or_else(|| kernel.last_thread());
        let others = kernel.alive().filter(|id| *id != first);
        let mut possible = Vec::new();
        for thread in std::iter::once(first).chain(others).filter(|id| kernel.enabled(*id)) {
            possible.push((thread, kernel.first_alternative(thread)));
            let from = possible.len();
            kernel.other_alternatives(thread, |alt, _| possible.push((thread, alt)));
            possible[from..].reverse();
        }
        let gives_way = kernel.gives_way().map(|thread| (thread, BEHIND));
        possible.splice(..0, gives_way);
        possible
    }

    /// Comes to a state after the steps so far, and chooses the next.
    fn arrive(&mut self, kernel: &Kernel, mut possible: Vec<(u16, u16)>) -> Option<(u16, u16)> {
        let (state, is_new) =
            self.walk.borrow_mut().state(self.prefix.hash(), || Moment::of(kernel, |_| false));
        // Whether a loop ends is found out by one execution.
        let passes = is_new || kernel.now.on_trial.is_some();
        if state >= self.most {
            self.walk.borrow_mut().is_full = true;
        }
        if possible.is_empty() || !passes || state >= self.most {
            self.cut = !is_new || state >= self.most;
            self.reached = Some(state);
            return None;
        }
        let taken = possible.remove(0);
        let owed = if is_new { possible } else { Vec::new() };
        self.nodes.push(Node { state, taken, owed });
        Some(taken)
    }
}

impl Strategy for Stepwise {
    fn begin(&mut self, _: &mut Kernel) {
        self.prefix.begin();
        (self.reached, self.cut) = (None, false);
        let mut walk = self.walk.borrow_mut();
        walk.before = walk.moments.len();
    }

    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        if let Some(node) = self.nodes.get(kernel.events.taken()) {
            let (thread, _) = node.taken;
            let ready = kernel.ready(thread) || kernel.may_be_let_go(thread);
            if !ready && !kernel.now.ending {
                kernel.diverged(format!("thread {thread} cannot take its step"));
            }
            return ready.then_some(node.taken);
        }
        kernel.end_vain_trial();
        let possible = Self::possible(kernel);
        if possible.is_empty() && kernel.let_pollers_go() {
            return self.choose(kernel);
        }
        self.arrive(kernel, possible)
    }

    fn step(&mut self, kernel: &mut Kernel) {
        self.prefix.add(kernel);
    }

    fn end(&mut self, kernel: &mut Kernel) {
        self.nodes.truncate(kernel.events.taken());
        let mut walk = self.walk.borrow_mut();
        let walk = &mut *walk;
        walk.reached = match self.reached {
            Some(state) => state,
            None => walk.state(self.prefix.hash(), || Moment::of(kernel, |_| false)).0,
        };
        walk.path.clear();
        walk.path.extend(self.nodes.iter().map(|node| (node.state, node.taken)));
    }

    fn cut(&self) -> bool {
        self.cut
    }

    fn give_up(&mut self, kernel: &mut Kernel, len: usize) {
        let from = self.nodes.get(len).map(|node| node.state).or(self.reached);
        if let Some(from) = from {
            self.walk.borrow_mut().forget(from);
        }
        self.nodes.truncate(len);
        kernel.events.keep(0);
    }

    fn again(&mut self, kernel: &mut Kernel) -> bool {
        self.nodes.truncate(kernel.events.taken());
        let mut walk = self.walk.borrow_mut();
        // It comes there again.
        if let Some(reached) = self.reached.filter(|reached| *reached >= walk.before) {
            walk.forget(reached);
        }
        true
    }

    fn next(&mut self, _: &mut Kernel) -> bool {
        while let Some(node) = self.nodes.last_mut() {
            if let Some(next) = node.owed.pop() {
                node.taken = next;
                return true;
            }
            self.nodes.pop();
        }
        false
    }
}
