//! Handles of objects of one's own types.

use super::{
    Managed, ManagerError,
    class::{Call, Instance},
};
use crate::{
    backend::Backend,
    primitives::process::{Item, kept::Stored, remote::Remote},
};
use serde::{Deserialize, Serialize};
use std::{any::type_name, fmt, marker::PhantomData};

/// A handle of an object that a manager keeps, of a type of one's own: see [`Managed`].
///
/// Like the proxy that a class registered with Python's `BaseManager.register` gives, with the same remarks as
/// for [`Managed`]. A clone is a handle of the same object.
///
/// ```
/// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Managed, Manager, Methods}};
/// # model(|| {
/// # let manager = Manager::<Dpor>::start().unwrap();
/// struct Maths;
///
/// impl Managed for Maths {
///     type Arguments = ();
///
///     fn new((): ()) -> Self {
///         Self
///     }
///
///     fn methods() -> Methods<Self> {
///         Methods::<Self>::new()
///             .method("add", |_, (a, b): (i32, i32)| a + b)
///             .method("mul", |_, (a, b): (i32, i32)| a * b)
///     }
/// }
///
/// let maths = manager.object::<Maths>(&()).unwrap();
/// assert_eq!(maths.call("add", &(4, 3)), Ok(7));
/// assert_eq!(maths.clone().call("mul", &(7, 8)), Ok(56));
/// # });
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Proxy<B: Backend, T: Managed>(Remote<B, Instance<B>>, PhantomData<fn() -> T>);

impl<B: Backend, T: Managed> Proxy<B, T> {
    pub(super) fn new(instance: Remote<B, Instance<B>>) -> Self {
        Self(instance, PhantomData)
    }

    /// Calls a method by its name, with arguments of the type that it takes, and for a result of the type that it returns.
    /// (A number without a type is an `i32`.) Blocks as long as the method does.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchMethod`]; [`ManagerError::WrongType`] if the method takes or returns another type;
    /// [`ManagerError::Panicked`] if it panics; [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Managed, Manager, ManagerError, Methods}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// # struct Maths;
    /// # impl Managed for Maths {
    /// #     type Arguments = ();
    /// #     fn new((): ()) -> Self {
    /// #         Self
    /// #     }
    /// #     fn methods() -> Methods<Self> {
    /// #         Methods::<Self>::new().method("half", |_, n: u32| if n % 2 == 0 { n / 2 } else { panic!("{n} is odd") })
    /// #     }
    /// # }
    /// let maths = manager.object::<Maths>(&()).unwrap();
    /// assert_eq!(maths.call("half", &4_u32), Ok(2_u32));
    /// assert_eq!(maths.call::<_, u32>("half", &3_u32), Err(ManagerError::Panicked("3 is odd".into())));
    /// assert_eq!(maths.call::<_, u32>("half", &'4'), Err(ManagerError::WrongType));
    /// assert_eq!(maths.call::<_, u32>("third", &3_u32), Err(ManagerError::NoSuchMethod));
    /// # });
    /// ```
    #[track_caller]
    pub fn call<A: Item, R: Item>(&self, method: &str, arguments: &A) -> Result<R, ManagerError> {
        let call = Call {
            method: method.into(),
            types: [type_name::<A>().into(), type_name::<R>().into()],
            arguments: Stored::of(arguments)?,
        };
        Ok(self.0.ask(call)??.value()?)
    }
}

impl<B: Backend, T: Managed> Clone for Proxy<B, T> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<B: Backend, T: Managed> fmt::Debug for Proxy<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.0).finish()
    }
}
