//! What threads and objects are up to between two steps.

use crate::kernel::object::Object;
use crate::kernel::{Kernel, Kind, NOBODY, Op, Place, Status};
use crate::telling::names::{is_own, object_number, thread_number};

/// How everything stands before a step. Names are [numbers](object_number).
pub(crate) struct Moment {
    pub(crate) threads: Vec<Standing>,
    /// The objects that a reader may want to see, with what is to be said of each.
    pub(crate) objects: Vec<(u32, Option<String>)>,
}

/// A thread that has announced an operation.
pub(crate) struct Standing {
    pub(crate) thread: u16,
    /// What it does next, in words.
    pub(crate) does: String,
    /// Why it cannot, if so.
    pub(crate) waits: Option<String>,
    pub(crate) place: Option<Place>,
}

impl Moment {
    /// How everything stands now; `waits` says which threads wait though their operation is enabled.
    pub(crate) fn of(kernel: &Kernel, waits: impl Fn(u16) -> bool) -> Self {
        let pending = |id: &u16| kernel.thread(*id).status == Status::Pending;
        let standing = |thread: u16| Standing {
            thread,
            does: kernel.pending_in_words(thread),
            waits: (!kernel.enabled(thread) || waits(thread)).then(|| kernel.wait_in_words(thread)),
            place: Some(kernel.thread(thread).pending.at)
                .filter(|at| !is_own(at.file()))
                .map(Place::from),
        };
        let made = (0..).zip(&kernel.objects).filter(|(_, object)| {
            object.epoch == kernel.epoch && object.ended.is_none() && is_shown(object.kind)
        });
        Moment {
            threads: kernel.ids().filter(pending).map(standing).collect(),
            objects: made.map(|(id, object)| (id, said_of(object))).collect(),
        }
    }
}

/// Is it an object that programs know of?
fn is_shown(kind: Kind) -> bool {
    match kind {
        Kind::Mutex
        | Kind::Condvar
        | Kind::RwLock
        | Kind::Atomic
        | Kind::Cell
        | Kind::Once
        | Kind::Barrier
        | Kind::Channel => true,
        Kind::Arrivals
        | Kind::Poison
        | Kind::Part
        | Kind::Owners
        | Kind::Weaks
        | Kind::Token
        | Kind::Thread => false,
    }
}

/// Who holds a lock, and who waits for a condition variable.
fn said_of(object: &Object) -> Option<String> {
    let names = |threads: &[u16]| {
        let mut threads = threads.to_vec();
        threads.sort_unstable();
        threads.into_iter().map(thread_number).collect::<Vec<_>>().join(", ")
    };
    match object.kind {
        Kind::Mutex | Kind::RwLock if object.owner != NOBODY => {
            Some(format!("held by {}", thread_number(object.owner)))
        }
        Kind::RwLock if !object.threads.is_empty() => {
            Some(format!("read by {}", names(&object.threads)))
        }
        Kind::Mutex | Kind::RwLock => Some("free".to_owned()),
        Kind::Condvar if object.threads.is_empty() => Some("no thread waits".to_owned()),
        Kind::Condvar => Some(format!("waiting: {}", names(&object.threads))),
        _ => None,
    }
}

impl Kernel {
    /// What a thread has announced, as what it does next.
    fn pending_in_words(&self, thread: u16) -> String {
        let op = self.thread(thread).pending.op;
        let subject = match op {
            Op::Unpark { thread, .. } | Op::IsFinished { thread, .. } | Op::Kill(thread) => {
                Some(thread_number(thread))
            }
            Op::Join(target) | Op::JoinClosure(target) => {
                return format!("joins {}", thread_number(target));
            }
            Op::Wait { condvar, mutex } => {
                return format!(
                    "unlocks {} and waits for {}",
                    object_number(mutex),
                    object_number(condvar)
                );
            }
            Op::Asleep { condvar, .. } => {
                return format!("is woken by {}", object_number(condvar));
            }
            Op::Wake(condvar) if self.thread(thread).notified > 0 => {
                return format!("woken by {}", object_number(condvar));
            }
            Op::Wake(condvar) => {
                return format!("times out waiting for {}", object_number(condvar));
            }
            Op::Park { .. } | Op::ParkTimeout { .. } | Op::BeginPark { .. } => None,
            Op::Choose(alternatives) => return format!("chooses one of 0..{alternatives}"),
            Op::End { .. } => return "ends".to_owned(),
            op => op.object().map(object_number),
        };
        let verb = self.operation(thread, op).verb();
        subject.map_or_else(|| verb.to_owned(), |subject| format!("{verb} {subject}"))
    }

    /// Why a thread cannot take its step.
    fn wait_in_words(&self, thread: u16) -> String {
        self.blocked_thread(thread).wait(&self.thread_names())
    }
}
