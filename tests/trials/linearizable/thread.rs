//! Threads of a process. A started thread runs its body, leaves the list and ends in silent steps, in
//! this order.

use super::{
    MOMENT,
    explored::{Answer, DONE, Part, State, Subject},
};
use raceproof_suite::{
    backend::{AtomicUsize, Backend},
    primitives::{Thread, Threads},
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Start,
    Join,
    JoinTimeout,
    IsAlive,
    ActiveCount,
    /// The number of times its body has run.
    Runs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    #[default]
    New,
    Alive,
    /// Its body has run.
    Ran,
    /// It is no longer in the list.
    Unlisted,
    Ended,
}

impl State for Stage {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        let answer = match op {
            Op::Start if *self == Self::New => return vec![(DONE, Self::Alive)],
            Op::Start => Err(()),
            Op::Join | Op::JoinTimeout if *self == Self::New => Err(()),
            Op::Join if *self != Self::Ended => return vec![],
            Op::Join => DONE,
            Op::JoinTimeout => Ok((*self == Self::Ended).into()),
            Op::IsAlive => Ok((*self > Self::New && *self < Self::Ended).into()),
            // The main thread is one of them.
            Op::ActiveCount => Ok(1 + i64::from(matches!(self, Self::Alive | Self::Ran))),
            Op::Runs => Ok((*self >= Self::Ran).into()),
        };
        vec![(answer, *self)]
    }

    fn silent(&self) -> Vec<Self> {
        match self {
            Self::New | Self::Ended => vec![],
            Self::Alive => vec![Self::Ran],
            Self::Ran => vec![Self::Unlisted],
            Self::Unlisted => vec![Self::Ended],
        }
    }
}

/// A process with a thread, and the number of times the thread has run.
pub(crate) struct Process<B: Backend> {
    threads: Threads<B>,
    thread: Thread<B>,
    runs: Arc<AtomicUsize<B>>,
}

#[derive(Debug)]
pub(crate) struct Processes;

impl Subject for Processes {
    const NAME: &'static str = "thread";
    const OPERATIONS: &'static [Op] =
        &[Op::Start, Op::Start, Op::Join, Op::JoinTimeout, Op::IsAlive, Op::ActiveCount, Op::Runs];
    type Op = Op;
    type On<B: Backend> = Process<B>;
    type State = Stage;

    fn make<B: Backend>() -> Process<B> {
        let threads = Threads::new();
        let runs = Arc::new(AtomicUsize::named("runs", 0));
        let counted = Arc::clone(&runs);
        let thread = threads.thread("worker", move || {
            counted.fetch_add(1, SeqCst);
        });
        Process { threads, thread, runs }
    }
    fn call<B: Backend>(Process { threads, thread, runs }: &Process<B>, op: Op) -> Answer {
        match op {
            Op::Start => thread.start().map(|()| 0).map_err(|_| ()),
            Op::Join => thread.join().map(|()| 0).map_err(|_| ()),
            Op::JoinTimeout => thread.join_timeout(MOMENT).map(i64::from).map_err(|_| ()),
            Op::IsAlive => Ok(thread.is_alive().into()),
            Op::ActiveCount => Ok(threads.active_count() as i64),
            Op::Runs => Ok(runs.load(SeqCst) as i64),
        }
    }
}
