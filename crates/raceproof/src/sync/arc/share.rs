//! Values of which a clone can be shared.

use std::ffi::{CStr, OsStr};
use std::path::Path;
use std::sync::Arc;

/// A value that [`Arc::make_mut`](super::Arc::make_mut) clones if it is shared: whatever is `Clone`, slices of
/// that, and the kinds of strings. (What std asks for is not stable.)
pub trait Share: sealed::Sealed {
    /// A clone of its own.
    #[doc(hidden)]
    fn share(&self) -> Arc<Self>;

    /// The value, alone.
    #[doc(hidden)]
    fn make_mut(this: &mut Arc<Self>) -> &mut Self;
}

mod sealed {
    pub trait Sealed {}
}

impl<T: Clone> sealed::Sealed for T {}
impl<T: Clone> Share for T {
    fn share(&self) -> Arc<Self> {
        Arc::new(self.clone())
    }

    fn make_mut(this: &mut Arc<Self>) -> &mut Self {
        Arc::make_mut(this)
    }
}

macro_rules! share {
    ($([$($param:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($param)*> sealed::Sealed for $type {}
        impl<$($param)*> Share for $type {
            fn share(&self) -> Arc<Self> {
                self.into()
            }

            fn make_mut(this: &mut Arc<Self>) -> &mut Self {
                Arc::make_mut(this)
            }
        }
    )*};
}

share! { [T: Clone] [T], [] str, [] CStr, [] OsStr, [] Path }
