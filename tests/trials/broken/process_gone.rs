//! Broken conditions and barriers between processes.

use super::{copies, crosses, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::process_gone::{Kind, Meeting, Notified, scenario},
    primitives::process::{active_children, current_process},
};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

copies! {
    TOLD_TO_THE_DEAD: "next-in-line" Deadlock "`other` waits for changed",
    MEETS_THE_DEAD: "told-to-the-others" Assertion "met a process that is gone",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type Condition<B: Backend> = Condition<B>;
    type Barrier<B: Backend> = Barrier<B>;
}

struct Condition<B: Backend>(Arc<(Mutex<B, Line>, Condvar<B>)>);

#[derive(Default)]
struct Line {
    held: bool,
    /// The numbers of those that wait and are not told.
    waiting: VecDeque<u64>,
    told: BTreeSet<u64>,
    next: u64,
    /// How many of those that wait may go on.
    permits: usize,
}

struct Barrier<B: Backend>(Arc<(Mutex<B, Party>, Condvar<B>)>);

#[derive(Default)]
struct Party {
    waits: Option<String>,
    met: bool,
}

crosses!(Condition, Barrier);

impl<B: Backend> Notified for Condition<B> {
    fn new() -> Self {
        Self(Arc::new((Mutex::default(), Condvar::named("changed"))))
    }

    fn acquire(&self) {
        let (line, changed) = &*self.0;
        changed.wait_while(line.lock(), |line| line.held).held = true;
    }

    fn release(&self) {
        self.0.0.lock().held = false;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let (line, changed) = &*self.0;
        let mut line = line.lock();
        let number = line.next;
        line.next += 1;
        line.waiting.push_back(number);
        line.held = false;
        changed.notify_all();
        let may_go_on = |line: &Line| match made(TOLD_TO_THE_DEAD) {
            true => line.told.contains(&number),
            false => line.permits > 0,
        };
        // Told and with the lock at once, so that no thread is gone between the two.
        let mut line = changed.wait_while(line, |line| line.held || !may_go_on(line));
        line.permits -= usize::from(!made(TOLD_TO_THE_DEAD));
        line.held = true;
    }

    fn notify_one(&self) {
        let mut line = self.0.0.lock();
        if let Some(first) = line.waiting.pop_front() {
            line.told.insert(first);
            line.permits += 1;
        }
        self.0.1.notify_all();
    }
}

impl<B: Backend> Meeting for Barrier<B> {
    fn new() -> Self {
        Self(Arc::new((Mutex::default(), Condvar::named("met"))))
    }

    fn wait(&self) -> bool {
        let (party, met) = &*self.0;
        let mut party = party.lock();
        let Some(other) = party.waits.take() else {
            party.waits = Some(current_process::<B>().name);
            drop(met.wait_while(party, |party| !party.met));
            return true;
        };
        let gone = || active_children::<B>().iter().all(|child| child.name() != other);
        // The parent of the other party outlives it.
        if other != "main" && gone() && !made(MEETS_THE_DEAD) {
            return false;
        }
        party.met = true;
        met.notify_all();
        true
    }

    fn n_waiting(&self) -> usize {
        self.0.0.lock().waits.iter().count()
    }
}
