//! A registry knows all objects that are in use. It does not own them: it has weak pointers, and the
//! destructor of an object takes the registry's lock and removes its entry.
//!
//! Who goes through the registry has its lock, and makes a strong pointer of each weak one while it
//! looks at the object. Just then the object's owner drops its own. Now the one that looks is the
//! last owner: when it is done with the object, the destructor runs in its thread, and takes the
//! registry's lock, which this thread holds (aptos-core PR #14670, in the destructor's own look whether
//! the entry is still the right one; every cache of weak pointers has the place for it).
//!
//! A strong pointer is dropped as a destructor is called: not under a lock that the destructor takes.
//! Let it live longer than the guard, or look without becoming an owner.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Mutex},
    program::{Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{AcqRel, Acquire};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "last-owner",
    group: Group::Trackers,
    lesson: "Who upgrades a weak pointer may become the last owner, and run the destructor",
    source: include_str!("last_owner.rs"),
    variants: &[
        Variant::new(
            "drops-under-the-lock",
            &DropsUnderTheLock,
            "The destructor takes the lock that its own thread holds.",
        )
        .deadlocks("`looker` waits for registry, which it holds itself"),
        Variant::new(
            "drops-after-it",
            &DropsAfterIt,
            "The lock is given back before the strong pointer.",
        ),
    ],
};

/// A registry with one object, and the number of the object's owners.
struct Registry<B: Backend> {
    registered: Mutex<B, bool>,
    owners: AtomicUsize<B>,
}

impl<B: Backend> Registry<B> {
    /// Becomes an owner, if there is one.
    fn upgrade(&self) -> bool {
        let mut owners = self.owners.load(Acquire);
        while owners > 0 {
            match self.owners.compare_exchange(owners, owners + 1, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(now) => owners = now,
            }
        }
        false
    }

    /// Drops an owner; the last one removes the entry.
    fn release(&self) {
        if self.owners.fetch_sub(1, AcqRel) == 1 {
            *self.registered.lock() = false;
        }
    }

    fn look(&self, under_the_lock: bool) {
        let guard = self.registered.lock();
        let upgraded = self.upgrade();
        let _held = under_the_lock.then_some(guard);
        if upgraded {
            self.release();
        }
    }

    /// An owner drops its pointer while another thread looks at all objects.
    fn run(under_the_lock: bool) {
        let registered = Mutex::named("registry", true);
        let registry = Arc::new(Self { registered, owners: AtomicUsize::named("owners", 1) });
        let look = sharing(&registry, move |registry: &Self| registry.look(under_the_lock));
        let looker = B::spawn("looker", look);
        registry.release();
        looker.join().expect("no panic");
        assert!(!*registry.registered.lock(), "the entry is still there");
    }
}

#[derive(Debug)]
struct DropsUnderTheLock;

impl Program for DropsUnderTheLock {
    fn run<B: Backend>(&self) {
        Registry::<B>::run(true);
    }
}

#[derive(Debug)]
struct DropsAfterIt;

impl Program for DropsAfterIt {
    fn run<B: Backend>(&self) {
        Registry::<B>::run(false);
    }
}
