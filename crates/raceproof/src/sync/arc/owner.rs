//! An owner.

use std::any::Any;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc as Std;

use super::Weak;
use super::share::Share;
use crate::execution::{Owners, misuse};
use crate::kernel::owners::Count;

/// One of the owners of a value, as `std::sync::Arc`: the value is dropped by the last.
///
/// Who owns a value is explored wherever a thread can tell: what [`Arc::try_unwrap`], [`Arc::get_mut`],
/// [`Weak::upgrade`] and their kind answer, and in which thread the last owner's destructor runs, if that
/// takes steps or says something. Where no thread can tell, clones and drops are no steps, and a program
/// has as many executions as with std's `Arc`. Which places these are is found out while the program is
/// explored, so a search may begin again.
///
/// A drop releases and the last one acquires, as in std, so a destructor comes after everything that the other
/// owners have done. [`Explorer::leaks`](crate::Explorer::leaks) fails executions that do not drop a value.
///
/// Outside of a model it is std's.
///
/// ```
/// use raceproof::sync::Arc;
/// use raceproof::{Explorer, thread};
///
/// // Each finds that the other still has it.
/// Explorer::new().expect_failure("nobody has it", || {
///     let mine = Arc::new(5);
///     let theirs = Arc::clone(&mine);
///     let other = thread::spawn(move || Arc::try_unwrap(theirs).is_ok());
///     let mine = Arc::try_unwrap(mine).is_ok();
///     assert!(other.join().unwrap() || mine, "nobody has it");
/// });
/// // One of them gets it.
/// raceproof::model(|| {
///     let mine = Arc::new(5);
///     let theirs = Arc::clone(&mine);
///     let other = thread::spawn(move || Arc::into_inner(theirs).is_some());
///     let mine = Arc::into_inner(mine).is_some();
///     assert!(other.join().unwrap() != mine);
/// });
/// ```
///
/// # Unsized values
///
/// `let shape: Arc<dyn Shape> = Arc::new(Circle)` does not compile: on stable Rust only std's own pointers
/// coerce by themselves. [`Arc::coerce`] does it for any owner, [`Arc::from_std`] for a new one; `From` makes
/// slices and strings, as std's does. For the same reason `self: Arc<Self>` is not allowed; a function
/// that takes `this: &Arc<Self>` or `this: Arc<Self>` is. And a type that implements
/// [`Wake`](std::task::Wake) is woken by std's `Arc`, of which it has to be made a `Waker`.
///
/// ```
/// use raceproof::sync::Arc;
///
/// let number: Arc<i32> = Arc::new(5);
/// let shown = Arc::coerce::<dyn std::fmt::Display>(number.clone(), |number| number);
/// assert_eq!(shown.to_string(), "5");
/// let call: Arc<dyn Fn() -> i32> = Arc::from_std(std::sync::Arc::new(move || *number));
/// assert_eq!(call(), 5);
/// ```
pub struct Arc<T: ?Sized> {
    /// There until it is dropped or taken apart.
    value: Option<Std<T>>,
    owners: Owners,
}

impl<T: ?Sized> Arc<T> {
    pub(super) fn from_parts(value: Std<T>, owners: Owners) -> Self {
        Arc { value: Some(value), owners }
    }

    /// Takes it apart. It counts on.
    pub(super) fn into_parts(mut this: Self) -> (Std<T>, Owners) {
        let value = this.value.take().expect("it is taken apart once");
        (value, this.owners)
    }

    pub(super) fn std(this: &Self) -> &Std<T> {
        this.value.as_ref().expect("it has not been taken apart")
    }

    fn std_mut(this: &mut Self) -> &mut Std<T> {
        this.value.as_mut().expect("it has not been taken apart")
    }

    pub(super) fn owners(this: &Self) -> Owners {
        this.owners
    }

    /// An owner whose value std's `Arc` has just been made for, as in
    /// `Arc::from_std(std::sync::Arc::new(f) as std::sync::Arc<dyn Fn()>)`.
    ///
    /// # Panics
    ///
    /// If the value has another owner or a weak reference, of which the explorer would not know.
    #[track_caller]
    pub fn from_std(mut value: Std<T>) -> Self {
        if Std::get_mut(&mut value).is_none() {
            misuse(
                "the value of a std `Arc` has other owners or weak references: make it of a new one",
            );
        }
        Arc { value: Some(value), owners: Owners::of_new(1, Location::caller()) }
    }

    /// The same owner of a value of another type: `f` coerces the `Arc` of std that it is made of, as in
    /// `Arc::coerce(error, |error| error as std::sync::Arc<dyn Error>)`.
    ///
    /// # Panics
    ///
    /// If `f` returns another `Arc`.
    #[track_caller]
    pub fn coerce<U: ?Sized>(this: Self, f: impl FnOnce(Std<T>) -> Std<U>) -> Arc<U> {
        let (value, owners) = Self::into_parts(this);
        let before = Std::as_ptr(&value).addr();
        let value = f(value);
        if Std::as_ptr(&value).addr() != before {
            misuse("Arc::coerce takes a function that coerces the Arc that it is given");
        }
        Arc { value: Some(value), owners }
    }

    /// A weak reference to the value.
    #[must_use = "this returns a new `Weak` pointer, without modifying the original `Arc`"]
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        this.owners.count(Count::AddWeak, Location::caller());
        Weak::from_parts(Std::downgrade(Self::std(this)), this.owners)
    }

    /// How many weak references there are to the value.
    #[must_use]
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        this.owners.ask(Count::Weaks, Location::caller());
        Std::weak_count(Self::std(this))
    }

    /// How many owners the value has.
    #[must_use]
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        let seen = this.owners.ask(Count::Owners, Location::caller());
        seen.unwrap_or_else(|| Std::strong_count(Self::std(this)))
    }

    /// Whether both own one value.
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Std::ptr_eq(Self::std(this), Self::std(other))
    }

    /// The value, if this is its only owner and there are no weak references.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let seen = this.owners.ask(Count::GetMut, Location::caller());
        if seen.is_some_and(|owners| owners > 1) {
            return None;
        }
        Std::get_mut(Self::std_mut(this))
    }
}

impl<T> Arc<T> {
    /// The value, if this is its only owner.
    ///
    /// # Errors
    ///
    /// The owner, if there are others. Of several threads that drop theirs by this function, all may find
    /// so; [`Arc::into_inner`] gives the value to one of them.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let seen = this.owners.ask(Count::TryUnwrap, Location::caller());
        if seen.is_some_and(|owners| owners > 1) {
            return Err(this);
        }
        let (value, owners) = Self::into_parts(this);
        Std::try_unwrap(value).map_err(|value| Arc { value: Some(value), owners })
    }

    /// The value, if this is its last owner; drops it otherwise.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        this.owners.ask(Count::IntoInner, Location::caller());
        Std::into_inner(Self::into_parts(this).0)
    }
}

impl<T: Clone> Arc<T> {
    /// The value, if this is its only owner, or else a clone of it.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T {
        Self::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }
}

impl<T: ?Sized + Share> Arc<T> {
    /// The value, alone: if it has other owners, it is cloned, and this owns the clone; if it has none but
    /// weak references, these are left with nothing.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        let at = Location::caller();
        let seen = this.owners.ask(Count::MakeMut, at);
        if seen.unwrap_or_else(|| Std::strong_count(Self::std(this))) > 1 {
            let clone = T::share(this);
            *this = Arc { value: Some(clone), owners: Owners::of_new(1, at) };
        } else if Std::weak_count(Self::std(this)) > 0 {
            this.owners = Owners::of_new(1, at);
        }
        T::make_mut(Self::std_mut(this))
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// The same owner of a value of this type.
    ///
    /// # Errors
    ///
    /// The owner, if the value is of another type.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Arc<T>, Self> {
        let (value, owners) = Self::into_parts(self);
        match value.downcast() {
            Ok(value) => Ok(Arc { value: Some(value), owners }),
            Err(value) => Err(Arc { value: Some(value), owners }),
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.owners.count(Count::Clone, Location::caller());
        Arc { value: self.value.clone(), owners: self.owners }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        Self::std(self)
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        if self.owners.count(Count::Drop, Location::caller()) {
            self.owners.destroy(|| drop(value));
        }
    }
}
