//! Statics: one value for each execution of a model, and one outside of any.
#![allow(unsafe_code)]

use std::fmt;
use std::ops::Deref;
use std::ptr;
use std::sync::OnceLock;

use crate::execution::{is_outside, statics};

/// A static: declared with [`statics!`](crate::statics!), it is used as the value itself.
pub struct Static<T: 'static> {
    name: &'static str,
    make: fn() -> T,
    /// Outside of a model.
    real: OnceLock<T>,
}

/// Declares statics of the mirrored types, or that hold them.
///
/// In a model each execution has its own, as it is at the beginning of a program, whichever thread uses it
/// first; its end is the execution's. A reference to it must not be kept for another one. Outside of a model it
/// is one for the whole program, as any static.
///
/// The functions that make std's types are `const`, so a static needs no more than them. Those of this crate
/// cannot be: an object of a model has to be known to the explorer from the beginning. So the declaration stands in
/// this macro, which can be one that does nothing where a program is compiled without this crate:
///
/// ```
/// use raceproof::sync::Mutex;
/// use raceproof::sync::atomic::{AtomicUsize, Ordering};
/// use raceproof::thread;
///
/// raceproof::statics! {
///     static NEXT: AtomicUsize = AtomicUsize::new(1);
///     /// All numbers given.
///     pub static GIVEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// }
///
/// raceproof::model(|| {
///     let give = || GIVEN.lock().unwrap().push(NEXT.fetch_add(1, Ordering::Relaxed));
///     let other = thread::spawn(give);
///     give();
///     other.join().unwrap();
///     let mut given = GIVEN.lock().unwrap().clone();
///     given.sort();
///     assert_eq!(given, [1, 2]);
/// });
/// ```
///
/// What makes the value runs when a thread first needs it, and may make objects but take no steps. What takes
/// steps is made by a [`LazyLock`](crate::sync::LazyLock).
#[macro_export]
macro_rules! statics {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $make:expr;)*) => {$(
        $(#[$attr])*
        $vis static $name: $crate::Static<$t> =
            $crate::Static::__new(::core::stringify!($name), || $make);
    )*};
}

impl<T: 'static> Static<T> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, make: fn() -> T) -> Self {
        Static { name, make, real: OnceLock::new() }
    }
}

impl<T: 'static> Deref for Static<T> {
    type Target = T;

    fn deref(&self) -> &T {
        if is_outside() {
            return self.real.get_or_init(self.make);
        }
        let value = statics::value(ptr::from_ref(self).addr(), self.name, self.make);
        // SAFETY: the value is alive until the execution is over, whose threads are then over, too; the
        // documentation says that no reference is kept any longer.
        unsafe { &*value }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Static<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
