//! The primitives on real threads, for programs that are not checked and need no type parameter.
//!
//! The aliases in this module use `std::sync`, those in [`parking_lot`] the crate of that name.
//!
//! ```
//! use raceproof_suite::native::Semaphore;
//!
//! let places = Semaphore::new(2);
//! let _mine = places.permit();
//! assert_eq!(places.permits(), 1);
//! ```

/// Declares an alias of each primitive for one backend.
macro_rules! aliases {
    ($backend:ty) => {
        aliases! {
            $backend, "[`", "`](crate::primitives::", ") on this backend.";
            primitives;
            Lock, RLock, Semaphore, BoundedSemaphore, Event, Barrier, Timer, Threads, Thread, ThreadPool, Pool;
            Queue, LifoQueue, PriorityQueue, ThreadLocal, Pipe, PipeEnd, Future, AsyncResult
        }
        /// [`Condition`](crate::primitives::Condition) on this backend.
        pub type Condition<L = RLock> = crate::primitives::Condition<$backend, L>;
        /// [`Listener`](crate::primitives::Listener) on this backend.
        pub type Listener = crate::primitives::Listener<$backend>;
        /// [`Stream`](crate::primitives::Stream) on this backend.
        pub type Stream = crate::primitives::Stream<$backend>;
        /// [`Coroutine`](crate::primitives::Coroutine) on this backend.
        pub type Coroutine<I, Y, R> = crate::primitives::Coroutine<$backend, I, Y, R>;
        /// [`process`](crate::primitives::process) on this backend.
        pub mod process {
            use crate::primitives::process as shared;
            aliases! {
                $backend, "[`", "`](crate::primitives::process::", ") on this backend.";
                shared; Process, Stream, Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier; Queue, JoinableQueue, Pipe, PipeEnd, Pool, ProcessPool, Workers
            }
            /// [`ProcessGlobal`](crate::primitives::process::ProcessGlobal) on this backend.
            pub type ProcessGlobal<G> = shared::ProcessGlobal<$backend, G>;
        }
        /// [`manager`](crate::primitives::manager) on this backend.
        pub mod manager {
            use crate::primitives::manager as shared;
            aliases! {
                $backend, "[`", "`](crate::primitives::manager::", ") on this backend.";
                shared; Manager, Namespace; List, Value, Array, Queue, Proxy
            }
            /// [`Dict`](crate::primitives::manager::Dict) on this backend.
            pub type Dict<K, V> = shared::Dict<$backend, K, V>;
        }
    };
    ($backend:ty, $open:literal, $link:literal, $close:literal; $room:ident;
     $($plain:ident),*; $($of:ident),*) => {
        $(
            #[doc = concat!($open, stringify!($plain), $link, stringify!($plain), $close)]
            pub type $plain = $room::$plain<$backend>;
        )*
        $(
            #[doc = concat!($open, stringify!($of), $link, stringify!($of), $close)]
            pub type $of<T> = $room::$of<$backend, T>;
        )*
    };
}

use crate::primitives;
aliases!(crate::backend::Std);

/// The same on the parking_lot crate.
///
/// ```
/// use raceproof_suite::native::parking_lot::Queue;
///
/// let queue = Queue::new(1);
/// queue.put("item").unwrap();
/// assert_eq!(queue.get(), Ok("item"));
/// ```
#[cfg(feature = "parking_lot")]
pub mod parking_lot {
    use crate::primitives;
    aliases!(crate::backend::ParkingLot);
}
