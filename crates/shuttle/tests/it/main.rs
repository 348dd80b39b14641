//! The facade: what its users write, and what that comes to.

mod futures;
mod searches;
mod things;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a test fails with.
#[track_caller]
fn fails(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it fails");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().expect("a message").to_string(),
    }
}
