//! What a user of loom writes, and what comes of it.

mod alloc;
mod arcs;
mod atomics;
mod cells;
mod found;
mod futures;
mod models;
mod statics;
mod sync;
mod threads;

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::model::Builder;

/// What the model panics with.
#[track_caller]
fn fails(model: impl Fn() + Send + Sync + 'static) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| Builder::new().check(model)))
        .expect_err("the model holds");
    panic.downcast_ref::<String>().expect("the panic has a message").clone()
}

/// Fails, and says this.
#[track_caller]
fn fails_with(text: &str, model: impl Fn() + Send + Sync + 'static) {
    let told = fails(model);
    assert!(told.contains(text), "{told}");
}
