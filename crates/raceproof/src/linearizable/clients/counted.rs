//! Values that are counted: each must be dropped once.

use std::cell::RefCell;

/// A value that a generated client watches: it must be dropped exactly once before the execution ends, object and
/// all. A value that is dropped twice, or never, fails the test. It is made by an argument's list, or by cloning one.
///
/// Outside of a client it is a value as any.
///
/// ```
/// use raceproof::linearizable::Counted;
/// use raceproof::sync::Mutex;
///
/// raceproof::linearizable! {
///     object: Mutex<Vec<Counted<u8>>> = Mutex::new(Vec::new());
///     fn push(&self, value in [Counted::new(1)]) { does: |stack| stack.lock().unwrap().push(value) }
///     fn pop(&self) -> Option<u8> { does: |stack| stack.lock().unwrap().pop().map(|value| *value) }
/// }
/// ```
#[derive(Debug)]
pub struct Counted<T: Copy> {
    value: T,
    /// Its number in the execution; none outside of one.
    number: Option<usize>,
}

thread_local! {
    /// How often each value of the execution has been dropped; none while there is no execution.
    static DROPS: RefCell<Option<Vec<u32>>> = const { RefCell::new(None) };
}

/// An execution begins.
pub(super) fn begin() {
    DROPS.set(Some(Vec::new()));
}

/// An execution ends: which value was not dropped exactly once, in words.
pub(super) fn end() -> Option<String> {
    let drops = DROPS.take()?;
    let (at, times) = drops.iter().enumerate().find(|(_, times)| **times != 1)?;
    Some(match times {
        0 => {
            format!("a leak: of {} counted values number {} is never dropped", drops.len(), at + 1)
        }
        times => format!("counted value number {} is dropped {times} times", at + 1),
    })
}

impl<T: Copy> Counted<T> {
    /// A value.
    pub fn new(value: T) -> Self {
        let count = |drops: &mut Option<Vec<u32>>| {
            let drops = drops.as_mut()?;
            drops.push(0);
            Some(drops.len() - 1)
        };
        let number = DROPS.with_borrow_mut(count);
        Counted { value, number }
    }
}

impl<T: Copy> Clone for Counted<T> {
    /// A value of its own.
    fn clone(&self) -> Self {
        Counted::new(self.value)
    }
}

impl<T: Copy> Drop for Counted<T> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        // Values of an execution that was given up may be dropped after it.
        let _ = DROPS.try_with(|drops| {
            if let Some(times) = drops.borrow_mut().as_mut().and_then(|drops| drops.get_mut(number))
            {
                *times += 1;
            }
        });
    }
}

impl<T: Copy> std::ops::Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Copy + PartialEq> PartialEq for Counted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_dropped_once() {
        let outside = Counted::new(1);
        begin();
        drop(outside.clone());
        drop(outside);
        assert_eq!(end(), None);
        begin();
        std::mem::forget(Counted::new(1));
        assert!(end().unwrap().starts_with("a leak: of 1 counted values number 1"));
        begin();
        let value = Counted::new(1);
        drop(copy(&value));
        drop(value);
        assert_eq!(end().unwrap(), "counted value number 1 is dropped 2 times");
    }

    /// What a broken object does: the same value once more.
    fn copy(value: &Counted<i32>) -> Counted<i32> {
        Counted { value: value.value, number: value.number }
    }
}
