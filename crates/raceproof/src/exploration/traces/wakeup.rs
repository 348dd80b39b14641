//! Wakeup trees: the executions still owed at a node, as an ordered tree of steps.
//!
//! A branch from the root is a sequence of steps that some race asked for. A new
//! sequence is inserted by walking down the first child, left to right, that is a
//! *weak initial* of it: a step that may be put at its front without changing
//! anything. Reaching a leaf means that the leaf's exploration covers the sequence
//! already; otherwise what remains becomes a new branch on the right.

use crate::kernel::Footprint;
use crate::kernel::owners::{Turn, TurnKind};

/// One step of a sequence: whose, which alternative, and what it touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) thread: u16,
    pub(super) alt: u16,
    pub(super) footprint: Footprint,
}

impl Step {
    /// Do these depend on each other?
    #[inline]
    pub(super) fn depends(&self, other: &Step) -> bool {
        self.thread == other.thread || self.footprint.conflicts(other.footprint)
    }

    /// Whether this step is a weak initial of `sequence`: `Some(i)` if it is its
    /// `i`-th step and may come first, `Some(len)` if it is independent of all of it.
    #[inline]
    pub(super) fn weak_initial(&self, sequence: &[Step], left: &Left) -> Option<usize> {
        for (i, step) in sequence.iter().enumerate() {
            if step.thread == self.thread {
                return (step.alt == self.alt).then_some(i);
            }
            if self.footprint.conflicts(step.footprint) {
                return None;
            }
        }
        left.allows(self, sequence).then_some(sequence.len())
    }

    /// The value of which it drops an owner that is not the last, where that matters.
    fn leaves(&self) -> Option<u32> {
        let turn = Turn::of(self.alt)?;
        if turn.kind == TurnKind::OneOf { self.footprint.read_only() } else { None }
    }
}

/// How many owners are left after a sequence, of each value of which it drops some, where it matters which
/// one is the last.
///
/// Any two drops of owners that are not the last commute, but not all of them can be such. So one that is
/// independent of each step of a sequence may come before it only if that leaves an owner to be the last.
#[derive(Default)]
pub(super) struct Left(Vec<(u32, u32)>);

impl Left {
    /// Nothing is dropped.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The values of which a sequence drops owners; `count` counts what is left of them.
    pub(super) fn count(&mut self, sequence: &[Step], count: impl Fn(u32) -> u32) {
        for value in sequence.iter().filter_map(Step::leaves) {
            if self.0.iter().all(|(known, _)| *known != value) {
                self.0.push((value, count(value)));
            }
        }
    }

    /// May this step come before what is left of the sequence, of which it is independent?
    #[inline]
    fn allows(&self, step: &Step, rest: &[Step]) -> bool {
        self.0.is_empty() || self.leaves_a_last(step, rest)
    }

    #[cold]
    fn leaves_a_last(&self, step: &Step, rest: &[Step]) -> bool {
        let value = step.leaves().filter(|value| self.of(*value).is_some_and(|left| left < 2));
        value.is_none_or(|value| rest.iter().all(|other| other.leaves() != Some(value)))
    }

    fn of(&self, value: u32) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == value).map(|(_, left)| *left)
    }

    /// The sequence comes after this step, which is not in it.
    pub(super) fn pass(&mut self, step: &Step) {
        if self.0.is_empty() || Turn::of(step.alt).is_none() {
            return;
        }
        let leaves = step.leaves().is_some();
        let Some(value) = step.footprint.read_only() else { return };
        for (_, left) in self.0.iter_mut().filter(|(known, _)| *known == value) {
            // What else only reads the count adds one.
            *left = if leaves { *left - 1 } else { *left + 1 };
        }
    }
}

/// A step in a sleep set, as its chain's `nth`.
#[derive(Clone, Copy)]
pub(super) struct Sleeper {
    pub(super) step: Step,
    pub(super) nth: u32,
}

/// What covers a sequence.
pub(super) enum Cover {
    /// A step that sleeps, as the sequence's step of this number, or as none: see
    /// [`Step::weak_initial`].
    Asleep(usize),
    /// A branch of steps that all are the sequence's.
    Branch,
    /// A branch that has others as well.
    OthersToo,
}

/// No node.
pub(super) const NIL: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Node {
    step: Step,
    next: u32,
    child: u32,
}

/// All the wakeup trees of an exploration, in one arena with a free list.
///
/// A tree is named by its first child; [`NIL`] is the empty tree.
#[derive(Default)]
pub(super) struct Forest {
    nodes: Vec<Node>,
    free: Vec<u32>,
}

impl Forest {
    fn add(&mut self, step: Step) -> u32 {
        let node = Node { step, next: NIL, child: NIL };
        match self.free.pop() {
            Some(i) => {
                self.nodes[i as usize] = node;
                i
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as u32 - 1
            }
        }
    }

    /// How many trees there are from this one on, with the same parent.
    pub(super) fn siblings(&self, first: u32) -> usize {
        let next = |node: &u32| Some(self.nodes[*node as usize].next).filter(|next| *next != NIL);
        std::iter::successors(Some(first).filter(|first| *first != NIL), next).count()
    }

    /// How many bytes it takes.
    pub(super) fn kept(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.free.capacity() * size_of::<u32>()
    }

    /// The step of the first child.
    pub(super) fn first(&self, first: u32) -> Step {
        self.nodes[first as usize].step
    }

    /// Takes the first child away: its step, the rest of its siblings, its subtree.
    pub(super) fn take(&mut self, first: u32) -> (Step, u32, u32) {
        let Node { step, next, child } = self.nodes[first as usize];
        self.free.push(first);
        (step, next, child)
    }

    /// Takes a tree out of another forest.
    pub(super) fn transplant(&mut self, from: &mut Forest, tree: u32) -> u32 {
        let mut first = NIL;
        // What is left to be taken, and where it belongs: after a node, or below one.
        let mut left = vec![(tree, None)];
        while let Some((node, place)) = left.pop() {
            if node == NIL {
                continue;
            }
            let (step, next, child) = from.take(node);
            let taken = self.add(step);
            match place {
                None => first = taken,
                Some((parent, true)) => self.nodes[parent as usize].child = taken,
                Some((before, false)) => self.nodes[before as usize].next = taken,
            }
            left.push((next, Some((taken, false))));
            left.push((child, Some((taken, true))));
        }
        first
    }

    /// Adds a leaf in front of a tree.
    pub(super) fn push_leaf(&mut self, tree: &mut u32, step: Step) {
        let node = self.add(step);
        self.nodes[node as usize].next = *tree;
        *tree = node;
    }

    /// Inserts a sequence, unless the tree covers it. Changes `sequence`.
    pub(super) fn insert(
        &mut self,
        tree: &mut u32,
        sequence: &mut [Step],
        left: &mut Left,
    ) -> Cover {
        let mut rest = sequence;
        let mut cover = Cover::Branch;
        let mut parent = NIL;
        loop {
            let (mut node, mut last) =
                (if parent == NIL { *tree } else { self.nodes[parent as usize].child }, NIL);
            let mut found = None;
            while node != NIL {
                let child = &self.nodes[node as usize];
                found = child.step.weak_initial(rest, left);
                if found.is_some() {
                    break;
                }
                (last, node) = (node, child.next);
            }
            let Some(at) = found else {
                let branch = self.branch(rest);
                if last != NIL {
                    self.nodes[last as usize].next = branch;
                } else if parent != NIL {
                    self.nodes[parent as usize].child = branch;
                } else {
                    *tree = branch;
                }
                return cover;
            };
            if at < rest.len() {
                // Take it out; nearly always it is the first.
                if at > 0 {
                    rest.copy_within(..at, 1);
                }
                rest = &mut rest[1..];
            } else {
                cover = Cover::OthersToo;
                left.pass(&self.nodes[node as usize].step);
            }
            if self.nodes[node as usize].child == NIL || rest.is_empty() {
                return cover;
            }
            parent = node;
        }
    }

    fn branch(&mut self, sequence: &[Step]) -> u32 {
        let mut below = NIL;
        for step in sequence.iter().rev() {
            let node = self.add(*step);
            self.nodes[node as usize].child = below;
            below = node;
        }
        below
    }
}
