//! The statics of the execution under way.
#![allow(unsafe_code)]

use super::installed::{kernel, misuse, with};
use super::result::{Discarded, discard};
use super::session::Session;
use crate::kernel::statics::Making;

/// A static's value in the execution under way: a leaked box.
pub(super) struct Value {
    address: usize,
    value: *mut (),
    /// Drops it when the execution is over.
    pub(super) end: Discarded,
}

/// Ends the making of a static, also if it panics.
struct End(Making);

impl Drop for End {
    fn drop(&mut self) {
        kernel(|kernel| kernel.end_static(&self.0));
    }
}

/// The value of the static at this address, made by `make` if the execution has none yet.
pub(crate) fn value<T: 'static>(address: usize, name: &'static str, make: fn() -> T) -> *const T {
    let known = |session: &mut Session| {
        let known = session.statics.iter().find(|known| known.address == address);
        known.map(|known| known.value)
    };
    if let Some(value) = with(known) {
        return value.cast::<T>();
    }
    let end = End(kernel(|kernel| kernel.begin_static(address, name)));
    let made = make();
    if !kernel(|kernel| kernel.has_only_made(&end.0)) {
        misuse(&format!(
            "to make the static {name} takes steps: make what takes them when it is first needed, by a LazyLock"
        ));
    }
    drop(end);
    let value = Box::into_raw(Box::new(made)).cast::<()>();
    // SAFETY: it is a leaked box of a `T`, which nothing but `end` frees.
    let end = unsafe { Discarded::new(value, discard::<T>) };
    with(|session| session.statics.push(Value { address, value, end }));
    value.cast::<T>()
}
