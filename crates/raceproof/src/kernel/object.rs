//! Objects: what threads share, as the kernel sees it.

use std::borrow::Cow;
use std::panic::Location;

use crate::kernel::threads::NOBODY;

/// An object's number and the execution it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id {
    pub(crate) epoch: u64,
    pub(crate) index: u32,
}

/// What kind of thing an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Mutex,
    Condvar,
    RwLock,
    Atomic,
    Cell,
    Token,
    Thread,
}

pub(crate) struct Object {
    /// The last execution that made it; tokens and ends belong to every one.
    pub(crate) epoch: u64,
    pub(crate) kind: Kind,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) at: &'static Location<'static>,
    /// The last step that wrote it, plus one; 0: none.
    pub(crate) last_write: u32,
    /// The steps that read it since.
    pub(crate) reads: Vec<u32>,
    /// Locks: the last step that took it exclusively, plus one; 0: none.
    pub(crate) exclusive: u32,
    /// RwLock: the steps that took it for reading since.
    pub(crate) shared: Vec<u32>,
    /// Mutex, RwLock: the thread that holds it exclusively.
    pub(crate) owner: u16,
    /// RwLock: who holds it for reading. Condvar: who waits. Token: its thread, if it is there.
    pub(crate) threads: Vec<u16>,
}

impl Object {
    pub(crate) fn new(kind: Kind, at: &'static Location<'static>) -> Self {
        Object {
            epoch: 0,
            kind,
            name: None,
            at,
            last_write: 0,
            reads: Vec::new(),
            exclusive: 0,
            shared: Vec::new(),
            owner: NOBODY,
            threads: Vec::new(),
        }
    }

    /// Is it there in this execution? What others made keeps its history until it is made again.
    pub(crate) fn is_in(&self, epoch: u64) -> bool {
        self.epoch == epoch || matches!(self.kind, Kind::Token | Kind::Thread)
    }

    /// Is it a lock that this thread holds, exclusively or for reading?
    pub(crate) fn is_held_by(&self, thread: u16) -> bool {
        self.owner == thread || self.kind == Kind::RwLock && self.threads.contains(&thread)
    }

    /// As new, for another execution.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.last_write = 0;
        self.reads.clear();
        self.exclusive = 0;
        self.shared.clear();
        self.owner = NOBODY;
        self.threads.clear();
    }

    /// Notes that step `index` reads or writes it.
    #[inline]
    pub(crate) fn touch(&mut self, index: u32, written: bool) {
        if written {
            self.last_write = index + 1;
            self.reads.clear();
        } else {
            self.reads.push(index);
        }
    }
}
