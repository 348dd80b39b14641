//! Equivalent beginnings of executions, by their hashes.
//!
//! Two beginnings are equivalent if they have the same steps, and each two of these that [depend] on each other in the same
//! order. Then every thread has seen the same, and so will do the same. The hash of a step is that of its name and of the steps
//! before that it depends on: of the last write of what it touches, and of the reads since if it writes. That of a beginning is
//! the sum over its steps.
//!
//! Hashes have 128 bits: of 2^40 different ones two are equal with a probability of 2^-49.
//!
//! [depend]: Footprint::conflicts

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use crate::kernel::{Act, Footprint, Kernel, Op};

/// The beginning of the execution under way.
#[derive(Default)]
pub(super) struct Prefix {
    /// How many steps each thread has taken.
    taken: Vec<u32>,
    /// For each object, the hash of its last write, and the sum of those of the reads since.
    objects: Vec<(u128, u128)>,
    /// The hash of the last step that depends on every other.
    everything: u128,
    /// The sum over the steps that such a step depends on: those that touch something.
    touching: u128,
    hash: u128,
    /// The threads that have arrived at barriers.
    arrived: Vec<(u32, u16)>,
}

/// Mixes two numbers into one.
fn mix(one: u128, other: u128) -> u128 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let mixed = one.wrapping_mul(ODD).rotate_left(64).wrapping_add(other) ^ ODD;
    let mixed = (mixed ^ (mixed >> 67)).wrapping_mul(ODD);
    (mixed ^ (mixed >> 59)).wrapping_mul(ODD) ^ (mixed >> 31)
}

impl Prefix {
    /// Another execution begins.
    pub(super) fn begin(&mut self) {
        self.taken.clear();
        self.objects.clear();
        self.arrived.clear();
        (self.everything, self.touching, self.hash) = (0, 0, 0);
    }

    /// The hash of the beginning.
    pub(super) fn hash(&self) -> u128 {
        self.hash
    }

    /// The hash of the beginning that has this step as well.
    pub(super) fn with(&self, (thread, alternative): (u16, u16), footprint: Footprint) -> u128 {
        self.hash.wrapping_add(self.step((thread, alternative), footprint))
    }

    fn step(&self, (thread, alternative): (u16, u16), footprint: Footprint) -> u128 {
        let nth = self.taken.get(usize::from(thread)).copied().unwrap_or(0);
        let name = u128::from(thread) << 64 | u128::from(alternative) << 32 | u128::from(nth);
        let mut before = if footprint == Footprint::NOTHING { 0 } else { self.everything };
        if footprint == Footprint::EVERYTHING {
            before = before.wrapping_add(self.touching);
        }
        footprint.each_access(|object, written| {
            let (last, reads) = self.objects.get(object as usize).copied().unwrap_or_default();
            before = before.wrapping_add(last);
            if written {
                before = before.wrapping_add(reads);
            }
        });
        mix(mix(1, name), before)
    }

    /// Adds the step that the kernel has taken last.
    pub(super) fn add(&mut self, kernel: &Kernel) {
        let (event, _) = kernel.events.last();
        let thread = usize::from(event.thread);
        let footprint = event.footprint;
        let hash = self.step((event.thread, event.alt), footprint);
        self.hash = self.hash.wrapping_add(hash);
        if footprint != Footprint::NOTHING {
            self.touching = self.touching.wrapping_add(hash);
        }
        if self.taken.len() <= thread {
            self.taken.resize(thread + 1, 0);
        }
        self.taken[thread] += 1;
        if footprint == Footprint::EVERYTHING {
            self.everything = hash;
        }
        footprint.each_access(|object, written| {
            let object = object as usize;
            if self.objects.len() <= object {
                self.objects.resize(object + 1, (0, 0));
            }
            let (last, reads) = &mut self.objects[object];
            if written {
                (*last, *reads) = (hash, 0);
            } else {
                *reads = reads.wrapping_add(hash);
            }
        });
    }
}

impl Prefix {
    /// If more threads come to a barrier than pass it together, then it matters in which order they do: the exploration
    /// begins again so that their steps depend on each other.
    pub(super) fn find_crowd(&mut self, kernel: &mut Kernel) {
        let (event, _) = kernel.events.last();
        let Op::Act { object: barrier, act: Act::Meet } = event.op else { return };
        let arrival = (barrier, event.thread);
        if kernel.limits.crowds || self.arrived.contains(&arrival) {
            return;
        }
        self.arrived.push(arrival);
        let arrived = self.arrived.iter().filter(|(other, _)| *other == barrier).count();
        if kernel.parties(barrier).is_some_and(|parties| arrived > parties) {
            kernel.begin_with_crowds();
        }
    }
}

/// With how few preemptions beginnings have been come to, by their hashes and what comes next.
#[derive(Default)]
pub(super) struct Known(HashMap<u128, u32, BuildHasherDefault<Hashed>>);

/// What costs no further preemption if it comes next, as a number that is mixed into a hash: a step of the last thread,
/// which is numbered from 0; anything; nothing can.
const ANY: u128 = 1 << 32;
const END: u128 = 2 << 32;

/// How many are known at most: about 300 MB.
const MOST: usize = 5_000_000;

impl Known {
    /// Is an equivalent beginning known from which everything costs no more? `last` is the thread of the last step, if it
    /// can go on.
    pub(super) fn has(&self, hash: u128, last: Option<u16>, preemptions: u32) -> bool {
        let by = |next| self.0.get(&(hash ^ next)).is_some_and(|least| *least <= preemptions);
        by(ANY) || last.is_some_and(|last| by(last.into()))
    }

    /// Notes that such a beginning has been come to; whether it was [known](Known::has).
    pub(super) fn comes_to(&mut self, hash: u128, last: Option<u16>, preemptions: u32) -> bool {
        if self.has(hash, last, preemptions) {
            return true;
        }
        // Whichever other thread goes on costs one preemption more, if the last one can.
        if let Some(last) = last {
            self.note(hash ^ u128::from(last), preemptions);
        }
        self.note(hash ^ ANY, preemptions + u32::from(last.is_some()));
        false
    }

    /// As [`comes_to`](Known::comes_to), at the end of an execution.
    pub(super) fn comes_to_end(&mut self, hash: u128) -> bool {
        let is_known = self.0.contains_key(&(hash ^ END));
        self.note(hash ^ END, 0);
        is_known
    }

    /// Forgets that it was come to the end of this execution.
    pub(super) fn forget_end(&mut self, hash: u128) {
        self.0.remove(&(hash ^ END));
    }

    fn note(&mut self, key: u128, preemptions: u32) {
        let has_room = self.0.len() < MOST;
        match self.0.entry(key) {
            Entry::Occupied(mut least) => *least.get_mut() = preemptions.min(*least.get()),
            Entry::Vacant(entry) if has_room => _ = entry.insert(preemptions),
            Entry::Vacant(_) => {}
        }
    }

    /// The bytes that it takes, about.
    pub(super) fn size(&self) -> usize {
        self.0.capacity() * size_of::<(u128, u32)>()
    }
}

/// The hash of what is one already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a key is one number");
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = (number ^ (number >> 64)) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What a thread's announced step touches, if that is known before it is taken.
pub(super) fn announced(op: Op) -> Option<Footprint> {
    match op {
        Op::Load(object) | Op::ReadLock(object) => Some(Footprint::read(object)),
        Op::Store(object)
        | Op::Rmw(object)
        | Op::Lock(object)
        | Op::Relock(object)
        | Op::Unlock(object)
        | Op::WriteLock(object)
        | Op::WriteUnlock(object) => Some(Footprint::write(object)),
        _ => None,
    }
}
