//! Broken managers of objects in one another, and of objects with methods.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Mutex},
    contracts::manager_objects::{Kind, Subject, scenario},
};
use std::sync::Arc;

copies! {
    FETCHES_A_COPY: "nests-the-object" Assertion "an element is lost",
    DROPS_WITH_THE_ENTRY: "keeps-what-was-taken-out" Assertion "the list is another one",
    CALLS_IN_THE_CLIENT: "calls-each-once" Assertion "a call is lost",
    SWALLOWS: "tells-of-a-panic" Assertion "there was no money",
    POISONED: "tells-of-a-panic" Assertion "there was money",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Managing<B>;
}

type List<B> = Arc<Mutex<B, Vec<i64>>>;

struct Managing<B: Backend> {
    list: Mutex<B, Option<List<B>>>,
    money: Mutex<B, i64>,
    poisoned: Mutex<B, bool>,
}

impl<B: Backend> Managing<B> {
    fn list(&self) -> List<B> {
        self.list.lock().clone().expect("it is nested")
    }
}

impl<B: Backend> Subject for Managing<B> {
    fn start() -> Self {
        Self { list: Mutex::default(), money: Mutex::default(), poisoned: Mutex::default() }
    }

    fn nest(&self) {
        *self.list.lock() = Some(Arc::default());
    }

    fn push(&self, element: i64) {
        if made(FETCHES_A_COPY) {
            let mut copy = self.list().lock().clone();
            copy.push(element);
            *self.list().lock() = copy;
            return;
        }
        self.list().lock().push(element);
    }

    fn elements(&self) -> Vec<i64> {
        self.list().lock().clone()
    }

    fn take_out(&self, element: i64) -> Vec<i64> {
        let list = self.list.lock().take().expect("it is nested");
        if made(DROPS_WITH_THE_ENTRY) {
            return Vec::new();
        }
        list.lock().push(element);
        list.lock().clone()
    }

    fn pay_in(&self, money: i64) {
        let mut there = self.money.lock();
        let sum = *there + money;
        if made(CALLS_IN_THE_CLIENT) {
            drop(there);
            there = self.money.lock();
        }
        *there = sum;
    }

    fn withdraw(&self, money: i64) -> bool {
        let mut poisoned = self.poisoned.lock();
        let mut there = self.money.lock();
        let enough = *there >= money;
        *there -= if enough { money } else { 0 };
        let told = !enough && !made(SWALLOWS) || *poisoned;
        *poisoned |= !enough && made(POISONED);
        !told
    }

    fn money(&self) -> i64 {
        *self.money.lock()
    }
}
