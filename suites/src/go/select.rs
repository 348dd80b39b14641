//! Go's `select`.

use super::{
    chan::{Item, Raw},
    waiter::Waiter,
};
use raceproof_suite::backend::Backend;
use std::{fmt, sync::Arc};

/// What a `select` may do: receive from a channel, or send to it.
#[must_use = "a case does nothing until it is selected"]
pub struct Case<B: Backend> {
    pub(super) channel: Arc<Raw<B>>,
    pub(super) receives: bool,
    /// What it sends.
    pub(super) item: Option<Item>,
}

/// What a `select` has done.
pub struct Selected {
    /// The case, by its place in the list.
    pub case: usize,
    pub(super) item: Option<Item>,
}

/// Does one of `cases`. If several are possible, any of them may be done; if none is, blocks until one is. It is
/// Go's `select` without `default`.
///
/// All channels of one `select` are made by one thread: they are locked in the order in which they were made.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::{Chan, select};
///
/// let (work, stop) = (Chan::<Std, i32>::buffered("work", 1), Chan::<Std, ()>::unbuffered("stop"));
/// work.send(7);
/// let done = select([work.recv_case(), stop.recv_case()]);
/// assert_eq!(done.case, 0);
/// assert_eq!(done.item_of(&work), Some(7));
/// ```
///
/// # Panics
///
/// It sends to a channel that is closed.
#[track_caller]
pub fn select<B: Backend, const N: usize>(cases: [Case<B>; N]) -> Selected {
    run(Vec::from(cases), true).expect("it blocks until one fires")
}

/// Does one of `cases`, or returns `None` at once if none is possible. It is Go's `select` with `default`.
///
/// ```
/// use raceproof_suite::backend::Std;
/// use raceproof_suites::go::{Chan, select_or_default};
///
/// let full = Chan::<Std, i32>::unbuffered("full");
/// assert!(select_or_default([full.send_case(1)]).is_none());
/// ```
///
/// # Panics
///
/// It sends to a channel that is closed.
#[track_caller]
#[must_use = "it may have done nothing"]
pub fn select_or_default<B: Backend, const N: usize>(cases: [Case<B>; N]) -> Option<Selected> {
    run(Vec::from(cases), false)
}

/// One of the cases; `None` only if it may not block.
#[track_caller]
pub(super) fn run<B: Backend>(mut cases: Vec<Case<B>>, blocks: bool) -> Option<Selected> {
    let mut channels: Vec<_> = cases.iter().map(|case| Arc::clone(&case.channel)).collect();
    channels.sort_by_key(|channel| channel.number);
    channels.dedup_by_key(|channel| channel.number);
    // With all of them locked, what is possible stays so, except that a waiting thread may be taken through
    // another of its channels.
    let mut states: Vec<_> = channels.iter().map(|channel| channel.state.lock()).collect();
    let at = |channel: &Raw<B>| channels.iter().position(|other| other.number == channel.number);
    let mut ready: Vec<usize> = (0..cases.len())
        .filter(|&n| {
            let case = &cases[n];
            case.channel.may_be_ready(&states[at(&case.channel).expect("it is locked")], case)
        })
        .collect();
    while !ready.is_empty() {
        let any = if ready.len() == 1 { 0 } else { B::choose(ready.len()) };
        let case = ready.remove(any);
        let channel = Arc::clone(&cases[case].channel);
        let state = &mut states[at(&channel).expect("it is locked")];
        if let Some(item) = channel.try_case(state, &mut cases[case]) {
            return Some(Selected { case, item });
        }
    }
    if !blocks {
        return None;
    }
    let waiter = Arc::new(Waiter::<B>::new(told(&cases)));
    for (n, case) in cases.iter_mut().enumerate() {
        let channel = Arc::clone(&case.channel);
        let state = &mut states[at(&channel).expect("it is locked")];
        channel.enqueue(state, &waiter, n, case);
    }
    // From here on any other thread can fire a case: none is missed, for all of them wait by now.
    drop(states);
    let fired = waiter.wait();
    assert!(!fired.closed || cases[fired.case].receives, "send on closed channel");
    Some(Selected { case: fired.case, item: fired.item })
}

/// What a thread waits for that waits for these cases.
fn told<B: Backend>(cases: &[Case<B>]) -> String {
    let cases: Vec<_> = cases.iter().map(ToString::to_string).collect();
    cases.join(" or ")
}

impl<B: Backend> fmt::Display for Case<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = if self.receives { "receive from" } else { "send to" };
        write!(f, "{does} {}", self.channel.name)
    }
}

impl<B: Backend> fmt::Debug for Case<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "case {}", self.case)
    }
}
