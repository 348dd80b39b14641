//! The ends of objects: what a thread may not do to one that another thread has dropped, and the
//! other way round.
//!
//! Where a thread drops an object, or has it for itself, no other may be *in* an operation on it: it
//! has announced the operation, so it holds a reference. That is certain, whatever orders the threads,
//! and is found before any memory is freed. The strategy sees to it that it comes to that wherever it
//! can: see [`Strategy::ends`](super::strategy::Strategy::ends).
//!
//! A thread that begins to use an object after its end may find anything in its memory. What is
//! left there by the end is a mark, so the use is found unless the memory has been overwritten.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::panic::Location;
use std::ptr;

use super::installed::{belongs, ended, is_outside, kernel, misuse, try_with, with};
use super::session::Session;
use super::{fiber, teardown};
use crate::kernel::datarace::Access;
use crate::kernel::{FailureKind, Id, Kernel, Op, Pending, Place, Status};
use crate::telling::names::is_own;
use crate::telling::recorder::Subject;
use crate::telling::trace::Operation;

/// An object's number, and where it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    id: Id,
    at: &'static Location<'static>,
}

/// The same of an object that ends with it.
#[derive(Debug)]
pub(crate) struct Life(Made);

impl Made {
    /// That of an object which the running thread makes as `create` says; outside of a model, of one that
    /// the explorer does not know.
    #[inline]
    pub(crate) fn new(
        at: &'static Location<'static>,
        create: impl FnOnce(&mut Kernel) -> Id,
    ) -> Self {
        Made { id: if is_outside() { Id::OUTSIDE } else { kernel(create) }, at }
    }

    /// The object's number in the execution under way; none outside of a model, if it was made there.
    #[track_caller]
    #[inline]
    pub(crate) fn number(&self) -> Option<u32> {
        if belongs(self.id) { Some(self.id.index) } else { self.number_elsewhere() }
    }

    /// What stands for the object, which was made outside of a model, unless it is used in one.
    #[track_caller]
    pub(crate) fn outside<T>(self, object: T) -> T {
        self.number();
        object
    }

    #[cold]
    #[track_caller]
    fn number_elsewhere(&self) -> Option<u32> {
        let here = Location::caller();
        let (made, used) = (Place::from(self.at), Place::from(here));
        match (self.id.is_outside(), is_outside()) {
            (true, true) => return None,
            (true, false) => misuse(&format!(
                "an object made outside of the model at {made} is used in it at {used}: make it inside, or \
                 declare it by raceproof::statics! if it is a static"
            )),
            (false, true) => {
                panic!("an object made in a model at {made} is used outside of it at {used}")
            }
            (false, false) => {}
        }
        check_use(self.id, here);
        misuse(&format!(
            "an object made in another execution at {made}, or freed, is used at {used}: make it inside \
             the model, and use it no longer than it lives"
        ))
    }
}

impl Deref for Made {
    type Target = Id;

    fn deref(&self) -> &Id {
        &self.id
    }
}

impl Life {
    /// As [`Made::new`].
    #[inline]
    pub(crate) fn begin(
        at: &'static Location<'static>,
        create: impl FnOnce(&mut Kernel) -> Id,
    ) -> Self {
        Life(Made::new(at, create))
    }

    /// As [`Made::number`].
    #[track_caller]
    #[inline]
    pub(crate) fn number(&self) -> Option<u32> {
        self.0.number()
    }
}

impl Deref for Life {
    type Target = Id;

    fn deref(&self) -> &Id {
        &self.0.id
    }
}

impl Drop for Life {
    #[inline]
    fn drop(&mut self) {
        let id = &mut self.0.id;
        if belongs(*id) {
            end(*id);
            // SAFETY: it is this object's own. (The compiler would leave out a write to memory that
            // is about to be freed, if it were not volatile.)
            unsafe { ptr::write_volatile(&raw mut id.epoch, id.after_end()) };
        } else if ended(*id) {
            refuse(*id, Kernel::drops);
        }
    }
}

/// Notes that an object of the execution under way ends.
#[inline(never)]
fn end(id: Id) {
    if teardown::under_way() || !fiber::is_running() {
        return;
    }
    if try_with(|session| session.end_object(id.index)) == Some(false) {
        halt();
    }
}

/// Notes that the running thread has an object for itself.
pub(crate) fn own(id: Id, at: &'static Location<'static>) {
    if belongs(id) && !teardown::under_way() {
        with(|session| session.own_object(id.index, at));
    }
}

/// Fails the execution if the object has ended, which the running thread is about to use. Then it
/// does not return.
pub(crate) fn check_use(id: Id, at: &'static Location<'static>) {
    if ended(id) {
        refuse(id, |_| format!("uses it at {}", Place::from(at)));
    }
}

/// Fails the execution because the running thread does this to an object that has ended.
#[cold]
fn refuse(id: Id, does: impl Fn(&Kernel) -> String) {
    if !fiber::is_running() {
        return;
    }
    let known = try_with(|session| {
        let kernel = &mut session.kernel;
        let Some(object) = kernel.objects.get(id.index as usize) else { return false };
        let Some((by, at)) = object.ended else { return false };
        if !teardown::under_way() {
            let (name, does) = (kernel.thread_name(kernel.current), does(kernel));
            let message = format!(
                "use after free of {}: {name} {does}, and {} has dropped it{}",
                kernel.object_name(id.index),
                kernel.thread_name(by),
                after(at),
            );
            kernel.fail(FailureKind::UseAfterFree, message);
        }
        true
    });
    if known == Some(true) {
        halt();
    }
}

/// Leaves the running thread where it is, for good: were it to go on, it would free what others use,
/// or use what is freed.
fn halt() -> ! {
    with(Session::halt);
    loop {
        fiber::switch_out();
    }
}

/// Where a thread's last operation was, if it is the program's.
fn after(at: &Location<'_>) -> String {
    if is_own(at.file()) { String::new() } else { format!(" after {}", Place::from(at)) }
}

/// A use that a thread is in.
#[derive(Clone, Copy)]
struct Use {
    thread: u16,
    operation: Operation,
    at: &'static Location<'static>,
}

impl Session {
    /// The running thread drops an object. False if another one uses it.
    fn end_object(&mut self, object: u32) -> bool {
        let kernel = &mut self.kernel;
        if kernel.now.ending {
            return true;
        }
        let found = match kernel.objects[object as usize].ended {
            Some((by, _)) => Some(format!(
                "{} {}, and {} has dropped it before",
                kernel.thread_name(kernel.current),
                kernel.drops(),
                kernel.thread_name(by)
            )),
            None => kernel.use_of(object).map(|user| {
                self.show_use(object, Operation::Drop, Location::caller(), user);
                let kernel = &self.kernel;
                let name = kernel.thread_name(kernel.current);
                format!("{name} {}, while {}", kernel.drops(), kernel.is_using(user))
            }),
        };
        let kernel = &mut self.kernel;
        if let Some(found) = found {
            let message = format!("use after free of {}: {found}", kernel.object_name(object));
            kernel.fail(FailureKind::UseAfterFree, message);
            return false;
        }
        if let Some(access) = kernel.unordered_access(object) {
            let message = format!("{} {}", kernel.thread_name(kernel.current), kernel.drops());
            kernel.fail_unordered(object, &message, access);
            return !kernel.now.ending;
        }
        let at = kernel.me().pending.at;
        kernel.objects[object as usize].ended = Some((kernel.current, at));
        self.strategy.ends(kernel, object, false);
        true
    }

    /// The running thread has an object for itself, if no other one uses it.
    fn own_object(&mut self, object: u32, at: &'static Location<'static>) {
        let kernel = &mut self.kernel;
        if kernel.now.ending {
            return;
        }
        let Some(user) = kernel.use_of(object) else {
            if let Some(access) = kernel.unordered_access(object) {
                let (name, place) = (kernel.thread_name(kernel.current), Place::from(at));
                let message = format!("{name} has it for itself at {place}");
                return kernel.fail_unordered(object, &message, access);
            }
            kernel.races.own(object as usize, Access::now(kernel, true, at));
            return self.strategy.ends(kernel, object, true);
        };
        self.show_use(object, Operation::PlainWrite, at, user);
        let kernel = &mut self.kernel;
        let kind = if user.thread == kernel.current {
            FailureKind::Overlap
        } else {
            FailureKind::DataRace
        };
        let message = format!(
            "{kind} on {}: {} has it for itself at {}, while {}",
            kernel.object_name(object),
            kernel.thread_name(kernel.current),
            Place::from(at),
            kernel.is_using(user),
        );
        kernel.fail(kind, message);
    }

    /// The running thread accesses a cell that another had for itself after so many steps; nothing orders
    /// the two.
    pub(crate) fn touches_owned(&mut self, owner: u16, owned: u32) {
        self.strategy.touches_owned(&mut self.kernel, owner, owned);
    }

    /// Writes down what the running thread does to an object, and what its user is about to do.
    fn show_use(
        &mut self,
        object: u32,
        does: Operation,
        at: &'static Location<'static>,
        user: Use,
    ) {
        let me = self.kernel.current;
        self.note(does, Subject::Object(object), None, at);
        self.kernel.current = user.thread;
        self.note(user.operation, Subject::Object(object), None, user.at);
        self.kernel.current = me;
    }

    /// Stops the execution and takes the running thread's fiber away, so that it is never
    /// resumed.
    fn halt(&mut self) {
        self.bodies[usize::from(self.kernel.current)].fiber = None;
        self.stop();
    }
}

impl Kernel {
    /// A use of this object by a thread that is in it: another one that has announced it, or any whose
    /// access of plain memory has not ended.
    fn use_of(&self, object: u32) -> Option<Use> {
        let pending = |id: &u16| {
            let thread = self.thread(*id);
            let op = thread.pending.op;
            *id != self.current && thread.status == Status::Pending && op.uses(object)
        };
        let announced = self.alive().find(pending).map(|thread| {
            let Pending { op, at } = self.thread(thread).pending;
            let operation = match op {
                Op::Asleep { .. } => Operation::Wait,
                op => op.into(),
            };
            Use { thread, operation, at }
        });
        announced.or_else(|| {
            let alive = |access: &&Access| self.thread(access.thread).status != Status::Stopped;
            let open = if self.races.is_on() { self.races.open(object as usize) } else { &[] };
            open.iter().find(alive).map(|access| {
                let operation =
                    if access.written { Operation::PlainWrite } else { Operation::PlainRead };
                Use { thread: access.thread, operation, at: access.at }
            })
        })
    }

    /// Another thread's access of a cell that no synchronisation orders before what the running thread
    /// does, if that is wanted to be an error.
    fn unordered_access(&self, cell: u32) -> Option<Access> {
        let wanted = self.limits.strict_ends && self.races.is_on();
        wanted.then(|| self.races.unordered(cell as usize, self.current).next()).flatten()
    }

    fn fail_unordered(&mut self, cell: u32, does: &str, access: Access) {
        let message = format!(
            "data race on {}: {does}, {} {} it at {}, and nothing orders them",
            self.object_name(cell),
            self.thread_name(access.thread),
            if access.written { "writes" } else { "reads" },
            Place::from(access.at),
        );
        self.fail(FailureKind::DataRace, message);
    }

    /// What a thread is about to do, in words.
    fn is_using(&self, Use { thread, operation, at }: Use) -> String {
        let (name, verb) = (self.thread_name(thread), operation.verb());
        format!("{name} {verb} it at {}", Place::from(at))
    }

    /// That the running thread drops something, in words.
    fn drops(&self) -> String {
        format!("drops it{}", after(self.thread(self.current).pending.at))
    }
}
