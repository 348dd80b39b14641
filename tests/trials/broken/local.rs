//! Broken thread-local variables.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Mutex},
    contracts::local::{Kind, Subject, scenario},
};
use std::collections::BTreeMap;

copies! {
    SHARED: "own-value" Assertion "not its initial value",
    BY_NAME: "no-inheritance" Assertion "from the thread before",
    TAKES_NOTHING: "taken" Assertion "a value that was taken away",
    HOLDS_THE_MUTEX: "does-not-block" Deadlock "waits for slots",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = ThreadLocal<B>;
}

struct ThreadLocal<B: Backend>(Mutex<B, BTreeMap<String, i64>>);

impl<B: Backend> ThreadLocal<B> {
    fn key() -> String {
        match mistake() {
            SHARED => String::new(),
            BY_NAME => B::current().name().into(),
            _ => B::current().id().to_string(),
        }
    }
}

impl<B: Backend> Subject for ThreadLocal<B> {
    fn new() -> Self {
        Self(Mutex::named("slots", BTreeMap::new()))
    }

    fn with(&self, f: impl FnOnce(&mut i64)) -> i64 {
        if made(HOLDS_THE_MUTEX) {
            let mut slots = self.0.lock();
            let value = slots.entry(Self::key()).or_insert(1);
            f(value);
            return *value;
        }
        let mut value = self.take().unwrap_or(1);
        f(&mut value);
        self.set(value);
        value
    }

    fn set(&self, value: i64) -> Option<i64> {
        self.0.lock().insert(Self::key(), value)
    }

    fn take(&self) -> Option<i64> {
        let mut slots = self.0.lock();
        if made(TAKES_NOTHING) {
            slots.get(&Self::key()).copied()
        } else {
            slots.remove(&Self::key())
        }
    }
}
