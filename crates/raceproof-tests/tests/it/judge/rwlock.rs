//! Read-write locks: who enters, and who waits behind whom.

use super::language::{Do, Hold, MUTEXES};
use super::state::{Lock, Queue, Queued, Scope, State, Tid};
use super::steps::{Access, Object};

/// What may become of a thread at a read-write lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Enter {
        shared: bool,
    },
    /// A try fails.
    Fail,
    /// It waits, and others can tell.
    Queue(Queued),
}

impl<'p> State<'p> {
    /// What may become of a thread that takes the read-write lock.
    pub(super) fn ways_to_enter(&self, id: Tid, hold: Hold) -> Vec<Way> {
        let lock = MUTEXES;
        let shared = matches!(hold, Hold::Shared | Hold::TryShared);
        let tries = matches!(hold, Hold::TryShared | Hold::TryExclusive);
        let free = self.locks[lock].admits(shared);
        let writers = self.threads.iter().any(|other| other.queued == Some(Queued::Writer(lock)));
        let waits = shared && writers && self.rules.queue != Queue::ReadersPass;
        // A reader whose attempt fails because of a writer that waits was there while readers were inside.
        let fails = waits && free && !self.locks[lock].readers.is_empty();
        let refused = tries && fails && self.locks[lock].refused.contains(&id);
        let passes = match self.rules.queue {
            Queue::WritersFirst if tries => free && !fails,
            Queue::WritersFirst => free && !waits,
            Queue::Any | Queue::ReadersPass => free && !refused,
        };
        let queued = self.threads[id].queued;
        let mut ways = Vec::new();
        if passes && !(waits && queued == Some(Queued::BehindWriters)) {
            ways.push(Way::Enter { shared });
        }
        if tries && (!free || fails) {
            ways.push(Way::Fail);
        } else if !tries && waits && free && queued.is_none() && self.rules.queue == Queue::Any {
            ways.push(Way::Queue(Queued::BehindWriters));
        } else if !tries
            && !shared
            && !free
            && queued.is_none()
            && self.rules.queue != Queue::ReadersPass
        {
            ways.push(Way::Queue(Queued::Writer(lock)));
        }
        ways
    }

    pub(super) fn enter(&mut self, id: Tid, way: Way, lock: usize, block: &'p [Do]) -> Access {
        let thread = &mut self.threads[id];
        if let Way::Queue(queued) = way {
            thread.queued = Some(queued);
            return vec![(Object::Lock(lock), true)];
        }
        thread.queued = None;
        let frame = thread.frames.last_mut().expect("a frame");
        let [Do::Hold(hold, ..), rest @ ..] = frame.rest else { unreachable!("a lock") };
        frame.rest = rest;
        match way {
            Way::Enter { shared } => self.take(id, lock, shared, block),
            _ => {
                thread.observe(0);
                let Lock { writer, refused, .. } = &mut self.locks[lock];
                // It fails again until something happens to the lock.
                if *hold == Hold::TryShared && writer.is_none() && !refused.contains(&id) {
                    refused.push(id);
                    refused.sort_unstable();
                }
            }
        }
        // Readers come and go in any order. An attempt to write that fails because of them depends
        // on which are there, so it counts as a write.
        vec![(Object::Lock(lock), !matches!(hold, Hold::Shared | Hold::TryShared))]
    }

    /// "Downgrades a write-locked RwLockWriteGuard into a read-locked RwLockReadGuard. [...] it is guaranteed
    /// that no other thread will be able to acquire write access in between."
    pub(super) fn downgrade(&mut self, id: Tid) -> Access {
        let scopes = self.threads[id].frames.iter_mut().rev().map(|frame| &mut frame.scope);
        let mut guards = scopes.filter_map(|scope| match scope {
            Scope::Guard { lock, shared, .. } => Some((*lock, shared)),
            _ => None,
        });
        let (lock, shared) = guards.next().expect("a guard");
        *shared = true;
        self.locks[lock].release(id, &self.threads[id].known, false);
        self.locks[lock].admit(id, true);
        vec![(Object::Lock(lock), true)]
    }
}
