//! Types of one's own whose objects a manager keeps.

use crate::{
    backend::{Backend, Std},
    primitives::process::{
        Client, Entry, Item, Unsendable,
        kept::Stored,
        native::entry::{class_entry, registered},
        remote::Object,
        task::attempt,
    },
};
use serde::{Deserialize, Serialize};
use std::{any::type_name, collections::HashMap, fmt, marker::PhantomData};

/// A type whose objects a manager keeps, so that several processes call their methods.
///
/// Like a class that Python's `BaseManager.register` takes. The object stays with the manager; its handle, a
/// [`Proxy`](super::Proxy), calls methods by name. Two calls can run at the same time, so the type is `Sync`, and an
/// operation is atomic if its method makes it so. A method that waits delays no other call. One whose client
/// is killed runs to its end, natively; under a checker it ends with the client, but not while it holds a mutex.
///
/// ```standalone_crate
/// use raceproof_suite::{
///     backend::{Backend, Mutex, Std},
///     primitives::{manager::{Managed, Manager, Methods, class}, process},
/// };
///
/// struct Till<B: Backend>(Mutex<B, i64>);
///
/// impl<B: Backend> Managed for Till<B> {
///     type Arguments = i64;
///
///     fn new(money: i64) -> Self {
///         Self(Mutex::new(money))
///     }
///
///     fn methods() -> Methods<Self> {
///         Methods::<Self>::new()
///             .method("pay_in", |till, coins: i64| *till.0.lock() += coins)
///             .method("money", |till, ()| *till.0.lock())
///     }
/// }
///
/// process::serve(&[class::<Till<Std>>()]);
/// let manager = Manager::<Std>::start()?;
/// let till = manager.object::<Till<Std>>(&100)?;
/// till.call::<_, ()>("pay_in", &20_i64)?;
/// assert_eq!(till.call("money", &()), Ok(120_i64));
/// # Ok::<(), raceproof_suite::primitives::manager::ManagerError>(())
/// ```
pub trait Managed: Send + Sync + Sized + 'static {
    /// What an object is made from.
    type Arguments: Item;

    /// Makes an object, in the manager's process.
    fn new(arguments: Self::Arguments) -> Self;

    /// The methods that handles call.
    fn methods() -> Methods<Self>;

    /// Wakes every thread that waits in a method: called under a checker when the manager has been shut down.
    /// Natively the process with the threads ends. By default this does nothing, which is enough if no method
    /// waits for another.
    #[track_caller]
    fn close(&self) {}
}

/// Methods by name.
pub struct Methods<T>(HashMap<&'static str, Method<T>>);

struct Method<T> {
    types: [&'static str; 2],
    call: Box<Body<T>>,
}

/// From the object and the serialised arguments to the result.
type Body<T> = dyn Fn(&T, &Stored) -> Result<Stored, Unsendable> + Send + Sync;

impl<T> Methods<T> {
    /// No methods.
    ///
    /// ```
    /// # use raceproof_suite::primitives::manager::Methods;
    /// assert_eq!(format!("{:?}", Methods::<u32>::new()), "{}");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self(HashMap::new())
    }

    /// Adds the method called `name`; another of that name is replaced. Several arguments are a tuple.
    ///
    /// ```
    /// # use raceproof_suite::primitives::manager::Methods;
    /// let methods = Methods::new().method("plus", |this: &u32, (a, b): (u32, u32)| this + a + b);
    /// assert!(format!("{methods:?}").contains("plus"));
    /// ```
    #[must_use]
    pub fn method<A: Item, R: Item>(
        mut self,
        name: &'static str,
        method: impl Fn(&T, A) -> R + Send + Sync + 'static,
    ) -> Self {
        let call =
            move |this: &T, arguments: &Stored| Stored::of(&method(this, arguments.value()?));
        let types = [type_name::<A>(), type_name::<R>()];
        self.0.insert(name, Method { types, call: Box::new(call) });
        self
    }
}

impl<T> Default for Methods<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Methods<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, method)| (name, method.types))).finish()
    }
}

/// Why a call of a method, or of the function that makes an object, did nothing.
#[derive(Serialize, Deserialize)]
pub(in crate::primitives) enum Refusal {
    NoSuchMethod,
    WrongType,
    NotRegistered(String),
    Panicked(String),
    Unsendable(Unsendable),
}

/// An object of any type, in the process that owns it.
pub(in crate::primitives) struct Instance<B: Backend>(Box<dyn Answers>, PhantomData<fn() -> B>);

/// The call of a method.
#[derive(Serialize, Deserialize)]
pub(in crate::primitives) struct Call {
    pub(super) method: String,
    /// The names of the types of the arguments and of the result.
    pub(super) types: [String; 2],
    pub(super) arguments: Stored,
}

trait Answers: Send + Sync {
    fn answer(&self, call: Call) -> Result<Stored, Refusal>;
    #[track_caller]
    fn close(&self);
}

struct Typed<T>(T, Methods<T>);

impl<T: Managed> Answers for Typed<T> {
    fn answer(&self, call: Call) -> Result<Stored, Refusal> {
        let method = self.1.0.get(&*call.method).ok_or(Refusal::NoSuchMethod)?;
        if method.types != call.types {
            return Err(Refusal::WrongType);
        }
        (method.call)(&self.0, &call.arguments).map_err(Refusal::Unsendable)
    }

    fn close(&self) {
        self.0.close();
    }
}

/// An object of any type, outside of a manager.
pub(in crate::primitives) struct Made(Result<Box<dyn Answers>, Refusal>);

/// A function that makes an object of a type from its arguments.
pub(in crate::primitives) type Make = fn(&Stored) -> Made;

/// Makes an object of this type.
#[track_caller]
fn make<B: Backend, T: Managed>(arguments: &Stored) -> Made {
    Made(match arguments.value() {
        Ok(arguments) => attempt::<B, _>(|| Typed(T::new(arguments), T::methods()))
            .map(|typed| Box::new(typed) as _)
            .map_err(Refusal::Panicked),
        Err(error) => Err(Refusal::Unsendable(error)),
    })
}

impl<B: Backend> Instance<B> {
    /// An object of this type.
    #[track_caller]
    pub(super) fn of<T: Managed>(arguments: &Stored) -> Result<Self, Refusal> {
        Self::made(make::<B, T>(arguments))
    }

    /// An object of the type of this name, if it is registered in this process.
    pub(super) fn registered(name: String, arguments: &Stored) -> Result<Self, Refusal> {
        let make = registered(&name).ok_or(Refusal::NotRegistered(name))?;
        Self::made(make(arguments))
    }

    fn made(made: Made) -> Result<Self, Refusal> {
        Ok(Self(made.0?, PhantomData))
    }
}

/// The entry of a type of managed object, for [`serve`](crate::primitives::process::serve).
///
/// ```
/// # use raceproof_suite::primitives::manager::{Managed, Methods, class};
/// struct Clock;
/// impl Managed for Clock {
///     type Arguments = ();
///     fn new((): ()) -> Self {
///         Self
///     }
///     fn methods() -> Methods<Self> {
///         Methods::<Self>::new().method("hour", |_, ()| 12)
///     }
/// }
///
/// // For `serve`, in `main`.
/// let entries = [class::<Clock>()];
/// assert!(format!("{entries:?}").contains("Clock"));
/// ```
#[must_use]
pub fn class<T: Managed>() -> Entry {
    // Only a process of its own looks it up.
    class_entry(type_name::<T>(), make::<Std, T>)
}

impl<B: Backend> Object for Instance<B> {
    type Request = Call;
    type Reply = Result<Stored, Refusal>;

    #[track_caller]
    fn perform(&self, call: Call, _: &Client<'_>) -> Self::Reply {
        attempt::<B, _>(|| self.0.answer(call)).unwrap_or_else(|it| Err(Refusal::Panicked(it)))
    }

    #[track_caller]
    fn close(&self) {
        self.0.close();
    }
}
