//! Nodes from which several workers take branches.
//!
//! A worker that others wait for [shares](super::path::Path::share) the nodes of its path down to the first that owes
//! something. A branch of a shared node is taken by whichever worker comes first, which then replays the way to the
//! node and explores what is below the branch. Any worker below a shared node inserts there what it finds to
//! be owed there.
//!
//! # Why each execution is explored once
//!
//! The branches of a node are in one order, that in which they are taken. A branch has all those before it asleep,
//! whether these have been explored by then or not. So no trace is explored below two of them: it would begin with
//! a step that sleeps below the later one.
//!
//! One worker alone explores a branch before it takes the next, and until then what it finds to be owed may be inserted
//! *below* one that is not taken yet. That must be possible here as well, since what is below that branch sleeps there
//! until something wakes it: the sequence that is inserted. So a branch with a wakeup tree of its own is a shared node
//! once it is taken, and so on to the leaf; what is inserted there is taken later by any worker. A branch that is
//! a leaf is the one's that takes it: nothing sleeps there, so all that can begin with it is explored below it.
//!
//! So a sequence that is found to be owed below one of the branches is
//!
//! * covered, if one of the branches before that one is a weak initial of it;
//! * inserted below the first of those after it, taken or not, that is, and covered if that is a leaf;
//! * a new branch otherwise.
//!
//! That is what one worker does, in another order in time. None is begun in vain: what was taken before a new branch is
//! no weak initial of it, so the sequence wakes all that sleeps.
//!
//! Where steps stop threads, the order in time matters: a step that is prevented by one has to be in an execution that
//! was explored before, by each of its alternatives. So programs with daemons or processes are one worker's.
//!
//! A branch is not taken before it is known what the step of the last one touches, which its first execution
//! tells: that step sleeps below the new branch.
//!
//! Nidhugg has parallel exploration as well, for another algorithm: Lång and Sagonas, "Parallel Graph-Based Stateless
//! Model Checking", ATVA 2020.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::wakeup::{Cover, Forest, Left, NIL, Sleeper, Step};

/// A shared node, and the number of the branch that a path takes from it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) node: Arc<Shared>,
    pub(super) branch: usize,
}

/// Tells all workers that a node has branches to be taken.
pub(super) type Offer = Arc<dyn Fn(Arc<Shared>) + Send + Sync>;

/// The first node of a search that is shared. Nodes hold the ones before and those below: this lets them go.
#[derive(Default)]
pub(super) struct Root(pub(super) Option<Arc<Shared>>);

impl Drop for Root {
    fn drop(&mut self) {
        let mut nodes = self.0.take().into_iter().collect::<Vec<_>>();
        while let Some(node) = nodes.pop() {
            nodes.extend(node.branches().taken.iter_mut().filter_map(|taken| taken.below.take()));
        }
    }
}

/// A node from which several workers take branches.
pub(crate) struct Shared {
    /// The node before; none: this is the root.
    above: Option<Place>,
    depth: usize,
    branches: Mutex<Branches>,
    offer: Offer,
}

struct Branches {
    /// What sleeps there below each branch; none as long as nobody has come to it.
    asleep: Option<Vec<Sleeper>>,
    taken: Vec<Taken>,
    /// Those that are not.
    forest: Forest,
    tree: u32,
    /// It is in the pool.
    offered: bool,
}

struct Taken {
    /// Its step, and what that touches as far as was known before it was taken.
    step: Step,
    /// The step as it was taken.
    known: Option<Sleeper>,
    /// The node below it, unless it is a leaf.
    below: Option<Arc<Shared>>,
}

impl Taken {
    fn known(&self) -> Sleeper {
        self.known.expect("a branch is taken once the one before is known")
    }
}

/// A branch that has just been taken.
pub(super) struct Branch {
    pub(super) number: usize,
    pub(super) step: Step,
    /// What sleeps there before it is taken.
    pub(super) asleep: Vec<Sleeper>,
    /// The node below it, unless it is a leaf.
    pub(super) below: Option<Arc<Shared>>,
}

impl Branches {
    fn new(asleep: Option<Vec<Sleeper>>, taken: Vec<Taken>, (forest, tree): (Forest, u32)) -> Self {
        Branches { asleep, taken, forest, tree, offered: false }
    }

    /// May a branch be taken?
    fn is_ready(&self) -> bool {
        let is_known = self.taken.last().is_none_or(|last| last.known.is_some());
        self.tree != NIL && is_known && self.asleep.is_some()
    }

    /// What sleeps there below a branch.
    fn asleep(&self, branch: usize) -> Vec<Sleeper> {
        let asleep = self.asleep.iter().flatten().copied();
        asleep.chain(self.taken[..branch].iter().map(Taken::known)).collect()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Many that come one after the other are not dropped by as many calls in each other.
        let mut above = self.above.take();
        while let Some(place) = above {
            above = Arc::into_inner(place.node).and_then(|mut node| node.above.take());
        }
    }
}

impl Shared {
    fn with(above: Option<Place>, branches: Branches, offer: &Offer) -> Arc<Self> {
        let depth = above.as_ref().map_or(0, |above| above.node.depth + 1);
        let (branches, offer) = (Mutex::new(branches), Arc::clone(offer));
        Arc::new(Shared { above, depth, branches, offer })
    }

    /// The node below `above`, with this wakeup tree, from which `taken` was taken.
    pub(super) fn new(
        above: Option<Place>,
        asleep: Vec<Sleeper>,
        taken: Sleeper,
        tree: (Forest, u32),
        offer: &Offer,
    ) -> Arc<Self> {
        // Nobody inserts anything below it who is not there.
        let taken = vec![Taken { step: taken.step, known: Some(taken), below: None }];
        Shared::with(above, Branches::new(Some(asleep), taken, tree), offer)
    }

    fn branches(&self) -> MutexGuard<'_, Branches> {
        // If a worker panics, so does the search.
        self.branches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes it takes, about.
    pub(super) fn kept(&self) -> usize {
        let Branches { asleep, taken, forest, .. } = &*self.branches();
        let asleep = asleep.as_ref().map_or(0, Vec::len);
        asleep * size_of::<Sleeper>() + taken.len() * size_of::<Taken>() + forest.kept()
    }

    /// How many nodes come before it.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The nodes from the root to this one, from which this branch is taken.
    pub(super) fn way(self: &Arc<Self>, branch: usize) -> Vec<Place> {
        let last = Place { node: Arc::clone(self), branch };
        let above = |place: &Place| place.node.above.clone();
        let mut way = std::iter::successors(Some(last), above).collect::<Vec<_>>();
        way.reverse();
        way
    }

    /// The step of a branch, and what sleeps there before it is taken.
    pub(super) fn taken(&self, branch: usize) -> (Step, Vec<Sleeper>) {
        let branches = self.branches();
        (branches.taken[branch].step, branches.asleep(branch))
    }

    /// Takes the first branch that is left, for a worker that has the node of the pool or comes back to it.
    pub(super) fn take(self: &Arc<Self>, of_pool: bool) -> Option<Branch> {
        let mut branches = self.branches();
        branches.offered &= !of_pool;
        branches.is_ready().then(|| self.take_from(&mut branches))
    }

    /// As [`Shared::take`], for the first worker that comes to the node.
    pub(super) fn enter(self: &Arc<Self>, asleep: &[Sleeper]) -> Branch {
        let mut branches = self.branches();
        branches.asleep = Some(asleep.to_vec());
        self.take_from(&mut branches)
    }

    fn take_from(self: &Arc<Self>, branches: &mut Branches) -> Branch {
        let Branches { taken, forest, tree, .. } = branches;
        let (step, rest, below) = forest.take(*tree);
        *tree = rest;
        let number = taken.len();
        let below = (below != NIL).then(|| {
            let own = if rest == NIL {
                (std::mem::take(forest), below)
            } else {
                let mut own = Forest::default();
                let tree = own.transplant(forest, below);
                (own, tree)
            };
            let above = Some(Place { node: Arc::clone(self), branch: number });
            Shared::with(above, Branches::new(None, Vec::new(), own), &self.offer)
        });
        if rest == NIL {
            *forest = Forest::default();
        }
        taken.push(Taken { step, known: None, below: below.clone() });
        Branch { number, step, asleep: branches.asleep(number), below }
    }

    /// The step of a branch was taken, and is this one.
    pub(super) fn tell(self: &Arc<Self>, branch: usize, step: Sleeper) {
        let mut branches = self.branches();
        branches.taken[branch].known.get_or_insert(step);
        self.offer_if_ready(branches);
    }

    /// Says that there are branches to be taken, if there are.
    pub(super) fn offer(self: &Arc<Self>) {
        self.offer_if_ready(self.branches());
    }

    fn offer_if_ready(self: &Arc<Self>, mut branches: MutexGuard<'_, Branches>) {
        if branches.is_ready() && !branches.offered {
            branches.offered = true;
            drop(branches);
            (self.offer)(Arc::clone(self));
        }
    }

    /// Inserts a sequence, unless it is covered, for a worker below `own` branch; below none of them, if it is
    /// below one before this node. Changes `sequence`.
    pub(super) fn insert(
        self: &Arc<Self>,
        own: Option<usize>,
        sequence: &mut [Step],
        left: &mut Left,
    ) -> Cover {
        let mut branches = self.branches();
        let others = branches.taken.iter().enumerate().filter(|(branch, _)| Some(*branch) != own);
        for (branch, Taken { step, known, below }) in others {
            let step = known.map_or(*step, |known| known.step);
            let Some(at) = step.weak_initial(sequence, left) else { continue };
            let is_before = own.is_some_and(|own| branch < own);
            let Some(below) = below.clone().filter(|_| !is_before) else {
                return Cover::Asleep(at);
            };
            drop(branches);
            let rest = after(&step, at, sequence, left);
            if !rest.is_empty() {
                below.insert(None, rest, left);
            }
            return Cover::OthersToo;
        }
        let Branches { forest, tree, .. } = &mut *branches;
        let cover = forest.insert(tree, sequence, left);
        self.offer_if_ready(branches);
        cover
    }
}

/// What is left of a sequence after this step, which is its weak initial as the one `at` this place.
fn after<'a>(step: &Step, at: usize, sequence: &'a mut [Step], left: &mut Left) -> &'a mut [Step] {
    if at == sequence.len() {
        left.pass(step);
        return sequence;
    }
    sequence.copy_within(..at, 1);
    &mut sequence[1..]
}
