//! Which steps a failure hangs on.
//!
//! * In a deadlock, those that took what a blocked thread waits for.
//! * In a data race, the two accesses.
//! * In a use after free, the end of the object and the use that is about to come.
//! * Else each step that reads or writes something stale, with the newer write.
//! * Else each read whose value another thread replaced before the reader wrote, with both
//!   writes. If there is none: a critical section that only looks is such a read, and one that
//!   changes the data such a write, and the last three are marked.

use crate::telling::trace::{Operation, Step, Trace, Value};

impl Trace {
    /// Marks the steps that the failure hangs on.
    pub fn mark_decisive(&mut self) {
        let mut marked =
            if self.blocked.is_empty() { stale(&self.steps) } else { self.taken_and_held() };
        if self.blocked.is_empty() && marked.is_empty() {
            marked = overtaken(&self.steps);
        }
        if self.blocked.is_empty() && marked.is_empty() {
            marked = overtaken_sections(&self.steps);
        }
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.decisive = marked.contains(&index);
        }
    }

    /// Marks the two accesses of a data race, which ends the execution: the last two of plain memory that
    /// conflict.
    pub(crate) fn mark_race(&mut self) {
        let is_plain =
            |step: &Step| matches!(step.operation, Operation::PlainRead | Operation::PlainWrite);
        let conflict = |one: &Step, other: &Step| {
            is_plain(other)
                && (one.object == other.object && one.thread != other.thread)
                && (one.operation, other.operation) != (Operation::PlainRead, Operation::PlainRead)
        };
        let pair = (0..self.steps.len())
            .rev()
            .filter(|last| is_plain(&self.steps[*last]))
            .find_map(|last| {
                let before = &self.steps[..last];
                let first = before.iter().rposition(|step| conflict(&self.steps[last], step));
                first.map(|first| [first, last])
            });
        if let Some(pair) = pair {
            for (index, step) in self.steps.iter_mut().enumerate() {
                step.decisive = pair.contains(&index);
            }
        }
    }

    /// Marks what came last if an object is dropped while it is used: the drop and the use.
    pub(crate) fn mark_end(&mut self) {
        let drop = self.steps.iter().rposition(|step| step.operation == Operation::Drop);
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.decisive = drop.is_some_and(|drop| index >= drop);
        }
    }

    /// The steps by which the holders of what is waited for took it.
    fn taken_and_held(&self) -> Vec<usize> {
        let takes = |step: &Step, object: &str| {
            let waited = matches!(
                step.operation,
                Operation::Wake | Operation::TimeOut | Operation::SpuriousWake
            );
            let lock = if waited { &step.with } else { &step.object };
            step.operation.takes_a_lock()
                && !matches!(step.value, Some(Value::Flag(false) | Value::Threads(_)))
                && lock.as_deref() == Some(object)
        };
        let mut marked = Vec::new();
        for blocked in &self.blocked {
            for holder in &blocked.holders {
                let took = |step: &Step| step.thread == *holder && takes(step, &blocked.waits_for);
                marked.extend(self.steps.iter().rposition(took));
            }
        }
        marked
    }
}

/// The steps that read or write something stale, and the newer writes.
fn stale(steps: &[Step]) -> Vec<usize> {
    let mut marked = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if let Some(Value::Stale { step: newer, .. }) = step.value {
            marked.extend([newer, index]);
        }
    }
    marked
}

/// The reads whose value another thread replaced before the reader wrote, and those two writes.
fn overtaken(steps: &[Step]) -> Vec<usize> {
    let mut marked = Vec::new();
    for (last, write) in steps.iter().enumerate() {
        if write.operation.writes() != Some(true) || write.object.is_none() {
            continue;
        }
        let access = |step: &Step, own: bool, writes: bool| {
            step.object == write.object
                && (step.thread == write.thread) == own
                && step.operation.writes() == Some(writes)
        };
        let Some(read) = steps[..last].iter().rposition(|step| access(step, true, false)) else {
            continue;
        };
        if let Some(other) = steps[read..last].iter().rposition(|step| access(step, false, true)) {
            marked.extend([read, read + other, last]);
        }
    }
    marked
}

/// A critical section of a thread that only looked.
struct Look<'a> {
    thread: usize,
    lock: &'a str,
    /// The step that took the lock.
    at: usize,
    /// The step that released it after another thread's change.
    overtaken: Option<usize>,
}

/// The last critical section that only looked and whose thread changed the data in a later one, after another
/// thread had: its first step, and the two changes.
fn overtaken_sections(steps: &[Step]) -> Vec<usize> {
    let mut marked = Vec::new();
    let mut looks: Vec<Look<'_>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let (thread, lock) = (step.thread, step.object.as_deref().unwrap_or_default());
        let own = |look: &Look<'_>| look.thread == thread && look.lock == lock;
        if !matches!(
            step.operation,
            Operation::Unlock
                | Operation::WriteUnlock
                | Operation::ReadUnlock
                | Operation::Downgrade
        ) {
            continue;
        }
        let before = looks.iter().position(own).map(|at| looks.swap_remove(at));
        if !matches!(step.value, Some(Value::Change { .. })) {
            let took = |step: &Step| {
                step.thread == thread
                    && step.operation.takes_a_lock()
                    && step.object.as_deref() == Some(lock)
            };
            let at = steps[..index].iter().rposition(took);
            looks.extend(at.map(|at| Look { thread, lock, at, overtaken: None }));
            continue;
        }
        if let Some(Look { at, overtaken: Some(other), .. }) = before {
            marked = vec![at, other, index];
        }
        for look in looks.iter_mut().filter(|look| look.lock == lock) {
            look.overtaken.get_or_insert(index);
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telling::trace::Blocked;

    fn step(thread: usize, operation: Operation, object: &str) -> Step {
        Step { object: Some(object.into()), ..Step::new(thread, operation) }
    }

    fn marks(mut trace: Trace) -> Vec<bool> {
        trace.mark_decisive();
        trace.steps.iter().map(|step| step.decisive).collect()
    }

    #[test]
    fn an_overtaken_read_and_both_writes_are_decisive() {
        let steps = vec![
            step(1, Operation::Load, "count"),
            step(2, Operation::Load, "count"),
            step(2, Operation::Store, "count"),
            step(1, Operation::Store, "count"),
            step(0, Operation::Load, "count"),
        ];
        let threads = ["main", "x", "y"].map(String::from).to_vec();
        let trace = Trace { threads, steps, blocked: Vec::new() };
        assert_eq!(marks(trace), [true, false, true, true, false]);
    }

    #[test]
    fn a_section_that_looked_and_was_overtaken_is_decisive() {
        let change = |thread| Step {
            value: Some(Value::change(0, 100)),
            ..step(thread, Operation::Unlock, "balance")
        };
        let steps = vec![
            step(1, Operation::Lock, "balance"),
            step(1, Operation::Unlock, "balance"),
            step(2, Operation::Lock, "balance"),
            change(2),
            step(1, Operation::Lock, "balance"),
            change(1),
            step(0, Operation::Lock, "balance"),
            step(0, Operation::Unlock, "balance"),
        ];
        let threads = ["main", "x", "y"].map(String::from).to_vec();
        let trace = Trace { threads, steps: steps.clone(), blocked: Vec::new() };
        assert_eq!(marks(trace.clone()), [true, false, false, true, false, true, false, false]);
        let in_order = [&steps[2..4], &steps[..2], &steps[4..]].concat();
        assert_eq!(marks(Trace { steps: in_order, ..trace }), [false; 8]);
    }

    #[test]
    fn in_a_deadlock_the_locks_that_are_held_are_decisive() {
        let blocked = |thread, waits_for: &str, holder| Blocked {
            thread,
            waits_for: waits_for.into(),
            holders: vec![holder],
            behind: Vec::new(),
            place: None,
        };
        let steps = vec![
            step(0, Operation::Lock, "a"),
            step(0, Operation::Unlock, "a"),
            step(0, Operation::Lock, "a"),
            step(1, Operation::Lock, "b"),
        ];
        let threads = ["x", "y"].map(String::from).to_vec();
        let trace = Trace { threads, steps, blocked: vec![blocked(0, "b", 1), blocked(1, "a", 0)] };
        assert_eq!(trace.circle(), "`x` waits for b, held by `y`; `y` waits for a, held by `x`");
        assert_eq!(marks(trace), [false, false, true, true]);
    }
}
