//! The meeting of a barrier's parties, in the process that owns the barrier.

use crate::{
    backend::{Backend, Condvar, Mutex, MutexGuard, ProcessId},
    primitives::{
        Broken,
        barrier::Rounds,
        process::{
            patience::{Client, Patience},
            remote::Object,
            standing,
        },
    },
};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub(super) type Action = Box<dyn Fn() + Send + Sync>;

/// The barrier, in the process that owns it.
///
/// It is not the one for threads, because a party can be gone: it is waited for in steps, and it is known
/// which process waits.
pub(super) struct Meeting<B: Backend> {
    parties: usize,
    /// Run by the last party, before any passes.
    action: Option<Action>,
    state: Mutex<B, State>,
    /// The round has ended.
    ended: Condvar<B>,
}

#[derive(Default)]
struct State {
    rounds: Rounds,
    /// The processes of the parties that wait; used under a checker.
    here: Vec<ProcessId>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Wait(Patience),
    Abort,
    Reset,
    Look,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Passed(Option<usize>),
    Done,
    Looked { parties: usize, waiting: usize, broken: bool },
}

impl State {
    fn end_round(&mut self) {
        self.rounds.fail_round();
        self.here.clear();
    }
}

impl<B: Backend> Object for Meeting<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Wait(patience) => Reply::Passed(self.arrive(patience, client).ok()),
            Request::Abort => {
                self.break_up(&mut self.state.lock());
                Reply::Done
            }
            Request::Reset => {
                let mut state = self.state.lock();
                state.rounds.broken = false;
                state.end_round();
                self.ended.notify_all();
                Reply::Done
            }
            Request::Look => {
                let state = self.state.lock();
                let State { rounds: Rounds { arrived: waiting, broken, .. }, .. } = *state;
                Reply::Looked { parties: self.parties, waiting, broken }
            }
        }
    }

    fn abandoned(&self, _: bool) {
        let mut state = self.state.lock();
        if state.here.iter().any(|&process| standing::is_killed::<B>(process)) {
            self.break_up(&mut state);
        }
    }

    #[track_caller]
    fn close(&self) {
        self.break_up(&mut self.state.lock());
    }
}

impl<B: Backend> Meeting<B> {
    #[track_caller]
    pub(super) fn new(name: &str, parties: usize, action: Option<Action>) -> Self {
        Self {
            parties,
            action,
            ended: Condvar::named(format!("{name} opens")),
            state: Mutex::named(name.to_owned(), State::default()),
        }
    }

    #[track_caller]
    fn arrive(&self, patience: Patience, client: &Client<'_>) -> Result<usize, Broken> {
        let mut state = self.state.lock();
        if state.rounds.broken {
            return Err(Broken);
        }
        let index = state.rounds.arrived;
        if index + 1 == self.parties {
            self.complete(state);
            return Ok(index);
        }
        state.rounds.arrived += 1;
        state.here.push(B::current_process());
        let round = state.rounds.round;
        drop(state);
        // It counts as waiting all the time, so no round ends unseen between two steps.
        let over = client.wait(patience, |p| self.await_end(round, p), |over| !over);
        let mut state = self.state.lock();
        if !over && state.rounds.round == round {
            self.break_up(&mut state);
        }
        state.rounds.outcome(round).map(|()| index)
    }

    /// Waits for the end of the round; returns whether it has ended.
    #[track_caller]
    fn await_end(&self, round: u64, patience: Patience) -> bool {
        let state = self.state.lock();
        let same = |state: &mut State| state.rounds.round == round;
        let state = match patience {
            Patience::None => state,
            Patience::For(timeout) => self.ended.wait_timeout_while(state, timeout, same).0,
            Patience::Endless => self.ended.wait_while(state, same),
        };
        state.rounds.round != round
    }

    #[track_caller]
    fn complete(&self, mut state: MutexGuard<'_, B, State>) {
        if let Some(action) = &self.action
            && let Err(payload) = catch_unwind(AssertUnwindSafe(action))
        {
            self.break_up(&mut state);
            drop(state);
            resume_unwind(payload);
        }
        state.rounds.arrived = 0;
        state.rounds.round += 1;
        state.here.clear();
        drop(state);
        self.ended.notify_all();
    }

    #[track_caller]
    fn break_up(&self, state: &mut State) {
        state.rounds.broken = true;
        state.end_round();
        self.ended.notify_all();
    }
}
