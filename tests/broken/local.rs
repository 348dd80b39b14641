//! Broken thread-local variables.

use crate::copies;
use raceproof::{
    backend::{Backend, Mutex},
    contracts::local::{Kind, Subject, scenario},
};
use std::collections::BTreeMap;

copies! {
    SHARED = 1: "own-value" Assertion "",
    BY_NAME = 2: "no-inheritance" Assertion "from the thread before",
    TAKES_NOTHING = 3: "taken" Assertion "",
    HOLDS_THE_MUTEX = 4: "does-not-block" Deadlock "",
}

#[derive(Debug)]
struct Flawed<const MISTAKE: u8>;

impl<const MISTAKE: u8> Kind for Flawed<MISTAKE> {
    type On<B: Backend> = ThreadLocal<B, MISTAKE>;
}

struct ThreadLocal<B: Backend, const MISTAKE: u8>(Mutex<B, BTreeMap<String, i64>>);

impl<B: Backend, const MISTAKE: u8> ThreadLocal<B, MISTAKE> {
    fn key() -> String {
        match MISTAKE {
            SHARED => String::new(),
            BY_NAME => B::current().name().into(),
            _ => B::current().id().to_string(),
        }
    }
}

impl<B: Backend, const MISTAKE: u8> Subject for ThreadLocal<B, MISTAKE> {
    fn new() -> Self {
        Self(Mutex::named("slots", BTreeMap::new()))
    }

    fn with(&self, f: impl FnOnce(&mut i64)) -> i64 {
        if MISTAKE == HOLDS_THE_MUTEX {
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
        if MISTAKE == TAKES_NOTHING {
            slots.get(&Self::key()).copied()
        } else {
            slots.remove(&Self::key())
        }
    }
}
