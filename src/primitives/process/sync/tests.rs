//! Handles in the process that owns the objects.

use super::*;
use crate::{backend::Std, primitives::process::tests::shown_here};

#[test]
fn handles_are_shown_with_where_the_object_is() {
    shown_here(&Semaphore::<Std>::new(1), "Semaphore(");
    shown_here(&BoundedSemaphore::<Std>::new(1), "BoundedSemaphore(");
    shown_here(&Event::<Std>::new(), "Event(");
    shown_here(&Barrier::<Std>::new(1).unwrap(), "Barrier(");
    shown_here(&RLock::<Std>::new(), "RLock(");
    shown_here(&RLock::<Std>::new().lock().unwrap(), "RLockGuard(");
    shown_here(&Condition::<Std>::new(), "Condition(");
    shown_here(&Semaphore::<Std>::new(1).permit().unwrap(), "Permit(");
}
