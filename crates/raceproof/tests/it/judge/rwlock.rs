//! Read-write locks: who enters, and who waits behind whom.

use super::language::{Do, Hold, MUTEXES};
use super::state::{Queue, Queued, State, Tid};
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
        let passes = free && !(shared && writers && self.rules.queue == Queue::WritersFirst);
        let waits = shared && writers && self.rules.queue != Queue::ReadersPass;
        let queued = self.threads[id].queued;
        let mut ways = Vec::new();
        if passes && !(waits && queued == Some(Queued::BehindWriters)) {
            ways.push(Way::Enter { shared });
        }
        if tries && (!free || waits) {
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
            _ => thread.observe(0),
        }
        // Readers come and go in any order. An attempt to write that fails because of them depends
        // on which are there, so it counts as a write.
        vec![(Object::Lock(lock), !matches!(hold, Hold::Shared | Hold::TryShared))]
    }
}
