//! The order of operations at mutexes, lanes of read-write locks and condition variables.
//!
//! It is total at each object. A mutex, or a lane, is taken by one thread after the other. A condition variable
//! has waiters: a wait joins them, a notification takes one of them or all, a wait that times out
//! leaves them. Which waiter a notification takes is its alternative, by the number of the thread.

use super::event::{Event, Label, Name};
use super::graph::Graph;
use crate::kernel::spurious::WAITS;
use crate::kernel::{NOBODY, Op};

/// How an operation of an object comes out at its place.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Outcome {
    /// The notification that ended the wait.
    pub(super) source: Option<Name>,
    pub(super) alternative: u16,
}

impl Graph {
    /// The operation of an object before this one.
    pub(super) fn before(&self, object: u32, name: Name) -> Option<Name> {
        let all = self.object(object);
        let at = all.iter().rposition(|other| *other == name)?;
        at.checked_sub(1).map(|before| all[before])
    }

    /// The last operation of an event's object, the event itself aside.
    pub(super) fn last_before(&self, name: Name, event: &Event) -> Option<Name> {
        let all = self.object(event.object()?);
        all.iter().rfind(|other| **other != name).copied()
    }

    /// The event by which an operation of an object is over, if it is there: the one that gives back
    /// what it takes, itself at a condition variable.
    pub(super) fn over(&self, operation: Name) -> Option<Name> {
        let taking = self.event(operation).label;
        if !taking.takes() {
            return Some(operation);
        }
        // A mutex is taken by the event itself, a read-write lock once all its lanes are.
        let mut holds = i32::from(!matches!(taking, Label::Take { .. }));
        let after = &self.threads[usize::from(operation.thread)][operation.index as usize..];
        let at = after.iter().position(|event| {
            let change = event.label.holds(taking);
            holds += change;
            change < 0 && holds == 0
        })?;
        Some(Name { index: operation.index + 1 + at as u32, ..operation })
    }

    /// The threads that wait at a condition variable after these of its operations, in order.
    fn waiters(&self, operations: &[Name]) -> Vec<u16> {
        let mut waiters = Vec::new();
        for name in operations {
            let event = self.event(*name);
            match event.label {
                Label::Other(Op::Wait { .. }) => waiters.push(name.thread),
                Label::Other(Op::Wake(_)) => waiters.retain(|waiter| *waiter != name.thread),
                Label::Other(Op::NotifyOne(_)) => {
                    waiters.retain(|waiter| *waiter != event.alternative);
                }
                Label::Other(Op::NotifyAll(_)) => waiters.clear(),
                _ => {}
            }
        }
        waiters.sort_unstable();
        waiters
    }

    /// The alternatives of a notification that comes after these operations of a condition variable.
    fn notified(&self, operations: &[Name]) -> Vec<u16> {
        let waiters = self.waiters(operations);
        if waiters.is_empty() { vec![NOBODY] } else { waiters }
    }

    /// Is the alternative of an event the first that it has at its place?
    pub(super) fn is_first_alternative(&self, name: Name) -> bool {
        let event = self.event(name);
        let first = match event.label {
            Label::Other(Op::NotifyOne(condvar)) => {
                let before = self.object(condvar).iter().take_while(|other| **other != name);
                self.notified(&before.copied().collect::<Vec<_>>())[0]
            }
            Label::Other(Op::BeginPark { .. }) => WAITS,
            _ => 0,
        };
        event.alternative == first
    }

    /// The notification that ends the wait which is a thread's event of this name, if it is there.
    fn notification(&self, wait: Name) -> Option<Name> {
        let condvar = self.event(wait).object()?;
        let after = self.object(condvar).iter().skip_while(|other| **other != wait).skip(1);
        after.copied().find(|name| match self.event(*name).label {
            Label::Other(Op::NotifyOne(_)) => self.event(*name).alternative == wait.thread,
            Label::Other(Op::NotifyAll(_)) => true,
            _ => false,
        })
    }

    /// The notification that lets a thread end its wait by the operation after `previous`, if it does
    /// and the notification is there.
    pub(super) fn notification_for(&self, previous: Name, label: Label) -> Option<Name> {
        let ends = matches!(label, Label::Other(Op::Wake(_) | Op::Relock(_)));
        let waits = |name: Name| {
            name.index > 0 && matches!(self.event(name).label, Label::Other(Op::Wait { .. }))
        };
        (ends && waits(previous)).then(|| self.notification(previous)).flatten()
    }

    /// How an operation of an object may come out that a thread does after `previous`, and after
    /// every other operation there.
    pub(super) fn outcomes(&self, previous: Name, label: Label) -> Vec<Outcome> {
        let source = self.notification_for(previous, label);
        match label {
            Label::Other(Op::NotifyOne(condvar)) => {
                let alternatives = self.notified(self.object(condvar));
                alternatives
                    .into_iter()
                    .map(|alternative| Outcome { source, alternative })
                    .collect()
            }
            Label::Other(Op::BeginPark { .. }) => vec![Outcome { source, alternative: WAITS }],
            _ => vec![Outcome { source, alternative: 0 }],
        }
    }
}
