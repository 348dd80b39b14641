//! Copies of Go's types with a mistake, each of which a contract rejects.

use libtest_mimic::{Failed, Trial};
use raceproof_suite::{
    backend::{Backend, Condvar, Engine, Mutex},
    check::{self, Limits, Verdict},
    program::{FailureKind, Scenario},
};
use raceproof_suites::go::{
    Chan,
    contracts::{Cancellation, Channel, Countdown, DoneOnce, Kind, ReadWrite, scenario},
    select, select_or_default,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// A mistake, the contract that rejects it, and how: a failure, or outcomes that are not those that are declared.
type Copy = (usize, &'static str, Option<(FailureKind, &'static str)>);

const NONE: usize = 0;
const ROOM_FOR_ONE: usize = 1;
const CLOSES_NOTHING: usize = 2;
const TAKES_BOTH: usize = 3;
const LOOKS_AT_ONE: usize = 4;
const FORGETS_TO_CLOSE_AFTER_ITEMS: usize = 5;
const READS_UNLOCKED: usize = 6;
const WAKES_NO_WRITER: usize = 7;
const WAKES_ONE: usize = 8;
const ENDS_EARLY: usize = 9;
const LAST_COMES_FIRST: usize = 10;
const ONLY_SENDS: usize = 11;
const SENDS_AS_WELL: usize = 12;
const FORGETS_CHILDREN: usize = 13;
const FORGETS_LATE_CHILDREN: usize = 14;
const CANCELS_TWICE: usize = 15;
const DOES_IT_TWICE: usize = 16;
const RETURNS_EARLY: usize = 17;

const COPIES: &[Copy] = &[
    (ROOM_FOR_ONE, "rendezvous", Some((FailureKind::Assertion, "before anybody came"))),
    (CLOSES_NOTHING, "close-wakes-all", Some((FailureKind::Deadlock, "receive from items"))),
    (TAKES_BOTH, "select-takes-one", Some((FailureKind::Deadlock, "receive from right"))),
    (LOOKS_AT_ONE, "select-takes-one", None),
    (FORGETS_TO_CLOSE_AFTER_ITEMS, "in-order", Some((FailureKind::Deadlock, "receive from items"))),
    (LAST_COMES_FIRST, "in-order", Some((FailureKind::Assertion, "out of order"))),
    (READS_UNLOCKED, "writer-alone", Some((FailureKind::DataRace, "value"))),
    (WAKES_NO_WRITER, "writers-take-turns", Some((FailureKind::Deadlock, "waits for free"))),
    (WAKES_ONE, "wait-for-all", Some((FailureKind::Deadlock, "waits for zero"))),
    (ENDS_EARLY, "wait-for-all", Some((FailureKind::DataRace, "second's"))),
    (ONLY_SENDS, "select-meets-select", Some((FailureKind::Deadlock, "send to second's"))),
    (SENDS_AS_WELL, "select-meets-select", Some((FailureKind::Deadlock, "send to"))),
    (FORGETS_CHILDREN, "cancel-reaches-all", Some((FailureKind::Deadlock, "receive from done"))),
    (FORGETS_LATE_CHILDREN, "cancel-reaches-all", Some((FailureKind::Deadlock, "`late` waits"))),
    (CANCELS_TWICE, "cancel-twice", Some((FailureKind::Assertion, "close of closed channel"))),
    (DOES_IT_TWICE, "once-for-all", Some((FailureKind::DataRace, "value"))),
    (RETURNS_EARLY, "once-for-all", Some((FailureKind::DataRace, "value"))),
];

/// The mistake that the copies make.
static MADE: AtomicUsize = AtomicUsize::new(NONE);

fn made(mistake: usize) -> bool {
    MADE.load(SeqCst) == mistake
}

static COPY: Scenario = scenario::<Flawed>("go-copies");

/// One test for each copy, and one that they pass without their mistake.
pub(super) fn trials() -> Vec<Trial> {
    let copies = COPIES
        .iter()
        .map(|&copy| Trial::test(format!("broken/{}-{}", copy.1, copy.0), move || rejected(copy)));
    let control = Trial::test("broken/none", || {
        MADE.store(NONE, SeqCst);
        for variant in COPY.variants {
            let report = check::check_here(&COPY, variant, Engine::Dpor, &Limits::default());
            report.compare(variant).map_err(|mismatch| format!("{}: {mismatch}", variant.id))?;
        }
        Ok(())
    });
    copies.chain([control]).collect()
}

fn rejected((mistake, contract, how): Copy) -> Result<(), Failed> {
    MADE.store(mistake, SeqCst);
    let variant = COPY.variant(contract).expect("a contract");
    let report = check::check_here(&COPY, variant, Engine::Dpor, &Limits::default());
    let Err(mismatch) = report.compare(variant) else {
        return Err("it passes".into());
    };
    match (report.verdict, how) {
        (Verdict::Failed(failure), Some((kind, message)))
            if failure.kind == kind && failure.message.contains(message) =>
        {
            Ok(())
        }
        (Verdict::Proved { .. }, None) => Ok(()),
        _ => Err(mismatch.to_string().into()),
    }
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type Chan<B: Backend> = Copied<B>;
    type Lock<B: Backend> = Lock<B>;
    type Group<B: Backend> = Group<B>;
    type Context<B: Backend> = Context<B>;
    type Once<B: Backend> = Once<B>;
}

struct Copied<B: Backend>(Chan<B, usize>);

impl<B: Backend> Clone for Copied<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> Channel for Copied<B> {
    fn with_room(name: &'static str, capacity: usize) -> Self {
        let room = if made(ROOM_FOR_ONE) { capacity.max(1) } else { capacity };
        Self(Chan::buffered(name, if made(LAST_COMES_FIRST) { 3 } else { room }))
    }

    fn send(&self, item: usize) {
        let before =
            if made(LAST_COMES_FIRST) { select_or_default([self.0.recv_case()]) } else { None };
        self.0.send(item);
        if let Some(before) = before.and_then(|selected| selected.item_of(&self.0)) {
            self.0.send(before);
        }
    }

    fn recv(&self) -> Option<usize> {
        self.0.recv()
    }

    fn close(&self) {
        let after_items = made(FORGETS_TO_CLOSE_AFTER_ITEMS) && self.0.buffered_items() > 0;
        if !made(CLOSES_NOTHING) && !after_items {
            self.0.close();
        }
    }

    fn recv_or(&self, other: &Self) -> (usize, Option<usize>) {
        if made(LOOKS_AT_ONE) {
            return (0, self.0.recv());
        }
        let selected = select([self.0.recv_case(), other.0.recv_case()]);
        if made(TAKES_BOTH) && selected.case == 0 {
            let _ = select_or_default([other.0.recv_case()]);
        }
        (selected.case, selected.item_of(&self.0))
    }

    fn send_or_recv(&self, item: usize, from: &Self) -> (usize, Option<usize>) {
        if made(ONLY_SENDS) {
            self.0.send(item);
            return (0, None);
        }
        let selected = select([self.0.send_case(item), from.0.recv_case()]);
        if made(SENDS_AS_WELL) && selected.case == 1 {
            self.0.send(item);
        }
        (selected.case, selected.item_of(&from.0))
    }
}

#[derive(Clone)]
struct Context<B: Backend>(Arc<Parts<B>>);

struct Parts<B: Backend> {
    done: Chan<B, ()>,
    state: Mutex<B, (bool, Vec<Context<B>>)>,
}

impl<B: Backend> Cancellation for Context<B> {
    fn root() -> Self {
        let state = Mutex::named("context", (false, Vec::new()));
        Self(Arc::new(Parts { done: Chan::unbuffered("done"), state }))
    }

    fn child(&self) -> Self {
        let child = Self::root();
        let mut state = self.0.state.lock();
        if !state.0 {
            state.1.push(child.clone());
        } else if !made(FORGETS_LATE_CHILDREN) {
            drop(state);
            child.cancel();
        }
        child
    }

    fn cancel(&self) {
        let mut state = self.0.state.lock();
        if state.0 && !made(CANCELS_TWICE) {
            return;
        }
        state.0 = true;
        self.0.done.close();
        if !made(FORGETS_CHILDREN) {
            state.1.iter().for_each(Self::cancel);
        }
    }

    fn wait(&self) {
        self.0.done.wait();
    }
}

struct Once<B: Backend>(Mutex<B, bool>);

impl<B: Backend> DoneOnce for Once<B> {
    fn not_yet() -> Self {
        Self(Mutex::named("once", false))
    }

    fn call(&self, f: impl FnOnce()) {
        let mut done = self.0.lock();
        if *done {
            return;
        }
        if made(DOES_IT_TWICE) {
            drop(done);
            f();
            *self.0.lock() = true;
        } else {
            *done = true;
            if made(RETURNS_EARLY) {
                drop(done);
            }
            f();
        }
    }
}

struct Lock<B: Backend> {
    /// How many read, or -1 if a thread writes.
    state: Mutex<B, i64>,
    free: Condvar<B>,
}

impl<B: Backend> ReadWrite for Lock<B> {
    fn free() -> Self {
        Self { state: Mutex::named("state", 0), free: Condvar::named("free") }
    }

    fn reading(&self, f: impl FnOnce()) {
        if made(READS_UNLOCKED) {
            return f();
        }
        let mut state = self.free.wait_while(self.state.lock(), |state| *state < 0);
        *state += 1;
        drop(state);
        f();
        *self.state.lock() -= 1;
        self.free.notify_all();
    }

    fn writing(&self, f: impl FnOnce()) {
        let mut state = self.free.wait_while(self.state.lock(), |state| *state != 0);
        *state = -1;
        drop(state);
        f();
        *self.state.lock() = 0;
        if !made(WAKES_NO_WRITER) {
            self.free.notify_all();
        }
    }
}

struct Group<B: Backend> {
    left: Mutex<B, i64>,
    zero: Condvar<B>,
}

impl<B: Backend> Countdown for Group<B> {
    fn of(n: i64) -> Self {
        Self { left: Mutex::named("left", n), zero: Condvar::named("zero") }
    }

    fn done(&self) {
        let mut left = self.left.lock();
        *left -= 1;
        if made(WAKES_ONE) {
            self.zero.notify_one();
        } else {
            self.zero.notify_all();
        }
    }

    fn wait(&self) {
        let early = i64::from(made(ENDS_EARLY));
        drop(self.zero.wait_while(self.left.lock(), |left| *left > early));
    }
}
