//! Events.

use super::explored::{Answer, DONE, MOMENT, Part, State, Subject};
use raceproof_suite::{backend::Backend, primitives::Event};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Wait,
    WaitTimeout,
    Set,
    Clear,
    IsSet,
}

/// Whether the event is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct IsSet(bool);

impl State for IsSet {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        match op {
            Op::Wait if !self.0 => vec![],
            // The time limit may pass just before the set.
            Op::WaitTimeout if !self.0 => vec![(Err(()), self.clone())],
            Op::Wait | Op::WaitTimeout => vec![(DONE, self.clone())],
            Op::Set => vec![(DONE, Self(true))],
            Op::Clear => vec![(DONE, Self(false))],
            Op::IsSet => vec![(Ok(self.0.into()), self.clone())],
        }
    }
}

#[derive(Debug)]
pub(crate) struct Events;

impl Subject for Events {
    const NAME: &'static str = "event";
    const OPERATIONS: &'static [Op] = &[Op::Wait, Op::WaitTimeout, Op::Set, Op::Clear, Op::IsSet];
    type Op = Op;
    type On<B: Backend> = Event<B>;
    type State = IsSet;

    fn make<B: Backend>() -> Event<B> {
        Event::new()
    }
    fn call<B: Backend>(event: &Event<B>, op: Op) -> Answer {
        match op {
            Op::Wait => event.wait(),
            Op::WaitTimeout => return event.wait_timeout(MOMENT).then_some(0).ok_or(()),
            Op::IsSet => return Ok(event.is_set().into()),
            Op::Clear => event.clear(),
            Op::Set => event.set(),
        }
        DONE
    }
}
