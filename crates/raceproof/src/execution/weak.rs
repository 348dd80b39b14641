//! Steps under a weak memory model, whose strategy decides what they read, and what orderings are taken for.

use std::panic::Location;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::session::Session;
use super::strategy::{Accessed, WeakAccess};
use super::teardown;
use crate::kernel::{Access, Memory, Op};

impl Session {
    /// A step of the running thread's of an atomic, under a weak memory model. Returns what came of it,
    /// and whether a trace is wanted.
    #[cold]
    pub(super) fn weak_access(
        &mut self,
        access: &WeakAccess<'_>,
        pointer: bool,
    ) -> (Accessed, bool) {
        let WeakAccess { op, object, expected, .. } = *access;
        let at = self.kernel.me().pending.at;
        let orders = self.orders_at(at, Some(op), access.orders);
        let access = &WeakAccess { orders, ..*access };
        let done = self.strategy.access(&mut self.kernel, access);
        let written = done.new.is_some();
        self.kernel.access(&Access {
            op,
            object,
            written,
            as_write: written,
            changed: done.new.is_some_and(|new| new != done.old),
            expected,
            old: done.old,
            order: if written { orders.0 } else { orders.1 },
            pointer,
        });
        (done, self.recording())
    }

    /// The running thread has made an atomic, under a weak memory model.
    pub(super) fn weak_create(&mut self, object: u32, value: u64) {
        self.strategy.create(object, value);
    }

    /// The orderings of an access, or a fence, at this place of the program.
    fn orders_at(
        &self,
        at: &'static Location<'static>,
        op: Option<Op>,
        orders: (Ordering, Ordering),
    ) -> (Ordering, Ordering) {
        let Some(others) = &self.orders else { return orders };
        let object = op.and_then(Op::object);
        let name = || object.and_then(|object| self.kernel.object_names().remove(&object));
        others.lock().unwrap_or_else(PoisonError::into_inner).at(at, op, orders, name)
    }

    /// A fence of the running thread.
    pub(crate) fn fence(&mut self, order: Ordering, at: &'static Location<'static>) {
        let (order, _) = self.orders_at(at, None, (order, order));
        let kernel = &mut self.kernel;
        kernel.look_around();
        kernel.races.fence(usize::from(kernel.current), order);
        if kernel.limits.memory != Memory::Sequential && !teardown::under_way() {
            self.strategy.fence(kernel, order);
        }
    }
}
