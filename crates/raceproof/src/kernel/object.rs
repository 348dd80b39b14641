//! Objects: what threads share, as the kernel sees it.

use std::borrow::Cow;
use std::panic::Location;

use super::owners::Matter;
use super::seen::Seen;
use super::thread::NOBODY;

/// An object's number and the execution it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id {
    pub(crate) epoch: u64,
    pub(crate) index: u32,
}

impl Id {
    /// That of every object made outside of a model, where no execution has this epoch.
    pub(crate) const OUTSIDE: Id = Id { epoch: 1 << 63, index: 0 };

    pub(crate) fn is_outside(self) -> bool {
        self.epoch == Id::OUTSIDE.epoch
    }

    /// What stands in the place of its epoch once the object has ended.
    pub(crate) fn after_end(self) -> u64 {
        !self.epoch
    }
}

/// The number of the object that goes with the first of a pair.
pub(crate) fn second(first: u32) -> u32 {
    first + 1
}

/// What kind of thing an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Mutex,
    Condvar,
    RwLock,
    /// Which writers wait for a read-write lock.
    Arrivals,
    Atomic,
    Cell,
    /// Whether a lock is poisoned.
    Poison,
    /// What happens once.
    Once,
    Barrier,
    Channel,
    /// A part of a machine.
    Part,
    /// The owners of what an `Arc` holds.
    Owners,
    /// The weak references to it.
    Weaks,
    /// A thread's token, for `park`, or that of a signal.
    Token,
    /// A thread's end.
    Thread,
}

/// An object of the execution under way.
pub(crate) struct Object {
    /// The last execution that made it.
    pub(crate) epoch: u64,
    pub(crate) kind: Kind,
    pub(crate) name: Option<Cow<'static, str>>,
    /// Where it was made.
    pub(crate) at: &'static Location<'static>,
    /// Mutex, RwLock: the thread that holds it exclusively, or [`NOBODY`].
    pub(crate) owner: u16,
    /// RwLock: the threads that hold it for reading, once for each time they do. Condvar: those
    /// that wait.
    pub(crate) threads: Vec<u16>,
    /// Token, Poison: whether it is there.
    pub(crate) there: bool,
    /// Token: whether a wait for it may end for no reason in any case.
    pub(crate) spurious: bool,
    /// Condvar: whether no wait for it ends for no reason, in no case.
    pub(crate) reasons: bool,
    /// Condvar: the mutex of the first that waited, or the lock that the first held that notified before.
    pub(crate) mutex: Option<u32>,
    /// Owners, Weaks: how many there are.
    pub(crate) count: u32,
    /// Owners: how many there were when the value was made. Weaks: whether there has been any.
    pub(crate) first: u32,
    /// Owners: what of them some thread can tell.
    pub(crate) matter: Matter,
    /// It is no atomic, and a step of it came out as one weaker than `SeqCst` does.
    pub(crate) weak: bool,
    /// The thread that has dropped it, and where its last operation was.
    pub(crate) ended: Option<(u16, &'static Location<'static>)>,
    /// What the thread had seen that changed it last.
    pub(crate) content: Seen,
}

impl Object {
    pub(crate) fn new(kind: Kind, at: &'static Location<'static>) -> Self {
        Object {
            epoch: 0,
            kind,
            name: None,
            at,
            owner: NOBODY,
            threads: Vec::new(),
            there: false,
            spurious: false,
            reasons: false,
            mutex: None,
            count: 0,
            first: 0,
            matter: Matter::Nothing,
            weak: false,
            ended: None,
            content: Seen::default(),
        }
    }

    /// Is it a lock that this thread holds, exclusively or for reading?
    pub(crate) fn is_held_by(&self, thread: u16) -> bool {
        self.owner == thread || self.kind == Kind::RwLock && self.threads.contains(&thread)
    }

    /// Ends one reader's hold.
    pub(crate) fn remove_reader(&mut self, thread: u16) {
        if let Some(at) = self.threads.iter().position(|reader| *reader == thread) {
            self.threads.swap_remove(at);
        }
    }
}
