//! Timers. The time comes and the action ends in silent steps.

use super::{
    MOMENT,
    explored::{Answer, DONE, Part, State, Subject},
};
use raceproof_suite::{
    backend::{AtomicUsize, Backend},
    primitives::Timer,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Start,
    Cancel,
    Join,
    IsPending,
    /// The number of times the action has run.
    Runs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Stage {
    #[default]
    Pending,
    /// The time has come.
    Begun,
    /// The action has run.
    Ran,
    Cancelled,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Due {
    started: bool,
    stage: Stage,
}

impl State for Due {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        let same = |answer| vec![(answer, self.clone())];
        match op {
            Op::Start if self.started => same(Err(())),
            Op::Start => vec![(DONE, Self { started: true, ..self.clone() })],
            Op::Cancel if self.stage == Stage::Pending => {
                vec![(Ok(1), Self { stage: Stage::Cancelled, ..self.clone() })]
            }
            Op::Cancel => same(Ok(0)),
            Op::Join if !self.started => same(Err(())),
            Op::Join if matches!(self.stage, Stage::Ran | Stage::Cancelled) => same(DONE),
            Op::Join => vec![],
            Op::IsPending => same(Ok((self.started && self.stage == Stage::Pending).into())),
            Op::Runs => same(Ok((self.stage == Stage::Ran).into())),
        }
    }

    fn silent(&self) -> Vec<Self> {
        let stage = match self.stage {
            Stage::Pending if self.started => Stage::Begun,
            Stage::Begun => Stage::Ran,
            _ => return vec![],
        };
        vec![Self { stage, ..self.clone() }]
    }
}

#[derive(Debug)]
pub(crate) struct Timers;

impl Subject for Timers {
    const NAME: &'static str = "timer";
    const OPERATIONS: &'static [Op] =
        &[Op::Start, Op::Start, Op::Cancel, Op::Join, Op::IsPending, Op::Runs];
    type Op = Op;
    type On<B: Backend> = (Timer<B>, Arc<AtomicUsize<B>>);
    type State = Due;

    fn make<B: Backend>() -> Self::On<B> {
        let runs = Arc::new(AtomicUsize::named("runs", 0));
        let counted = Arc::clone(&runs);
        let action = move || {
            counted.fetch_add(1, SeqCst);
        };
        (Timer::new(MOMENT, action), runs)
    }
    fn call<B: Backend>((timer, runs): &Self::On<B>, op: Op) -> Answer {
        match op {
            Op::Start => timer.start().map(|()| 0).map_err(|_| ()),
            Op::Cancel => Ok(timer.cancel().into()),
            Op::Join => timer.join().map(|()| 0).map_err(|_| ()),
            Op::IsPending => Ok(timer.is_pending().into()),
            Op::Runs => Ok(runs.load(SeqCst) as i64),
        }
    }
}
