//! Broken locks between processes.

use super::{copies, crosses, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::{
        lock::Subject,
        process_waiter::{Kind, scenario},
    },
};
use std::{sync::Arc, time::Duration};

copies! {
    WAKES_ONE: "terminated-waiter" Deadlock "`other` waits for released",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Lock<B>;
}

struct Lock<B: Backend>(Arc<Own<B>>);

struct Own<B: Backend> {
    held: Mutex<B, bool>,
    released: Condvar<B>,
}

crosses!(Lock);

impl<B: Backend> Subject for Lock<B> {
    fn new() -> Self {
        let (held, released) = (Mutex::new(false), Condvar::named("released"));
        Self(Arc::new(Own { held, released }))
    }

    fn acquire(&self) {
        *self.0.released.wait_while(self.0.held.lock(), |held| *held) = true;
    }

    fn try_acquire(&self) -> bool {
        !std::mem::replace(&mut *self.0.held.lock(), true)
    }

    fn acquire_timeout(&self) -> bool {
        let (moment, held) = (Duration::from_millis(1), self.0.held.lock());
        let (mut held, timed_out) = self.0.released.wait_timeout_while(held, moment, |held| *held);
        *held = true;
        !timed_out
    }

    fn release(&self) -> bool {
        let was_held = std::mem::replace(&mut *self.0.held.lock(), false);
        if made(WAKES_ONE) {
            self.0.released.notify_one();
        } else {
            self.0.released.notify_all();
        }
        was_held
    }

    fn locked(&self) -> bool {
        *self.0.held.lock()
    }
}
