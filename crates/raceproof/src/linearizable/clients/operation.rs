//! The operations of an object, with what answers they may have.

use std::fmt::{self, Debug};
use std::sync::{Mutex, PoisonError};

use super::values::{Arguments, Parameter};

/// One operation of an object of type `O`: how it is called, and what a spec with states of type `S` says of its
/// answers, which are of type `R`.
///
/// The macro [`linearizable!`](crate::linearizable!) writes these; its clauses have the names of the methods.
pub struct Operation<O, S, A: Arguments, R> {
    name: &'static str,
    arguments: A,
    call: Box<Calls<O, A, R>>,
    says: Option<Says<S, A, R>>,
    panics: Option<Box<Asks<S, A>>>,
    pub(super) rules: Rules,
}

type Calls<O, A, R> = dyn Fn(&O, <A as Arguments>::Picked) -> R + Send + Sync;
type Asks<S, A> = dyn Fn(&mut S, <A as Arguments>::Picked) -> bool + Send + Sync;
type Answers<S, A, R> = dyn Fn(&mut S, <A as Arguments>::Picked) -> R + Send + Sync;
type Waits<S, A, R> = dyn Fn(&mut S, <A as Arguments>::Picked) -> Option<R> + Send + Sync;
type Allows<S, A, R> = dyn Fn(&mut S, <A as Arguments>::Picked, &R) -> bool + Send + Sync;

/// What the spec says of an operation's answers.
enum Says<S, A: Arguments, R> {
    /// This is the answer.
    Answers(Box<Answers<S, A, R>>),
    /// This is the answer, or it waits.
    Waits(Box<Waits<S, A, R>>),
    /// This answer is one of those that it may have.
    Allows(Box<Allows<S, A, R>>),
}

/// Where in a client an operation may stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// All operations with this name of a role are called by one thread.
    pub(super) role: Option<&'static str>,
    /// It is called at most once.
    pub(super) once: bool,
    /// No operation comes after it in its thread.
    pub(super) last: bool,
    /// It is called once, by the main thread: before all others, or after them.
    pub(super) fixed: Option<Fixed>,
    /// It may wait, for ever if the spec does.
    pub(super) waits: bool,
}

/// When the main thread calls an operation in every client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    First,
    Finally,
}

impl<O, S, A: Arguments, R> Operation<O, S, A, R> {
    /// The operation with this name and these arguments, which `call` calls.
    pub fn new(
        name: &'static str,
        arguments: A,
        call: impl Fn(&O, A::Picked) -> R + Send + Sync + 'static,
    ) -> Self {
        let rules = Rules::default();
        Operation { name, arguments, call: Box::new(call), says: None, panics: None, rules }
    }

    /// The answer is that of `answer`, which does to the spec's state what the operation does to the object.
    #[must_use]
    pub fn spec(mut self, answer: impl Fn(&mut S, A::Picked) -> R + Send + Sync + 'static) -> Self {
        self.says = Some(Says::Answers(Box::new(answer)));
        self
    }

    /// As [`spec`](Operation::spec), of an operation that may wait: `None` says that it waits in this state. Then a
    /// call that never returns is no failure if the others can be put in an order after which it waits. `answer`
    /// must not change a state in which it waits.
    #[must_use]
    pub fn waits(
        mut self,
        answer: impl Fn(&mut S, A::Picked) -> Option<R> + Send + Sync + 'static,
    ) -> Self {
        self.says = Some(Says::Waits(Box::new(answer)));
        self.may_wait()
    }

    /// An operation may have several answers, such as one that may fail for no reason: whether the answer that it had
    /// is one of them. `allows` does to the state what the operation with this answer does.
    #[must_use]
    pub fn allows(
        mut self,
        allows: impl Fn(&mut S, A::Picked, &R) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.says = Some(Says::Allows(Box::new(allows)));
        self
    }

    /// Whether it panics in this state, with what that does to the state. An operation without this must not panic
    /// where there is a spec.
    #[must_use]
    pub fn panics(
        mut self,
        panics: impl Fn(&mut S, A::Picked) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.panics = Some(Box::new(panics));
        self
    }

    /// It may wait for ever where the object itself does if one thread uses it: for an object without a spec.
    #[must_use]
    pub fn may_wait(mut self) -> Self {
        self.rules.waits = true;
        self
    }

    /// Only one thread calls this operation, and all others with the same `role`. The main thread may call it before.
    #[must_use]
    pub fn only(mut self, role: &'static str) -> Self {
        self.rules.role = Some(role);
        self
    }

    /// No client calls it more than once.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.rules.once = true;
        self
    }

    /// It is the last operation of the thread that calls it.
    #[must_use]
    pub fn last(mut self) -> Self {
        self.rules.last = true;
        self
    }

    /// The main thread calls it once before all others, in every client; several in the order in which they are
    /// told. Each of its arguments has its first value.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.rules.fixed = Some(Fixed::First);
        self
    }

    /// As [`first`](Operation::first), after all threads have ended.
    #[must_use]
    pub fn finally(mut self) -> Self {
        self.rules.fixed = Some(Fixed::Finally);
        self
    }
}

impl<O, S, A: Arguments, R> Debug for Operation<O, S, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(super) enum Reply {
    /// An answer, by its number among those that the operation has had.
    Answer(usize),
    /// It panicked.
    Panicked,
}

/// What the spec says of a call in one of its states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Answers(String),
    Waits,
    Panics,
    /// Several answers are possible.
    Several,
}

/// An [`Operation`] of any arguments and answers.
pub(super) trait Called<O, S>: Send + Sync {
    fn name(&self) -> &'static str;
    fn parameters(&self) -> Vec<Parameter>;
    fn rules(&self) -> &Rules;
    fn has_spec(&self) -> bool;
    /// Calls it with these of its values; returns the number of its answer.
    fn call(&self, object: &O, which: &[usize]) -> usize;
    /// An answer in words; nothing if it says nothing.
    fn told(&self, answer: usize) -> Option<String>;
    /// Does the spec allow what came of a call in this state?
    fn allows(&self, state: &mut S, which: &[usize], reply: Reply) -> bool;
    /// What the spec says of a call.
    fn says(&self, state: &mut S, which: &[usize]) -> Said;
}

/// An operation, with the answers that it has had.
struct Known<O, S, A: Arguments, R> {
    operation: Operation<O, S, A, R>,
    answers: Mutex<Vec<(R, Option<String>)>>,
}

impl<O, S, A: Arguments, R> Known<O, S, A, R> {
    fn answered<T>(&self, with: impl FnOnce(&mut Vec<(R, Option<String>)>) -> T) -> T {
        with(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<O, S, A, R> Operation<O, S, A, R>
where
    O: 'static,
    S: 'static,
    A: Arguments,
    R: PartialEq + Debug + Send + 'static,
{
    pub(super) fn known(self) -> Box<dyn Called<O, S>> {
        Box::new(Known { operation: self, answers: Mutex::new(Vec::new()) })
    }
}

impl<O, S, A, R> Called<O, S> for Known<O, S, A, R>
where
    A: Arguments,
    R: PartialEq + Debug + Send,
{
    fn name(&self) -> &'static str {
        self.operation.name
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.operation.arguments.parameters()
    }

    fn rules(&self) -> &Rules {
        &self.operation.rules
    }

    fn has_spec(&self) -> bool {
        self.operation.says.is_some()
    }

    fn call(&self, object: &O, which: &[usize]) -> usize {
        let answer = (self.operation.call)(object, self.operation.arguments.pick(which));
        self.answered(|known| {
            // An answer that is not equal to itself is one of its own.
            let at = known.iter().position(|(other, _)| *other == answer);
            at.unwrap_or_else(|| {
                let text = format!("{answer:?}");
                known.push((answer, (text != "()").then_some(text)));
                known.len() - 1
            })
        })
    }

    fn told(&self, answer: usize) -> Option<String> {
        self.answered(|known| known[answer].1.clone())
    }

    fn allows(&self, state: &mut S, which: &[usize], reply: Reply) -> bool {
        let picked = || self.operation.arguments.pick(which);
        let panics = self.operation.panics.as_ref().is_some_and(|asks| asks(state, picked()));
        let Reply::Answer(answer) = reply else { return panics };
        if panics {
            return false;
        }
        match &self.operation.says {
            None => false,
            Some(Says::Answers(says)) => {
                let said = says(state, picked());
                self.answered(|known| known[answer].0 == said)
            }
            Some(Says::Waits(says)) => {
                let said = says(state, picked());
                said.is_some_and(|said| self.answered(|known| known[answer].0 == said))
            }
            Some(Says::Allows(allows)) => {
                self.answered(|known| allows(state, picked(), &known[answer].0))
            }
        }
    }

    fn says(&self, state: &mut S, which: &[usize]) -> Said {
        let picked = || self.operation.arguments.pick(which);
        if self.operation.panics.as_ref().is_some_and(|asks| asks(state, picked())) {
            return Said::Panics;
        }
        match &self.operation.says {
            Some(Says::Answers(says)) => Said::Answers(format!("{:?}", says(state, picked()))),
            Some(Says::Waits(says)) => match says(state, picked()) {
                Some(answer) => Said::Answers(format!("{answer:?}")),
                None => Said::Waits,
            },
            Some(Says::Allows(_)) | None => Said::Several,
        }
    }
}
