//! A thread that waits for one of several channels.

use super::chan::Item;
use raceproof_suite::backend::{Backend, Condvar, Mutex};

/// A thread that waits until one of its cases fires. At most one does.
pub(super) struct Waiter<B: Backend> {
    fired: Mutex<B, Option<Fired>>,
    woken: Condvar<B>,
}

/// The case that has fired.
pub(super) struct Fired {
    pub(super) case: usize,
    /// What was received.
    pub(super) item: Option<Item>,
    /// The channel was closed: nothing was received, or a send came to nothing.
    pub(super) closed: bool,
}

impl<B: Backend> Waiter<B> {
    /// A waiter for what `what` says.
    #[track_caller]
    pub(super) fn new(what: String) -> Self {
        Self { fired: Mutex::named(format!("waiter: {what}"), None), woken: Condvar::named(what) }
    }

    /// Fires a case, with the item, which is taken; whether it is the first to fire.
    #[track_caller]
    pub(super) fn fire(&self, case: usize, item: &mut Option<Item>, closed: bool) -> bool {
        let mut fired = self.fired.lock();
        if fired.is_some() {
            return false;
        }
        *fired = Some(Fired { case, item: item.take(), closed });
        drop(fired);
        self.woken.notify_one();
        true
    }

    /// Blocks until a case has fired.
    #[track_caller]
    pub(super) fn wait(&self) -> Fired {
        let mut fired = self.fired.lock();
        loop {
            match fired.take() {
                // It stays fired: a late `fire` must find it so.
                Some(Fired { case, item, closed }) => {
                    *fired = Some(Fired { case, item: None, closed });
                    return Fired { case, item, closed };
                }
                None => fired = self.woken.wait(fired),
            }
        }
    }
}
