//! What makes no sense is refused with a message that says what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use raceproof::linearizable;
use raceproof::linearizable::{Clients, alike};
use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};

/// What a check panics with.
#[track_caller]
fn refused<S: 'static>(clients: impl FnOnce() -> Clients<AtomicU8, S>) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| clients().check())).expect_err("it is refused");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap()
}

#[test]
fn a_spec_that_panics() {
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            spec: Vec<u8> = Vec::new();
            fn add(&self) -> u8 { does: |count| count.fetch_add(1, SeqCst), spec: |list| list[0] }
        }
    });
    assert!(
        text.starts_with("the spec panics when it is asked about add() after nothing: index out"),
        "{text}"
    );
    assert!(text.ends_with("If the operation is to panic there, say so with `panics`"), "{text}");
}

#[test]
fn a_spec_that_says_this_and_that() {
    std::thread_local! {
        static ASKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            spec: () = ();
            fn add(&self) -> bool { does: |_| true, spec: |_| ASKED.replace(true) }
        }
    });
    assert!(text.starts_with("the spec is not deterministic: asked again about "), "{text}");
}

#[test]
fn an_object_that_does_this_and_that() {
    static CALLS: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            fn call(&self) -> u8 { does: |_| CALLS.fetch_add(1, SeqCst) }
        }
    });
    assert!(text.contains("the object is not deterministic"), "{text}");
}

#[test]
fn an_operation_without_a_spec() {
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            spec: u8 = 0;
            fn get(&self) -> u8 { does: |count| count.load(SeqCst) }
        }
    });
    assert!(text.starts_with("the operation `get` does not say what it answers"), "{text}");
}

#[test]
fn values_that_are_alike_in_part() {
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            fn set(&self, value in alike([1, 2])) { does: |cell| cell.store(value, SeqCst) }
            fn add(&self, value in alike([2, 3])) -> u8 { does: |cell| cell.fetch_add(value, SeqCst) }
        }
    });
    assert!(text.contains("[1, 2] and [2, 3]"), "{text}");
    drop(alike([1]));
}

#[test]
fn more_operations_than_are_explained() {
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            spec: u8 = 0;
            sizes: 1 x 65;
            fn get(&self) -> u8 { does: |count| count.load(SeqCst), spec: |_| 0 }
        }
    });
    assert!(text.contains("at most 64 operations"), "{text}");
}

#[test]
fn fresh_values_that_run_out() {
    let text = refused(|| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            fn set(&self, value in fresh([1, 2])) { does: |cell| cell.store(value, SeqCst) }
        }
    });
    assert!(text.contains("more than 2 fresh values of `set`"), "{text}");
}
