//! The current path: for each step taken, its node's sleep set and wakeup tree.

use std::sync::Arc;

use super::shared::{Branch, Offer, Place, Shared};
use super::wakeup::{Cover, Forest, Left, NIL, Sleeper, Step};

/// A node and the step taken from it.
#[derive(Clone, Copy)]
struct Node {
    thread: u16,
    alt: u16,
    /// Where its sleep set begins in [`Path::sleepers`]; it ends where the next node's begins.
    sleep: u32,
    /// The branches of its wakeup tree that come after the step taken.
    tree: u32,
}

/// The nodes from the root to where the execution is.
pub(super) struct Path {
    nodes: Vec<Node>,
    /// All sleep sets, one after the other.
    sleepers: Vec<Sleeper>,
    forest: Forest,
    /// The wakeup tree that the next new node inherits.
    inherited: u32,
    /// The first nodes, if other workers may take branches from them: their wakeup trees are there.
    shared: Vec<Place>,
    /// How many of these have been told what the step touches that is taken from them.
    told: usize,
    /// The shared node that the next new node is.
    next: Option<Arc<Shared>>,
}

impl Default for Path {
    fn default() -> Self {
        Path {
            nodes: Vec::new(),
            sleepers: Vec::new(),
            forest: Forest::default(),
            inherited: NIL,
            shared: Vec::new(),
            told: 0,
            next: None,
        }
    }
}

impl Path {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The thread and the alternative of the step taken at a node.
    #[inline]
    pub(super) fn step(&self, depth: usize) -> (u16, u16) {
        let Node { thread, alt, .. } = self.nodes[depth];
        (thread, alt)
    }

    /// The sleep set at a node.
    #[inline]
    pub(super) fn sleep_set(&self, depth: usize) -> &[Sleeper] {
        let end = self.nodes.get(depth + 1).map_or(self.sleepers.len(), |next| next.sleep as usize);
        &self.sleepers[self.nodes[depth].sleep as usize..end]
    }

    /// Adds a node below the last one, from which `last` was taken. Its sleep set is
    /// what of the last one's is independent of `last`. Returns the step that the
    /// wakeup tree wants there, if it wants any.
    #[inline]
    pub(super) fn descend(&mut self, last: Option<&Step>) -> Option<(u16, u16)> {
        let start = self.sleepers.len();
        if let (Some(parent), Some(last)) = (self.nodes.last(), last) {
            for i in parent.sleep as usize..start {
                let sleeper = self.sleepers[i];
                if !sleeper.step.depends(last) {
                    self.sleepers.push(sleeper);
                }
            }
        }
        let mut node = Node { thread: 0, alt: 0, sleep: start as u32, tree: NIL };
        if let Some(shared) = self.next.take() {
            let branch = shared.enter(&self.sleepers[start..]);
            let wanted = (branch.step.thread, branch.step.alt);
            self.nodes.push(node);
            self.shared.push(Place { node: shared, branch: branch.number });
            self.take_branch(branch);
            return Some(wanted);
        }
        let inherited = std::mem::replace(&mut self.inherited, NIL);
        let mut wanted = None;
        if inherited != NIL {
            let (step, rest, below) = self.forest.take(inherited);
            (node.thread, node.alt, node.tree) = (step.thread, step.alt, rest);
            self.inherited = below;
            wanted = Some((step.thread, step.alt));
        }
        self.nodes.push(node);
        wanted
    }

    /// Is this thread's step in the last node's sleep set?
    #[inline]
    pub(super) fn sleeps(&self, thread: u16, alt: u16) -> bool {
        let start = self.nodes.last().map_or(0, |node| node.sleep as usize);
        let is_it = |Sleeper { step, .. }: &Sleeper| step.thread == thread && step.alt == alt;
        self.sleepers[start..].iter().any(is_it)
    }

    /// Takes this step from the last node.
    #[inline]
    pub(super) fn take(&mut self, thread: u16, alt: u16) {
        let node = self.nodes.last_mut().expect("a node");
        (node.thread, node.alt) = (thread, alt);
    }

    /// Owes one more step at the last node.
    pub(super) fn owe(&mut self, step: Step) {
        let node = self.nodes.last_mut().expect("a node");
        self.forest.push_leaf(&mut node.tree, step);
    }

    /// Takes back this step of a thread if it was [owed](Path::owe) last at the last node.
    pub(super) fn owe_no_more(&mut self, step: (u16, u16)) {
        let node = self.nodes.last_mut().expect("a node");
        if node.tree != NIL {
            let Step { thread, alt, .. } = self.forest.first(node.tree);
            if (thread, alt) == step {
                (_, node.tree, _) = self.forest.take(node.tree);
            }
        }
    }

    /// Forgets nodes from which no step was taken after all.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.nodes.len() > len {
            let node = self.nodes.pop().expect("a node");
            self.sleepers.truncate(node.sleep as usize);
        }
    }

    /// Forgets the nodes from `len` on, and that steps were taken from them.
    pub(super) fn give_up(&mut self, len: usize) {
        assert!(self.inherited == NIL, "a thread is tried where its steps are free");
        self.truncate(len);
    }

    /// Whether a step in the sleep set of a node is a weak initial of a sequence: as which of its
    /// steps, or its length if as none.
    pub(super) fn is_asleep(&self, depth: usize, sequence: &[Step], left: &Left) -> Option<usize> {
        self.sleep_set(depth).iter().find_map(|sleeper| sleeper.step.weak_initial(sequence, left))
    }

    /// Puts a sequence in the wakeup tree of a node. Changes `sequence`.
    pub(super) fn insert(&mut self, depth: usize, sequence: &mut [Step], left: &mut Left) -> Cover {
        if let Some(Place { node, branch }) = self.shared.get(depth) {
            return node.insert(Some(*branch), sequence, left);
        }
        self.forest.insert(&mut self.nodes[depth].tree, sequence, left)
    }

    /// Goes back to the last node that owes something and takes the next branch of its
    /// wakeup tree. `taken` gives the step taken at a depth. Returns the depth, or
    /// `None` if nothing is owed anywhere.
    pub(super) fn backtrack(&mut self, taken: impl Fn(usize) -> Sleeper) -> Option<usize> {
        self.inherited = NIL;
        self.next = None;
        self.tell(&taken);
        loop {
            let depth = self.nodes.len().checked_sub(1)?;
            if depth < self.shared.len() {
                if self.take_shared(depth) {
                    return Some(depth);
                }
                self.truncate(depth);
                self.shared.truncate(depth);
                self.told = depth;
                continue;
            }
            let node = &mut self.nodes[depth];
            if node.tree != NIL {
                self.sleepers.push(taken(depth));
                let (step, rest, below) = self.forest.take(node.tree);
                (node.thread, node.alt, node.tree) = (step.thread, step.alt, rest);
                self.inherited = below;
                return Some(depth);
            }
            self.sleepers.truncate(node.sleep as usize);
            self.nodes.pop();
        }
    }

    /// The part of the tree that has been explored, if each branch of a node is as large as another of it. `step` gives
    /// the step taken at a depth.
    pub(super) fn explored(&self, step: impl Fn(usize) -> Step) -> f64 {
        let mut below = 0.0;
        for depth in (0..self.nodes.len()).rev() {
            let inherited = depth.checked_sub(1).map_or(0, |above| {
                let last = step(above);
                let sleeps_on = |sleeper: &&Sleeper| !sleeper.step.depends(&last);
                self.sleep_set(above).iter().filter(sleeps_on).count()
            });
            let done = (self.sleep_set(depth).len() - inherited) as f64;
            let left = self.forest.siblings(self.nodes[depth].tree) as f64;
            below = (done + below) / (done + 1.0 + left);
        }
        below
    }

    /// How many bytes are kept, about: of the nodes that other workers share, those from which this path comes.
    pub(super) fn kept(&self) -> usize {
        let shared = self.shared.iter().map(|place| place.node.kept()).sum::<usize>();
        self.nodes.len() * size_of::<Node>()
            + self.sleepers.len() * size_of::<Sleeper>()
            + self.forest.kept()
            + shared
    }

    /// Tells the shared nodes what the steps touch that were taken from them, now that it is known.
    fn tell(&mut self, taken: impl Fn(usize) -> Sleeper) {
        self.shared.truncate(self.nodes.len());
        for depth in self.told..self.shared.len() {
            let Place { node, branch } = &self.shared[depth];
            node.tell(*branch, taken(depth));
        }
        self.told = self.shared.len();
    }

    /// Takes a branch of the node at this depth, a shared one and the last of the path. False if it has none.
    fn take_shared(&mut self, depth: usize) -> bool {
        let Place { node, branch } = &mut self.shared[depth];
        let Some(taken) = node.take(false) else { return false };
        (*branch, self.told) = (taken.number, depth);
        self.take_branch(taken);
        true
    }

    /// Takes a branch of the last node.
    fn take_branch(&mut self, branch: Branch) {
        let node = self.nodes.last_mut().expect("a node");
        (node.thread, node.alt) = (branch.step.thread, branch.step.alt);
        self.sleepers.truncate(node.sleep as usize);
        self.sleepers.extend(branch.asleep);
        self.next = branch.below;
    }

    /// Takes a branch of a node of another worker, and goes to it. The path has to be empty. False if there is
    /// none any more.
    pub(super) fn follow(&mut self, node: &Arc<Shared>) -> bool {
        assert!(self.nodes.is_empty() && self.shared.is_empty(), "a worker ends its own first");
        let Some(branch) = node.take(true) else { return false };
        self.shared = node.way(branch.number);
        self.told = self.shared.len() - 1;
        for Place { node, branch } in &self.shared {
            let sleep = self.sleepers.len() as u32;
            let (step, asleep) = node.taken(*branch);
            self.sleepers.extend(asleep);
            self.nodes.push(Node { thread: step.thread, alt: step.alt, sleep, tree: NIL });
        }
        self.take_branch(branch);
        true
    }

    /// Shares the first node that owes something and is not shared yet. `taken` gives the step taken at a depth.
    pub(super) fn share(&mut self, taken: impl Fn(usize) -> Sleeper, offer: &Offer) {
        self.tell(&taken);
        let owes = |depth: &usize| self.nodes[*depth].tree != NIL;
        let Some(last) = (self.shared.len()..self.nodes.len()).find(owes) else { return };
        for depth in self.shared.len()..=last {
            let mut tree = Forest::default();
            let first = tree.transplant(&mut self.forest, self.nodes[depth].tree);
            self.nodes[depth].tree = NIL;
            let above = self.shared.last().cloned();
            let asleep = self.sleep_set(depth).to_vec();
            let node = Shared::new(above, asleep, taken(depth), (tree, first), offer);
            self.shared.push(Place { node, branch: 0 });
        }
        self.told = self.shared.len();
        if let Some(Place { node, .. }) = self.shared.last() {
            node.offer();
        }
    }

    /// The first node, if it is shared.
    pub(super) fn root(&self) -> Option<&Arc<Shared>> {
        self.shared.first().map(|place| &place.node)
    }
}
