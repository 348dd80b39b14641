//! What every atomic is: a value that only steps of the model touch.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;

use crate::execution::stripes;
use crate::execution::{
    Life, WeakAccess, access, announce, is_memory_weak, kernel, last_written, made_atomic,
    note_effect, own, rewritten, teardown, tell, weak_access, with,
};
use crate::kernel::datarace;
use crate::kernel::{Access, Kind, Op, Pending};
use crate::telling::recorder::Subject;
use crate::telling::trace::{Operation, Value};

/// A value that an atomic may have.
pub(super) trait Word: Copy + fmt::Debug {
    /// Whether it is an address.
    const POINTER: bool;

    fn bits(self) -> u64;

    /// The value of these bits.
    fn of(bits: u64) -> Self;
}

/// A value that only steps of the model touch.
pub(super) struct Shared<T> {
    pub(super) id: Life,
    /// Whether the strategy chooses what its steps come to, because memory is weak. Then the value
    /// is the last in modification order.
    weak: bool,
    /// Where memory is weak: whether an owner has had the value for itself, to change it, since the last step.
    lent: Cell<bool>,
    pub(super) value: UnsafeCell<T>,
}

// SAFETY: the value, as `lent`, is reached only in `Shared::step`, which does not let another fiber
// run meanwhile, and all fibers of a model run on one OS thread; the use of an object on any
// other, where there is no such execution, is refused. Outside of a model it is reached under a lock.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T: Word> Shared<T> {
    #[track_caller]
    pub(super) fn new(name: Option<Cow<'static, str>>, value: T) -> Self {
        let at = Location::caller();
        let id = Life::begin(at, |kernel| {
            kernel.has_raw_memory |= T::POINTER;
            kernel.create(Kind::Atomic, name, at)
        });
        let weak = !id.is_outside() && made_atomic(*id, value.bits());
        Shared { id, weak, lent: Cell::new(false), value: UnsafeCell::new(value) }
    }

    /// Announces a step, then puts what `f` makes of the value in its place, if anything.
    /// The first ordering counts if it writes, the second if it only reads. Returns the
    /// value before.
    #[track_caller]
    #[inline(always)]
    pub(super) fn step(
        &self,
        op: impl Fn(u32) -> Op,
        (writing, reading): (Ordering, Ordering),
        expected: Option<T>,
        f: impl Fn(T) -> Option<T>,
    ) -> T {
        self.step_at(Location::caller(), op, (writing, reading), expected, f)
    }

    /// As [`Shared::step`], at a place.
    #[track_caller]
    #[inline(always)]
    pub(super) fn step_at(
        &self,
        at: &'static Location<'static>,
        op: impl Fn(u32) -> Op,
        (writing, reading): (Ordering, Ordering),
        expected: Option<T>,
        f: impl Fn(T) -> Option<T>,
    ) -> T {
        let Some(object) = self.id.number() else { return self.real_step(&f) };
        let op = op(object);
        if self.lent.get() {
            self.give_back(object);
        }
        let live = announce(Pending { op, at });
        let expected = expected.map_or(0, T::bits);
        if live && self.is_weak() {
            return self.weak_step(op, (writing, reading), expected, &f, at);
        }
        // SAFETY: 1. No other fiber runs until the next operation, and none of the kernel's
        // code below uses the value. 2. `f` is one of this module's own closures, which
        // reach no atomic.
        let value = unsafe { &mut *self.value.get() };
        let old = *value;
        let new = f(old);
        if let Some(new) = new {
            *value = new;
        }
        if live {
            let changed = new.is_some_and(|new| new.bits() != old.bits());
            let order = if new.is_some() { writing } else { reading };
            let (written, old_bits) = (new.is_some(), old.bits());
            let as_write = written || matches!(op, Op::WeakExchange(_)) && failed_for_no_reason();
            let done = Access {
                op,
                object,
                written,
                as_write,
                changed,
                expected,
                old: old_bits,
                order,
                pointer: T::POINTER,
            };
            if access(&done) {
                note(op, object, old, new, at);
            }
        }
        old
    }

    /// Replaces the value by what `f` makes of it, in one step; returns the value before.
    #[track_caller]
    #[inline]
    pub(super) fn modify(&self, order: Ordering, f: impl Fn(T) -> T) -> T {
        self.step(Op::Rmw, (order, order), None, |old| Some(f(old)))
    }

    /// As [`Shared::step`], outside of a model.
    #[cold]
    fn real_step(&self, f: &dyn Fn(T) -> Option<T>) -> T {
        let _lock = stripes::lock(self.value.get());
        // SAFETY: outside of a model the value is reached only here, under its lock, and `f` is one of
        // this module's own closures, which reach no atomic.
        let value = unsafe { &mut *self.value.get() };
        let old = *value;
        if let Some(new) = f(old) {
            *value = new;
        }
        old
    }

    /// Does the strategy choose what its steps come to? It does no more where an execution is run out.
    #[inline]
    fn is_weak(&self) -> bool {
        self.weak && is_memory_weak()
    }

    /// Does a step that was chosen, as [`Shared::step`] does, under a weak memory model.
    #[cold]
    fn weak_step(
        &self,
        op: Op,
        orders: (Ordering, Ordering),
        expected: u64,
        f: &dyn Fn(T) -> Option<T>,
        at: &'static Location<'static>,
    ) -> T {
        let object = self.id.index;
        let make = |bits| f(T::of(bits)).map(T::bits);
        let chosen = WeakAccess { op, object, orders, expected, make: &make };
        let (done, wanted) = weak_access(&chosen, T::POINTER);
        let (old, new) = (T::of(done.old), done.new.map(T::of));
        if let Some(new) = new.filter(|_| done.latest) {
            // SAFETY: no other fiber runs until the next operation, and no reference to the value
            // is alive.
            unsafe { *self.value.get() = new };
        }
        if wanted {
            note(op, object, old, new, at);
            if let Some(newer) = done.newer {
                tell(|recorder| recorder.tell_stale(newer));
            }
        }
        old
    }

    /// Does the strategy choose what a weak compare-and-swap comes to?
    #[cold]
    pub(super) fn has_choice(&self) -> bool {
        self.id.number().is_some() && self.is_weak() && !teardown::under_way()
    }

    /// Has the one that was chosen failed for no reason?
    #[cold]
    pub(super) fn has_failed(&self) -> bool {
        failed_for_no_reason()
    }

    /// May a weak compare-and-swap fail for no reason, where the strategy chooses that?
    #[cold]
    pub(super) fn may_fail(&self) -> bool {
        kernel(|kernel| kernel.may_fail(self.id.index))
    }

    /// Whether the chosen step of a weak compare-and-swap writes, which finds the value that it
    /// expects or not.
    #[cold]
    pub(super) fn swaps_weakly(&self, expected: bool) -> bool {
        if teardown::under_way() {
            return expected;
        }
        kernel(|kernel| kernel.swaps(self.id.index, expected))
    }

    /// The value, for its only owner, who may change it.
    #[track_caller]
    pub(super) fn get_mut(&mut self) -> &mut T {
        own(*self.id, Location::caller());
        if self.is_weak() {
            self.lend();
        }
        self.value.get_mut()
    }

    /// The value, for its only owner, after which the atomic is no more.
    pub(super) fn into_inner(mut self) -> T {
        if self.is_weak() {
            self.lend();
        }
        self.value.into_inner()
    }

    /// Where memory is weak: brings the value up to the last write, for the atomic's only owner.
    #[cold]
    fn lend(&mut self) {
        let Some(object) = self.id.number().filter(|_| !teardown::under_way()) else { return };
        if !self.lent.replace(true) {
            *self.value.get_mut() = T::of(last_written(object));
        }
    }

    /// Tells the strategy what the last write was changed to.
    #[cold]
    fn give_back(&self, object: u32) {
        self.lent.set(false);
        if !teardown::under_way() {
            // SAFETY: no other fiber runs until the next operation.
            let value = unsafe { *self.value.get() };
            rewritten(object, value.bits());
        }
    }
}

/// Plain accesses: what no other thread may do a step of the atomic beside, unless both only read. They are no
/// steps; where nothing orders one with a step, the execution fails.
impl<T: Word> Shared<T> {
    /// Reads the value plainly.
    #[track_caller]
    pub(super) fn plain_read(&self) -> T {
        let at = Location::caller();
        let _lock = match self.id.number() {
            Some(object) => {
                self.plain_access(object, false, at);
                if self.is_weak() && !self.lent.get() && !teardown::under_way() {
                    return T::of(last_written(object));
                }
                None
            }
            None => Some(stripes::lock(self.value.get())),
        };
        // SAFETY: as for `step` and `real_step`.
        unsafe { *self.value.get() }
    }

    /// Runs `f` on the value, which it may change, and writes that plainly.
    #[track_caller]
    pub(super) fn plain_write<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let at = Location::caller();
        let Some(object) = self.id.number() else { return f(self.value.get_mut()) };
        self.plain_access(object, true, at);
        own(*self.id, at);
        if self.is_weak() {
            self.lend();
        }
        f(self.value.get_mut())
    }

    fn plain_access(&self, object: u32, written: bool, at: &'static Location<'static>) {
        if teardown::under_way() {
            return;
        }
        with(|session| {
            let kernel = &mut session.kernel;
            kernel.begin_with_plain();
            if kernel.now.restart {
                return;
            }
            kernel.see_cell(object, written);
            let access = datarace::Access::now(kernel, written, at);
            let race = kernel.races.plain_access(object as usize, access);
            let operation = if written { Operation::PlainWrite } else { Operation::PlainRead };
            session.note(operation, Subject::Object(object), None, at);
            if let Some(race) = race {
                let (kind, message) = session.kernel.conflict(object, race);
                session.kernel.fail(kind, message);
            }
        });
        if written {
            note_effect();
        }
    }
}

/// Has the weak compare-and-swap that was chosen failed for no reason?
#[cold]
fn failed_for_no_reason() -> bool {
    kernel(|kernel| kernel.fails_for_no_reason())
}

/// Writes an atomic's step down for the trace.
#[cold]
fn note<T: fmt::Debug>(op: Op, obj: u32, old: T, new: Option<T>, at: &'static Location<'static>) {
    let value = match new {
        Some(new) => Value::Change { old: format!("{old:?}"), new: format!("{new:?}") },
        None => Value::Text(format!("{old:?}")),
    };
    let spurious = matches!(op, Op::WeakExchange(_)) && failed_for_no_reason();
    let operation = if spurious { Operation::SpuriousFailure } else { op.into() };
    with(|session| session.note(operation, Subject::Object(obj), Some(value), at));
}
