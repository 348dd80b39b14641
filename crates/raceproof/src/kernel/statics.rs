//! Statics: what they are made of has numbers of its own, since any thread may be the first to use one.

use super::state::Kernel;
use super::thread::Numbers;

/// The statics that some execution has made.
#[derive(Default)]
pub(crate) struct Statics {
    all: Vec<Static>,
    /// The one that the running thread makes.
    making: Option<usize>,
}

struct Static {
    address: usize,
    name: &'static str,
    objects: Numbers,
    pairs: Numbers,
}

/// A static that is being made.
pub(crate) struct Making {
    /// The one that was being made before.
    before: Option<usize>,
    steps: usize,
    spawned: u16,
}

impl Statics {
    /// Makes everything ready for another execution.
    pub(super) fn begin(&mut self) {
        self.making = None;
        for each in &mut self.all {
            each.objects.rewind();
            each.pairs.rewind();
        }
    }

    /// Is one being made? Then what is made is there from the beginning.
    pub(super) fn is_making(&self) -> bool {
        self.making.is_some()
    }

    /// The name of the one that is being made.
    pub(super) fn name(&self) -> Option<&'static str> {
        self.making.map(|this| self.all[this].name)
    }

    /// The numbers of the objects made in this execution: of those alone, and of the first of each pair.
    pub(crate) fn made(&self) -> impl Iterator<Item = (&[u32], &[u32])> {
        self.all.iter().map(|each| (each.objects.made(), each.pairs.made()))
    }

    /// Is it a pair of objects that one of them is made of?
    pub(super) fn owns(&self, first: u32) -> bool {
        self.all.iter().any(|each| each.pairs.made().contains(&first))
    }

    /// The address of the one that is being made, and the numbers of what it makes.
    pub(super) fn numbers(&mut self) -> Option<(usize, (&mut Numbers, &mut Numbers))> {
        let Static { address, objects, pairs, .. } = &mut self.all[self.making?];
        Some((*address, (objects, pairs)))
    }

    /// The address of each, and the numbers of what it has made in any execution.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Numbers, &Numbers)> {
        self.all.iter().map(|each| (each.address, &each.objects, &each.pairs))
    }
}

impl Kernel {
    /// From now on, what the running thread makes is part of the static at this address.
    pub(crate) fn begin_static(&mut self, address: usize, name: &'static str) -> Making {
        let all = &mut self.statics.all;
        let this = all.iter().position(|each| each.address == address).unwrap_or_else(|| {
            let (objects, pairs) = (Numbers::default(), Numbers::default());
            all.push(Static { address, name, objects, pairs });
            all.len() - 1
        });
        let before = self.statics.making.replace(this);
        Making { before, steps: self.events.taken(), spawned: self.now.spawned }
    }

    /// The static is made, or its making has panicked.
    pub(crate) fn end_static(&mut self, making: &Making) {
        self.statics.making = making.before;
    }

    /// Has nothing else happened since that began?
    pub(crate) fn has_only_made(&self, making: &Making) -> bool {
        self.events.taken() == making.steps && self.now.spawned == making.spawned
    }
}
