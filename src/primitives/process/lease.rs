//! Under a checker, the life of a process that owns objects and has no thread, as a manager.

use super::native::export::Served;
use crate::backend::{AtomicBool, Backend, Mutex};
use std::{
    mem,
    sync::{Arc, Weak, atomic::Ordering::SeqCst},
};

/// It ends at most once.
pub(in crate::primitives) struct Lease<B: Backend> {
    ended: AtomicBool<B>,
    /// The objects at which a call can wait.
    objects: Mutex<B, Vec<Weak<dyn Served>>>,
}

impl<B: Backend> Lease<B> {
    #[track_caller]
    pub(in crate::primitives) fn new(name: &str) -> Self {
        Self {
            ended: AtomicBool::named(format!("{name} ended"), false),
            objects: Mutex::named(format!("objects of the {name}"), Vec::new()),
        }
    }

    #[track_caller]
    pub(in crate::primitives) fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    /// Adds an object whose calls the end lets go on. If the end has come, each call sees that.
    #[track_caller]
    pub(super) fn lists(&self, object: &Arc<dyn Served>) {
        self.objects.lock().push(Arc::downgrade(object));
    }

    /// Refuses all later calls, and lets those go on that wait.
    #[track_caller]
    pub(in crate::primitives) fn end(&self) {
        self.ended.store(true, SeqCst);
        let objects = mem::take(&mut *self.objects.lock());
        for object in objects {
            if let Some(object) = object.upgrade() {
                object.close();
            }
        }
    }
}
