//! Thread-local values outside of a model.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::rc::Rc;

use crate::execution::Local;

thread_local! {
    /// Those of the running thread, first made first. They stay where they are while the thread ends.
    static VALUES: ManuallyDrop<RefCell<Vec<Local>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
    /// Whether they have been destroyed.
    static OVER: Cell<bool> = const { Cell::new(false) };
    /// Destroys them at the end of the thread.
    static END: End = const { End };
}

struct End;

impl Drop for End {
    fn drop(&mut self) {
        let next = || {
            VALUES
                .with(|values| values.borrow_mut().iter_mut().find_map(|local| local.value.take()))
        };
        while let Some(value) = next() {
            drop(value);
        }
        OVER.set(true);
        drop(VALUES.with(|values| values.take()));
    }
}

/// The running thread's value for a key. `Some(None)` if it is being destroyed, or has been.
pub(super) fn find(key: usize) -> Option<Option<Rc<dyn Any>>> {
    if OVER.get() {
        return Some(None);
    }
    VALUES.with(|values| {
        values.borrow().iter().find(|local| local.key == key).map(|local| local.value.clone())
    })
}

/// Keeps a value that has been made for a key.
pub(super) fn keep(local: Local) {
    // A thread that ends destroys values as long as there are any.
    let _ = END.try_with(|_| ());
    VALUES.with(|values| values.borrow_mut().push(local));
}
