//! How a primitive is printed: its type and its name in traces.

use super::native::{
    Barrier, BoundedSemaphore, Condition, Coroutine, Event, LifoQueue, Lock, Pipe, Pool,
    PriorityQueue, Queue, RLock, Semaphore, ThreadLocal, ThreadPool, Threads, Timer,
};
use std::{fmt::Debug, time::Duration};

#[track_caller]
fn shown(object: &dyn Debug, kind: &str) {
    let text = format!("{object:?}");
    assert!(text.starts_with(kind) && text.contains("inbox"), "{text}");
}

#[test]
fn a_primitive_is_shown_with_its_name() {
    shown(&Lock::named("inbox"), "Lock");
    shown(&Lock::named("inbox").lock(), "LockGuard");
    shown(&RLock::named("inbox"), "RLock");
    shown(&RLock::named("inbox").lock(), "RLockGuard");
    shown(&Semaphore::named("inbox", 1), "Semaphore");
    shown(&Semaphore::named("inbox", 1).permit(), "Permit");
    shown(&BoundedSemaphore::named("inbox", 1), "BoundedSemaphore");
    shown(&Condition::named("inbox"), "Condition");
    shown(&Event::named("inbox"), "Event");
    shown(&Barrier::named("inbox", 1).unwrap(), "Barrier");
    shown(&Timer::named("inbox", Duration::ZERO, || ()), "Timer");
    shown(&ThreadLocal::named("inbox", || 0), "ThreadLocal");
    shown(&Threads::new().thread("inbox", || ()), "Thread");
    shown(&Coroutine::<(), (), ()>::named("inbox", |_, ()| ()), "Coroutine");
    shown(&Queue::<()>::named("inbox", 0), "Queue");
    shown(&LifoQueue::<()>::named("inbox", 0), "Queue");
    shown(&PriorityQueue::<()>::named("inbox", 0), "Queue");
    shown(&ThreadPool::builder(1).name("inbox"), "ThreadPoolBuilder");
    shown(&ThreadPool::builder(1).name("inbox").build().unwrap(), "ThreadPool");
    shown(&Pool::named("inbox", 1).unwrap(), "Pool");
}

#[test]
fn what_has_no_name_is_shown_with_what_it_is_made_of() {
    let (left, _right) = Pipe::<u32>::one_way(1).unwrap();
    assert!(format!("{left:?}").contains("mutex"), "{left:?}");
    assert!(format!("{:?}", Threads::new()).contains("mutex"));
}
