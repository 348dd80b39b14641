//! The values that the arguments of an operation take.

use std::fmt::Debug;
use std::ops::{Range, RangeInclusive};

/// How many fresh values are taken of a list: more than a client has operations.
const MOST_FRESH: usize = 64;

/// The values that an argument takes, and what they have to do with each other.
///
/// A list such as `[1, 2]` is one of which each value counts for itself; [`alike`] and [`fresh`] make others.
#[derive(Clone, Debug)]
pub struct Values<T> {
    values: Vec<T>,
    kind: Kind,
}

/// What the values of an argument have to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Each counts for itself.
    Each,
    /// To exchange them makes no difference.
    Alike,
    /// Each call has the next one.
    Fresh,
}

/// Values that the object cannot tell apart: of the clients that differ only in which of them stands where, one
/// is explored. Arguments of several operations may have the same list; they are exchanged together then.
///
/// An object that adds, compares or sorts its values tells them apart, and so does a spec that does.
///
/// ```
/// use raceproof::linearizable::{Clients, Operation, alike};
/// use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};
///
/// let set = |values| {
///     let set = Operation::new("set", (values,), |cell: &AtomicU8, (value,)| cell.store(value, SeqCst));
///     let get = Operation::new("get", (), |cell: &AtomicU8, ()| cell.load(SeqCst));
///     Clients::new(|| AtomicU8::new(0)).operation(set).operation(get).check().clients
/// };
/// assert!(set(alike([1, 2])) < set([1, 2].into()));
/// ```
pub fn alike<T>(values: impl IntoIterator<Item = T>) -> Values<T> {
    Values { values: values.into_iter().collect(), kind: Kind::Alike }
}

/// A value of its own for each call in a client: the first call has the first of `values`, and so on.
///
/// For an object that only moves its values about, such as a queue, this covers every choice of values, with far
/// fewer clients: what it does with equal ones it does with different ones.
///
/// ```
/// use raceproof::linearizable::{Clients, Operation, fresh};
/// use raceproof::sync::Mutex;
///
/// let push = Operation::new("push", (fresh(1..),), |stack: &Mutex<Vec<u8>>, (value,)| {
///     stack.lock().unwrap().push(value)
/// });
/// let pop = Operation::new("pop", (), |stack: &Mutex<Vec<u8>>, ()| stack.lock().unwrap().pop());
/// Clients::new(|| Mutex::new(Vec::new())).operation(push).operation(pop).sizes(&[(2, 1)]).run();
/// ```
pub fn fresh<T>(values: impl IntoIterator<Item = T>) -> Values<T> {
    let values = values.into_iter().take(MOST_FRESH).collect();
    Values { values, kind: Kind::Fresh }
}

/// Up to so many different values of a strategy of proptest: always the same ones.
///
/// ```
/// use proptest::prelude::any;
/// use raceproof::linearizable::sampled;
/// use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};
///
/// raceproof::linearizable! {
///     object: AtomicU8 = AtomicU8::new(0);
///     sizes: 2 x 1;
///     fn swap(&self, value in sampled(any::<u8>(), 3)) -> u8 { does: |cell| cell.swap(value, SeqCst) }
/// }
/// ```
///
/// # Panics
///
/// If the strategy rejects all that it makes.
#[cfg(feature = "proptest")]
pub fn sampled<S: proptest::strategy::Strategy>(strategy: S, number: usize) -> Values<S::Value> {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut values: Vec<S::Value> = Vec::new();
    // A strategy of few values repeats itself.
    for _ in 0..number * 20 {
        let value = strategy.new_tree(&mut runner).expect("a value of the strategy").current();
        let text = format!("{value:?}");
        if values.len() < number && values.iter().all(|other| format!("{other:?}") != text) {
            values.push(value);
        }
    }
    values.choices()
}

/// What can be a list of values.
pub trait Choices {
    /// One of them.
    type Value;

    /// The list.
    fn choices(self) -> Values<Self::Value>;
}

impl<T> Choices for Values<T> {
    type Value = T;

    fn choices(self) -> Values<T> {
        self
    }
}

impl<T> Choices for Vec<T> {
    type Value = T;

    fn choices(self) -> Values<T> {
        Values { values: self, kind: Kind::Each }
    }
}

impl<T, const N: usize> Choices for [T; N] {
    type Value = T;

    fn choices(self) -> Values<T> {
        Vec::from(self).choices()
    }
}

impl<T> Choices for Range<T>
where
    Range<T>: Iterator<Item = T>,
{
    type Value = T;

    fn choices(self) -> Values<T> {
        self.collect::<Vec<_>>().choices()
    }
}

impl<T> Choices for RangeInclusive<T>
where
    RangeInclusive<T>: Iterator<Item = T>,
{
    type Value = T;

    fn choices(self) -> Values<T> {
        self.collect::<Vec<_>>().choices()
    }
}

impl<T, const N: usize> From<[T; N]> for Values<T> {
    fn from(values: [T; N]) -> Self {
        values.choices()
    }
}

impl<T> From<Vec<T>> for Values<T> {
    fn from(values: Vec<T>) -> Self {
        values.choices()
    }
}

/// One argument of an operation: its values in words.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Parameter {
    pub(super) kind: Kind,
    pub(super) texts: Vec<String>,
}

impl Parameter {
    fn of<T: Debug>(values: &Values<T>) -> Self {
        let texts = values.values.iter().map(|value| format!("{value:?}")).collect();
        Parameter { kind: values.kind, texts }
    }
}

/// The arguments of an operation: a tuple of [lists of values](Choices), of up to three.
pub trait Arguments: Send + Sync + 'static {
    /// One value of each.
    type Picked;

    /// The values with these numbers.
    #[doc(hidden)]
    fn pick(&self, which: &[usize]) -> Self::Picked;

    /// The arguments in words.
    #[doc(hidden)]
    fn parameters(&self) -> Vec<Parameter>;
}

macro_rules! arguments {
    ($($value:ident $at:tt),*) => {
        impl<$($value),*> Arguments for ($(Values<$value>,)*)
        where
            $($value: Clone + Debug + Send + Sync + 'static,)*
        {
            type Picked = ($($value,)*);

            #[allow(clippy::unused_unit)]
            fn pick(&self, _which: &[usize]) -> Self::Picked {
                ($(self.$at.values[_which[$at]].clone(),)*)
            }

            fn parameters(&self) -> Vec<Parameter> {
                vec![$(Parameter::of(&self.$at)),*]
            }
        }
    };
}

arguments!();
arguments!(A 0);
arguments!(A 0, B 1);
arguments!(A 0, B 1, C 2);
