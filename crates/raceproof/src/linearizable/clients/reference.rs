//! What answers are compared with: a spec, or the object itself, used by one thread.
//!
//! It is an automaton, which is found out as far as it is asked: a state is what the reference is in after some calls with
//! their replies. What it says in a state is remembered for all clients. Of a spec whose states can be compared, equal
//! states are one; of others, each sequence of calls leads to a state of its own.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::client::{Call, Client};
use super::operation::{Reply, Said};
use super::program::{Program, Record, Running};
use super::states::States;
use crate::explorer::{Explorer, Outcome};
use crate::kernel::{FailureKind, Memory};

/// A call, and what came of it.
pub(super) type Done = (Call, Reply);

/// The state in which nothing has been called.
pub(super) const START: usize = 0;

/// So many steps are remembered; then it begins anew.
const MOST: usize = 1 << 20;

/// What the answers are compared with.
pub(super) struct Reference<O, S> {
    program: Arc<Program<O, S>>,
    /// The spec's states, if they can be compared.
    states: Option<Box<dyn States<S>>>,
    /// For each state but the first the one before, and what led from there to it at first.
    from: Vec<Option<(usize, Done)>>,
    /// Which state comes after a call with a reply; none if it cannot have that.
    steps: HashMap<(usize, Done), Option<usize>>,
    /// Whether a call waits.
    waits: HashMap<(usize, Call), bool>,
    /// What comes of a call of the object, used by one thread; none if it waits for ever.
    replies: HashMap<(usize, Call), Option<Reply>>,
}

impl<O: Send + Sync + 'static, S: 'static> Reference<O, S> {
    pub(super) fn of(program: &Arc<Program<O, S>>) -> Self {
        Reference {
            program: Arc::clone(program),
            states: None,
            from: Vec::new(),
            steps: HashMap::new(),
            waits: HashMap::new(),
            replies: HashMap::new(),
        }
    }

    /// Begins a search: from here on, a state keeps its number until the next one begins.
    ///
    /// # Errors
    ///
    /// If the spec cannot be made.
    pub(super) fn begin(&mut self) -> Result<(), String> {
        if !self.from.is_empty() && self.steps.len() + self.waits.len() < MOST {
            return Ok(());
        }
        *self = Self::of(&self.program);
        self.from.push(None);
        let Some(begin) = self.program.states.filter(|_| self.program.spec.is_some()) else {
            return Ok(());
        };
        let mut states = begin();
        let make = self.program.spec.as_ref().expect("a program with a spec");
        let first = catch_unwind(AssertUnwindSafe(make));
        let first = first
            .map_err(|payload| format!("the spec panics when it is made: {}", said(&*payload)))?;
        states.number(&first);
        self.states = Some(states);
        Ok(())
    }

    /// Can different orders of calls lead to the same state?
    pub(super) fn merges(&self) -> bool {
        self.states.is_some()
    }

    /// What has been called before a state, as it was reached first.
    fn before(&self, mut state: usize) -> Vec<Done> {
        let mut done = Vec::new();
        while let Some((from, last)) = &self.from[state] {
            done.push(last.clone());
            state = *from;
        }
        done.reverse();
        done
    }

    /// The state after this call had this reply; none if it cannot have it.
    pub(super) fn step(
        &mut self,
        state: usize,
        call: &Call,
        reply: Reply,
    ) -> Result<Option<usize>, String> {
        let key = (state, (call.clone(), reply));
        if let Some(known) = self.steps.get(&key) {
            return Ok(*known);
        }
        let after = self.ask_step(state, call, reply)?;
        self.steps.insert(key, after);
        Ok(after)
    }

    fn ask_step(
        &mut self,
        state: usize,
        call: &Call,
        reply: Reply,
    ) -> Result<Option<usize>, String> {
        let next = self.from.len();
        let after = if self.program.spec.is_none() {
            (self.reply(state, call)? == Some(reply)).then_some(next)
        } else if self.states.is_some() {
            self.compared_step(state, call, reply)?
        } else {
            let allowed = self.ask(state, call, |program, state| {
                program.operations[call.operation].allows(state, &call.which, reply)
            });
            allowed?.then_some(next)
        };
        if after == Some(next) {
            self.from.push(Some((state, (call.clone(), reply))));
        }
        Ok(after)
    }

    /// As [`ask_step`](Self::ask_step), of states that can be compared. The spec is asked twice: it must say the same.
    fn compared_step(
        &mut self,
        from: usize,
        call: &Call,
        reply: Reply,
    ) -> Result<Option<usize>, String> {
        let ask = || {
            let mut after = self.known(from);
            let allowed = self.ask(from, call, |program, _| {
                program.operations[call.operation].allows(&mut after, &call.which, reply)
            });
            allowed.map(|allowed| allowed.then_some(after))
        };
        let (first, second) = (ask()?, ask()?);
        let states = self.states.as_mut().expect("states that can be compared");
        let mut number = |state: Option<S>| state.map(|state| states.number(&state));
        let (first, second) = (number(first), number(second));
        if first != second {
            return Err(self.not_deterministic(from, call));
        }
        Ok(first)
    }

    fn known(&self, state: usize) -> S {
        self.states.as_ref().expect("states that can be compared").state(state)
    }

    /// Does this call wait for ever in this state?
    pub(super) fn waits(&mut self, state: usize, call: &Call) -> Result<bool, String> {
        let key = (state, call.clone());
        if let Some(known) = self.waits.get(&key) {
            return Ok(*known);
        }
        let waits = self.says(state, call)? == Said::Waits;
        self.waits.insert(key, waits);
        Ok(waits)
    }

    /// What is said of a call in this state.
    pub(super) fn says(&mut self, state: usize, call: &Call) -> Result<Said, String> {
        if self.program.spec.is_some() {
            return self.ask(state, call, |program, state| {
                program.operations[call.operation].says(state, &call.which)
            });
        }
        let reply = self.reply(state, call)?;
        let text = |answer| self.program.operations[call.operation].told(answer);
        Ok(match reply {
            None => Said::Waits,
            Some(Reply::Panicked) => Said::Panics,
            Some(Reply::Answer(answer)) => {
                Said::Answers(text(answer).unwrap_or_else(|| "()".to_owned()))
            }
        })
    }

    fn not_deterministic(&self, state: usize, call: &Call) -> String {
        format!(
            "the spec is not deterministic: asked again about {}, it says something else",
            self.told(state, call)
        )
    }

    fn told(&self, state: usize, call: &Call) -> String {
        format!(
            "{} after {}",
            self.program.told(call),
            in_words(&self.program, &self.before(state))
        )
    }

    /// What the spec says in a state.
    fn ask<T>(
        &self,
        state: usize,
        call: &Call,
        question: impl FnOnce(&Program<O, S>, &mut S) -> T,
    ) -> Result<T, String> {
        let program = &*self.program;
        let answer = catch_unwind(AssertUnwindSafe(|| {
            if self.states.is_some() {
                return Some(question(program, &mut self.known(state)));
            }
            let begin = program.spec.as_ref().expect("a program with a spec");
            let mut asked = begin();
            let mut allowed = self.before(state).into_iter().map(|(call, reply)| {
                program.operations[call.operation].allows(&mut asked, &call.which, reply)
            });
            let again = allowed.all(|allowed| allowed);
            again.then(|| question(program, &mut asked))
        }));
        match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.not_deterministic(state, call)),
            Err(payload) => Err(format!(
                "the spec panics when it is asked about {}: {}. If the operation is to panic there, say so with \
                 `panics`",
                self.told(state, call),
                said(&*payload)
            )),
        }
    }

    /// What comes of a call of the object, used by one thread.
    fn reply(&mut self, state: usize, call: &Call) -> Result<Option<Reply>, String> {
        let key = (state, call.clone());
        if let Some(known) = self.replies.get(&key) {
            return Ok(*known);
        }
        let before = self.before(state);
        let mut calls: Vec<_> = before.iter().map(|(call, _)| call.clone()).collect();
        calls.push(call.clone());
        let replies = self.run(calls.clone())?;
        let same = before.iter().zip(&replies).all(|((_, reply), again)| *again == Some(*reply));
        if !same || replies.len() != calls.len() {
            let calls: Vec<_> = calls.iter().map(|call| self.program.told(call)).collect();
            return Err(format!(
                "the object is not deterministic, and there is no spec: used by one thread, {} does not always \
                 answer the same",
                calls.join(", ")
            ));
        }
        let reply = replies[before.len()];
        self.replies.insert(key, reply);
        Ok(reply)
    }

    /// Makes these calls on a new object, as far as they return.
    fn run(&self, calls: Vec<Call>) -> Result<Vec<Option<Reply>>, String> {
        let running = Running {
            program: Arc::clone(&self.program),
            client: Arc::new(Client { before: calls, ..Client::default() }),
            clocked: false,
            record: Arc::new(Mutex::new(Record::default())),
        };
        let explorer = Explorer::new().memory(Memory::Sequential).max_executions(1);
        let found = explorer.check(|| running.run(&|_| true));
        if let Outcome::Failed(failure) = found.outcome {
            let waits = matches!(failure.kind, FailureKind::Deadlock | FailureKind::Livelock);
            if !waits {
                return Err(format!("used by one thread, the object fails: {}", failure.summary()));
            }
        }
        let record = running.record();
        Ok(record.history.0[0].iter().map(|entry| entry.reply).collect())
    }
}

/// What a panic says.
fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_else(|| "something that is no text".to_owned())
}

/// These calls, one after the other, in words.
pub(super) fn in_words<O, S>(program: &Program<O, S>, done: &[Done]) -> String {
    let words = |(call, reply): &Done| {
        let answer = program.answer(call, *reply).map(|answer| format!(" → {answer}"));
        program.told(call) + &answer.unwrap_or_default()
    };
    if done.is_empty() {
        return "nothing".to_owned();
    }
    done.iter().map(words).collect::<Vec<_>>().join(", ")
}
