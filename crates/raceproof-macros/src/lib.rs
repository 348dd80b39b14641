//! The attribute `#[raceproof::test]`: use it through `raceproof` with its feature `macros`.

mod expand;

/// Makes a test of a function whose body is a model: every interleaving of its threads is
/// explored, as [`raceproof::model`](https://docs.rs/raceproof/latest/raceproof/fn.model.html) does.
///
/// | Argument | Meaning |
/// |---|---|
/// | `preemptions = 2` | only schedules with at most this many preemptions |
/// | `max_executions = 10_000` | only this many executions |
/// | `spurious` | waits and parks may wake, and weak exchanges fail, for no reason |
/// | `readers_pass` | a read of a read-write lock never waits behind a thread that waits to write |
/// | `weaken` | after a proof, prints which memory orderings could be weaker |
/// | `should_fail = "text"` | passes if an execution fails, and the failure's summary contains the text |
///
/// A test with `preemptions` or `max_executions` passes if nothing fails within that bound; this is no
/// proof, and the test says so. Without them only a proof passes.
///
/// ```text
/// #[raceproof::test(should_fail = "deadlock")]
/// fn a_lock_taken_twice() {
///     let account = raceproof::sync::Mutex::new(0);
///     let _first = account.lock();
///     let _second = account.lock();
/// }
/// ```
#[proc_macro_attribute]
pub fn test(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let function = item.clone();
    match expand::expand(arguments.into(), item.into()) {
        Ok(test) => test.into(),
        // The function stays, so that nothing else is reported about it.
        Err(error) => [error.into_compile_error().into(), function].into_iter().collect(),
    }
}
