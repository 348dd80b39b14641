//! What can be made a shared value, and what a shared value can be made.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc as Std;

use super::Arc;

macro_rules! from {
    ($([$($param:tt)*] $from:ty => $to:ty),* $(,)?) => {$(
        impl<$($param)*> From<$from> for Arc<$to> {
            #[track_caller]
            fn from(value: $from) -> Self {
                Arc::from_std(Std::from(value))
            }
        }
    )*};
}

from! {
    [T] T => T,
    [T: ?Sized] Box<T> => T,
    [T] Vec<T> => [T],
    [T, const N: usize] [T; N] => [T],
    [T: Clone] &[T] => [T],
    [T: Clone] &mut [T] => [T],
    [] String => str,
    [] &str => str,
    [] &mut str => str,
    [] CString => CStr,
    [] &CStr => CStr,
    [] &mut CStr => CStr,
    [] OsString => OsStr,
    [] &OsStr => OsStr,
    [] &mut OsStr => OsStr,
    [] PathBuf => Path,
    [] &Path => Path,
    [] &mut Path => Path,
}

impl<'a, B> From<Cow<'a, B>> for Arc<B>
where
    B: ?Sized + ToOwned,
    Arc<B>: From<&'a B> + From<B::Owned>,
{
    #[track_caller]
    fn from(value: Cow<'a, B>) -> Self {
        match value {
            Cow::Borrowed(value) => Arc::from(value),
            Cow::Owned(value) => Arc::from(value),
        }
    }
}

impl From<Arc<str>> for Arc<[u8]> {
    fn from(this: Arc<str>) -> Self {
        let (value, owners) = Arc::into_parts(this);
        Arc::from_parts(value.into(), owners)
    }
}

impl<T, const N: usize> TryFrom<Arc<[T]>> for Arc<[T; N]> {
    type Error = Arc<[T]>;

    fn try_from(this: Arc<[T]>) -> Result<Self, Arc<[T]>> {
        let (value, owners) = Arc::into_parts(this);
        match value.try_into() {
            Ok(value) => Ok(Arc::from_parts(value, owners)),
            Err(value) => Err(Arc::from_parts(value, owners)),
        }
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Arc::from_std(values.into_iter().collect())
    }
}

macro_rules! default {
    ($([$($param:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($param)*> Default for Arc<$type> {
            #[track_caller]
            fn default() -> Self {
                Arc::from_std(Std::from(<&$type>::default()))
            }
        }
    )*};
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Arc::new(T::default())
    }
}

default! { [] str, [] CStr }

impl<T> Default for Arc<[T]> {
    #[track_caller]
    fn default() -> Self {
        Arc::from_std(Std::from(Vec::new()))
    }
}
