//! The counts of `Arc`s, for the types that have them.

use std::collections::HashMap;
use std::panic::Location;

use super::installed::{belongs, kernel, misuse, try_kernel, try_with, with};
use super::step::perform;
use super::teardown;
use crate::kernel::owners::{Count, LOOKED};
use crate::kernel::{Id, Kernel, Op, Pending, Place};

/// The counts of a value, as the explorer knows them; none of a value made outside of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owners(Option<Id>);

/// The counts of the values that have been made raw pointers in this execution, by their addresses.
pub(super) type Addresses = HashMap<usize, Id>;

impl Owners {
    pub(crate) const NONE: Owners = Owners(None);

    /// Is it a value made outside of a model?
    pub(crate) fn is_none(self) -> bool {
        self.0.is_none()
    }

    /// Those of a value that the running thread makes, with one owner, or none yet.
    pub(crate) fn of_new(owners: u32, at: &'static Location<'static>) -> Self {
        Owners(try_kernel(|kernel| kernel.create_owned(owners, at)))
    }

    /// Those of the value at an address, if it has been [noted](Owners::note_address).
    pub(crate) fn at_address(address: usize) -> Self {
        Owners(try_with(|session| session.addresses.get(&address).copied()).flatten())
    }

    /// Notes where the value is.
    pub(crate) fn note_address(self, address: usize) {
        if let Some(id) = self.here() {
            with(|session| session.addresses.insert(address, id));
        }
    }

    /// Their number, if there is anything to count.
    fn here(self) -> Option<Id> {
        self.0.filter(|id| belongs(*id) && !teardown::under_way())
    }

    /// Does something with a count, as a step if any thread can tell. Returns whether it drops the last
    /// owner, as far as that is known.
    #[inline]
    pub(crate) fn count(self, how: Count, at: &'static Location<'static>) -> bool {
        self.number(how, at) != 0
    }

    /// Does something with a count. Returns what a step would be told.
    fn number(self, how: Count, at: &'static Location<'static>) -> u32 {
        let Some(Id { index: arc, .. }) = self.here() else {
            if let Some(id) = self.0.filter(|id| belongs(*id)) {
                try_kernel(|kernel| kernel.count_afterwards(id.index, how));
            }
            return 0;
        };
        let free = kernel(|kernel| {
            let counted = kernel.is_counted(arc, how, at);
            (!counted).then(|| u32::from(kernel.count(arc, how, None).succeeded))
        });
        free.unwrap_or_else(|| perform(Pending { op: Op::Count { arc, how }, at }))
    }

    /// As [`Owners::count`], of something that asks for a count. Returns how many owners were found, if that need not
    /// be how many there are.
    pub(crate) fn ask(self, how: Count, at: &'static Location<'static>) -> Option<usize> {
        if self.here().is_some() {
            return self.number(how, at).checked_sub(LOOKED).map(|owners| owners as usize);
        }
        if !teardown::under_way() && try_kernel(|_| ()).is_some() {
            misuse(&format!(
                "an `Arc` made outside of this execution is asked at {} who owns it, which may be \
                 another in the next execution: make it inside the model",
                Place::from(at)
            ));
        }
        None
    }

    /// Drops the last owner's value by `f`.
    pub(crate) fn destroy(self, f: impl FnOnce()) {
        let _end = End { owners: self, panicking: std::thread::panicking() };
        f();
    }
}

/// Ends a destructor, also if it panics.
struct End {
    owners: Owners,
    /// It is run by a panic.
    panicking: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(id) = self.owners.here() {
            let unwinds = std::thread::panicking() && !self.panicking;
            try_kernel(|kernel| kernel.end_destructor(id.index, unwinds));
        }
    }
}

/// Notes that the running thread looks at something that is another in each thread, or says something
/// that is not a step.
pub(crate) fn look_around() {
    try_kernel(Kernel::look_around);
}
