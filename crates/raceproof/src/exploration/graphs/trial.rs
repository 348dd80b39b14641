//! Trials: whether a loop ends by itself, or [waits](super::waiting). That is tried as where memory is sequentially
//! consistent: the thread goes on alone, and reads what it read before, or the oldest write that it may. If it
//! comes back to its yield [`LONG`] times, then the loop waits. What it did meanwhile is taken back, and what was
//! found out is known from then on of threads that have the same past: the same events, which read the same,
//! come before.
//!
//! What an act comes to is up to the objects of the execution under way, where other threads may have come between that
//! the graph has after it. Where the oldest that an act may read is not what is there, the thread is tried once more
//! *apart*: in an execution of the graph of its past, in which nothing else was done.

use super::event::{Label, Name};
use super::graph::Choice;
use super::waiting::{Stand, State, Waiting};
use super::{Frame, Graphs};
use crate::kernel::trials::{LONG, SHORT};
use crate::kernel::{Kernel, Status};

/// What a trial has found out.
#[derive(Clone, Copy)]
pub(super) enum Known {
    Ends,
    /// The thread waits. If its next round, read as before, is like the events before it, so long is a round.
    Waits(Option<u32>),
}

/// A thread that goes on alone.
pub(super) struct Trial {
    pub(super) thread: u16,
    place: usize,
    /// Where its execution is taken back to.
    len: usize,
    items: usize,
    /// Its fruitless rounds so far, each by its last event and the calls that the thread was in then.
    rounds: Vec<(u32, u64)>,
    stage: Stage,
}

/// How far a trial has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It goes on in the graph in which the thread has yielded.
    Here,
    /// It is to be made apart.
    Leaves,
    /// The thread's past is the last frame's graph, and is gone through once more.
    Returns,
    Apart,
}

/// Ends the execution under way: what it has done since the trial began goes for nothing.
fn give_up(kernel: &mut Kernel) {
    kernel.now.given_up = Some(kernel.events.taken());
    kernel.now.ending = true;
}

impl Graphs {
    /// Would a thread on trial write what was there, and what it has just written? Whatever others have put behind
    /// that: they may as well come later.
    pub(super) fn writes_again(&self, thread: u16, label: Label, choice: &Choice) -> bool {
        let last = Name { thread, index: self.done[usize::from(thread)] };
        let event = self.graph().event(last);
        event.label == label
            && event.writes
            && choice.writes
            && choice.source == Some(last)
            && choice.value == event.value
    }

    /// The thread that goes on alone.
    pub(super) fn on_trial(&self) -> Option<u16> {
        let trial = self.waiting.trial.as_ref()?;
        (trial.stage != Stage::Returns).then_some(trial.thread)
    }

    /// The last events of the last three rounds of the trial.
    pub(super) fn last_ends(&self) -> Option<[u32; 3]> {
        let rounds = &self.waiting.trial.as_ref()?.rounds;
        let last = rounds.last_chunk::<3>()?;
        Some(last.map(|(end, _)| end))
    }

    /// An act of the thread on trial is to come before some that have been done: gives the execution up, to have the
    /// trial apart. Not if it is.
    pub(super) fn leave(&mut self) {
        if let Some(trial) = self.waiting.trial.as_mut().filter(|trial| trial.stage == Stage::Here)
        {
            trial.stage = Stage::Leaves;
        }
    }

    /// Is the trial to be made apart? Then the execution is given up.
    pub(super) fn leaves(&self, kernel: &mut Kernel) -> bool {
        let leaves = self.waiting.trial.as_ref().is_some_and(|trial| trial.stage == Stage::Leaves);
        if leaves {
            give_up(kernel);
        }
        leaves
    }

    /// The thread on trial has done another fruitless round.
    pub(super) fn try_again(&mut self, kernel: &mut Kernel, place: usize, last: u32, calls: u64) {
        let Waiting { trial: Some(trial), tried, .. } = &mut self.waiting else { return };
        if trial.place != place {
            return self.conclude(kernel, false);
        }
        trial.rounds.push((last, calls));
        let rounds = trial.rounds.len() as u32;
        let known = rounds == SHORT + 1 && tried.contains(&(place, calls));
        if !known && rounds <= LONG {
            return;
        }
        if !known {
            tried.push((place, calls));
        }
        kernel.note_patience(if known { SHORT } else { LONG });
        self.conclude(kernel, true);
    }

    /// Ends the trial: whether the loop in which its thread was last waits. The execution is given up.
    pub(super) fn conclude(&mut self, kernel: &mut Kernel, waits: bool) {
        let Some(Trial { thread, place, rounds, .. }) = &self.waiting.trial else { return };
        let last = rounds.last().map(|(_, calls)| *calls);
        // A loop before, which yields at the same place through other calls, did end.
        let before = rounds.iter().rposition(|(_, calls)| Some(*calls) != last);
        let first = before.map_or(0, |before| before + 1);
        let until = if waits { first + 1 } else { rounds.len() };
        let next = rounds.get(first + 1).map(|(last, _)| *last);
        let repeated = next.and_then(|next| {
            let (from, length) = (rounds[first].0 + 1, next - rounds[first].0);
            self.is_as_before(*thread, from, length).then_some(length)
        });
        for (nth, (index, _)) in rounds[..until].iter().enumerate() {
            let last = Name { thread: *thread, index: *index };
            let past = self.frames.last().expect("a graph").graph.past(last);
            let state = State { last, place: *place, past };
            let known = match waits && nth == first {
                true => Known::Waits(repeated),
                false => Known::Ends,
            };
            self.waiting.known.insert(state, known);
        }
        give_up(kernel);
    }

    /// The execution was given up because a trial is over, or is to be made apart: takes back what was done in it.
    pub(super) fn take_back(&mut self) {
        let Some(trial) = self.waiting.trial.take() else { return };
        if trial.stage == Stage::Apart {
            self.frames.pop();
            return;
        }
        let Frame { graph, items, .. } = self.frame();
        graph.truncate(trial.len);
        items.truncate(trial.items);
        if trial.stage == Stage::Leaves {
            let Trial { thread, rounds, .. } = &trial;
            let past = graph.past_of(Name { thread: *thread, index: rounds[0].0 });
            self.frames.push(Frame::of(past));
            let rounds = vec![rounds[0]];
            self.waiting.trial = Some(Trial { stage: Stage::Returns, rounds, ..trial });
        }
    }

    /// Begins a trial if a thread is to be tried.
    pub(super) fn begin_trial(&mut self, kernel: &mut Kernel) {
        if let Some(trial) = &mut self.waiting.trial {
            trial.stage = Stage::Apart;
            self.waiting.stands[usize::from(trial.thread)] = Stand::GoesOn;
            kernel.now.on_trial = Some(trial.thread);
            return;
        }
        let undecided = kernel.ids().find_map(|id| match self.waiting.stands[usize::from(id)] {
            Stand::Undecided { place, calls } if kernel.thread(id).status == Status::Pending => {
                Some((id, place, calls))
            }
            _ => None,
        });
        let Some((thread, place, calls)) = undecided else { return };
        let place = std::ptr::from_ref(place).addr();
        self.waiting.stands[usize::from(thread)] = Stand::GoesOn;
        let rounds = vec![(self.done[usize::from(thread)], calls)];
        let Frame { graph, items, .. } = self.frame();
        let (len, items) = (graph.len(), items.len());
        self.waiting.trial = Some(Trial { thread, place, len, items, rounds, stage: Stage::Here });
        kernel.now.on_trial = Some(thread);
    }

    /// The thread on trial cannot go on, or the execution is over: it has left the loop.
    pub(super) fn end_trial(&mut self, kernel: &mut Kernel) {
        // Where the exploration begins again, nothing is kept.
        if kernel.now.given_up.is_none() && !kernel.now.restart {
            self.conclude(kernel, false);
        }
    }
}
