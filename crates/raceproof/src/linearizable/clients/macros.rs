//! The macro `linearizable!`.

/// Checks every small client of an object: a test that writes itself.
///
/// It names the object, what its answers are compared with, and the operations:
///
/// ```
/// use raceproof::sync::Mutex;
///
/// #[derive(Default)]
/// struct Stack(Mutex<Vec<u8>>);
///
/// impl Stack {
///     fn push(&self, value: u8) {
///         self.0.lock().unwrap().push(value);
///     }
///     fn pop(&self) -> Option<u8> {
///         self.0.lock().unwrap().pop()
///     }
/// }
///
/// raceproof::linearizable! {
///     object: Stack = Stack::default();
///     spec: Vec<u8> = Vec::new();
///     fn push(&self, value in fresh(1..)) { spec: |vec| vec.push(value) }
///     fn pop(&self) -> Option<u8> { spec: |vec| vec.pop() }
/// }
/// ```
///
/// That explores every interleaving of every client of up to 2 threads with 2 operations each, and 3 with one, and
/// prints what was covered: `proved: all 31 clients …`. If the answers of one cannot be explained by any
/// [order](crate::linearizable::Property::Linearizable), it panics with the smallest client, its interleaving as lanes, and the client as a test.
/// See [`Clients::run`](crate::linearizable::Clients::run).
///
/// # The object
///
/// `object: TYPE = EXPRESSION;` makes one for each execution; it is `Send` and `Sync`. `spec: TYPE = EXPRESSION;` is the
/// state of a sequential spec; if it is `Clone`, `Eq`, `Hash` and `Send`, its [states are
/// compared](crate::linearizable::Clients::equal_states). Without it the object itself, used by one thread, is the spec.
///
/// # Operations
///
/// An operation is told as `fn name(&self, argument in values, …) -> Type { clauses }`. It calls the object's method of that
/// name. The values are a list, [`alike`](crate::linearizable::alike), [`fresh`](crate::linearizable::fresh), or with the
/// feature `proptest` some of a strategy: `sampled(strategy, number)`. Answers are compared by `PartialEq`, also between executions: they must
/// not hold anything of the object. The clauses, parted by commas:
///
/// - `spec: |state| answer`: see [`Operation::spec`](crate::linearizable::Operation::spec).
/// - `waits: |state| Option<answer>`: [it may wait](crate::linearizable::Operation::waits). Without a spec just `waits`.
/// - `allows: |state, answer| bool`: [several answers](crate::linearizable::Operation::allows).
/// - `panics: |state| bool`: [it may panic](crate::linearizable::Operation::panics).
/// - `does: |object| answer`: how it is called if not by its name, and what of its answer is compared, as in
///   `does: |queue| queue.pop().map_err(|error| error.kind())`.
/// - `only: role`: [one thread](crate::linearizable::Operation::only) calls all operations of a role.
/// - [`once`](crate::linearizable::Operation::once), [`last`](crate::linearizable::Operation::last),
///   [`first`](crate::linearizable::Operation::first), [`finally`](crate::linearizable::Operation::finally).
///
/// # Settings
///
/// Between the spec and the operations, each with a semicolon:
///
/// - `sizes: 2 x 2, 3 x 1;`: threads and operations of each.
/// - `before: 1;`: up to so many operations come before the threads.
/// - `property: Property::SequentiallyConsistent;`: a [`Property`](crate::linearizable::Property).
/// - `random: 300 of 3 x 3;` and `seed: 1;`: clients more, at random.
/// - `limit: Duration::from_secs(10);` and `at_most: 1_000;`: when to [stop](crate::linearizable::Clients::limit), and go on
///   with those at random.
/// - `explorer: Explorer::new();`: an [`Explorer`](crate::Explorer) with limits for each client.
///
/// # Errors
///
/// What the object has no method for does not compile:
///
/// ```compile_fail
/// raceproof::linearizable! {
///     object: raceproof::sync::Mutex<u8> = Default::default();
///     fn push(&self) {}
/// }
/// ```
///
/// Nor does an object that threads cannot share:
///
/// ```compile_fail
/// raceproof::linearizable! {
///     object: std::cell::Cell<u8> = Default::default();
///     fn take(&self) -> u8 {}
/// }
/// ```
///
/// As a value, `linearizable!(@clients …)` are the [`Clients`](crate::linearizable::Clients):
///
/// ```
/// use raceproof::linearizable;
/// use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};
///
/// // It adds one by a read and a write.
/// let clients = linearizable! { @clients
///     object: AtomicU8 = AtomicU8::new(0);
///     fn add(&self) -> u8 { does: |count| { let old = count.load(SeqCst); count.store(old + 1, SeqCst); old } }
/// };
/// let found = clients.check().counterexample.unwrap();
/// assert_eq!(found.threads[1..3], [["add() → 0"], ["add() → 0"]]);
/// ```
#[macro_export]
macro_rules! linearizable {
    (@clients object: $of:ty = $made:expr; spec: $state:ty = $begin:expr; $($rest:tt)*) => {{
        let clients = $crate::linearizable::Clients::<$of>::new(move || $made);
        let clients = clients.spec::<$state>(move || $begin);
        let clients = {
            #[allow(unused_imports)]
            use $crate::linearizable::{Can, Cannot};
            clients.states((&$crate::linearizable::Comparing::<$state>::new()).states())
        };
        $crate::__clients!(clients, $of, $made, $state, [] $($rest)*)
    }};
    (@clients object: $of:ty = $made:expr; $($rest:tt)*) => {{
        let clients = $crate::linearizable::Clients::<$of>::new(move || $made);
        $crate::__clients!(clients, $of, $made, (), [] $($rest)*)
    }};
    (@clients $($rest:tt)*) => {
        ::std::compile_error!("`linearizable!` begins with `object: TYPE = EXPRESSION;`")
    };
    (object $($rest:tt)*) => {
        $crate::linearizable!(@clients object $($rest)*).run()
    };
    ($($rest:tt)*) => {
        ::std::compile_error!("`linearizable!` begins with `object: TYPE = EXPRESSION;`")
    };
}

/// The settings and operations of `linearizable!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __clients {
    ($clients:ident, $of:ty, $made:expr, $state:ty, [$($written:tt)*]) => {
        $clients.written($crate::linearizable::Written {
            of: ::std::stringify!($of),
            made: ::std::stringify!($made),
            operations: &[$($written)*],
        })
    };
    ($clients:ident, $of:ty, $made:expr, $state:ty, $written:tt
     sizes: $($threads:literal x $length:literal),+; $($rest:tt)*) => {{
        let $clients = $clients.sizes(&[$(($threads, $length)),+]);
        $crate::__clients!($clients, $of, $made, $state, $written $($rest)*)
    }};
    ($clients:ident, $of:ty, $made:expr, $state:ty, $written:tt
     random: $number:literal of $threads:literal x $length:literal; $($rest:tt)*) => {{
        let $clients = $clients.random($number, ($threads, $length));
        $crate::__clients!($clients, $of, $made, $state, $written $($rest)*)
    }};
    ($clients:ident, $of:ty, $made:expr, $state:ty, $written:tt
     spec: $other:ty = $begin:expr; $($rest:tt)*) => {
        ::std::compile_error!("`spec: TYPE = EXPRESSION;` comes once, right behind the object")
    };
    ($clients:ident, $of:ty, $made:expr, $state:ty, $written:tt
     $setting:ident: $value:expr; $($rest:tt)*) => {{
        let $clients = $clients.$setting($value);
        $crate::__clients!($clients, $of, $made, $state, $written $($rest)*)
    }};
    ($clients:ident, $of:ty, $made:expr, $state:ty, [$($written:tt)*]
     fn $name:ident(&self $(, $argument:ident in $values:expr)* $(,)?) $(-> $answer:ty)? { $($clauses:tt)* }
     $($rest:tt)*) => {{
        let operation = {
            #[allow(unused_imports)]
            use $crate::linearizable::{alike, fresh};
            let arguments = ($($crate::linearizable::Choices::choices($values),)*);
            $crate::__operation!(
                @call $name, $of, $state, ($($argument)*), arguments, ($($answer)?), $($clauses)*
            )
        };
        let $clients = $clients.operation(operation);
        $crate::__clients!($clients, $of, $made, $state, [$($written)*
            (&[$(::std::stringify!($argument)),*], $crate::__operation!(@source $($clauses)*)),
        ] $($rest)*)
    }};
    ($clients:ident, $of:ty, $made:expr, $state:ty, $written:tt $($rest:tt)*) => {
        ::std::compile_error!(::std::concat!(
            "neither a setting such as `sizes: 2 x 2;` nor an operation such as \
             `fn push(&self, value in [1, 2]) -> bool { spec: |state| … }`: ",
            ::std::stringify!($($rest)*)
        ))
    };
}

/// One operation of `linearizable!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __operation {
    // How it is called.
    (@call $name:ident, $of:ty, $state:ty, ($($argument:ident)*), $list:ident, ($($answer:ty)?), $($clauses:tt)*) => {{
        let operation = $crate::__operation!(@does $name, $of, $state, ($($argument)*), $list, ($($answer)?), [] $($clauses)*);
        $crate::__operation!(@says operation, $state, ($($argument)*), $($clauses)*)
    }};
    (@does $name:ident, $of:ty, $state:ty, ($($argument:ident)*), $list:ident, ($($answer:ty)?), [$($before:tt)*]
     does: $does:expr $(, $($rest:tt)*)?) => {
        $crate::linearizable::Operation::<$of, $state, _, $crate::__operation!(@answer $($answer)?)>::new(
            ::std::stringify!($name),
            $list,
            move |object: &$of, ($($argument,)*)| {
                $(let _ = &$argument;)*
                $crate::linearizable::apply(object, $does)
            },
        )
    };
    (@does $name:ident, $of:ty, $state:ty, ($($argument:ident)*), $list:ident, ($($answer:ty)?), [$($before:tt)*]) => {
        $crate::linearizable::Operation::<$of, $state, _, $crate::__operation!(@answer $($answer)?)>::new(
            ::std::stringify!($name),
            $list,
            move |object: &$of, ($($argument,)*)| object.$name($($argument),*),
        )
    };
    (@does $name:ident, $of:ty, $state:ty, $arguments:tt, $list:ident, $answer:tt, [$($before:tt)*]
     $next:tt $($rest:tt)*) => {
        $crate::__operation!(@does $name, $of, $state, $arguments, $list, $answer, [$($before)* $next] $($rest)*)
    };
    (@answer) => { () };
    (@answer $answer:ty) => { $answer };
    // What its source is, if it is not called by its name.
    (@source does: $does:expr $(, $($rest:tt)*)?) => { ::std::option::Option::Some(::std::stringify!($does)) };
    (@source $next:tt $($rest:tt)*) => { $crate::__operation!(@source $($rest)*) };
    (@source) => { ::std::option::Option::None };
    // Its clauses.
    (@says $operation:ident, $state:ty, ($($argument:ident)*), spec: $spec:expr $(, $($rest:tt)*)?) => {{
        let $operation = $operation.spec(move |state: &mut $state, ($($argument,)*)| {
            $(let _ = &$argument;)*
            $crate::linearizable::apply_to(state, $spec)
        });
        $crate::__operation!(@says $operation, $state, ($($argument)*), $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, ($($argument:ident)*), waits: $spec:expr $(, $($rest:tt)*)?) => {{
        let $operation = $operation.waits(move |state: &mut $state, ($($argument,)*)| {
            $(let _ = &$argument;)*
            $crate::linearizable::apply_to(state, $spec)
        });
        $crate::__operation!(@says $operation, $state, ($($argument)*), $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, ($($argument:ident)*), allows: $spec:expr $(, $($rest:tt)*)?) => {{
        let $operation = $operation.allows(move |state: &mut $state, ($($argument,)*), answer| {
            $(let _ = &$argument;)*
            $crate::linearizable::apply_with(state, answer, $spec)
        });
        $crate::__operation!(@says $operation, $state, ($($argument)*), $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, ($($argument:ident)*), panics: $spec:expr $(, $($rest:tt)*)?) => {{
        let $operation = $operation.panics(move |state: &mut $state, ($($argument,)*)| {
            $(let _ = &$argument;)*
            $crate::linearizable::apply_to(state, $spec)
        });
        $crate::__operation!(@says $operation, $state, ($($argument)*), $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, does: $does:expr $(, $($rest:tt)*)?) => {
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    };
    (@says $operation:ident, $state:ty, $arguments:tt, only: $role:ident $(, $($rest:tt)*)?) => {{
        let $operation = $operation.only(::std::stringify!($role));
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, waits $(, $($rest:tt)*)?) => {{
        let $operation = $operation.may_wait();
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, once $(, $($rest:tt)*)?) => {{
        let $operation = $operation.once();
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, last $(, $($rest:tt)*)?) => {{
        let $operation = $operation.last();
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, first $(, $($rest:tt)*)?) => {{
        let $operation = $operation.first();
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt, finally $(, $($rest:tt)*)?) => {{
        let $operation = $operation.finally();
        $crate::__operation!(@says $operation, $state, $arguments, $($($rest)*)?)
    }};
    (@says $operation:ident, $state:ty, $arguments:tt,) => { $operation };
    (@says $operation:ident, $state:ty, $arguments:tt, $($rest:tt)+) => {
        ::std::compile_error!(::std::concat!(
            "an operation has the clauses `spec:`, `waits:`, `allows:`, `panics:`, `does:`, `only:`, `waits`, `once`, \
             `last`, `first` and `finally`, and not: ",
            ::std::stringify!($($rest)*)
        ))
    };
}
