//! The current path: for each step taken, its node's sleep set and wakeup tree.

use crate::exploration::traces::wakeup::{Forest, NIL, Sleeper, Step};

/// A node and the step taken from it.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) thread: u16,
    pub(crate) alt: u16,
    /// Where its sleep set begins in [`Path::sleepers`]; it ends where the next node's begins.
    sleep: u32,
    /// The branches of its wakeup tree that come after the step taken.
    tree: u32,
    /// Preemptions up to and with the step taken; counted only if they are bounded.
    preemptions: u32,
    /// The thread of the step before could have gone on.
    may_go_on: bool,
}

/// The nodes from the root to where the execution is.
pub(crate) struct Path {
    nodes: Vec<Node>,
    /// All sleep sets, one after the other.
    sleepers: Vec<Sleeper>,
    forest: Forest,
    /// The wakeup tree that the next new node inherits.
    inherited: u32,
    /// Neither sleep sets nor races: every branch is owed when its node is made.
    exhaustive: bool,
}

impl Path {
    pub(crate) fn new(exhaustive: bool) -> Self {
        Path {
            nodes: Vec::new(),
            sleepers: Vec::new(),
            forest: Forest::default(),
            inherited: NIL,
            exhaustive,
        }
    }

    /// A path along which these steps are taken.
    pub(crate) fn along(steps: &[(u16, u16)]) -> Self {
        let mut path = Path::new(false);
        for (thread, alt) in steps {
            path.descend(None);
            path.take(*thread, *alt);
        }
        path
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    pub(crate) fn node(&self, depth: usize) -> Node {
        self.nodes[depth]
    }

    /// The sleep set at a node.
    #[inline]
    pub(crate) fn sleep_set(&self, depth: usize) -> &[Sleeper] {
        let end = self.nodes.get(depth + 1).map_or(self.sleepers.len(), |next| next.sleep as usize);
        &self.sleepers[self.nodes[depth].sleep as usize..end]
    }

    /// Adds a node below the last one, from which `last` was taken. Its sleep set is
    /// what of the last one's is independent of `last`. Returns the step that the
    /// wakeup tree wants there, if it wants any.
    #[inline]
    pub(crate) fn descend(&mut self, last: Option<&Step>) -> Option<u16> {
        let start = self.sleepers.len();
        if let (Some(parent), Some(last)) = (self.nodes.last(), last) {
            for i in parent.sleep as usize..start {
                let sleeper = self.sleepers[i];
                if !sleeper.step.depends(last) {
                    self.sleepers.push(sleeper);
                }
            }
        }
        let mut node = Node {
            thread: 0,
            alt: 0,
            sleep: start as u32,
            tree: NIL,
            preemptions: 0,
            may_go_on: false,
        };
        let inherited = std::mem::replace(&mut self.inherited, NIL);
        let mut wanted = None;
        if inherited != NIL {
            let (step, rest, below) = self.forest.take(inherited);
            (node.thread, node.alt, node.tree) = (step.thread, step.alt, rest);
            self.inherited = below;
            wanted = Some(step.thread);
        }
        self.nodes.push(node);
        wanted
    }

    /// Is this thread's step in the last node's sleep set?
    #[inline]
    pub(crate) fn sleeps(&self, thread: u16, alt: u16) -> bool {
        let start = self.nodes.last().map_or(0, |node| node.sleep as usize);
        let is_it = |Sleeper { step, .. }: &Sleeper| step.thread == thread && step.alt == alt;
        self.sleepers[start..].iter().any(is_it)
    }

    /// Takes this step from the last node.
    #[inline]
    pub(crate) fn take(&mut self, thread: u16, alt: u16) {
        let node = self.nodes.last_mut().expect("a node");
        (node.thread, node.alt) = (thread, alt);
    }

    /// Preemptions before the last node.
    pub(crate) fn preemptions(&self) -> usize {
        match &self.nodes[..] {
            [.., before, _] => before.preemptions as usize,
            _ => 0,
        }
    }

    /// Notes that the last node's step is a preemption if another thread takes it, and
    /// counts the preemptions so far.
    pub(crate) fn may_go_on(&mut self, may_go_on: bool) {
        self.nodes.last_mut().expect("a node").may_go_on = may_go_on;
        self.count_preemptions();
    }

    fn count_preemptions(&mut self) {
        // The root runs before the first step.
        let (last, so_far) = match &self.nodes[..] {
            [.., before, _] => (before.thread, before.preemptions),
            _ => (0, 0),
        };
        if let Some(node) = self.nodes.last_mut() {
            node.preemptions = so_far + u32::from(node.may_go_on && node.thread != last);
        }
    }

    /// Owes one more step at the last node.
    pub(crate) fn owe(&mut self, step: Step) {
        let node = self.nodes.last_mut().expect("a node");
        self.forest.push_leaf(&mut node.tree, step);
    }

    /// Forgets nodes from which no step was taken after all.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.nodes.len() > len {
            let node = self.nodes.pop().expect("a node");
            self.sleepers.truncate(node.sleep as usize);
        }
    }

    /// Whether a step in the sleep set of a node is a weak initial of a sequence: as which of its
    /// steps, or its length if as none.
    pub(crate) fn is_asleep(&self, depth: usize, sequence: &[Step]) -> Option<usize> {
        self.sleep_set(depth).iter().find_map(|sleeper| sleeper.step.weak_initial(sequence))
    }

    /// Puts a sequence in the wakeup tree of a node. Changes `sequence`.
    pub(crate) fn insert(&mut self, depth: usize, sequence: &mut [Step]) {
        self.forest.insert(&mut self.nodes[depth].tree, sequence);
    }

    /// Goes back to the last node that owes something and takes the next branch of its
    /// wakeup tree. `taken` gives the step taken at a depth. Returns the depth, or
    /// `None` if nothing is owed anywhere.
    pub(crate) fn backtrack(&mut self, taken: impl Fn(usize) -> Sleeper) -> Option<usize> {
        self.inherited = NIL;
        loop {
            let depth = self.nodes.len().checked_sub(1)?;
            let node = &mut self.nodes[depth];
            if node.tree != NIL {
                if !self.exhaustive {
                    self.sleepers.push(taken(depth));
                }
                let (step, rest, below) = self.forest.take(node.tree);
                (node.thread, node.alt, node.tree) = (step.thread, step.alt, rest);
                self.inherited = below;
                self.count_preemptions();
                return Some(depth);
            }
            self.sleepers.truncate(node.sleep as usize);
            self.nodes.pop();
        }
    }
}
