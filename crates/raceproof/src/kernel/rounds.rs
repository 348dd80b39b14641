//! Rounds of a loop that can be counted.
//!
//! That a loop waits by looking is a proof's assumption, and that the number of its fruitless rounds decides nothing. It may
//! decide something if each round leaves an atomic other than the round before did, and another thread looks at it: a counter of
//! tries, say. Then the search is none of all executions, and says so.

use std::collections::HashMap;

use super::event::{Detail, Event};
use super::state::Kernel;
use super::trials::Yields;

impl Kernel {
    /// The atomics and counts of owners that the rounds of a loop leave other than the rounds before. Its thread went on alone, and ended
    /// a round before each of the steps of `ends`.
    pub(super) fn counting(&self, thread: u16, ends: &[u32]) -> Vec<u32> {
        let mut found = HashMap::new();
        let mut counting = Vec::new();
        for round in ends.windows(2) {
            let mut begun = Vec::new();
            for event in &self.events.all()[round[0] as usize..round[1] as usize] {
                let (Some(value), true) = (value_before(event), event.thread == thread) else {
                    continue;
                };
                event.footprint.each_access(|object, _| {
                    if !begun.contains(&object) {
                        begun.push(object);
                        let differs = *found.entry(object).or_insert(value) != value;
                        if differs && !counting.contains(&object) {
                            counting.push(object);
                        }
                    }
                });
            }
        }
        counting
    }

    /// Notes whether a thread has looked in this execution at what the rounds of another one's loop count, once that waited.
    pub(crate) fn note_counted_rounds(&mut self) {
        let Yields::Tried(tried) = &mut self.yields else { return };
        if tried.counting.iter().all(Vec::is_empty) || tried.is_counted {
            return;
        }
        // From which step on nobody else may look at an object.
        let mut waited = Vec::<(u16, u32, usize)>::new();
        let all = self.events.all();
        for (index, event) in all.iter().enumerate() {
            if let Detail::Poll(round) = event.detail {
                let before = all[..index].iter().rposition(|other| other.thread == event.thread);
                let objects = tried.counting.get(round.of()).into_iter().flatten();
                waited.extend(objects.map(|it| (event.thread, *it, before.unwrap_or(index))));
            }
        }
        tried.is_counted = waited.iter().any(|(thread, object, since)| {
            all[*since..].iter().any(|event| {
                let by_another = event.thread != *thread && event.generation == 0;
                by_another && event.footprint.touches(*object) && value_before(event).is_some()
            })
        });
    }

    /// Has a thread looked at what the rounds of another one's loop count?
    pub(crate) fn rounds_are_counted(&self) -> bool {
        matches!(&self.yields, Yields::Tried(tried) if tried.is_counted)
    }
}

/// What an atomic was before a step, or a count of owners; of another step nothing.
fn value_before(event: &Event) -> Option<[u64; 2]> {
    match event.detail {
        Detail::Atomic { old, .. } => Some([old, 0]),
        Detail::Count { owners, weaks, .. } => Some([u64::from(owners), u64::from(weaks)]),
        _ => None,
    }
}
