//! What an execution that has stopped comes to.

use super::result::Left;
use super::session::Session;
use crate::kernel::fault::Panic;
use crate::kernel::state::PanicNote;
use crate::kernel::time::Look;
use crate::kernel::{FailureKind, Fault, Limits};
use crate::telling::oracle::{self, Observation};
use crate::telling::trace::Trace;

/// How an execution ended.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) fault: Option<Fault>,
    pub(crate) steps: usize,
    pub(crate) cut: bool,
    /// It goes for nothing: the next one begins alike and knows better.
    pub(crate) given_up: bool,
    /// It counts for nothing, but others follow from it.
    pub(crate) stutters: bool,
    /// It repeats itself, and stutters if a fair continuation of it ends.
    pub(crate) repeats: bool,
    /// The exploration must begin again, with these limits.
    pub(crate) restart: Option<Limits>,
    pub(crate) outcome: Option<String>,
    pub(crate) trace: Option<Trace>,
    /// After how many steps of the kernel each of the trace's was written down.
    pub(crate) counts: Vec<usize>,
    pub(crate) observation: Option<Observation>,
}

impl Session {
    /// What the execution that has just stopped comes to.
    pub(super) fn end(&mut self, observe: bool) -> Ended {
        self.strategy.stops(&mut self.kernel);
        if let Some(len) = self.kernel.now.given_up {
            self.strategy.give_up(&mut self.kernel, len);
            let steps = self.kernel.events.taken();
            return Ended { given_up: true, steps, ..Ended::default() };
        }
        if self.kernel.now.on_trial.is_some() {
            self.kernel.end_trial();
        }
        self.kernel.judge_destructors();
        self.kernel.note_counted_rounds();
        let cut = self.strategy.cut();
        if !cut && !self.kernel.now.restart {
            match self.kernel.look_again() {
                Look::Again if self.strategy.again(&mut self.kernel) => {
                    return Ended { given_up: true, ..Ended::default() };
                }
                Look::Differs => {
                    let lengths = Limits { lengths: true, ..self.kernel.limits };
                    return Ended { restart: Some(lengths), ..Ended::default() };
                }
                Look::Again | Look::Done => {}
            }
        }
        self.strategy.end(&mut self.kernel);
        let observation =
            (observe && !cut && !self.kernel.now.stutters).then(|| oracle::observe(&self.kernel));
        let fault = self.verdict(cut);
        if fault.is_none() {
            self.kernel.begin_with_results();
        }
        let now = &self.kernel.now;
        let outcome = (fault.is_none() && !now.outcome.is_empty()).then(|| now.outcome.clone());
        let restart = now.restart.then_some(self.kernel.limits);
        let steps = self.kernel.events.taken() + now.unordered as usize;
        let counts = self.recorder.as_ref().map(|recorder| recorder.counts()).unwrap_or_default();
        let trace = self.recorder.take().map(|recorder| recorder.finish(&self.kernel));
        let (stutters, repeats) = (now.stutters, now.repeats);
        Ended {
            fault,
            steps,
            cut,
            given_up: false,
            stutters,
            repeats,
            restart,
            outcome,
            trace,
            counts,
            observation,
        }
    }

    /// What went wrong in the execution that has just stopped, if anything.
    fn verdict(&mut self, cut: bool) -> Option<Fault> {
        // That other threads do not end after the main thread's panic is nothing more.
        let panicked = self.kernel.now.panics.iter().any(|note| note.thread == 0);
        let is_later = |fault: &Fault| {
            panicked && matches!(fault.kind, FailureKind::StepLimit | FailureKind::Livelock)
        };
        if let Some(mut fault) = self.kernel.now.fault.take().filter(|fault| !is_later(fault)) {
            if fault.kind == FailureKind::Livelock {
                fault.message = self.kernel.livelock_message();
                self.kernel.note_pollers();
            }
            return Some(fault);
        }
        let panics = &self.kernel.now.panics;
        // Once the main thread has panicked, others that live might have taken a panic yet.
        let early = self.kernel.now.live > 0 && panics.iter().any(|note| note.thread == 0);
        let lost = |note: &PanicNote| {
            note.taken_by.is_none() && (!early || note.thread == 0 || self.is_forsaken(note.thread))
        };
        let first = panics.iter().position(lost);
        if let Some(first) = first.filter(|_| !cut) {
            let panic = origin(panics, first).clone();
            let (kind, Panic { message, location, .. }) = (panic.kind(), panic);
            return Some(Fault { location, ..Fault::new(kind, message) });
        }
        let deadlocked = !cut && self.kernel.is_deadlocked();
        deadlocked.then(|| Fault::new(FailureKind::Deadlock, self.kernel.deadlock_message()))
    }

    /// Fails an execution that has ended well if a value is left, now that results for which no thread has asked and
    /// statics have been dropped.
    pub(super) fn look_for_leaks(&mut self, ended: &mut Ended) {
        let well =
            ended.fault.is_none() && !ended.cut && !ended.given_up && ended.restart.is_none();
        let wanted = well && self.kernel.limits.leaks;
        if let Some(leaked) = wanted.then(|| self.kernel.leaked()).flatten() {
            ended.fault = Some(Fault::new(FailureKind::Leak, leaked));
            ended.outcome = None;
        }
    }
}

impl Session {
    /// Can no thread take the panic of this one, as far as is known?
    fn is_forsaken(&self, thread: u16) -> bool {
        let unwanted = matches!(self.bodies[usize::from(thread)].left, Left::Unwanted);
        unwanted && !self.kernel.thread(thread).scoped
    }
}

/// The panic that this one passes on: a join's result that is unwrapped says nothing of it.
fn origin(panics: &[PanicNote], mut at: usize) -> &Panic {
    while panics[at].panic.message.contains("Any { .. }") {
        let by = Some(panics[at].thread);
        match panics[..at].iter().rposition(|note| note.taken_by == by) {
            Some(earlier) => at = earlier,
            None => break,
        }
    }
    &panics[at].panic
}
