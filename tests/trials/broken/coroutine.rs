//! Broken coroutines: threads that pass the turn to each other.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, JoinHandle, Mutex},
    contracts::coroutine::{Body, Kind, Subject, scenario},
    primitives::CoroutineState::{self, Returned, Yielded},
};
use std::{
    any::Any,
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Weak},
};

copies! {
    SAME_VALUE_AGAIN: "both-ways" Assertion "another value",
    NO_NOTIFY: "both-ways" Deadlock "turn changed",
    RUNS_ON: "turns" Assertion "it ran between its yields",
    BEGINS_AT_ONCE: "turns" Assertion "it ran between its yields",
    RETURNS_AGAIN: "ended" Assertion "resumed after its end",
    SWALLOWS_PANICS: "ended" Assertion "another end",
    ONE_LEFT_ALONE: "closed" Deadlock "waits for mutex",
    ENDS_AT_THE_YIELD: "holds-a-lock" Assertion "two held the mutex",
    ONE_AT_A_TIME: "waits" Deadlock "`main` waits for the only turn",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Coroutine<B>;
}

/// Which side may go on, and with what.
enum Turn {
    Resumer(Said),
    Body(Told),
}

#[derive(Clone)]
enum Said {
    Nothing,
    State(CoroutineState<i64, i64>),
    Panicked(String),
}

#[derive(Clone, Copy)]
enum Told {
    Resume(i64),
    Close,
}

/// Unwinds the body.
struct Closing;

struct Baton<B: Backend> {
    turn: Mutex<B, Turn>,
    changed: Condvar<B>,
}

impl<B: Backend> Baton<B> {
    fn pass(&self, turn: Turn) {
        *self.turn.lock() = turn;
        if !made(NO_NOTIFY) {
            self.changed.notify_all();
        }
    }

    /// Waits for the body's turn.
    fn told(&self) -> Told {
        let resumers = |turn: &mut Turn| matches!(turn, Turn::Resumer(_));
        match *self.changed.wait_while(self.turn.lock(), resumers) {
            Turn::Body(told) => told,
            Turn::Resumer(_) => unreachable!("it waited while this was so"),
        }
    }

    /// Waits for the resumer's turn.
    fn said(&self) -> Said {
        let bodys = |turn: &mut Turn| matches!(turn, Turn::Body(_));
        match &*self.changed.wait_while(self.turn.lock(), bodys) {
            Turn::Resumer(said) => said.clone(),
            Turn::Body(_) => unreachable!("it waited while this was so"),
        }
    }

    fn run(&self, body: Body) {
        let told = if made(BEGINS_AT_ONCE) { Told::Resume(0) } else { self.told() };
        let Told::Resume(first) = told else { return };
        let suspend = |value| {
            self.pass(Turn::Resumer(Said::State(Yielded(value))));
            if made(RUNS_ON) {
                return first;
            }
            match self.told() {
                Told::Resume(_) if made(SAME_VALUE_AGAIN) => first,
                Told::Resume(_) if made(ENDS_AT_THE_YIELD) => {
                    self.pass(Turn::Resumer(Said::State(Returned(0))));
                    resume_unwind(Box::new(Closing))
                }
                Told::Resume(value) => value,
                Told::Close => resume_unwind(Box::new(Closing)),
            }
        };
        let said = match catch_unwind(AssertUnwindSafe(|| body(&suspend, first))) {
            Ok(value) => Said::State(Returned(value)),
            Err(payload) if B::is_engine_panic(&*payload) => resume_unwind(payload),
            Err(payload) if payload.is::<Closing>() => return,
            Err(payload) => {
                Said::Panicked((*payload.downcast_ref::<&str>().expect("a text")).to_owned())
            }
        };
        self.pass(Turn::Resumer(said));
    }
}

/// The state that all coroutines of one execution share by mistake; it lives as long as one of
/// them.
fn only_turn<B: Backend>() -> Arc<Mutex<B, ()>> {
    thread_local! {
        static SHARED: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
    }
    SHARED.with_borrow_mut(|shared| {
        let known = shared.as_ref().and_then(|shared| shared.downcast_ref::<Weak<_>>());
        known.and_then(Weak::upgrade).unwrap_or_else(|| {
            let only = Arc::new(Mutex::named("the only turn", ()));
            *shared = Some(Box::new(Arc::downgrade(&only)));
            only
        })
    })
}

struct Coroutine<B: Backend> {
    only_turn: Option<Arc<Mutex<B, ()>>>,
    baton: Arc<Baton<B>>,
    thread: Option<JoinHandle<B, ()>>,
}

impl<B: Backend> Subject for Coroutine<B> {
    fn new(body: Body) -> Self {
        let turn = Mutex::named("turn", Turn::Resumer(Said::Nothing));
        let baton = Arc::new(Baton { turn, changed: Condvar::named("turn changed") });
        let theirs = Arc::clone(&baton);
        let thread = B::spawn("coroutine", move || theirs.run(body));
        let only_turn = made(ONE_AT_A_TIME).then(only_turn);
        Self { only_turn, baton, thread: Some(thread) }
    }

    fn resume(&mut self, value: i64) -> Option<CoroutineState<i64, i64>> {
        if self.thread.is_none() && !made(RETURNS_AGAIN) {
            return None;
        }
        let _turn = self.only_turn.as_ref().map(|only| only.lock());
        if self.thread.is_some() {
            self.baton.pass(Turn::Body(Told::Resume(value)));
        }
        let said = self.baton.said();
        if !matches!(said, Said::State(Yielded(_)))
            && let Some(thread) = self.thread.take()
        {
            thread.join().expect("panics are caught");
        }
        match said {
            Said::State(state) => Some(state),
            Said::Panicked(_) if made(SWALLOWS_PANICS) => None,
            Said::Panicked(message) => panic!("{message}"),
            Said::Nothing => unreachable!("the body had its turn"),
        }
    }
}

impl<B: Backend> Drop for Coroutine<B> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take()
            && !made(ONE_LEFT_ALONE)
            // At the end of a failed execution there may be no thread left to join.
            && !std::thread::panicking()
        {
            self.baton.pass(Turn::Body(Told::Close));
            thread.join().expect("panics are caught");
        }
    }
}
