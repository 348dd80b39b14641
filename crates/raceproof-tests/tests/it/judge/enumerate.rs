//! Every state that a program can reach, by plain depth-first search with a memory of states.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::language::{ARCS, Do};
use super::memory::Conflict;
use super::owners::Matter;
use super::state::{Rules, State};

/// How a thread stands when an execution is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum End {
    Well,
    Panicked,
    Blocked,
}

/// What an execution comes to: each thread's log and end, by its name.
pub(super) type Ending = BTreeMap<String, (Vec<i64>, End)>;

/// What all executions of a program come to.
#[derive(Default, Debug)]
pub(super) struct Found {
    pub(super) endings: BTreeSet<Ending>,
    /// The messages of panics that no join took.
    pub(super) panics: BTreeSet<i64>,
    /// The messages of those that some thread took.
    pub(super) taken: BTreeSet<i64>,
    /// Some threads of an execution are blocked, and none has ended with a panic that no join took.
    pub(super) deadlocks: bool,
    /// Something is used, or dropped, after it was dropped.
    pub(super) uses_after_drop: bool,
    /// Some state has steps and no execution that passes it ends.
    pub(super) livelocks: bool,
    pub(super) races: bool,
    /// Some execution goes on for ever.
    pub(super) cycles: bool,
    /// A thread accesses plain memory during an access of its own with which that conflicts. What
    /// comes after is not explored.
    pub(super) overlaps: bool,
    /// What of each value's owners threads can tell.
    pub(super) matters: [Matter; ARCS],
    pub(super) states: usize,
}

impl Found {
    pub(super) fn fails(&self) -> bool {
        let memory = self.races || self.overlaps || self.uses_after_drop;
        !self.panics.is_empty() || self.deadlocks || self.livelocks || memory
    }
}

/// Explores a program; `None` if it has no meaning or more than `limit` states.
pub(super) fn explore(program: &[Do], rules: Rules, limit: usize) -> Option<Found> {
    let mut found = Found { matters: [Matter::Nothing; ARCS], ..Found::default() };
    let mut first = State::new(program, rules);
    if found.meets(first.conflict.take()) {
        return Some(found);
    }
    found.notes_end_of_root(&first);
    let mut numbers = HashMap::from([(first.clone(), 0)]);
    let mut stack = vec![first];
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut over = Vec::new();
    while let Some(state) = stack.pop() {
        let number = numbers[&state];
        if state.lost {
            return None;
        }
        if state.used_after_drop {
            found.uses_after_drop = true;
            over.push(number);
            continue;
        }
        state.note_matters(&mut found.matters);
        let choices = state.choices();
        // A wait may wake for no reason, but need not.
        if choices.iter().all(|(thread, _)| state.is_for_no_reason(*thread)) {
            found.add(&state);
            over.push(number);
        }
        for (thread, alternative) in choices {
            let mut after = state.clone();
            after.step(thread, alternative);
            if state.threads[0].result.is_none() {
                found.notes_end_of_root(&after);
            }
            if found.meets(after.conflict.take()) {
                // The execution is over, though not at an end.
                over.push(number);
                continue;
            }
            let new = numbers.len();
            let to = *numbers.entry(after.clone()).or_insert(new);
            if to == new {
                stack.push(after);
                before.push(Vec::new());
            }
            before[to].push(number);
        }
        if numbers.len() > limit {
            return None;
        }
    }
    found.livelocks = cannot_end(&before, over);
    found.cycles = comes_back(&before);
    found.states = numbers.len();
    Some(found)
}

/// Is there a state from which none of those that are `over` can be reached?
fn cannot_end(before: &[Vec<usize>], mut over: Vec<usize>) -> bool {
    let mut ends = vec![false; before.len()];
    while let Some(state) = over.pop() {
        if !std::mem::replace(&mut ends[state], true) {
            over.extend(&before[state]);
        }
    }
    ends.contains(&false)
}

/// Is there a state that can be reached from itself? `before` are the states directly before each.
fn comes_back(before: &[Vec<usize>]) -> bool {
    let mut after = vec![0; before.len()];
    before.iter().flatten().for_each(|state| after[*state] += 1);
    let mut last: Vec<_> = (0..before.len()).filter(|state| after[*state] == 0).collect();
    let mut left = before.len();
    while let Some(state) = last.pop() {
        left -= 1;
        for earlier in &before[state] {
            after[*earlier] -= 1;
            if after[*earlier] == 0 {
                last.push(*earlier);
            }
        }
    }
    left > 0
}

impl State<'_> {
    /// The steps to try: one that commutes with all others alone.
    pub(super) fn choices(&self) -> Vec<(usize, usize)> {
        let mut choices = Vec::new();
        for thread in 0..self.threads.len() {
            let alternatives = self.alternatives(thread);
            if alternatives > 0 && self.is_silent(thread) {
                return vec![(thread, 0)];
            }
            choices.extend((0..alternatives).map(|alternative| (thread, alternative)));
        }
        choices
    }
}

impl Found {
    /// The root's panic ends the execution, whatever the others would still do. Another thread's before it may be told.
    fn notes_end_of_root(&mut self, state: &State) {
        if let Some(Err(_)) = state.threads[0].result {
            let lost = state.threads.iter().filter(|thread| !thread.claimed);
            self.panics.extend(lost.filter_map(|thread| thread.result?.err()));
        }
    }

    /// Notes what is wrong with plain memory. True if the execution stops there.
    fn meets(&mut self, conflict: Option<Conflict>) -> bool {
        self.races |= conflict == Some(Conflict::Race);
        self.overlaps |= conflict == Some(Conflict::Overlap);
        conflict == Some(Conflict::Overlap)
    }

    fn add(&mut self, state: &State) {
        let mut ending = Ending::new();
        let mut failed = false;
        for thread in &state.threads {
            let end = match thread.result {
                _ if !thread.ended => End::Blocked,
                Some(Err(_)) => End::Panicked,
                _ => End::Well,
            };
            match thread.result {
                Some(Err(message)) if thread.claimed => _ = self.taken.insert(message),
                Some(Err(message)) => {
                    self.panics.insert(message);
                    failed |= thread.ended;
                }
                _ => {}
            }
            ending.insert(name(&thread.name), (thread.log.clone(), end));
        }
        let blocked = ending.values().any(|(_, end)| *end == End::Blocked);
        self.deadlocks |= blocked && !failed;
        self.endings.insert(ending);
    }
}

/// A thread's name as text.
pub(super) fn name(path: &[usize]) -> String {
    path.iter().map(usize::to_string).collect::<Vec<_>>().join(".")
}
