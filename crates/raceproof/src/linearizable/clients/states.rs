//! States of a spec, of which it is known which are equal.

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;

/// The states that a spec has been in, by their numbers.
pub trait States<S>: Send {
    /// The number of a state: that of an equal one, or a new one, which is the number of those before.
    fn number(&mut self, state: &S) -> usize;

    /// The state with this number.
    fn state(&self, number: usize) -> S;
}

/// States that can be compared.
struct Compared<S> {
    numbers: HashMap<S, usize>,
    states: Vec<S>,
}

impl<S: Clone + Eq + Hash + Send> States<S> for Compared<S> {
    fn number(&mut self, state: &S) -> usize {
        if let Some(known) = self.numbers.get(state) {
            return *known;
        }
        let number = self.states.len();
        self.numbers.insert(state.clone(), number);
        self.states.push(state.clone());
        number
    }

    fn state(&self, number: usize) -> S {
        self.states[number].clone()
    }
}

/// Makes a list of states, none of which has been seen.
pub(super) type Begin<S> = fn() -> Box<dyn States<S>>;

/// A list of states that can be compared.
pub(super) fn compared<S: Clone + Eq + Hash + Send + 'static>() -> Box<dyn States<S>> {
    Box::new(Compared { numbers: HashMap::new(), states: Vec::new() })
}

/// Finds out whether the states of a spec can be compared: by the trait that is found first for a reference to it.
#[derive(Debug)]
pub struct Comparing<S>(PhantomData<S>);

impl<S> Comparing<S> {
    /// Of states of this type.
    #[expect(clippy::new_without_default, reason = "it is no value")]
    pub fn new() -> Self {
        Comparing(PhantomData)
    }
}

/// They can.
pub trait Can<S> {
    /// How.
    fn states(&self) -> Option<Begin<S>>;
}

impl<S: Clone + Eq + Hash + Send + 'static> Can<S> for Comparing<S> {
    fn states(&self) -> Option<Begin<S>> {
        Some(compared)
    }
}

/// They cannot.
pub trait Cannot<S> {
    /// Not at all.
    fn states(&self) -> Option<Begin<S>>;
}

impl<S> Cannot<S> for &Comparing<S> {
    fn states(&self) -> Option<Begin<S>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // As the macro writes it: by the reference the method is looked for in two traits.
    #[expect(clippy::needless_borrow)]
    fn what_can_be_compared_is() {
        assert!((&Comparing::<Vec<u8>>::new()).states().is_some());
        assert!((&Comparing::<f32>::new()).states().is_none());
    }

    #[test]
    fn equal_states_have_one_number() {
        let mut states = compared();
        let numbers = [vec![1], vec![], vec![1]].map(|state| states.number(&state));
        assert_eq!(numbers, [0, 1, 0]);
        assert_eq!(states.state(1), Vec::<i32>::new());
    }
}
