//! Executions that come to no end, in words.

use super::names::is_own;
use super::text::thousands;
use crate::kernel::{Kernel, Op, Place, Status};

/// Steps of a thread, from the last, in which it is seen what its loop touches.
const LOOP: usize = 50;

/// The most objects that are named.
const NAMED: usize = 4;

impl Kernel {
    /// A livelock: who looks for what, again and again, and what the others wait for.
    pub(crate) fn livelock_message(&self) -> String {
        let is_pending = |thread: &u16| self.thread(*thread).status == Status::Pending;
        let (polling, blocked): (Vec<u16>, Vec<u16>) =
            self.in_order().into_iter().filter(is_pending).partition(|thread| self.polls(*thread));
        let mut said: Vec<String> =
            polling.iter().map(|thread| self.poll_in_words(*thread)).collect();
        if !blocked.is_empty() {
            said.push(self.waits_in_words(&blocked));
        }
        format!(
            "nothing changes any more: {}; no other thread could run. A loop that ends after more than \
             {} such rounds needs a higher `Explorer::livelock_after`",
            said.join("; "),
            thousands(u64::from(self.limits.patience)),
        )
    }

    /// What a thread that polls reads, and where it pauses.
    fn poll_in_words(&self, thread: u16) -> String {
        let (name, place) = (self.thread_name(thread), self.pending_place(thread));
        match self.named(self.thread(thread).poll.watched_objects()) {
            Some(objects) => format!("`{name}` reads {objects} again and again, and pauses{place}"),
            None => format!(
                "`{name}` pauses{place} again and again, and reads nothing in between that another \
                 thread could change (nothing of `raceproof::sync`)"
            ),
        }
    }

    /// An execution that is longer than it may be: whose loop it is, and who could have run instead.
    pub(crate) fn endless_message(&self, steps: usize) -> String {
        let last = self.last_thread();
        let own = self.events.all().iter().enumerate().rev();
        let own = own.filter(|(_, event)| event.thread == last).take(LOOP);
        let (mut touched, mut since) = (Vec::new(), self.events.taken());
        for (step, event) in own {
            event.footprint.each_access(|object, _| touched.push(object));
            since = step;
        }
        let objects = self.named(touched).map_or(String::new(), |names| format!(" with {names}"));
        let place = self.pending_place(last);
        let others = self.in_order().into_iter().filter(|id| *id != last && self.enabled(*id));
        let others: Vec<_> = others.map(|id| format!("`{}`", self.thread_name(id))).collect();
        let pauses = self.thread(last).poll.paused_since(since).filter(|at| !is_own(at.file()));
        let advice = match pauses {
            None => {
                "A loop that waits for another thread must pause in each round, with \
                 `thread::yield_now` or `hint::spin_loop`"
            }
            Some(_) => {
                "Something changes in each round of its loop, but nothing that it may be waiting for"
            }
        };
        let pauses = pauses.map(|at| format!(" and pauses at {}", Place::from(at).short()));
        let others = match &others[..] {
            [] => "no other thread could have run".to_owned(),
            others => format!("{} could have run instead", others.join(", ")),
        };
        format!(
            "the execution is not over after {} steps: `{}` is busy{objects}{place}{}; {others}. {advice}; an \
             execution that is this long needs a higher `Explorer::max_steps`",
            thousands(steps as u64),
            self.thread_name(last),
            pauses.unwrap_or_default(),
        )
    }

    /// The names of these objects, each once, if there are any.
    fn named(&self, objects: impl IntoIterator<Item = u32>) -> Option<String> {
        let all = self.object_names();
        let name = |object: u32| all.get(&object).cloned().unwrap_or("its token".to_owned());
        let mut names: Vec<String> = objects.into_iter().map(name).collect();
        names.sort();
        names.dedup();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!names.is_empty()).then(|| names.join(", ") + &more)
    }

    /// Where a thread announced what it is about to do, if that is not the checker's own source.
    fn pending_place(&self, thread: u16) -> String {
        let pending = self.thread(thread).pending;
        let at = if is_own(pending.at.file()) || matches!(pending.op, Op::End { .. }) {
            return String::new();
        } else {
            Place::from(pending.at)
        };
        format!(" at {}", at.short())
    }
}
