//! What locked data is told as, without asking anything of its type.
//!
//! A lock keeps a [`Show`], one pointer that is made when the program is compiled. It is called only while
//! an execution is recorded: then the recorder is told the value when the lock is taken, and again
//! before it is released.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt::Debug;

use crate::telling::recorder::Recorder;
use crate::telling::text::cut;
use crate::telling::trace::Value;

/// How much of a value is told.
const LONGEST: usize = 48;

thread_local! {
    /// Whether the execution on this OS thread is recorded.
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, values are told on this OS thread.
pub(crate) struct Wanted(());

impl Wanted {
    pub(crate) fn begin() -> Self {
        WANTED.set(true);
        Wanted(())
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        WANTED.set(false);
    }
}

/// Are values to be told, as of an execution that is run again for its trace?
#[inline]
pub fn wanted() -> bool {
    WANTED.get()
}

/// How to tell the value of one type, whatever the type is.
#[derive(Clone, Copy)]
pub(crate) struct Show(unsafe fn(*const ()) -> Option<String>);

impl Show {
    /// Tells a `T` if it is one of the standard library's common types.
    pub(crate) const fn common<T>() -> Self {
        // SAFETY: the caller of the pointer promises that it gets a `T`.
        Show(|data| unsafe { common(typeid::of::<T>(), data) })
    }

    /// Tells a `T` by its `Debug`.
    pub(crate) const fn debug<T: Debug>() -> Self {
        // SAFETY: the caller of the pointer promises that it gets a `T`.
        Show(|data| Some(unsafe { text::<T>(data) }))
    }

    /// The value in words, or nothing if its type says nothing.
    ///
    /// # Safety
    ///
    /// `data` must point to a live value of the type that this was made for, which nothing writes meanwhile.
    pub(crate) unsafe fn tell(self, data: *const ()) -> Option<String> {
        // SAFETY: as the caller promises.
        unsafe { (self.0)(data) }
    }
}

/// A value in words as traces tell it, if it is of one of the standard library's common types: for what
/// records executions in another way than the checker.
pub fn common_value<T>(value: &T) -> Option<String> {
    // SAFETY: it is a live `T`, and while it is borrowed none of the common types is written.
    unsafe { Show::common::<T>().tell((&raw const *value).cast()) }
}

/// As [`common_value`], of any type, by its `Debug`.
pub fn debug_value<T: Debug>(value: &T) -> Option<String> {
    // SAFETY: it is a live `T`, and its own `Debug` looks at it through this very reference.
    unsafe { Show::debug::<T>().tell((&raw const *value).cast()) }
}

/// A value by its own `Debug`, in one line.
///
/// # Safety
///
/// `data` must point to a live `T` that nothing writes meanwhile.
unsafe fn text<T: Debug>(data: *const ()) -> String {
    // SAFETY: as the caller promises.
    let value = unsafe { &*data.cast::<T>() };
    cut(&format!("{value:?}").replace('\n', " "), LONGEST)
}

/// The value in words if `id` is that of a common type.
///
/// # Safety
///
/// `data` must point to a live value of the type with this `id`, which nothing writes meanwhile. (A `typeid` does
/// not tell lifetimes apart: a `&'a str` is told as a `&str`, for no longer than it lives.)
unsafe fn common(id: TypeId, data: *const ()) -> Option<String> {
    macro_rules! any {
        ($($t:ty),* $(,)?) => {
            $(
                // SAFETY: the value is of this type, as the caller promises.
                if id == TypeId::of::<$t>() {
                    return Some(unsafe { text::<$t>(data) });
                }
            )*
        };
    }
    macro_rules! each {
        ($($t:ty),* $(,)?) => {
            $(any!($t, Option<$t>, Vec<$t>, VecDeque<$t>, ($t, $t), ($t, bool), Option<Vec<$t>>);)*
        };
    }
    each!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
    each!(f32, f64, bool, char, String, &'static str);
    any!((bool, i32), (bool, u32), (bool, u64), (bool, usize), (usize, u64), (u64, usize));
    any!(Option<()>, Vec<()>, VecDeque<()>);
    any!((i32, i32, i32), (u32, u32, u32), (u64, u64, u64), (usize, usize, usize));
    None
}

impl Recorder {
    /// The running thread has just taken a lock with this value.
    pub(crate) fn taken(&mut self, object: u32, value: Option<String>) {
        if let Some(value) = value {
            self.tell_last(Value::Text(value.clone()));
            self.values.insert(object, value);
        }
    }

    /// The running thread is about to release a lock with this value.
    pub(crate) fn released(&mut self, object: u32, value: Option<String>) {
        self.released.extend(value.map(|value| (object, value)));
    }

    /// The running thread has just read this value, or replaced it by `new`.
    pub(crate) fn accessed(&mut self, value: Option<String>, new: Option<String>) {
        match (value, new) {
            (Some(old), Some(new)) => self.tell_last(Value::Change { old, new }),
            (Some(value), None) => self.tell_last(Value::Text(value)),
            (None, _) => {}
        }
    }

    /// The running thread writes a lock's value, or may.
    pub(crate) fn touched(&mut self, object: u32) {
        self.touched.insert(object);
    }

    /// What the critical section that ends has made of a lock's value. A value that was written and is
    /// the same as before is told, too.
    pub(crate) fn change(&mut self, object: u32) -> Option<Value> {
        let touched = self.touched.remove(&object);
        let new = self.released.remove(&object)?;
        let old = self.values.insert(object, new.clone())?;
        (touched || old != new).then_some(Value::Change { old, new })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T>(value: T) -> Option<String> {
        // SAFETY: the value is a `T` and lives.
        unsafe { Show::common::<T>().tell((&raw const value).cast()) }
    }

    #[derive(Debug)]
    struct Account {
        #[allow(dead_code)]
        balance: i64,
    }

    #[test]
    fn common_types_are_told_and_others_are_not() {
        let name = "a".to_owned();
        assert_eq!(told(500).unwrap(), "500");
        assert_eq!(told(name.as_str()).unwrap(), "\"a\"");
        assert_eq!(told(vec![1_u8, 2]).unwrap(), "[1, 2]");
        assert_eq!(told(Some(false)).unwrap(), "Some(false)");
        assert_eq!(told(VecDeque::from([name])).unwrap(), "[\"a\"]");
        assert_eq!(told((1_u64, 2_u64)).unwrap(), "(1, 2)");
        assert_eq!(told(Account { balance: 1 }), None);
        assert_eq!(told(()), None);
        assert_eq!(told([1, 2]), None);
    }

    #[test]
    fn debug_tells_any_type_and_long_texts_are_cut() {
        let account = Account { balance: 3 };
        // SAFETY: the value is an `Account` and lives.
        let text = unsafe { Show::debug::<Account>().tell((&raw const account).cast()) };
        assert_eq!(text.unwrap(), "Account { balance: 3 }");
        let long = told(vec![1_u8; 1000]).unwrap();
        assert!(long.chars().count() == LONGEST && long.ends_with('…'), "{long}");
    }
}
