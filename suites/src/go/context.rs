//! The part of Go's `context` that cancels.

use super::Chan;
use raceproof_suite::backend::{Backend, Mutex};
use std::sync::Arc;

/// Tells threads that what they do is no longer wanted. Clones are the same context.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::Context;
///
/// let request = Context::<Std>::new("request");
/// let part = request.child("part");
/// request.cancel();
/// part.done().wait();
/// ```
#[derive(Clone, Debug)]
pub struct Context<B: Backend>(Arc<Inner<B>>);

#[derive(Debug)]
struct Inner<B: Backend> {
    /// Closed when it is cancelled.
    done: Chan<B, ()>,
    state: Mutex<B, State<B>>,
}

#[derive(Debug)]
struct State<B: Backend> {
    cancelled: bool,
    /// What is cancelled with it.
    children: Vec<Context<B>>,
}

impl<B: Backend> Context<B> {
    /// A context that is not cancelled, and has no parent.
    #[track_caller]
    #[must_use]
    pub fn new(name: &str) -> Self {
        let state = State { cancelled: false, children: Vec::new() };
        let state = Mutex::named(format!("state of {name}"), state);
        Self(Arc::new(Inner { done: Chan::unbuffered(format!("the end of {name}")), state }))
    }

    /// A context that is cancelled with this one at the latest.
    #[track_caller]
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let child = Self::new(name);
        let mut state = self.0.state.lock();
        if state.cancelled {
            drop(state);
            child.cancel();
        } else {
            state.children.push(child.clone());
        }
        child
    }

    /// Cancels it and its children. The second time nothing happens.
    #[track_caller]
    pub fn cancel(&self) {
        let mut state = self.0.state.lock();
        if !std::mem::replace(&mut state.cancelled, true) {
            self.0.done.close();
            std::mem::take(&mut state.children).iter().for_each(Self::cancel);
        }
    }

    /// A channel that is closed when this context is cancelled.
    #[must_use]
    pub fn done(&self) -> &Chan<B, ()> {
        &self.0.done
    }
}
