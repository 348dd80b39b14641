//! A variable with a separate value for each process.

use crate::backend::{Backend, Mutex, ProcessId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, LazyLock, Mutex as Bookkeeping, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The name and the initial value of a [`ProcessGlobal`].
///
/// ```
/// use raceproof_suite::primitives::process::Global;
///
/// struct Balance;
///
/// impl Global for Balance {
///     type Value = i64;
///     const NAME: &'static str = "balance";
///
///     fn initial() -> i64 {
///         100
///     }
/// }
/// ```
pub trait Global: Send + Sync + 'static {
    /// The type of the variable.
    type Value: Send + 'static;
    /// Its name in traces.
    const NAME: &'static str;
    /// Its value in a process that has not yet written to it.
    fn initial() -> Self::Value;
}

/// A global variable: shared by all threads of a process, and separate in each process.
///
/// [`Global::initial`] creates its value in each process that uses it, as with a module's variables under
/// Python's start methods `spawn` and `forkserver`; with `fork` a child begins with a copy of the parent's
/// value. It is an object, not a static, so that every execution of a checked program begins with a fresh
/// one. A handle sent to a child refers to the child's own variable.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::{Global, ProcessGlobal}};
///
/// struct Balance;
///
/// impl Global for Balance {
///     type Value = i64;
///     const NAME: &'static str = "balance";
///
///     fn initial() -> i64 {
///         100
///     }
/// }
///
/// let balance = ProcessGlobal::<Std, Balance>::new();
/// balance.with(|balance| *balance += 1);
/// assert_eq!(balance.get(), 101);
/// ```
pub struct ProcessGlobal<B: Backend, G: Global>(Arc<Own<B, G>>);

struct Own<B: Backend, G: Global> {
    /// The name of this variable in other processes; unique among all variables of a family of
    /// processes.
    number: (u32, u64),
    /// The value of each process. The table is not part of the program: a look into it is no step.
    values: Bookkeeping<Values<B, G>>,
}

type Values<B, G> = BTreeMap<ProcessId, Arc<Mutex<B, <G as Global>::Value>>>;

impl<B: Backend, G: Global> Own<B, G> {
    fn values(&self) -> MutexGuard<'_, Values<B, G>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Backend, G: Global> ProcessGlobal<B, G> {
    /// A variable that no process has written to.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::ProcessGlobal, primitives::process::Global};
    /// # struct Count;
    /// # impl Global for Count {
    /// #     type Value = u32;
    /// #     const NAME: &'static str = "count";
    /// #     fn initial() -> u32 { 7 }
    /// # }
    /// assert_eq!(ProcessGlobal::<Count>::new().get(), 7);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::numbered((std::process::id(), NEXT.fetch_add(1, Relaxed)))
    }

    fn numbered(number: (u32, u64)) -> Self {
        Self(Arc::new(Own { number, values: Bookkeeping::default() }))
    }

    /// Calls `f` with this process's value. Other threads of the process wait meanwhile.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::ProcessGlobal, primitives::process::Global};
    /// # struct Count;
    /// # impl Global for Count {
    /// #     type Value = u32;
    /// #     const NAME: &'static str = "count";
    /// #     fn initial() -> u32 { 7 }
    /// # }
    /// let count = ProcessGlobal::<Count>::new();
    /// count.with(|count| *count += 1);
    /// assert_eq!(count.get(), 8);
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&mut G::Value) -> R) -> R {
        let process = B::current_process();
        let known = self.0.values().get(&process).cloned();
        let value = known.unwrap_or_else(|| {
            let first = Arc::new(Mutex::named(G::NAME, G::initial()));
            Arc::clone(self.0.values().entry(process).or_insert(first))
        });
        f(&mut value.lock())
    }

    /// A copy of this process's value.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::ProcessGlobal, primitives::process::Global};
    /// # struct Count;
    /// # impl Global for Count {
    /// #     type Value = u32;
    /// #     const NAME: &'static str = "count";
    /// #     fn initial() -> u32 { 7 }
    /// # }
    /// assert_eq!(ProcessGlobal::<Count>::new().get(), 7);
    /// ```
    #[track_caller]
    pub fn get(&self) -> G::Value
    where
        G::Value: Clone,
    {
        self.with(|value| value.clone())
    }

    /// Replaces this process's value.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::ProcessGlobal, primitives::process::Global};
    /// # struct Count;
    /// # impl Global for Count {
    /// #     type Value = u32;
    /// #     const NAME: &'static str = "count";
    /// #     fn initial() -> u32 { 7 }
    /// # }
    /// let count = ProcessGlobal::<Count>::new();
    /// count.set(1);
    /// assert_eq!(count.get(), 1);
    /// ```
    #[track_caller]
    pub fn set(&self, value: G::Value) {
        self.with(|place| *place = value);
    }
}

/// Variables by their numbers.
type Given = HashMap<(u32, u64), Arc<dyn Any + Send + Sync>>;

/// The variables that this process was given handles of.
fn given() -> MutexGuard<'static, Given> {
    static GIVEN: LazyLock<Bookkeeping<Given>> = LazyLock::new(Bookkeeping::default);
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Backend, G: Global> Serialize for ProcessGlobal<B, G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.number.serialize(serializer)
    }
}

impl<'de, B: Backend, G: Global> Deserialize<'de> for ProcessGlobal<B, G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Deserialize::deserialize(deserializer)?;
        let mut given = given();
        let own = given.entry(number).or_insert_with(|| Self::numbered(number).0);
        Ok(Arc::clone(own).downcast().map_or_else(|_| Self::numbered(number), Self))
    }
}

impl<B: Backend, G: Global> Default for ProcessGlobal<B, G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend, G: Global> Clone for ProcessGlobal<B, G> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend, G: Global> fmt::Debug for ProcessGlobal<B, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessGlobal").field(&G::NAME).finish()
    }
}
