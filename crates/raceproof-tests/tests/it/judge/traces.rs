//! How many Mazurkiewicz traces a program has, by Foata's normal form.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::enumerate::name;
use super::language::Do;
use super::state::{Rules, State, Tid};
use super::steps::{Access, Object};

/// A step of an execution, with its place in the normal form: one more than that of the last step
/// before it that it depends on. Two executions are one trace if they have the same set of these.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Event {
    level: usize,
    thread: String,
    alternative: String,
    access: Access,
}

/// An execution under way, in normal form.
#[derive(Clone, Default)]
struct Trace {
    events: BTreeSet<Event>,
    /// The last level at which a thread took a step, an object was written, and was accessed.
    threads: BTreeMap<String, usize>,
    written: BTreeMap<Object, usize>,
    accessed: BTreeMap<Object, usize>,
}

impl Trace {
    fn add(&mut self, thread: String, alternative: String, access: Access) {
        let level_of = |(object, writes): &(Object, bool)| {
            let last = if *writes { &self.accessed } else { &self.written };
            last.get(object).copied().unwrap_or(0)
        };
        let own = self.threads.get(&thread).copied().unwrap_or(0);
        let level = 1 + access.iter().map(level_of).max().unwrap_or(0).max(own);
        self.threads.insert(thread.clone(), level);
        for (object, writes) in &access {
            let raise = |levels: &mut BTreeMap<Object, usize>| {
                let last = levels.entry(object.clone()).or_default();
                *last = level.max(*last);
            };
            raise(&mut self.accessed);
            if *writes {
                raise(&mut self.written);
            }
        }
        self.events.insert(Event { level, thread, alternative, access });
    }
}

/// Counts the traces of complete executions; `None` if there are more than `limit` prefixes.
///
/// No state is remembered, but a prefix that is equivalent to an earlier one is followed once.
pub(super) fn count(program: &[Do], rules: Rules, limit: usize) -> Option<u64> {
    let first = State::new(program, rules);
    let mut stack = vec![(first, Trace::default())];
    let mut seen = HashSet::new();
    let mut complete = 0;
    while let Some((state, trace)) = stack.pop() {
        let choices = state.choices();
        complete += u64::from(choices.is_empty());
        for (thread, alternative) in choices {
            let (mut after, mut longer) = (state.clone(), trace.clone());
            let silent = state.is_silent(thread);
            let label = state.label(thread, alternative);
            let access = after.step(thread, alternative);
            if !silent {
                longer.add(name(&state.threads[thread].name), label, access);
            }
            if silent || seen.insert(longer.events.clone()) {
                stack.push((after, longer));
            }
        }
        if seen.len() > limit {
            return None;
        }
    }
    Some(complete)
}

impl State<'_> {
    /// Which alternative it is, by a name that equivalent executions share.
    fn label(&self, thread: Tid, alternative: usize) -> String {
        match self.next(thread) {
            super::local::Next::Begin(Do::NotifyOne(condvar)) => self.waiters[*condvar]
                .get(alternative)
                .map_or(String::new(), |waiter| name(&self.threads[*waiter].name)),
            _ => alternative.to_string(),
        }
    }
}
