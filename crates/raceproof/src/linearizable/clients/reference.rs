//! What answers are compared with: a spec, or the object itself, used by one thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::client::{Call, Client};
use super::operation::{Reply, Said};
use super::order::{Done, Reference};
use super::program::{Program, Record, Running};
use crate::explorer::{Explorer, Outcome};
use crate::kernel::{FailureKind, Memory};

/// As the program has it.
pub(super) enum Either<O, S> {
    Spec(Arc<Program<O, S>>),
    Object(Object<O, S>),
}

impl<O: Send + Sync + 'static, S: 'static> Either<O, S> {
    pub(super) fn of(program: &Arc<Program<O, S>>) -> Self {
        let program = Arc::clone(program);
        match program.spec {
            Some(_) => Either::Spec(program),
            None => Either::Object(Object { program, replies: HashMap::new() }),
        }
    }
}

impl<O: Send + Sync + 'static, S: 'static> Reference for Either<O, S> {
    fn allows(&mut self, before: &[Done], call: &Call, reply: Reply) -> Result<bool, String> {
        match self {
            Either::Spec(program) => ask(program, before, call, |program, state| {
                program.operations[call.operation].allows(state, &call.which, reply)
            }),
            Either::Object(object) => Ok(object.reply(before, call)? == Some(reply)),
        }
    }

    fn says(&mut self, before: &[Done], call: &Call) -> Result<Said, String> {
        match self {
            Either::Spec(program) => ask(program, before, call, |program, state| {
                program.operations[call.operation].says(state, &call.which)
            }),
            Either::Object(object) => {
                let reply = object.reply(before, call)?;
                let text = |answer| object.program.operations[call.operation].told(answer);
                Ok(match reply {
                    None => Said::Waits,
                    Some(Reply::Panicked) => Said::Panics,
                    Some(Reply::Answer(answer)) => {
                        Said::Answers(text(answer).unwrap_or_else(|| "()".to_owned()))
                    }
                })
            }
        }
    }
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

/// What the spec says in the state after these calls.
fn ask<O, S, T>(
    program: &Program<O, S>,
    before: &[Done],
    call: &Call,
    question: impl FnOnce(&Program<O, S>, &mut S) -> T,
) -> Result<T, String> {
    let begin = program.spec.as_ref().expect("a program with a spec");
    let told = || format!("{} after {}", program.told(call), in_words(program, before));
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let mut state = begin();
        let mut allowed = before.iter().map(|(call, reply)| {
            program.operations[call.operation].allows(&mut state, &call.which, *reply)
        });
        let again = allowed.all(|allowed| allowed);
        again.then(|| question(program, &mut state))
    }));
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(format!(
            "the spec is not deterministic: asked again about {}, it says something else",
            told()
        )),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
            let text = text.unwrap_or_else(|| "something that is no text".to_owned());
            Err(format!(
                "the spec panics when it is asked about {}: {text}. If the operation is to panic there, say so \
                 with `panics`",
                told()
            ))
        }
    }
}

/// The object, used by one thread.
pub(super) struct Object<O, S> {
    program: Arc<Program<O, S>>,
    /// What came of the last of these calls; none if it waits for ever.
    replies: HashMap<Vec<Call>, Option<Reply>>,
}

impl<O: Send + Sync + 'static, S: 'static> Object<O, S> {
    fn reply(&mut self, before: &[Done], call: &Call) -> Result<Option<Reply>, String> {
        let mut calls: Vec<_> = before.iter().map(|(call, _)| call.clone()).collect();
        calls.push(call.clone());
        if let Some(known) = self.replies.get(&calls) {
            return Ok(*known);
        }
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
        self.replies.insert(calls, reply);
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
