//! Whether a concurrent object behaved as if its operations had been done one at a time.
//!
//! A history says which operations were called, when, and what each answered. It is *linearizable* with
//! respect to a sequential [`Model`] if each operation can be given one moment between its call and its
//! return such that the model, asked in the order of these moments, gives the same answers (Herlihy and
//! Wing 1990). [`linearize`] searches for such an order by the algorithm of Wing and Gong (1993), with
//! Lowe's memory of the configurations that have been tried (2017).
//!
//! The macro [`linearizable!`](crate::linearizable!) makes the programs, too: it names the operations of an object, and
//! checks every interleaving of every program of a few threads that call them.

mod clients;
mod order;

#[cfg(feature = "proptest")]
pub use clients::sampled;
pub use clients::{
    Arguments, Checked, Choices, Clients, Counted, Counterexample, Operation, Property, Values,
    alike, fresh,
};
#[doc(hidden)]
pub use clients::{Can, Cannot, Comparing, Written, apply, apply_to, apply_with};

use std::{fmt, hash::Hash};

use order::search;

/// What an object does if its operations are done one at a time.
///
/// ```
/// use raceproof::linearizable::Model;
///
/// /// A lock that is held, or not.
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// struct Held(bool);
///
/// enum Call { Acquire, TryAcquire, Release }
///
/// impl Model for Held {
///     type Call = Call;
///     type Answer = bool;
///
///     fn step(&self, call: &Call, answer: &bool) -> Option<Self> {
///         let (possible, after) = match call {
///             // It blocks while the lock is held.
///             Call::Acquire => (!self.0 && *answer, true),
///             Call::TryAcquire => (*answer != self.0, true),
///             Call::Release => (*answer == self.0, false),
///         };
///         possible.then_some(Self(after))
///     }
/// }
///
/// assert!(Held(true).step(&Call::Acquire, &true).is_none());
/// assert!(Held(true).step(&Call::TryAcquire, &false).is_some());
/// assert!(Held(true).step(&Call::Release, &true) == Some(Held(false)));
/// ```
pub trait Model: Clone + Eq + Hash {
    /// An operation with its arguments.
    type Call;
    /// What it returns.
    type Answer;

    /// The state after `call` has answered `answer` in this state; `None` if it cannot answer that, for
    /// example because it would block.
    ///
    /// An operation that may answer this or that (a timed one, say) is one that allows both.
    #[must_use]
    fn step(&self, call: &Self::Call, answer: &Self::Answer) -> Option<Self>;
}

/// One operation of a history.
///
/// ```
/// use raceproof::linearizable::Done;
///
/// let first = Done { call: "put 1", answer: (), called: 0, returned: 1 };
/// let second = Done { call: "put 2", answer: (), called: 2, returned: 3 };
/// assert!(first.returned < second.called, "so the second cannot have come before");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<C, A> {
    /// What was called.
    pub call: C,
    /// What it answered.
    pub answer: A,
    /// When it was called.
    pub called: usize,
    /// When it returned; later than it was called. No two moments of a history are equal.
    pub returned: usize,
}

/// No order of the operations explains the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLinearizable {
    /// How many operations the longest order found has.
    pub explained: usize,
    /// The history, in the order of the calls.
    pub history: String,
}

impl fmt::Display for NotLinearizable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { explained, history } = self;
        let all = history.matches(';').count() + 1;
        write!(
            f,
            "not linearizable; at most {explained} of {all} operations can be explained: {history}"
        )
    }
}

impl std::error::Error for NotLinearizable {}

/// An order in which `model` gives the answers of `history`, as indices into it.
///
/// The history must be complete: every operation has returned.
///
/// # Errors
///
/// [`NotLinearizable`] if there is none.
///
/// ```
/// use raceproof::linearizable::{Done, Model, linearize};
///
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// struct Register(i32);
///
/// enum Call { Write(i32), Read }
///
/// impl Model for Register {
///     type Call = Call;
///     type Answer = i32;
///     fn step(&self, call: &Call, answer: &i32) -> Option<Self> {
///         match call {
///             Call::Write(value) => Some(Self(*value)),
///             Call::Read => (self.0 == *answer).then(|| self.clone()),
///         }
///     }
/// }
///
/// // A read that overlaps a write may see the old value, one after it may not.
/// let write = Done { call: Call::Write(1), answer: 1, called: 0, returned: 2 };
/// let read = |called, returned| Done { call: Call::Read, answer: 0, called, returned };
/// assert_eq!(linearize(&Register(0), &[write, read(1, 3)]), Ok(vec![1, 0]));
/// let write = Done { call: Call::Write(1), answer: 1, called: 0, returned: 1 };
/// assert!(linearize(&Register(0), &[write, read(2, 3)]).is_err());
/// # impl std::fmt::Debug for Call {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("call") }
/// # }
/// ```
pub fn linearize<M: Model>(
    model: &M,
    history: &[Done<M::Call, M::Answer>],
) -> Result<Vec<usize>, NotLinearizable>
where
    M::Call: fmt::Debug,
    M::Answer: fmt::Debug,
{
    search(model, history)
        .map_err(|explained| NotLinearizable { explained, history: described(history) })
}

fn described<C: fmt::Debug, A: fmt::Debug>(history: &[Done<C, A>]) -> String {
    let mut history: Vec<_> = history.iter().collect();
    history.sort_by_key(|done| done.called);
    let line = |done: &&Done<C, A>| {
        format!("{:?} = {:?} [{}, {}]", done.call, done.answer, done.called, done.returned)
    };
    history.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// A queue: `Some` puts, `None` gets.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
    struct Queue(Vec<u8>);

    impl Model for Queue {
        type Call = Option<u8>;
        type Answer = Option<u8>;

        fn step(&self, call: &Option<u8>, answer: &Option<u8>) -> Option<Self> {
            let mut items = self.0.clone();
            match call {
                Some(item) => items.push(*item),
                None => {
                    let first = if items.is_empty() { None } else { Some(items.remove(0)) };
                    if first != *answer {
                        return None;
                    }
                }
            }
            Some(Self(items))
        }
    }

    fn put(item: u8, called: usize, returned: usize) -> Done<Option<u8>, Option<u8>> {
        Done { call: Some(item), answer: None, called, returned }
    }

    fn got(item: u8, called: usize, returned: usize) -> Done<Option<u8>, Option<u8>> {
        Done { call: None, answer: Some(item), called, returned }
    }

    #[test]
    fn nothing_is_linearizable() {
        assert_eq!(linearize(&Queue::default(), &[]), Ok(vec![]));
    }

    #[test]
    fn overlapping_puts_may_take_either_order() {
        let history = [put(1, 0, 3), put(2, 1, 2), got(2, 4, 5), got(1, 6, 7)];
        assert_eq!(linearize(&Queue::default(), &history), Ok(vec![1, 0, 2, 3]));
    }

    #[test]
    fn one_after_the_other_they_may_not() {
        let history = [put(1, 0, 1), put(2, 2, 3), got(2, 4, 5), got(1, 6, 7)];
        let error = linearize(&Queue::default(), &history).unwrap_err();
        assert_eq!(error.explained, 2);
        assert!(error.to_string().contains("at most 2 of 4 operations"), "{error}");
    }

    #[test]
    fn an_item_is_not_got_before_it_is_put() {
        assert!(linearize(&Queue::default(), &[got(1, 0, 1), put(1, 2, 3)]).is_err());
        assert!(linearize(&Queue::default(), &[got(1, 0, 2), put(1, 1, 3)]).is_ok());
    }

    /// Is there such an order, among all that there are?
    fn brute_force(model: &Queue, left: &[Done<Option<u8>, Option<u8>>]) -> bool {
        left.is_empty()
            || (0..left.len()).any(|at| {
                let mut others = left.to_vec();
                let next = others.remove(at);
                let first = others.iter().all(|other| next.called < other.returned);
                let after = first.then(|| model.step(&next.call, &next.answer)).flatten();
                after.is_some_and(|after| brute_force(&after, &others))
            })
    }

    /// Up to six operations of random lengths; what is got is right as often as it is not.
    fn random_history(random: &mut Random) -> Vec<Done<Option<u8>, Option<u8>>> {
        let operations = 1 + random.below(6);
        let mut moments: Vec<usize> = (0..2 * operations).collect();
        for at in 1..moments.len() {
            // Not far from where it was: then many overlap, and many do not.
            moments.swap(at, at - random.below(3).min(at));
        }
        let operation = |pair: &[usize]| {
            let (called, returned) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            let item = random.below(3) as u8;
            match random.below(5) {
                0 | 1 => put(item, called, returned),
                2 => Done { call: None, answer: None, called, returned },
                _ => got(item, called, returned),
            }
        };
        moments.chunks(2).map(operation).collect()
    }

    #[test]
    fn random_histories_are_as_brute_force_says() {
        let mut random = Random::new(1);
        let mut explained = 0;
        for _ in 0..5_000 {
            let history = random_history(&mut random);
            let found = linearize(&Queue::default(), &history);
            assert_eq!(found.is_ok(), brute_force(&Queue::default(), &history), "{history:?}");
            let Ok(order) = found else { continue };
            explained += 1;
            // The order is one that explains it.
            let mut state = Queue::default();
            for (at, n) in order.iter().enumerate() {
                let Done { call, answer, called, .. } = &history[*n];
                let later = &order[at + 1..];
                assert!(
                    later.iter().all(|other| *called < history[*other].returned),
                    "{history:?}"
                );
                state = state.step(call, answer).unwrap();
            }
        }
        assert!((1_000..4_000).contains(&explained), "{explained} of 5,000");
    }

    #[test]
    fn many_operations_that_commute_are_tried_once() {
        // No order explains the last operation. There are 12! orders of the others, but only 2^12 sets.
        let mut history: Vec<_> = (0..12).map(|n| put(0, n, 100 + n)).collect();
        history.push(got(9, 200, 201));
        assert!(linearize(&Queue::default(), &history).is_err());
        // More than one word of bits.
        let history: Vec<_> = (0..70).map(|n| put(0, 2 * n, 2 * n + 1)).collect();
        assert_eq!(linearize(&Queue::default(), &history).unwrap().len(), 70);
    }
}
